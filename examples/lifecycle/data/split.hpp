#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_SPLIT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_SPLIT_HPP

#include "../format.hpp"
#include "table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

/// Which rows of a table serve for what: `train` to learn from, `validation` to stop by, `holdout` to judge with.
struct row_split {
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> holdout;
};

struct split_shares {
  double validation = 0.15;
  double holdout = 0.25;
};

/// The error for a table of which a class has too few rows for every part to get one, if so.
inline std::optional<mr::error> too_few_rows(const table& from) {
  constexpr std::size_t fewest = 5;
  constexpr std::size_t fewest_numbers = 10;
  const std::string target = "the target " + in_quotes(from.target.name) + " of " + from.name;
  if (from.target.task == task_kind::number) {
    if (from.target.values.size() >= fewest_numbers) return std::nullopt;
    return mr::error(mr::errc::unsupported, target + " has only " + counted(from.target.values.size(), "row") +
                                                ": too few to train, stop and judge by, " +
                                                std::to_string(fewest_numbers) + " are needed");
  }
  const std::vector<std::size_t> sizes = from.target.class_sizes();
  const auto rarest = std::min_element(sizes.rbegin(), sizes.rend());  // of two that are as rare, the positive one
  const std::size_t rows = *rarest;
  if (rows >= fewest) return std::nullopt;
  const auto label = static_cast<std::size_t>(sizes.rend() - rarest) - 1;
  return mr::error(mr::errc::unsupported, target + " is " + in_quotes(from.target.classes[label]) + " in only " +
                                              counted(rows, "row") + ": too few to train, stop and judge by, " +
                                              std::to_string(fewest) + " are needed");
}

namespace detail {

/// The rows of each class; all rows where numbers are to be learned.
inline std::vector<std::vector<std::size_t>> rows_by_class(const target_column& target,
                                                           std::span<const std::size_t> rows) {
  std::vector<std::vector<std::size_t>> by_class((std::max)(std::size_t{1}, target.classes.size()));
  for (const std::size_t row : rows) by_class[target.classes.empty() ? 0 : target.labels[row]].push_back(row);
  return by_class;
}

}  // namespace detail

/// About so many of these rows at most, the classes in their proportion, and at least `fewest` of each, where there are
/// as many. In the rows' order; the same seed gives the same.
inline std::vector<std::size_t> sample_rows(const target_column& target, std::span<const std::size_t> rows,
                                            std::size_t most, std::size_t fewest, std::uint64_t seed) {
  if (rows.size() <= most) return {rows.begin(), rows.end()};
  mr::random_engine random(seed);
  std::vector<std::size_t> sample;
  for (std::vector<std::size_t>& of_class : detail::rows_by_class(target, rows)) {
    random.shuffle(of_class);
    const double share = static_cast<double>(most) / static_cast<double>(rows.size());
    const auto wanted = static_cast<std::size_t>(std::lround(share * static_cast<double>(of_class.size())));
    of_class.resize((std::min)(of_class.size(), (std::max)(wanted, fewest)));
    sample.insert(sample.end(), of_class.begin(), of_class.end());
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

/// Deals each class out by itself, so that every part has the classes in the table's proportion, and at least one row
/// of each. The same seed gives the same parts. Errors: errc::unsupported where there are too few rows for that.
inline mr::result<row_split> split_rows(const table& from, split_shares shares, std::uint64_t seed) {
  if (auto few = too_few_rows(from)) return *std::move(few);
  mr::random_engine random(seed);
  row_split parts;
  std::vector<std::size_t> all(from.rows());
  std::iota(all.begin(), all.end(), std::size_t{0});
  for (std::vector<std::size_t>& rows : detail::rows_by_class(from.target, all)) {
    random.shuffle(rows);
    const auto part = [&](double share) {
      return (std::max)(std::size_t{1},
                        static_cast<std::size_t>(std::lround(share * static_cast<double>(rows.size()))));
    };
    const auto holdout_end = rows.begin() + static_cast<std::ptrdiff_t>(part(shares.holdout));
    const auto validation_end = holdout_end + static_cast<std::ptrdiff_t>(part(shares.validation));
    parts.holdout.insert(parts.holdout.end(), rows.begin(), holdout_end);
    parts.validation.insert(parts.validation.end(), holdout_end, validation_end);
    parts.train.insert(parts.train.end(), validation_end, rows.end());
  }
  for (auto* rows : {&parts.train, &parts.validation, &parts.holdout}) std::sort(rows->begin(), rows->end());
  return parts;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_SPLIT_HPP
