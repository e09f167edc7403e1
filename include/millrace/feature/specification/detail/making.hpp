#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_MAKING_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_MAKING_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/diagnosis.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/specification/detail/aggregation_words.hpp>
#include <millrace/feature/specification/detail/named_transform.hpp>
#include <millrace/feature/specification/detail/parameter_reader.hpp>
#include <millrace/feature/specification/detail/table_cells.hpp>
#include <millrace/feature/specification/detail/words.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// From a list of specifications to transforms. Templates, as in words.hpp.

/// The place of a column by its name, or how many there are.
template <class Columns>
std::size_t place_of_column(const Columns& columns, std::string_view name) noexcept {
  std::size_t i = 0;
  while (i < columns.size() && columns[i].name != name) ++i;
  return i;
}

/// Whether a column of this kind has what a transform reads. Categories and texts are both texts.
constexpr bool has_kind(reads_what wanted, column_kind kind) noexcept {
  const bool words = kind == column_kind::category || kind == column_kind::text;
  return wanted == reads_what::anything || (wanted == reads_what::numbers && kind == column_kind::number) ||
         (wanted == reads_what::times && kind == column_kind::time) ||
         ((wanted == reads_what::categories || wanted == reads_what::texts) && words);
}
constexpr std::string_view plural_of(reads_what what) noexcept {
  constexpr std::string_view names[] = {"numbers", "categories", "texts", "times", "anything"};
  return names[static_cast<unsigned>(what)];
}
template <class Reader>
given_policy policy_of_rules(const specification& from, Reader& reader) {
  given_policy how;
  trouble_set seen = 0;
  for (const specified_rule& rule : from.rules) {
    const bool possible = rule.about >= trouble::missing && rule.about <= trouble::mistyped &&
                          rule.then <= reaction::as_missing &&
                          (rule.then != reaction::as_missing || rule.about != trouble::missing);
    if (!possible) {
      reader.refuse("a rule is about no trouble, or says nothing that can be done about it");
      continue;
    }
    if ((seen & bit_of(rule.about)) != 0)
      reader.refuse("two rules are about values that are " + std::string(to_string(rule.about)));
    else
      how.set(rule.about, rule.then, rule.value);
    seen |= bit_of(rule.about);
  }
  return how;
}
/// Says if a rule is about a trouble that a transform never meets.
template <class Reader>
void check_rules(const specification& from, trouble_set meets, Reader& reader) {
  for (const specified_rule& rule : from.rules)
    if ((meets & bit_of(rule.about)) == 0)
      reader.refuse(from.type + " never meets a value that is " + std::string(to_string(rule.about)));
}
template <class Columns>
class transform_maker {
 public:
  transform_maker(const Columns& columns, std::vector<declared_column>& inputs) : columns_(columns), inputs_(inputs) {}

  result<cloned<named_transform>> make(const specification& from) const {
    const auto refused = [&](const std::string& why) {
      return error(errc::invalid_argument, "feature \"" + printable(from.name) + "\": " + why);
    };
    if (!is_name(from.name)) return refused("a name is not empty, and has no '.', '=', '#' or control character");
    parameter_reader reader(from);
    const given_policy how = policy_of_rules(from, reader);
    made_transform made = from.type == "aggregation" ? boxed(aggregation_kernel(aggregation_of(from, reader)), how)
                                                     : transform_named(from.type, reader, how);
    if (made) reader.finish();
    if (made) check_rules(from, made->meets(), reader);
    if (!reader.problem().empty()) return refused(reader.problem());
    made->name = from.name;
    std::string wrong = find_sources(from, *made);
    if (!wrong.empty()) return refused(wrong);
    return cloned<named_transform>(std::move(made));
  }

 private:
  /// Returns what is wrong, or nothing.
  std::string find_sources(const specification& from, named_transform& made) const {
    const std::vector<std::string> own{from.name};
    const bool made_before = from.type == "aggregation";  // by table_history, as a column of its own
    const std::vector<std::string>& sources = from.sources.empty() || made_before ? own : from.sources;
    const bool cross = from.type == "cross";
    if (cross ? sources.size() < 2 || sources.size() > most_sources : sources.size() != 1)
      return from.type + " reads " + (cross ? "two or three columns" : "one column") + ", not " +
             std::to_string(sources.size());
    for (const std::string& name : sources) {
      const std::size_t i = place_of_column(columns_, name);
      if (i == columns_.size())
        return "column \"" + printable(name) + "\" is not there; there are [" + listed(columns_) + ']' +
               (made_before ? "; table_history adds it" : "");
      if (!has_kind(made.reads(), columns_[i].kind))
        return from.type + " reads " + std::string(plural_of(made.reads())) + ", and column \"" + printable(name) +
               "\" is a " + std::string(to_string(columns_[i].kind)) + " column";
      const std::size_t input = place_of_column(inputs_, name);
      if (input == inputs_.size()) inputs_.push_back({name, columns_[i].kind});
      made.inputs.push_back(input);
    }
    return {};
  }

