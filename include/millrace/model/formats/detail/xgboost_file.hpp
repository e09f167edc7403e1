#ifndef MILLRACE_MODEL_FORMATS_DETAIL_XGBOOST_FILE_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_XGBOOST_FILE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/detail/outside_tree.hpp>
#include <millrace/model/formats/detail/value_reader.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

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

/// A tree as the file has it: a number for each node, but for `leaf_weights`, which has some for each leaf.
struct xgboost_tree {
  std::uint64_t leaf_size = 1;
  std::vector<std::int64_t> left, right, columns;
  std::vector<float> conditions, gains, covers, weights, leaf_weights;
  std::vector<std::uint8_t> default_left, split_types;
  // Of node category_nodes[i], the categories from segments[i] on, sizes[i] of them, go right.
  std::vector<std::uint32_t> categories;
  std::vector<std::uint64_t> category_nodes, segments, sizes;

  std::size_t nodes() const noexcept { return left.size(); }
  bool is_leaf(std::size_t node) const noexcept { return left[node] == -1; }
  /// What is missing, or null.
  const char* lacking() const noexcept {
    const std::size_t count = nodes();
    if (right.size() != count) return "right_children";
    if (columns.size() != count) return "split_indices";
    if (conditions.size() != count) return "split_conditions";
    if (default_left.size() != count) return "default_left";
    if (!split_types.empty() && split_types.size() != count) return "split_type";
    if (!gains.empty() && gains.size() != count) return "loss_changes";
    if (!covers.empty() && covers.size() != count) return "sum_hessian";
    if (segments.size() != category_nodes.size()) return "categories_segments";
    if (sizes.size() != category_nodes.size()) return "categories_sizes";
    return nullptr;
  }
  /// Number `k` of a leaf, or NaN if there is none.
  double value(std::size_t leaf, std::size_t k) const noexcept {
    if (leaf_size == 1) return double{conditions[leaf]};
    // The place of a leaf's numbers stands where an inner node's right child does, since there are leaf_weights.
    const std::uint64_t at = leaf_weights.empty() ? leaf : static_cast<std::uint64_t>(right[leaf]);
    const std::vector<float>& from = leaf_weights.empty() ? weights : leaf_weights;
    return at < from.size() / leaf_size ? double{from[at * leaf_size + k]} : math::nan;
  }
};

/// What the objectives known make of scores, and of base_score.
struct xgboost_objective {
  std::string_view name;
  score_link link;
  enum class base : std::uint8_t { score, probability, mean } starts_from;
};
inline constexpr xgboost_objective xgboost_objectives[] = {
    {"reg:squarederror", score_link::none, xgboost_objective::base::score},
    {"reg:squaredlogerror", score_link::none, xgboost_objective::base::score},
    {"reg:pseudohubererror", score_link::none, xgboost_objective::base::score},
    {"reg:absoluteerror", score_link::none, xgboost_objective::base::score},
    {"reg:quantileerror", score_link::none, xgboost_objective::base::score},
    {"rank:pairwise", score_link::none, xgboost_objective::base::score},
    {"rank:ndcg", score_link::none, xgboost_objective::base::score},
    {"rank:map", score_link::none, xgboost_objective::base::score},
    {"binary:hinge", score_link::step, xgboost_objective::base::score},
    {"multi:softprob", score_link::softmax, xgboost_objective::base::score},
    {"multi:softmax", score_link::softmax, xgboost_objective::base::score},
    {"binary:logistic", score_link::sigmoid, xgboost_objective::base::probability},
    {"reg:logistic", score_link::sigmoid, xgboost_objective::base::probability},
    {"binary:logitraw", score_link::none, xgboost_objective::base::score},
    {"count:poisson", score_link::exponential, xgboost_objective::base::mean},
    {"reg:gamma", score_link::exponential, xgboost_objective::base::mean},
    {"reg:tweedie", score_link::exponential, xgboost_objective::base::mean},
    {"survival:cox", score_link::exponential, xgboost_objective::base::mean},
    {"survival:aft", score_link::exponential, xgboost_objective::base::mean},
};

/// Reads a model of XGBoost.
class xgboost_file {
 public:
  explicit xgboost_file(std::string_view text) noexcept : form_(form_of(text)), from_(text, form_ == form::ubjson) {}

