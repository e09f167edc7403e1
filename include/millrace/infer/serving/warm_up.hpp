#ifndef MILLRACE_INFER_SERVING_WARM_UP_HPP
#define MILLRACE_INFER_SERVING_WARM_UP_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// How long a model took the first time that it saw the rows, and the fastest time after that.
struct warm_up_times {
  duration first;
  duration fastest;
  std::size_t runs = 0;
};

/// When a model is warm.
struct warm_up_options {
  std::size_t min_runs = 3;
  std::size_t max_runs = 100;
  /// So many runs in a row that were no faster than the fastest before them.
  std::size_t settled = 5;
};

/// Runs a model on rows of its kind before its first caller does, so that its memory is mapped and its caches are full:
/// alone row by row and then as a batch, until it becomes no faster.
///
///     if (auto warm = mr::infer::warm_up(model, sample); !warm) return std::move(warm).error();
///     live.swap(std::move(model));
///
/// Shapes: rows x `model.inputs()`.
/// Allocates: the outputs.
/// Errors: invalid_argument (no rows), shape_mismatch (columns).
template <model::predictor Model, clock_policy Clock = steady_clock>
result<warm_up_times> warm_up(const Model& model, const model::matrix_view& rows, const warm_up_options& options = {},
                              const Clock& clock = {}) {
  if (rows.rows() == 0) return error(errc::invalid_argument, "a warm-up needs rows, and there are none");
  if (rows.columns() != model.inputs())
    return error(errc::shape_mismatch, "the warm-up's rows have " + std::to_string(rows.columns()) +
                                           " columns, the model takes " + std::to_string(model.inputs()));
  std::vector<double> out(rows.rows() * model.outputs());
  warm_up_times times;
  for (std::size_t quiet = 0; times.runs < options.max_runs;) {
    const std::uint64_t begun = clock.nanoseconds(clock.ticks());
    for (std::size_t i = 0; i < rows.rows(); ++i)
      model.predict(rows.row(i), std::span(out).subspan(i * model.outputs(), model.outputs()));
    model.predict(rows, std::span<double>(out));
    const duration took(clock.nanoseconds(clock.ticks()) - begun);
    const bool is_first = times.runs++ == 0;
    quiet = is_first || took < times.fastest ? 0 : quiet + 1;
    if (is_first) times.first = took;
    if (is_first || took < times.fastest) times.fastest = took;
    if (times.runs >= options.min_runs && quiet >= options.settled) break;
  }
  return times;
}

/// A model that can choose among kernels by their time on rows of its kind, with the same outputs by all of them:
/// forests and boosted trees.
template <class Model, class Clock = steady_clock>
concept calibrates_kernels = requires(Model& model, const model::matrix_view& rows, const Clock& clock) {
  model.calibrate_kernels(rows, clock);
};

/// The same of a model that its caller may still change: first it chooses its kernels by the rows, 32 or more of them.
/// Threads: none may ask the model meanwhile.
template <model::predictor Model, clock_policy Clock = steady_clock>
requires(calibrates_kernels<Model, Clock>)
result<warm_up_times> warm_up(Model& model, const model::matrix_view& rows, const warm_up_options& options = {},
                              const Clock& clock = {}) {
  if (rows.columns() == model.inputs()) model.calibrate_kernels(rows, clock);
  return warm_up(std::as_const(model), rows, options, clock);
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_WARM_UP_HPP
