#ifndef MILLRACE_TESTS_SUPPORT_RELEASES_HPP
#define MILLRACE_TESTS_SUPPORT_RELEASES_HPP

// Models, requests and a judge that releases are tested with.

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/measurement.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace support {

struct request {
  std::string user;
  double value = 0;
};
struct scale {
  double factor = 1;
  double operator()(const request& asked) const noexcept { return factor * asked.value; }
};

/// A number that threads add to, and that can be copied.
struct tally {
  std::uint64_t value = 0;

  tally() noexcept = default;
  tally(const tally& other) noexcept : value(other) {}
  tally& operator=(const tally& other) noexcept {
    __atomic_store_n(&value, std::uint64_t{other}, __ATOMIC_RELAXED);
    return *this;
  }
  tally& operator+=(std::uint64_t by) noexcept {
    __atomic_fetch_add(&value, by, __ATOMIC_RELAXED);
    return *this;
  }
  operator std::uint64_t() const noexcept { return __atomic_load_n(&value, __ATOMIC_RELAXED); }
};

/// A judge that counts by step, and says what it is told to, or to roll back once so many requests have failed.
class told_judge {
 public:
  static constexpr std::size_t max_steps = 8;

  millrace::result<void> begin_step(std::size_t step, double share) {
    shares.resize(step + 1 > shares.size() ? step + 1 : shares.size());
    shares[step] = share;
    return {};
  }
  void assign(millrace::deliver::arm which, std::size_t) noexcept { assigned[static_cast<std::size_t>(which)] += 1; }
  void update(millrace::deliver::arm which, const millrace::deliver::measurement& taken, std::size_t step,
              std::uint64_t) noexcept {
    const auto at = static_cast<std::size_t>(which);
    counts[at] += 1;
    by_step[step % max_steps][at] += 1;
    failures[at] += taken.failed;
    unmeasured += !(taken.latency >= 0);
  }
  template <class Metric>
  void update(millrace::deliver::arm which, double score, std::size_t, std::uint64_t) noexcept {
    scores[static_cast<std::size_t>(which)] += static_cast<std::uint64_t>(score);
  }
  std::uint64_t requests(millrace::deliver::arm which, std::size_t step) const noexcept {
    return by_step[step % max_steps][static_cast<std::size_t>(which)];
  }
  millrace::deliver::judgement report() const {
    millrace::deliver::judgement made;
    made.verdict = failures[1] >= max_failures ? millrace::deliver::verdict::rollback : says;
    if (failures[1] >= max_failures) made.why = millrace::deliver::reason::harm;
    made.requests = {counts[0], counts[1]};
    return made;
  }
  std::vector<std::byte> save() const {
    millrace::envelope_writer out("told_judge");
    for (const auto& step : by_step) {
      out.u64(step[0]);
      out.u64(step[1]);
    }
    for (const auto& each : {counts[0], counts[1], failures[0], failures[1]}) out.u64(each);
    return std::move(out).finish();
  }
  static millrace::result<told_judge> load(std::span<const std::byte> bytes) {
    auto in = millrace::envelope_reader::open(bytes, "told_judge");
    if (!in) return std::move(in).error();
    told_judge made;
    for (auto& step : made.by_step) {
      step[0].value = in->u64();
      step[1].value = in->u64();
    }
    for (auto* const each : {&made.counts[0], &made.counts[1], &made.failures[0], &made.failures[1]})
      each->value = in->u64();
    if (auto done = in->finish(true); !done) return std::move(done).error();
    return made;
  }
  millrace::result<void> merge(const told_judge& other) {
    for (std::size_t i = 0; i < max_steps; ++i)
      for (std::size_t arm = 0; arm < 2; ++arm) by_step[i][arm] += other.by_step[i][arm];
    for (std::size_t arm = 0; arm < 2; ++arm) {
      counts[arm] += other.counts[arm];
      failures[arm] += other.failures[arm];
    }
    return {};
  }

  millrace::deliver::verdict says = millrace::deliver::verdict::hold;
  std::uint64_t max_failures = ~std::uint64_t{0};
  tally by_step[max_steps][2];
  tally assigned[2];
  tally counts[2];
  tally failures[2];
  tally scores[2];
  tally unmeasured;
  std::vector<double> shares;  // by step
};

/// A clock that one thread sets and others read.
struct set_clock {
  const std::atomic<std::uint64_t>* now;
  std::uint64_t ticks() const noexcept { return now->load(); }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_RELEASES_HPP
