#ifndef MILLRACE_FEATURE_BATCH_COLUMN_VIEW_HPP
#define MILLRACE_FEATURE_BATCH_COLUMN_VIEW_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// A column whose cells lie elsewhere: in a `column`, in a buffer of Arrow, in vectors of your own. Only the spans of
/// its kind are used, and all of it must outlive the view. What is missing is what it is in a `column`.
struct column_view {
  std::string_view name;
  column_kind kind = column_kind::number;
  std::span<const double> numbers{};
  std::span<const std::int64_t> times{};
  /// Of categories and texts: places in `texts`, or `column::no_text`. Precondition: they are below texts.size().
  std::span<const std::uint32_t> codes{};
  std::span<const std::string_view> texts{};

  std::size_t rows() const noexcept {
    return kind == column_kind::number ? numbers.size() : kind == column_kind::time ? times.size() : codes.size();
  }
  /// Precondition, here and below: row < rows().
  bool missing(std::size_t row) const noexcept {
    return kind == column_kind::number ? detail::math::is_nan(numbers[row])
           : kind == column_kind::time ? times[row] == column::no_time
                                       : codes[row] == column::no_text;
  }
  std::string_view text(std::size_t row) const noexcept {
    return row >= codes.size() || codes[row] == column::no_text ? std::string_view() : texts[codes[row]];
  }
};

/// Views of the columns of a table, which must outlive them. Allocates: the views, and 16 bytes for each text.
class table_view {
 public:
  template <class Table>
  explicit table_view(const Table& from) {
    texts_.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const column& one = from[i];
      for (const auto& text : one.texts) texts_[i].push_back(text);
      views_.push_back({one.name, one.kind, one.numbers, one.times, one.codes, texts_[i]});
    }
  }
  table_view(const table_view&) = delete;
  table_view& operator=(const table_view&) = delete;

  std::span<const column_view> columns() const noexcept { return views_; }

 private:
  std::vector<std::vector<std::string_view>> texts_;
  std::vector<column_view> views_;
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_COLUMN_VIEW_HPP
