#ifndef MILLRACE_MODEL_CLUSTER_DETAIL_LLOYD_HPP
#define MILLRACE_MODEL_CLUSTER_DETAIL_LLOYD_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/cluster/detail/row_blocks.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Lloyd's iterations over a table in blocks: each row goes to its nearest centre, each centre to the mean of its rows.
///
/// With many centres or columns, Hamerly's bounds save distances: a row keeps its label while an upper bound of the
/// distance from its own centre is below a lower bound of that from every other; both follow from how far the centres
/// have moved. Rows whose bounds do not tell are looked at in blocks of sixteen, as they lie or gathered.
/// Source: Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 28, 1982; Hamerly,
/// "Making k-means even faster", SDM 2010.
class lloyd {
 public:
  /// `centres`: where to start, one centre after the other; `weighted`: whether weights differ from 1.
  lloyd(const row_blocks& rows, std::vector<double> centres, bool weighted)
      : rows_(rows),
        columns_(rows.columns()),
        clusters_(centres.size() / columns_),
        groups_((clusters_ + group_centres - 1) / group_centres),
        weighted_(weighted),
        bounded_(clusters_ * columns_ >= bounds_pay),
        centres_(std::move(centres)),
        packed_(groups_ * group_centres * columns_),
        sums_(clusters_ * columns_),
        totals_(clusters_),
        members_(clusters_),
        labels_(rows.blocks() * block_rows, none),
        moved_(clusters_, 0),
        half_gap_(clusters_) {
    if (bounded_) {
      upper_.resize(labels_.size(), std::numeric_limits<float>::infinity());
      lower_.resize(labels_.size(), 0);
      gathered_.resize(columns_ * block_rows);
    }
    pack();
  }

  /// Iterates until no label changes, the centres move by less than `tolerance` (squared, in sum), or `most` times.
  /// Returns how often.
  std::size_t run(std::size_t most, double tolerance) {
    for (std::size_t done = 0;;) {
      if (bounded_)
        assign_bounded();
      else
        assign_all();
      const bool same = changes_ == 0 && done > 0;
      if (weighted_ && !same) sum_anew();
      const bool relocated = relocate();
      ++done;
      if (same && !relocated) return done;
      if (move_centres() <= tolerance && !relocated) return done;
      pack();
      if (done == most) return done;
    }
  }

  /// The weighted sum of squared distances from the nearest centres.
  double inertia() {
    double sum = 0;
    for_each_chunk([&](std::size_t block, const block_nearest& near_block) {
      for (std::size_t i = 0; i < block_rows; ++i)
        sum += double{rows_.weights()[block * block_rows + i]} * double{near_block.best[i]};
    });
    return sum;
  }
  std::span<const double> centres() const noexcept { return centres_; }

 private:
  static constexpr std::int32_t none = -1;
  /// From this many numbers in the centres on, the bounds save more than they cost.
  static constexpr std::size_t bounds_pay = 256;
  /// Bounds are computed in single precision, and made looser by more than its rounding.
  static constexpr float slack = 1 + 0x1p-16F;

  void pack() noexcept {
    for (std::size_t k = 0; k < groups_ * group_centres; ++k)
      for (std::size_t c = 0; c < columns_; ++c)
        packed_[(k / group_centres * columns_ + c) * group_centres + k % group_centres] =
            k < clusters_ ? static_cast<float>(centres_[k * columns_ + c]) : 0x1p60F;  // from nowhere the nearest
  }
  template <class F>
  void for_each_chunk(F f) {
    constexpr std::size_t at_once = 16;
    block_nearest found[at_once];
    for (std::size_t first = 0; first < rows_.blocks(); first += at_once) {
      const std::size_t left = rows_.blocks() - first;
      const std::size_t count = left < at_once ? left : at_once;
      nearest_of_blocks(rows_.block(first), count, columns_, packed_.data(), groups_, found);
      for (std::size_t b = 0; b < count; ++b) f(first + b, found[b]);
    }
  }

