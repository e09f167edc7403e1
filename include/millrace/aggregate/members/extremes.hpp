#ifndef MILLRACE_AGGREGATE_MEMBERS_EXTREMES_HPP
#define MILLRACE_AGGREGATE_MEMBERS_EXTREMES_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/member.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// Where an extreme stood: its index in the stream, from 0, skipped items counted, and its value. Without items:
/// `nowhere` and NaN.
struct located {
  static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
  std::uint64_t index = nowhere;
  double value = std::numeric_limits<double>::quiet_NaN();

  bool operator==(const located&) const = default;
};

namespace detail {

/// The least (Sign +1) or greatest (-1) item.
template <int Sign>
class extreme_state {
 public:
  static constexpr bool idempotent = true;
  static constexpr unsigned figures = Sign > 0 ? figure::low : figure::high;

  void update(double x) noexcept { best_ = better(x, best_) ? x : best_; }
  void update(double x, weight) noexcept { update(x); }
  void absorb(const block_figures& found, const double*, std::size_t, merge_offset) noexcept {
    update(Sign > 0 ? found.low : found.high);
  }
  void merge(const extreme_state& later) noexcept { update(later.best_); }
  void scale(double) noexcept {}
  /// A zero is returned as +0, since which of two zeros came first is not kept.
  double value(std::uint64_t items) const noexcept {
    return items == 0 ? std::numeric_limits<double>::quiet_NaN() : best_ + 0.0;
  }

  /// A zero is saved as +0, too.
  void save(envelope_writer& to) const { to.f64(best_ + 0.0); }
  bool load(envelope_reader& from) {
    best_ = from.f64();
    return best_ == best_;
  }

 private:
  static bool better(double a, double b) noexcept { return Sign > 0 ? a < b : a > b; }

  double best_ = Sign * std::numeric_limits<double>::infinity();  // any item is better, or as good
};

/// The first place of the least (Sign +1) or greatest (-1) item.
template <int Sign>
class located_state {
 public:
  static constexpr bool commutative = false;
  static constexpr unsigned figures = Sign > 0 ? figure::low : figure::high;

  void update(const stream_item<double>& one) noexcept {
    if (better(one.value)) best_ = {one.index, one.value + 0.0};
  }
  void absorb(const block_figures& found, const double* items, std::size_t, merge_offset at) noexcept {
    const double best = Sign > 0 ? found.low : found.high;
    if (!better(best)) return;
    std::size_t i = 0;
    while (items[i] != best) ++i;
    best_ = {at.items_before + i, best + 0.0};
  }
  void merge(const located_state& later, merge_offset at) noexcept {
    if (later.best_.index != located::nowhere && better(later.best_.value))
      best_ = {at.items_before + later.best_.index, later.best_.value};
  }
  void scale(double) noexcept {}
  const located& value() const noexcept { return best_; }

  void save(envelope_writer& to) const {
    to.u64(best_.index);
    to.f64(best_.value);
  }
  bool load(envelope_reader& from) {
    best_.index = from.u64();
    best_.value = from.f64();
    return (best_.index == located::nowhere) == (best_.value != best_.value);
  }

 private:
  bool better(double x) const noexcept {
    return (Sign > 0 ? x < best_.value : x > best_.value) || best_.index == located::nowhere;
  }

  located best_;
};

/// The first item, or the last one if `Last`.
template <bool Last>
class end_state {
 public:
  static constexpr bool commutative = false;
  static constexpr bool idempotent = true;
  static constexpr unsigned figures = 0;

  void update(double x) noexcept {
    if (Last || value_ != value_) value_ = x;
  }
  void update(double x, weight) noexcept { update(x); }
  void absorb(const block_figures&, const double* items, std::size_t count, merge_offset) noexcept {
    update(items[Last ? count - 1 : 0]);
  }
  void merge(const end_state& later) noexcept {
    if (later.value_ == later.value_) update(later.value_);
  }
  void scale(double) noexcept {}
  double value() const noexcept { return value_; }

  void save(envelope_writer& to) const { to.f64(value_); }
  bool load(envelope_reader& from) {
    value_ = from.f64();
    return true;
  }

 private:
  double value_ = std::numeric_limits<double>::quiet_NaN();  // none yet
};

}  // namespace detail

/// Member: the least item. NaN without items. 8 bytes.
struct min {
  static constexpr std::string_view name = "min";
  template <class T>
  using state = detail::extreme_state<1>;
  static double value(const auto& a) { return a.template state<min>().value(a.items()); }
};

/// Member: the greatest item. NaN without items. 8 bytes.
struct max {
  static constexpr std::string_view name = "max";
  template <class T>
  using state = detail::extreme_state<-1>;
  static double value(const auto& a) { return a.template state<max>().value(a.items()); }
};

/// Member: `max` minus `min`. NaN without items. 16 bytes.
struct range {
  using needs = members<min, max>;
  static double value(const auto& a) { return max::value(a) - min::value(a); }
};

/// Member: the item that came first; after a.merge(b), a's first, or b's if a had no items. NaN without items. 8 bytes.
struct first {
  static constexpr std::string_view name = "first";
  template <class T>
  using state = detail::end_state<false>;
  static double value(const auto& a) { return a.template state<first>().value(); }
};

/// Member: the item that came last. NaN without items. 8 bytes.
struct last {
  static constexpr std::string_view name = "last";
  template <class T>
  using state = detail::end_state<true>;
  static double value(const auto& a) { return a.template state<last>().value(); }
};

/// Member: where the least item stood first, as a `located`. After a.merge(b) indices are those of the stream in which
/// b's items follow a's, so merging is not commutative. 16 bytes.
struct argmin {
  static constexpr std::string_view name = "argmin";
  template <class T>
  using state = detail::located_state<1>;
  static located value(const auto& a) { return a.template state<argmin>().value(); }
};

/// Member: where the greatest item stood first, as a `located`; after a merge as for `argmin`. 16 bytes.
struct argmax {
  static constexpr std::string_view name = "argmax";
  template <class T>
  using state = detail::located_state<-1>;
  static located value(const auto& a) { return a.template state<argmax>().value(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_EXTREMES_HPP
