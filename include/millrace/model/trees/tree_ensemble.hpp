#ifndef MILLRACE_MODEL_TREES_TREE_ENSEMBLE_HPP
#define MILLRACE_MODEL_TREES_TREE_ENSEMBLE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/oblivious_trees.hpp>
#include <millrace/model/trees/detail/packed_trees.hpp>
#include <millrace/model/trees/detail/tree_calibration.hpp>
#include <millrace/model/trees/detail/tree_walks.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

namespace detail {
/// A node has 16 bits for its column.
inline constexpr std::size_t most_tree_columns = 65'536;
}  // namespace detail

/// By what a row goes left at a node, if not by its threshold alone. The first is how models fitted here part columns
/// of categories; the others are rules of trees from elsewhere.
enum class split_rule : std::uint8_t {
  threshold = 0,
  /// A category in the node's set goes left. A number that is none of the node's categories is missing.
  known_categories = 1,
  /// The number without its fraction goes left if it is in the set; all others but a missing one go right.
  whole_part_in_set = 2,
  /// Likewise, but a number below zero is in no set, even if its whole part is 0.
  category_in_set = 3,
  /// The threshold, but a zero is missing: a number of at most 1e-35 in size.
  zero_is_missing = 4,
};

/// A node of a tree. A row goes left if its feature is at most `threshold`; one whose feature is missing goes right if
/// `missing_right` is 1. `rule` is a `split_rule`; in a node that parts categories, `threshold` is not a
/// number and `set` says which go left. A leaf leads to itself: its threshold is infinity, its left child is the leaf.
struct tree_node {
  float threshold = std::numeric_limits<float>::infinity();
  /// The left child's index in the ensemble; the right one stands behind it.
  std::uint32_t left = 0;
  std::uint16_t column = 0;
  std::uint8_t missing_right = 0;
  std::uint8_t rule = 0;
};

/// What a node is known by besides: what its leaf returns, how much of the training data came by, and how much its
/// split lowered the loss.
struct node_record {
  double value = 0;
  double cover = 0;
  double gain = 0;
  /// Of a node that parts categories: where its set of categories starts, and how many it knows.
  std::uint32_t set = 0;
  std::uint32_t set_size = 0;
};

/// By which kernels batches of rows are answered: "avx512", "avx2" or "baseline", and from how many rows on; fewer are
/// walked one by one. Trees are asked as nodes with pointers ("packed") or, where they are nearly perfect, that is,
/// where padding eight of them to one depth at most doubles their nodes, as heaps without pointers ("perfect").
struct tree_calibration {
  std::string_view kernels;
  std::size_t fewest_rows = 0;
  std::string_view batch_layout = "packed";
  std::string_view row_layout = "packed";
  friend bool operator==(const tree_calibration&, const tree_calibration&) = default;
};

