#ifndef MILLRACE_DELIVER_SPLIT_SHARED_BANDIT_HPP
#define MILLRACE_DELIVER_SPLIT_SHARED_BANDIT_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/bandit.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/deliver/split/weights.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A bandit that many threads ask and reward: `shared_bandit<bandit<"banner-2026", 3>>`.
///
/// The probabilities stand in two places: those in use, and those that come next, which are written before they are
/// used. A thread that computes them anew computes with a copy, so that rewards go on being counted meanwhile; what is
/// counted then is in the next computation.
///
/// Models: split_policy of every unit_id.
/// Guarantee: an assignment's variant and propensity come from one and the same probabilities.
/// Complexity: an assignment reads 2 * variants() numbers; an update holds a mutex for a few nanoseconds, and each
/// `refresh_every`-th also computes the probabilities, unless another thread does already.
/// Allocates: as the bandit.
/// Threads: all members, any number at once. Assignments never wait.
template <class Bandit>
class shared_bandit {
 public:
  using reward_type = typename Bandit::reward_type;

  explicit shared_bandit(Bandit first = Bandit()) noexcept : bandit_(std::move(first)) { publish(); }
  shared_bandit(const shared_bandit&) = delete;
  shared_bandit& operator=(const shared_bandit&) = delete;

  static constexpr std::size_t variants() noexcept { return Bandit::variants(); }
  static constexpr salt salted_by() noexcept { return Bandit::salted_by(); }

  template <unit_id Id>
  assignment assign(const Id& id) const noexcept {
    return is_missing(id) ? assignment{.how = placement::no_unit} : place(unit_hash(salted_by(), id));
  }
  assignment place(std::uint64_t hash) const noexcept {
    for (;;) {
      const std::uint64_t version = version_.load_acquire();
      const table& now = tables_[version % 2];
      std::array<double, arms> bounds;
      for (std::size_t i = 0; i < arms; ++i) bounds[i] = now.bounds[i].load_acquire();
      const std::uint32_t variant = detail::variant_of(bounds.data(), arms, hash);
      const double share = now.shares[variant].load_acquire();
      // This table is written again only after the version has changed: see publish().
      if (version_.load_relaxed() == version) return {variant, placement::by_weights, share};
    }
  }

  /// As `bandit::update`.
  template <class Value>
  void update(std::size_t arm, Value reward) {
    static_cast<void>(sizeof(detail::checked_reward<reward_type, Value>));
    bool due = false;
    {
      const detail::lock_guard held(lock_);
      const std::uint64_t before = bandit_.pending_;
      due = bandit_.count(arm, static_cast<typename reward_type::value_type>(reward));
      rewards_ += bandit_.pending_ - before;
    }
    if (!due || is_refreshing_.exchange_acquire(true)) return;
    const refreshing until_end{is_refreshing_};
    (void)recompute();
  }
  /// As `bandit::refresh`. Two threads may do so at once; the later one's probabilities stay.
  result<void> refresh() { return recompute(); }
  /// As `bandit::merge`.
  result<void> merge(const Bandit& other) {
    const detail::lock_guard held(lock_);
    auto done = bandit_.merge(other);
    if (done) publish();
    return done;
  }
  /// The bandit as it is now: to look at it, or to save it.
  Bandit state() const {
    const detail::lock_guard held(lock_);
    return bandit_;
  }

 private:
  static constexpr std::size_t arms = Bandit::variants();
  struct table {
    detail::light_atomic<double> bounds[arms];
    detail::light_atomic<double> shares[arms];
  };

  struct refreshing {
    detail::light_atomic<bool>& flag;
    ~refreshing() { flag.store_release(false); }  // also where memory runs out
  };

  result<void> recompute() {
    std::uint64_t known = 0;
    const Bandit copy = [&] {
      const detail::lock_guard held(lock_);
      known = rewards_;
      return bandit_;
    }();
    auto chances = copy.computed();
    if (!chances) return std::move(chances).error();
    const detail::lock_guard held(lock_);
    if (auto ok = bandit_.set(*chances); !ok) return ok;
    bandit_.pending_ = rewards_ - known;  // another thread may have done the same meanwhile
    publish();
    return {};
  }
  /// Writes the table that is not in use, then says that it is. A reader that sees any number of a table which is being
  /// written also sees, because numbers are stored by release and loaded by acquire, that its version is over.
  /// Precondition: the lock is held.
  void publish() noexcept {
    const std::uint64_t next = version_.load_relaxed() + 1;
    table& to = tables_[next % 2];
    std::array<double, arms> bounds{};
    detail::fill_bounds(bandit_.chances_.data(), bounds.data(), 0, arms);
    for (std::size_t i = 0; i < arms; ++i) {
      to.bounds[i].store_release(bounds[i]);
      to.shares[i].store_release(bandit_.probability(i));
    }
    version_.store_release(next);
  }

  mutable detail::mutex lock_;
  Bandit bandit_;
  std::uint64_t rewards_ = 0;  // that were counted here
  detail::light_atomic<bool> is_refreshing_{false};
  detail::light_atomic<std::uint64_t> version_{0};
  table tables_[2];
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_SHARED_BANDIT_HPP
