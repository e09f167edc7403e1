#ifndef MILLRACE_DELIVER_ROLLOUT_HPP
#define MILLRACE_DELIVER_ROLLOUT_HPP

/// rollout: the way of a new model from its first request to all of them, and back.
///
/// - `rollout`: two models, of which each request gets one, measured and judged
/// - `rollout_watch`: a thread that has it decide at an interval
/// - `routes`, `in_slice`, `chosen_units`, and the `holdout`s of splits: who takes part, and who has a model by choice
/// - `kept_in` a storage: restarts go on where they were, and all hosts of a release are one
/// - `rollout_changed` and its like: what happened, for `notified` functions and for watchers
/// - `canary<5, 25, 100>`, `blue_green`, `rolling<1, 2, 2>`: strategies, the shares checked where they are compiled
/// - `rollout_machine`: what a rollout does at each thing that it is told, without threads, clocks and models
/// - `rollout_state`: all that it is, to be saved and resumed from

#include <millrace/deliver/rollout/change.hpp>
#include <millrace/deliver/rollout/eligibility.hpp>
#include <millrace/deliver/rollout/kept.hpp>
#include <millrace/deliver/rollout/machine.hpp>
#include <millrace/deliver/rollout/options.hpp>
#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/deliver/rollout/rollout_watch.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>

#endif  // MILLRACE_DELIVER_ROLLOUT_HPP
