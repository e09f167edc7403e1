#ifndef MILLRACE_MODEL_FORMATS_DETAIL_CATBOOST_FILE_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_CATBOOST_FILE_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/detail/outside_tree.hpp>
#include <millrace/model/formats/detail/value_reader.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A feature, of numbers or of categories: CatBoost counts each kind by itself, and all of them as columns.
struct catboost_feature {
  std::uint64_t index = 0;
  std::uint64_t column = 0;
  std::string name;
  bool missing_above = false;
  std::vector<std::int64_t> categories;                         // hashes, those that splits ask for
  std::vector<std::pair<std::int64_t, std::uint32_t>> codes{};  // these in order, each with its place in categories
};

/// A row goes right if its number is above the border, or if it is of the category.
struct catboost_split {
  enum class kind : std::uint8_t { none, number, category, other } by = kind::none;
  std::uint64_t feature = 0;
  float border = 0;
  std::int64_t category = 0;
};

/// A tree as the file has it. An oblivious one has a split a level, where the first says the lowest bit of a leaf's
/// number, and its leaves' values one behind the other. Of another one, `nodes` has all, each with its place in
/// `splits`; a node without one is a leaf.
struct catboost_tree {
  struct node {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::size_t value = ~std::size_t{0};  // of a leaf: its first number's place
    double weight = 0;
  };
  std::vector<catboost_split> splits;
  std::vector<node> nodes;
  std::vector<double> values, weights;
};

/// What the losses known make of scores: what CatBoost's `predict` of each does by default, but of classes the
/// probabilities.
struct catboost_loss {
  std::string_view name;
  score_link link = score_link::none;
};
inline constexpr catboost_loss catboost_losses[] = {
    {"Logloss", score_link::sigmoid},
    {"CrossEntropy", score_link::sigmoid},
    {"Focal", score_link::sigmoid},
    {"MultiLogloss", score_link::sigmoid},
    {"MultiCrossEntropy", score_link::sigmoid},
    {"MultiClassOneVsAll", score_link::sigmoid},
    {"MultiClass", score_link::softmax},
    {"Poisson", score_link::exponential},
    {"Tweedie", score_link::exponential},
    {"RMSE"},
    {"MAE"},
    {"Quantile"},
    {"MultiQuantile"},
    {"GroupQuantile"},
    {"LogLinQuantile"},
    {"MAPE"},
    {"RMSPE"},
    {"Lq"},
    {"Huber"},
    {"Expectile"},
    {"LogCosh"},
    {"MultiRMSE"},
    {"MultiRMSEWithMissingValues"},
    {"SurvivalAft"},
    {"Cox"},
    {"QueryRMSE"},
    {"QuerySoftMax"},
    {"QueryCrossEntropy"},
    {"PairLogit"},
    {"PairLogitPairwise"},
    {"YetiRank"},
    {"YetiRankPairwise"},
    {"LambdaMart"},
    {"StochasticFilter"},
    {"StochasticRank"},
    {"UserPerObjMetric"},
    {"UserQuerywiseMetric"},
    {"PythonUserDefinedPerObject"},
    {"PythonUserDefinedMultiTarget"},
};

/// Reads a model of CatBoost.
class catboost_file {
 public:
  explicit catboost_file(std::string_view text) noexcept : from_(text, false) {}

  result<boosted_model> read() {
    if (!read_file()) return result<void>(from_.problem()).error().wrap("CatBoost model");
    auto done = assemble();
    if (!done) return std::move(done).error().wrap("CatBoost model");
    auto made = boosted_model::make(std::move(parts_));
    if (!made) return std::move(made).error().wrap("CatBoost model");
    return made;
  }

  /// Whether a member of this name stands in the outermost object of CatBoost's files.
  static bool has_member(std::string_view name) noexcept {
    for (const char* one : {"features_info", "model_info", "oblivious_trees", "trees", "scale_and_bias", "ctr_data"})
      if (name == one) return true;
    return false;
  }

 private:
  bool read_file() {
    const bool done = from_.object([&](std::string_view name) {
      if (name == "features_info") return read_features();
      if (name == "model_info") return read_info();
      if (name == "scale_and_bias") return read_scale();
      if (name == "oblivious_trees") return read_trees([&](catboost_tree& to) { return read_oblivious(to); });
      if (name == "trees") return read_trees([&](catboost_tree& to) { return read_node(to); });
      return from_.pass();
    });
    return done && from_.end();
  }

