#ifndef MILLRACE_RESILIENCE_BATCH_PROCESSOR_HPP
#define MILLRACE_RESILIENCE_BATCH_PROCESSOR_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/fwd.hpp>

#include <pthread.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// When a batch is handed on. A number that makes no sense becomes the nearest that does.
struct batch_options {
  /// As soon as so many items wait, and never more at once.
  std::size_t max_items = 100;
  /// As soon as the oldest item has waited so long.
  duration max_delay = duration(1'000'000'000);
  /// How many items may wait. What comes then is refused.
  std::size_t max_waiting = 10'000;
};

/// What a batch processor has counted.
struct batch_statistics {
  std::uint64_t submitted = 0;
  std::uint64_t refused = 0;
  std::uint64_t batches = 0;
  std::uint64_t failed = 0;  // items
};

namespace detail {

/// Whether a handler says of each item how it went.
template <class Handler, class Item>
inline constexpr bool judges_items = std::is_invocable_v<Handler&, std::span<Item>, std::span<result<void>>>;
template <class Handler, class Item>
inline constexpr bool handles_batches = judges_items<Handler, Item> || std::is_invocable_v<Handler&, std::span<Item>>;

/// Nobody is given the items that failed: `flush` and the counts tell of them.
struct keeps_no_failures {
  template <class Item>
  void operator()(std::span<Item>, const error&) const noexcept {}
};

}  // namespace detail

/// Collects items and hands them in batches to a function, in the order in which they came, one batch at a time.
///
///     auto rows = mr::resilience::make_batch_processor<reading>({.max_items = 500, .max_delay = 200ms},
///         [&](std::span<reading> batch) { return table.insert(batch); },               // result<void>
///         [&](std::span<reading> failed, const mr::error& why) noexcept { spill(failed, why); });
///     if (auto started = rows.start(); !started) ...                                   // or poll() now and then
///     if (auto done = rows.submit(one); !done) ...                                     // refused: `one` is as it was
///
/// The handler returns nothing or a result<void> for the whole batch, or takes a second argument, a
/// std::span<result<void>>, in which it says of each item how it went. What fails goes to the second function, the
/// whole batch or item by item; what the handler throws is an error of the batch. The items are the functions' to
/// change or to move from. Guarantee: an item that was accepted is handed on once, also by `close` and by the
/// destructor. No lock is held while a handler runs or an item is moved. A handler may submit; it cannot flush or
/// close, which is an error. Allocates: for each item. Threads: any number. Fork: the child's copy refuses everything
/// and hands nothing on; the items are the parent's.
template <class Item, class Handler, class OnFailure = detail::keeps_no_failures, class Clock = steady_clock>
class batch_processor {
  static_assert(detail::handles_batches<Handler, Item> &&
                    std::is_nothrow_invocable_v<OnFailure&, std::span<Item>, const error&>,
                "millrace[BATCH-1]: a batch processor takes a handler (std::span<Item>), or (std::span<Item>, "
                "std::span<result<void>>), and a noexcept function (std::span<Item>, const error&) for what failed");

 public:
  explicit batch_processor(const batch_options& options, Handler handler, OnFailure on_failure = {}, Clock clock = {})
      : options_(options), handler_(std::move(handler)), on_failure_(std::move(on_failure)), clock_(std::move(clock)) {
    if (options_.max_items == 0) options_.max_items = 1;
    if (options_.max_waiting == 0) options_.max_waiting = 1;
    if (options_.max_delay < duration(0)) options_.max_delay = duration(0);
    batch_.reserve(options_.max_items < 4096 ? options_.max_items : 4096);
  }
  batch_processor(const batch_processor&) = delete;
  batch_processor& operator=(const batch_processor&) = delete;
  ~batch_processor() {
    if (is_copy()) {
      thread_.forget();
      return;
    }
    (void)close();
  }

  const batch_options& options() const noexcept { return options_; }

  /// Starts a thread that hands batches on when they are due. Without one, `poll`, `flush` and `close` do so.
  /// Errors: the system's; already_exists; closed.
  result<void> start() {
    if (is_copy()) return copy_error();
    const detail::lock_guard locked(mutex_);
    if (is_closed_) return error(errc::closed, "the batch processor is closed");
    if (thread_.running()) return error(errc::already_exists, "the batch processor's thread runs already");
    if (const int failed = thread_.start(*this); failed != 0)
      return error(errc::unavailable, "cannot start a batch processor's thread: error " + std::to_string(failed));
    return {};
  }

