#ifndef MILLRACE_INFER_SERVING_SWAPPABLE_HPP
#define MILLRACE_INFER_SERVING_SWAPPABLE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace infer {

/// A model that can be replaced while it is in use. It is itself a `model::predictor`, and a `batcher` of it says of
/// each request which version made the outputs.
///
///     mr::infer::swappable live{std::move(first)};                 // version 1
///     mr::infer::batcher serve{live};
///     const auto version = live.swap(mr::model::load_boosted_model(path));   // 2; an error leaves version 1
///
/// Guarantee: a call sees one version from its beginning to its end. A version is destroyed as soon as it is neither
/// the newest nor in use, by whoever leaves it last, which may be a reader. Versions count from 1, and no number comes
/// twice.
/// Complexity: two atomic additions for a reader, which neither locks nor waits; a swap waits for other swaps alone.
/// Allocates: a swap; reading never.
/// Threads: all members, any number at once.
template <class Model>
class swappable {
  static_assert(model::predictor<Model>,
                "millrace[INFER-7]: what is swapped is a model::predictor: inputs(), outputs(), and predict for a row "
                "and for a batch, const and noexcept");
  struct place;

 public:
  /// How many versions may exist at once: the newest and those that are still in use.
  static constexpr std::size_t max_versions = 64;

  /// A version that stays as long as this object, which does not outlive the swappable model.
  class pinned {
   public:
    pinned(pinned&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
    pinned& operator=(pinned other) noexcept {
      std::swap(at_, other.at_);
      return *this;
    }
    ~pinned() {
      if (at_ != nullptr) at_->leave();
    }
    const Model& operator*() const noexcept { return *at_->model; }
    const Model* operator->() const noexcept { return at_->model.get(); }
    std::uint64_t version() const noexcept { return at_->version; }

   private:
    friend class swappable;
    explicit pinned(place& at) noexcept : at_(&at) {}
    place* at_;
  };

  explicit swappable(Model first) : inputs_(first.inputs()), outputs_(first.outputs()) {
    places_[0].model = detail::make_owning<Model>(std::move(first));
    places_[0].version = 1;
    places_[0].is_taken.store_relaxed(true);
  }
  swappable(const swappable&) = delete;
  swappable& operator=(const swappable&) = delete;

  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return outputs_; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept { pin()->predict(row, out); }
  void predict(const model::matrix_view& rows, std::span<double> out) const noexcept { pin()->predict(rows, out); }

  /// The newest version, to be used more than once.
  pinned pin() const noexcept { return pinned(places_[current_.add_acq_rel(1) >> count_bits]); }
  /// The newest version's number.
  std::uint64_t version() const noexcept { return newest_.load_acquire(); }
  /// How many versions exist.
  std::size_t versions() const noexcept {
    std::size_t count = 0;
    for (const place& one : places_) count += one.is_taken.load_acquire() ? 1U : 0U;
    return count;
  }

  /// Puts a model in the place of the newest, and returns its version. Calls that begin afterwards see it.
  /// Errors: shape_mismatch (it takes or gives another number of columns), unavailable (`max_versions` are in use);
  /// either leaves the newest version what it is.
  template <class = void>
  result<std::uint64_t> swap(Model next);
  /// The same with what a loader returned, whose error leaves everything as it is.
  template <class = void>
  result<std::uint64_t> swap(result<Model> loaded) {
    if (!loaded)
      return std::move(loaded).error().wrap("version " + std::to_string(version()) + " stays, the next did not load");
    return swap(*std::move(loaded));
  }

 private:
  static constexpr std::uint64_t count_bits = 56;
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;

  struct place {
    detail::owning_pointer<Model> model;
    std::uint64_t version = 0;
    /// Minus the readers that have left; once it is no longer the newest, those that entered are added, so that it
    /// becomes 0 with the last.
    alignas(64) detail::light_atomic<std::int64_t> balance{0};
    detail::light_atomic<bool> is_taken{false};

    void leave() noexcept {
      if (balance.subtract_acq_rel(1) == 1) free();
    }
    void retire(std::int64_t entered) noexcept {
      if (balance.add_acq_rel(entered) == -entered) free();
    }
    void free() noexcept {
      model = {};
      is_taken.store_release(false);
    }
  };

  std::size_t inputs_;
  std::size_t outputs_;
  mutable place places_[max_versions];
  /// The newest version's place, and how many readers have entered it.
  alignas(64) mutable detail::light_atomic<std::uint64_t> current_{0};
  detail::light_atomic<std::uint64_t> newest_{1};
  detail::mutex mutex_;  // of those who swap
};

template <class Model>
template <class>
result<std::uint64_t> swappable<Model>::swap(Model next) {
  if (next.inputs() != inputs_ || next.outputs() != outputs_)
    return error(errc::shape_mismatch, "the next version takes " + std::to_string(next.inputs()) + " columns for " +
                                           std::to_string(next.outputs()) + " outputs, and not " +
                                           std::to_string(inputs_) + " for " + std::to_string(outputs_));
  const detail::lock_guard locked(mutex_);
  std::size_t at = 0;
  while (at < max_versions && places_[at].is_taken.load_acquire()) ++at;
  if (at == max_versions) return error(errc::unavailable, std::to_string(max_versions) + " versions are in use still");
  place& into = places_[at];
  into.model = detail::make_owning<Model>(std::move(next));
  into.version = newest_.load_relaxed() + 1;
  into.balance.store_relaxed(0);
  into.is_taken.store_relaxed(true);
  const std::uint64_t version = into.version;
  const std::uint64_t before = current_.exchange_acq_rel(static_cast<std::uint64_t>(at) << count_bits);
  newest_.store_release(version);
  places_[before >> count_bits].retire(static_cast<std::int64_t>(before & count_mask));
  return version;
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_SWAPPABLE_HPP
