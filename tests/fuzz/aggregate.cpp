// Any bytes are a DDSketch message, an OTLP exponential-histogram point, or the saved form of an aggregate, of
// histograms or of groups that work, or answer an error. Envelopes get their checksum repaired, so that what is
// behind it is reached.
#include <millrace/aggregate.hpp>

#include <support/envelope.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

template <class A, class Use>
void load(const std::vector<std::byte>& bytes, Use&& use) {
  auto loaded = A::load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = A::load(saved); !back || back->save() != saved) std::abort();
  use(*loaded);
  (void)loaded->merge(A(*loaded));
  (void)loaded->save();
}

template <class A>
void load_numbers(const std::vector<std::byte>& bytes) {
  load<A>(bytes, [](A& a) {
    for (int i = 0; i < 100; ++i) (void)a.update(i * 0.75 - 10);
    (void)a.update(std::span<const double>(std::vector<double>(300, 2.5)));
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto raw = std::as_bytes(std::span(data, size));
  if (auto made = mr::ddsketch<>::from_protobuf(raw)) {
    made->update(1.5);
    made->merge(mr::ddsketch<>(*made));
    if (!(made->quantile(0.2) <= made->quantile(0.8)) && made->count() < 1e300) std::abort();
    (void)made->to_protobuf();
  }
  if (auto made = mr::exponential_histogram<>::from_otlp(raw)) {
    made->update(1e300);
    made->update(-1e-300);
    made->merge(mr::exponential_histogram<>(*made));
    if (made->buckets() > 320) std::abort();
    (void)made->to_otlp();
  }
  std::vector<std::byte> bytes(raw.begin(), raw.end());
  support::reseal(bytes);
  load_numbers<mr::aggregate<mr::count, mr::sum, mr::kurtosis, mr::argmin, mr::geometric_mean, mr::last>>(bytes);
  load_numbers<mr::aggregate<mr::mean, mr::median>>(bytes);
  load_numbers<mr::ddsketch<>>(bytes);
  load_numbers<mr::exponential_histogram<>>(bytes);
  load_numbers<mr::regular_histogram>(bytes);
  load_numbers<mr::logarithmic_histogram>(bytes);
  load_numbers<mr::fixed_histogram>(bytes);
  load_numbers<mr::percentile_tracker>(bytes);
  load_numbers<mr::sampled<mr::aggregate<mr::mean>>>(bytes);
  load<mr::topk_tracker>(bytes, [](mr::topk_tracker& t) { t.update("x"); });
  load<mr::grouped<std::string, mr::aggregate<mr::mean>>>(bytes, [](auto& g) { g.update("x", 1.0); });
  load<mr::grouped<int, mr::aggregate<mr::mean>>>(bytes, [](auto& g) { g.update(7, 1.0); });
  return 0;
}
