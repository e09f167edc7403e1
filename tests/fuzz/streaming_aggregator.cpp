// Any bytes load as a streaming_aggregator that works, or answer an error: the bytes are the payload of an envelope
// whose name and checksum are right.
#include <millrace/aggregate/keyed/streaming_aggregator.hpp>

#include <support/envelope.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>

namespace mr = millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto payload = std::as_bytes(std::span(data, size));
  auto loaded = mr::streaming_aggregator::load(support::with_payload(mr::streaming_aggregator().save(), payload));
  if (!loaded) return 0;
  support::stop_unless_reloaded(*loaded);
  if (loaded->options().panes > 1000) return 0;  // a metric takes that many aggregates
  const mr::time_point now(8'000'000'000);
  loaded->update("m", 1.5, now);
  loaded->update("m", "g", 2.5, now);
  mr::streaming_aggregator other = *loaded;
  if (!other.merge(*loaded)) std::abort();
  for (const mr::metric_stats& stats : other.all_stats(now))
    if (stats.p50 > stats.p99) std::abort();
  if (!mr::streaming_aggregator::load(other.save())) std::abort();
  return 0;
}
