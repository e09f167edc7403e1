// Any bytes load as a REQ sketch that works, or answer an error.
#include <millrace/aggregate/req.hpp>

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
  for (int i = 0; i < 200; ++i) sketch.update(static_cast<typename S::value_type>(i % 7));
  sketch.update(3, millrace::weight(12345));
  if (!sketch.merge(sketch)) std::abort();
  const auto view = sketch.view();
  if (view.count() != sketch.count()) std::abort();
  const auto median = view.median();
  if (!(sketch.smallest() <= median && median <= sketch.largest())) std::abort();
  if (!S::load(sketch.save())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use<millrace::req<>>(bytes);
  use<millrace::req<12, float>>(bytes);
  return 0;
}
