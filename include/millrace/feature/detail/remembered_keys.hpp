#ifndef MILLRACE_FEATURE_DETAIL_REMEMBERED_KEYS_HPP
#define MILLRACE_FEATURE_DETAIL_REMEMBERED_KEYS_HPP

#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// The keys of a history in the order in which they came, when each one's last event was, and what was left out. What
/// is kept for each key besides is the caller's, in the same order: `States` has `add()`, for one more key, and
/// `keep_only(places)`, which are ascending.
/// A template, so that including it does not compile its members.
template <class Vocabulary>
class basic_remembered_keys {
 public:
  static constexpr std::size_t none = Vocabulary::none;
  static constexpr std::size_t default_most = 1'000'000;
  /// Where an event goes: `none` if there is no room.
  struct destination {
    std::size_t place = none;
    bool late = false;
  };

  void keep(std::size_t most, std::int64_t idle) noexcept {
    most_ = most == 0 ? 1 : most;
    idle_ = idle;
  }
  std::size_t size() const noexcept { return keys_.size(); }
  std::size_t find(std::string_view key) const noexcept { return keys_.find(key); }
  /// When a key's last event was.
  std::int64_t latest(std::size_t place) const noexcept { return last_[place]; }
  std::uint64_t late() const noexcept { return late_; }
  std::uint64_t unknown() const noexcept { return unknown_; }
  std::uint64_t overflow() const noexcept { return overflow_; }

  /// An event without key or time.
  void skip() noexcept { ++unknown_; }
  /// Notes that an event of this key happened now.
  template <class States>
  destination note(std::string_view key, std::int64_t now, States& states) {
    if (now > latest_) latest_ = now;
    const std::size_t place = place_of(key, states);
    if (place == none) return ++overflow_, destination();
    if (now < oldest_) oldest_ = now;
    const bool late = now < last_[place];
    if (late)
      ++late_;
    else
      last_[place] = now;
    return {place, late};
  }

  void save(envelope_writer& to) const {
    to.u64(most_);
    to.i64(idle_);
    to.i64(latest_);
    for (const std::uint64_t count : {late_, unknown_, overflow_}) to.u64(count);
    keys_.save(to);
  }
  /// Returns whether it is possible. When each key's last event was is read by `load_next`, key by key.
  bool load(envelope_reader& from) {
    *this = basic_remembered_keys();
    most_ = static_cast<std::size_t>(from.u64());
    idle_ = from.i64();
    latest_ = from.i64();
    for (std::uint64_t* const count : {&late_, &unknown_, &overflow_}) *count = from.u64();
    return most_ != 0 && keys_.load(from, most_);
  }
  void load_next(envelope_reader& from) { last_.push_back(from.i64()); }

 private:
  static constexpr std::int64_t beginning = (std::numeric_limits<std::int64_t>::min)();

  /// The place of a key, which is made if there is room; else `none`.
  template <class States>
  std::size_t place_of(std::string_view key, States& states) {
    const std::size_t found = keys_.find(key);
    if (found != none) return found;
    if (keys_.size() >= most_) forget_idle(states);
    if (keys_.size() >= most_) return none;
    states.add();
    keys_.insert(key);
    last_.push_back(beginning);
    return last_.size() - 1;
  }
  template <class States>
  void forget_idle(States& states) {
    if (idle_ <= 0) return;
    const std::int64_t gone = latest_ < beginning + idle_ ? beginning : latest_ - idle_;
    if (gone <= oldest_) return;  // as long as none can be idle, a new key does not look at all others
    oldest_ = latest_;
    Vocabulary kept;
    std::vector<std::int64_t> last;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < last_.size(); ++i)
      if (last_[i] >= gone) {
        if (last_[i] < oldest_) oldest_ = last_[i];
        kept.insert(keys_[i]);
        last.push_back(last_[i]);
        places.push_back(i);
      }
    states.keep_only(places);
    keys_ = std::move(kept);
    last_ = std::move(last);
  }

  std::size_t most_ = default_most;
  std::int64_t idle_ = 0;
  Vocabulary keys_;
  std::vector<std::int64_t> last_;  // key by key
  std::int64_t latest_ = beginning;
  std::int64_t oldest_ = beginning;  // no key's last event is before it
  std::uint64_t late_ = 0;
  std::uint64_t unknown_ = 0;
  std::uint64_t overflow_ = 0;
};

using remembered_keys = basic_remembered_keys<vocabulary>;

/// What is kept for each key, as a vector.
template <class State>
struct states_by_key {
  std::vector<State> all;

  void add() { all.emplace_back(); }
  void keep_only(const std::vector<std::size_t>& places) {
    std::vector<State> kept;
    for (const std::size_t i : places) kept.push_back(std::move(all[i]));
    all = std::move(kept);
  }
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_REMEMBERED_KEYS_HPP
