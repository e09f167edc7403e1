#ifndef MILLRACE_INFER_SERVING_REQUEST_HPP
#define MILLRACE_INFER_SERVING_REQUEST_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace infer {

/// How far a request has come, or how it ended.
enum class serving_status : std::uint8_t {
  ok,         // the outputs are the model's
  fallback,   // the outputs are those of a fallback
  pending,    // the request waits, or is in a batch
  refused,    // too many rows were waiting
  timeout,    // its time was over
  cancelled,  // the caller no longer wanted it
  closed,     // the batcher was closed
  invalid,    // rows of other columns, none, or more than a batch may have; or too little room for their outputs
};
inline constexpr std::size_t serving_statuses = 8;

/// The status's name, as metrics have it: `refused`.
constexpr std::string_view to_string(serving_status status) noexcept {
  constexpr std::string_view names[serving_statuses] = {"ok",      "fallback",  "pending", "refused",
                                                        "timeout", "cancelled", "closed",  "invalid"};
  return names[static_cast<std::size_t>(status) % serving_statuses];
}

/// What became of a request. It is a plain value, since a refusal under overload has to be cheap; `to_result` makes an
/// error of it.
struct [[nodiscard]] served {
  serving_status status = serving_status::ok;
  /// Of the model that made the outputs: 0 for a model that has no versions, and where no model did.
  std::uint64_t version = 0;

  /// Whether the outputs are there, the model's or a fallback's.
  explicit constexpr operator bool() const noexcept { return status <= serving_status::fallback; }
};

/// The version of the model, or the error that stands for the status.
/// Errors: unavailable (refused), timeout, cancelled, closed, shape_mismatch (invalid).
template <class = void>
result<std::uint64_t> to_result(served one) {
  switch (one.status) {
    case serving_status::refused: return error(errc::unavailable, "the request was refused: too many rows wait");
    case serving_status::timeout: return error(errc::timeout, "the request's time was over before a model ran it");
    case serving_status::cancelled: return error(errc::cancelled, "the request was cancelled");
    case serving_status::closed: return error(errc::closed, "the batcher is closed");
    case serving_status::invalid:
      return error(errc::shape_mismatch,
                   "the request's rows or outputs do not fit the model or a batch, of which "
                   "batcher::check_shape(rows, out) has the numbers");
    case serving_status::pending: return error(errc::unavailable, "the request is not done yet");
    case serving_status::ok:
    case serving_status::fallback: break;
  }
  return one.version;
}

/// Which requests go first. Of those that wait, each lower priority keeps an eighth of the rows of every batch, so that
/// it goes on; the rest of a batch is the highest's.
enum class serving_priority : std::uint8_t { high, normal, low };
inline constexpr std::size_t serving_priorities = 3;

/// What a caller says about a request.
struct request_options {
  serving_priority priority = serving_priority::normal;
  /// How long after it was submitted its caller waits for it; 0: however long it takes. A caller that runs the model
  /// itself does not leave before the model is done.
  duration timeout = duration(0);
};

template <class Model, class Clock, class Monitor>
class batcher;

namespace detail {

class request_queue;

/// Where a thread sleeps until its request is done or it is to run the next batch.
struct sleeper {
  condition changed;
};

}  // namespace detail

/// Rows for a model, and the memory for its outputs, which a batcher fills: for callers who submit now and wait later,
/// or who cancel. All that a batcher needs to know about a request stands in here, so that it allocates nothing.
///
///     mr::infer::request one(row, out);
///     (void)serve.submit(one);               // wait says what became of it
///     ...                                     // something else meanwhile
///     if (serve.wait(one)) use(out);
///
/// Shapes: rows x `model.inputs()`, and rows x `model.outputs()` for the outputs, row after row.
/// Guarantee: once it is `done`, nothing reads its rows or writes its outputs any more. The destructor cancels what is
/// still waiting.
/// Threads: one; `cancel` from any other while the request exists.
class request {
 public:
  request(const model::matrix_view& rows, std::span<double> out, const request_options& options = {}) noexcept
      : rows_(rows), out_(out), options_(options) {}
  /// A single row.
  request(std::span<const float> row, std::span<double> out, const request_options& options = {}) noexcept
      : request(model::matrix_view(row.data(), 1, row.size()), out, options) {}
  request(const request&) = delete;
  request& operator=(const request&) = delete;
  ~request() {
    if (leave_ != nullptr) leave_(*this);
  }

  const model::matrix_view& rows() const noexcept { return rows_; }
  std::span<double> out() const noexcept { return out_; }
  const request_options& options() const noexcept { return options_; }
  /// Whether it is over, well or not. It is, too, before it is submitted.
  bool done() const noexcept { return done_.load_acquire(); }

 private:
  template <class, class, class>
  friend class batcher;
  friend class detail::request_queue;

  std::size_t level() const noexcept { return static_cast<std::size_t>(options_.priority) % serving_priorities; }

  model::matrix_view rows_;
  std::span<double> out_;
  request_options options_;
  detail::light_atomic<bool> done_{true};
  detail::light_atomic<bool> leads_{false};  // its thread is to run the next batch
  // All that follows is guarded by the batcher's lock until it is done.
  bool is_watched_ = false;  // a thread waits for it, and can be made to lead
  bool is_unwanted_ = false;
  served outcome_;
  std::uint64_t arrived_ = 0;
  std::uint64_t deadline_ = 0;  // 0: none
  request* before_ = nullptr;   // in the queue
  request* after_ = nullptr;
  request** place_ = nullptr;                              // in a batch
  const detail::light_atomic<bool>* is_copied_ = nullptr;  // whether the batch has what it needs of the rows
  detail::sleeper* sleeper_ = nullptr;
  void* batcher_ = nullptr;
  void (*leave_)(request&) noexcept = nullptr;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_REQUEST_HPP
