#ifndef MILLRACE_INFER_SERVING_TRACED_HPP
#define MILLRACE_INFER_SERVING_TRACED_HPP

#include <millrace/infer/fwd.hpp>
#include <millrace/infer/serving/fallback.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/observe/tracing/span.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace infer {

/// Makes a span of each request to a batcher, or to a fallback: below the span whose scope the caller's thread is in,
/// with the attributes `rows`, `status` and `model.version`. A request without outputs has failed.
///
///     mr::infer::traced shown(serve, tracer, "fraud");
///     const mr::infer::served done = shown(row, out);
///
/// Models: `serves_requests`, so a `fallback` may stand behind it as well as in front. Where there is no memory for a
/// span, the request is served without one.
/// Complexity: of a request whose trace is not recorded a comparison; of one without a span around it, what the tracer
/// takes for a trace's start.
/// Allocates: for a span that is recorded.
/// Threads: those of what it refers to. The batcher and the tracer outlive it.
template <class Serve, class Tracer>
class traced {
  static constexpr bool serves = serves_requests<Serve>;  // by name, the compiler would list all that is missing
  static_assert(
      serves,
      "millrace[INFER-14]: what is traced serves requests: a batcher, or what is called with rows, outputs and "
      "request_options, is noexcept, returns served, and has a model()");

 public:
  traced(Serve& serve, Tracer& tracer, std::string name = "predict")
      : serve_(&serve), tracer_(&tracer), name_(std::move(name)) {}

  decltype(auto) model() const noexcept { return serve_->model(); }

  served operator()(std::span<const float> row, std::span<double> out, const request_options& with = {}) noexcept {
    return (*this)(model::matrix_view(row.data(), 1, row.size()), out, with);
  }
  served operator()(const model::matrix_view& rows, std::span<double> out, const request_options& with = {}) noexcept {
    observe::span one = begin();
    if (!one.recording()) [[likely]]
      return (*serve_)(rows, out, with);
    const served done = (*serve_)(rows, out, with);
    describe(one, rows.rows(), done);
    return done;
  }
  /// Tells the batcher that a fallback gave the outputs of so many rows.
  void replaced(std::size_t rows) const noexcept {
    if constexpr (requires { serve_->replaced(rows); }) serve_->replaced(rows);
  }

 private:
  observe::span begin() noexcept {
    try {
      return tracer_->start(name_);
    } catch (const std::bad_alloc&) {
      return {};
    }
  }
  [[gnu::noinline]] static void describe(observe::span& one, std::size_t rows, served done) noexcept {
    try {
      one.set("rows", rows);
      one.set("status", to_string(done.status));
      if (done.version != 0) one.set("model.version", done.version);
      if (!done) one.fail(to_string(done.status));
    } catch (const std::bad_alloc&) {
      return;  // the span ends with what it has
    }
  }

  Serve* serve_;
  Tracer* tracer_;
  std::string name_;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_TRACED_HPP
