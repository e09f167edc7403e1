#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_HASH_BLOCK_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_HASH_BLOCK_HPP

#include <millrace/aggregate/sketches/detail/murmur3.hpp>
#include <millrace/core/detail/simd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Hashes 32 words of 8 bytes at a time, to the same values as `murmur3::hash` of each.
struct hash_block {
  static constexpr std::size_t size = 32;
  alignas(64) std::uint64_t words[size];
  alignas(64) std::uint64_t low[size];
  alignas(64) std::uint64_t high[size];

  /// Does the processor multiply eight words at a time? If not, hashing them one by one is quicker.
  static bool pays() noexcept { return cpu_has_avx512dq(); }

  /// Fills `low` and `high` from `words`: the steps of `murmur3::hash` of a word, whose length is 8.
  MILLRACE_X86_TARGET("avx512f,avx512dq") void hash() noexcept {
    using lanes = vector<std::uint64_t, 64>;
    for (std::size_t i = 0; i < size; i += 8) {
      lanes a, b;
      load_vector(a, words + i);
      a *= murmur3::first;
      a = (a << 31) | (a >> 33);
      a *= murmur3::second;
      a ^= murmur3::sketch_seed ^ 8;
      a += murmur3::sketch_seed ^ 8;
      b = a + (murmur3::sketch_seed ^ 8);
      for (lanes* each : {&a, &b}) {
        lanes& word = *each;
        word = (word ^ (word >> 33)) * murmur3::scatter_first;
        word = (word ^ (word >> 33)) * murmur3::scatter_second;
        word ^= word >> 33;
      }
      a += b;
      b += a;
      store_vector(low + i, a);
      store_vector(high + i, b);
    }
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_HASH_BLOCK_HPP
