#ifndef MILLRACE_FEATURE_SPECIFICATION_SPECIFICATION_HPP
#define MILLRACE_FEATURE_SPECIFICATION_SPECIFICATION_HPP

#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// A parameter of a transform: a name, and a number, a text, or a list of either: `{"low", 0}`, `{"with", "median"}`,
/// `{"edges", {10, 50, 100}}`, `{"categories", {"DE", "FR"}}`.
struct parameter {
  std::string name;
  std::vector<double> numbers{};
  std::vector<std::string> texts{};

  parameter() = default;
  parameter(std::string called, double number) : name(std::move(called)), numbers{number} {}
  parameter(std::string called, std::string_view text) : name(std::move(called)), texts{std::string(text)} {}
  parameter(std::string called, std::initializer_list<double> list) : name(std::move(called)), numbers(list) {}
  parameter(std::string called, std::initializer_list<std::string_view> list) : name(std::move(called)) {
    for (const std::string_view text : list) texts.emplace_back(text);
  }
  parameter(std::string called, std::vector<double> list) : name(std::move(called)), numbers(std::move(list)) {}
  parameter(std::string called, std::vector<std::string> list) : name(std::move(called)), texts(std::move(list)) {}

  bool operator==(const parameter&) const = default;
};

/// What to do about one trouble, known at run time. The rules of policies.hpp become one: `missing(flag(0))`.
struct specified_rule {
  trouble about = trouble::missing;
  reaction then = reaction::keep;
  float value = 0;

  constexpr specified_rule() noexcept = default;
  constexpr specified_rule(trouble what, reaction how, float written = 0) noexcept
      : about(what), then(how), value(written) {}
  template <trouble Trouble, reaction Reaction>
  constexpr specified_rule(rule<Trouble, Reaction> from) noexcept : about(Trouble), then(Reaction), value(from.value) {}
};

/// One transform in words, as a configuration has it.
///
///     mf::specification{.name = "amount_z", .type = "standardize", .sources = {"amount"},
///                       .rules = {mf::missing(mf::flag(0))}}
///
/// | type | parameters, each of which may be left out unless it says so |
/// |---|---|
/// | `numerical`, `log`, `log1p`, `missing_flag`, `text_length`, `word_count` | |
/// | `clip` | `low` and `high`, both needed |
/// | `standardize` | `mean` and `stddev`, instead of those that are fitted |
/// | `min_max`, or `normalize` | `low` and `high`, or `min` and `max`, instead of those that are fitted |
/// | `bucket` | `edges`, or `quantiles`: how many buckets. One of them is needed |
/// | `impute` | `with`: `mean` (usual), `median`, `min` or `max` of what it is fitted to, or a number |
/// | `one_hot`, or `onehot` | `categories`, instead of those that are fitted; `most` of those: 100 |
/// | `categorical` | the same; `most`: 1,000,000 |
/// | `hashed` | `columns`, needed: 1 to 65,536 |
/// | `cross` | the same; it has two or three sources |
/// | `temporal` | `parts`: of `hour`, `weekday`, `day`, `month`, `cyclic hour` and so on. Usual: hour and weekday |
/// | `ngrams` | `length`: 1 to 8, and `columns`; both needed |
/// | `aggregation` | `measure`, `time` and `window`, all needed; `key`, `pane`, `lateness`, `quantile`: see below |
/// | `text` | stands for a `text_length` and a `word_count`, named `NAME_length` and `NAME_words` |
///
/// An `aggregation` is over what the rows of the same `key` had in its source within the last `window` of event time,
/// as column `time` has it: `{"measure", "mean"}, {"key", "card"}, {"time", "at"}, {"window", "1h"}`. `table_history`
/// makes its column of the rows that came before; `table_features` reads that. Measures: `count` (of a source of any
/// kind), `sum`, `mean` or `avg`, `variance`, `stddev`, `min`, `max`, `range`, `first`, `last`; and by sketches, in
/// panes of a sixtieth of the window unless `pane` is given, `median`, `interquartile_range`, `quantile` (with
/// `{"quantile", 0.9}`) and `distinct`. Lengths of time are texts: `90s`, `1h30min`, `7d`; the units are ns, us, ms, s,
/// m or min, h, d and w. `lateness`: how much later than others a row may come and still be in the windows.
struct specification {
  /// What its columns are called. As in `features<Event>`, without '.', '=', '#' and control characters.
  std::string name{};
  std::string type{};
  /// The columns that it reads. If there are none, the column that is called as it is.
  std::vector<std::string> sources{};
  std::vector<parameter> parameters{};
  std::vector<specified_rule> rules{};
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_SPECIFICATION_HPP
