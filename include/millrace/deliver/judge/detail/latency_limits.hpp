#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_LATENCY_LIMITS_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_LATENCY_LIMITS_HPP

#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/judge/detail/copied_atomic.hpp>
#include <millrace/deliver/judge/detail/count_table.hpp>
#include <millrace/deliver/judge/detail/latency_buckets.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The limits of a latency metric, a step each, from a histogram of the stable model's latencies.
/// Threads: update and limit from any number at once; begin_step and merge one at a time, beside them.
class latency_limits {
 public:
  static constexpr std::size_t buckets = latency_buckets::count;

  latency_limits() : seen_(buckets) {}

  /// The limit of a step; 0: it is not set yet. And a lower one, which five times as many requests are beyond.
  double limit(std::size_t step) const noexcept { return limits_[step].load_acquire(); }
  double lower(std::size_t step) const noexcept { return lower_[step].load_relaxed(); }

  /// Takes a latency of the stable model, not negative and not NaN. `enough` of them set a limit that is not set.
  void update(double latency, std::size_t step, double quantile, std::uint32_t slot) noexcept {
    count_table::add(seen_.row(slot)[latency_buckets::at(latency)], 1, slot);
    if (limit(step) == 0) [[unlikely]]
      calibrate(step, quantile);
  }
  static std::uint64_t enough(double quantile) noexcept {
    const double rare = 10 / (1 - quantile);
    return rare < 500 ? 500 : rare > 1e7 ? 10'000'000 : static_cast<std::uint64_t>(rare + 0.5);
  }

  template <class = void>
  void begin_step(std::size_t step, double quantile) noexcept;
  template <class = void>
  void merge(const latency_limits& other) noexcept;
  template <class = void>
  void save(envelope_writer& to) const;
  /// Returns false if the numbers contradict each other.
  template <class = void>
  bool load(envelope_reader& from);

 private:
  void copy(double lower, double upper, std::size_t step) noexcept {
    lower_[step].store_relaxed(lower);
    limits_[step].store_release(upper);
  }
  [[gnu::cold]] [[gnu::noinline]] void calibrate(std::size_t step, double quantile) noexcept {
    if (calibrating_.add_relaxed(1) + 1 >= enough(quantile)) set(step, quantile, false);
  }
  /// Sets a step's limit by the latencies since the step before began, or by all, if there are enough.
  template <class = void>
  bool set(std::size_t step, double quantile, bool since) noexcept;

  count_table seen_;
  std::array<std::uint64_t, buckets> before_{};  // those of before the newest step
  std::array<copied_atomic<double>, 16> limits_{};
  std::array<copied_atomic<double>, 16> lower_{};
  copied_atomic<std::uint64_t> calibrating_{0};
};

template <class>
bool latency_limits::set(std::size_t step, double quantile, bool since) noexcept {
  std::array<std::uint64_t, buckets> now;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    now[i] = seen_.sum(i) - (since ? before_[i] : 0);
    all += now[i];
  }
  if (all < enough(quantile)) return false;
  lower_[step].store_relaxed(
      latency_buckets::quantile(now.data(), all, quantile > 0.8 ? 1 - 5 * (1 - quantile) : quantile / 2));
  limits_[step].store_release(latency_buckets::quantile(now.data(), all, quantile));
  return true;
}

template <class>
void latency_limits::begin_step(std::size_t step, double quantile) noexcept {
  if (limit(step) == 0 && step > 0 && !set(step, quantile, true)) copy(lower(step - 1), limit(step - 1), step);
  for (std::size_t i = 0; i < buckets; ++i) before_[i] = seen_.sum(i);
}

template <class>
void latency_limits::merge(const latency_limits& other) noexcept {
  for (std::size_t s = 0; s < limits_.size(); ++s)
    if (limit(s) == 0) copy(other.lower(s), other.limit(s), s);
  calibrating_.add_relaxed(other.calibrating_.load_relaxed());
  seen_.merge(other.seen_);
}

template <class>
void latency_limits::save(envelope_writer& to) const {
  for (std::size_t s = 0; s < limits_.size(); ++s) {
    const double upper = limit(s);
    to.f64(upper > 0 ? lower(s) : 0);
    to.f64(upper);
  }
  to.u64(calibrating_.load_relaxed());
  for (std::size_t i = 0; i < buckets; ++i) to.u64(seen_.sum(i));
}

template <class>
bool latency_limits::load(envelope_reader& from) {
  bool valid = true;
  for (std::size_t s = 0; s < limits_.size(); ++s) {
    const double below = from.f64();
    const double upper = from.f64();
    valid = valid && below >= 0 && upper >= below && upper < 1e300;
    copy(below, upper, s);
  }
  calibrating_.store_relaxed(from.u64());
  for (std::size_t i = 0; i < buckets; ++i) {
    before_[i] = from.u64();
    valid = valid && before_[i] < std::uint64_t{1} << 42;
    seen_.add(i, before_[i]);
  }
  return valid;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_LATENCY_LIMITS_HPP