  /// Gives a row its label. Sums follow at once where adding and subtracting loses nothing that matters: the numbers
  /// are at most 1. Weights may differ by many powers of ten, so sums with weights are made anew.
  void relabel(std::size_t row, std::int32_t label) noexcept {
    const std::int32_t before = labels_[row];
    labels_[row] = label;
    ++changes_;
    if (!(rows_.weights()[row] > 0)) return;
    ++members_[static_cast<std::size_t>(label)];
    if (before != none) --members_[static_cast<std::size_t>(before)];
    if (weighted_) return;
    const float* const x = rows_.block(row / block_rows) + row % block_rows;
    double* const to = sums_.data() + static_cast<std::size_t>(label) * columns_;
    if (before == none) {
      for (std::size_t c = 0; c < columns_; ++c) to[c] += double{x[c * block_rows]};
      return;
    }
    double* const from = sums_.data() + static_cast<std::size_t>(before) * columns_;
    for (std::size_t c = 0; c < columns_; ++c) {
      to[c] += double{x[c * block_rows]};
      from[c] -= double{x[c * block_rows]};
    }
  }
  void relabel_block(std::size_t block, const block_nearest& found) noexcept {
    const std::int32_t* const before = labels_.data() + block * block_rows;
    if (__builtin_memcmp(before, found.label, sizeof found.label) == 0) return;
    for (std::size_t i = 0; i < block_rows; ++i)
      if (before[i] != found.label[i]) relabel(block * block_rows + i, found.label[i]);
  }

  void assign_all() {
    changes_ = 0;
    for_each_chunk([&](std::size_t block, const block_nearest& found) { relabel_block(block, found); });
  }

