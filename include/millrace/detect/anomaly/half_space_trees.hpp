#ifndef MILLRACE_DETECT_ANOMALY_HALF_SPACE_TREES_HPP
#define MILLRACE_DETECT_ANOMALY_HALF_SPACE_TREES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/detect/anomaly/anomaly.hpp>
#include <millrace/detect/anomaly/detail/p2_quantile.hpp>
#include <millrace/detect/detail/saved_detector.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/detect/signal.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace detect {

/// Flags rows of several features that lie where few rows of the last full window lay.
///
/// Each of `Trees` random trees halves the space of the features `Depth` times and counts the rows in every part. While
/// one window of `Window` rows is counted, new rows are scored by the counts of the window before.
///
/// Shapes and units: a row is `Features` doubles in [0, 1]. A feature with another range is given as
/// (x - low) / (high - low). Numbers outside [0, 1] count as 0 or 1, and `clamped()` counts the rows that had any. The
/// score is in [0, 1], and near 1 where few rows lay.
/// Guarantee: about one row in `RunLength::drift` of a stream without outliers is flagged, since the limit is the
/// quantile of the scores so far that this share exceeds. Nothing is flagged in the first window, nor among the first
/// 2 * RunLength::drift scores. The same seed and rows give the same scores. A row with a number that is not finite is
/// flagged and not counted.
/// Complexity: update O(Trees Depth), 0.5 us; about 24 Trees 2^Depth bytes (150 KB: too much for a small stack).
/// Allocates: never.
/// Moved from, it is unchanged: it is copied.
/// Threads: one at a time.
/// Source: Tan, Ting, Liu, "Fast anomaly detection for streaming data", IJCAI 2011.
template <std::size_t Features, class RunLength = arl<1'000>, std::size_t Trees = 25, std::size_t Depth = 8,
          std::size_t Window = 250>
