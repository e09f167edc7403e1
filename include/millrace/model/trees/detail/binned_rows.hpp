#ifndef MILLRACE_MODEL_TREES_DETAIL_BINNED_ROWS_HPP
#define MILLRACE_MODEL_TREES_DETAIL_BINNED_ROWS_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The bins of a column. A value x has as code the number of bounds below it, so code b holds bounds[b - 1] < x <=
/// bounds[b]; NaN has the code `missing`. In a column of categories the bounds are the categories kept, in order, and
/// the code is a category's place among them.
struct column_bins {
  static constexpr unsigned missing = 255;

  flat_vector<float> bounds;
  bool categories = false;
  /// Of categories: are there rarer ones, which share the code behind the last?
  bool has_rare = false;
  /// Of categories: the highest that was seen.
  float highest = 0;

  /// Codes that values have, `missing` apart.
  std::size_t size() const noexcept { return categories ? bounds.size() + (has_rare ? 1 : 0) : bounds.size() + 1; }

  /// Bounds, and infinities behind them: a search in it takes eight steps, whatever the value.
  std::array<float, 256> padded() const noexcept {
    std::array<float, 256> table;
    table.fill(std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < bounds.size(); ++i) table[i] = bounds[i];
    return table;
  }
  unsigned code(float value, const std::array<float, 256>& table) const noexcept {
    std::size_t place = 0;
    for (unsigned bit = 8; bit-- > 0;) place = next_place(place, bit, value, table.data());
    return code_at(place, value);
  }
  /// Fills the codes of eight values.
  void code_eight(const float (&values)[8], const std::array<float, 256>& table, std::uint8_t* codes) const noexcept {
    std::size_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
    const float* const of = table.data();
    for (unsigned bit = 8; bit-- > 0;) {
      a = next_place(a, bit, values[0], of), b = next_place(b, bit, values[1], of);
      c = next_place(c, bit, values[2], of), d = next_place(d, bit, values[3], of);
      e = next_place(e, bit, values[4], of), f = next_place(f, bit, values[5], of);
      g = next_place(g, bit, values[6], of), h = next_place(h, bit, values[7], of);
    }
    const std::size_t places[8] = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) codes[i] = static_cast<std::uint8_t>(code_at(places[i], values[i]));
  }

 private:
  /// A step of a search that has no branch, since nobody could foresee it.
  static std::size_t next_place(std::size_t place, unsigned bit, float value, const float* table) noexcept {
    return place + (std::size_t{table[place + (std::size_t{1} << bit) - 1] < value} << bit);
  }
  unsigned code_at(std::size_t place, float value) const noexcept {
    if (categories && (place >= bounds.size() || bounds[place] != value)) place = bounds.size();
    return value != value ? missing : static_cast<unsigned>(place);
  }
};

/// Where two neighbouring values of a column are parted: at their middle, or at the lower one where there is no number
/// between them or the middle is none. The lower one is not above it, and the higher one is.
inline float bound_between(float low, float high) noexcept {
  const float middle = low + (high - low) / 2;
  return middle >= low && middle < high ? middle : low;
}

/// Bounds for at most `most` codes: between all values where there are so few, else so that codes hold about equally
/// many of them. `sorted` has no NaN.
inline flat_vector<float> bounds_of(const std::vector<double>& sorted, std::size_t most) {
  flat_vector<float> bounds;
  std::size_t different = sorted.empty() ? 0 : 1;
  for (std::size_t i = 1; i < sorted.size(); ++i) different += sorted[i] != sorted[i - 1];
  const auto part_at = [&](std::size_t i) {
    if (sorted[i - 1] == sorted[i]) return;
    const float bound = bound_between(static_cast<float>(sorted[i - 1]), static_cast<float>(sorted[i]));
    if (bounds.empty() || bounds.back() < bound) bounds.push_back(bound);
  };
  if (different <= most) {
    for (std::size_t i = 1; i < sorted.size(); ++i) part_at(i);
    return bounds;
  }
  // A value that is more than a code's share gets a code of its own, and the others share what is left.
  const auto values = static_cast<double>(sorted.size());
  double left = values;
  auto codes = static_cast<double>(most);
  double in_code = 0;
  double share = left / codes;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t next = i + 1;
    while (next < sorted.size() && sorted[next] == sorted[i]) ++next;
    const auto ties = static_cast<double>(next - i);
    if (in_code > 0 && (ties >= share || in_code + ties / 2 >= share) && codes > 1) {
      part_at(i);
      left -= in_code;
      in_code = 0;
      codes -= 1;
      share = left / codes;
    }
    in_code += ties;
    i = next;
  }
  return bounds;
}

