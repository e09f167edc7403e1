#ifndef MILLRACE_MIDDLEWARE_DETAIL_AUDIT_POLICIES_HPP
#define MILLRACE_MIDDLEWARE_DETAIL_AUDIT_POLICIES_HPP

#include <millrace/chain/outcome.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

// The audit log's policies and counters. The counters are plain numbers if one thread runs the chain (`exclusive`), and
// atomic or one per thread if many do (`shared`).
namespace millrace {
inline namespace v0 {
namespace detail {

template <class P>
struct is_producers : std::bool_constant<std::is_same_v<P, store::exclusive> || std::is_same_v<P, store::shared>> {};
template <class P>
struct is_full : std::bool_constant<store::full_policy<P>> {};
template <class P>
struct is_strictness : std::bool_constant<strictness_policy<P>> {};
template <class P>
struct is_files : std::bool_constant<store::file_system<P>> {};
template <class P>
    struct is_proofs : std::bool_constant < requires {
  typename P::line_tree;
}>{};
template <class P>
inline constexpr bool is_audit_policy =
    is_producers<P>::value || is_full<P>::value || is_strictness<P>::value || is_files<P>::value || is_proofs<P>::value;

/// The policy of an audit log without proofs of its lines.
struct no_proofs {
  struct line_tree {};
};

template <class Producers>
class audit_counters;

template <>
class audit_counters<store::exclusive> {
 public:
  /// Counts an event and returns its id; `current` returns the id of the last.
  std::uint64_t begin() noexcept { return ++events_; }
  std::uint64_t current() const noexcept { return events_; }
  void fail() noexcept { ++failures_; }
  void reject() noexcept { ++rejected_; }
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t failures() const noexcept { return failures_; }
  std::uint64_t rejected() const noexcept { return rejected_; }

  /// Whether the event at this index of the chain took less than 4 us last time. Indices 64 apart share a bit.
  bool is_quick(std::size_t index) const noexcept { return (quick_ >> (index % 64) & 1U) != 0; }
  void set_quick(std::size_t index, bool quick) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    quick_ = quick ? quick_ | bit : quick_ & ~bit;
  }

  bool clock_is_set(std::uint64_t now, std::uint64_t period) const noexcept { return now - clock_set_ <= period; }
  void set_clock(std::uint64_t now) noexcept { clock_set_ = now; }

  /// Decides whether the run of the chain that begins now summarizes tensors: the first does, and the first run after
  /// every `interval`.
  void begin_run(std::uint64_t now, std::uint64_t interval) noexcept {
    summarizes_ = now >= next_summaries_;
    if (summarizes_) next_summaries_ = now + interval;
  }
  bool summarizes() const noexcept { return summarizes_; }

 private:
  std::uint64_t events_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t rejected_ = 0;
  std::uint64_t quick_ = 0;
  std::uint64_t next_summaries_ = 0;
  bool summarizes_ = true;
  std::uint64_t clock_set_ = std::uint64_t{1} << 63;  // never
};

/// The event that this thread runs, for each audit log. There are few: more than one only while an event of one chain
/// runs another chain. Of more than 16 logs the oldest entries are overwritten.
class open_events {
 public:
  struct entry {
    std::uint64_t log = 0;
    std::uint64_t event = 0;
    bool summarizes = true;
  };
  entry& of(std::uint64_t log) noexcept {
    for (entry& known : entries_)
      if (known.log == log) return known;
    entry& oldest = entries_[next_++ % size];
    oldest = {log};
    return oldest;
  }

 private:
  static constexpr unsigned size = 16;
  entry entries_[size];
  unsigned next_ = 0;
};
inline open_events& this_threads_events() noexcept {
  static constinit thread_local open_events kept;
  return kept;
}

template <>
class audit_counters<store::shared> {
 public:
  audit_counters() noexcept : log_(logs().add_relaxed(1) + 1) {}
  audit_counters(audit_counters&& other) noexcept { *this = static_cast<audit_counters&&>(other); }
  audit_counters& operator=(audit_counters&& other) noexcept {
    log_ = other.log_;
    const auto set = [](light_atomic<std::uint64_t>& to, const light_atomic<std::uint64_t>& from) {
      to.store_relaxed(from.load_relaxed());
    };
    set(events_, other.events_);
    set(failures_, other.failures_);
    set(rejected_, other.rejected_);
    set(quick_, other.quick_);
    set(next_summaries_, other.next_summaries_);
    set(clock_set_, other.clock_set_);
    return *this;
  }

  std::uint64_t begin() noexcept { return this_threads_events().of(log_).event = events_.add_relaxed(1) + 1; }
  std::uint64_t current() const noexcept { return this_threads_events().of(log_).event; }
  void fail() noexcept { failures_.add_relaxed(1); }
  void reject() noexcept { rejected_.add_relaxed(1); }
  std::uint64_t events() const noexcept { return events_.load_relaxed(); }
  std::uint64_t failures() const noexcept { return failures_.load_relaxed(); }
  std::uint64_t rejected() const noexcept { return rejected_.load_relaxed(); }

  bool is_quick(std::size_t index) const noexcept { return (quick_.load_relaxed() >> (index % 64) & 1U) != 0; }
  void set_quick(std::size_t index, bool quick) noexcept {
    if (is_quick(index) == quick) return;
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if (quick)
      quick_.set_bits_relaxed(bit);
    else
      quick_.keep_bits_relaxed(~bit);
  }

  bool clock_is_set(std::uint64_t now, std::uint64_t period) const noexcept {
    // Another thread may have set the clock after this one read its time, so the difference may be negative; up to one
    // period either way counts as set.
    return now - clock_set_.load_relaxed() + period <= 2 * period;
  }
  void set_clock(std::uint64_t now) noexcept { clock_set_.store_relaxed(now); }

  void begin_run(std::uint64_t now, std::uint64_t interval) noexcept {
    const bool due = now >= next_summaries_.load_relaxed();
    if (due) next_summaries_.store_relaxed(now + interval);
    this_threads_events().of(log_).summarizes = due;
  }
  bool summarizes() const noexcept { return this_threads_events().of(log_).summarizes; }

 private:
  static light_atomic<std::uint64_t>& logs() noexcept {
    static constinit light_atomic<std::uint64_t> count{0};
    return count;
  }

  std::uint64_t log_ = 0;
  light_atomic<std::uint64_t> events_{0};
  light_atomic<std::uint64_t> failures_{0};
  light_atomic<std::uint64_t> rejected_{0};
  light_atomic<std::uint64_t> quick_{0};
  light_atomic<std::uint64_t> next_summaries_{0};
  light_atomic<std::uint64_t> clock_set_{std::uint64_t{1} << 63};
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_DETAIL_AUDIT_POLICIES_HPP
