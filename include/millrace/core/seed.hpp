#ifndef MILLRACE_CORE_SEED_HPP
#define MILLRACE_CORE_SEED_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/int128.hpp>

#include <unistd.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {

/// Advances `state` and returns SplitMix64's next output.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
constexpr std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/// A seed from the system's entropy, for identifiers and for runs that need not be repeated. Where the system has none,
/// the seed comes from the wall clock.
inline std::uint64_t entropy_seed() noexcept {
  std::uint64_t seed = 0;
  if (::getentropy(&seed, sizeof seed) != 0) {
    std::uint64_t state = unix_nanoseconds();
    seed = splitmix64(state);
  }
  return seed;
}

/// The library's generator of random numbers: xoshiro256++, 32 bytes of state. Not for secrets.
/// Models: std::uniform_random_bit_generator.
/// Guarantee: the same seed gives the same numbers with every compiler.
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", TOMS 47(4), 2021.
class random_engine {
 public:
  using result_type = std::uint64_t;

  constexpr explicit random_engine(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }

  /// The 256 bits that decide every later number, for saving a run and resuming it with `from_state`.
  using state_type = std::array<std::uint64_t, 4>;
  constexpr const state_type& state() const noexcept { return state_; }
  /// Whether an engine can be in this state: not if all bits are 0, the one state that yields zeros for ever, for which
  /// `below` never returns. Ask before `from_state` what comes from a file.
  static constexpr bool is_state(const state_type& state) noexcept {
    return (state[0] | state[1] | state[2] | state[3]) != 0;
  }
  /// Precondition: is_state(state).
  static constexpr random_engine from_state(const state_type& state) noexcept {
    random_engine engine(0);
    engine.state_ = state;
    return engine;
  }

  static constexpr result_type(min)() noexcept { return 0; }
  static constexpr result_type(max)() noexcept { return ~result_type{0}; }

  constexpr result_type operator()() noexcept {
    const std::uint64_t out = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return out;
  }

  /// Uniform in [0, 1): a multiple of 2^-53.
  constexpr double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

  /// Uniform in [0, bound), without bias; `bound` > 0.
  ///
  /// The high 64 bits of a product of `bound` and 64 random bits are in [0, bound). Each of these numbers comes from
  /// 2^64 / bound products, rounded up or down; rejecting those whose low half is below 2^64 mod bound makes it down
  /// for all.
  /// Source: Lemire, "Fast random integer generation in an interval", TOMACS 29(1), 2019.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    auto product = static_cast<detail::uint128>((*this)()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;  // 2^64 mod bound
      while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<detail::uint128>((*this)()) * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  /// Standard normal, by Box and Muller's method, which makes two; the second is not used.
  double normal() noexcept {
    // Built-in functions, because <cmath> would be a fifth of this module's compile time.
    const double radius = __builtin_sqrt(-2.0 * __builtin_log(1.0 - uniform()));
    return radius * __builtin_cos(6.283185307179586 * uniform());
  }

  /// Puts the elements of `range`, which has size() and an index, in random order, each order equally likely.
  /// Source: the Fisher-Yates shuffle, Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2P.
  template <class Range>
  constexpr void shuffle(Range& range) noexcept {
    for (std::size_t i = range.size(); i > 1; --i) {
      using std::swap;
      swap(range[i - 1], range[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }

  state_type state_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SEED_HPP
