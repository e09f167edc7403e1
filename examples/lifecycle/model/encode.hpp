#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_ENCODE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_ENCODE_HPP

#include "../data/table.hpp"
#include "../format.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

namespace mr = millrace;

/// How one column becomes numbers, as learned from the training rows.
struct column_encoding {
  std::string name;
  column_type type = column_type::number;
  /// A last number that says whether the cell is missing; where the training rows had such cells.
  bool flags_missing = false;

  // A number is standardised, (shaped - mean) / deviation, and a missing one is the median. Beside that it climbs a
  // stair of steps between quantiles, each going from 0 to 1, so that a network sees at once where in its range it
  // lies. Source: Gorishniy et al., "On embeddings for numerical features in tabular deep learning", NeurIPS 2022,
  // piecewise linear encoding.
  bool logarithm = false;  // of 1 + x, for amounts whose largest dwarf the rest
  double median = 0;
  double mean = 0;
  double deviation = 1;
  std::vector<double> knots;  // ascending; the steps lie between neighbours
  notation written;           // how its cells were written

  // A category is one number each for the kept ones, and one for any other.
  std::vector<std::string> kept;
  std::vector<std::string> rare;  // seen in training, but too rarely to be kept
  bool knows_rare = true;         // whether `rare` has all of those

  std::size_t steps() const noexcept { return knots.empty() ? 0 : knots.size() - 1; }
  std::size_t width() const noexcept {
    return (type == column_type::number ? 1 + steps() : kept.size() + 1) + (flags_missing ? 1 : 0);
  }
};

/// Which of a row's numbers belong to a column.
struct column_place {
  std::string name;
  std::size_t first = 0;
  std::size_t width = 1;
};

class bound_encoder;

/// Turns rows of a table into rows of numbers that a network learns from. Learned once from training rows, kept with
/// the model, and applied to any table that has the same columns.
class encoder {
 public:
  static constexpr std::size_t most_categories = 64;
  static constexpr std::size_t most_rare = 10'000;
  static constexpr std::size_t most_steps = 8;

  encoder() = default;
  explicit encoder(std::vector<column_encoding> columns) : columns_(std::move(columns)) {}

  /// Learns from these rows of every column that is not dropped.
  static encoder fit(const table& from, std::span<const std::size_t> rows) {
    std::vector<column_encoding> columns;
    for (const column& one : from.columns) {
      if (!one.dropped.empty()) continue;
      columns.push_back(one.type == column_type::number ? fit_number(one, rows) : fit_category(one, rows));
    }
    return encoder(std::move(columns));
  }

  const std::vector<column_encoding>& columns() const noexcept { return columns_; }

  /// Numbers a row.
  std::size_t width() const noexcept {
    return std::accumulate(columns_.begin(), columns_.end(), std::size_t{0},
                           [](std::size_t sum, const column_encoding& one) { return sum + one.width(); });
  }

  /// Where each column's numbers stand in a row: in `width()` numbers, or where `plain`, one a column.
  std::vector<column_place> places(bool plain) const {
    std::vector<column_place> made;
    std::size_t first = 0;
    for (const column_encoding& one : columns_) {
      made.push_back({one.name, first, plain ? 1 : one.width()});
      first += made.back().width;
    }
    return made;
  }

  /// Which columns are categories.
  std::vector<std::size_t> categories() const {
    std::vector<std::size_t> made;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].type == column_type::category) made.push_back(i);
    return made;
  }

  /// Finds the columns in a table. Errors: errc::not_found, errc::type_mismatch, naming the column.
  mr::result<bound_encoder> bind(const table& to) const;

 private:
  static column_encoding fit_number(const column& from, std::span<const std::size_t> rows) {
    column_encoding made;
    made.name = from.name;
    made.written = from.written;
    std::vector<double> present;
    for (const std::size_t row : rows)
      if (!std::isnan(from.numbers[row])) present.push_back(from.numbers[row]);
    made.flags_missing = present.size() < rows.size();
    if (present.empty()) return made;
    std::sort(present.begin(), present.end());
    made.median = present[present.size() / 2];
    made.knots = find_knots(present);
    made.logarithm = present.front() >= 0 && from.summary.skewness > 2;
    if (made.logarithm)
      for (double& value : present) value = std::log1p(value);
    const auto count = static_cast<double>(present.size());
    for (const double value : present) made.mean += value / count;
    double variance = 0;
    for (const double value : present) variance += (value - made.mean) * (value - made.mean) / count;
    if (variance > 0) made.deviation = std::sqrt(variance);
    return made;
  }

  /// Quantiles of sorted numbers, each once. Where one value is so common that few different quantiles are left, as
  /// with amounts that are mostly zero, those of the other values join them.
  static std::vector<double> find_knots(const std::vector<double>& sorted) {
    std::vector<double> distinct = sorted;
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    if (distinct.size() <= 2) return {};
    if (distinct.size() <= most_steps + 1) return distinct;
    std::vector<double> knots;
    const auto add_quantiles = [&](const std::vector<double>& of, std::size_t parts) {
      for (std::size_t i = 0; i <= parts; ++i) knots.push_back(of[i * (of.size() - 1) / parts]);
      std::sort(knots.begin(), knots.end());
      knots.erase(std::unique(knots.begin(), knots.end()), knots.end());
    };
    add_quantiles(sorted, most_steps);
    if (knots.size() <= most_steps / 2) {
      std::vector<double> others;
      const double common = sorted[sorted.size() / 2];
      std::copy_if(sorted.begin(), sorted.end(), std::back_inserter(others), [&](double x) { return x != common; });
      add_quantiles(others, most_steps / 2);
    }
    return knots;
  }

  static column_encoding fit_category(const column& from, std::span<const std::size_t> rows) {
    column_encoding made;
    made.name = from.name;
    made.type = column_type::category;
    std::vector<std::size_t> counts(from.categories.size());
    for (const std::size_t row : rows) {
      if (from.codes[row] == missing_code)
        made.flags_missing = true;
      else
        ++counts[from.codes[row]];
    }
    std::vector<std::size_t> order(counts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
    // What is seen too rarely to learn from teaches the network about "any other" instead.
    const std::size_t fewest = std::clamp<std::size_t>(rows.size() / 2000, 2, 20);
    for (const std::size_t code : order) {
      if (counts[code] >= fewest && made.kept.size() < most_categories)
        made.kept.push_back(from.categories[code]);
      else if (counts[code] > 0 && made.rare.size() < most_rare)
        made.rare.push_back(from.categories[code]);
      else if (counts[code] > 0)
        made.knows_rare = false;
    }
    return made;
  }

  std::vector<column_encoding> columns_;
};