  bool read_features() {
    return from_.object([&](std::string_view name) {
      if (name == "float_features") return read_kind(numbers_);
      if (name == "categorical_features") return read_kind(categories_);
      if (name == "ctrs") return from_.skip_null() || from_.objects([&](std::size_t) { return read_counter(); });
      if (name == "text_features" || name == "embedding_features")
        return from_.skip_null() ||
               from_.objects([&](std::size_t) { return from_.fail("not supported", errc::unsupported); });
      return from_.pass();
    });
  }
  bool read_kind(std::vector<catboost_feature>& to) {
    return from_.skip_null() || from_.objects([&](std::size_t) {
      to.emplace_back();
      return from_.object([&](std::string_view name) {
        catboost_feature& one = to.back();
        if (name == "feature_index") return from_.count(one.index);
        if (name == "flat_feature_index") return from_.count(one.column);
        if (name == "feature_id") return from_.text(one.name);
        if (name == "values") return from_.skip_null() || from_.numbers(one.categories);
        if (name != "nan_value_treatment") return from_.pass();
        std::string treatment;
        if (!from_.text(treatment)) return false;
        one.missing_above = treatment == "AsTrue";
        return one.missing_above || treatment == "AsFalse" || treatment == "AsIs" ||
               from_.fail("no treatment of NaN that is known");
      });
    });
  }
  /// Of what a counter counts, for the error's text.
  bool read_counter() {
    counter made;
    const bool done = from_.object([&](std::string_view name) {
      if (name == "ctr_type") return from_.text(made.type);
      if (name != "elements") return from_.pass();
      return from_.objects([&](std::size_t) {
        return from_.object([&](std::string_view key) {
          if (key != "cat_feature_index") return from_.pass();
          made.features.push_back(0);
          return from_.count(made.features.back());
        });
      });
    });
    if (done && std::find(counters_.begin(), counters_.end(), made) == counters_.end())
      counters_.push_back(std::move(made));
    return done;
  }

  bool read_info() {
    return from_.object([&](std::string_view name) {
      if (name != "params") return from_.pass();
      if (!from_.next_is(json_token::text)) return read_parameters(from_);
      std::string nested;  // as older versions write it
      if (!from_.text(nested)) return false;
      value_reader inner(nested, false);
      return (read_parameters(inner) && inner.end()) || from_.fail("no JSON within the text");
    });
  }
  bool read_parameters(value_reader& from) {
    return from.object([&](std::string_view name) {
      if (name != "loss_function") return from.pass();
      return from.object(
          [&](std::string_view key) { return key == "type" ? from.text(parts_.objective) : from.pass(); });
    });
  }
  /// [scale, [bias, ..]], or [scale, bias] as older versions write it.
  bool read_scale() {
    std::size_t at = 0;
    return from_.array([&](json_token token) {
      from_.put_back(token);
      if (at++ == 0) return from_.number(scale_);
      if (token == json_token::array) return from_.numbers(bias_);
      bias_.assign(1, 0);
      return from_.number(bias_[0]);
    });
  }

  template <class Read>
  bool read_trees(const Read& read) {
    trees_.clear();
    return from_.skip_null() || from_.objects([&](std::size_t) {
      trees_.emplace_back();
      return read(trees_.back());
    });
  }
  bool read_oblivious(catboost_tree& to) {
    return from_.object([&](std::string_view name) {
      if (name == "leaf_values") return from_.skip_null() || from_.numbers(to.values);
      if (name == "leaf_weights") return from_.skip_null() || from_.numbers(to.weights);
      if (name != "splits") return from_.pass();
      to.splits.clear();
      return from_.skip_null() || from_.objects([&](std::size_t) {
        to.splits.emplace_back();
        return read_split(to.splits.back());
      });
    });
  }
  /// Reads a node with all below it; the reader bounds how deep they are.
  bool read_node(catboost_tree& to) {
    const std::size_t at = to.nodes.size();
    to.nodes.emplace_back();
    to.splits.emplace_back();
    return from_.object([&](std::string_view name) {
      if (name == "left" || name == "right") {
        (name == "left" ? to.nodes[at].left : to.nodes[at].right) = to.nodes.size();
        return read_node(to);
      }
      if (name == "split") return read_split(to.splits[at]);
      if (name == "weight") return from_.number(to.nodes[at].weight);
      if (name != "value") return from_.pass();
      to.nodes[at].value = to.values.size();
      return read_values(to.values);
    });
  }
  bool read_values(std::vector<double>& to) {
    std::vector<double> some(1);
    if (!(from_.next_is(json_token::array) ? from_.numbers(some) : from_.number(some[0]))) return false;
    to.insert(to.end(), some.begin(), some.end());
    return true;
  }
  bool read_split(catboost_split& to) {
    return from_.object([&](std::string_view name) {
      if (name == "float_feature_index" || name == "cat_feature_index") return from_.count(to.feature);
      if (name == "border") return from_.number(to.border);
      if (name == "value") return from_.number(to.category);
      if (name != "split_type") return from_.pass();
      std::string type;
      if (!from_.text(type)) return false;
      using kind = catboost_split::kind;
      to.by = type == "FloatFeature" ? kind::number : type == "OneHotFeature" ? kind::category : kind::other;
      if (to.by == kind::other && type != "OnlineCtr")
        return from_.fail("a kind of split that is not supported", errc::unsupported);
      has_counters_ = has_counters_ || to.by == kind::other;
      return true;
    });
  }

