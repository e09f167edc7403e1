// Any bytes load as frequent items that work, or answer an error.
#include <millrace/aggregate/sketches/frequent_items.hpp>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

namespace {

template <class S>
void use(std::span<const std::byte> bytes) {
  auto loaded = S::load(bytes);
  if (!loaded) return;
  S& sketch = *loaded;
  const auto saved = sketch.save();
  if (auto back = S::load(saved); !back || back->save() != saved) std::abort();
  for (int i = 0; i < 100; ++i) {
    if constexpr (requires { sketch.update(std::string()); })
      sketch.update(std::to_string(i % 30));
    else
      sketch.update(i % 30);
  }
  sketch.merge(sketch);
  std::uint64_t last = ~std::uint64_t{0};
  for (const auto& row : sketch.top(1000)) {
    if (row.lower > last || row.lower > row.upper || sketch.lower(row.item) != row.lower) std::abort();
    last = row.lower;
  }
  if (!S::load(sketch.save())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use<millrace::frequent_items<std::int64_t, 4>>(bytes);
  use<millrace::frequent_items<std::string, 4>>(bytes);
  return 0;
}
