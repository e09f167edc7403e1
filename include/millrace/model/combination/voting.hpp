#ifndef MILLRACE_MODEL_COMBINATION_VOTING_HPP
#define MILLRACE_MODEL_COMBINATION_VOTING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/combination/detail/model_tuple.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// What models that vote are asked for.
enum class ballot : std::uint8_t {
  /// Their outputs, numbers or probabilities, of which the weighted mean is predicted.
  mean,
  /// The class that each finds most likely; each class has the weighted share of the models that chose it. Of one
  /// output, class 1 from a half on; of equal ones, the first class.
  majority,
};

/// How models vote.
template <class... Models>
struct voting_options {
  /// The options of each model.
  std::tuple<typename Models::options_type...> models = {};
  ballot how = ballot::mean;
  /// Empty, or one for each model: finite, 0 or above, not all 0.
  std::vector<double> weights = {};
};

/// Several models as one, whose outputs are the mean of theirs, or the shares of their votes.
///
///     using committee = mr::model::voting<mr::model::boosted_trees<>, mr::model::logistic_regression>;
///     auto fitted = committee::fit(rows, labels, {.models = {{.rounds = 50}, {}}, .weights = {2, 1}});
///
/// Shapes: rows x columns; as many outputs as each model has, which is the same number for all, at most 256.
/// Guarantee: what its models guarantee. A row for which a model has NaN has NaN.
/// Complexity: the sum of its models'.
/// Allocates: what its models do while fitting; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
template <class... Models>
class voting {
  static_assert(sizeof...(Models) > 0 && detail::are_combinable<Models...>,
                "millrace[COMBINATION-1]: voting takes models that are fitted to targets, saved and loaded, as "
                "model/predictor.hpp says");

 public:
  using options_type = voting_options<Models...>;

  /// `targets` and, if there are any, `weights`: one for each row.
  /// Errors: invalid_argument (the models' weights), shape_mismatch (the models have different numbers of outputs, or
  /// more than 256), and those of the models, which it names by their places from 0.
  static result<voting> fit(const matrix_view& rows, std::span<const float> targets, const options_type& with = {},
                            std::span<const float> weights = {}) {
    if (!usable(with.how, with.weights))
      return error(
          errc::invalid_argument,
          "voting: option weights must be empty, or one finite number of 0 or above for each model, not all 0");
    auto fitted = detail::fit_each<Models...>(saved_as, rows, targets, with.models, weights);
    if (!fitted) return std::move(fitted).error();
    return made_of(*std::move(fitted), with.how, with.weights);
  }
  /// Models that were fitted elsewhere. Errors: those of `fit`, without those of the models.
  static result<voting> make(std::tuple<Models...> models, ballot how = ballot::mean,
                             const std::vector<double>& weights = {}) {
    if (!usable(how, weights))
      return error(errc::invalid_argument,
                   "voting: weights must be empty, or one finite number of 0 or above for each model, not all 0");
    return made_of(std::move(models), how, weights);
  }

  std::size_t inputs() const noexcept { return std::get<0>(models_).inputs(); }
  std::size_t outputs() const noexcept { return std::get<0>(models_).outputs(); }
  const std::tuple<Models...>& models() const noexcept { return models_; }
  ballot how() const noexcept { return how_; }
  /// The share of each model; they sum to 1.
  std::span<const double> shares() const noexcept { return shares_; }

