#ifndef MILLRACE_CONNECT_REST_PARTS_BATCHES_HPP
#define MILLRACE_CONNECT_REST_PARTS_BATCHES_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch/batch_request.hpp>
#include <millrace/store/http.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// What runs batch operations for an API: `run(json)`, with the members of a request as feature::run_batch_request has
/// them, and `mode()`, which says where. Any number of threads call it at once.
template <class Engine>
concept batch_engine = requires(const Engine& engine, std::string_view json) {
  { engine.run(json) } -> std::same_as<result<feature::batch_answer>>;
  { engine.mode() } -> std::convertible_to<std::string_view>;
};

/// Runs batch operations in the process itself.
struct local_batches {
  result<feature::batch_answer> run(std::string_view json) const { return feature::run_batch_request(json); }
  static constexpr std::string_view mode() noexcept { return "local"; }
};

/// The part of an API that processes batches of events, under the paths that Spark's have in the document:
///
///     POST /pipeline/spark/process   {"operation": "time_window_metrics", "events": [...], "window_minutes": 60}
///     GET  /pipeline/spark/status
///
/// Operations are `statistics`, `time_window_metrics`, `join_event_streams` and `detect_anomalies`, as
/// feature::run_batch_request says. A local engine's status is `active_fallback_mode`.
template <class Engine = local_batches>
class batches {
  static_assert(millrace::detail::requirement<batch_engine<Engine>, Engine>,
                "millrace[REST-8]: an engine of batches has run(json), which returns a result<feature::batch_answer>, "
                "and mode()");

 public:
  explicit batches(Engine engine = Engine())
      : engine_(std::move(engine)), processed_(new millrace::detail::light_atomic<std::uint64_t>(0)) {}

 private:
  static constexpr member request_members[] = {
      {.name = "operation", .choices = "statistics,time_window_metrics,join_event_streams,detect_anomalies"},
      {.name = "events", .kind = value_kind::objects, .is_required = false},
      {.name = "left_events", .kind = value_kind::objects, .is_required = false},
      {.name = "right_events", .kind = value_kind::objects, .is_required = false},
      {.name = "value",
       .kind = value_kind::any,
       .is_required = false,
       .about = "a name of a number in events, or several"},
      {.name = "group_by", .kind = value_kind::any, .is_required = false, .about = "a name in events, or several"},
      {.name = "time", .is_required = false, .about = "the name of the time in events"},
      {.name = "window_minutes", .kind = value_kind::number, .is_required = false, .least = 0.001, .most = 1e9},
      {.name = "threshold_std", .kind = value_kind::number, .is_required = false, .least = 0, .most = 1e9},
      {.name = "join_key", .is_required = false},
      {.name = "within_seconds", .kind = value_kind::number, .is_required = false, .least = 0, .most = 1e9}};
  static constexpr std::string_view processed_schema =
      R"({"type":"object","required":["operation","events","rows"],"properties":{"operation":{"type":"string"},)"
      R"("events":{"type":"integer"},"refused":{"type":"integer"},"rows":{"type":"array","items":{"type":"object"}}}})";
  static constexpr std::string_view status_schema =
      R"({"type":"object","required":["status","mode","events_processed"],"properties":{"status":{"type":"string"},)"
      R"("mode":{"type":"string"},"events_processed":{"type":"integer"}}})";

  result<store::http_response> process(const call& asked) const {
    const auto done = engine_.run(asked.request.body);
    if (!done) {
      const unsigned status = http_status(done.error().code());
      return problem_response(done.error(), status < 500 ? 422 : status);
    }
    processed_->add_relaxed(done->events);
    return json_response(to_json(*done));
  }
  result<store::http_response> status(const call&) const {
    std::string json;
    const std::string_view mode = engine_.mode();
    json_writer(json)
        .begin_object()
        .member("status", mode == "local" ? "active_fallback_mode" : "active")
        .member("mode", mode)
        .member("events_processed", processed_->load_relaxed())
        .end_object();
    return json_response(std::move(json));
  }

  Engine engine_;
  millrace::detail::owning_pointer<millrace::detail::light_atomic<std::uint64_t>> processed_;

 public:
  static constexpr route<batches> routes[] = {
      {"POST",
       "/pipeline/spark/process",
       &batches::process,
       {.id = "process_batch",
        .summary = "Process a batch of events",
        .tag = "batches",
        .takes = request_members,
        .returns = processed_schema}},
      {"GET",
       "/pipeline/spark/status",
       &batches::status,
       {.id = "batch_status", .summary = "Where batches are processed", .tag = "batches", .returns = status_schema}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_BATCHES_HPP