/// An encoder that has found its columns in one table; both must outlive it.
class bound_encoder {
 public:
  std::size_t width() const noexcept { return width_; }

  /// Writes the row's `width()` numbers. Allocates: never. Threads: any number.
  void operator()(std::size_t row, std::span<float> out) const noexcept {
    std::fill(out.begin(), out.end(), 0.0F);
    float* at = out.data();
    for (const binding& one : bindings_) {
      const column_encoding& how = *one.how;
      if (how.type == column_type::number) {
        const double cell = one.from->numbers[row];
        const bool missing = std::isnan(cell);
        const double value = missing ? how.median : cell;
        // A negative amount under a logarithm is one that training never saw: the nearest that it did is zero.
        const double shaped = how.logarithm ? std::log1p((std::max)(value, 0.0)) : value;
        // No cell may outshout the rest, however far it lies from what training saw.
        at[0] = static_cast<float>(std::clamp((shaped - how.mean) / how.deviation, -12.0, 12.0));
        for (std::size_t i = 0; i < how.steps() && value > how.knots[i]; ++i)
          at[i + 1] = static_cast<float>((std::min)(1.0, (value - how.knots[i]) / (how.knots[i + 1] - how.knots[i])));
        if (how.flags_missing && missing) at[how.width() - 1] = 1.0F;
      } else {
        const std::uint32_t code = one.from->codes[row];
        at[code == missing_code ? one.missing_slot : one.slots[code]] = 1.0F;
      }
      at += how.width();
    }
  }

  /// Numbers of a row for trees: one a column.
  std::size_t plain_width() const noexcept { return bindings_.size(); }

  /// Writes a number for each column, as it is: NaN where it is missing, and for a category its place among those that
  /// were kept, with one more for any other. Allocates: never. Threads: any number.
  void plain(std::size_t row, std::span<float> out) const noexcept {
    for (std::size_t i = 0; i < bindings_.size(); ++i) {
      const binding& one = bindings_[i];
      if (one.how->type == column_type::number) {
        out[i] = static_cast<float>(one.from->numbers[row]);
      } else {
        const std::uint32_t code = one.from->codes[row];
        out[i] = code == missing_code ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(one.slots[code]);
      }
    }
  }

 private:
  friend class encoder;
  struct binding {
    const column_encoding* how;
    const column* from;
    std::vector<std::size_t> slots;  // category code -> which of the column's numbers is 1
    std::size_t missing_slot;
  };
  std::vector<binding> bindings_;
  std::size_t width_ = 0;
};

inline mr::result<bound_encoder> encoder::bind(const table& to) const {
  bound_encoder made;
  made.width_ = width();
  for (const column_encoding& how : columns_) {
    const auto found =
        std::find_if(to.columns.begin(), to.columns.end(), [&](const column& one) { return one.name == how.name; });
    if (found == to.columns.end())
      return mr::error(mr::errc::not_found,
                       to.name + " has no column named " + in_quotes(how.name) + ", which the model reads");
    if (found->type != how.type)
      return mr::error(mr::errc::type_mismatch, "the column " + in_quotes(how.name) + " of " + to.name + " is a " +
                                                    std::string(to_string(found->type)) + ", but the model learned a " +
                                                    std::string(to_string(how.type)));
    bound_encoder::binding one{&how, &*found, {}, 0};
    const std::size_t other = how.kept.size();
    for (const std::string& category : found->categories)
      one.slots.push_back(
          static_cast<std::size_t>(std::find(how.kept.begin(), how.kept.end(), category) - how.kept.begin()));
    one.missing_slot = how.flags_missing ? other + 1 : other;
    made.bindings_.push_back(std::move(one));
  }
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_ENCODE_HPP
