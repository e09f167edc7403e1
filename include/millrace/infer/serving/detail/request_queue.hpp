#ifndef MILLRACE_INFER_SERVING_DETAIL_REQUEST_QUEUE_HPP
#define MILLRACE_INFER_SERVING_DETAIL_REQUEST_QUEUE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/infer/serving/request.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// Requests that a model runs at once, and memory for their rows and outputs one after the other.
struct serving_batch {
  std::vector<float> rows;
  std::vector<double> out;
  std::vector<request*> requests;   // null: its caller has left
  std::vector<std::size_t> counts;  // rows of each
  std::size_t size = 0;             // requests
  std::size_t row_count = 0;
  light_atomic<bool> is_copied{false};  // the rows stand here, and no caller's are needed any more
  serving_batch* next = nullptr;
};

/// How long a model takes for so many rows, to the nearest power of two, as an average that forgets.
class run_times {
 public:
  void update(std::size_t rows, std::uint64_t nanoseconds) noexcept {
    std::uint64_t& one = times_[place_of(rows)];
    one = one == 0 ? nanoseconds : one - one / 8 + nanoseconds / 8;
  }
  /// Where no batch of this size ran, that of the nearest smaller one, and as much more as it has more rows.
  std::uint64_t get(std::size_t rows) const noexcept {
    const std::size_t place = place_of(rows);
    for (std::size_t at = place + 1; at-- > 0;)
      if (times_[at] != 0) return times_[at] << (place - at < 20 ? place - at : 20);
    return 0;
  }

 private:
  static std::size_t place_of(std::size_t rows) noexcept {
    const auto width = static_cast<std::size_t>(std::bit_width(rows));
    return width < 32 ? width : 31;
  }

  std::uint64_t times_[32] = {};
};

/// The requests that wait, by priority and then by age. A batcher guards it.
class request_queue {
 public:
  std::size_t size() const noexcept { return size_; }
  std::size_t rows() const noexcept {
    std::size_t sum = 0;
    for (const level& one : levels_) sum += one.rows;
    return sum;
  }
  std::size_t rows(std::size_t priority) const noexcept { return levels_[priority].rows; }

  void add(request& one) noexcept {
    level& in = levels_[one.level()];
    one.before_ = in.last;
    one.after_ = nullptr;
    (in.last != nullptr ? in.last->after_ : in.first) = &one;
    in.last = &one;
    in.rows += one.rows_.rows();
    ++size_;
  }
  void remove(request& one) noexcept {
    level& in = levels_[one.level()];
    (one.before_ != nullptr ? one.before_->after_ : in.first) = one.after_;
    (one.after_ != nullptr ? one.after_->before_ : in.last) = one.before_;
    in.rows -= one.rows_.rows();
    if (in.first == nullptr) in.credit = 0;
    --size_;
  }

  /// The first request, in the order of batches, that `asked` is true for, or null.
  template <class Asked>
  request* find(const Asked& asked) const noexcept {
    for (const level& one : levels_)
      for (request* at = one.first; at != nullptr; at = at->after_)
        if (asked(*at)) return at;
    return nullptr;
  }
  /// When the oldest came.
  std::uint64_t oldest() const noexcept {
    std::uint64_t first = ~std::uint64_t{0};
    for (const level& one : levels_)
      if (one.first != nullptr && one.first->arrived_ < first) first = one.first->arrived_;
    return first;
  }
  /// The first deadline of all.
  std::uint64_t first_deadline() const noexcept {
    std::uint64_t first = ~std::uint64_t{0};
    find([&](const request& one) {
      if (one.deadline_ != 0 && one.deadline_ < first) first = one.deadline_;
      return false;
    });
    return first;
  }

  /// Moves requests into an empty batch: first what lower priorities are owed, then by priority and age. A request that
  /// does not fit ends its priority's share, so that no younger one overtakes it. `accept(request)` says whether one
  /// may enter; one that it refuses stays, and the batch is closed. `drop(request)` is asked before, and is true for
  /// one that it has removed from the queue.
  template <class Accept, class Drop>
  void fill(serving_batch& batch, std::size_t max_rows, const Accept& accept, const Drop& drop) noexcept {
    bool is_open = true;
    for (std::size_t i = serving_priorities; i-- > 1 && is_open;) {
      level& in = levels_[i];
      if (in.first == nullptr) continue;
      in.credit += max_rows;
      if (in.credit > owed * max_rows) in.credit = owed * max_rows;
      while (is_open && in.first != nullptr && in.first->rows_.rows() * owed <= in.credit) {
        if (drop(*in.first)) continue;
        const std::size_t cost = in.first->rows_.rows() * owed;
        if (!fits(batch, *in.first, max_rows)) break;
        is_open = enter(batch, *in.first, accept);
        if (is_open && in.first != nullptr) in.credit -= cost;
      }
    }
    for (level& in : levels_)
      while (is_open && in.first != nullptr) {
        if (drop(*in.first)) continue;
        if (!fits(batch, *in.first, max_rows)) break;
        is_open = enter(batch, *in.first, accept);
      }
  }

 private:
  static constexpr std::size_t owed = 8;  // one row of so many is a lower priority's

  struct level {
    request* first = nullptr;
    request* last = nullptr;
    std::size_t rows = 0;
    std::size_t credit = 0;  // in rows / owed
  };

  static bool fits(const serving_batch& batch, const request& one, std::size_t max_rows) noexcept {
    return batch.row_count + one.rows_.rows() <= max_rows;
  }
  template <class Accept>
  bool enter(serving_batch& batch, request& one, const Accept& accept) noexcept {
    if (!accept(one)) return false;
    remove(one);
    batch.requests[batch.size] = &one;
    batch.counts[batch.size] = one.rows_.rows();
    one.place_ = &batch.requests[batch.size];
    one.is_copied_ = &batch.is_copied;
    ++batch.size;
    batch.row_count += one.rows_.rows();
    return true;
  }

  level levels_[serving_priorities];
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_DETAIL_REQUEST_QUEUE_HPP
