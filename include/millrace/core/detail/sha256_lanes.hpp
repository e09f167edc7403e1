#ifndef MILLRACE_CORE_DETAIL_SHA256_LANES_HPP
#define MILLRACE_CORE_DETAIL_SHA256_LANES_HPP

#include <millrace/core/detail/sha256_block.hpp>
#include <millrace/core/detail/simd.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

// The compression function of SHA-256 for as many messages as a vector has words of 32 bits: each lane has a message of
// its own, and all lanes take the same steps.
namespace millrace {
inline namespace v0 {
namespace detail {

/// low, high = the lanes of a and b by turns: a0 b0 a1 b1, ...
template <class V, std::size_t... Lane>
[[gnu::always_inline]] inline void zip_lanes(const V& a, const V& b, V& low, V& high,
                                             std::index_sequence<Lane...>) noexcept {
  constexpr std::size_t lanes = sizeof...(Lane);
  low = __builtin_shufflevector(a, b, static_cast<int>(Lane / 2 + Lane % 2 * lanes)...);
  high = __builtin_shufflevector(a, b, static_cast<int>(lanes / 2 + Lane / 2 + Lane % 2 * lanes)...);
}

/// Turns as many rows as a vector has lanes into columns. To zip each row of the first half with its like of the second
/// moves the highest bit of a row's number, seen before that of its lane, to the lowest end; after as many times as a
/// row's number has bits, rows and lanes have changed places.
template <class V, std::size_t Lanes>
[[gnu::always_inline]] inline void transpose(V (&rows)[Lanes]) noexcept {
#pragma GCC unroll 4
  for (std::size_t stage = 1; stage < Lanes; stage *= 2) {
    V zipped[Lanes];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Lanes / 2; ++i)
      zip_lanes(rows[i], rows[i + Lanes / 2], zipped[2 * i], zipped[2 * i + 1], std::make_index_sequence<Lanes>());
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Lanes; ++i) rows[i] = zipped[i];
  }
}

/// to = x, turned to the right by `By` bits.
template <unsigned By, class V>
[[gnu::always_inline]] inline void turn(V& to, const V& x) noexcept {
  to = x >> By | x << (32 - By);
}
/// to = the exclusive or of x, turned by `A` and `B` bits, and what is done to it last.
template <unsigned A, unsigned B, unsigned C, class V>
[[gnu::always_inline]] inline void mix_turned(V& to, const V& x) noexcept {
  V a;
  V b;
  V c;
  turn<A>(a, x);
  turn<B>(b, x);
  turn<C>(c, x);
  to = a ^ b ^ c;
}
template <unsigned A, unsigned B, unsigned Shift, class V>
[[gnu::always_inline]] inline void mix_shifted(V& to, const V& x) noexcept {
  V a;
  V b;
  turn<A>(a, x);
  turn<B>(b, x);
  to = a ^ b ^ x >> Shift;
}

/// Reads a block of each message: w[t] has word t of all of them.
template <class V, std::size_t Lanes>
[[gnu::always_inline]] inline void gather_blocks(V (&w)[16], const unsigned char* const (&data)[Lanes],
                                                 std::size_t offset) noexcept {
  for (std::size_t first = 0; first < 16; first += Lanes) {
    V rows[Lanes];
    for (std::size_t i = 0; i < Lanes; ++i) load_vector(rows[i], data[i] + offset + 4 * first);
    transpose(rows);
    for (std::size_t i = 0; i < Lanes; ++i) {
      V low;
      V high;
      turn<8>(low, rows[i]);    // bytes 0 and 2 of each word come to where they belong
      turn<24>(high, rows[i]);  // bytes 1 and 3
      w[first + i] = (low & 0xff00ff00U) | (high & 0x00ff00ffU);
    }
  }
}

/// Takes `blocks` blocks of each message into the states; state[i] has word i of all messages.
template <std::size_t Bytes>
[[gnu::always_inline]] inline void sha256_in_lanes(std::uint32_t (&state)[8][Bytes / 4],
                                                   const unsigned char* const (&data)[Bytes / 4],
                                                   std::size_t blocks) noexcept {
  using words = vector<std::uint32_t, Bytes>;
  words before[8];
  for (unsigned i = 0; i < 8; ++i) load_vector(before[i], state[i]);
  for (std::size_t block = 0; block < blocks; ++block) {
    words w[16];
    words s[8];
    gather_blocks(w, data, 64 * block);
    for (unsigned i = 0; i < 8; ++i) s[i] = before[i];
    for (unsigned first = 0; first < 64; first += 16) {
#pragma GCC unroll 16
      for (unsigned t = 0; t < 16; ++t) {
        if (first != 0) {
          words behind;
          words ahead;
          mix_shifted<17, 19, 10>(behind, w[(t + 14) & 15U]);
          mix_shifted<7, 18, 3>(ahead, w[(t + 1) & 15U]);
          w[t] += behind + w[(t + 9) & 15U] + ahead;
        }
        // Instead of the words, a to h, their names move round.
        const words& a = s[(0 - t) & 7U];
        const words& b = s[(1 - t) & 7U];
        const words& c = s[(2 - t) & 7U];
        const words& e = s[(4 - t) & 7U];
        const words& f = s[(5 - t) & 7U];
        const words& g = s[(6 - t) & 7U];
        words& d = s[(3 - t) & 7U];
        words& h = s[(7 - t) & 7U];
        words mixed;
        mix_turned<6, 11, 25>(mixed, e);
        h += mixed + (g ^ (e & (f ^ g))) + (w[t] + sha256_constants[first + t]);
        d += h;
        mix_turned<2, 13, 22>(mixed, a);
        h += mixed + ((a & b) | (c & (a | b)));
      }
    }
    for (unsigned i = 0; i < 8; ++i) before[i] += s[i];
  }
  for (unsigned i = 0; i < 8; ++i) store_vector(state[i], before[i]);
}

#if defined(__x86_64__)
MILLRACE_X86_TARGET("avx512f")
[[gnu::noinline]] inline void sha256_in_16_lanes(std::uint32_t (&state)[8][16], const unsigned char* const (&data)[16],
                                                 std::size_t blocks) noexcept {
  sha256_in_lanes<64>(state, data, blocks);
}
MILLRACE_X86_TARGET("avx2")
[[gnu::noinline]] inline void sha256_in_8_lanes(std::uint32_t (&state)[8][8], const unsigned char* const (&data)[8],
                                                std::size_t blocks) noexcept {
  sha256_in_lanes<32>(state, data, blocks);
}
#endif

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SHA256_LANES_HPP
