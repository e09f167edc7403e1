#ifndef MILLRACE_MODEL_EVALUATION_LABEL_VIEW_HPP
#define MILLRACE_MODEL_EVALUATION_LABEL_VIEW_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

template <class Range>
concept range_of_items = requires(const Range& range) {
  { range.size() } -> std::convertible_to<std::size_t>;
  *range.begin();
} && !std::convertible_to<const Range&, std::span<const int>>;

template <class Range>
concept whole_numbers =
    range_of_items<Range> && std::is_integral_v<std::remove_cvref_t<decltype(*std::declval<const Range&>().begin())>>;

}  // namespace detail

/// The parameter type of labels and of predicted classes: a view of contiguous int, or a copy of other whole numbers.
///
/// A std::vector, std::array, span or C array of int is viewed, not copied. Any other range of whole numbers that knows
/// its size (a vector of bool, of std::uint8_t or of std::int64_t) is copied; a number that is no int becomes the
/// smallest int, which is no class; every function refuses it. It is made for a call, and ends with it.
/// Allocates: only to convert.
class label_view {
 public:
  label_view(std::span<const int> labels) noexcept : labels_(labels) {}
  label_view(std::initializer_list<int> labels) noexcept : labels_(labels.begin(), labels.size()) {}
  template <class Range>
  requires(std::convertible_to<const Range&, std::span<const int>> && !std::same_as<Range, label_view>)
  label_view(const Range& labels) noexcept : labels_(labels) {}
  template <detail::whole_numbers Range>
  label_view(const Range& labels) {
    converted_.reserve(labels.size());
    for (const auto label : labels) {
      converted_.push_back(as_int(label));
      if (outside_ + 1 == converted_.size() && is_int(label)) ++outside_;
    }
    labels_ = converted_;
  }
  /// millrace[MODEL-1]: refuses labels that are no whole numbers. The compiler's error shows the template parameter's
  /// name, which says so.
  template <detail::range_of_items millrace_MODEL_1_labels_are_whole_numbers>
  requires(!detail::whole_numbers<millrace_MODEL_1_labels_are_whole_numbers>)
  label_view(const millrace_MODEL_1_labels_are_whole_numbers&) = delete;
  label_view(const label_view&) = delete;
  label_view& operator=(const label_view&) = delete;

  operator std::span<const int>() const noexcept { return labels_; }
  std::size_t size() const noexcept { return labels_.size(); }
  bool empty() const noexcept { return labels_.empty(); }
  /// The first row whose number is no int; size() if all are.
  std::size_t outside_int() const noexcept { return converted_.empty() ? size() : outside_; }
  int operator[](std::size_t row) const noexcept { return labels_[row]; }

 private:
  template <class Label>
  static bool is_int(Label label) noexcept {
    const int narrowed = static_cast<int>(label);
    return static_cast<Label>(narrowed) == label && (narrowed < 0) == (label < Label{});
  }
  template <class Label>
  static int as_int(Label label) noexcept {
    return is_int(label) ? static_cast<int>(label) : (std::numeric_limits<int>::min)();
  }

  std::vector<int> converted_;
  std::size_t outside_ = 0;
  std::span<const int> labels_;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_EVALUATION_LABEL_VIEW_HPP
