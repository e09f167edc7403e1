#ifndef MILLRACE_TENSOR_DETAIL_PLANES_HPP
#define MILLRACE_TENSOR_DETAIL_PLANES_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/tensor/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

// Filters that make numbers compressible by putting similar bytes together. Elements become byte planes: all lowest
// bytes, then all next ones, and so on. The bits of a floating-point number are rotated left by one before, so that the
// sign becomes the lowest bit, below the mantissa, and the top plane begins with the exponent, which is the redundant
// part (of f32 and bf16 it is the whole exponent). If many elements are zero, a bitmap says which are not, and only
// those go into the planes.
namespace millrace {
inline namespace v0 {
namespace tensor {
namespace detail {

template <std::size_t Width>
struct unsigned_of;
template <>
struct unsigned_of<1> {
  using type = std::uint8_t;
};
template <>
struct unsigned_of<2> {
  using type = std::uint16_t;
};
template <>
struct unsigned_of<4> {
  using type = std::uint32_t;
};
template <>
struct unsigned_of<8> {
  using type = std::uint64_t;
};

using bytes16 = vector<unsigned char, 16>;

/// Interleaves two vectors, a0 b0 a1 b1 ...: their lower halves, or their upper halves.
[[gnu::always_inline]] inline bytes16 zip_low(bytes16 a, bytes16 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
[[gnu::always_inline]] inline bytes16 zip_high(bytes16 a, bytes16 b) noexcept {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// Does `Rounds` perfect shuffles of Width x 16 bytes: each interleaves the first half with the second, as cards are
/// shuffled. A shuffle rotates the bits of a byte's index left by one. In sixteen elements of Width bytes, the index
/// has the element's 4 bits above the byte's log2(Width), so four rounds swap the two and make planes; log2(Width)
/// rounds swap them back and make elements.
template <std::size_t Rounds, std::size_t Width>
[[gnu::always_inline]] inline void perfect_shuffle(bytes16 (&v)[Width]) noexcept {
  if constexpr (Rounds > 0 && Width > 1) {
    bytes16 next[Width];
    constexpr std::size_t half = Width / 2;
    if constexpr (Width == 2) {
      next[0] = zip_low(v[0], v[1]);
      next[1] = zip_high(v[0], v[1]);
    } else if constexpr (Width == 4) {
      next[0] = zip_low(v[0], v[half]);
      next[1] = zip_high(v[0], v[half]);
      next[2] = zip_low(v[1], v[half + 1]);
      next[3] = zip_high(v[1], v[half + 1]);
    } else {
      next[0] = zip_low(v[0], v[half]);
      next[1] = zip_high(v[0], v[half]);
      next[2] = zip_low(v[1], v[half + 1]);
      next[3] = zip_high(v[1], v[half + 1]);
      next[4] = zip_low(v[2], v[half + 2]);
      next[5] = zip_high(v[2], v[half + 2]);
      next[6] = zip_low(v[3], v[half + 3]);
      next[7] = zip_high(v[3], v[half + 3]);
    }
    perfect_shuffle<Rounds - 1, Width>(next);
    __builtin_memcpy(&v, &next, sizeof v);
  }
}

/// Rotates the bits of each element left, or right, by one.
template <std::size_t Width>
[[gnu::always_inline]] inline bytes16 rotate_left(bytes16 elements) noexcept {
  using words = vector<typename unsigned_of<Width>::type, 16>;
  const auto x = reinterpret_cast<words>(elements);
  return reinterpret_cast<bytes16>(x << 1 | x >> (8 * Width - 1));
}
template <std::size_t Width>
[[gnu::always_inline]] inline bytes16 rotate_right(bytes16 elements) noexcept {
  using words = vector<typename unsigned_of<Width>::type, 16>;
  const auto x = reinterpret_cast<words>(elements);
  return reinterpret_cast<bytes16>(x >> 1 | x << (8 * Width - 1));
}

/// Splits `count` elements of Width bytes into planes, `pitch` bytes apart.
template <std::size_t Width, bool Rotate>
void split_planes(const unsigned char* elements, std::size_t count, unsigned char* planes, std::size_t pitch) noexcept {
  std::size_t at = 0;
  // Parameter packs instead of loops over lanes: -O2 does not unroll loops, and would keep the vectors in memory.
  const auto blocks = [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
    for (; at + 16 <= count; at += 16) {
      bytes16 v[Width];
      (load_vector(v[Lane], elements + at * Width + 16 * Lane), ...);
      if constexpr (Rotate) ((v[Lane] = rotate_left<Width>(v[Lane])), ...);
      perfect_shuffle<4, Width>(v);
      (store_vector(planes + Lane * pitch + at, v[Lane]), ...);
    }
  };
  blocks(std::make_index_sequence<Width>{});
  using word = typename unsigned_of<Width>::type;
  for (; at < count; ++at) {
    word x = 0;
    __builtin_memcpy(&x, elements + at * Width, Width);
    if constexpr (Rotate) x = std::rotl(x, 1);
    for (std::size_t plane = 0; plane < Width; ++plane)
      planes[plane * pitch + at] = static_cast<unsigned char>(x >> (8 * plane));
  }
}

/// Makes elements of planes, the reverse of split_planes. `planes` has a pointer to each plane.
template <std::size_t Width, bool Rotate>
void join_planes(const unsigned char* const* planes, std::size_t count, unsigned char* elements) noexcept {
  constexpr std::size_t rounds = std::bit_width(Width) - 1;
  std::size_t at = 0;
  const auto blocks = [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
    const unsigned char* const each[Width] = {planes[Lane]...};
    for (; at + 16 <= count; at += 16) {
      bytes16 v[Width];
      (load_vector(v[Lane], each[Lane] + at), ...);
      perfect_shuffle<rounds, Width>(v);
      if constexpr (Rotate) ((v[Lane] = rotate_right<Width>(v[Lane])), ...);
      (store_vector(elements + at * Width + 16 * Lane, v[Lane]), ...);
    }
  };
  blocks(std::make_index_sequence<Width>{});
  using word = typename unsigned_of<Width>::type;
  for (; at < count; ++at) {
    word x = 0;
    for (std::size_t plane = 0; plane < Width; ++plane)
      x = static_cast<word>(x | static_cast<word>(planes[plane][at]) << (8 * plane));
    if constexpr (Rotate) x = std::rotr(x, 1);
    __builtin_memcpy(elements + at * Width, &x, Width);
  }
}

/// Copies the elements that are not zero (in all bits) to `packed`, and sets their bits in `bitmap`,
/// the first element's lowest. Returns how many. `packed` has room for all, and one more.
template <std::size_t Width>
std::size_t pack_nonzero(const unsigned char* elements, std::size_t count, unsigned char* bitmap,
                         unsigned char* packed) noexcept {
  using word = typename unsigned_of<Width>::type;
  unsigned char* to = packed;
  // Copies every element, but moves on only if it is not zero: no branch that the CPU could mispredict.
  const auto take = [&](const unsigned char* from, unsigned bit) __attribute__((always_inline)) {
    word x;
    __builtin_memcpy(&x, from, Width);
    __builtin_memcpy(to, &x, Width);
    const unsigned kept = x != 0 ? 1 : 0;
    to += kept * Width;
    return kept << bit;
  };
  std::size_t at = 0;
  for (; at + 8 <= count; at += 8, elements += 8 * Width) {
    unsigned bits = take(elements, 0);  // spelled out: -O2 does not unroll loops
    bits |= take(elements + Width, 1);
    bits |= take(elements + 2 * Width, 2);
    bits |= take(elements + 3 * Width, 3);
    bits |= take(elements + 4 * Width, 4);
    bits |= take(elements + 5 * Width, 5);
    bits |= take(elements + 6 * Width, 6);
    bits |= take(elements + 7 * Width, 7);
    bitmap[at / 8] = static_cast<unsigned char>(bits);
  }
  if (at < count) {
    unsigned bits = 0;
    for (unsigned bit = 0; bit < count - at; ++bit) bits |= take(elements + bit * Width, bit);
    bitmap[at / 8] = static_cast<unsigned char>(bits);
  }
  return static_cast<std::size_t>(to - packed) / Width;
}

/// Undoes pack_nonzero. Reads one element beyond those that are packed.
template <std::size_t Width>
void unpack_nonzero(const unsigned char* bitmap, const unsigned char* packed, std::size_t count,
                    unsigned char* elements) noexcept {
  using word = typename unsigned_of<Width>::type;
  const auto give = [&](unsigned char* to, unsigned bit) __attribute__((always_inline)) {
    word x;
    __builtin_memcpy(&x, packed, Width);
    x = static_cast<word>(x & (word{0} - static_cast<word>(bit & 1U)));
    __builtin_memcpy(to, &x, Width);
    packed += (bit & 1U) * Width;
  };
  std::size_t at = 0;
  for (; at + 8 <= count; at += 8, elements += 8 * Width) {
    const unsigned bits = bitmap[at / 8];
    give(elements, bits);
    give(elements + Width, bits >> 1);
    give(elements + 2 * Width, bits >> 2);
    give(elements + 3 * Width, bits >> 3);
    give(elements + 4 * Width, bits >> 4);
    give(elements + 5 * Width, bits >> 5);
    give(elements + 6 * Width, bits >> 6);
    give(elements + 7 * Width, bits >> 7);
  }
  for (unsigned bit = 0; at + bit < count; ++bit)
    give(elements + bit * Width, static_cast<unsigned>(bitmap[at / 8]) >> bit);
}

/// The kernels for elements of one width.
struct plane_kernels {
  void (*split)(const unsigned char* elements, std::size_t count, unsigned char* planes, std::size_t pitch) noexcept;
  void (*join)(const unsigned char* const* planes, std::size_t count, unsigned char* elements) noexcept;
  std::size_t (*pack)(const unsigned char* elements, std::size_t count, unsigned char* bitmap,
                      unsigned char* packed) noexcept;
  void (*unpack)(const unsigned char* bitmap, const unsigned char* packed, std::size_t count,
                 unsigned char* elements) noexcept;
};
/// `Rotate` or `rotate`: for floating-point numbers.
template <std::size_t Width, bool Rotate>
constexpr plane_kernels kernels_of() noexcept {
  return {&split_planes<Width, Rotate>, &join_planes<Width, Rotate>, &pack_nonzero<Width>, &unpack_nonzero<Width>};
}
inline plane_kernels kernels_for(std::size_t width, bool rotate) noexcept {
  switch (width) {
    case 8: return rotate ? kernels_of<8, true>() : kernels_of<8, false>();
    case 4: return rotate ? kernels_of<4, true>() : kernels_of<4, false>();
    case 2: return rotate ? kernels_of<2, true>() : kernels_of<2, false>();
    default: return kernels_of<1, false>();
  }
}

/// How many bits are set among the first `count` of a bitmap. If a bit behind them in the last byte is set, returns
/// `count + 1`, which is no valid number.
inline std::size_t count_bits(const unsigned char* bitmap, std::size_t count) noexcept {
  std::size_t set = 0;
  const std::size_t bytes = (count + 7) / 8;
  std::size_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bitmap + at, 8);
    set += static_cast<std::size_t>(std::popcount(word));
  }
  for (; at < bytes; ++at) set += static_cast<std::size_t>(std::popcount(static_cast<unsigned>(bitmap[at])));
  if (count % 8 != 0 && bitmap[bytes - 1] >> (count % 8) != 0) return count + 1;
  return set;
}

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_PLANES_HPP
