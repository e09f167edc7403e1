#ifndef MILLRACE_EXAMPLES_SERVICE_TALLIES_HPP
#define MILLRACE_EXAMPLES_SERVICE_TALLIES_HPP

#include <millrace/aggregate/keyed/streaming_aggregator.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace service {

namespace mr = millrace;

/// The time of events is that of the wall, since their queue outlives the process.
struct wall_clock {
  std::uint64_t ticks() const noexcept { return mr::unix_nanoseconds(); }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

/// What is made of the events of one partition: saved with its offset, in one transaction. Those of all partitions
/// merge.
struct tallies {
  using windows = mr::basic_streaming_aggregator<wall_clock>;

  windows metrics{
      mr::streaming_options{.window = mr::seconds(300), .panes = 6, .most_metrics = 256, .most_groups = 64}};
  std::uint64_t payments = 0;
  std::uint64_t cents = 0;
  std::uint64_t labelled = 0;
  std::uint64_t measurements = 0;

  std::uint64_t events() const { return payments + measurements; }

  mr::result<void> merge(const tallies& other) {
    if (auto done = metrics.merge(other.metrics); !done) return done;
    payments += other.payments;
    cents += other.cents;
    labelled += other.labelled;
    measurements += other.measurements;
    return {};
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("service_tallies");
    to.block(metrics.save());
    for (const std::uint64_t each : {payments, cents, labelled, measurements}) to.u64(each);
    return std::move(to).finish();
  }
  static mr::result<tallies> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "service_tallies");
    if (!from) return std::move(from).error();
    auto kept = windows::load(from->block());
    if (!kept) return std::move(kept).error();
    tallies made;
    made.metrics = *std::move(kept);
    for (std::uint64_t* const each : {&made.payments, &made.cents, &made.labelled, &made.measurements})
      *each = from->u64();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return made;
  }
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_TALLIES_HPP
