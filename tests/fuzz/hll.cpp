// Any bytes load as an HLL sketch that works, or answer an error.
#include <millrace/aggregate/sketches/hll.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sketch = millrace::hll<6>;
  auto loaded = sketch::load(std::as_bytes(std::span(data, size)));
  if (!loaded) return 0;
  const auto saved = loaded->save();
  if (auto back = sketch::load(saved); !back || back->save() != saved) std::abort();
  sketch other;
  for (int i = 0; i < 200; ++i) {
    loaded->update(i);
    other.update(i * 3);
  }
  other.merge(*loaded);
  loaded->merge(other);
  if (!(loaded->estimate() >= 0)) std::abort();
  if (!sketch::load(loaded->save()) || !sketch::load(other.save())) std::abort();
  return 0;
}
