#ifndef MILLRACE_INFER_SERVING_FALLBACK_HPP
#define MILLRACE_INFER_SERVING_FALLBACK_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// What serves requests: a `batcher`.
template <class S>
concept serves_requests =
    requires(S& serve, const model::matrix_view& rows, std::span<double> out, const request_options& with) {
      { serve(rows, out, with) } noexcept -> std::same_as<served>;
      { serve.model().inputs() } noexcept -> std::convertible_to<std::size_t>;
      { serve.model().outputs() } noexcept -> std::convertible_to<std::size_t>;
    };

/// A circuit breaker: `allows` says whether a call may be made, and each call that it allowed is told of by one of the
/// other three. `ignored` is for calls that say nothing about the model: cancelled ones, and those of a wrong shape.
/// `resilience::circuit_breaker` is one.
template <class B>
concept call_breaker = requires(B& breaker) {
  { breaker.allows() } noexcept -> std::same_as<bool>;
  { breaker.succeeded() } noexcept;
  { breaker.failed() } noexcept;
  { breaker.ignored() } noexcept;
};

/// Allows all calls.
struct no_breaker {
  static constexpr bool allows() noexcept { return true; }
  static constexpr void succeeded() noexcept {}
  static constexpr void failed() noexcept {}
  static constexpr void ignored() noexcept {}
};

/// One row of outputs, which stands for every row that the model did not serve: the mean score, say.
struct fallback_values {
  std::vector<double> row;
};

/// When a fallback is asked in the place of a model.
struct fallback_options {
  /// For requests that have no timeout of their own; 0: none.
  duration timeout = duration(0);
  /// Whether outputs that are not finite count as a failure of the model.
  bool needs_finite = true;
};

/// Serves requests by a batcher and, where that fails, by values or by another model.
///
///     auto guarded = mr::infer::make_fallback(serve, {{0.02}});
///     const mr::infer::served done = (*guarded)(row, out);
///     if (done.status == mr::infer::serving_status::fallback) ...      // the outputs are 0.02
///
/// What fails: a request that is refused, late, or comes after the close; outputs that are not finite; any call that an
/// open breaker does not allow. A cancelled request, and one of a wrong shape, have no outputs. The other model runs on
/// the caller's thread.
/// Complexity: of an open breaker, its `allows`, an atomic addition, and the values or the other model.
/// Allocates: when it is made.
/// Threads: as many as the breaker; any number with `no_breaker`. The batcher and the breaker outlive it.
template <class Serve, class Instead = fallback_values, class Breaker = no_breaker>
class fallback {
  static_assert(serves_requests<Serve>,
                "millrace[INFER-8]: a fallback stands behind what serves requests: a batcher, or what is called with "
                "rows, outputs and request_options, is noexcept, returns served, and has a model()");
  static_assert(std::is_same_v<Instead, fallback_values> || model::predictor<Instead>,
                "millrace[INFER-9]: what serves instead is fallback_values{{...}} or a model::predictor");
  static_assert(call_breaker<Breaker>,
                "millrace[INFER-10]: a breaker has allows(), which returns bool, succeeded(), failed() and ignored(), "
                "all noexcept");

 public:
  /// Errors: shape_mismatch, if the values or the other model do not have the shape of the batcher's model.
  static result<fallback> make(Serve& serve, Instead instead, const fallback_options& options = {})
  requires std::is_same_v<Breaker, no_breaker>
  {
    return checked(fallback(serve, std::move(instead), options, nullptr));
  }
  static result<fallback> make(Serve& serve, Instead instead, const fallback_options& options, Breaker& breaker) {
    return checked(fallback(serve, std::move(instead), options, &breaker));
  }

  served operator()(std::span<const float> row, std::span<double> out, const request_options& with = {}) noexcept {
    return (*this)(model::matrix_view(row.data(), 1, row.size()), out, with);
  }
  served operator()(const model::matrix_view& rows, std::span<double> out, const request_options& with = {}) noexcept {
    if (breaker_ != nullptr && !breaker_->allows()) {
      if (!fits(rows, out)) return {serving_status::invalid, 0};
      counts_->open.add_relaxed(1);
      return serve_instead(rows, out);
    }
    request_options timed = with;
    if (timed.timeout == duration(0)) timed.timeout = options_.timeout;
    const served done = (*serve_)(rows, out, timed);
    switch (done.status) {
      case serving_status::ok:
        if (options_.needs_finite && !is_finite(out.first(rows.rows() * outputs_))) {
          counts_->not_finite.add_relaxed(1);
          break;
        }
        if (breaker_ != nullptr) breaker_->succeeded();
        return done;
      case serving_status::refused:
      case serving_status::timeout:
      case serving_status::closed: counts_->failed[static_cast<std::size_t>(done.status)].add_relaxed(1); break;
      default:
        if (breaker_ != nullptr) breaker_->ignored();
        return done;
    }
    if (breaker_ != nullptr) breaker_->failed();
    return serve_instead(rows, out);
  }

