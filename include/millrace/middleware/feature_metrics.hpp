#ifndef MILLRACE_MIDDLEWARE_FEATURE_METRICS_HPP
#define MILLRACE_MIDDLEWARE_FEATURE_METRICS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// How long a set of features took, for an event or a batch.
inline constexpr observe::metric_info feature_extraction_time_info{
    "millrace_ml_feature_extraction_time_seconds", "How long features of an event or of a batch took.", "seconds"};
/// How many features were made: rows, times the transforms of the type.
inline constexpr observe::metric_info features_extracted_info{"millrace_ml_features_extracted_total",
                                                              "Features that were made of events."};
/// The label that names the set of features, which the program chooses.
inline constexpr std::string_view feature_set_label = "feature_set";
/// The label that names the kind of transform: `standardize`.
inline constexpr std::string_view feature_type_label = "feature_type";

/// Features that count and time what they make in a metrics registry: `feature::feature_set`,
/// `feature::table_features`, or anything that has `kinds()` and is called with an event or rows, and a span of floats.
///
///     auto measured = mr::measured_features<decltype(features)>::make(features, registry, "payments");
///     if (!measured) return std::move(measured).error();
///     (*measured)(payment, row);
///
/// Guarantee: returns what the features return, and writes what they write. Rows that were refused, and batches that
/// ended in an error, are timed, but not counted.
/// Complexity: two readings of the clock, an update of a timer, and an addition for each kind of transform.
/// Allocates: when made; at a thread's first call, its cells in the registry.
/// Threads: as the features. The registry outlives it.
template <class Features, clock_policy Clock = steady_clock>
class measured_features {
 public:
  /// Errors: those of `metrics_registry`, for names or labels that collectors would refuse, or too many series.
  static result<measured_features> make(Features features, observe::metrics_registry& registry,
                                        std::string_view feature_set, Clock clock = {});

  const Features& features() const noexcept { return features_; }

  template <class Rows, class... Counts>
  auto operator()(const Rows& rows, std::span<float> out, Counts&&... counts) const {
    const std::uint64_t begun = clock_.ticks();
    if constexpr (std::is_void_v<decltype(features_(rows, out, counts...))>) {
      features_(rows, out, counts...);
      passed(begun, 1);
    } else {
      auto answer = features_(rows, out, counts...);
      passed(begun, rows_of(answer, out.size()));
      return answer;
    }
  }

 private:
  struct counted_kind {
    std::uint64_t transforms = 0;  // in a row
    observe::counter made;
  };

  measured_features(Features features, Clock clock, observe::timer timed)
      : features_(std::move(features)), clock_(std::move(clock)), timed_(timed) {}

  /// How many rows were made: those of a batch, or the one that a rule did not refuse.
  std::uint64_t rows_of(const result<void>& done, std::size_t numbers) const {
    const std::size_t wide = width();
    return done && wide != 0 ? numbers / wide : 0;
  }
  template <class Refusal>
  requires(!std::is_same_v<Refusal, result<void>>)
  static std::uint64_t rows_of(const Refusal& refused, std::size_t) {
    return refused ? 0 : 1;
  }
  std::size_t width() const {
    if constexpr (std::is_member_function_pointer_v<decltype(&Features::width)>)
      return features_.width();
    else
      return Features::width;
  }
  void passed(std::uint64_t begun, std::uint64_t rows) const {
    const std::uint64_t ended = clock_.ticks();
    timed_.update(std::uint64_t{clock_.nanoseconds(ended) - clock_.nanoseconds(begun)});
    if (rows != 0)
      for (const counted_kind& one : kinds_) one.made.add(rows * one.transforms);
  }

  Features features_;
  Clock clock_;
  observe::timer timed_;
  std::vector<counted_kind> kinds_;
};

template <class Features, clock_policy Clock>
result<measured_features<Features, Clock>> measured_features<Features, Clock>::make(Features features,
                                                                                    observe::metrics_registry& registry,
                                                                                    std::string_view feature_set,
                                                                                    Clock clock) {
  const std::string set(feature_set);
  const auto timed = registry.timer(feature_extraction_time_info, {{std::string(feature_set_label), set}});
  if (!timed) return error(timed.error());
  measured_features made(std::move(features), std::move(clock), *timed);
  const auto all = made.features_.kinds();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::uint64_t same = 0;
    bool first = true;
    for (std::size_t j = 0; j < all.size(); ++j) {
      same += all[j] == all[i] ? 1U : 0U;
      first = first && (j >= i || all[j] != all[i]);
    }
    if (!first) continue;
    const auto counter = registry.counter(
        features_extracted_info,
        {{std::string(feature_set_label), set}, {std::string(feature_type_label), std::string(all[i])}});
    if (!counter) return error(counter.error());
    made.kinds_.push_back({same, *counter});
  }
  return made;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_FEATURE_METRICS_HPP
