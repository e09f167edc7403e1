// Any bytes load as a theta sketch that works, or answer an error.
#include <millrace/aggregate/sketches/theta.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sketch = millrace::theta<5>;
  auto loaded = sketch::load(std::as_bytes(std::span(data, size)));
  if (!loaded) return 0;
  const auto saved = loaded->save();
  if (auto back = sketch::load(saved); !back || back->save() != saved) std::abort();
  sketch other;
  for (int i = 0; i < 100; ++i) {
    loaded->update(i);
    other.update(i * 3);
  }
  sketch result = *loaded;
  result.merge(other);
  if (!sketch::load(result.save())) std::abort();
  result.intersect(*loaded);
  if (!sketch::load(result.save())) std::abort();
  result.subtract(other);
  result.trim();
  if (!sketch::load(result.save())) std::abort();
  if (!(result.estimate() >= 0) || !(result.bounds().lower <= result.bounds().upper)) std::abort();
  return 0;
}
