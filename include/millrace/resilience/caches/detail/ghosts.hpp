#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_GHOSTS_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_GHOSTS_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// Hashes of keys that were evicted lately: a key is remembered while fewer others came after it than a queue would
/// hold. There is no queue: each hash stands in one of four places with the number of its turn, and pushes out the
/// oldest there. So a bucket that is full forgets early; one key in a thousand million is taken for another.
/// Source: the fingerprint table of S3-FIFO, section 5.2.
class ghosts {
 public:
  bool contains(std::uint64_t hash, std::size_t most) const noexcept {
    if (places_.empty()) return false;
    const std::uint32_t print = print_of(hash);
    const place* const at = places_.data() + bucket(print);
    for (std::size_t i = 0; i < width; ++i)
      if (at[i].print == print && at[i].turn != 0 && turn_ - at[i].turn < most) return true;
    return false;
  }
  /// Without room it remembers nothing.
  void insert(std::uint64_t hash) noexcept {
    if (++turn_ == 0) ++turn_;
    if (!places_.empty()) put({print_of(hash), turn_});
  }
  /// Room for twice so many. Allocates when it grows.
  void reserve(std::size_t entries) {
    if (places_.size() >= 2 * entries) return;
    std::size_t buckets = 4;
    while (buckets * width < 2 * entries) buckets *= 2;
    flat_vector<place> old(buckets * width);
    old.swap(places_);
    for (const place& each : old)
      if (each.turn != 0) put(each);
  }

 private:
  struct place {
    std::uint32_t print = 0;
    std::uint32_t turn = 0;  // 0: free
  };
  static constexpr std::size_t width = 4;

  static std::uint32_t print_of(std::uint64_t hash) noexcept { return static_cast<std::uint32_t>(hash >> 16U); }
  std::size_t bucket(std::uint32_t print) const noexcept { return (print & (places_.size() / width - 1)) * width; }
  void put(place one) noexcept {
    place* const at = places_.data() + bucket(one.print);
    place* oldest = at;
    for (std::size_t i = 1; i < width; ++i)
      if (turn_ - at[i].turn > turn_ - oldest->turn) oldest = at + i;
    *oldest = one;
  }

  flat_vector<place> places_;
  std::uint32_t turn_ = 0;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_GHOSTS_HPP