  void assign_bounded() {
    changes_ = 0;
    half_gaps();
    std::size_t waiting[block_rows];
    std::size_t waits = 0;
    block_nearest found;
    for (std::size_t block = 0; block < rows_.blocks(); ++block) {
      bool unsure[block_rows];
      const std::size_t count = loosen_bounds(block, unsure);
      if (count >= block_rows / 2) {
        nearest_of_blocks(rows_.block(block), 1, columns_, packed_.data(), groups_, &found);
        for (std::size_t i = 0; i < block_rows; ++i) tighten_bounds(block * block_rows + i, found, i);
        relabel_block(block, found);
        continue;
      }
      for (std::size_t i = 0; count > 0 && i < block_rows; ++i) {
        if (!unsure[i]) continue;
        waiting[waits++] = block * block_rows + i;
        if (waits == block_rows) {
          assign_gathered(waiting, waits);
          waits = 0;
        }
      }
    }
    if (waits > 0) assign_gathered(waiting, waits);
  }
  void assign_gathered(const std::size_t* rows, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const float* const from = rows_.block(rows[i] / block_rows) + rows[i] % block_rows;
      for (std::size_t c = 0; c < columns_; ++c) gathered_[c * block_rows + i] = from[c * block_rows];
    }
    block_nearest found;
    nearest_of_blocks(gathered_.data(), 1, columns_, packed_.data(), groups_, &found);
    for (std::size_t i = 0; i < count; ++i) {
      tighten_bounds(rows[i], found, i);
      if (labels_[rows[i]] != found.label[i]) relabel(rows[i], found.label[i]);
    }
  }
  /// Half the distance from each centre to the nearest other: a row nearer than that is in no doubt.
  void half_gaps() noexcept {
    for (std::size_t k = 0; k < clusters_; ++k) {
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t other = 0; other < clusters_; ++other) {
        double squared = 0;
        for (std::size_t c = 0; c < columns_ && other != k; ++c) {
          const double apart = centres_[k * columns_ + c] - centres_[other * columns_ + c];
          squared += apart * apart;
        }
        if (other != k && squared < least) least = squared;
      }
      half_gap_[k] = static_cast<float>(0.5 * math::sqrt(least));
    }
  }
  /// Moves a block's bounds by what the centres have moved, and finds the rows whose bounds do not tell.
  std::size_t loosen_bounds(std::size_t block, bool (&unsure)[block_rows]) noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < block_rows; ++i) {
      const std::size_t row = block * block_rows + i;
      if (labels_[row] == none) {
        unsure[i] = true;
        ++count;
        continue;
      }
      const auto label = static_cast<std::size_t>(labels_[row]);
      upper_[row] += moved_[label];
      lower_[row] -= label == fastest_ ? second_move_ : moved_[fastest_];
      const float limit = lower_[row] > half_gap_[label] ? lower_[row] : half_gap_[label];
      unsure[i] = !(upper_[row] * slack < limit);
      count += unsure[i] ? 1 : 0;
    }
    return count;
  }
  void tighten_bounds(std::size_t row, const block_nearest& found, std::size_t at) noexcept {
    upper_[row] = __builtin_sqrtf(found.best[at]);
    lower_[row] = __builtin_sqrtf(found.second[at]);
  }

  void sum_anew() noexcept {
    for (double& sum : sums_) sum = 0;
    for (double& total : totals_) total = 0;
    for (std::size_t row = 0; row < rows_.rows(); ++row) {
      const double weight = double{rows_.weights()[row]};
      if (weight == 0) continue;
      const auto label = static_cast<std::size_t>(labels_[row]);
      const float* const x = rows_.block(row / block_rows) + row % block_rows;
      totals_[label] += weight;
      for (std::size_t c = 0; c < columns_; ++c) sums_[label * columns_ + c] += weight * double{x[c * block_rows]};
    }
  }
  double total(std::size_t k) const noexcept { return weighted_ ? totals_[k] : static_cast<double>(members_[k]); }

  /// Gives each cluster without rows the row that is farthest from its centre, if there is one away from its centre in
  /// a cluster of several rows. Returns whether any row was moved.
  bool relocate() {
    bool any = false;
    for (const std::uint64_t count : members_) any = any || count == 0;
    if (!any) return false;
    std::vector<float> apart(labels_.size());
    for_each_chunk([&](std::size_t block, const block_nearest& found) {
      for (std::size_t i = 0; i < block_rows; ++i) apart[block * block_rows + i] = found.best[i];
    });
    any = false;
    for (std::size_t k = 0; k < clusters_; ++k) {
      if (members_[k] != 0) continue;
      std::size_t farthest = rows_.rows();
      float most = 0;
      for (std::size_t row = 0; row < rows_.rows(); ++row)
        if (apart[row] > most && rows_.weights()[row] > 0 && members_[static_cast<std::size_t>(labels_[row])] > 1) {
          most = apart[row];
          farthest = row;
        }
      if (farthest == rows_.rows()) break;
      apart[farthest] = 0;
      relabel(farthest, static_cast<std::int32_t>(k));
      if (bounded_) {
        upper_[farthest] = std::numeric_limits<float>::infinity();
        lower_[farthest] = 0;
      }
      any = true;
    }
    if (any && weighted_) sum_anew();
    return any;
  }
  /// Moves the centres to the means of their rows; one without rows stays. Returns the sum of squared moves.
  double move_centres() noexcept {
    double all = 0;
    fastest_ = 0;
    second_move_ = 0;
    for (std::size_t k = 0; k < clusters_; ++k) {
      moved_[k] = 0;
      if (members_[k] != 0) {
        double squared = 0;
        for (std::size_t c = 0; c < columns_; ++c) {
          const double to = sums_[k * columns_ + c] / total(k);
          const double apart = to - centres_[k * columns_ + c];
          squared += apart * apart;
          centres_[k * columns_ + c] = to;
        }
        all += squared;
        moved_[k] = static_cast<float>(math::sqrt(squared)) * slack;
      }
      if (k > 0 && moved_[k] > moved_[fastest_]) {
        second_move_ = moved_[fastest_];
        fastest_ = k;
      } else if (k > 0 && moved_[k] > second_move_) {
        second_move_ = moved_[k];
      }
    }
    return all;
  }

  const row_blocks& rows_;
  std::size_t columns_;
  std::size_t clusters_;
  std::size_t groups_;
  bool weighted_;
  bool bounded_;
  std::vector<double> centres_;
  std::vector<float> packed_;
  std::vector<double> sums_;
  std::vector<double> totals_;
  std::vector<std::uint64_t> members_;
  std::vector<std::int32_t> labels_;
  std::size_t changes_ = 0;
  // Hamerly's bounds.
  std::vector<float> moved_;
  std::vector<float> half_gap_;
  std::size_t fastest_ = 0;
  float second_move_ = 0;
  std::vector<float> upper_;
  std::vector<float> lower_;
  std::vector<float> gathered_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_DETAIL_LLOYD_HPP