  /// Accepts an item, or returns why not, and the item is as it was.
  /// Errors: unavailable: `max_waiting` items wait; closed.
  template <class From = Item>
  result<void> submit(From&& item) {
    if (is_copy()) return copy_error();
    reserved place(*this);
    if (!place) {
      const detail::lock_guard locked(mutex_);
      if (is_closed_) return error(errc::closed, "the batch processor is closed");
      return error(errc::unavailable,
                   "the batch processor is full: " + std::to_string(options_.max_waiting) + " items wait");
    }
    place.link(new waiting_item{std::forward<From>(item), time(), nullptr});
    return {};
  }

  /// Hands a batch on, if one is due and no other is under way, and returns whether it did.
  bool poll() {
    if (is_copy()) return false;
    const std::uint64_t now = time();
    const detail::lock_guard locked(mutex_);
    if (is_running_ || !is_due(now)) return false;
    run_batch();
    return true;
  }
  /// Hands on all that was accepted before the call, and returns when that is over.
  /// Errors: the first of a handler since the last `flush` or `close`; unavailable: a handler calls this.
  result<void> flush() {
    if (is_copy()) return copy_error();
    const detail::lock_guard locked(mutex_);
    if (runs_here()) return error(errc::unavailable, "a batch processor's handler cannot flush or close it");
    flush_until(accepted_);
    return first_error();
  }
  /// Accepts nothing more, hands on what waits, and ends the thread. Errors: as of `flush`.
  result<void> close() {
    if (is_copy()) return copy_error();
    {
      const detail::lock_guard locked(mutex_);
      if (runs_here()) return error(errc::unavailable, "a batch processor's handler cannot flush or close it");
      is_closed_ = true;
      changed_.notify_all();
      while (entering_ != 0) wait();
      flush_until(accepted_);
      while (is_joining_) wait();
      is_joining_ = true;
    }
    thread_.join();
    const detail::lock_guard locked(mutex_);
    is_joining_ = false;
    changed_.notify_all();
    return first_error();
  }

  /// How many items were accepted and are in no batch yet.
  std::size_t waiting() const noexcept {
    if (is_copy()) return 0;
    const detail::lock_guard locked(mutex_);
    return waiting_;
  }
  batch_statistics statistics() const noexcept {
    if (is_copy()) return {};
    const detail::lock_guard locked(mutex_);
    return {accepted_, refused_, batches_, failed_};
  }

  /// For the thread that `start` starts.
  void run() noexcept {
    const detail::lock_guard locked(mutex_);
    while (!is_closed_ || waiting_ != 0 || entering_ != 0) {
      mutex_.unlock();
      const std::uint64_t now = time();
      mutex_.lock();
      if (!is_running_ && (is_due(now) || (is_closed_ && waiting_ != 0)))
        run_batch();
      else
        changed_.wait_for(mutex_, patience(now));
    }
  }

 private:
  static constexpr std::uint64_t an_hour = 3'600'000'000'000;

  struct waiting_item {
    Item item;
    std::uint64_t since;
    waiting_item* next;
  };

  /// Room for an item that is about to come.
  class reserved {
   public:
    explicit reserved(batch_processor& of) noexcept : of_(&of) {
      const detail::lock_guard locked(of.mutex_);
      has_room_ = !of.is_closed_ && of.waiting_ + of.entering_ < of.options_.max_waiting;
      if (has_room_)
        ++of.entering_;
      else if (!of.is_closed_)
        ++of.refused_;
    }
    reserved(const reserved&) = delete;
    reserved& operator=(const reserved&) = delete;
    ~reserved() {
      if (!has_room_) return;
      const detail::lock_guard locked(of_->mutex_);
      if (one_ != nullptr) of_->enqueue(one_);
      --of_->entering_;
      const std::size_t now_waiting = of_->waiting_;
      if (now_waiting == 1 || now_waiting >= of_->options_.max_items || of_->is_closed_) of_->changed_.notify_all();
    }
    explicit operator bool() const noexcept { return has_room_; }
    void link(waiting_item* one) noexcept { one_ = one; }

   private:
    batch_processor* of_;
    bool has_room_;
    waiting_item* one_ = nullptr;
  };

  static error copy_error() {
    return error(errc::unavailable, "this is a forked copy of a batch processor; make one after fork()");
  }
  bool is_copy() const noexcept { return is_copy_.load_relaxed(); }
  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  static std::uint64_t between(std::uint64_t then, std::uint64_t now) noexcept { return now > then ? now - then : 0; }
  std::uint64_t max_delay() const noexcept { return static_cast<std::uint64_t>(options_.max_delay.nanoseconds); }

