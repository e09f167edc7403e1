#ifndef MILLRACE_CORE_DETAIL_SHA256_BLOCK_HPP
#define MILLRACE_CORE_DETAIL_SHA256_BLOCK_HPP

#include <millrace/core/detail/simd.hpp>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <cstddef>
#include <cstdint>

// The compression function of SHA-256, over whole blocks of 64 bytes: in plain C++, and by the processor's own
// instructions for it, which are some ten times as fast.
// Source: NIST FIPS 180-4, sections 4.1.2, 4.2.2 and 6.2.2; Gulley et al., "Intel SHA Extensions", Intel, 2013.
namespace millrace {
inline namespace v0 {
namespace detail {

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
alignas(16) inline constexpr std::uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The state before any block: of the square roots of the first eight primes.
inline constexpr std::uint32_t sha256_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// The eight words of a state as 32 bytes, the highest byte of each word first.
inline void store_sha256(unsigned char* to, const std::uint32_t* state) noexcept {
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint32_t word = __builtin_bswap32(state[i]);
    __builtin_memcpy(to + 4 * i, &word, 4);
  }
}

/// Takes `blocks` blocks into the state, whose eight words are a to h.
inline void sha256_plain(std::uint32_t* state, const unsigned char* data, std::size_t blocks) noexcept {
  const auto turned = [](std::uint32_t x, unsigned by) { return x >> by | x << (32 - by); };
  for (; blocks != 0; --blocks, data += 64) {
    std::uint32_t w[16];
    std::uint32_t s[8];
    __builtin_memcpy(w, data, sizeof w);
    __builtin_memcpy(s, state, sizeof s);
    for (std::uint32_t& word : w) word = __builtin_bswap32(word);
    for (unsigned t = 0; t < 64; ++t) {
      if (t >= 16) {
        const std::uint32_t near_end = w[(t + 14) & 15U];
        const std::uint32_t near_begin = w[(t + 1) & 15U];
        w[t & 15U] += (turned(near_end, 17) ^ turned(near_end, 19) ^ near_end >> 10) + w[(t + 9) & 15U] +
                      (turned(near_begin, 7) ^ turned(near_begin, 18) ^ near_begin >> 3);
      }
      const std::uint32_t first = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) +
                                  ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha256_constants[t] + w[t & 15U];
      const std::uint32_t second =
          (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      for (unsigned i = 7; i != 0; --i) s[i] = s[i - 1];
      s[4] += first;
      s[0] = first + second;
    }
    for (unsigned i = 0; i < 8; ++i) state[i] += s[i];
  }
}

#if defined(__x86_64__)

/// Whether the processor has the instructions: CPUID's leaf 7, EBX, bit 29. Compilers before g++ 14 know no name for
/// it.
inline bool cpu_has_sha() noexcept {
  static const bool has = [] {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1U) != 0 && __builtin_cpu_supports("sse4.1") != 0;
  }();
  return has;
}

/// The same by the processor for several messages side by side, each with a state and as many blocks: four rounds a
/// step, for which it keeps a state as (f, e, b, a) and (h, g, d, c). Each of the instructions waits for the one before
/// it in its message, and meanwhile the processor has time for another message.
/// The instructions have no AVX form. Between AVX instructions whose registers are in use beyond 16 bytes each of them
/// takes hundreds of cycles, so there are none here, whatever the program is compiled for; nor is it inlined among
/// such.
template <std::size_t Messages>
MILLRACE_X86_TARGET("sha,sse4.1,no-avx")
[[gnu::noinline]] inline void sha256_by_cpu(std::uint32_t* const (&states)[Messages],
                                            const unsigned char* const (&data)[Messages], std::size_t blocks) noexcept {
  using words = vector<std::uint32_t, 16>;
  using ints = vector<int, 16>;
  using bytes = vector<unsigned char, 16>;
  words abef[Messages];
  words cdgh[Messages];
  for (std::size_t m = 0; m < Messages; ++m) {
    const std::uint32_t* const s = states[m];
    abef[m] = words{s[5], s[4], s[1], s[0]};
    cdgh[m] = words{s[7], s[6], s[3], s[2]};
  }
  for (std::size_t block = 0; block < blocks; ++block) {
    words abef_before[Messages];
    words cdgh_before[Messages];
    words w[Messages][4];
    for (std::size_t m = 0; m < Messages; ++m) {
      abef_before[m] = abef[m];
      cdgh_before[m] = cdgh[m];
    }
#pragma GCC unroll 16
    for (unsigned t = 0; t < 16; ++t) {
      words k;
      __builtin_memcpy(&k, sha256_constants + 4 * t, sizeof k);
#pragma GCC unroll 4
      for (std::size_t m = 0; m < Messages; ++m) {
        words& now = w[m][t & 3U];
        if (t < 4) {
          bytes read;
          __builtin_memcpy(&read, data[m] + 64 * block + 16 * t, sizeof read);  // load_vector is for any processor
          now = reinterpret_cast<words>(
              __builtin_shufflevector(read, read, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
        } else {
          const words before = w[m][(t + 3) & 3U];
          const words two_before = w[m][(t + 2) & 3U];
          now = reinterpret_cast<words>(
              __builtin_ia32_sha256msg1(reinterpret_cast<ints>(now), reinterpret_cast<ints>(w[m][(t + 1) & 3U])));
          now += __builtin_shufflevector(two_before, before, 1, 2, 3, 4);
          now = reinterpret_cast<words>(
              __builtin_ia32_sha256msg2(reinterpret_cast<ints>(now), reinterpret_cast<ints>(before)));
        }
        const words added = now + k;
        const words rest = __builtin_shufflevector(added, added, 2, 3, 2, 3);
        cdgh[m] = reinterpret_cast<words>(__builtin_ia32_sha256rnds2(
            reinterpret_cast<ints>(cdgh[m]), reinterpret_cast<ints>(abef[m]), reinterpret_cast<ints>(added)));
        abef[m] = reinterpret_cast<words>(__builtin_ia32_sha256rnds2(
            reinterpret_cast<ints>(abef[m]), reinterpret_cast<ints>(cdgh[m]), reinterpret_cast<ints>(rest)));
      }
    }
    for (std::size_t m = 0; m < Messages; ++m) {
      abef[m] += abef_before[m];
      cdgh[m] += cdgh_before[m];
    }
  }
  for (std::size_t m = 0; m < Messages; ++m) {
    const std::uint32_t after[8] = {abef[m][3], abef[m][2], cdgh[m][3], cdgh[m][2],
                                    abef[m][1], abef[m][0], cdgh[m][1], cdgh[m][0]};
    __builtin_memcpy(states[m], after, sizeof after);
  }
}

#endif

inline void sha256_blocks(std::uint32_t* state, const unsigned char* data, std::size_t blocks) noexcept {
#if defined(__x86_64__)
  if (cpu_has_sha()) {
    std::uint32_t* const states[] = {state};
    const unsigned char* const messages[] = {data};
    return sha256_by_cpu(states, messages, blocks);
  }
#endif
  sha256_plain(state, data, blocks);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SHA256_BLOCK_HPP
