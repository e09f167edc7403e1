#ifndef MILLRACE_MODEL_FORMATS_BOOSTED_MODEL_HPP
#define MILLRACE_MODEL_FORMATS_BOOSTED_MODEL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/formats/detail/city_hash.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

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

/// What a model makes of its scores x, with its slope s.
enum class score_link : std::uint8_t {
  none = 0,         // x
  sigmoid = 1,      // 1 / (1 + exp(-s x)), of each score
  softmax = 2,      // probabilities of classes
  exponential = 3,  // exp(x)
  square = 4,       // x |x|
  softplus = 5,     // log(1 + exp(x))
  step = 6,         // 1 if x > 0, else 0
};

/// What a boosted_model is made of.
struct boosted_parts {
  /// As the file names it: `binary`, `multi:softprob`.
  std::string objective{};
  std::size_t inputs = 0;
  /// The columns' names, or nothing.
  std::vector<std::string> columns{};
  /// A score for each output.
  std::vector<double> start{};
  /// Outputs take turns.
  tree_ensemble trees{};
  score_link link = score_link::none;
  double slope = 1;

  /// Of a model whose leaves are linear, for each node of the trees: what its leaf adds besides its terms, which are
  /// those from `first_term[node]` up to `first_term[node + 1]`.
  std::vector<double> constants{};
  std::vector<std::uint32_t> first_term{};
  struct term {
    std::uint32_t column = 0;
    double weight = 0;
  };
  std::vector<term> terms{};

  /// Of a linear model: outputs numbers for each column. A missing feature adds nothing.
  std::vector<double> weights{};

  /// Of columns of categories that the file knows by hashes of their texts (the lower half of CityHash64 1.0): the k-th
  /// one of a column is k in rows.
  struct category {
    std::uint32_t column = 0;
    std::uint32_t hash = 0;
  };
  std::vector<category> categories{};
};

/// Boosted trees, a forest, or a boosted linear model, that another library has trained: what `read_lightgbm`,
/// `read_xgboost` and `read_catboost` return. Any row of at least `inputs()` columns has outputs; the columns of
/// categories hold the numbers that stood for them in training, or that `category` says.
///
///     auto bytes = mr::store::read_bytes("fraud.ubj");
///     auto model = mr::model::read_xgboost(*bytes);
///     double probability = (*model)(row);
///
/// Models: predictor, saved_as_bytes, weighs_columns; where `sums_trees()`, a tree_explainer explains the scores, else
/// its contributions are NaN.
/// Guarantee: a row's outputs have the same bits alone and in any batch.
/// Complexity: of a row, the sum of the trees' depths.
/// Allocates: asking, never. Threads: const calls from any number.
class boosted_model {
 public:
  /// Errors: invalid_data, if parts do not fit to each other.
  static result<boosted_model> make(boosted_parts parts) {
    if (const char* wrong = fault(parts)) return error(errc::invalid_data, std::string("boosted model: ") + wrong);
    return boosted_model(std::move(parts));
  }

  std::size_t inputs() const noexcept { return parts_.inputs; }
  std::size_t outputs() const noexcept { return parts_.start.size(); }
  const std::string& objective() const noexcept { return parts_.objective; }
  /// Empty if the file names no columns.
  std::span<const std::string> column_names() const noexcept { return parts_.columns; }
  const tree_ensemble& trees() const noexcept { return parts_.trees; }
  /// Whether the scores are `start` and the sums of the trees' leaves, and nothing besides: no leaf is linear.
  bool sums_trees() const noexcept { return parts_.constants.empty() && parts_.weights.empty(); }
  /// The scores before the first tree.
  std::span<const double> start() const noexcept { return parts_.start; }
  score_link link() const noexcept { return parts_.link; }
  /// What `score_link::sigmoid` multiplies scores with.
  double slope() const noexcept { return parts_.slope; }
  /// Of a linear model: outputs numbers for each column; else nothing.
  std::span<const double> weights() const noexcept { return parts_.weights; }

  /// Whether the file knows categories of this column by their texts.
  bool knows_categories(std::size_t column) const noexcept {
    for (const boosted_parts::category& known : parts_.categories)
      if (known.column == column) return true;
    return false;
  }
  /// The number that stands for a category in a column of rows, where the file knows categories by their texts, as
  /// CatBoost's do (of numbers: as it spells them, `3`); -1, which is no category, if no split asks for this one. Of a
  /// column that `knows_categories` denies it is -1 for every text: LightGBM and XGBoost keep words beside the model,
  /// and `read_category_words` of the same bytes has them.
  /// Complexity: the categories that the model knows.
  float category(std::size_t column, std::string_view text) const noexcept {
    const auto hash = static_cast<std::uint32_t>(detail::city_hash::of(text));
    std::size_t before = 0;
    for (const boosted_parts::category& known : parts_.categories) {
      if (known.column != column) continue;
      if (known.hash == hash) return static_cast<float>(before);
      ++before;
    }
    return -1;
  }