  /// How many requests were served instead, because the batcher ended them so.
  std::uint64_t count(serving_status why) const noexcept {
    return counts_->failed[static_cast<std::size_t>(why) % serving_statuses].load_relaxed();
  }
  /// How many were served instead, because the breaker was open.
  std::uint64_t open() const noexcept { return counts_->open.load_relaxed(); }
  /// How many were served instead, because the model's outputs were not finite.
  std::uint64_t not_finite() const noexcept { return counts_->not_finite.load_relaxed(); }

 private:
  struct counters {
    detail::light_atomic<std::uint64_t> failed[serving_statuses];
    detail::light_atomic<std::uint64_t> open{0};
    detail::light_atomic<std::uint64_t> not_finite{0};
  };

  fallback(Serve& serve, Instead instead, const fallback_options& options, Breaker* breaker)
      : serve_(&serve),
        inputs_(serve.model().inputs()),
        outputs_(serve.model().outputs()),
        instead_(std::move(instead)),
        options_(options),
        breaker_(breaker),
        counts_(detail::make_owning<counters>()) {}

  static result<fallback> checked(fallback made) {
    if constexpr (std::is_same_v<Instead, fallback_values>) {
      if (made.instead_.row.size() != made.outputs_)
        return error(errc::shape_mismatch, "the fallback has " + std::to_string(made.instead_.row.size()) +
                                               " values, the model " + std::to_string(made.outputs_) + " outputs");
    } else if (made.instead_.inputs() != made.inputs_ || made.instead_.outputs() != made.outputs_) {
      return error(errc::shape_mismatch, "the fallback takes " + std::to_string(made.instead_.inputs()) +
                                             " columns for " + std::to_string(made.instead_.outputs()) +
                                             " outputs, the model " + std::to_string(made.inputs_) + " for " +
                                             std::to_string(made.outputs_));
    }
    return made;
  }

  bool fits(const model::matrix_view& rows, std::span<const double> out) const noexcept {
    return rows.columns() == inputs_ && rows.rows() != 0 && out.size() >= rows.rows() * outputs_;
  }
  static bool is_finite(std::span<const double> numbers) noexcept {
    double none = 0;  // 0 times each number: NaN as soon as one is not finite
    for (const double one : numbers) none += 0 * one;
    return none == 0;
  }
  served serve_instead(const model::matrix_view& rows, std::span<double> out) const noexcept {
    if constexpr (std::is_same_v<Instead, fallback_values>) {
      for (std::size_t i = 0; i < rows.rows() * outputs_; ++i) out[i] = instead_.row[i % outputs_];
    } else {
      instead_.predict(rows, out.first(rows.rows() * outputs_));
    }
    if constexpr (requires { serve_->replaced(rows.rows()); }) serve_->replaced(rows.rows());
    return {serving_status::fallback, 0};
  }

  Serve* serve_;
  std::size_t inputs_;
  std::size_t outputs_;
  Instead instead_;
  fallback_options options_;
  Breaker* breaker_;
  detail::owning_pointer<counters> counts_;
};

/// `fallback::make` with the types of its arguments: `make_fallback(serve, {{0.02}}, {.timeout = 5ms})` for values,
/// `make_fallback(serve, rule{})` for another model.
/// Errors: those of `fallback::make`.
template <class Serve, class Instead = fallback_values>
result<fallback<Serve, Instead>> make_fallback(Serve& serve, Instead instead, const fallback_options& options = {}) {
  return fallback<Serve, Instead>::make(serve, std::move(instead), options);
}
/// The same behind a breaker, which outlives it.
template <class Serve, class Instead = fallback_values, class Breaker>
result<fallback<Serve, Instead, Breaker>> make_fallback(Serve& serve, Instead instead, const fallback_options& options,
                                                        Breaker& breaker) {
  return fallback<Serve, Instead, Breaker>::make(serve, std::move(instead), options, breaker);
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_FALLBACK_HPP
