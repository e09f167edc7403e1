#ifndef MILLRACE_STORE_SETTINGS_HPP
#define MILLRACE_STORE_SETTINGS_HPP

/// settings: plain structs that files, the environment and the program fill, from one table of their members.
///
/// - `setting`, `settings_table`: what each member is called, may be and is for; `refused_setting`, `setting_choice`,
///   `setting_options`, `settings_faults`; `byte_size`: 64KiB
/// - `load_settings`: defaults < file < environment < code, with all that is wrong at once; `loaded_settings`,
///   `settings_sources`, `settings_problem`, `setting_origin`
/// - `settings_node`: what a parser of any format hands over; connect/yaml.hpp is the one of YAML
/// - `describe`, `to_yaml`, `to_json`: settings for people and files, with secrets as references
/// - `settings_schema`: the JSON schema of the file
/// - `compare_settings`: what changed between two loads, and whether it may while the program runs
/// - `variable_source`, `process_environment`: where variables are looked up

#include <millrace/store/settings/byte_size.hpp>
#include <millrace/store/settings/changes.hpp>
#include <millrace/store/settings/describe.hpp>
#include <millrace/store/settings/environment.hpp>
#include <millrace/store/settings/load.hpp>
#include <millrace/store/settings/origin.hpp>
#include <millrace/store/settings/problem.hpp>
#include <millrace/store/settings/row.hpp>
#include <millrace/store/settings/settings_node.hpp>
#include <millrace/store/settings/settings_schema.hpp>
#include <millrace/store/settings/table.hpp>

#endif  // MILLRACE_STORE_SETTINGS_HPP
