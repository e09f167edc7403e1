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
#include <optional>
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
  const std::size_t negatives = from.target.labels.size() - from.target.positives;
  const bool positive = from.target.positives <= negatives;
  const std::size_t rows = positive ? from.target.positives : negatives;
  if (rows >= fewest) return std::nullopt;
  return mr::error(mr::errc::unsupported, "the target " + in_quotes(from.target.name) + " of " + from.name + " is " +
                                              in_quotes(positive ? from.target.positive : from.target.negative) +
                                              " in only " + counted(rows, "row") +
                                              ": too few to train, stop and judge by, " + std::to_string(fewest) +
                                              " are needed");
}

/// Deals each class out by itself, so that every part has the classes in the table's proportion, and at least one row
/// of both. The same seed gives the same parts. Errors: errc::unsupported where a class has too few rows for that.
inline mr::result<row_split> split_rows(const table& from, split_shares shares, std::uint64_t seed) {
  if (auto few = too_few_rows(from)) return *std::move(few);
  mr::random_engine random(seed);
  row_split parts;
  for (const std::uint8_t label : {std::uint8_t{0}, std::uint8_t{1}}) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < from.rows(); ++row)
      if (from.target.labels[row] == label) rows.push_back(row);
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
