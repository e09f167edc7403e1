#include <millrace/connect/rest/parts/open_inference.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/infer/serving.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <utility>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest_tests::ask;
using rest_tests::sum_model;

// Source: KServe, Open Inference Protocol (V2), docs/predict-api/v2, its examples.
TEST_CASE("a model is asked by the open inference protocol") {
  mr::infer::swappable live{sum_model{3, 2}};
  mr::infer::batcher serve{live};
  rest::served_models models;
  const rest::api api({}, rest::open_inference(models));
  CHECK(ask(api, "GET", "/v2/health/live").json["live"] == true);
  CHECK(ask(api, "GET", "/v2/health/ready").status() == 503);
  REQUIRE(models.add("my model", serve));
  CHECK(ask(api, "GET", "/v2/health/ready").json["ready"] == true);
  CHECK(ask(api, "GET", "/v2").json["name"] == "millrace");
  const auto about = ask(api, "GET", "/v2/models/my%20model").json;
  CHECK(about["name"] == "my model");
  CHECK(about["versions"][0] == "1");
  CHECK(about["inputs"][0]["shape"] == nlohmann::json::parse("[-1,3]"));
  CHECK(about["outputs"][0]["shape"] == nlohmann::json::parse("[-1,2]"));
  CHECK(ask(api, "GET", "/v2/models/my%20model/ready").status() == 200);
  CHECK(ask(api, "GET", "/v2/models/other/ready").status() == 404);

  const auto infer = [&](const std::string& body) { return ask(api, "POST", "/v2/models/my%20model/infer", body); };
  const auto done = infer(R"({"id":"42","inputs":[{"name":"input-0","shape":[2,3],"datatype":"FP32",)"
                          R"("data":[1,2,3,4,5,null]}],"outputs":[{"name":"output"}]})");
  CHECK(done.status() == 200);
  CHECK(done.response.body == R"({"model_name":"my model","model_version":"1","id":"42","outputs":[{"name":"output",)"
                              R"("datatype":"FP64","shape":[2,2],"data":[6,-6,null,null]}]})");
  const auto nested = infer(R"({"inputs":[{"data":[[1,true,3]],"datatype":"INT64","shape":[1,3],"name":"a"}]})");
  CHECK(nested.json["outputs"][0]["data"] == nlohmann::json::parse("[5,-5]"));
  const auto none = ask(api, "POST", "/v2/models/other/infer", R"({"inputs":[{}]})");
  CHECK(none.status() == 404);
  CHECK(none.json["error"] == "there is no model \"other\"");
  CHECK(none.json["status"] == 404);
}

TEST_CASE("tensors that are none, or not the model's, are refused by the open inference protocol") {
  rest::served_models models;
  REQUIRE(models.put("m", sum_model{2, 1}));
  const rest::api api({}, rest::open_inference(models));
  for (const auto& [tensor, why] : {
           std::pair{R"({"name":"a","datatype":"FP32","data":[1,2]})", "no shape"},
           {R"({"name":"a","shape":[1,2],"data":[1,2]})", "no datatype"},
           {R"({"name":"a","shape":[1,2],"datatype":"FP32"})", "no data"},
           {R"({"name":"a","shape":[1,2],"datatype":"BYTES","data":["a","b"]})", "datatype"},
           {R"({"name":"a","shape":[1,2],"datatype":1,"data":[1,2]})", "datatype"},
           {R"({"name":"a","shape":[2,2],"datatype":"FP32","data":[1,2]})", "2 x 2, and there are 2"},
           {R"({"name":"a","shape":[0,0],"datatype":"FP32","data":[]})", "0 x 0"},
           {R"({"name":"a","shape":[4294967295,4294967295],"datatype":"FP32","data":[1]})", "4294967295"},
           {R"({"name":"a","shape":[4294967296,2],"datatype":"FP32","data":[1]})", "two whole numbers"},
           {R"({"name":"a","shape":[1,2,1],"datatype":"FP32","data":[1,2]})", "two whole numbers"},
           {R"({"name":"a","shape":[-1,2],"datatype":"FP32","data":[1,2]})", "two whole numbers"},
           {R"({"name":"a","shape":[[1],2],"datatype":"FP32","data":[1,2]})", "two whole numbers"},
           {R"({"name":"a","shape":2,"datatype":"FP32","data":[1,2]})", "no array"},
           {R"({"name":"a","shape":[1,2],"datatype":"FP32","data":1})", "no array"},
           {R"({"name":"a","shape":[1,2],"datatype":"FP32","data":[1,"2"]})", "no numbers"},
           {R"({"name":"a","shape":[1,2],"datatype":"FP32","data":[[1,[{"a":[]}]],2]})", "no numbers"},
           {R"({"name":"a","shape":[1,2],"datatype":"FP32","data":[1,1e40]})", "single precision"},
           {R"({"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2],"raw":{"x":[1]}})", "no member"},
           {R"({"name":"a","shape":[2,1],"datatype":"FP32","data":[1,2]})", "takes 2"},
           {R"({})", "no shape"},
       }) {
    INFO(tensor);
    const auto got = ask(api, "POST", "/v2/models/m/infer", std::string(R"({"inputs":[)") + tensor + "]}");
    CHECK(got.status() == 422);
    CHECK(got.json["error"].get<std::string>().find(why) != std::string::npos);
  }
  CHECK(ask(api, "POST", "/v2/models/m/infer", R"({"inputs":[]})").status() == 422);
  CHECK(ask(api, "POST", "/v2/models/m/infer", R"({"inputs":[{},{}]})").status() == 422);
}
