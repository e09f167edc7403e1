#ifndef MILLRACE_MODEL_DETAIL_RENAMED_ROWS_HPP
#define MILLRACE_MODEL_DETAIL_RENAMED_ROWS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The text with each `word`, a number below `count` behind it, replaced by what `name` says of the number.
template <class Name>
std::string renamed(const std::string& text, std::string_view word, std::uint64_t count, const Name& name) {
  const auto is_digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  std::string made;
  std::size_t at = 0;
  for (std::size_t found = text.find(word); found != std::string::npos; found = text.find(word, at)) {
    std::size_t end = found + word.size();
    const bool is_number = is_digit(end);
    std::uint64_t number = 0;
    for (; is_digit(end); ++end)
      if (number < count) number = 10 * number + static_cast<std::uint64_t>(text[end] - '0');
    made.append(text, at, found - at);
    if (is_number && number < count)
      made += name(number);
    else
      made.append(text, found, end - found);
    at = end;
  }
  return made.append(text, at);
}

/// What a model says of `row 12` of the rows that it was fitted to, by the numbers that those have for the caller.
inline error in_rows(const error& from, std::span<const std::size_t> rows) {
  std::string text = renamed(from.message(), "row ", rows.size(), [&](std::uint64_t row) {
    return "row " + std::to_string(rows[static_cast<std::size_t>(row)]);
  });
  if (from.cause() == nullptr) return error(from.code(), std::move(text));
  return error(from.code(), std::move(text), in_rows(*from.cause(), rows));
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_RENAMED_ROWS_HPP
