#ifndef MILLRACE_DELIVER_SHADOW_HPP
#define MILLRACE_DELIVER_SHADOW_HPP

/// shadow: a candidate sees copies of the stable model's requests, and nobody sees its predictions.
///
/// - `shadow`: calls the stable model, copies requests, and compares on threads of its own
/// - `shadow_predictor`: the same of models for rows of features
/// - `within`, `same_class`, `same_ranking`: when two predictions agree; or a function of your own
/// - `segment_by`, `unit_by`, `on_difference`, `takes`: policies of a shadow
/// - `shadow_options`, `shadow_drop`: how it copies, and why a request was not compared
/// - `shadow_report`, `shadow_criteria`, `shadow_assessment`: what was seen, and whether it is enough
/// - `shadow_state`, `keep_shadow`, `load_shadow`: what was counted, merged and kept in a storage
/// - `shadow_watch`, `shadow_metrics`, `shadow_events`, `shadow_hooks`: what is told of it

#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/kept_shadow.hpp>
#include <millrace/deliver/shadow/shadow.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/shadow/shadow_policies.hpp>
#include <millrace/deliver/shadow/shadow_predictor.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/deliver/shadow/shadow_state.hpp>
#include <millrace/deliver/shadow/shadow_watch.hpp>

#endif  // MILLRACE_DELIVER_SHADOW_HPP
