// Any bytes load as a KLL sketch that works, or answer an error.
#include <millrace/aggregate/kll.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>

namespace {

template <class S>
void use(std::span<const std::byte> bytes) {
  auto loaded = S::load(bytes, 1);
  if (!loaded) return;
  S& sketch = *loaded;
  const auto saved = sketch.save();
  if (auto back = S::load(saved); !back || back->save() != saved) std::abort();
  for (int i = 0; i < 100; ++i) sketch.update(static_cast<typename S::value_type>(i % 7));
  sketch.update(3, millrace::weight(12345));
  sketch.merge(sketch);
  const auto view = sketch.view();
  if (view.count() != sketch.count()) std::abort();
  const auto median = view.median();
  if (!(sketch.smallest() <= median && median <= sketch.largest())) std::abort();
  if (!S::load(sketch.save())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use<millrace::kll<>>(bytes);
  use<millrace::kll<200, float>>(bytes);
  return 0;
}
