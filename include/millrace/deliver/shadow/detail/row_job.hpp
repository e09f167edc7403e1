#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_ROW_JOB_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_ROW_JOB_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/detail/shadow_calls.hpp>
#include <millrace/deliver/shadow/detail/shadow_tally.hpp>
#include <millrace/deliver/shadow/detail/shadow_work.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// How many rows a copy has at most, and their columns and outputs.
struct row_shape {
  std::size_t rows = 1;
  std::size_t inputs = 0;
  std::size_t outputs = 0;
};

/// What a shadow of a model for rows does with a copy of some of them: it predicts them by the candidate as one batch,
/// and compares row by row.
template <class Candidate, class Compare, class Segment, class Told, class Watch, class Clock>
class row_job : public shadow_work<Candidate, Compare, Segment, Told, Watch, Clock> {
  using work = shadow_work<Candidate, Compare, Segment, Told, Watch, Clock>;

 public:
  using numbers = std::span<const double>;

  struct item {
    flat_vector<float> inputs;
    flat_vector<double> stable;
    std::uint64_t rows = 0;
    std::uint64_t started = 0;
    std::uint64_t ended = 0;
    // Filled in by the thread, and so not swapped.
    flat_vector<double> candidate;
    flat_vector<compared_pair> compared;
    std::vector<std::string> segments;
    mutable std::string_view segment_view = {};

    void swap(item& other) noexcept {
      inputs.swap(other.inputs);
      stable.swap(other.stable);
      std::swap(rows, other.rows);
      std::swap(started, other.started);
      std::swap(ended, other.ended);
    }
    std::uint64_t requests() const noexcept { return rows; }
    std::size_t pairs() const noexcept { return compared.size(); }
    const compared_pair& pair(std::size_t i) const noexcept { return compared[i]; }
    const std::string_view* segment(std::size_t i) const noexcept {
      if (segments.empty()) return nullptr;
      segment_view = segments[i];
      return &segment_view;
    }
  };

  row_job(Candidate candidate, Compare compare, Segment segment, Told told, Watch watch, const Clock& clock,
          const row_shape& shape)
      : work(std::move(candidate), std::move(compare), std::move(segment), std::move(told), std::move(watch), clock),
        shape_(shape) {}

  /// Memory for as many rows as a copy may have, so that no copy allocates.
  void prepare(item& one) const {
    one.inputs.resize(shape_.rows * shape_.inputs);
    one.stable.resize(shape_.rows * shape_.outputs);
  }

  void compare(item& one) {
    const auto rows = static_cast<std::size_t>(one.rows);
    const auto done = guarded([&] { predict(one, rows); }, [] { return std::string("the candidate"); });
    if (done) return;
    for (compared_pair& each : one.compared) each.candidate_failed = true;
  }

  void tell(const item& one, std::string_view name) {
    for (std::size_t i = 0; i < one.pairs(); ++i) {
      const compared_pair& of = one.pair(i);
      if constexpr (work::is_watched)
        this->emit_compared(name, one.segments.empty() ? std::string_view() : std::string_view(one.segments[i]), of);
      if constexpr (work::is_told) {
        if (of.apart.agrees) continue;
        (void)guarded([&] { told_.call(row_of(one, i), stable_of(one, i), candidate_of(one, i), of.apart); },
                      [] { return std::string("a handler"); });
      }
    }
  }

 private:
  using work::candidate_;
  using work::clock_;
  using work::compare_;
  using work::nanoseconds;
  using work::segment_;
  using work::told_;

  std::span<const float> row_of(const item& of, std::size_t i) const noexcept {
    return {of.inputs.data() + i * shape_.inputs, shape_.inputs};
  }
  numbers stable_of(const item& of, std::size_t i) const noexcept {
    return {of.stable.data() + i * shape_.outputs, shape_.outputs};
  }
  numbers candidate_of(const item& of, std::size_t i) const noexcept {
    return {of.candidate.data() + i * shape_.outputs, shape_.outputs};
  }

  void predict(item& one, std::size_t rows) {
    one.compared.assign(rows, compared_pair());
    one.candidate.resize(shape_.rows * shape_.outputs);
    auto& candidate = model_in(candidate_);
    const bool fits = candidate.inputs() == shape_.inputs && candidate.outputs() == shape_.outputs;
    const std::uint64_t start = clock_.ticks();
    if (fits)
      candidate.predict(model::matrix_view(one.inputs.data(), rows, shape_.inputs),
                        std::span<double>(one.candidate.data(), rows * shape_.outputs));
    const std::uint64_t end = clock_.ticks();
    if constexpr (work::has_segments) one.segments.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      compared_pair& of = one.compared[i];
      of.stable_nanoseconds = nanoseconds(one.started, one.ended) / rows;
      of.candidate_nanoseconds = nanoseconds(start, end) / rows;
      of.apart = {false, math::nan};
      of.candidate_failed = !fits;
      if constexpr (work::has_segments) key_text(segment_.key(row_of(one, i)), one.segments[i]);
      if (!fits) continue;
      const numbers stable = stable_of(one, i);
      const numbers made = candidate_of(one, i);
      of.apart = difference_by(compare_, stable, made);
      of.has_figures = figure_of(stable, compare_, of.stable_figure) && figure_of(made, compare_, of.candidate_figure);
    }
  }

  row_shape shape_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_ROW_JOB_HPP
