#ifndef MILLRACE_MODEL_LINEAR_DETAIL_ONLINE_MODEL_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_ONLINE_MODEL_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What models that learn sample by sample share. `Model` has `saved_as`, `link(score)`, which makes a prediction of a
/// score, and `partial_fit(row, target, weight)`; `Scores` is made of a number of columns and options.
template <class Model, class Scores, class Options>
class online_model {
 public:
  using options_type = Options;

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return scores_.inputs(); }
  std::size_t outputs() const noexcept { return 1; }
  double intercept() const noexcept { return scores_.intercept(); }
  /// Samples learnt from.
  std::uint64_t count() const noexcept { return scores_.count(); }
  /// Samples left out, because an index, a feature, the target or the weight was not usable.
  std::uint64_t skipped() const noexcept { return scores_.skipped(); }

  /// The row's prediction. It is NaN if a feature is, and for a row of fewer columns than the model's.
  double operator()(std::span<const float> row) const noexcept { return Model::link(scores_.score(row)); }
  /// Precondition: out.size() == 1, or nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() == 1) out[0] = (*this)(row);
  }
  /// One prediction a row, as far as `out` has room: rows.rows().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows() && i < out.size(); ++i) out[i] = (*this)(rows.row(i));
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(Model::saved_as);
    scores_.save(to);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<Model> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, Model::saved_as);
    if (!from) return std::move(from).error();
    Model made;
    const bool sound = made.scores_.load(Model::saved_as, *from);
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 protected:
  online_model() = default;

  /// Goes over the rows as often as the options say, each time in another order.
  void learn_rows(Model& self, const matrix_view& rows, std::span<const float> targets, std::span<const float> weights,
                  const Options& with) {
    scores_ = Scores(rows.columns(), with);
    random_engine random(with.seed);
    std::vector<std::size_t> order(rows.rows());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t epoch = 0; epoch < with.epochs; ++epoch) {
      random.shuffle(order);
      for (const std::size_t i : order) self.partial_fit(rows.row(i), targets[i], weights.empty() ? 1 : weights[i]);
    }
  }

  Scores scores_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_ONLINE_MODEL_HPP