/// Decision trees whose leaves' values are added up: what boosted trees and forests are when they are fitted.
///
/// Guarantee: a row's sum has the same bits alone, in any batch and on any CPU: values are added in the order of the
/// trees.
/// Threads: const calls from any number.
class tree_ensemble {
 public:
  /// Adds a tree: its nodes, whose children are counted from its own root, which is the first, and their records.
  void add(std::span<const tree_node> nodes, std::span<const node_record> records) {
    const auto first = static_cast<std::uint32_t>(nodes_.size());
    roots_.push_back(first);
    const unsigned depth = detail::depth_of_tree(nodes);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      tree_node node = nodes[i];
      node.left += first;
      has_categories_ = has_categories_ || node.rule != 0;
      nodes_.push_back(node);
      records_.push_back(records[i]);
    }
    depths_.push_back(depth);
    all_packed_ = all_packed_ && packed_.add(nodes, records, depth);
    if (!all_oblivious_) return;
    all_oblivious_ = oblivious_.add(nodes, records, sets_);
    if (!all_oblivious_) oblivious_ = {};
  }
  /// Keeps the first `trees` of them.
  void keep(std::size_t trees) {
    if (trees >= roots_.size()) return;
    nodes_.truncate(roots_[trees]);
    records_.truncate(roots_[trees]);
    roots_.truncate(trees);
    depths_.truncate(trees);
    packed_.keep(trees);
    oblivious_.keep(trees);
  }

  std::size_t trees() const noexcept { return roots_.size(); }
  std::span<const tree_node> nodes() const noexcept { return nodes_; }
  std::span<const node_record> records() const noexcept { return records_; }
  /// The sets of categories, in words of 64 bits; a node's begins at its record's `set`.
  std::span<const std::uint64_t> sets() const noexcept { return sets_; }
  std::uint32_t root(std::size_t tree) const noexcept { return roots_[tree]; }
  unsigned depth(std::size_t tree) const noexcept { return depths_[tree]; }
  bool is_leaf(std::uint32_t node) const noexcept { return nodes_[node].left == node; }

  /// How much the splits by each column lowered the loss, summed over all trees; add to 1 unless no tree has a split.
  /// Allocates: the result.
  std::vector<double> importance(std::size_t columns) const {
    std::vector<double> gains(columns, 0);
    double total = 0;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (is_leaf(i)) continue;
      gains[nodes_[i].column] += records_[i].gain;
      total += records_[i].gain;
    }
    if (total > 0)
      for (double& gain : gains) gain /= total;
    return gains;
  }

  /// Says that scores are made of more than these leaves' values: of linear leaves, or of weights beside the trees.
  void set_partial() noexcept { is_partial_ = true; }
  bool is_partial() const noexcept { return is_partial_; }

  /// Adds a set of categories, a bit for each from 0 on, and returns where it starts.
  std::uint32_t add_set(std::span<const std::uint64_t> bits) {
    const auto first = static_cast<std::uint32_t>(sets_.size());
    sets_.append(bits);
    return first;
  }

  /// The leaf of a tree that a row falls into.
  std::uint32_t leaf(std::size_t tree, const float* row) const noexcept {
    std::uint32_t at = roots_[tree];
    if (has_categories_) {
      while (!is_leaf(at)) at = parting_step(at, row);
    } else {
      for (unsigned left = depths_[tree]; left > 0; --left) at = step(at, row);
    }
    return at;
  }

  /// The sum of the leaves' values of trees `first`, `first + stride`, ...
  /// Complexity: the sum of the trees' depths.
  /// Allocates: never.
  double sum(const float* row, std::size_t first = 0, std::size_t stride = 1) const noexcept {
    if (all_oblivious_) return oblivious_.sum(first, stride, row);
    if (!all_packed_ && has_categories_)
      return sum_of_unpacked(first, stride, [&](std::uint32_t at) { return parting_step(at, row); });
    if (!all_packed_) return sum_of_unpacked(first, stride, [&](std::uint32_t at) { return step(at, row); });
    return detail::sum_of_row(packed_, kernels_.perfect_rows, first, stride, row);
  }

  /// The sums of all rows, `width` numbers apart from each other in `out`: for each row the same bits as `sum`.
  /// Precondition: rows have the columns that nodes ask for.
  /// Allocates: never; takes 36 KiB of the stack.
  void sums(const matrix_view& rows, double* out, std::size_t width = 1, std::size_t first = 0,
            std::size_t stride = 1) const noexcept {
    std::size_t done = 0;
    if (all_oblivious_ && rows.rows() >= detail::oblivious_sums::fewest)
      done = sums_by_tiles<detail::oblivious_sums>(rows, out, width, first, stride, oblivious_);
    else if (!all_oblivious_ && all_packed_ && rows.rows() >= kernels_.fewest)
      done = sums_by_tiles<detail::tile_sums>(rows, out, width, first, stride, packed_, kernels_);
    for (; done < rows.rows(); ++done) out[done * width] = sum(rows.row(done).data(), first, stride);
  }

  /// Measures layouts of trees and kernels for batches on rows of the caller's, keeps the fastest, and from how many
  /// rows on a batch is faster than rows one by one. Sums have the same bits before and after, whatever is chosen.
  /// Precondition: rows have the columns that nodes ask for. Of fewer than 32 rows, nothing is measured. Complexity: a
  /// few passes over at most 1,024 rows. Allocates: the sums. Threads: none may ask meanwhile.
  template <clock_policy Clock = steady_clock>
  tree_calibration calibrate_kernels(const matrix_view& rows, const Clock& clock = {}) {
    if (all_packed_ && !all_oblivious_) detail::calibrate_trees(packed_, rows, clock, kernels_);
    return kernels();
  }
  /// The kernels in use.
  tree_calibration kernels() const noexcept {
    const auto layout = [&](bool perfect) { return perfect && packed_.any_perfect() ? "perfect" : "packed"; };
    return {kernels_.name, kernels_.fewest, layout(kernels_.perfect_batches), layout(kernels_.perfect_rows)};
  }

  /// Whether a row goes left at a node that is no leaf.
  bool goes_left(std::uint32_t node, const float* row) const noexcept {
    return parting_step(node, row) == nodes_[node].left;
  }

  /// Writes all trees as part of a model's saved form.
  void save_to(envelope_writer& to) const {
    to.u64(sets_.size());
    for (const std::uint64_t word : sets_) to.u64(word);
    to.u64(roots_.size());
    for (std::size_t tree = 0; tree < roots_.size(); ++tree) {
      const std::uint32_t end = tree + 1 < roots_.size() ? roots_[tree + 1] : static_cast<std::uint32_t>(nodes_.size());
      to.u64(end - roots_[tree]);
      for (std::uint32_t i = roots_[tree]; i < end; ++i) {
        to.u32(std::bit_cast<std::uint32_t>(nodes_[i].threshold));
        to.u32(nodes_[i].left - roots_[tree]);
        to.u16(nodes_[i].column);
        to.u8(static_cast<std::uint8_t>(nodes_[i].missing_right | nodes_[i].rule << 1));
        to.f64(records_[i].value);
        to.f64(records_[i].cover);
        to.f64(records_[i].gain);
        to.u32(records_[i].set);
        to.u32(records_[i].set_size);
      }
    }
  }
  /// Reads what `save_to` wrote into an empty ensemble of rows of `columns`. Returns whether it is one: walks end, and
  /// no column or set is outside.
  bool load_from(envelope_reader& from, std::size_t columns) {
    sets_.resize(from.count(8));
    for (std::uint64_t& word : sets_) word = from.u64();
    detail::flat_vector<tree_node> nodes;
    detail::flat_vector<node_record> records;
    for (std::size_t left = from.count(8 + bytes_of_node); left > 0; --left) {
      nodes.assign(from.count(bytes_of_node), {});
      records.assign(nodes.size(), {});
      if (nodes.empty() || nodes_.size() + nodes.size() >= std::size_t{1} << 32) return false;
      detail::flat_vector<bool> is_child(nodes.size(), false);
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!load_node(from, nodes[i], records[i], i, nodes.size(), columns)) return false;
        if (nodes[i].left == i) continue;
        if (is_child[nodes[i].left] || is_child[nodes[i].left + 1]) return false;
        is_child[nodes[i].left] = is_child[nodes[i].left + 1] = true;
      }
      add(nodes, records);
    }
    return from.ok();
  }

 private:
  static constexpr std::size_t bytes_of_node = 43;

  bool load_node(envelope_reader& from, tree_node& node, node_record& record, std::size_t at, std::size_t count,
                 std::size_t columns) const {
    node.threshold = std::bit_cast<float>(from.u32());
    node.left = from.u32();
    node.column = from.u16();
    const std::uint8_t flags = from.u8();
    node.missing_right = flags & 1;
    node.rule = flags >> 1;
    record.value = from.f64();
    record.cover = from.f64();
    record.gain = from.f64();
    record.set = from.u32();
    record.set_size = from.u32();
    const bool leaf = node.left == at;
    // A child stands behind its parent, so every walk ends.
    const bool right_place = leaf || (node.left > at && std::size_t{node.left} + 1 < count);
    const bool stays = !leaf || (node.threshold == std::numeric_limits<float>::infinity() && flags == 0);
    const bool has_set = std::uint64_t{record.set} * 64 + record.set_size <= std::uint64_t{sets_.size()} * 64;
    return right_place && stays && has_set && flags <= 9 && node.column < columns && node.threshold == node.threshold &&
           record.value - record.value == 0 && record.cover >= 0 && record.gain == record.gain;
  }

  /// Returns how many rows it has answered; the last few are left.
  template <class Tiles, class... From>
  [[gnu::noinline]] static std::size_t sums_by_tiles(const matrix_view& rows, double* out, std::size_t width,
                                                     std::size_t first, std::size_t stride,
                                                     const From&... from) noexcept {
    Tiles tiles(from...);
    std::size_t done = 0;
    while (const std::size_t more = tiles.run(rows, done, first, stride, out + done * width, width)) done += more;
    return done;
  }

  /// As sum, of trees some of which part categories or are too large to be packed.
  template <class Step>
  double sum_of_unpacked(std::size_t first, std::size_t stride, Step step) const noexcept {
    double total = 0;
    std::size_t tree = first;
    for (; tree + 7 * stride < roots_.size(); tree += 8 * stride) {
      const auto root = [&](std::size_t k) { return roots_[tree + k * stride]; };
      detail::eight_walks at{root(0), root(1), root(2), root(3), root(4), root(5), root(6), root(7)};
      unsigned depth = 0;
      for (std::size_t k = 0; k < 8; ++k)
        depth = depths_[tree + k * stride] > depth ? depths_[tree + k * stride] : depth;
      at.walk(depth, true, [&](std::size_t, std::uint32_t place) { return step(place); });
      at.for_each([&](std::size_t, std::uint32_t place) { total += records_[place].value; });
    }
    for (; tree < roots_.size(); tree += stride) {
      std::uint32_t at = roots_[tree];
      while (!is_leaf(at)) at = step(at);
      total += records_[at].value;
    }
    return total;
  }

  std::uint32_t step(std::uint32_t at, const float* row) const noexcept {
    const tree_node& node = nodes_[at];
    const float x = row[node.column];
    return node.left +
           (static_cast<unsigned>(x > node.threshold) | (static_cast<unsigned>(x != x) & node.missing_right));
  }
  std::uint32_t parting_step(std::uint32_t at, const float* row) const noexcept {
    const tree_node& node = nodes_[at];
    const auto rule = static_cast<split_rule>(node.rule);
    if (rule == split_rule::threshold) return step(at, row);
    const node_record& record = records_[at];
    const float x = row[node.column];
    const std::uint32_t if_missing = node.left + node.missing_right;
    if (rule == split_rule::zero_is_missing) return x < -1e-35F || x > 1e-35F ? step(at, row) : if_missing;
    const bool any_is_missing = rule == split_rule::known_categories;
    const std::uint32_t if_unknown = any_is_missing || x != x ? if_missing : node.left + 1;
    const bool above = x >= 0 || (rule == split_rule::whole_part_in_set && x > -1);
    const float number = x < 0 ? 0 : x;
    if (!(above && number < static_cast<float>(record.set_size))) return if_unknown;
    const auto category = static_cast<std::uint32_t>(number);
    if (any_is_missing && static_cast<float>(category) != x) return if_missing;  // no category
    return node.left + (sets_[record.set + category / 64] >> category % 64 & 1 ? 0 : 1);
  }

  detail::flat_vector<tree_node> nodes_;
  detail::flat_vector<node_record> records_;
  detail::flat_vector<std::uint32_t> roots_;
  detail::flat_vector<unsigned> depths_;
  detail::flat_vector<std::uint64_t> sets_;
  bool has_categories_ = false;
  bool is_partial_ = false;
  detail::packed_trees packed_;
  detail::tree_kernels kernels_ = detail::tree_kernels::of_this_cpu();
  bool all_packed_ = true;  // else packed_ is not used
  detail::oblivious_trees oblivious_;
  bool all_oblivious_ = true;  // else oblivious_ is empty
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_TREE_ENSEMBLE_HPP