  /// What the trees add up to, before the link. A row of fewer columns than the model's has NaN for every score; scores
  /// that `out` has no room for are left out.
  void score(std::span<const float> row, std::span<double> out) const noexcept {
    const std::size_t count = out.size() < outputs() ? out.size() : outputs();
    for (std::size_t k = 0; k < count; ++k)
      out[k] = row.size() < inputs() ? detail::math::nan : score_of(row.data(), k);
  }
  /// A row's outputs. Precondition: out.size() == outputs(), or nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() != outputs()) return;
    score(row, out);
    apply_link(out);
  }
  /// The only output of a row; NaN if there are several.
  double operator()(std::span<const float> row) const noexcept {
    double out = detail::math::nan;
    predict(row, std::span(&out, 1));
    return out;
  }
  /// All rows' scores, row after row, as far as `out` has room: rows.rows() * outputs().
  void score(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t width = outputs();
    const std::size_t count = rows.rows() * width <= out.size() ? rows.rows() : out.size() / width;
    if (!sums_trees() || rows.columns() < inputs()) {
      for (std::size_t i = 0; i < count; ++i) score(rows.row(i), out.subspan(i * width, width));
      return;
    }
    const matrix_view asked(rows.data(), count, rows.columns(), rows.stride());
    for (std::size_t k = 0; k < width; ++k) parts_.trees.sums(asked, out.data() + k, width, k, width);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < width; ++k) out[i * width + k] += parts_.start[k];
  }
  /// All rows' outputs, row after row, as far as `out` has room: rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t width = outputs();
    score(rows, out);
    for (std::size_t i = 0; i < rows.rows() && (i + 1) * width <= out.size(); ++i)
      apply_link(out.subspan(i * width, width));
  }

  /// Chooses the kernels for batches by time; see `tree_ensemble::calibrate_kernels`. Outputs stay as they are. Rows of
  /// fewer columns than the model's change nothing.
  template <clock_policy Clock = steady_clock>
  tree_calibration calibrate_kernels(const matrix_view& rows, const Clock& clock = {}) {
    return rows.columns() < inputs() ? parts_.trees.kernels() : parts_.trees.calibrate_kernels(rows, clock);
  }

  /// How much each column's splits lowered the loss, as shares of 1, by the gains that the file has.
  std::vector<double> importance() const { return parts_.trees.importance(inputs()); }

  std::vector<std::byte> save() const;
  /// Reads what `save` wrote. Errors: as envelope_reader::open and finish.
  static result<boosted_model> load(std::span<const std::byte> bytes);

 private:
  static constexpr const char* type = "boosted_model";

  explicit boosted_model(boosted_parts parts) noexcept : parts_(std::move(parts)) {
    if (!sums_trees()) parts_.trees.set_partial();
  }

  double score_of(const float* row, std::size_t output) const noexcept {
    if (sums_trees()) return parts_.start[output] + parts_.trees.sum(row, output, outputs());
    double sum = parts_.start[output];
    for (std::size_t tree = output; tree < parts_.trees.trees(); tree += outputs())
      sum += value_of_leaf(parts_.trees.leaf(tree, row), row);
    if (!parts_.weights.empty())
      for (std::size_t j = 0; j < inputs(); ++j)
        if (row[j] == row[j]) sum += double{row[j]} * parts_.weights[j * outputs() + output];
    return sum;
  }
  /// A linear leaf of which a feature is missing falls back on its value.
  double value_of_leaf(std::uint32_t leaf, const float* row) const noexcept {
    double value = parts_.constants[leaf];
    for (std::uint32_t i = parts_.first_term[leaf]; i < parts_.first_term[leaf + 1]; ++i) {
      const float x = row[parts_.terms[i].column];
      if (x != x) return parts_.trees.records()[leaf].value;
      value += parts_.terms[i].weight * double{x};
    }
    return value;
  }

  void apply_link(std::span<double> scores) const noexcept {
    if (parts_.link == score_link::softmax) return detail::probabilities_of_scores(scores.data(), scores.size());
    for (double& x : scores) {
      switch (parts_.link) {
        case score_link::none:
        case score_link::softmax: break;
        case score_link::sigmoid: x = detail::probability_of_score(parts_.slope * x); break;
        case score_link::exponential: x = detail::math::exp(x); break;
        case score_link::square: x = x * detail::math::absolute(x); break;
        case score_link::softplus: x = x > 40 ? x : detail::math::log1p(detail::math::exp(x)); break;
        case score_link::step: x = x > 0 ? 1 : x <= 0 ? 0 : x; break;
      }
    }
  }

  static const char* fault(const boosted_parts& parts) noexcept;
  static bool sound_linear_leaves(const boosted_parts& parts) noexcept;

  boosted_parts parts_;
};

namespace detail {
inline constexpr std::size_t most_boosted_outputs = 65'536;
}  // namespace detail