class half_space_trees : detail::require_arl<RunLength>,
                         public saved_fields<half_space_trees<Features, RunLength, Trees, Depth, Window>> {
  friend saved_fields<half_space_trees>;
  static_assert(
      Features >= 1 && Trees >= 1 && Depth >= 1 && Depth <= 15 && Window >= 10,
      "millrace[DETECT-7]: half_space_trees needs features, trees, a depth of 1 to 15 and a window of 10 or more");

 public:
  /// `seed` decides the trees.
  explicit half_space_trees(std::uint64_t seed = 0) noexcept
      : limit_(1 - 1 / static_cast<double>(RunLength::drift)), seed_(seed) {
    plant();
  }

  anomaly update(std::span<const double, Features> row) noexcept {
    for (const double x : row)
      if (!(x >= 0 && x <= 1)) [[unlikely]] {
        ++clamped_;
        if (!each_is_finite(row)) return {detail::math::nan, 0, limit_.value(), true};
        break;
      }
    const double mass = count_in(row);
    anomaly found;
    const std::uint64_t before = count_++;
    if (before >= Window) {
      constexpr double most =
          static_cast<double>(Window) * static_cast<double>(Trees) * static_cast<double>(std::size_t{1} << Depth);
      found.score = 1 - mass / most;
      found.lower = 0;
      if (before >= Window + 2 * RunLength::drift) {
        found.upper = limit_.value();
        found.flagged = found.score > found.upper;
      }
      limit_.update(found.score);
    }
    if (count_ % Window == 0) {
      for (auto& tree : tree_) {
        tree.last = tree.now;
        tree.now = {};
      }
    }
    return found;
  }

  std::uint64_t count() const noexcept { return count_; }
  /// How many rows had a number outside [0, 1], or one that is not finite, since the start or reset. If this is above 0
  /// the features are probably not scaled: numbers that count as 0 or 1 can no longer be told from each other.
  std::uint64_t clamped() const noexcept { return clamped_; }
  /// Forgets the rows; the trees stay.
  void reset() noexcept {
    for (auto& tree : tree_) {
      tree.last = {};
      tree.now = {};
    }
    limit_ = detail::p2_quantile(1 - 1 / static_cast<double>(RunLength::drift));
    count_ = clamped_ = 0;
  }

 private:
  /// Counts the row in every tree, down to its leaf, and returns how crowded its place was in the last window. Each
  /// tree adds the last window's count in the row's part, at the first depth where that is at most `few`, times
  /// 2^depth: a part at that depth is 2^-depth of the space, so this is a density.
  double count_in(std::span<const double, Features> row) noexcept {
    double mass = 0;
    for (auto& tree : tree_) {
      std::size_t node = 0;
      double weight = 1;
      bool counted = false;
      for (std::size_t depth = 0;; ++depth) {
        const double last = tree.last[node];
        if (!counted && (depth == Depth || last <= few)) {
          mass += last * weight;
          counted = true;
        }
        tree.now[node] += 1;
        if (depth == Depth) break;
        const double x = row[tree.feature[node]];
        const double in = x < 0 ? 0 : x > 1 ? 1 : x;
        node = 2 * node + (in < static_cast<double>(tree.split[node]) ? 1 : 2);
        weight *= 2;
      }
    }
    return mass;
  }

  static constexpr std::size_t inner = (std::size_t{1} << Depth) - 1;
  static constexpr std::size_t nodes = 2 * inner + 1;
  static constexpr auto most_rows = static_cast<float>(Window);
  static constexpr double few = 0.1 * static_cast<double>(Window);  // a count that is not divided further

  struct range {
    std::array<double, Features> low;
    std::array<double, Features> high;
  };
  struct tree_type {
    std::array<float, inner> split;
    std::array<std::uint32_t, inner> feature;
    std::array<float, nodes> last{};
    std::array<float, nodes> now{};

    template <class Self, class Visit>
    static void fields(Self& self, const Visit& visit) {
      visit(self.last, self.now);
    }
  };

  /// Makes the trees, which depend on the seed alone.
  void plant() noexcept {
    random_engine engine(seed_);
    for (auto& tree : tree_) {
      range reach;
      for (std::size_t f = 0; f < Features; ++f) {
        // The range that the tree halves lies around a random centre and covers [0, 1].
        const double centre = engine.uniform();
        const double half = 2 * (centre > 0.5 ? centre : 1 - centre);
        reach.low[f] = centre - half;
        reach.high[f] = centre + half;
      }
      grow(tree, 0, 0, reach, engine);
    }
  }

  static bool each_is_finite(std::span<const double, Features> row) noexcept {
    for (const double x : row)
      if (!detail::math::is_finite(x)) return false;
    return true;
  }
  static std::string saved_as() {
    return detail::detector_name<RunLength, Features, Trees, Depth, Window>("half_space_trees");
  }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.seed_, self.limit_, self.count_, self.clamped_, self.tree_);
  }
  bool restore() noexcept {
    plant();
    for (const tree_type& tree : tree_)
      for (std::size_t i = 0; i < nodes; ++i)
        if (!(tree.last[i] >= 0 && tree.last[i] <= most_rows && tree.now[i] >= 0 && tree.now[i] <= most_rows))
          return false;
    return limit_.is_sound(count_ < Window ? 0 : count_ - Window);
  }

  static void grow(tree_type& tree, std::size_t node, std::size_t depth, range& reach, random_engine& engine) noexcept {
    if (depth == Depth) return;
    const auto f = static_cast<std::size_t>(engine.below(Features));
    const double middle = 0.5 * (reach.low[f] + reach.high[f]);
    tree.feature[node] = static_cast<std::uint32_t>(f);
    tree.split[node] = static_cast<float>(middle);
    const double high = reach.high[f];
    reach.high[f] = middle;
    grow(tree, 2 * node + 1, depth + 1, reach, engine);
    reach.high[f] = high;
    const double low = reach.low[f];
    reach.low[f] = middle;
    grow(tree, 2 * node + 2, depth + 1, reach, engine);
    reach.low[f] = low;
  }

  std::array<tree_type, Trees> tree_;
  detail::p2_quantile limit_;
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
  std::uint64_t clamped_ = 0;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_HALF_SPACE_TREES_HPP
