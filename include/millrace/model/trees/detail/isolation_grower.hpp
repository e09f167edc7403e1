#ifndef MILLRACE_MODEL_TREES_DETAIL_ISOLATION_GROWER_HPP
#define MILLRACE_MODEL_TREES_DETAIL_ISOLATION_GROWER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/isolation_trees.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Grows isolation trees: each on rows drawn anew, which random splits of random columns part until they are alone, or
/// the tree is as deep as a balanced one would be.
class isolation_grower {
 public:
  isolation_grower(const matrix_view& rows, std::size_t subsample, isolation_trees& trees)
      : rows_(rows),
        subsample_(subsample),
        trees_(trees),
        deck_(rows.rows()),
        swapped_(subsample),
        sample_(subsample * rows.columns()),
        order_(subsample),
        columns_(rows.columns()) {
    for (std::size_t i = 0; i < deck_.size(); ++i) deck_[i] = static_cast<std::uint32_t>(i);
  }

  /// Grows a tree: the same one whichever were grown before.
  void run(std::size_t tree, std::uint64_t seed) noexcept {
    tree_ = tree;
    random_ = random_engine(seed);
    for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c] = static_cast<std::uint32_t>(c);
    draw_sample();
    grow(1, 0, 0, subsample_);
  }

 private:
  struct column_range {
    float min = std::numeric_limits<float>::infinity();
    float max = -std::numeric_limits<float>::infinity();
    std::size_t missing = 0;
  };

  /// Copies rows drawn without replacement, column by column.
  void draw_sample() noexcept {
    for (std::size_t i = 0; i < subsample_; ++i) {
      swapped_[i] = static_cast<std::uint32_t>(i + static_cast<std::size_t>(random_.below(deck_.size() - i)));
      std::swap(deck_[i], deck_[swapped_[i]]);
      order_[i] = static_cast<std::uint32_t>(i);
    }
    for (std::size_t i = 0; i < subsample_; ++i) {
      const float* const row = rows_.row(deck_[i]).data();
      for (std::size_t c = 0; c < rows_.columns(); ++c) sample_[c * subsample_ + i] = row[c];
    }
    for (std::size_t i = subsample_; i > 0; --i) std::swap(deck_[i - 1], deck_[swapped_[i - 1]]);
  }

  /// Grows the part of a tree below a place, from the rows order_[begin, end). The calls are as deep as the tree.
  void grow(std::size_t place, unsigned level, std::size_t begin, std::size_t end) noexcept {
    const std::size_t count = end - begin;
    column_range range;
    const std::size_t column = count <= 1 || level == trees_.depth() ? no_column : draw_column(begin, end, range);
    if (column == no_column) {
      trees_.set_path(tree_, place, level, level + average_path(static_cast<double>(count)));
      return;
    }
    const float threshold = draw_threshold(range);
    const std::size_t middle = part(column, threshold, range, place, begin, end);
    grow(2 * place, level + 1, begin, middle);
    grow(2 * place + 1, level + 1, middle, end);
  }

  /// A random column in which the rows differ, or none.
  std::size_t draw_column(std::size_t begin, std::size_t end, column_range& range) noexcept {
    for (std::size_t left = columns_.size(); left > 0; --left) {
      std::swap(columns_[static_cast<std::size_t>(random_.below(left))], columns_[left - 1]);
      const std::size_t column = columns_[left - 1];
      range = range_of(column, begin, end);
      if (range.min < range.max || (range.missing > 0 && range.missing < end - begin)) return column;
    }
    return no_column;
  }
  column_range range_of(std::size_t column, std::size_t begin, std::size_t end) const noexcept {
    const float* const numbers = sample_.data() + column * subsample_;
    column_range range;
    for (std::size_t i = begin; i < end; ++i) {
      const float x = numbers[order_[i]];
      range.min = x < range.min ? x : range.min;
      range.max = x > range.max ? x : range.max;
      range.missing += static_cast<std::size_t>(math::is_nan(x));
    }
    return range;
  }
  /// Uniform in [min, max), so that both sides get rows; the only value there is, where only missing ones are parted.
  float draw_threshold(const column_range& range) noexcept {
    if (!(range.min < range.max)) return range.max;
    const double low = double{range.min};
    const auto drawn = static_cast<float>(low + random_.uniform() * (double{range.max} - low));
    return drawn < range.max ? drawn : range.min;
  }
  /// Sets the split, brings the rows that go left to the front, and returns where the others begin.
  std::size_t part(std::size_t column, float threshold, const column_range& range, std::size_t place, std::size_t begin,
                   std::size_t end) noexcept {
    const float* const numbers = sample_.data() + column * subsample_;
    // Missing numbers go to a random side if there are any here, and to the larger side if not.
    bool missing_right = true;
    if (range.min < range.max && range.missing > 0) missing_right = random_.below(2) == 1;
    std::size_t middle = begin;
    for (std::size_t i = begin; i < end; ++i) {
      const float x = numbers[order_[i]];
      const bool right = math::is_nan(x) ? missing_right : x > threshold;
      if (!right) std::swap(order_[i], order_[middle++]);
    }
    if (range.missing == 0) missing_right = middle - begin < end - middle;
    trees_.set_split(tree_, place, column, threshold, missing_right);
    return middle;
  }

  static constexpr std::size_t no_column = ~std::size_t{0};

  const matrix_view& rows_;
  std::size_t subsample_;
  isolation_trees& trees_;
  random_engine random_{0};
  std::size_t tree_ = 0;
  std::vector<std::uint32_t> deck_;     // all rows, in order but while some are drawn
  std::vector<std::uint32_t> swapped_;  // what the rows drawn changed places with
  std::vector<float> sample_;           // those drawn, column by column
  std::vector<std::uint32_t> order_;    // of the sample's rows
  std::vector<std::uint32_t> columns_;  // in the order in which they are drawn last
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_ISOLATION_GROWER_HPP