  const Columns& columns_;
  std::vector<declared_column>& inputs_;
};

/// Replaces what stands for several transforms by them.
template <class Specifications>
std::vector<specification> expanded(const Specifications& from) {
  std::vector<specification> made;
  for (const specification& one : from) {
    if (one.type != "text") {
      made.push_back(one);
      continue;
    }
    for (const char* const part : {"length", "words"}) {
      specification each = one;
      if (each.sources.empty()) each.sources.push_back(one.name);
      each.name += std::string("_") + part;
      each.type = part[0] == 'l' ? "text_length" : "word_count";
      made.push_back(std::move(each));
    }
  }
  return made;
}

// ---- specifications as bytes

template <class Writer>
void save_specification(Writer& to, const specification& one) {
  to.text(one.name);
  to.text(one.type);
  to.u64(one.sources.size());
  for (const std::string& name : one.sources) to.text(name);
  to.u64(one.parameters.size());
  for (const parameter& each : one.parameters) {
    to.text(each.name);
    to.u64(each.numbers.size());
    for (const double number : each.numbers) to.f64(number);
    to.u64(each.texts.size());
    for (const std::string& text : each.texts) to.text(text);
  }
  to.u64(one.rules.size());
  for (const specified_rule& each : one.rules) {
    to.u8(static_cast<std::uint8_t>(each.about));
    to.u8(static_cast<std::uint8_t>(each.then));
    to.u32(std::bit_cast<std::uint32_t>(each.value));
  }
}
template <class Reader>
specification load_specification(Reader& from) {
  specification one;
  one.name = from.text();
  one.type = from.text();
  one.sources.resize(from.count(8));
  for (std::string& name : one.sources) name = from.text();
  one.parameters.resize(from.count(24));
  for (parameter& each : one.parameters) {
    each.name = from.text();
    each.numbers.resize(from.count(8));
    for (double& number : each.numbers) number = from.f64();
    each.texts.resize(from.count(8));
    for (std::string& text : each.texts) text = from.text();
  }
  one.rules.resize(from.count(6));
  for (specified_rule& each : one.rules) {
    each.about = static_cast<trouble>(from.u8());
    each.then = static_cast<reaction>(from.u8());
    each.value = std::bit_cast<float>(from.u32());
  }
  return one;
}

/// The columns that are read.
template <class Writer>
void save_columns(Writer& to, const std::vector<declared_column>& columns) {
  to.u64(columns.size());
  for (const declared_column& one : columns) {
    to.text(one.name);
    to.u8(static_cast<std::uint8_t>(one.kind));
  }
}
/// Returns whether the kinds are possible.
template <class Reader>
bool load_columns(Reader& from, std::vector<declared_column>& columns) {
  columns.resize(from.count(9));
  bool possible = true;
  for (declared_column& one : columns) {
    one.name = from.text();
    const std::uint8_t kind = from.u8();
    possible = possible && kind <= static_cast<std::uint8_t>(column_kind::time);
    one.kind = static_cast<column_kind>(kind);
  }
  return possible;
}

/// What is made of a list begins its saved form with the list and the columns that it reads.
template <class Writer>
void save_list(Writer& to, const std::vector<specification>& list, const std::vector<declared_column>& inputs) {
  to.u64(list.size());
  for (const specification& one : list) save_specification(to, one);
  save_columns(to, inputs);
}
/// Makes it again by `Made::make`; `load_parts(made, from)` returns whether its parts are sound.
/// Errors: corrupt, and those of the reader's `finish`.
template <class Made, class Reader, class LoadParts>
result<Made> load_made(const char* kind, Reader& from, const LoadParts& load_parts) {
  std::vector<specification> list(from.count(40));
  for (specification& one : list) one = load_specification(from);
  std::vector<declared_column> inputs;
  bool possible = load_columns(from, inputs);
  if (!from.ok() || !possible) {
    if (auto done = from.finish(false); !done) return std::move(done).error();
  }
  auto made = Made::make(list, inputs);
  if (!made) return error(errc::corrupt, std::string("saved ") + kind + ": " + made.error().describe());
  possible = load_parts(*made, from);
  possible = possible && made->specifications().size() == list.size() && made->inputs().size() == inputs.size();
  for (std::size_t i = 0; possible && i < inputs.size(); ++i) possible = made->inputs()[i].name == inputs[i].name;
  if (auto done = from.finish(possible); !done) return std::move(done).error();
  return made;
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_MAKING_HPP
