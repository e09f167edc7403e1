#ifndef MILLRACE_MODEL_FORMATS_CATEGORY_WORDS_HPP
#define MILLRACE_MODEL_FORMATS_CATEGORY_WORDS_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/value_reader.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// The words that stood for a column's categories in training: category k was `words[k]`. Categories that were numbers
/// are spelled as texts.
struct category_words {
  std::size_t column = 0;
  std::vector<std::string> words{};
};

namespace detail {

/// What follows `name` on the line that begins with it, or nothing.
inline std::string_view line_of(std::string_view text, std::string_view name) noexcept {
  for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1))
    if (at > 0 && text[at - 1] == '\n') {
      const std::string_view line = text.substr(at + name.size());
      return line.substr(0, line.find_first_of("\r\n"));
    }
  return {};
}

/// Which columns hold categories: their range is a list, 0:2:1, while that of numbers is [0:2]. A column that no tree
/// could use says `none`, whatever it holds, and counts where `also_unused`.
inline std::vector<std::size_t> lightgbm_category_columns(std::string_view infos, bool also_unused) {
  std::vector<std::size_t> made;
  std::size_t column = 0;
  for (std::size_t at = 0; at < infos.size(); ++column) {
    const std::size_t end = infos.find(' ', at) == infos.npos ? infos.size() : infos.find(' ', at);
    const std::string_view one = infos.substr(at, end - at);
    if (one == "none" ? also_unused : !one.starts_with('[')) made.push_back(column);
    at = end + 1;
  }
  return made;
}

/// Reads `[["a","b"],[1,2]]`, or `null`. Returns false where the text is something else.
inline bool read_word_lists(std::string_view json, std::vector<std::vector<std::string>>& lists) {
  using token = millrace::detail::json_token;
  millrace::detail::json_reader from(json, true);
  token now = from.next();
  if (now == token::null) return from.next() == token::end;
  if (now != token::array) return false;
  for (now = from.next(); now != token::close; now = from.next()) {
    if (now != token::array) return false;
    lists.emplace_back();
    for (now = from.next(); now != token::close; now = from.next()) {
      if (now == token::text)
        lists.back().push_back(millrace::detail::json_unescaped(from.raw()));
      else if (now == token::number)
        lists.back().emplace_back(from.raw());
      else if (now == token::yes || now == token::no)
        lists.back().emplace_back(now == token::yes ? "True" : "False");
      else
        return false;
    }
  }
  return from.next() == token::end;
}

inline result<std::vector<category_words>> lightgbm_words(std::string_view text) {
  const std::string_view json = line_of(text, "pandas_categorical:");
  std::vector<std::vector<std::string>> lists;
  if (!json.empty() && !read_word_lists(json, lists))
    return error(errc::corrupt, "LightGBM model: pandas_categorical is no list of lists of words");
  std::vector<category_words> made;
  if (lists.empty()) return made;
  const std::string_view infos = line_of(text, "feature_infos=");
  std::vector<std::size_t> columns = lightgbm_category_columns(infos, false);
  if (columns.size() != lists.size()) columns = lightgbm_category_columns(infos, true);
  if (columns.size() != lists.size())
    return error(errc::unsupported, "LightGBM model: pandas_categorical has " + std::to_string(lists.size()) +
                                        " lists of words, and feature_infos does not tell their columns");
  for (std::size_t i = 0; i < lists.size(); ++i) made.push_back({columns[i], std::move(lists[i])});
  return made;
}

/// Reads `learner.gradient_booster.model.cats` of an XGBoost model: for each column nothing, or its categories, as
/// numbers, or as texts that stand one behind the other, with the places where they begin.
class xgboost_words {
 public:
  explicit xgboost_words(std::string_view text) noexcept : from_(text, is_ubjson(text)) {}

  result<std::vector<category_words>> read() {
    const bool done = from_.object([&](std::string_view name) {
      if (name != "learner") return from_.pass();
      return from_.object([&](std::string_view part) {
        if (part != "gradient_booster") return from_.pass();
        return from_.object([&](std::string_view key) {
          if (key == "model") return read_model();
          if (key != "gbtree") return from_.pass();  // in which dart keeps its trees
          return from_.object([&](std::string_view of) { return of == "model" ? read_model() : from_.pass(); });
        });
      });
    });
    if (!done || !from_.end()) return result<void>(from_.problem()).error().wrap("XGBoost model");
    return std::move(made_);
  }

 private:
  static bool is_ubjson(std::string_view text) noexcept {
    return text.size() > 1 && text[0] == '{' && std::string_view("iUIlL$#").find(text[1]) != std::string_view::npos;
  }

  bool read_model() {
    return from_.object([&](std::string_view name) {
      if (name != "cats") return from_.pass();
      return from_.object([&](std::string_view part) {
        if (part != "enc") return from_.pass();
        return from_.objects([&](std::size_t column) { return read_column(column); });
      });
    });
  }
  bool read_column(std::size_t column) {
    std::vector<double> values;
    std::vector<std::uint64_t> begins;
    bool are_texts = false;
    const bool done = from_.object([&](std::string_view name) {
      if (name == "values") return from_.numbers(values);
      if (name != "offsets") return from_.pass();
      are_texts = true;
      return from_.numbers(begins);
    });
    if (!done) return false;
    category_words made{column, {}};
    if (!are_texts)
      for (const double value : values) made.words.push_back(millrace::detail::number_text(value));
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) {
      if (begins[i] > begins[i + 1] || begins[i + 1] > values.size())
        return from_.fail("its texts do not end where they should");
      made.words.emplace_back();
      for (std::uint64_t k = begins[i]; k < begins[i + 1]; ++k) {
        // XGBoost, as of 3.2, takes the number of characters for that of bytes, and cuts the text.
        if (!(values[k] >= 0 && values[k] < 128))
          return from_.fail("categories beyond ASCII, which XGBoost does not write whole", errc::unsupported);
        made.words.back() += static_cast<char>(values[k]);
      }
    }
    if (!made.words.empty()) made_.push_back(std::move(made));
    return true;
  }

  value_reader from_;
  std::vector<category_words> made_;
};

}  // namespace detail

/// Reads from a file of LightGBM or XGBoost which words stood for the categories of its columns, as the data frame had
/// them on which it was trained. A row of `boosted_model` has a word's place in the list instead of the word, and NaN
/// for one that is not in it.
///
///     auto columns = mr::model::read_category_words(*bytes);
///     for (const auto& one : *columns) std::printf("column %zu: %zu categories\n", one.column, one.words.size());
///
/// LightGBM keeps them as `pandas_categorical`, XGBoost since 3.1. Columns are in ascending order; a file without
/// words, or of another kind, has none.
/// Complexity: linear in the bytes. Allocates: the words.
/// Errors: corrupt; unsupported (LightGBM: lists of words that no column can be told for; XGBoost: words beyond ASCII,
/// of which it writes a part, as of 3.2).
template <class = void>
result<std::vector<category_words>> read_category_words(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("tree\n") || text.starts_with("tree\r\n")) return detail::lightgbm_words(text);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin < text.size() && text[begin] == '{') return detail::xgboost_words(text).read();
  return std::vector<category_words>();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_CATEGORY_WORDS_HPP
