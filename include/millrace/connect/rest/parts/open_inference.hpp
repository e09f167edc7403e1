#ifndef MILLRACE_CONNECT_REST_PARTS_OPEN_INFERENCE_HPP
#define MILLRACE_CONNECT_REST_PARTS_OPEN_INFERENCE_HPP

#include <millrace/connect/rest/detail/inference_input.hpp>
#include <millrace/connect/rest/detail/json_numbers.hpp>
#include <millrace/connect/rest/detail/served_outcome.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/connect/rest/served_models.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/version.hpp>
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

/// The part of an API that predicts by the open inference protocol, version 2, as KServe, Triton and others speak it:
///
///     GET  /v2                                    what the server is
///     GET  /v2/health/live, /v2/health/ready      status 200, or 503 where there is no model
///     GET  /v2/models/{model_name}                the model's tensors
///     GET  /v2/models/{model_name}/ready
///     POST /v2/models/{model_name}/infer          {"inputs": [{"name": "input", "shape": [2, 3], "datatype": "FP32",
///                                                              "data": [1, 2, 3, 4, 5, 6]}]}
///
/// A model has one input, rows x columns, of any datatype of numbers, and one output of FP64. Data are flat, or nested
/// as the shape says. Tensors as bytes, an extension, are refused. Errors have a member `error` beside those of a
/// problem document, as the protocol wants it. The models outlive it.
/// Source: KServe, Open Inference Protocol (V2), open_inference_rest.yaml.
class open_inference {
 public:
  explicit open_inference(const served_models& models,
                          infer::request_options with = {.timeout = duration(10'000'000'000)})
      : models_(&models), with_(with) {}
  explicit open_inference(const served_models&&) = delete;

 private:
  static constexpr member request_members[] = {
      {.name = "id", .is_required = false, .most = 256},
      {.name = "parameters", .kind = value_kind::object, .is_required = false},
      {.name = "inputs",
       .kind = value_kind::objects,
       .least = 1,
       .most = 1,
       .about = "one tensor: name, shape [rows, columns], datatype and data"},
      {.name = "outputs", .kind = value_kind::objects, .is_required = false, .most = 1}};
  static constexpr refusal no_model[] = {{404, "There is no such model"}};
  static constexpr refusal refusals[] = {{404, "There is no such model"}, {504, "The model was not ready in time"}};
  static constexpr std::string_view server_schema =
      R"({"type":"object","required":["name","version","extensions"],"properties":{"name":{"type":"string"},)"
      R"("version":{"type":"string"},"extensions":{"type":"array","items":{"type":"string"}}}})";
  static constexpr std::string_view live_schema =
      R"({"type":"object","required":["live"],"properties":{"live":{"type":"boolean"}}})";
  static constexpr std::string_view ready_schema =
      R"({"type":"object","required":["ready"],"properties":{"ready":{"type":"boolean"}}})";
  static constexpr std::string_view model_schema =
      R"({"type":"object","required":["name","platform","inputs","outputs"],"properties":{"name":{"type":"string"},)"
      R"("versions":{"type":"array","items":{"type":"string"}},"platform":{"type":"string"},)"
      R"("inputs":{"type":"array"},"outputs":{"type":"array"}}})";
  static constexpr std::string_view inferred =
      R"({"type":"object","required":["model_name","outputs"],"properties":{"model_name":{"type":"string"},)"
      R"("model_version":{"type":"string"},"id":{"type":"string"},"outputs":{"type":"array","items":{"type":"object",)"
      R"("required":["name","shape","datatype","data"],"properties":{"name":{"type":"string"},"shape":{"type":"array",)"
      R"("items":{"type":"integer"}},"datatype":{"type":"string"},"data":{"type":"array"}}}}}})";

  result<store::http_response> describe(const call&) const {
    std::string json;
    json_writer(json)
        .begin_object()
        .member("name", "millrace")
        .member("version", MILLRACE_VERSION_STRING)
        .key("extensions")
        .begin_array()
        .end_array()
        .end_object();
    return json_response(std::move(json));
  }
  result<store::http_response> live(const call&) const { return json_response(R"({"live":true})"); }
  result<store::http_response> ready(const call&) const {
    if (models_->list().empty()) return told(error(errc::unavailable, "there is no model"));
    return json_response(R"({"ready":true})");
  }
  result<store::http_response> model_ready(const call& asked) const {
    if (!models_->find(asked.in_path("model_name"))) return told(missing(asked));
    return json_response(R"({"ready":true})");
  }
  result<store::http_response> describe_model(const call& asked) const {
    const served_models::handle model = models_->find(asked.in_path("model_name"));
    if (!model) return told(missing(asked));
    std::string json;
    json_writer out(json);
    const auto tensor = [&](std::string_view kind, std::string_view name, std::string_view type, std::size_t columns) {
      out.key(kind).begin_array().begin_object().member("name", name).member("datatype", type);
      out.key("shape").begin_array().value(-1).value(columns).end_array().end_object().end_array();
    };
    out.begin_object().member("name", model->name());
    out.key("versions").begin_array().value(std::to_string(model->version())).end_array();
    out.member("platform", "millrace");
    tensor("inputs", "input", "FP32", model->inputs());
    tensor("outputs", "output", "FP64", model->outputs());
    out.end_object();
    return json_response(std::move(json));
  }
  result<store::http_response> infer(const call& asked) const {
    const served_models::handle model = models_->find(asked.in_path("model_name"));
    if (!model) return told(missing(asked));
    auto input = detail::read_inference_input(asked.in.raw("inputs"));
    if (!input) return told(input.error());
    const model::matrix_view rows(input->numbers.data(), input->rows, input->columns);
    std::vector<double> out(rows.columns() == model->inputs() ? rows.rows() * model->outputs() : 0);
    const auto done = model->predict(rows, out, with_);
    if (!done) return told(done.error());
    if (!*done) return detail::not_served(*done);
    std::string json;
    json.reserve(160 + out.size() * 20);
    json_writer to(json);
    to.begin_object().member("model_name", model->name()).member("model_version", std::to_string(done->version));
    if (asked.in.has("id")) to.member("id", asked.in.text("id"));
    to.key("outputs").begin_array().begin_object().member("name", "output").member("datatype", "FP64");
    to.key("shape").begin_array().value(rows.rows()).value(model->outputs()).end_array().key("data");
    detail::write_numbers(to, out);
    to.end_object().end_array().end_object();
    return json_response(std::move(json));
  }

  static error missing(const call& asked) {
    return error(errc::not_found, "there is no model " + millrace::detail::quoted_text(asked.in_path("model_name")));
  }
  /// A problem document with the protocol's own member.
  static store::http_response told(const error& why) {
    store::http_response made = problem_response(why);
    made.body.pop_back();
    made.body += ",\"error\":";
    append_json(made.body, std::string_view(why.message()));
    made.body += '}';
    return made;
  }

  const served_models* models_;
  infer::request_options with_;

 public:
  static constexpr route<open_inference> routes[] = {
      {"GET",
       "/v2",
       &open_inference::describe,
       {.id = "server_metadata", .summary = "What the server is", .tag = "inference", .returns = server_schema}},
      {"GET",
       "/v2/health/live",
       &open_inference::live,
       {.id = "server_live",
        .summary = "Whether the server is alive",
        .tag = "inference",
        .returns = live_schema,
        .is_open = true}},
      {"GET",
       "/v2/health/ready",
       &open_inference::ready,
       {.id = "server_ready",
        .summary = "Whether there is a model",
        .tag = "inference",
        .returns = ready_schema,
        .is_open = true}},
      {"GET",
       "/v2/models/{model_name}",
       &open_inference::describe_model,
       {.id = "model_metadata",
        .summary = "The tensors of a model",
        .tag = "inference",
        .returns = model_schema,
        .refuses = no_model}},
      {"GET",
       "/v2/models/{model_name}/ready",
       &open_inference::model_ready,
       {.id = "model_ready",
        .summary = "Whether a model is there",
        .tag = "inference",
        .returns = ready_schema,
        .refuses = no_model}},
      {"POST",
       "/v2/models/{model_name}/infer",
       &open_inference::infer,
       {.id = "model_infer",
        .summary = "Predict rows by a model",
        .tag = "inference",
        .takes = request_members,
        .returns = inferred,
        .refuses = refusals}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_OPEN_INFERENCE_HPP
