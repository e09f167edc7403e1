#ifndef MILLRACE_CONNECT_REST_PARTS_TRAINING_HPP
#define MILLRACE_CONNECT_REST_PARTS_TRAINING_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/job_queue.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/parts/model_trainer.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The part of an API that trains models in jobs:
///
///     POST   /pipeline/ml/train     {"model_name": "latency", "model_type": "random_forest",
///                                    "feature_keys": ["cpu", "memory"], "target": "latency",
///                                    "events": [{"cpu": 50, "memory": 60, "latency": 125.5}, ...]}
///     GET    /pipeline/jobs         the jobs that are known, the newest first
///     GET    /pipeline/jobs/{id}
///     DELETE /pipeline/jobs/{id}    cancels it
///
/// A job that is taken is status 202 with its id and its address; where as many wait as may, 429. The queue outlives
/// it, and so does what the trainer refers to.
template <class Trainer = model_trainer>
class training {
  static_assert(millrace::detail::requirement<api_trainer<Trainer>, Trainer>,
                "millrace[REST-7]: a trainer has `types`, and `prepare(request)`, which returns a result of a job");

 public:
  training(job_queue& jobs, Trainer trainer) : jobs_(&jobs), trainer_(std::move(trainer)) {}

 private:
  static constexpr member request_members[] = {
      {.name = "model_name", .least = 1, .most = 256},
      {.name = "model_type",
       .is_required = false,
       .about = "the first one, if it is left out",
       .choices = Trainer::types},
      {.name = "feature_keys", .kind = value_kind::texts, .least = 1, .most = 10'000},
      {.name = "target", .is_required = false, .least = 1, .most = 256, .about = "`target`, if it is left out"},
      {.name = "events", .kind = value_kind::objects, .least = 1, .most = 1'000'000}};
  static constexpr refusal no_job[] = {{404, "There is no such job"}};
  static constexpr refusal no_open_job[] = {{404, "There is no such job"}, {409, "The job is over"}};
  static constexpr std::string_view job_schema =
      R"({"type":"object","required":["job_id","kind","status","created"],"properties":{"job_id":{"type":"string"},)"
      R"("kind":{"type":"string"},"status":{"enum":["queued","running","succeeded","failed","cancelled"]},)"
      R"("created":{"type":"string"},"started":{"type":"string"},"ended":{"type":"string"},"result":{},)"
      R"("error":{"type":"string"}}})";
  static constexpr std::string_view jobs_schema =
      R"({"type":"object","required":["jobs"],"properties":{"jobs":{"type":"array","items":{"type":"object"}}}})";

  result<store::http_response> train(const call& asked) const {
    training_request wanted{asked.in.text("model_name"), asked.in.text("model_type", first_type()),
                            asked.in.texts("feature_keys"), asked.in.text("target", "target"),
                            std::string(asked.in.raw("events"))};
    auto job = trainer_.prepare(std::move(wanted));
    if (!job) return std::move(job).error();
    auto id = jobs_->submit("train", asked.user, *std::move(job));
    if (!id)
      return id.error().code() == errc::unavailable ? busy_response(id.error().message())
                                                    : result<store::http_response>(id.error());
    auto made = respond(*id, 202);
    if (made) made->headers.push_back({"Location", "/pipeline/jobs/" + *id});
    return made;
  }
  result<store::http_response> list(const call&) const {
    std::string json;
    json_writer out(json);
    out.begin_object().key("jobs").begin_array();
    for (const job_record& each : jobs_->list()) write(out, each);
    out.end_array().end_object();
    return json_response(std::move(json));
  }
  result<store::http_response> find(const call& asked) const { return respond(asked.in_path("id"), 200); }
  result<store::http_response> cancel(const call& asked) const {
    if (auto done = jobs_->cancel(asked.in_path("id")); !done) return std::move(done).error();
    return respond(asked.in_path("id"), 200);
  }

  result<store::http_response> respond(std::string_view id, int status) const {
    const auto found = jobs_->find(id);
    if (!found) return found.error();
    std::string json;
    json_writer out(json);
    write(out, *found);
    return json_response(std::move(json), status);
  }
  static void write(json_writer& out, const job_record& one) {
    out.begin_object().member("job_id", one.id).member("kind", one.kind).member("status", to_string(one.state));
    out.member("created", to_iso8601(one.created));
    if (one.started != 0) out.member("started", to_iso8601(one.started));
    if (one.ended != 0) out.member("ended", to_iso8601(one.ended));
    if (one.state == job_state::succeeded && !one.outcome.empty()) out.key("result").raw(one.outcome);
    if (one.state == job_state::failed) out.member("error", one.outcome);
    out.end_object();
  }
  static std::string_view first_type() noexcept {
    const std::string_view all = Trainer::types;
    return all.substr(0, all.find(','));
  }

  job_queue* jobs_;
  Trainer trainer_;

 public:
  static constexpr route<training> routes[] = {
      {"POST",
       "/pipeline/ml/train",
       &training::train,
       {.id = "train",
        .summary = "Train a model in a job",
        .tag = "jobs",
        .takes = request_members,
        .status = 202,
        .returns = job_schema,
        .is_audited = true}},
      {"GET",
       "/pipeline/jobs",
       &training::list,
       {.id = "list_jobs", .summary = "The jobs, the newest first", .tag = "jobs", .returns = jobs_schema}},
      {"GET",
       "/pipeline/jobs/{id}",
       &training::find,
       {.id = "find_job", .summary = "How far a job is", .tag = "jobs", .returns = job_schema, .refuses = no_job}},
      {"DELETE",
       "/pipeline/jobs/{id}",
       &training::cancel,
       {.id = "cancel_job",
        .summary = "Cancel a job",
        .tag = "jobs",
        .returns = job_schema,
        .refuses = no_open_job,
        .is_audited = true}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_TRAINING_HPP
