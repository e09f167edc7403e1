#ifndef MILLRACE_MODEL_TREES_DETAIL_SPLIT_NODES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_SPLIT_NODES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>
#include <millrace/model/trees/detail/split_search.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Sets of categories of the trees that one job grows.
struct category_sets {
  flat_vector<std::uint64_t> words;

  std::uint32_t add_set(std::span<const std::uint64_t> bits) {
    const auto first = static_cast<std::uint32_t>(words.size());
    words.append(bits);
    return first;
  }
};

/// Gives a node the set of categories that go left, among those of `to`, an ensemble or category_sets.
template <class Sets>
void set_categories(Sets& to, node_record& record, const split& by, const column_bins& bins) {
  const std::size_t known = bins.bounds.empty() ? 0 : static_cast<std::size_t>(bins.highest) + 1;
  flat_vector<std::uint64_t> left((known + 63) / 64, 0);
  // A category without a code is one of the rarer ones where there were any, else one never seen: as if missing.
  const auto rare = static_cast<std::uint8_t>(bins.bounds.size());
  const bool others_left = bins.has_rare ? by.goes_left(rare) : by.missing_left;
  const auto table = bins.padded();
  for (std::size_t category = 0; category < known; ++category) {
    const auto code = static_cast<std::uint8_t>(bins.code(static_cast<float>(category), table));
    if (code != rare ? by.goes_left(code) : others_left) left[category / 64] |= std::uint64_t{1} << category % 64;
  }
  record.set = to.add_set(left);
  record.set_size = static_cast<std::uint32_t>(known);
}

/// Makes a node of a split, whose codes it says in the values of the column.
template <class Sets>
void set_split(Sets& to, tree_node& node, node_record& record, const split& by, const column_bins& bins) {
  node.column = static_cast<std::uint16_t>(by.column);
  node.missing_right = by.missing_left ? 0 : 1;
  node.rule = by.parts_categories ? 1 : 0;
  record.gain = by.gain;
  if (by.parts_categories) {
    set_categories(to, record, by, bins);
  } else if (by.code < bins.bounds.size()) {
    node.threshold = bins.bounds[by.code];
  }  // else only missing values go right: the threshold stays infinite
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_SPLIT_NODES_HPP
