#ifndef MILLRACE_DELIVER_OBSERVED_WATCHED_OUTCOMES_HPP
#define MILLRACE_DELIVER_OBSERVED_WATCHED_OUTCOMES_HPP

#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/outcomes/outcome_join.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>
#include <millrace/deliver/outcomes/prediction_log.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/watched.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// An outcome that is about to be taken. Hooks before it may change its label or its time, or veto it.
struct outcome_taking {
  using outcome = outcome_found;  // what it makes
  std::string id;
  double label = 0;
  std::uint64_t time = 0;  // 0: now
};

// What a watched join tells of.

/// How an outcome ended, as a label of metrics.
enum class outcome_result : std::uint8_t { joined, waiting, duplicate, conflicting, late, refused };
inline constexpr std::size_t outcome_results = 6;

constexpr std::string_view to_string(outcome_result which) noexcept {
  constexpr std::string_view names[] = {"joined", "waiting", "duplicate", "conflicting", "late", "refused"};
  const auto at = static_cast<std::size_t>(which);
  return at < outcome_results ? names[at] : std::string_view();
}

/// An outcome was given, and this is what became of it. For metrics alone: it is told too often, and its text is valid
/// during the call.
struct outcome_taken {
  std::string_view id;
  double label = 0;
  outcome_result result = outcome_result::waiting;
};
/// A row was joined. For metrics alone, and during the call.
struct outcome_joined {
  const joined_row& row;
};
/// An id has an outcome already, with another label, which stays.
struct outcome_conflicted {
  std::string id;
  double label = 0;
};
/// An outcome was not taken: a hook has vetoed it, or the disk or the join is full. Give it again.
struct outcome_refused {
  std::string id;
  error why;
};
/// Predictions were read. What they lack is in the statistics: those that were dropped, damaged, or removed before
/// their outcome came.
struct outcomes_refreshed {
  std::uint64_t predictions = 0;  // that were read now
  std::uint64_t rows = 0;         // that were joined by them
  outcome_join_statistics all;
};
/// Reading predictions failed.
struct outcomes_failed {
  error why;
};

/// What happens to outcomes, for who subscribes to it.
using outcome_events = observe::event_emitter<outcome_conflicted, outcome_refused, outcomes_refreshed, outcomes_failed>;
/// Functions before an outcome is taken, which may change or veto it, and after it.
using outcome_hooks = observe::hooks<outcome_taking>;

/// Outcomes and the predictions that they are joined with, in a metrics registry, by the name of their log:
///
///   outcomes_total{log,result}                by `outcome_result`
///   outcome_delay_seconds{log}                from the prediction to its label, where the label came later
///   outcome_rows_total{log}                   predictions with their outcome
///   outcomes_waiting{log}                     outcomes of now without a prediction
///   predictions_known{log}                    predictions of now
///   predictions_without_outcome{log,reason}   dropped, refused, unlabeled, duplicate: since the join was opened
///   predictions_logged{log,result}            appended, dropped, refused: of a `prediction_log`'s statistics
///
/// Allocates: when made. Threads: any number. The metrics registry outlives it.
class outcome_metrics {
 public:
  /// Errors: those of `metrics_registry`.
  template <class = void>
  static result<outcome_metrics> make(observe::metrics_registry& shown, std::string_view log,
                                      std::string_view prefix = "millrace_ml_");

  void update(const outcome_taken& it) const noexcept { outcomes_[static_cast<std::size_t>(it.result)].add(); }
  void update(const outcome_joined& it) const noexcept {
    rows_.add();
    const std::uint64_t from = it.row.prediction.time;
    if (it.row.label_time >= from) delay_.update(it.row.label_time - from);
  }
  void update(const outcomes_refreshed& it) const noexcept {
    waiting_.set(static_cast<double>(it.all.waiting));
    known_.set(static_cast<double>(it.all.predictions));
    const std::uint64_t counts[] = {it.all.dropped, it.all.refused, it.all.unlabeled, it.all.duplicate_predictions};
    for (std::size_t i = 0; i < reasons; ++i) without_[i].set(static_cast<double>(counts[i]));
  }
  void update(const prediction_log_statistics& of) const noexcept {
    const std::uint64_t counts[] = {of.appended, of.dropped, of.refused};
    for (std::size_t i = 0; i < log_results; ++i) logged_[i].set(static_cast<double>(counts[i]));
  }
  template <class Event>
  void update(const Event&) const noexcept {}

 private:
  static constexpr std::size_t reasons = 4;
  static constexpr std::size_t log_results = 3;

  outcome_metrics() = default;

  observe::counter outcomes_[outcome_results];
  observe::counter rows_;
  observe::timer delay_;
  observe::gauge waiting_;
  observe::gauge known_;
  observe::gauge without_[reasons];
  observe::gauge logged_[log_results];
};

