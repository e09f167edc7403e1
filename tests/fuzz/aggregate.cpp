// Any bytes are a DDSketch message, an OTLP exponential-histogram point, or the saved form of an aggregate, of
// histograms or of groups that work, or answer an error. The first byte says what; the rest is the payload of an
// envelope, whose checksum is right, so that what is behind it is reached.
#include <millrace/aggregate.hpp>

#include <support/envelope.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

template <class A, class Use>
void load(std::span<const std::byte> payload, Use&& use) {
  auto loaded = A::load(support::with_payload(A().save(), payload));
  if (!loaded) return;
  support::stop_unless_reloaded(*loaded);
  use(*loaded);
  (void)loaded->merge(A(*loaded));
  (void)loaded->save();
}

template <class A>
void load_numbers(std::span<const std::byte> payload) {
  load<A>(payload, [](A& a) {
    for (int i = 0; i < 100; ++i) (void)a.update(i * 0.75 - 10);
    (void)a.update(std::span<const double>(std::vector<double>(300, 2.5)));
  });
}

void use_protobuf(std::span<const std::byte> bytes) {
  if (auto made = mr::ddsketch<>::from_protobuf(bytes)) {
    made->update(1.5);
    made->merge(mr::ddsketch<>(*made));
    if (!(made->quantile(0.2) <= made->quantile(0.8)) && made->count() < 1e300) std::abort();
    (void)made->to_protobuf();
  }
}

void use_otlp(std::span<const std::byte> bytes) {
  if (auto made = mr::exponential_histogram<>::from_otlp(bytes)) {
    made->update(1e300);
    made->update(-1e-300);
    made->merge(mr::exponential_histogram<>(*made));
    if (made->buckets() > 320) std::abort();
    (void)made->to_otlp();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto rest = std::as_bytes(std::span(data, size).subspan(1));
  switch (data[0] % 18) {
    case 0: use_protobuf(rest); break;
    case 1: use_otlp(rest); break;
    case 2:
      load_numbers<mr::aggregate<mr::count, mr::sum, mr::kurtosis, mr::argmin, mr::geometric_mean, mr::last>>(rest);
      break;
    case 3: load_numbers<mr::aggregate<mr::mean, mr::median>>(rest); break;
    case 4: load_numbers<mr::ddsketch<>>(rest); break;
    case 5: load_numbers<mr::exponential_histogram<>>(rest); break;
    case 6: load_numbers<mr::regular_histogram>(rest); break;
    case 7: load_numbers<mr::logarithmic_histogram>(rest); break;
    case 8: load_numbers<mr::fixed_histogram>(rest); break;
    case 9: load_numbers<mr::percentile_tracker>(rest); break;
    case 10: load_numbers<mr::sampled<mr::aggregate<mr::mean>>>(rest); break;
    case 11: load<mr::topk_tracker>(rest, [](mr::topk_tracker& t) { t.update("x"); }); break;
    case 12: load<mr::grouped<std::string, mr::aggregate<mr::mean>>>(rest, [](auto& g) { g.update("x", 1.0); }); break;
    case 13: load<mr::grouped<int, mr::aggregate<mr::mean>>>(rest, [](auto& g) { g.update(7, 1.0); }); break;
    case 14: load<mr::log_histogram>(rest, [](mr::log_histogram& h) { h.update(12'345); }); break;
    case 15:
      load<mr::decayed<mr::half_life<60s>, mr::aggregate<mr::mean>>>(
          rest, [](auto& d) { d.update(1.0, mr::time_point(1s)); });
      break;
    case 16: load<mr::counter_rate>(rest, [](mr::counter_rate& r) { r.update(10, mr::time_point(1s)); }); break;
    default: load<mr::inter_arrival<>>(rest, [](auto& a) { a.update(mr::time_point(1s)); });
  }
  return 0;
}
