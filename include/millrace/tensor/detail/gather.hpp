#ifndef MILLRACE_TENSOR_DETAIL_GATHER_HPP
#define MILLRACE_TENSOR_DETAIL_GATHER_HPP

#include <millrace/tensor/layout.hpp>

#include <cstddef>

// Copies elements of `size` bytes from memory of any layout to a block without gaps, and back.
namespace millrace {
inline namespace v0 {
namespace tensor {
namespace detail {

/// Copies `count` elements that are evenly spaced on both sides; `from_step` and `to_step` are in bytes.
template <std::size_t Size>
void copy_each(const unsigned char* from, std::ptrdiff_t from_step, unsigned char* to, std::ptrdiff_t to_step,
               std::size_t count) noexcept {
  for (; count != 0; --count, from += from_step, to += to_step) __builtin_memcpy(to, from, Size);
}
inline void copy_evenly(const unsigned char* from, std::ptrdiff_t from_step, unsigned char* to, std::ptrdiff_t to_step,
                        std::size_t count, std::size_t size) noexcept {
  switch (size) {
    case 8: return copy_each<8>(from, from_step, to, to_step, count);
    case 4: return copy_each<4>(from, from_step, to, to_step, count);
    case 2: return copy_each<2>(from, from_step, to, to_step, count);
    default: return copy_each<1>(from, from_step, to, to_step, count);
  }
}

/// Copies all elements to `block`, in memory order.
inline void gather(const unsigned char* elements, const tensor_layout& layout, std::size_t size,
                   unsigned char* block) noexcept {
  const auto width = static_cast<std::ptrdiff_t>(size);
  for_each_run(layout, [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    copy_evenly(elements + offset * width, stride * width, block, width, count, size);
    block += count * size;
    return true;
  });
}

/// Copies all elements from `block`, in which the axes are nested as `order` says, to where the layout has them.
inline void scatter(const unsigned char* block, const axis_order& order, const tensor_layout& layout, std::size_t size,
                    unsigned char* elements) noexcept {
  const auto width = static_cast<std::ptrdiff_t>(size);
  const std::size_t rank = layout.rank();
  if (layout.element_count() == 0) return;
  if (rank == 0) return copy_evenly(block, 0, elements, 0, 1, size);
  const std::size_t innermost = order[rank - 1];
  const std::size_t count = layout.shape()[innermost];
  std::size_t index[max_rank] = {};
  for (;;) {
    std::ptrdiff_t offset = 0;
    for (std::size_t place = 0; place + 1 < rank; ++place)
      offset += static_cast<std::ptrdiff_t>(index[place]) * layout.stride(order[place]);
    copy_evenly(block, width, elements + offset * width, layout.stride(innermost) * width, count, size);
    block += count * size;
    std::size_t place = rank - 1;
    do {
      if (place == 0) return;
      --place;
      if (++index[place] < layout.shape()[order[place]]) break;
      index[place] = 0;
    } while (true);
  }
}

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_GATHER_HPP