/// What is wrong, or null.
inline const char* boosted_model::fault(const boosted_parts& parts) noexcept {
  const std::size_t outputs = parts.start.size();
  if (parts.inputs < 1 || parts.inputs > detail::most_tree_columns) return "it has no columns, or more than 65,536";
  if (outputs < 1 || outputs > detail::most_boosted_outputs) return "it has no output, or more than 65,536";
  if (!parts.columns.empty() && parts.columns.size() != parts.inputs) return "it has not one name for each column";
  for (const double score : parts.start)
    if (!detail::math::is_finite(score)) return "a score that it starts from is not finite";
  if (!detail::math::is_finite(parts.slope)) return "its slope is not finite";
  if (parts.link > score_link::step) return "its link is unknown";
  if (parts.trees.trees() % outputs != 0) return "its outputs have not as many trees each";
  for (const tree_node& node : parts.trees.nodes())
    if (node.column >= parts.inputs) return "a node asks for a column that it has not";
  if (!parts.weights.empty() && parts.weights.size() != parts.inputs * outputs)
    return "it has not one weight for each column and output";
  for (const double weight : parts.weights)
    if (!detail::math::is_finite(weight)) return "a weight is not finite";
  for (const boosted_parts::category& known : parts.categories)
    if (known.column >= parts.inputs) return "a category is of a column that it has not";
  return sound_linear_leaves(parts) ? nullptr : "its linear leaves are not whole";
}

inline bool boosted_model::sound_linear_leaves(const boosted_parts& parts) noexcept {
  const std::size_t nodes = parts.trees.nodes().size();
  if (parts.constants.empty())
    return parts.first_term.empty() && parts.terms.empty() && (parts.weights.empty() || nodes == 0);
  if (parts.constants.size() != nodes || parts.first_term.size() != nodes + 1) return false;
  if (parts.first_term[0] != 0 || parts.first_term[nodes] != parts.terms.size()) return false;
  for (std::size_t i = 0; i < nodes; ++i)
    if (parts.first_term[i] > parts.first_term[i + 1] || !detail::math::is_finite(parts.constants[i])) return false;
  for (const boosted_parts::term& one : parts.terms)
    if (one.column >= parts.inputs || !detail::math::is_finite(one.weight)) return false;
  return true;
}

// The payload: objective, inputs, the number of columns' names and these, outputs and their starts, the link and its
// slope, the trees, then three lists, each with its length: constants with their numbers of terms, terms, weights; and
// a fourth, categories, unless it is empty.
inline std::vector<std::byte> boosted_model::save() const {
  envelope_writer to(type);
  to.text(parts_.objective);
  to.u64(parts_.inputs);
  to.u64(parts_.columns.size());
  for (const std::string& name : parts_.columns) to.text(name);
  to.u64(parts_.start.size());
  for (const double score : parts_.start) to.f64(score);
  to.u8(static_cast<std::uint8_t>(parts_.link));
  to.f64(parts_.slope);
  parts_.trees.save_to(to);
  to.u64(parts_.constants.size());
  for (std::size_t i = 0; i < parts_.constants.size(); ++i) {
    to.f64(parts_.constants[i]);
    to.u32(parts_.first_term[i + 1] - parts_.first_term[i]);
  }
  to.u64(parts_.terms.size());
  for (const boosted_parts::term& one : parts_.terms) {
    to.u32(one.column);
    to.f64(one.weight);
  }
  to.u64(parts_.weights.size());
  for (const double weight : parts_.weights) to.f64(weight);
  if (!parts_.categories.empty()) to.u64(parts_.categories.size());
  for (const boosted_parts::category& known : parts_.categories) {
    to.u32(known.column);
    to.u32(known.hash);
  }
  return std::move(to).finish();
}

inline result<boosted_model> boosted_model::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return std::move(from).error();
  boosted_parts parts;
  parts.objective = from->text();
  parts.inputs = from->u64();
  parts.columns.resize(from->count(8));
  for (std::string& name : parts.columns) name = from->text();
  parts.start.resize(from->count(8));
  for (double& score : parts.start) score = from->f64();
  parts.link = static_cast<score_link>(from->u8());
  parts.slope = from->f64();
  const bool trees = parts.inputs <= detail::most_tree_columns && parts.trees.load_from(*from, parts.inputs);
  if (!trees) return std::move(from->finish(false)).error();
  parts.constants.resize(from->count(12));
  if (!parts.constants.empty()) parts.first_term.assign(1, 0);
  for (double& constant : parts.constants) {
    constant = from->f64();
    parts.first_term.push_back(parts.first_term.back() + from->u32());
  }
  parts.terms.resize(from->count(12));
  for (boosted_parts::term& one : parts.terms) {
    one.column = from->u32();
    one.weight = from->f64();
  }
  parts.weights.resize(from->count(8));
  for (double& weight : parts.weights) weight = from->f64();
  if (from->remaining() > 0) parts.categories.resize(from->count(8));
  for (boosted_parts::category& known : parts.categories) {
    known.column = from->u32();
    known.hash = from->u32();
  }
  if (auto done = from->finish(fault(parts) == nullptr); !done) return std::move(done).error();
  return boosted_model(std::move(parts));
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_BOOSTED_MODEL_HPP
