#ifndef MILLRACE_MODEL_FORMATS_DETAIL_LIGHTGBM_TEXT_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_LIGHTGBM_TEXT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/detail/outside_tree.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Takes a text apart word by word; several blanks are one.
class word_list {
 public:
  explicit word_list(std::string_view text) noexcept : rest_(text) {}
  /// Empty, if there is no more.
  std::string_view next() noexcept {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view rest_;
};

template <class T>
bool read_word(std::string_view word, T& value) noexcept {
  if constexpr (std::floating_point<T>) {
    return read_real(word, value);
  } else {
    const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
    return read.ec == std::errc() && read.ptr == word.data() + word.size() && !word.empty();
  }
}

/// The lines `name=value` of a section that have one of these names. Others are passed over.
template <std::size_t Names>
class named_lines {
 public:
  explicit constexpr named_lines(const std::array<std::string_view, Names>& names) noexcept : names_(names) {}

  void take(std::string_view line, std::size_t number) noexcept {
    const std::size_t sign = line.find('=');
    for (std::size_t i = 0; i < Names; ++i) {
      if (line.substr(0, sign) != names_[i]) continue;
      lines_[i] = number;
      values_[i] = sign == line.npos ? std::string_view() : line.substr(sign + 1);
    }
  }
  void reset() noexcept {
    lines_ = {};
    values_ = {};
  }
  bool has(std::size_t name) const noexcept { return lines_[name] != 0; }
  std::string_view operator[](std::size_t name) const noexcept { return values_[name]; }
  error wrong(std::size_t name, std::string_view what) const {
    std::string text(names_[name]);
    if (has(name)) text = "line " + std::to_string(lines_[name]) + ": " + text;
    return error(errc::corrupt, text.append(": ").append(what));
  }

  template <class T>
  result<T> number(std::size_t name, T least, T most) const {
    T value{};
    if (!has(name)) return wrong(name, "the line is missing");
    if (!read_word(values_[name], value) || !(value >= least && value <= most))
      return wrong(name, "no number from " + std::to_string(least) + " to " + std::to_string(most));
    return value;
  }
  /// As many numbers as are expected, or, without a line, as many zeros if it `may_lack`.
  template <class T>
  result<void> numbers(std::size_t name, std::size_t expected, std::vector<T>& out, bool may_lack = false) const {
    out.clear();
    if (!has(name) && may_lack) {
      out.resize(expected);
      return {};
    }
    word_list words(values_[name]);
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
      T value{};
      if (!read_word(word, value)) return wrong(name, "\"" + std::string(word.substr(0, 40)) + "\" is no number");
      out.push_back(value);
    }
    if (out.size() == expected) return {};
    return wrong(name, std::to_string(out.size()) + " numbers, expected " + std::to_string(expected));
  }

 private:
  const std::array<std::string_view, Names>& names_;
  std::array<std::size_t, Names> lines_{};
  std::array<std::string_view, Names> values_{};
};

/// Reads a model of LightGBM.
class lightgbm_text {
 public:
  explicit lightgbm_text(std::string_view text) noexcept : text_(text) {}

  result<boosted_model> read() {
    auto done = sections();
    if (!done) return std::move(done).error().wrap("LightGBM model");
    auto made = boosted_model::make(std::move(parts_));
    if (!made) return std::move(made).error().wrap("LightGBM model");
    return made;
  }

 private:
  enum heading : std::size_t { version, trees_of_round, last_column, objective, names, average, headings };
  static constexpr std::array<std::string_view, headings> heading_names = {
      "version", "num_tree_per_iteration", "max_feature_idx", "objective", "feature_names", "average_output"};
  enum field : std::size_t {
    num_leaves,
    num_cat,
    split_feature,
    split_gain,
    threshold,
    decision_type,
    left_child,
    right_child,
    leaf_value,
    leaf_count,
    internal_count,
    cat_boundaries,
    cat_threshold,
    is_linear,
    leaf_const,
    num_features,
    leaf_features,
    leaf_coeff,
    fields
  };
  static constexpr std::array<std::string_view, fields> field_names = {
      "num_leaves",    "num_cat",     "split_feature", "split_gain",   "threshold",      "decision_type",
      "left_child",    "right_child", "leaf_value",    "leaf_count",   "internal_count", "cat_boundaries",
      "cat_threshold", "is_linear",   "leaf_const",    "num_features", "leaf_features",  "leaf_coeff"};