  result<void> assemble() {
    if (has_counters_ || !counters_.empty()) return error(errc::unsupported, "counters of categories" + all_counters());
    if (auto done = find_columns(); !done) return done;
    if (auto done = find_link(); !done) return done;
    const std::size_t outputs = outputs_of_trees();
    if (bias_.empty()) bias_.assign(outputs, 0);
    if (bias_.size() == 1) bias_.resize(outputs, bias_[0]);
    if (outputs > most_boosted_outputs || bias_.size() > most_boosted_outputs)
      return error(errc::unsupported, "more than 65,536 outputs");
    parts_.start = bias_;
    for (std::size_t tree = 0; tree < trees_.size(); ++tree)
      if (auto done = add_tree(trees_[tree]); !done)
        return std::move(done).error().wrap("tree " + std::to_string(tree));
    return {};
  }
  std::string all_counters() const {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < counters_.size() && i < most; ++i) {
      text += (i == 0 ? ": " : ", ") + counters_[i].type.substr(0, 40) + '(';
      for (const std::uint64_t feature : counters_[i].features)
        text += (text.back() == '(' ? "" : ", ") + name_of_category(feature);
      text += ')';
    }
    if (counters_.size() > most) text += " and " + std::to_string(counters_.size() - most) + " more";
    return text + "; a model trained with a one_hot_max_size of all categories has none";
  }
  std::string name_of_category(std::uint64_t index) const {
    for (const catboost_feature& one : categories_)
      if (one.index == index) return one.name.empty() ? std::to_string(one.column) : one.name.substr(0, 60);
    return "categories " + std::to_string(index);
  }

  /// Columns are named where the file has a name for each.
  result<void> find_columns() {
    std::uint64_t last = 0;
    bool named = true;
    for (auto* kind : {&numbers_, &categories_}) {
      std::sort(kind->begin(), kind->end(), [](const auto& a, const auto& b) { return a.index < b.index; });
      for (std::size_t i = 0; i < kind->size(); ++i) {
        const catboost_feature& one = (*kind)[i];
        if (i > 0 && one.index == (*kind)[i - 1].index)
          return error(errc::corrupt, "two features have the index " + std::to_string(one.index));
        last = one.column > last ? one.column : last;
        named = named && !one.name.empty();
      }
    }
    if (last >= most_tree_columns)
      return error(errc::unsupported, "its last column is " + std::to_string(last) + ", at most 65535 is supported");
    if (numbers_.empty() && categories_.empty()) return error(errc::corrupt, "it has no features");
    parts_.inputs = static_cast<std::size_t>(last) + 1;
    std::vector<std::string> names(parts_.inputs);
    std::vector<bool> seen(parts_.inputs);
    for (const auto* kind : {&numbers_, &categories_}) {
      for (const catboost_feature& one : *kind) {
        if (seen[one.column]) return error(errc::corrupt, "two features are column " + std::to_string(one.column));
        seen[one.column] = true;
        names[one.column] = one.name;
      }
    }
    if (named) parts_.columns = std::move(names);
    return find_categories();
  }
  result<void> find_categories() {
    for (catboost_feature& one : categories_) {
      if (one.categories.size() > most_categories)
        return error(errc::unsupported, "column " + std::to_string(one.column) + ": more than 16,777,216 categories");
      if (one.categories.size() > largest_set_) largest_set_ = one.categories.size();
      for (const std::int64_t hash : one.categories) {
        one.codes.emplace_back(hash, static_cast<std::uint32_t>(one.codes.size()));
        parts_.categories.push_back({static_cast<std::uint32_t>(one.column), static_cast<std::uint32_t>(hash)});
      }
      std::sort(one.codes.begin(), one.codes.end());
    }
    return {};
  }
  /// A file that names no loss, of a sum of models, has scores.
  result<void> find_link() {
    if (parts_.objective.empty()) return {};
    for (const catboost_loss& known : catboost_losses) {
      if (known.name != parts_.objective) continue;
      parts_.link = known.link;
      return {};
    }
    return error(errc::unsupported, "loss \"" + parts_.objective.substr(0, 60) + "\"");
  }

  static std::size_t leaves_of(const catboost_tree& tree) noexcept {
    if (!tree.nodes.empty()) return (tree.nodes.size() + 1) / 2;
    return tree.splits.size() < 32 ? std::size_t{1} << tree.splits.size() : 0;
  }
  std::size_t outputs_of_trees() const noexcept {
    if (bias_.size() > 1) return bias_.size();
    for (const catboost_tree& tree : trees_)
      if (const std::size_t leaves = leaves_of(tree); leaves > 0 && tree.values.size() > leaves)
        return tree.values.size() / leaves;
    return 1;
  }

  result<void> add_tree(const catboost_tree& from) {
    const std::size_t outputs = parts_.start.size();
    const std::size_t leaves = leaves_of(from);
    const bool oblivious = from.nodes.empty();
    if (leaves == 0 || from.values.size() != leaves * outputs)
      return error(errc::corrupt, "it has " + std::to_string(from.values.size()) +
                                      " values, which is not one for each leaf and output");
    if (oblivious && !from.weights.empty() && from.weights.size() != leaves)
      return error(errc::corrupt, "leaf_weights has not a number for each leaf");
    if (auto done = find_splits(from); !done) return done;
    for (std::size_t k = 0; k < outputs; ++k) {
      auto tree = oblivious ? ordered(2 * leaves - 1, parts_.inputs,
                                      [&](std::uint64_t node) { return oblivious_node(from, leaves, node, k); })
                            : ordered(from.nodes.size(), parts_.inputs,
                                      [&](std::uint64_t node) { return other_node(from, node, k); });
      if (!tree) return std::move(tree).error();
      find_gains(*tree, oblivious);
      parts_.trees.add(tree->nodes, tree->records);
    }
    return {};
  }

  /// Finds what a tree's splits are as nodes.
  result<void> find_splits(const catboost_tree& from) {
    splits_.assign(from.splits.size(), {});
    for (std::size_t i = 0; i < from.splits.size(); ++i) {
      const catboost_split& split = from.splits[i];
      const auto in_split = [&](const std::string& what) {
        return error(errc::corrupt, "split " + std::to_string(i) + ": " + what);
      };
      outside_node& made = splits_[i];
      if (split.by == catboost_split::kind::none) {
        if (from.nodes.empty()) return in_split("it has no split_type");
        made.leaf = true;
        if (from.nodes[i].value > from.values.size() || from.values.size() - from.nodes[i].value < parts_.start.size())
          return error(errc::corrupt, "node " + std::to_string(i) + ": it has neither a split nor enough values");
        continue;
      }
      const bool number = split.by == catboost_split::kind::number;
      const auto& kind = number ? numbers_ : categories_;
      const auto found =
          std::lower_bound(kind.begin(), kind.end(), split.feature,
                           [](const auto& feature, std::uint64_t index) { return feature.index < index; });
      if (found == kind.end() || found->index != split.feature)
        return in_split((number ? "float feature " : "categorical feature ") + std::to_string(split.feature) +
                        " is not in features_info");
      made.column = found->column;
      if (number) {
        made.threshold = split.border;
        made.missing_right = found->missing_above;
        continue;
      }
      const auto known = std::lower_bound(found->codes.begin(), found->codes.end(), std::pair{split.category, 0U});
      if (known == found->codes.end() || known->first != split.category)
        return in_split("category " + std::to_string(split.category) + " is not in features_info");
      // Categories in a node's set go left, so a node's children change places.
      made.rule = split_rule::category_in_set;
      made.missing_right = true;
      made.record.set = set_of(known->second);
      made.record.set_size = (known->second / 64 + 1) * 64;
    }
    return {};
  }
  /// Where a set of one category starts: sets overlap, so that they take no more room than the file's categories.
  std::uint32_t set_of(std::uint32_t code) {
    const std::size_t words = largest_set_ / 64 + 1;
    std::uint32_t& end = ends_of_sets_[code % 64];
    if (end == 0) {
      std::vector<std::uint64_t> bits(words, 0);
      bits.back() = std::uint64_t{1} << code % 64;
      end = parts_.trees.add_set(bits) + static_cast<std::uint32_t>(words);
    }
    return end - 1 - code / 64;
  }

  /// Nodes of oblivious trees are numbered as in a heap; the last split is the root's, so that leaves are in order.
  outside_node oblivious_node(const catboost_tree& from, std::size_t leaves, std::uint64_t node,
                              std::size_t output) const {
    if (node + 1 >= leaves) {
      const std::uint64_t leaf = node + 1 - leaves;
      return leaf_of(from.values[leaf * parts_.start.size() + output], from.weights.empty() ? 0 : from.weights[leaf]);
    }
    const std::size_t level = static_cast<std::size_t>(std::bit_width(node + 1)) - 1;
    return parting(splits_[from.splits.size() - 1 - level], 2 * node + 1, 2 * node + 2);
  }
  outside_node other_node(const catboost_tree& from, std::uint64_t node, std::size_t output) const {
    const catboost_tree::node& of = from.nodes[node];
    if (splits_[node].leaf) return leaf_of(from.values[of.value + output], of.weight);
    return parting(splits_[node], of.left, of.right);
  }
  outside_node leaf_of(double value, double weight) const noexcept {
    outside_node made;
    made.leaf = true;
    made.record.value = scale_ * value;
    made.record.cover = weight;
    return made;
  }
  static outside_node parting(outside_node split, std::uint64_t left, std::uint64_t right) noexcept {
    const bool turned = split.rule != split_rule::threshold;
    split.left = turned ? right : left;
    split.right = turned ? left : right;
    return split;
  }

  /// Covers of nodes, and what their splits do, by CatBoost's PredictionValuesChange: how much values differ between
  /// the two sides, where an oblivious tree's leaves are compared in pairs that only this split tells apart.
  static void find_gains(ordered_tree& tree, bool oblivious) {
    std::vector<double> means(tree.nodes.size());
    std::vector<unsigned> heights(tree.nodes.size());
    for (std::size_t i = tree.nodes.size(); i-- > 0;) {
      node_record& record = tree.records[i];
      const std::size_t left = tree.nodes[i].left;
      if (left == i) {
        means[i] = record.value;
        continue;
      }
      const auto gain = [&](std::size_t a, std::size_t b) {
        const double covers = tree.records[a].cover + tree.records[b].cover;
        const double apart = means[a] - means[b];
        return covers > 0 ? tree.records[a].cover * tree.records[b].cover / covers * apart * apart : 0;
      };
      record.cover = tree.records[left].cover + tree.records[left + 1].cover;
      if (record.cover > 0)
        means[i] =
            (tree.records[left].cover * means[left] + tree.records[left + 1].cover * means[left + 1]) / record.cover;
      heights[i] = heights[left] + 1;
      if (!oblivious) {
        record.gain = gain(left, left + 1);
        continue;
      }
      const std::size_t half = std::size_t{1} << (heights[i] - 1);
      const std::size_t first = ((i + 1) << heights[i]) - 1;  // the leaves below are side by side
      for (std::size_t leaf = first; leaf < first + half; ++leaf) record.gain += gain(leaf, leaf + half);
    }
  }

  static constexpr std::size_t most_categories = std::size_t{1} << 24;
  struct counter {
    std::string type;
    std::vector<std::uint64_t> features;
    friend bool operator==(const counter&, const counter&) = default;
  };

  value_reader from_;
  boosted_parts parts_;
  std::vector<catboost_feature> numbers_, categories_;
  std::vector<counter> counters_;
  bool has_counters_ = false;
  double scale_ = 1;
  std::vector<double> bias_;
  std::vector<catboost_tree> trees_;
  std::vector<outside_node> splits_;  // of a tree
  std::size_t largest_set_ = 0;
  std::uint32_t ends_of_sets_[64] = {};
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_CATBOOST_FILE_HPP
