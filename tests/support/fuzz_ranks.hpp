#ifndef MILLRACE_TESTS_SUPPORT_FUZZ_RANKS_HPP
#define MILLRACE_TESTS_SUPPORT_FUZZ_RANKS_HPP

#include <millrace/aggregate/concepts.hpp>

#include <cstddef>
#include <cstdlib>
#include <span>
#include <type_traits>

namespace support {

/// Aborts if bytes load as a sketch of ranks, `kll` or `req`, that does not work.
template <class Sketch>
void fuzz_ranks(std::span<const std::byte> bytes) {
  auto loaded = Sketch::load(bytes, 1);
  if (!loaded) return;
  Sketch& sketch = *loaded;
  const auto saved = sketch.save();
  if (auto back = Sketch::load(saved); !back || back->save() != saved) std::abort();
  for (int i = 0; i < 200; ++i) sketch.update(static_cast<typename Sketch::value_type>(i % 7));
  sketch.update(3, millrace::weight(12345));
  if constexpr (std::is_void_v<decltype(sketch.merge(sketch))>)
    sketch.merge(sketch);
  else if (!sketch.merge(sketch))
    std::abort();
  const auto view = sketch.view();
  if (view.count() != sketch.count()) std::abort();
  const auto median = view.median();
  if (!(sketch.min() <= median && median <= sketch.max())) std::abort();
  if (!Sketch::load(sketch.save())) std::abort();
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FUZZ_RANKS_HPP