  /// The numbers of a tree, as its lines have them.
  struct arrays {
    std::vector<std::uint32_t> columns, boundaries, words, term_counts, term_columns;
    std::vector<std::int64_t> left, right;
    std::vector<std::uint8_t> decisions;
    std::vector<double> thresholds, values, gains, node_counts, leaf_counts, constants, weights;
    std::vector<std::uint32_t> sets, set_sizes;  // in the ensemble
  };

  bool next_line(std::string_view& line) noexcept {
    if (at_ >= text_.size()) return false;
    const std::size_t end = text_.find('\n', at_);
    line = text_.substr(at_, end == text_.npos ? end : end - at_);
    at_ = end == text_.npos ? text_.size() : end + 1;
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return true;
  }

  result<void> sections() {
    std::string_view line;
    if (!next_line(line) || line != "tree")
      return error(errc::corrupt, "line 1: a model begins with the line \"tree\"");
    named_lines<headings> head(heading_names);
    const auto starts_tree = [&] { return line.substr(0, 5) == "Tree="; };
    bool more = next_line(line);
    for (; more && !starts_tree() && line != "end of trees"; more = next_line(line)) head.take(line, line_);
    if (more)
      if (auto done = read_head(head); !done) return done;
    named_lines<fields> tree(field_names);
    for (std::size_t number = 0; more && starts_tree(); ++number) {
      const std::size_t begin = line_;
      tree.reset();
      while ((more = next_line(line)) && !starts_tree() && line != "end of trees") tree.take(line, line_);
      if (!more) break;
      if (auto done = read_tree(tree); !done)
        return std::move(done).error().wrap("tree " + std::to_string(number) + ", line " + std::to_string(begin));
    }
    if (!more)
      return error(errc::truncated, "line " + std::to_string(line_) + ": the text ends before \"end of trees\"");
    return {};
  }

  result<void> read_head(const named_lines<headings>& head) {
    if (head[version] != "v3" && head[version] != "v4")
      return error(errc::unsupported,
                   "version \"" + std::string(head[version].substr(0, 40)) + "\", known are v3 and v4");
    const auto last = head.number<std::uint32_t>(last_column, 0, most_tree_columns - 1);
    if (!last) return std::move(last).error();
    parts_.inputs = std::size_t{*last} + 1;
    const auto outputs = head.number<std::uint32_t>(trees_of_round, 1, most_boosted_outputs);
    if (!outputs) return std::move(outputs).error();
    parts_.start.assign(*outputs, 0);
    if (head.has(names)) {
      word_list words(head[names]);
      for (std::string_view name = words.next(); !name.empty(); name = words.next()) parts_.columns.emplace_back(name);
      if (parts_.columns.size() != parts_.inputs) return head.wrong(names, "not as many as columns");
    }
    parts_.objective = head[objective];
    if (head.has(average)) {
      std::size_t trees = 0;
      for (std::size_t at = text_.find("\nTree="); at != text_.npos; at = text_.find("\nTree=", at + 1)) ++trees;
      rounds_ = static_cast<double>(trees / *outputs);
    }
    return read_objective();
  }

