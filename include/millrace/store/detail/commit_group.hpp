#ifndef MILLRACE_STORE_DETAIL_COMMIT_GROUP_HPP
#define MILLRACE_STORE_DETAIL_COMMIT_GROUP_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/commit_ticket.hpp>
#include <millrace/store/detail/writer_mutex.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The commit that transactions of several threads share. A base of an engine with turns of writing: the engine has
/// `commit()`, which makes the commit and calls `tell_followers`, and `is_forked()` and `forked()`.
///
/// A transaction leaves the commit to the next one if another thread waits to write; so somebody always makes it.
/// Whoever has left it waits for it. One that has a ticket leaves it in any case: to whoever writes or waits next, or
/// to a thread that commits when the time is over.
template <class Engine>
class commit_group {
 public:
  explicit commit_group(std::uint32_t shares_ms) noexcept
      : shares_ns_(shares_ms * std::uint64_t{1'000'000}), late_(*this) {}
  commit_group(const commit_group&) = delete;
  commit_group& operator=(const commit_group&) = delete;

 protected:
  ~commit_group() = default;

  /// The engine's end calls it first: nothing stays open behind it.
  void finish_commits() noexcept {
    if (engine().is_forked()) return late_.forget();
    late_.stop();
    (void)settle(this);
  }

  /// Says that the calling thread will have a turn; the turn takes itself off again.
  writer_mutex& announced() noexcept {
    waiting_.add_relaxed(1);
    return engine().is_forked() ? turns_of_child_ : turns_;
  }
  void has_turn() noexcept { waiting_.subtract_acq_rel(1); }

  // Whoever calls these has the turn.

  void begin_sharing() noexcept {
    has_begun_ = true;
    has_changes_ = false;
    began_ = steady_clock().ticks();
  }
  void end_sharing() noexcept { has_begun_ = has_changes_ = false; }
  bool is_young() const noexcept { return steady_clock().ticks() - began_ < shares_ns_; }
  bool leaves_commit_to_others() const noexcept {
    return shares_ns_ != 0 && waiting_.load_relaxed() != 0 && is_young();
  }
  /// What will become of the commit, for a transaction that has left it.
  commit_outcome* follow() {
    auto* const made = new commit_outcome;
    made->group = this;
    made->settle = &settle;
    made->users.add_relaxed(1);
    made->next = std::exchange(followers_, made);
    return made;
  }
  /// Of a transaction with a ticket: somebody has to commit in time. Returns false if there is no thread to be had.
  bool commit_in_time() noexcept { return late_.note(began_ + shares_ns_); }
  /// Ends a turn: makes the commit, or leaves it to others, and unlocks `guard`. `is_kept`: the turn has written what
  /// is in the commit; `outcome` is returned otherwise. With a ticket, others make the commit.
  result<void> end_turn(writer_mutex::guard& guard, bool is_kept, result<void> outcome, commit_ticket* ticket) {
    commit_outcome* follows = nullptr;
    const bool is_ticketed = is_kept && ticket != nullptr && is_young() && commit_in_time();
    if (has_changes_ && (is_ticketed || leaves_commit_to_others())) {
      if (is_kept) follows = follow();
    } else if (has_changes_) {
      auto committed = engine().commit();
      if (is_kept) outcome = std::move(committed);
    }
    guard.unlock();
    if (follows == nullptr) return outcome;
    if (ticket == nullptr) return wait_for(follows);
    *ticket = commit_ticket(follows);
    return outcome;
  }
  void tell_followers(const result<void>& outcome) {
    if (followers_ == nullptr) return;
    const lock_guard locked(mutex_);
    while (followers_ != nullptr) {
      commit_outcome* const each = std::exchange(followers_, followers_->next);
      each->outcome = outcome;
      each->done.store_release(1);
      commit_outcome::leave(each);
    }
    told_.notify_all();
  }

  /// Waits until somebody has made the commit. Without the turn.
  result<void> wait_for(commit_outcome* following) {
    result<void> outcome;
    {
      const lock_guard locked(mutex_);
      while (following->done.load_acquire() == 0) told_.wait_for(mutex_, 1'000'000'000);
      outcome = following->outcome;
    }
    commit_outcome::leave(following);
    return outcome;
  }

  bool has_begun_ = false;    // a commit is open
  bool has_changes_ = false;  // of transactions that ended well
  mutex mutex_;               // held for moments

 private:
  /// The thread that commits when nobody else has. It begins with the first ticket.
  class late_committer {
   public:
    explicit late_committer(commit_group& of) noexcept : of_(&of) {}

    bool note(std::uint64_t until) noexcept {
      const lock_guard locked(mutex_);
      if (!thread_.running() && thread_.start(*this) != 0) return false;
      if (until_ == 0) until_ = until;
      told_.notify_all();
      return true;
    }
    void stop() noexcept {
      {
        const lock_guard locked(mutex_);
        stops_ = true;
        told_.notify_all();
      }
      thread_.join();
    }
    void forget() noexcept { thread_.forget(); }

    void run() noexcept {
      mutex_.lock();
      while (!stops_) {
        if (until_ == 0) {
          told_.wait_for(mutex_, 1'000'000'000);
        } else if (steady_clock().ticks() < until_) {
          told_.wait_until(mutex_, until_);
        } else {
          until_ = 0;
          mutex_.unlock();
          (void)settle(of_);
          mutex_.lock();
        }
      }
      mutex_.unlock();
    }

   private:
    commit_group* of_;
    mutex mutex_;
    condition told_;
    std::uint64_t until_ = 0;  // 0: no commit is waited for
    bool stops_ = false;
    worker_thread thread_;
  };

  Engine& engine() noexcept { return static_cast<Engine&>(*this); }

  static result<void> settle(void* self) {
    auto& of = *static_cast<commit_group*>(self);
    const writer_mutex::guard guard(of.announced());
    of.has_turn();
    if (!guard) return writer_mutex::guard::refusal();
    if (of.engine().is_forked()) return of.engine().forked();
    if (of.has_begun_ && of.has_changes_) (void)of.engine().commit();  // whose outcome the followers have
    return {};
  }

  std::uint64_t shares_ns_;
  writer_mutex turns_;
  writer_mutex turns_of_child_;             // of a fork, where the other one may be locked for ever
  light_atomic<std::uint32_t> waiting_{0};  // threads that will have a turn
  std::uint64_t began_ = 0;                 // of whoever has the turn, as are these:
  commit_outcome* followers_ = nullptr;
  condition told_;
  late_committer late_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_COMMIT_GROUP_HPP
