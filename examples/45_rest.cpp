// Serves a model over HTTP, by the routes of an API of its own and by the open inference protocol that KServe and
// Triton speak, and asks it once by each.
#include <millrace/connect/http.hpp>
#include <millrace/connect/rest.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace rest = mr::connect::rest;

// The price of a flat by its size and floor.
mr::result<mr::model::linear_regression> prices() {
  const std::vector<float> flats{50, 1, 60, 3, 80, 2, 100, 5, 120, 4};
  const std::vector<float> thousands{151, 183, 242, 305, 364};
  return mr::model::linear_regression::fit(mr::model::matrix_view(flats, 2), thousands);
}

// [rest]
mr::result<void> serve_flats(const mr::model::linear_regression& model) {
  mr::infer::batcher batches{model, mr::infer::max_rows<256>};  // clients who come at once share a batch
  rest::served_models models;
  if (auto added = models.add("flats", batches); !added) return added;

  rest::api_options options;
  options.users.push_back({"ada", mr::store::secret<std::string>(std::string("t0ken"))});
  const rest::api service(std::move(options), rest::predictions(models), rest::open_inference(models));
  auto server = mr::connect::http::server::listen(service, {.port = 0});  // any that is free
  if (!server) return std::move(server).error();

  auto client = mr::connect::http::transport::make(
      {.port = server->port(), .token = mr::store::secret<std::string>(std::string("t0ken"))});
  if (!client) return std::move(client).error();
  for (const auto& [path, body] : {
           std::pair{"/pipeline/ml/predict", R"({"model_name":"flats","features":[[75,2],[40,0]]})"},
           {"/v2/models/flats/infer", R"({"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[75,2]}]})"},
       }) {
    const auto got = client->send({"POST", path, {{"Content-Type", "application/json"}}, body});
    if (!got) return got.error();
    std::printf("%s: %d %s\n", path, got->status, got->body.c_str());
    if (got->status != 200) return mr::error(mr::errc::io, "the service does not predict");
  }
  server->stop();
  return {};
}
// [/rest]

int main() {
  const auto model = prices();
  const auto served = model ? serve_flats(*model) : mr::result<void>(model.error());
  if (!served) std::fprintf(stderr, "%s\n", served.error().describe().c_str());
  return served ? 0 : 1;
}