/// A training table as codes of one byte, kept twice: by column, for parting rows, and row by row in passes of ten
/// columns, for building histograms. The histograms of a pass take 20 KiB, so that they stay in the first cache.
class binned_rows {
 public:
  static constexpr std::size_t pass_columns = 10;
  /// Bounds are found on at most so many rows, drawn at random.
  static constexpr std::size_t most_sampled = std::size_t{1} << 18;

  binned_rows(const matrix_view& from, std::vector<column_bins> bins, const executor_reference& on = {})
      : rows_(from.rows()), columns_(from.columns()), bins_(std::move(bins)) {
    // Sixteen bytes more, since they are read beyond the last row's end.
    by_column_.resize(rows_ * columns_ + 16);
    by_pass_.resize(passes() * pass_columns * rows_ + 16);
    on(passes(), [&](std::size_t pass) { code_pass(from, pass); });
  }

  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  std::size_t passes() const noexcept { return (columns_ + pass_columns - 1) / pass_columns; }
  const column_bins& bins(std::size_t column) const noexcept { return bins_[column]; }
  /// The codes of a column, one a row.
  const std::uint8_t* column(std::size_t at) const noexcept { return by_column_.data() + at * rows_; }
  /// The codes of ten columns, row after row.
  const std::uint8_t* pass(std::size_t at) const noexcept { return by_pass_.data() + at * pass_columns * rows_; }

 private:
  /// Codes the columns of a pass, some rows after the others: the next column finds them in the cache.
  void code_pass(const matrix_view& from, std::size_t pass) {
    constexpr std::size_t at_a_time = 1024;
    const std::size_t first = pass * pass_columns;
    const std::size_t end = first + pass_columns < columns_ ? first + pass_columns : columns_;
    flat_vector<std::array<float, 256>> tables;
    for (std::size_t column = first; column < end; ++column) tables.push_back(bins_[column].padded());
    for (std::size_t row = 0; row < rows_; row += at_a_time)
      for (std::size_t column = first; column < end; ++column)
        code_rows(from, column, tables[column - first], row, row + at_a_time < rows_ ? row + at_a_time : rows_);
  }
  void code_rows(const matrix_view& from, std::size_t column, const std::array<float, 256>& table, std::size_t begin,
                 std::size_t end) noexcept {
    std::uint8_t* const codes = by_column_.data() + column * rows_;
    std::uint8_t* const in_pass =
        by_pass_.data() + column / pass_columns * pass_columns * rows_ + column % pass_columns;
    for (std::size_t row = begin; row < end; row += 8) {
      const std::size_t count = end - row < 8 ? end - row : 8;
      float values[8] = {};
      for (std::size_t i = 0; i < count; ++i) values[i] = from(row + i, column);
      std::uint8_t found[8];
      bins_[column].code_eight(values, table, found);
      for (std::size_t i = 0; i < count; ++i) in_pass[(row + i) * pass_columns] = codes[row + i] = found[i];
    }
  }

  std::size_t rows_;
  std::size_t columns_;
  std::vector<column_bins> bins_;
  flat_vector<std::uint8_t> by_column_;
  flat_vector<std::uint8_t> by_pass_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_BINNED_ROWS_HPP
