#ifndef MILLRACE_RESILIENCE_LOCKS_VERSIONED_HPP
#define MILLRACE_RESILIENCE_LOCKS_VERSIONED_HPP

#include <millrace/core/detail/shared_value.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// A value that many read and that is replaced only by who has seen the newest: an optimistic lock, under which nobody
/// waits. Whoever comes second gets an error and decides again.
///
///     mr::resilience::versioned<config> live(config{});
///     const auto seen = live.read();
///     auto changed = live.write_if(with_limit(*seen, 7), seen.version());   // errc::conflict if somebody was first
///
/// Guarantee: a reader sees one version, whole, for as long as it keeps what `read` returned. Versions count from 1.
/// Complexity: a read copies a pointer under a lock that is held for that alone; no lock is held while T is made or
/// destroyed.
/// Allocates: a write.
/// Threads: any number.
template <class T>
class versioned {
  struct numbered {
    numbered(T held, std::uint64_t number) : value(std::move(held)), version(number) {}
    T value;
    std::uint64_t version;
  };

 public:
  using value_type = T;
  using version_type = std::uint64_t;

  /// One version, which stays as long as this object.
  class snapshot {
   public:
    const T& operator*() const noexcept { return at_->value; }
    const T* operator->() const noexcept { return &at_->value; }
    std::uint64_t version() const noexcept { return at_->version; }

   private:
    friend class versioned;
    explicit snapshot(detail::shared_value<numbered> at) noexcept : at_(std::move(at)) {}
    detail::shared_value<numbered> at_;
  };

  explicit versioned(T first) : now_(detail::shared_value<numbered>::make(std::move(first), std::uint64_t{1})) {}
  versioned(const versioned&) = delete;
  versioned& operator=(const versioned&) = delete;

  snapshot read() const noexcept { return snapshot(now_.get()); }
  std::uint64_t version() const noexcept { return now_.get()->version; }

  /// Puts `next` in the place of the version `seen`, and returns its version.
  /// Errors: conflict: it has another version by now; the message says both, and `next` is gone.
  result<std::uint64_t> write_if(T next, std::uint64_t seen) {
    auto made = detail::shared_value<numbered>::make(std::move(next), seen + 1);
    std::uint64_t found = seen;
    const auto is_as_seen = [&](const numbered& now) noexcept { return (found = now.version) == seen; };
    if (now_.replace_if(std::move(made), is_as_seen)) return seen + 1;
    return error(errc::conflict, "the value has version " + std::to_string(found) + " by now, and not " +
                                     std::to_string(seen) + ", which was read");
  }

 private:
  detail::replaceable_value<numbered> now_;
};

namespace detail {

/// What a read returned, as a result.
template <class T>
struct read_of {
  using type = result<T>;
};
template <class T>
struct read_of<result<T>> {
  using type = result<T>;
};

}  // namespace detail

/// Where a value stands with its version: `versioned` in memory, `stored_value` in a storage, `versioned_file` in a
/// file. `read()` returns a snapshot, or a result of one, with `*` and `version()`.
/// Law: `write_if(next, seen)` replaces the value only if its version is `seen`, at that moment and for everybody, and
/// returns the new version; otherwise it is errc::conflict and changes nothing.
template <class P>
concept versioned_place = requires(P& place, typename P::value_type next, const typename P::version_type& seen) {
  typename detail::read_of<decltype(place.read())>::type;
  { place.write_if(std::move(next), seen) } -> std::same_as<result<typename P::version_type>>;
};

/// How `update_with_retry` tries again, if it is not told: after conflicts alone, 32 times at most, after random pauses
/// that grow from 20 microseconds to 20 milliseconds.
using conflict_retry = retry<attempts<32>, backoff<duration(20'000), duration(20'000'000)>, retry_on<errc::conflict>>;

/// Reads, has `change(const value&)` make the next value, and writes that if nobody has written meanwhile, else begins
/// again as the policy says. Returns the new version.
///
///     auto done = mr::resilience::update_with_retry(live, [](const config& now) { return with_limit(now, 7); });
///
/// `change` may return a result, whose error ends it (unless it is a conflict, which is tried again). It may be called
/// more than once, so it should do nothing but make the value. `again` is any call wrapper, such as a `retry` with
/// other numbers, or a stack of them. Errors: conflict, with the number of attempts: others were first every time;
/// those of `change`, `read`, `write_if` and of the wrapper.
template <versioned_place Place, class Change, class Retry = conflict_retry>
requires std::is_invocable_v<Change&, const typename Place::value_type&>
result<typename Place::version_type> update_with_retry(Place& place, Change&& change, Retry&& again = Retry()) {
  using version_type = typename Place::version_type;
  return again([&]() -> result<version_type> {
    typename detail::read_of<decltype(place.read())>::type seen = place.read();
    if (!seen) return std::move(seen).error();
    result<typename Place::value_type> next = change(std::as_const(**seen));
    if (!next) return std::move(next).error();
    return place.write_if(*std::move(next), seen->version());
  });
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_LOCKS_VERSIONED_HPP
