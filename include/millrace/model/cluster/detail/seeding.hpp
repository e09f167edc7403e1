#ifndef MILLRACE_MODEL_CLUSTER_DETAIL_SEEDING_HPP
#define MILLRACE_MODEL_CLUSTER_DETAIL_SEEDING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/cluster/detail/row_blocks.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <limits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Draws the first centres, greedy k-means++: a row is drawn with a probability in proportion to its weight times its
/// squared distance from the nearest centre so far; of a few that were drawn, the one is taken that lowers the sum of
/// these most.
/// Source: Arthur, Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007, with its last section's
/// several trials.
class seeding {
 public:
  seeding(const row_blocks& rows, random_engine& random)
      : rows_(rows),
        random_(random),
        nearest_(rows.blocks() * block_rows, (std::numeric_limits<float>::max)()),
        sums_(rows.blocks()),
        group_(group_centres * rows.columns()) {}

  /// How many uniform numbers `run` draws, whatever the rows.
  static std::size_t draws(std::size_t clusters) noexcept {
    return 1 + (clusters - 1) * groups_of(clusters) * group_centres;
  }
  /// The coordinates of `clusters` centres, one centre after the other.
  std::vector<double> run(std::size_t clusters) {
    std::vector<double> centres;
    centres.reserve(clusters * rows_.columns());
    const std::size_t groups = groups_of(clusters);
    for (std::size_t b = 0; b < rows_.blocks(); ++b)
      for (std::size_t i = 0; i < block_rows; ++i) sums_[b] += double{rows_.weights()[b * block_rows + i]};
    std::size_t chosen = draw(total());
    for (std::size_t k = 0;; ++k) {
      for (std::size_t c = 0; c < rows_.columns(); ++c) centres.push_back(double{rows_.at(chosen, c)});
      if (k + 1 == clusters) return centres;
      settle(chosen);
      chosen = best_of(groups);
    }
  }

 private:
  /// How many groups of rows are drawn for a centre.
  static std::size_t groups_of(std::size_t clusters) noexcept {
    const auto wanted = 4 + static_cast<std::size_t>(math::log(static_cast<double>(clusters)));
    return (wanted + group_centres - 1) / group_centres;
  }
  /// The sum over a block of weight times the smaller of two numbers, in an order that does not depend on the CPU.
  double sum_of_block(std::size_t block, const float* one, const float* other) const noexcept {
    using v = vector<float, 16>;
    v sum{};
    for (std::size_t i = 0; i < block_rows; i += 4) {
      v weight, a, b;
      load_vector(weight, rows_.weights() + block * block_rows + i);
      load_vector(a, one + i);
      load_vector(b, other + i);
      v term = (a < b ? a : b) * weight;
      rounded(term);
      sum += term;
    }
    return (double{sum[0]} + double{sum[1]}) + (double{sum[2]} + double{sum[3]});
  }
  double total() const noexcept {
    double sum = 0;
    for (const double one : sums_) sum += one;
    return sum;
  }
  /// What block sums are made of, for a row: its weight at first, then weight times distance.
  double share(std::size_t row) const noexcept {
    return double{rows_.weights()[row]} * (settled_ ? double{nearest_[row]} : 1.0);
  }
  /// A row with a probability in proportion to its share of `all`, the sum of the block sums.
  std::size_t draw(double all) noexcept {
    double left = random_.uniform() * all;
    std::size_t block = 0;
    std::size_t last = 0;  // block with a sum above 0, in case rounding leads beyond the end
    for (; block < sums_.size(); ++block) {
      if (sums_[block] > 0) last = block;
      if (left < sums_[block]) break;
      left -= sums_[block];
    }
    if (block == sums_.size()) block = last;
    std::size_t found = block * block_rows;
    for (std::size_t row = found; row < (block + 1) * block_rows; ++row) {
      const double own = share(row);
      if (own > 0) found = row;
      if (own > 0 && left < own) break;
      left -= own;
    }
    return found;
  }
  void place(std::size_t row, std::size_t in_group) noexcept {
    for (std::size_t c = 0; c < rows_.columns(); ++c) group_[c * group_centres + in_group] = rows_.at(row, c);
  }
  /// Calls f(block, distances) for all blocks; the distances are from the first centres of group_, 16 for each.
  template <std::size_t Count, class F>
  void for_each_block(F f) {
    constexpr std::size_t at_once = 16;
    float distances[at_once * Count * block_rows];
    for (std::size_t first = 0; first < rows_.blocks(); first += at_once) {
      const std::size_t left = rows_.blocks() - first;
      const std::size_t count = left < at_once ? left : at_once;
      distances_of_blocks<Count>(rows_.block(first), count, rows_.columns(), group_.data(), distances);
      for (std::size_t b = 0; b < count; ++b) f(first + b, distances + b * Count * block_rows);
    }
  }
  /// Takes a centre into account.
  void settle(std::size_t row) {
    place(row, 0);
    for_each_block<1>([&](std::size_t block, const float* distances) {
      float* const known = nearest_.data() + block * block_rows;
      sums_[block] = sum_of_block(block, known, distances);
      for (std::size_t i = 0; i < block_rows; ++i) known[i] = distances[i] < known[i] ? distances[i] : known[i];
    });
    settled_ = true;
  }
  /// Of four rows drawn for each group, the one that lowers the sum most.
  std::size_t best_of(std::size_t groups) {
    const double all = total();
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t g = 0; g < groups; ++g) {
      std::size_t drawn[group_centres]{};
      double sum[group_centres]{};
      for (std::size_t k = 0; k < group_centres; ++k) place(drawn[k] = draw(all), k);
      for_each_block<group_centres>([&](std::size_t block, const float* distances) {
        for (std::size_t k = 0; k < group_centres; ++k)
          sum[k] += sum_of_block(block, nearest_.data() + block * block_rows, distances + k * block_rows);
      });
      for (std::size_t k = 0; k < group_centres; ++k)
        if (sum[k] < least) {
          least = sum[k];
          best = drawn[k];
        }
    }
    return best;
  }

  const row_blocks& rows_;
  random_engine& random_;
  std::vector<float> nearest_;
  std::vector<double> sums_;
  std::vector<float> group_;
  bool settled_ = false;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_DETAIL_SEEDING_HPP