  result<boosted_model> read() {
    if (form_ == form::other)
      return error(errc::unsupported,
                   "XGBoost model: neither JSON nor UBJSON; files of XGBoost's older binary format have to be saved "
                   "again by XGBoost as .json or .ubj");
    if (!read_file()) return result<void>(from_.problem()).error().wrap("XGBoost model");
    auto done = assemble();
    if (!done) return std::move(done).error().wrap("XGBoost model");
    auto made = boosted_model::make(std::move(parts_));
    if (!made) return std::move(made).error().wrap("XGBoost model");
    return made;
  }

 private:
  enum class form : std::uint8_t { json, ubjson, other };

  /// The older binary format begins with the bits of base_score, whose first byte may be {.
  static form form_of(std::string_view text) noexcept {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos || text[begin] != '{' || begin + 1 == text.size()) return form::other;
    const char second = text[begin + 1];
    if (begin == 0 && std::string_view("iUIlL$#").find(second) != std::string_view::npos) return form::ubjson;
    return std::string_view(" \t\r\n\"}").find(second) != std::string_view::npos ? form::json : form::other;
  }

  bool read_file() {
    const bool done = from_.object([&](std::string_view name) {
      if (name != "learner") return from_.pass();
      return from_.object([&](std::string_view part) {
        if (part == "gradient_booster") return read_booster();
        if (part == "learner_model_param") return read_parameters();
        if (part == "feature_names") return from_.texts(parts_.columns);
        if (part == "objective")
          return from_.object(
              [&](std::string_view key) { return key == "name" ? from_.text(parts_.objective) : from_.pass(); });
        return from_.pass();
      });
    });
    return done && from_.end();
  }
  bool read_parameters() {
    return from_.object([&](std::string_view name) {
      if (name == "base_score") return from_.text(base_score_);
      if (name == "num_class") return from_.count(classes_);
      if (name == "num_target") return from_.count(targets_);
      if (name == "num_feature") return from_.count(columns_);
      return from_.pass();
    });
  }
  bool read_booster() {
    return from_.object([&](std::string_view name) {
      if (name == "name") return from_.text(booster_);
      if (name == "model") return read_model();
      if (name == "weight_drop") return from_.numbers(tree_weights_);
      if (name == "gbtree")
        return from_.object([&](std::string_view key) { return key == "model" ? read_model() : from_.pass(); });
      return from_.pass();
    });
  }
  bool read_model() {
    return from_.object([&](std::string_view name) {
      if (name == "tree_info") return from_.numbers(tree_outputs_);
      if (name == "weights") return from_.numbers(linear_weights_);
      if (name != "trees") return from_.pass();
      trees_.clear();
      return from_.objects([&](std::size_t) {
        trees_.emplace_back();
        return read_tree(trees_.back());
      });
    });
  }
  bool read_tree(xgboost_tree& to) {
    const bool done = from_.object([&](std::string_view name) {
      if (name == "left_children") return from_.numbers(to.left);
      if (name == "right_children") return from_.numbers(to.right);
      if (name == "split_indices") return from_.numbers(to.columns);
      if (name == "split_conditions") return from_.numbers(to.conditions);
      if (name == "default_left") return from_.numbers(to.default_left);
      if (name == "split_type") return from_.numbers(to.split_types);
      if (name == "loss_changes") return from_.numbers(to.gains);
      if (name == "sum_hessian") return from_.numbers(to.covers);
      if (name == "base_weights") return from_.numbers(to.weights);
      if (name == "leaf_weights") return from_.numbers(to.leaf_weights);
      if (name == "categories") return from_.numbers(to.categories);
      if (name == "categories_nodes") return from_.numbers(to.category_nodes);
      if (name == "categories_segments") return from_.numbers(to.segments);
      if (name == "categories_sizes") return from_.numbers(to.sizes);
      if (name != "tree_param") return from_.pass();
      return from_.object(
          [&](std::string_view key) { return key == "size_leaf_vector" ? from_.count(to.leaf_size) : from_.pass(); });
    });
    if (!done) return false;
    if (to.leaf_size == 0) to.leaf_size = 1;  // as 1.7 writes it
    if (const char* name = to.lacking())
      return from_.fail(std::string(name) + " has not as many numbers as left_children");
    return true;
  }

  result<void> assemble() {
    if (columns_ < 1 || columns_ > most_tree_columns)
      return error(errc::unsupported, "num_feature is " + std::to_string(columns_) + ", in [1, 65536] is supported");
    parts_.inputs = columns_;
    const std::uint64_t outputs = classes_ > targets_ ? classes_ : targets_;
    if (outputs > most_boosted_outputs)
      return error(errc::unsupported, std::to_string(outputs) + " outputs, at most 65,536 are supported");
    if (auto done = read_start(outputs > 0 ? outputs : 1); !done) return done;
    if (booster_ == "gblinear") return add_linear();
    if (booster_ != "gbtree" && booster_ != "dart") return error(errc::unsupported, "booster \"" + booster_ + "\"");
    if (booster_ == "dart" && tree_weights_.size() != trees_.size())
      return error(errc::corrupt, "weight_drop has not as many numbers as there are trees");
    if (tree_outputs_.size() != trees_.size())
      return error(errc::corrupt, "tree_info has not as many numbers as there are trees");
    return add_trees();
  }

  /// base_score is a number, or since 3.1 an array of one for all outputs or one each.
  result<void> read_start(std::size_t outputs) {
    const auto* known = &xgboost_objectives[0];
    while (known != std::end(xgboost_objectives) && known->name != parts_.objective) ++known;
    if (known == std::end(xgboost_objectives))
      return error(errc::unsupported, "objective \"" + parts_.objective.substr(0, 60) + "\"");
    parts_.link = known->link;
    std::vector<double> given;
    bool right = true;
    if (base_score_.substr(0, 1) == "[") {
      value_reader list(base_score_, false);
      right = list.numbers(given) && list.end();
    } else {
      given.resize(1);
      right = read_real(std::string_view(base_score_), given[0]);
    }
    if (!right || (given.size() != 1 && given.size() != outputs))
      return error(errc::corrupt, "base_score is \"" + base_score_.substr(0, 60) + "\"");
    for (std::size_t k = 0; k < outputs; ++k) {
      const double base = given[given.size() == 1 ? 0 : k];
      parts_.start.push_back(known->starts_from == xgboost_objective::base::probability ? math::log(base / (1 - base))
                             : known->starts_from == xgboost_objective::base::mean      ? math::log(base)
                                                                                        : base);
    }
    return {};
  }

  /// The weights of all outputs column by column, then a constant for each output. All outputs start from the first
  /// one's base_score (so it is in XGBoost 3.2, where each has its own).
  result<void> add_linear() {
    const std::size_t outputs = parts_.start.size();
    parts_.start.assign(outputs, parts_.start[0]);
    if (linear_weights_.size() != (parts_.inputs + 1) * outputs)
      return error(errc::corrupt, "weights has not one number for each column and output, and one for each output");
    parts_.weights.assign(linear_weights_.begin(), linear_weights_.end());
    for (std::size_t k = 0; k < outputs; ++k) parts_.start[k] += parts_.weights[parts_.inputs * outputs + k];
    parts_.weights.resize(parts_.inputs * outputs);
    return {};
  }

  result<void> add_trees() {
    const std::size_t outputs = parts_.start.size();
    std::vector<std::vector<std::size_t>> of_output(outputs);
    for (std::size_t tree = 0; tree < trees_.size(); ++tree) {
      if (trees_[tree].leaf_size != 1 && trees_[tree].leaf_size != outputs)
        return in_tree(tree, error(errc::corrupt, "its leaves have not a number for each output"));
      const std::int64_t output = tree_outputs_[tree];
      if (output < 0 || static_cast<std::uint64_t>(output) >= outputs)
        return in_tree(tree, error(errc::corrupt, "it is of output " + std::to_string(output)));
      if (trees_[tree].leaf_size == 1)
        of_output[static_cast<std::size_t>(output)].push_back(tree);
      else
        for (auto& list : of_output) list.push_back(tree);
    }
    for (const auto& list : of_output)
      if (list.size() != of_output[0].size()) return error(errc::corrupt, "outputs have not as many trees each");
    for (std::size_t turn = 0; turn < of_output[0].size(); ++turn)
      for (std::size_t k = 0; k < outputs; ++k)
        if (auto done = add_tree(of_output[k][turn], k); !done)
          return in_tree(of_output[k][turn], std::move(done).error());
    return {};
  }
  static error in_tree(std::size_t tree, error why) { return std::move(why).wrap("tree " + std::to_string(tree)); }

  result<void> add_tree(std::size_t number, std::size_t output) {
    const xgboost_tree& from = trees_[number];
    if (auto done = find_sets(from); !done) return done;
    const double weight = booster_ == "dart" ? double{tree_weights_[number]} : 1.0;
    auto tree = ordered(from.nodes(), parts_.inputs, [&](std::uint64_t node) { return read_node(from, node); });
    if (!tree) return std::move(tree).error();
    for (std::size_t i = 0; i < tree->nodes.size(); ++i) {
      if (tree->nodes[i].left != i) continue;
      tree->records[i].value = weight * from.value(tree->origins[i], output);
      if (!math::is_finite(tree->records[i].value))
        return error(errc::corrupt, "node " + std::to_string(tree->origins[i]) + ": its leaf has no finite value");
    }
    parts_.trees.add(tree->nodes, tree->records);
    return {};
  }

  /// A row goes left below a threshold, so up to the next number below it, and right at a category in the set, which is
  /// told by children that change places; so is that nothing is below -infinity, or a threshold that is NaN.
  outside_node read_node(const xgboost_tree& from, std::size_t node) const {
    outside_node made;
    made.record.cover = from.covers.empty() ? 0 : double{from.covers[node]};
    if (from.is_leaf(node)) {
      made.leaf = true;
      return made;
    }
    made.record.gain = from.gains.empty() ? 0 : double{from.gains[node]};
    made.left = static_cast<std::uint64_t>(from.left[node]);
    made.right = static_cast<std::uint64_t>(from.right[node]);
    made.column = static_cast<std::uint64_t>(from.columns[node]);
    made.missing_right = from.default_left[node] == 0;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const float by = from.conditions[node];
    bool turned = false;
    if (!from.split_types.empty() && from.split_types[node] == 1) {
      turned = true;
      made.rule = split_rule::category_in_set;
      made.record.set = sets_[node].first;
      made.record.set_size = sets_[node].second;
    } else if (by > -infinity) {
      made.threshold = __builtin_nextafterf(by, -infinity);
    } else {
      turned = true;
      made.threshold = infinity;
    }
    if (turned) {
      std::swap(made.left, made.right);
      made.missing_right = !made.missing_right;
    }
    return made;
  }

  /// Adds the tree's sets of categories to the ensemble.
  result<void> find_sets(const xgboost_tree& from) {
    sets_.assign(from.split_types.empty() ? 0 : from.nodes(), {0, 0});
    for (std::size_t i = 0; i < from.category_nodes.size(); ++i) {
      const std::uint64_t node = from.category_nodes[i];
      if (node >= sets_.size()) return error(errc::corrupt, "categories of node " + std::to_string(node));
      if (from.segments[i] > from.categories.size() || from.sizes[i] > from.categories.size() - from.segments[i])
        return error(errc::corrupt, "node " + std::to_string(node) + ": its categories are not there");
      bits_.clear();
      for (std::uint64_t k = from.segments[i]; k < from.segments[i] + from.sizes[i]; ++k) {
        const std::uint32_t category = from.categories[k];
        if (category >= most_categories)
          return error(errc::corrupt, "node " + std::to_string(node) + ": category " + std::to_string(category));
        if (category / 64 >= bits_.size()) bits_.resize(category / 64 + 1);
        bits_[category / 64] |= std::uint64_t{1} << category % 64;
      }
      words_ += bits_.size();
      if (words_ > most_words) return error(errc::unsupported, "its sets of categories take more than 256 MiB");
      sets_[node] = {parts_.trees.add_set(bits_), static_cast<std::uint32_t>(bits_.size() * 64)};
    }
    return {};
  }
  static constexpr std::uint32_t most_categories = std::uint32_t{1} << 24;
  static constexpr std::size_t most_words = std::size_t{1} << 25;

  form form_;
  value_reader from_;
  boosted_parts parts_;
  std::string booster_;
  std::string base_score_ = "0.5";
  std::uint64_t classes_ = 0;
  std::uint64_t targets_ = 0;
  std::uint64_t columns_ = 0;
  std::vector<xgboost_tree> trees_;
  std::vector<std::int64_t> tree_outputs_;
  std::vector<float> tree_weights_;
  std::vector<float> linear_weights_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sets_;  // of each node of a tree: where, and how large
  std::vector<std::uint64_t> bits_;
  std::size_t words_ = 0;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_XGBOOST_FILE_HPP
