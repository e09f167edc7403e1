#ifndef MILLRACE_CONNECT_REST_PARTS_PREDICTIONS_HPP
#define MILLRACE_CONNECT_REST_PARTS_PREDICTIONS_HPP

#include <millrace/connect/rest/detail/json_numbers.hpp>
#include <millrace/connect/rest/detail/served_outcome.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/connect/rest/served_models.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The part of an API that predicts:
///
///     POST /pipeline/ml/predict    {"model_name": "latency", "features": [[50, 60, 70], [55, null, 75]]}
///     GET  /pipeline/ml/models     the models' names
///
/// A row that is missing a number has `null` there. Where a model has several outputs, each row's predictions are an
/// array; a prediction that is not finite is `null`. The models outlive it.
class predictions {
 public:
  /// `with`: how each request is put to a batcher; the time that it has there is part of it.
  explicit predictions(const served_models& models, infer::request_options with = {.timeout = duration(10'000'000'000)})
      : models_(&models), with_(with) {}
  explicit predictions(const served_models&&) = delete;

 private:
  static constexpr member rows_of_a_model[] = {
      {.name = "model_name", .least = 1, .most = 256},
      {.name = "features", .kind = value_kind::rows, .least = 1, .most = 100'000, .about = "a row each"}};
  static constexpr refusal refusals[] = {{404, "There is no such model"}, {504, "The model was not ready in time"}};
  static constexpr std::string_view predicted =
      R"({"type":"object","required":["predictions","model_name"],"properties":{"predictions":{"type":"array"},)"
      R"("model_name":{"type":"string"},"model_version":{"type":"integer"}}})";
  static constexpr std::string_view listed =
      R"({"type":"object","required":["models","count"],"properties":{"models":{"type":"array",)"
      R"("items":{"type":"string"}},"count":{"type":"integer"}}})";

  result<store::http_response> predict(const call& asked) const {
    const std::string name = asked.in.text("model_name");
    const served_models::handle model = models_->find(name);
    if (!model) return error(errc::not_found, "there is no model " + millrace::detail::quoted_text(name));
    const model::matrix_view rows = asked.in.rows("features");
    std::vector<double> out(rows.rows() * model->outputs());
    const auto done = model->predict(rows, out, with_);
    if (!done) return done.error();
    if (!*done) return detail::not_served(*done);
    std::string json;
    json.reserve(64 + name.size() + out.size() * 20);
    json_writer to(json);
    to.begin_object().key("predictions");
    detail::write_rows(to, out, model->outputs());
    to.member("model_name", name);
    if (done->version != 0) to.member("model_version", done->version);
    to.end_object();
    return json_response(std::move(json));
  }
  result<store::http_response> list(const call&) const {
    const auto models = models_->list();
    std::string json;
    json_writer to(json);
    to.begin_object().key("models").begin_array();
    for (const auto& each : models) to.value(each->name());
    to.end_array().member("count", models.size()).end_object();
    return json_response(std::move(json));
  }

  const served_models* models_;
  infer::request_options with_;

 public:
  static constexpr route<predictions> routes[] = {
      {"POST",
       "/pipeline/ml/predict",
       &predictions::predict,
       {.id = "predict",
        .summary = "Predict rows by a model",
        .tag = "models",
        .takes = rows_of_a_model,
        .returns = predicted,
        .refuses = refusals}},
      {"GET",
       "/pipeline/ml/models",
       &predictions::list,
       {.id = "list_models", .summary = "The models that predict", .tag = "models", .returns = listed}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_PREDICTIONS_HPP
