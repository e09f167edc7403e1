#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_PREDICTOR_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_PREDICTOR_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/detail/row_job.hpp>
#include <millrace/deliver/shadow/detail/shadow_calls.hpp>
#include <millrace/deliver/shadow/detail/shadow_core.hpp>
#include <millrace/deliver/shadow/detail/shadow_members.hpp>
#include <millrace/deliver/shadow/detail/shadow_sample.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/shadow/shadow_policies.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/deliver/shadow/shadow_state.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// The shadow of a model for rows of features: a `model::predictor` that stands in the stable model's place, in a
/// `batcher` say, and copies rows and outputs to the candidate, which predicts them in batches.
///
///     mr::deliver::shadow_predictor scored{mr::borrow(stable), mr::borrow(candidate), mr::deliver::same_class{}};
///     mr::infer::batcher serve{scored};
///
/// Policies and guarantees are those of `shadow`; keys and handlers are given a row, a `std::span<const float>`, and
/// comparisons the outputs of one, a `std::span<const double>`. There is no `unit_by`: a share is one of the batches.
/// A latency is that of a batch over its rows. Where the candidate takes or gives another number of columns, it is not
/// asked, and every row counts as its failure.
/// Complexity: for the caller, two readings of the clock, and for every 64 rows one atomic exchange and the copies.
/// Allocates: when it is made, `capacity` times 64 rows and their outputs.
/// Threads: any number, as of the stable model.
template <class Stable, class Candidate, class... Policies>
class shadow_predictor : public detail::shadow_members<shadow_predictor<Stable, Candidate, Policies...>> {
  using stable_model = detail::model_in_t<Stable>;
  static_assert(detail::requirement<model::predictor<stable_model> && model::predictor<detail::model_in_t<Candidate>>,
                                    stable_model, detail::model_in_t<Candidate>>,
                "millrace[SHADOW-7]: both models of a shadow_predictor are model::predictors: inputs(), outputs(), and "
                "predict for a row and for a batch, const and noexcept; others take requests, in a shadow");
  using parts = detail::shadow_parts<Policies...>;
  using compare = typename parts::compare;
  using outputs_view = std::span<const double>;
  static_assert(detail::requirement<comparison<compare, outputs_view>, compare, outputs_view>,
                "millrace[SHADOW-5]: a shadow's policies are a comparison of two predictions, which returns a "
                "difference or a bool, shadow_options, segment_by, on_difference, a shadow_watch, a clock");
  static_assert(
      detail::requirement<
          parts::template one_each<detail::is_shadow_comparison, detail::is_shadow_options, detail::is_shadow_clock,
                                   detail::is_segment_by, detail::is_on_difference, detail::is_shadow_watch> &&
              detail::policies_of<detail::is_unit_by, Policies...> == 0,
          Policies...>,
      "millrace[SHADOW-6]: two policies of one kind, such as two comparisons; a shadow takes one of each, and one of "
      "rows no unit_by");
  using clock = typename parts::clock;
  using job =
      detail::row_job<Candidate, compare, typename parts::segment, typename parts::told, typename parts::watch, clock>;
  using core = detail::shadow_core<job>;

 public:
  /// How many rows stand in one copy at most.
  static constexpr std::size_t rows_a_copy = 64;

  explicit shadow_predictor(Stable stable, Candidate candidate, Policies... policies)
      : stable_(std::move(stable)),
        clock_(detail::pick_policy<clock>(policies...)),
        sample_(detail::pick_policy<shadow_options>(policies...)),
        core_(new core(parts::template job<job>(std::move(candidate), clock_, policies...,
                                                detail::row_shape{rows_a_copy, inputs(), outputs()}),
                       sample_.options())) {
    core_->start();
  }
  shadow_predictor(const shadow_predictor&) = delete;
  shadow_predictor& operator=(const shadow_predictor&) = delete;
  ~shadow_predictor() { this->end(); }

  std::size_t inputs() const noexcept { return model().inputs(); }
  std::size_t outputs() const noexcept { return model().outputs(); }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    const std::uint64_t start = clock_.ticks();
    model().predict(row, out);
    copy(model::matrix_view(row.data(), 1, row.size()), out, start);
  }
  void predict(const model::matrix_view& rows, std::span<double> out) const noexcept {
    const std::uint64_t start = clock_.ticks();
    model().predict(rows, out);
    copy(rows, out, start);
  }

 private:
  const stable_model& model() const noexcept { return detail::model_in(stable_); }

  friend class detail::shadow_members<shadow_predictor>;

  void copy(const model::matrix_view& rows, std::span<const double> out, std::uint64_t start) const noexcept {
    const std::uint64_t end = clock_.ticks();
    if (rows.rows() == 0) return;
    if (!sample_.takes(rows.rows())) return;
    const std::size_t columns = inputs();
    const std::size_t each = outputs();
    for (std::size_t first = 0; first < rows.rows(); first += rows_a_copy) {
      const std::size_t left = rows.rows() - first;
      const std::size_t count = left < rows_a_copy ? left : rows_a_copy;
      const auto share = [&](std::size_t before) { return start + (end - start) * before / rows.rows(); };
      core_->copy(
          [&](typename job::item& to) noexcept {
            for (std::size_t i = 0; i < count; ++i)
              std::memcpy(to.inputs.data() + i * columns, rows.row(first + i).data(), columns * sizeof(float));
            std::memcpy(to.stable.data(), out.data() + first * each, count * each * sizeof(double));
            to.rows = count;
            to.started = share(first);
            to.ended = share(first + count);
          },
          count);
    }
  }

  Stable stable_;
  [[no_unique_address]] clock clock_;
  mutable detail::shadow_sample sample_;
  core* core_;
};

template <class Stable, class Candidate, class... Policies>
shadow_predictor(Stable, Candidate, Policies...) -> shadow_predictor<Stable, Candidate, Policies...>;

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_PREDICTOR_HPP
