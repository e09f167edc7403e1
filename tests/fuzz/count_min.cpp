// Any bytes load as a count-min sketch that works, or answer an error.
#include <millrace/aggregate/sketches/count_min.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sketch = millrace::count_min<16, 3>;
  auto loaded = sketch::load(std::as_bytes(std::span(data, size)));
  if (!loaded) return 0;
  const auto saved = loaded->save();
  if (auto back = sketch::load(saved); !back || back->save() != saved) std::abort();
  for (int i = 0; i < 100; ++i) loaded->update(i % 30);
  for (int i = 0; i < 30; ++i)
    if (!(loaded->estimate(i) >= 3)) std::abort();
  sketch other;
  other.update("x");
  (void)other.merge(*loaded);
  if (!sketch::load(loaded->save()) && loaded->total() < 1e300) std::abort();
  return 0;
}
