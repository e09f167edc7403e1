#ifndef MILLRACE_MODEL_FORMATS_DETAIL_CITY_HASH_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_CITY_HASH_HPP

#include <millrace/model/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// CityHash64 as its version 1.0 has it (Pike and Alakuijala, 2011); later versions give other numbers. CatBoost knows
/// categories by the lower half of it.
class city_hash {
 public:
  static std::uint64_t of(std::string_view text) noexcept {
    const char* const s = text.data();
    const std::size_t size = text.size();
    if (size <= 16) return of_short(s, size);
    if (size <= 32) {
      const std::uint64_t a = word(s) * k1;
      const std::uint64_t c = word(s + size - 8) * k2;
      const std::uint64_t d = word(s + size - 16) * k0;
      return both(std::rotr(a - word(s + 8), 43) + std::rotr(c, 30) + d,
                  a + std::rotr(word(s + 8) ^ k3, 20) - c + size);
    }
    return size <= 64 ? of_middle(s, size) : of_long(s, size);
  }

 private:
  static constexpr std::uint64_t k0 = 0xc3a5c85c97cb3127U;
  static constexpr std::uint64_t k1 = 0xb492b66fbe98f273U;
  static constexpr std::uint64_t k2 = 0x9ae16a3b2f90404fU;
  static constexpr std::uint64_t k3 = 0xc949d7c7509e6557U;
  using two = std::pair<std::uint64_t, std::uint64_t>;

  template <class T = std::uint64_t>
  static T word(const char* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  static constexpr std::uint64_t mixed(std::uint64_t x) noexcept { return x ^ x >> 47; }
  /// Of two words, one.
  static constexpr std::uint64_t both(std::uint64_t low, std::uint64_t high) noexcept {
    constexpr std::uint64_t multiplier = 0x9ddfea08eb382d69U;
    const std::uint64_t a = mixed((low ^ high) * multiplier);
    return mixed((high ^ a) * multiplier) * multiplier;
  }

  static std::uint64_t of_short(const char* s, std::size_t size) noexcept {
    if (size > 8) {
      const std::uint64_t last = word(s + size - 8);
      return both(word(s), std::rotr(last + size, static_cast<int>(size))) ^ last;
    }
    if (size >= 4) return both(size + (std::uint64_t{word<std::uint32_t>(s)} << 3), word<std::uint32_t>(s + size - 4));
    if (size == 0) return k2;
    const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(s[at])}; };
    const std::uint32_t y = byte(0) + (byte(size / 2) << 8);
    const std::uint32_t z = static_cast<std::uint32_t>(size) + (byte(size - 1) << 2);
    return mixed((y * k2) ^ (z * k3)) * k2;
  }

  static two part_of_middle(const char* s, std::uint64_t a, std::uint64_t z) noexcept {
    std::uint64_t b = std::rotr(a + z, 52);
    std::uint64_t c = std::rotr(a, 37);
    a += word(s + 8);
    c += std::rotr(a, 7);
    a += word(s + 16);
    return {a + z, b + std::rotr(a, 31) + c};
  }
  static std::uint64_t of_middle(const char* s, std::size_t size) noexcept {
    const two v = part_of_middle(s, word(s) + (size + word(s + size - 16)) * k0, word(s + 24));
    const two w = part_of_middle(s + size - 32, word(s + 16) + word(s + size - 32), word(s + size - 8));
    return mixed(mixed((v.first + w.second) * k2 + (w.first + v.second) * k0) * k0 + v.second) * k2;
  }

  /// Of 32 bytes and two words, two words.
  static two weak(const char* s, std::uint64_t a, std::uint64_t b) noexcept {
    a += word(s);
    b = std::rotr(b + a + word(s + 24), 21);
    const std::uint64_t c = a;
    a += word(s + 8) + word(s + 16);
    return {a + word(s + 24), b + std::rotr(a, 44) + c};
  }
  static std::uint64_t of_long(const char* s, std::size_t size) noexcept {
    std::uint64_t x = word(s);
    std::uint64_t y = word(s + size - 16) ^ k1;
    std::uint64_t z = word(s + size - 56) ^ k0;
    two v = weak(s + size - 64, size, y);
    two w = weak(s + size - 32, size * k1, k0);
    z += mixed(v.second) * k1;
    x = std::rotr(z + x, 39) * k1;
    y = std::rotr(y, 33) * k1;
    for (std::size_t left = (size - 1) / 64; left > 0; --left, s += 64) {
      x = std::rotr(x + y + v.first + word(s + 16), 37) * k1;
      y = std::rotr(y + v.second + word(s + 48), 42) * k1;
      x ^= w.second;
      y ^= v.first;
      z = std::rotr(z ^ w.first, 33);
      v = weak(s, v.second * k1, x + w.first);
      w = weak(s + 32, z + w.second, y);
      std::swap(z, x);
    }
    return both(both(v.first, w.first) + mixed(y) * k1 + z, both(v.second, w.second) + x);
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_CITY_HASH_HPP
