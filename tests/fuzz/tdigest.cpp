// Any bytes load as a t-digest that works, or answer an error.
#include <millrace/aggregate/sketches/tdigest.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>

namespace {

template <class S>
void use(std::span<const std::byte> bytes) {
  auto loaded = S::load(bytes);
  if (!loaded) return;
  S& digest = *loaded;
  const auto saved = digest.save();
  if (auto back = S::load(saved); !back || back->save() != saved) std::abort();
  for (int i = 0; i < 100; ++i) digest.update(static_cast<typename S::value_type>(i % 7));
  digest.update(3, millrace::weight(12345));
  digest.merge(digest);
  const auto view = digest.view();
  auto last = view.quantile(0);
  for (int i = 1; i <= 100; ++i) {
    const auto next = view.quantile(i / 100.0);
    if (!(last <= next)) std::abort();
    last = next;
  }
  if (digest.min() != view.quantile(0) || digest.max() != last) std::abort();
  digest.compress();
  if (!S::load(digest.save())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use<millrace::tdigest<>>(bytes);
  use<millrace::tdigest<100, float>>(bytes);
  return 0;
}
