#ifndef MILLRACE_MODEL_PIPELINE_DETAIL_ROW_NAMES_HPP
#define MILLRACE_MODEL_PIPELINE_DETAIL_ROW_NAMES_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/detail/renamed_rows.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/detail/spooled_rows.hpp>
#include <millrace/model/pipeline/steps.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Where a row stood among all, before some were held out for the calibration.
inline std::uint64_t place_of_row(std::uint64_t row, bool is_kept, const held_out& from, std::uint64_t total) {
  held_out_draw draw(from, total);
  for (std::uint64_t place = 0;; ++place)
    if (draw.next() == is_kept && row-- == 0) return place;
}

/// What a model or a calibration says of `row 12` and `column 3` of the rows that it was fitted to, in the words of
/// those who gave the events: `names.row(12, is_kept)` and `names.column(3)`.
template <class Names>
error in_names(const error& from, const Names& names, bool is_kept, std::uint64_t rows, std::uint64_t columns) {
  const std::string placed =
      renamed(from.message(), "row ", rows, [&](std::uint64_t row) { return names.row(row, is_kept); });
  // The names of columns come last: they may be any text.
  std::string text =
      is_kept ? placed : renamed(placed, "column ", columns, [&](std::uint64_t one) { return names.column(one); });
  if (from.cause() == nullptr) return error(from.code(), std::move(text));
  return error(from.code(), std::move(text), in_names(*from.cause(), names, is_kept, rows, columns));
}

/// Says why nothing is left to learn from. `what`: "events".
inline error nothing_to_learn(const char* what, std::uint64_t count, std::uint64_t weightless) {
  const std::string all = std::to_string(count) + ' ' + what;
  if (count == 0) return error(errc::invalid_argument, std::string("pipeline: there are no ") + what + " to fit to");
  if (weightless == count)
    return error(errc::invalid_argument, "pipeline: there is nothing to learn from: all " + all + " have weight 0");
  return error(errc::invalid_argument, "pipeline: there is nothing to learn from: of " + all + ' ' +
                                           std::to_string(weightless) +
                                           " have weight 0, the others are held out for the calibration");
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DETAIL_ROW_NAMES_HPP