/// What watches outcomes: hooks before they are taken, and events and metrics of what has happened. What is null is
/// left out. Threads: as its parts.
using outcome_watch = observe::watched<outcome_hooks, outcome_events, outcome_metrics>;

/// A join whose outcomes others know of.
///
///     auto shown = mr::deliver::outcome_metrics::make(registry, "fraud");
///     mr::deliver::watched_outcomes outcomes{*join, {.events = &events, .metrics = &*shown}};
///     outcomes.update({.id = "a17", .label = 1}, use);
///     outcomes.refresh(use);
///
/// Guarantee: results, rows and errors are those of the join; an outcome that a hook vetoes is `errc::vetoed`, and the
/// join does not know of it. Complexity: beside the join's, a copy of the outcome's id.
/// Threads: one at a time, as of the join. The join and what watches outlive it.
class watched_outcomes {
 public:
  watched_outcomes(outcome_join& join, const outcome_watch& watch) noexcept : join_(&join), watch_(watch) {}

  /// As of the join.
  template <class Use>
  result<outcome_found> update(const outcome& known, Use&& use);
  template <class Use>
  result<std::uint64_t> refresh(Use&& use);

  outcome_join& outcomes() const noexcept { return *join_; }

 private:
  /// Tells of a row before it is used.
  template <class Use>
  auto told(Use& use) const {
    return [this, &use](const joined_row& row) {
      watch_.emit(outcome_joined{row});
      use(row);
    };
  }

  outcome_join* join_;
  outcome_watch watch_;
};

template <class Use>
result<outcome_found> watched_outcomes::update(const outcome& known, Use&& use) {
  outcome_taking asked{std::string(known.id), known.label, known.time};
  const std::uint64_t conflicts = join_->statistics().conflicting_outcomes;
  auto found = watch_.around(asked, [&](const outcome_taking& wanted) {
    return join_->update({wanted.id, wanted.label, wanted.time}, told(use));
  });
  auto ended = outcome_result::refused;
  if (found) {
    constexpr outcome_result results[] = {outcome_result::joined, outcome_result::waiting, outcome_result::duplicate,
                                          outcome_result::late};
    ended = results[found->what];
    if (join_->statistics().conflicting_outcomes != conflicts) ended = outcome_result::conflicting;
  }
  watch_.emit(outcome_taken{asked.id, asked.label, ended});
  if (!found) watch_.emit(outcome_refused{asked.id, found.error()});
  if (ended == outcome_result::conflicting) watch_.emit(outcome_conflicted{asked.id, asked.label});
  return found;
}

template <class Use>
result<std::uint64_t> watched_outcomes::refresh(Use&& use) {
  const std::uint64_t before = join_->statistics().rows;
  auto read = join_->refresh(told(use));
  const outcome_join_statistics all = join_->statistics();
  if (read)
    watch_.emit(outcomes_refreshed{*read, all.rows - before, all});
  else
    watch_.emit(outcomes_failed{read.error()});
  return read;
}

template <class>
result<outcome_metrics> outcome_metrics::make(observe::metrics_registry& shown, std::string_view log,
                                              std::string_view prefix) {
  outcome_metrics made;
  const std::string begin(prefix);
  result<void> done;
  const auto keep = [&](auto one, auto& to) {
    if (!one)
      done = std::move(one).error();
    else
      to = *one;
  };
  for (std::size_t i = 0; i < outcome_results; ++i)
    keep(shown.counter({begin + "outcomes_total", "Outcomes, by what became of them."},
                       {{"log", log}, {"result", to_string(static_cast<outcome_result>(i))}}),
         made.outcomes_[i]);
  keep(
      shown.counter({begin + "outcome_rows_total", "Predictions that were joined with their outcome."}, {{"log", log}}),
      made.rows_);
  keep(shown.timer({begin + "outcome_delay_seconds", "From a prediction to its label.", "seconds"}, {{"log", log}}),
       made.delay_);
  keep(shown.gauge({begin + "outcomes_waiting", "Outcomes without a prediction."}, {{"log", log}}), made.waiting_);
  keep(shown.gauge({begin + "predictions_known", "Predictions that outcomes are joined with."}, {{"log", log}}),
       made.known_);
  constexpr std::string_view without[reasons] = {"dropped", "refused", "unlabeled", "duplicate"};
  for (std::size_t i = 0; i < reasons; ++i)
    keep(shown.gauge({begin + "predictions_without_outcome", "Predictions that are joined with nothing."},
                     {{"log", log}, {"reason", without[i]}}),
         made.without_[i]);
  constexpr std::string_view logged[log_results] = {"appended", "dropped", "refused"};
  for (std::size_t i = 0; i < log_results; ++i)
    keep(shown.gauge({begin + "predictions_logged", "Predictions that a log was given."},
                     {{"log", log}, {"result", logged[i]}}),
         made.logged_[i]);
  if (!done) return std::move(done).error();
  return made;
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OBSERVED_WATCHED_OUTCOMES_HPP