  /// `binary sigmoid:1`, `regression sqrt`, `multiclass num_class:3`.
  result<void> read_objective() {
    constexpr std::pair<std::string_view, score_link> links[] = {{"regression", score_link::none},
                                                                 {"regression_l1", score_link::none},
                                                                 {"huber", score_link::none},
                                                                 {"fair", score_link::none},
                                                                 {"quantile", score_link::none},
                                                                 {"mape", score_link::none},
                                                                 {"lambdarank", score_link::none},
                                                                 {"rank_xendcg", score_link::none},
                                                                 {"poisson", score_link::exponential},
                                                                 {"gamma", score_link::exponential},
                                                                 {"tweedie", score_link::exponential},
                                                                 {"binary", score_link::sigmoid},
                                                                 {"multiclassova", score_link::sigmoid},
                                                                 {"cross_entropy", score_link::sigmoid},
                                                                 {"multiclass", score_link::softmax},
                                                                 {"cross_entropy_lambda", score_link::softplus}};
    word_list words(parts_.objective);
    const std::string_view name = words.next();
    if (name.empty() || name == "custom") return {};
    const auto* known = &links[0];
    while (known != std::end(links) && known->first != name) ++known;
    if (known == std::end(links)) return unknown(name);
    parts_.link = known->second;
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
      const std::string_view value = word.substr(word.find(':') == word.npos ? word.size() : word.find(':') + 1);
      if (word == "sqrt")
        parts_.link = score_link::square;
      else if (word.substr(0, 8) == "sigmoid:" && !read_word(value, parts_.slope))
        return unknown(word);
      else if (value.empty())
        return unknown(word);
    }
    return {};
  }
  error unknown(std::string_view word) const {
    return error(errc::unsupported, "objective \"" + parts_.objective.substr(0, 80) + "\": unknown is \"" +
                                        std::string(word.substr(0, 40)) + "\"");
  }

  result<void> read_tree(const named_lines<fields>& lines) {
    const auto leaves = lines.number<std::uint32_t>(num_leaves, 1, std::uint32_t{1} << 30);
    if (!leaves) return std::move(leaves).error();
    if (auto done = read_arrays(lines, *leaves); !done) return done;
    const std::size_t inner = *leaves - 1;
    auto tree = ordered(inner + *leaves, parts_.inputs, [&](std::uint64_t number) { return node(number, inner); });
    if (!tree) return std::move(tree).error();
    if (auto done = read_linear(lines, *leaves, inner, *tree); !done) return done;
    parts_.trees.add(tree->nodes, tree->records);
    return {};
  }

  result<void> read_arrays(const named_lines<fields>& lines, std::size_t leaves) {
    arrays& to = tree_;
    const std::size_t inner = leaves - 1;
    result<void> done = lines.numbers(leaf_value, leaves, to.values);  // first: no other count is then only a claim
    const auto next = [&](field name, std::size_t count, auto& out, bool may_lack = false) {
      if (done) done = lines.numbers(name, count, out, may_lack);
    };
    next(split_feature, inner, to.columns);
    next(threshold, inner, to.thresholds);
    next(decision_type, inner, to.decisions);
    next(left_child, inner, to.left);
    next(right_child, inner, to.right);
    next(split_gain, inner, to.gains, true);
    next(internal_count, inner, to.node_counts, true);
    next(leaf_count, leaves, to.leaf_counts, true);
    if (!done) return done;
    for (double& value : to.values) value /= rounds_;
    return read_sets(lines, inner);
  }

  /// The sets of categories, which nodes name by their number in place of a threshold.
  result<void> read_sets(const named_lines<fields>& lines, std::size_t inner) {
    arrays& from = tree_;
    from.sets.clear();
    from.set_sizes.clear();
    std::uint32_t count = 0;
    if (lines.has(num_cat)) {
      const auto given = lines.number<std::uint32_t>(num_cat, 0, std::uint32_t{1} << 30);
      if (!given) return std::move(given).error();
      count = *given;
    }
    if (count > 0) {
      if (auto done = lines.numbers(cat_boundaries, std::size_t{count} + 1, from.boundaries); !done) return done;
      if (auto done = lines.numbers(cat_threshold, from.boundaries.back(), from.words); !done) return done;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (from.boundaries[i] > from.boundaries[i + 1] || from.boundaries[i + 1] > from.words.size() ||
          from.boundaries[i + 1] - from.boundaries[i] > std::uint32_t{1} << 26)
        return lines.wrong(cat_boundaries, "they do not increase");
      bits_.assign((from.boundaries[i + 1] - from.boundaries[i] + 1) / 2, 0);
      for (std::uint32_t k = from.boundaries[i]; k < from.boundaries[i + 1]; ++k) {
        const std::uint32_t word = k - from.boundaries[i];
        bits_[word / 2] |= std::uint64_t{from.words[k]} << word % 2 * 32;
      }
      from.sets.push_back(parts_.trees.add_set(bits_));
      from.set_sizes.push_back(static_cast<std::uint32_t>(bits_.size() * 64));
    }
    for (std::size_t i = 0; i < inner; ++i)
      if ((from.decisions[i] & 1) != 0 && !(from.thresholds[i] >= 0 && from.thresholds[i] < count))
        return lines.wrong(threshold, "node " + std::to_string(i) + " names no set of categories");
    return {};
  }

  /// Inner nodes are numbered first, leaves behind them.
  outside_node node(std::uint64_t number, std::size_t inner) const {
    const arrays& from = tree_;
    outside_node made;
    if (number >= inner) {
      made.leaf = true;
      made.record.value = from.values[number - inner];
      made.record.cover = from.leaf_counts[number - inner];
      return made;
    }
    const auto child = [&](std::int64_t of) {
      return of >= 0 ? (static_cast<std::uint64_t>(of) < inner ? static_cast<std::uint64_t>(of)
                                                               : (std::numeric_limits<std::uint64_t>::max)())
                     : inner + static_cast<std::uint64_t>(~of);
    };
    made.left = child(from.left[number]);
    made.right = child(from.right[number]);
    made.column = from.columns[number];
    made.record.cover = from.node_counts[number];
    made.record.gain = from.gains[number];
    split(made, from.thresholds[number], from.decisions[number]);
    return made;
  }

  /// Bit 0 of a decision: categories; bit 1: missing values go left; bits 2 and 3: none are missing, and NaN is 0;
  /// zeros and NaN are; NaN is.
  void split(outside_node& made, double by, unsigned decision) const {
    const bool missing_left = (decision & 2) != 0;
    const unsigned missing = decision >> 2 & 3;
    if ((decision & 1) != 0) {
      const auto set = static_cast<std::size_t>(by);
      made.rule = split_rule::whole_part_in_set;
      made.record.set = tree_.sets[set];
      made.record.set_size = tree_.set_sizes[set];
      made.missing_right = true;
      made.threshold = 0;
      return;
    }
    made.threshold = float_not_above(by);
    if (missing == 0) {
      made.missing_right = !(0 <= by);
    } else {
      made.missing_right = !missing_left;
      if (missing == 1) made.rule = split_rule::zero_is_missing;
    }
  }

  result<void> read_linear(const named_lines<fields>& lines, std::size_t leaves, std::size_t inner,
                           const ordered_tree& tree) {
    arrays& from = tree_;
    const bool linear = lines.has(is_linear) && lines[is_linear] == "1";
    if (!linear && parts_.constants.empty()) return {};
    if (linear) {
      if (auto done = lines.numbers(leaf_const, leaves, from.constants); !done) return done;
      if (auto done = lines.numbers(num_features, leaves, from.term_counts); !done) return done;
      std::size_t terms = 0;
      for (const std::uint32_t count : from.term_counts) terms += count;
      if (auto done = lines.numbers(leaf_features, terms, from.term_columns); !done) return done;
      if (auto done = lines.numbers(leaf_coeff, terms, from.weights); !done) return done;
      for (const std::uint32_t column : from.term_columns)
        if (column >= parts_.inputs)
          return lines.wrong(leaf_features,
                             "column " + std::to_string(column) + " of " + std::to_string(parts_.inputs));
    }
    if (parts_.constants.empty()) {  // the trees before this one have none
      for (const node_record& record : parts_.trees.records()) parts_.constants.push_back(record.value);
      parts_.first_term.assign(parts_.constants.size() + 1, 0);
    }
    firsts_.assign(leaves + 1, 0);
    for (std::size_t leaf = 0; linear && leaf < leaves; ++leaf)
      firsts_[leaf + 1] = firsts_[leaf] + from.term_counts[leaf];
    for (std::size_t i = 0; i < tree.origins.size(); ++i) {
      const std::size_t leaf = tree.origins[i] - inner;
      const bool has_terms = linear && tree.origins[i] >= inner;
      parts_.constants.push_back(has_terms ? from.constants[leaf] / rounds_ : tree.records[i].value);
      for (std::size_t k = firsts_[has_terms ? leaf : 0]; has_terms && k < firsts_[leaf + 1]; ++k)
        parts_.terms.push_back({from.term_columns[k], from.weights[k] / rounds_});
      parts_.first_term.push_back(static_cast<std::uint32_t>(parts_.terms.size()));
    }
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  double rounds_ = 1;  // that outputs are the mean of
  boosted_parts parts_;
  arrays tree_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::size_t> firsts_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_LIGHTGBM_TEXT_HPP
