#ifndef MILLRACE_DELIVER_EXPERIMENT_HPP
#define MILLRACE_DELIVER_EXPERIMENT_HPP

/// deliver/experiment: experiments with what responds to requests, from the draft to the decision.
///
/// - `experiment`: assignment, exposures and outcomes of units, life cycle, analysis; merged from many processes
/// - `experiment_layer`, `variant`, `variants`, `per_unit`, `guardrail`, `guardrails`: what its type is made of
/// - `experiment_definition`, `experiment_phase`, `experiment_record`: its life and how it is kept
/// - `experiment_report`: what is known, as a summary, as JSON, and as a page with pictures (`to_html`)
/// - `experiment_watch`: hooks around steps, events, and metrics of variants
///
/// Standard library and POSIX alone. Included by name: `deliver.hpp` does not have it.

#include <millrace/deliver/experiment/design.hpp>
#include <millrace/deliver/experiment/experiment.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/deliver/experiment/page.hpp>
#include <millrace/deliver/experiment/report.hpp>
#include <millrace/deliver/experiment/watched.hpp>

#endif  // MILLRACE_DELIVER_EXPERIMENT_HPP
