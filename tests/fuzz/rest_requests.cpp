// Any bytes as the path and the body of a request to an API: the response has a status below 500, but that of a server
// with too much to do, and a body that is JSON, by nlohmann_json's judgement.
#include <millrace/connect/rest.hpp>
#include <millrace/connect/rest/parts/analysis.hpp>
#include <millrace/connect/rest/parts/batches.hpp>
#include <millrace/connect/rest/parts/model_trainer.hpp>

#include <support/rest.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

namespace {

struct service {
  rest::served_models models;
  rest::shared_metrics<> metrics;
  const rest::api<rest::predictions, rest::open_inference, rest::aggregates<>, rest::analysis, rest::batches<>> api{
      {},
      rest::predictions(models),
      rest::open_inference(models),
      rest::aggregates(metrics),
      rest::analysis(),
      rest::batches()};
  service() {
    if (!models.put("m", rest_tests::sum_model{2, 1})) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static service one;
  constexpr std::string_view paths[] = {"/pipeline/ml/predict",    "/v2/models/m/infer",     "/pipeline/aggregate",
                                        "/pipeline/ml/clustering", "/pipeline/ml/anomalies", "/pipeline/spark/process"};
  if (size == 0) return 0;
  const std::string rest_of(reinterpret_cast<const char*>(data) + 1, size - 1);
  ms::http_request request;
  if (const std::size_t which = data[0] % 8; which < 6) {
    request = {"POST", std::string(paths[which]), {{"Content-Type", "application/json"}}, rest_of};
  } else {
    request.target = (which == 6 ? "/pipeline/stats/" : "/") + rest_of;
  }
  const ms::http_response got = one.api.handle(request);
  if (got.status >= 500 || !nlohmann::json::accept(got.body)) std::abort();
  if (ms::find_header(got.headers, "X-Request-Id") == nullptr) std::abort();
  const std::string keys[] = {"a", "target"};
  static_cast<void>(rest::body::read(rest_of, {}));
  if (nlohmann::json::accept(rest_of) && rest_of.front() == '[')
    static_cast<void>(rest::detail::read_event_rows(rest_of, keys));
  return 0;
}