  // The caller holds the lock in all that follows.
  bool is_due(std::uint64_t now) const noexcept {
    return waiting_ >= options_.max_items || (waiting_ != 0 && between(first_->since, now) >= max_delay());
  }
  std::uint64_t patience(std::uint64_t now) const noexcept {
    if (waiting_ == 0 || is_running_) return an_hour;
    const std::uint64_t waited = between(first_->since, now);
    const std::uint64_t left = waited < max_delay() ? max_delay() - waited : 1;
    return left < an_hour ? left : an_hour;
  }
  void wait() noexcept { changed_.wait_for(mutex_, an_hour); }
  bool runs_here() const noexcept { return is_running_ && ::pthread_equal(runner_, ::pthread_self()) != 0; }
  void enqueue(waiting_item* one) noexcept {
    (last_ != nullptr ? last_->next : first_) = one;
    last_ = one;
    ++waiting_;
    ++accepted_;
  }
  void flush_until(std::uint64_t target) {
    while (handled_ < target) {
      if (is_running_)
        wait();
      else
        run_batch();
    }
  }
  result<void> first_error() {
    if (!first_error_) return {};
    error first = std::move(*first_error_);
    first_error_ = {};
    return first;
  }

  void run_batch() noexcept {
    is_running_ = true;
    runner_ = ::pthread_self();
    waiting_item* const from = first_;
    waiting_item* end = nullptr;
    std::size_t count = 0;
    for (; count < options_.max_items && first_ != nullptr; ++count) {
      end = first_;
      first_ = end->next;
    }
    end->next = nullptr;  // there is an item at least
    if (first_ == nullptr) last_ = nullptr;
    waiting_ -= count;
    ++batches_;
    mutex_.unlock();
    std::size_t failed = 0;
    auto done = handle(from, failed);
    mutex_.lock();
    failed_ += failed;
    if (!done && !first_error_) first_error_ = detail::make_owning<error>(std::move(done).error());
    handled_ += count;
    is_running_ = false;
    changed_.notify_all();
  }

  /// Without the lock. Returns the first error.
  result<void> handle(waiting_item* from, std::size_t& failed) noexcept {
    for (waiting_item* each = from; each != nullptr; each = each->next) batch_.push_back(std::move(each->item));
    while (from != nullptr) delete std::exchange(from, from->next);
    const std::span<Item> items(batch_);
    const auto name = [] { return std::string("a batch processor's handler"); };
    result<void> first;
    if constexpr (detail::judges_items<Handler, Item>) {
      outcomes_.resize(items.size());
      result<void> whole = detail::guarded([&] { return handler_(items, std::span(outcomes_)); }, name);
      for (std::size_t i = 0; i < items.size(); ++i) {
        const result<void>& one = whole ? outcomes_[i] : whole;
        if (one) continue;
        ++failed;
        if (first) first = one;
        if (whole) on_failure_(items.subspan(i, 1), one.error());
      }
      if (!whole) on_failure_(items, whole.error());
      outcomes_.clear();
    } else {
      first = detail::guarded([&] { return handler_(items); }, name);
      if (!first) {
        failed = items.size();
        on_failure_(items, first.error());
      }
    }
    batch_.clear();
    return first;
  }

  batch_options options_;
  Handler handler_;
  OnFailure on_failure_;
  Clock clock_;
  mutable detail::mutex mutex_;  // guards what follows, but what the runner has
  detail::condition changed_;
  waiting_item* first_ = nullptr;
  waiting_item* last_ = nullptr;
  std::size_t waiting_ = 0;
  std::size_t entering_ = 0;  // items that are accepted, and not linked yet
  std::uint64_t accepted_ = 0;
  std::uint64_t handled_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t batches_ = 0;
  std::uint64_t failed_ = 0;
  bool is_closed_ = false;
  bool is_joining_ = false;
  bool is_running_ = false;  // a batch is under way
  pthread_t runner_{};
  detail::owning_pointer<error> first_error_;
  std::vector<Item> batch_;             // the runner's
  std::vector<result<void>> outcomes_;  // the runner's
  detail::worker_thread thread_;
  detail::light_atomic<bool> is_copy_{false};
  detail::fork_watch watch_{
      this, [](void* self) noexcept { static_cast<batch_processor*>(self)->is_copy_.store_relaxed(true); }};
};

/// A batch processor of these functions. The last argument is a clock, for tests.
template <class Item, class Handler, class OnFailure = detail::keeps_no_failures, class Clock = steady_clock>
batch_processor<Item, Handler, OnFailure, Clock> make_batch_processor(const batch_options& options, Handler handler,
                                                                      OnFailure on_failure = {}, Clock clock = {}) {
  return batch_processor<Item, Handler, OnFailure, Clock>(options, std::move(handler), std::move(on_failure),
                                                          std::move(clock));
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_BATCH_PROCESSOR_HPP