  /// A row's outputs; NaN for one of fewer columns than the models'. Precondition: out.size() == outputs(), or nothing
  /// is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() == outputs()) predict(matrix_view(row.data(), 1, row.size()), out);
  }
  /// All rows' outputs, row after row, as far as `out` has room: rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    double scratch[detail::most_outputs];
    const std::size_t count = outputs();
    const std::size_t block = detail::most_outputs / count;
    const std::size_t all = detail::rows_with_room(rows, inputs(), count, out);
    for (std::size_t first = 0; first < all; first += block) {
      const std::size_t size = block < all - first ? block : all - first;
      const matrix_view some(rows.row(first).data(), size, rows.columns(), rows.stride());
      const std::span<double> to = out.subspan(first * count, size * count);
      const std::span<double> from(scratch, size * count);
      for (double& x : to) x = 0;
      std::size_t at = 0;
      detail::for_each_model(models_, [&](const auto& model) {
        model.predict(some, from);
        if (how_ == ballot::majority) as_votes(from);
        for (std::size_t k = 0; k < from.size(); ++k) to[k] += shares_[at] * from[k];
        ++at;
      });
    }
  }
  /// The only output of a row. Precondition: outputs() == 1.
  double operator()(std::span<const float> row) const noexcept {
    double out = detail::math::nan;
    predict(row, std::span(&out, 1));
    return out;
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u8(static_cast<std::uint8_t>(how_));
    for (const double share : shares_) to.f64(share);
    detail::save_each(to, models_);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`, and of the models, which it names by their places.
  static result<voting> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    const unsigned how = from->u8();
    std::vector<double> shares(sizeof...(Models));
    double sum = 0;
    for (double& share : shares) sum += share = from->f64();
    auto models = detail::load_each<Models...>(saved_as, *from);
    if (!models) return std::move(models).error();
    voting made(*std::move(models));
    made.how_ = static_cast<ballot>(how);
    made.shares_ = std::move(shares);
    const bool sound =
        how <= 1 && usable(made.how_, made.shares_) && detail::math::absolute(sum - 1) < 1e-9 && made.is_one_shape();
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* saved_as = "voting";

  explicit voting(std::tuple<Models...> models) : models_(std::move(models)) {}

  static bool usable(ballot how, const std::vector<double>& weights) noexcept {
    double sum = 0;
    bool right = how == ballot::mean || how == ballot::majority;
    for (const double weight : weights) {
      right = right && weight >= 0;
      sum += weight;
    }
    if (weights.empty()) return right;
    return right && weights.size() == sizeof...(Models) && sum > 0 && detail::math::is_finite(sum);
  }
  static result<voting> made_of(std::tuple<Models...> models, ballot how, const std::vector<double>& weights) {
    voting made(std::move(models));
    if (!made.is_one_shape())
      return error(errc::shape_mismatch,
                   "voting: the models must have the same number of columns, and the same of outputs, 1 to " +
                       std::to_string(detail::most_outputs));
    made.how_ = how;
    made.shares_.assign(sizeof...(Models), 1);
    double sum = 0;
    for (std::size_t k = 0; k < made.shares_.size(); ++k) {
      if (!weights.empty()) made.shares_[k] = weights[k];
      sum += made.shares_[k];
    }
    for (double& share : made.shares_) share /= sum;
    return made;
  }
  bool is_one_shape() const noexcept {
    bool same = outputs() >= 1 && outputs() <= detail::most_outputs;
    detail::for_each_model(
        models_, [&](const auto& model) { same = same && model.inputs() == inputs() && model.outputs() == outputs(); });
    return same;
  }

  /// Turns the outputs of rows into 1 for the class that is chosen and 0 for the others; NaN stays.
  void as_votes(std::span<double> of) const noexcept {
    const std::size_t count = outputs();
    for (std::size_t i = 0; i < of.size(); i += count) {
      double* const row = of.data() + i;
      if (count == 1) {
        row[0] = detail::math::is_nan(row[0]) ? row[0] : row[0] >= 0.5 ? 1 : 0;
        continue;
      }
      std::size_t best = 0;
      bool is_nan = false;
      for (std::size_t k = 0; k < count; ++k) {
        best = row[k] > row[best] ? k : best;
        is_nan = is_nan || detail::math::is_nan(row[k]);
      }
      for (std::size_t k = 0; k < count; ++k) row[k] = is_nan ? detail::math::nan : k == best ? 1 : 0;
    }
  }

  std::tuple<Models...> models_;
  std::vector<double> shares_;
  ballot how_ = ballot::mean;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_COMBINATION_VOTING_HPP
