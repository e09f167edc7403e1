#ifndef MILLRACE_MODEL_VALIDATION_SPLITS_HPP
#define MILLRACE_MODEL_VALIDATION_SPLITS_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/validation/detail/contingency.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Rows to fit on and rows to score on, by their numbers, in ascending order. They share no row.
struct fold {
  std::vector<std::size_t> train;
  std::vector<std::size_t> test;
};

namespace detail {

/// Folds from the number of the fold that each row is tested in.
inline std::vector<fold> folds_of(std::span<const std::uint32_t> tested_in, std::size_t folds) {
  std::vector<fold> made(folds);
  for (std::size_t i = 0; i < tested_in.size(); ++i)
    for (std::size_t k = 0; k < folds; ++k) (tested_in[i] == k ? made[k].test : made[k].train).push_back(i);
  return made;
}
inline result<void> usable_folds(std::size_t rows, std::size_t folds, const char* what) {
  if (folds < 2) return error(errc::invalid_argument, "folds: there must be 2 at least");
  if (folds > rows)
    return error(errc::invalid_argument,
                 "folds: " + std::to_string(folds) + " of " + std::to_string(rows) + " " + what);
  if (folds > 0xffff'ffffU) return error(errc::invalid_argument, "folds: 2^32 and more");
  return {};
}

}  // namespace detail

/// k folds at random: each row is tested once. Sizes differ by one row at most.
/// Guarantee: the same seed gives the same folds.
/// Allocates: 8 bytes a row and fold.
/// Errors: invalid_argument: fewer than two folds, or more than rows.
inline result<std::vector<fold>> k_fold(std::size_t rows, std::size_t folds = 5, std::uint64_t seed = 1) {
  if (auto right = detail::usable_folds(rows, folds, "rows"); !right) return std::move(right).error();
  std::vector<std::uint32_t> tested_in(rows);
  for (std::size_t i = 0; i < rows; ++i) tested_in[i] = static_cast<std::uint32_t>(i % folds);
  random_engine random(seed);
  random.shuffle(tested_in);
  return detail::folds_of(tested_in, folds);
}

/// k folds at random in which each class has its share: the rows of a class in two folds differ by one at most, and so
/// do the folds' sizes.
/// Guarantee: the same seed gives the same folds.
/// Allocates: 8 bytes a row and fold.
/// Errors: invalid_argument: fewer than two folds, or more than rows; invalid_data: a class with fewer rows than folds.
inline result<std::vector<fold>> stratified_k_fold(const label_view& labels, std::size_t folds = 5,
                                                   std::uint64_t seed = 1) {
  if (auto right = detail::usable_folds(labels.size(), folds, "rows"); !right) return std::move(right).error();
  if (auto right = detail::whole_ints(labels, "labels"); !right) return std::move(right).error();
  const detail::dense_classes classes(labels);
  std::vector<std::vector<std::uint32_t>> places(classes.classes());  // of each class, the folds of its rows
  std::size_t next = 0;                                               // goes on through the classes: even sizes
  for (std::size_t k = 0; k < classes.classes(); ++k) {
    if (classes.size(k) < folds)
      return error(errc::invalid_data, "labels: class " + std::to_string(classes.value(k)) + " has " +
                                           std::to_string(classes.size(k)) + " rows, fewer than the " +
                                           std::to_string(folds) + " folds");
    for (std::uint64_t i = 0; i < classes.size(k); ++i) places[k].push_back(static_cast<std::uint32_t>(next++ % folds));
  }
  random_engine random(seed);
  for (std::vector<std::uint32_t>& of_class : places) random.shuffle(of_class);
  std::vector<std::uint32_t> tested_in(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    tested_in[i] = places[classes[i]].back();
    places[classes[i]].pop_back();
  }
  return detail::folds_of(tested_in, folds);
}

/// k folds that part no group: all rows of a user, a device or a day are tested together. The largest groups are dealt
/// first, each to the fold with the fewest rows; groups of one size come in random order.
/// Guarantee: the same seed gives the same folds.
/// Allocates: 8 bytes a row and fold.
/// Errors: invalid_argument: fewer than two folds, or more than groups; out_of_range: a number that is no int, with its
/// row.
inline result<std::vector<fold>> group_k_fold(const label_view& groups, std::size_t folds = 5, std::uint64_t seed = 1) {
  if (auto right = detail::whole_ints(groups, "groups"); !right) return std::move(right).error();
  const detail::dense_classes of(groups);
  if (auto right = detail::usable_folds(of.classes(), folds, "groups"); !right) return std::move(right).error();
  struct drawn {
    std::uint64_t size;
    std::uint64_t order;
    std::size_t group;
  };
  random_engine random(seed);
  std::vector<drawn> order(of.classes());
  for (std::size_t g = 0; g < order.size(); ++g) order[g] = {of.size(g), random(), g};
  detail::heap_sort(order.data(), order.size(), [](const drawn& a, const drawn& b) {
    return a.size > b.size || (a.size == b.size && a.order < b.order);
  });
  std::vector<std::uint64_t> filled(folds);
  std::vector<std::uint32_t> fold_of(order.size());
  for (const drawn& next : order) {
    std::size_t least = 0;
    for (std::size_t k = 1; k < folds; ++k) least = filled[k] < filled[least] ? k : least;
    filled[least] += next.size;
    fold_of[next.group] = static_cast<std::uint32_t>(least);
  }
  std::vector<std::uint32_t> tested_in(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) tested_in[i] = fold_of[of[i]];
  return detail::folds_of(tested_in, folds);
}

/// How rows in the order of time are split.
struct time_split_options {
  std::size_t folds = 5;
  /// Rows of each test. 0: rows / (folds + 1).
  std::size_t test = 0;
  /// The most rows to fit on, the latest before the test. 0: all of them.
  std::size_t train = 0;
  /// Rows left out between those to fit on and the test, because what they are to predict was not known yet.
  std::size_t gap = 0;
};

/// Folds of rows that are in the order of time: each test follows the rows to fit on, and the tests follow each other
/// up to the last row. Allocates: 8 bytes a row and fold. Errors: invalid_argument: no folds, or rows too few for the
/// tests, the gap, and one row to fit on.
inline result<std::vector<fold>> time_split(std::size_t rows, const time_split_options& with = {}) {
  if (with.folds < 1) return error(errc::invalid_argument, "time split: folds must be above 0");
  const std::size_t test = with.test != 0 ? with.test : with.folds < rows ? rows / (with.folds + 1) : 0;
  if (test == 0 || test > rows / with.folds || with.gap >= rows - test * with.folds)
    return error(errc::invalid_argument, "time split: " + std::to_string(rows) + " rows are too few for " +
                                             std::to_string(with.folds) + " tests of " +
                                             std::to_string(test == 0 ? 1 : test) + ", a gap of " +
                                             std::to_string(with.gap) + " and one to fit on");
  std::vector<fold> made(with.folds);
  for (std::size_t k = 0; k < with.folds; ++k) {
    const std::size_t begin = rows - (with.folds - k) * test;
    const std::size_t end = begin - with.gap;
    const std::size_t first = with.train != 0 && with.train < end ? end - with.train : 0;
    for (std::size_t i = first; i < end; ++i) made[k].train.push_back(i);
    for (std::size_t i = begin; i < begin + test; ++i) made[k].test.push_back(i);
  }
  return made;
}

/// Copies of the rows of these numbers, one after the other.
/// Precondition: each is below rows.rows().
inline std::vector<float> gather_rows(const matrix_view& rows, std::span<const std::size_t> numbers) {
  std::vector<float> made;
  made.reserve(numbers.size() * rows.columns());
  for (const std::size_t row : numbers)
    for (std::size_t c = 0; c < rows.columns(); ++c) made.push_back(rows(row, c));
  return made;
}
/// Copies of the items of these numbers: targets, labels or weights. Precondition: each is below items.size().
template <class Range>
auto gather(const Range& items, std::span<const std::size_t> numbers) {
  std::vector<std::remove_cvref_t<decltype(items[0])>> made;
  made.reserve(numbers.size());
  for (const std::size_t item : numbers) made.push_back(items[item]);
  return made;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_SPLITS_HPP
