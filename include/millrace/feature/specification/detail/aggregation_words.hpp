#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_AGGREGATION_WORDS_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_AGGREGATION_WORDS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/transforms/numbers.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// An aggregation in words: what `table_history` keeps, and the column that `table_features` reads of it.

struct given_aggregation {
  std::size_t measure = 0;  // its place in `measures`
  std::string source;
  std::string key;  // empty: all events are of one
  std::string time;
  std::int64_t length = 0;  // in nanoseconds, as those below
  std::int64_t pane = 0;    // 0: each event is forgotten by itself
  std::int64_t lateness = 0;
  double quantile = 0;
};

/// From `first_sketch` on they need panes.
inline constexpr std::string_view measures[] = {"count",    "sum",     "mean",   "variance",
                                                "stddev",   "min",     "max",    "range",
                                                "first",    "last",    "median", "interquartile_range",
                                                "quantile", "distinct"};
inline constexpr std::size_t number_of_measures = sizeof measures / sizeof measures[0];
inline constexpr std::size_t first_sketch = 10;
inline constexpr std::size_t quantile_measure = 12;
/// So many panes has a window in words at the most.
inline constexpr std::int64_t most_given_panes = 10'000;

/// Reads a length of time, `1h30min`: whole numbers, each with a unit. Returns whether it is one, and above zero unless
/// `or_zero`.
inline bool read_length(std::string_view text, std::int64_t& length) noexcept {
  struct unit {
    std::string_view word;
    std::int64_t nanoseconds;
  };
  constexpr std::int64_t second = 1'000'000'000;
  constexpr unit units[] = {{"ns", 1},
                            {"us", 1'000},
                            {"ms", 1'000'000},
                            {"s", second},
                            {"m", 60 * second},
                            {"min", 60 * second},
                            {"h", 3'600 * second},
                            {"d", 86'400 * second},
                            {"w", 7 * 86'400 * second}};
  length = 0;
  std::size_t at = 0;
  const auto is_digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  while (at < text.size()) {
    std::int64_t number = 0;
    const std::size_t first = at;
    for (; is_digit(); ++at)
      if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, text[at] - '0', &number))
        return false;
    const std::size_t word = at;
    while (at < text.size() && !is_digit()) ++at;
    std::int64_t each = 0;
    for (const unit& one : units)
      if (one.word == text.substr(word, at - word)) each = one.nanoseconds;
    if (first == word || each == 0 || __builtin_mul_overflow(number, each, &number) ||
        __builtin_add_overflow(length, number, &length))
      return false;
  }
  return !text.empty();
}

/// A length of time among the parameters; `usual` if there is none, which -1 does not allow.
template <class Reader>
std::int64_t length_of(Reader& from, std::string_view name, std::int64_t usual, bool or_zero = false) {
  if (usual >= 0 && !from.has(name)) return usual;
  std::int64_t found = 0;
  const std::string_view text = from.text(name, "");
  if (!read_length(text, found) || (found == 0 && !or_zero))
    from.refuse("parameter \"" + std::string(name) + "\" is \"" + printable(text) +
                "\", it should be a length of time such as \"90s\", \"15min\", \"1h\" or \"7d\"");
  return found;
}
/// The name of a column among the parameters.
template <class Reader>
std::string column_named(Reader& from, std::string_view name) {
  std::string found(from.text(name, ""));
  if (found.empty()) from.refuse("parameter \"" + std::string(name) + "\" should be the name of a column");
  return found;
}

/// Reads the parameters of an aggregation; what is wrong is noted by the reader.
template <class Reader>
given_aggregation aggregation_of(const specification& from, Reader& reader) {
  given_aggregation made;
  const std::string_view word = reader.text("measure", "");
  while (made.measure < number_of_measures && measures[made.measure] != word) ++made.measure;
  if (word == "avg") made.measure = 2;
  if (made.measure == number_of_measures) {
    std::string known;
    for (const std::string_view one : measures) (known += known.empty() ? "" : ", ") += one;
    reader.refuse("parameter \"measure\" is \"" + printable(word) + "\"; known are " + known);
  }
  made.source = from.sources.empty() ? from.name : from.sources[0];
  if (from.sources.size() > 1)
    reader.refuse("aggregation reads one column, not " + std::to_string(from.sources.size()));
  if (reader.has("key")) made.key = column_named(reader, "key");
  made.time = column_named(reader, "time");
  made.length = length_of(reader, "window", -1);
  made.pane = length_of(reader, "pane", made.measure >= first_sketch ? made.length / 60 : 0);
  made.lateness = length_of(reader, "lateness", 0, true);
  if (made.measure == quantile_measure) {
    made.quantile = reader.number("quantile", math::nan);
    if (!(made.quantile >= 0 && made.quantile <= 1))
      reader.refuse("parameter \"quantile\" is " + number_text(made.quantile) + ", it should be from 0 to 1");
  }
  const bool has_panes = made.pane != 0 || made.measure >= first_sketch;
  if (has_panes && (made.pane < 2 || made.length % made.pane != 0 || made.length / made.pane > most_given_panes))
    reader.refuse("a window is a whole number of panes, up to " + std::to_string(most_given_panes) +
                  ", and a pane has two nanoseconds at least: give \"pane\", as in \"1min\"");
  return made;
}

/// Appends what decides the meaning of the column: `(mean of amount by card, 3600000000000ns of at)`.
inline void append_aggregation(std::string& text, const given_aggregation& of) {
  ((text += '(') += measures[of.measure]);
  if (of.measure == quantile_measure) (text += ' ') += number_text(of.quantile);
  (text += " of ") += of.source;
  if (!of.key.empty()) (text += " by ") += of.key;
  ((text += ", ") += std::to_string(of.length)) += "ns of ";
  text += of.time;
  if (of.pane != 0) ((text += ", panes of ") += std::to_string(of.pane)) += "ns";
  if (of.lateness != 0) ((text += ", lateness ") += std::to_string(of.lateness)) += "ns";
  text += ')';
}

/// The column of an aggregation, as `table_history` gives it.
struct aggregation_kernel : numerical_kernel {
  static constexpr std::string_view kind = "aggregation";
  given_aggregation of;

  explicit aggregation_kernel(given_aggregation given) : of(std::move(given)) {}
  void describe(std::string& text) const { append_aggregation(text, of); }
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_AGGREGATION_WORDS_HPP
