#ifndef MILLRACE_STORE_SETTINGS_LOAD_HPP
#define MILLRACE_STORE_SETTINGS_LOAD_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/settings/detail/settings_reader.hpp>
#include <millrace/store/settings/environment.hpp>
#include <millrace/store/settings/origin.hpp>
#include <millrace/store/settings/problem.hpp>
#include <millrace/store/settings/settings_node.hpp>
#include <millrace/store/settings/table.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Settings, and where each comes from. It cannot be copied if one of them is a secret.
template <class T>
struct loaded_settings {
  T value = {};
  setting_origins origins = {};
};

/// What settings are made of beside a file.
struct settings_sources {
  /// Variables of the environment are named by it and the key: with GRESS, `inference.batch_size` is set by
  /// GRESS_INFERENCE_BATCH_SIZE. Empty: only those that settings name themselves.
  std::string prefix = {};
  /// What the program, or its command line, says: keys and texts.
  std::vector<std::pair<std::string, std::string>> set = {};
  /// Is given each problem on its own, for who shows them in another way than the error's message.
  std::vector<settings_problem>* problems = nullptr;
};

/// Changes nothing.
struct no_adjustment {
  template <class T>
  void operator()(T&) const noexcept {}
};

/// Makes settings: the defaults of `T`'s members, then what the file says, then the environment, then `sources.set`,
/// and last what `adjust(settings)` changes. What comes later goes before.
///
///     auto made = mr::store::load_settings<service_settings>(parsed, "service.yaml", {.prefix = "SERVICE"});
///     if (!made) return std::move(made).error();           // each problem in a line of its own, with line and column
///
/// - A list or names that a later source says replaces the earlier one as a whole; a section is taken key by key.
/// - `${NAME}` and `${NAME:-default}` in a scalar of the file become the variable's value, `$${` becomes `${`. What
///   comes out is a text of that one scalar, whatever is in it. Messages show it as the file has it.
/// - A variable that is empty counts as not set. Of a list of scalars it holds them with commas between. Names, and
///   what is in lists, have no variables.
/// - A secret is a reference in files and in `set`: `env:NAME` or `file:/path`. Its own variable holds it, or with
/// _FILE
///   behind its name the path of a file.
/// - `none` (a key with nothing, null or ~) is an empty section, list or option, and an error for anything else.
/// - Booleans are true and false; integers 12, 0x1F and 0o17, not 017, 1_000 or 1:30; numbers are finite; a scalar in
///   quotes is a text, unless it has a variable, which `{` and `}` let stand in quotes alone. So where a text is
///   wanted, `no`, 1.10 and 1:30 are what is written.
///
/// Errors: all that is wrong, in one error: not_found (an unknown key with the nearest, a variable, something
/// required), already_exists (a key twice), type_mismatch, out_of_range, unsupported (a refused key), invalid_data.
/// Guarantee: no message has a secret, nor what a variable holds.
template <class T, variable_source Source = process_environment, class Adjust = no_adjustment>
result<loaded_settings<T>> load_settings(const settings_node& file, std::string file_name,
                                         const settings_sources& sources = {}, const Source& environment = {},
                                         Adjust&& adjust = {}) {
  static_assert(!detail::rows_of<T>().empty());
  const detail::setting_type& type = detail::setting_type_of<T>();
  detail::settings_reader reader(
      {&environment, [](const void* from, const char* name) { return static_cast<const Source*>(from)->find(name); }});
  loaded_settings<T> made;
  reader.read_file(type, file, &made.value, std::move(file_name));
  reader.read_environment(type, &made.value, sources.prefix);
  for (const auto& [key, text] : sources.set) reader.read_code(type, &made.value, key, text);
  if (reader.problems.empty()) adjust(made.value);
  reader.examine(type, &made.value);
  if (sources.problems != nullptr) *sources.problems = reader.problems.all();
  if (!reader.problems.empty()) return reader.problems.as_error();
  made.origins = std::move(reader.origins);
  return made;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_LOAD_HPP
