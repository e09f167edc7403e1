// What somebody who means harm sends to an API over HTTP: JSON that is deep, bytes that are no UTF-8, tokens that are
// wrong, paths that lead elsewhere. Each gets a clear refusal that is JSON itself, and nothing but that.

#include <millrace/connect/http.hpp>
#include <millrace/connect/rest.hpp>
#include <millrace/connect/rest/parts.hpp>
#include <millrace/observe/health.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/registry/folder_paths.hpp>
#include <millrace/store/documents/document_folder.hpp>

#include <support/catch.hpp>
#include <support/raw_client.hpp>
#include <support/rest.hpp>
#include <support/temp_dir.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace http = millrace::connect::http;
namespace rest = millrace::connect::rest;
using support::raw_client;
using support::request_of;

namespace {

rest::api_options with_ada() {
  rest::api_options made;
  made.users.push_back({"ada", ms::secret<std::string>(std::string("t0ken"))});
  made.max_body = std::size_t{1} << 20;
  return made;
}

ms::document_folder_options of_a_registry() {
  ms::document_folder_options made;
  for (const auto& each : mr::registry::folder_paths) made.paths.push_back(each);
  return made;
}

/// An API over HTTP, whose registry is in a folder.
struct service {
  using documents = ms::document_folder<>;

  support::temp_dir root;
  documents folder = *documents::open(root / "inside", of_a_registry());
  decltype(mr::registry::open_registry(std::declval<documents&>())) registry = mr::registry::open_registry(folder);
  rest::served_models models;
  rest::shared_metrics<> metrics;
  rest::job_queue jobs;
  using parts =
      rest::api<rest::predictions, rest::open_inference, rest::aggregates<>, rest::training<rest::model_trainer>,
                rest::analysis, rest::batches<>, decltype(rest::model_stages(*registry))>;
  parts api{with_ada(),
            rest::predictions(models),
            rest::open_inference(models),
            rest::aggregates(metrics),
            rest::training(jobs, rest::model_trainer(models)),
            rest::analysis(),
            rest::batches(),
            rest::model_stages(*registry)};
  http::server hosted;

  service() : hosted(*http::server::listen(api)) {
    REQUIRE(models.put("sum", rest_tests::sum_model{2, 1}));
    REQUIRE(registry->register_version({.model = "churn", .semantic = "1.0.0", .actor = "ada"}));
  }

  struct answer {
    int status = 0;
    std::string body;
  };
  /// Asks with these headers, and finds the response to be one, with a body of JSON.
  answer ask(const std::string& line, const std::string& body, const std::string& headers) const {
    raw_client client(hosted.port());
    client.send(request_of(
        line, headers + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    const std::string got = client.receive();
    const std::size_t end = got.find("\r\n\r\n");
    REQUIRE(end != got.npos);
    answer made{std::stoi(got.substr(9, 3)), got.substr(end + 4)};
    CHECK(support::count_of(got, "HTTP/1.1 ") == 1);
    CHECK(got.find("\r\nX-Request-Id: ") < end);
    CHECK(nlohmann::json::accept(made.body));
    return made;
  }
  answer post(const std::string& path, const std::string& body) const {
    return ask("POST " + path, body, "Content-Type: application/json\r\nAuthorization: Bearer t0ken\r\n");
  }
  answer get(const std::string& target) const {
    raw_client client(hosted.port());
    client.send(request_of("GET " + target, "Authorization: Bearer t0ken\r\nConnection: close\r\n\r\n"));
    const std::string got = client.receive();
    const std::size_t end = got.find("\r\n\r\n");
    REQUIRE(end != got.npos);
    return {std::stoi(got.substr(9, 3)), got.substr(end + 4)};
  }
};

std::string repeated(const std::string& what, std::size_t count) {
  std::string made;
  made.reserve(what.size() * count);
  for (std::size_t i = 0; i < count; ++i) made += what;
  return made;
}

/// Each route that takes a body, and a member of it that is anything, an object, an array of objects, of texts.
constexpr const char* bodies[][2] = {
    {"/v2/models/sum/infer", R"({"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":@}]})"},
    {"/v2/models/sum/infer",
     R"({"parameters":{"a":@},"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2]}]})"},
    {"/pipeline/ml/predict", R"({"model_name":"sum","features":@})"},
    {"/pipeline/aggregate", R"({"metric_name":"m","value":@})"},
    {"/pipeline/ml/train", R"({"model_name":"n","feature_keys":["a"],"target":"t","events":[{"a":1,"t":1,"x":@}]})"},
    {"/pipeline/ml/clustering", R"({"features":@})"},
    {"/models/register", R"({"name":"m","tags":{"a":@}})"},
};
std::string with(const char* body, const std::string& value) {
  std::string made(body);
  const std::size_t at = made.find('@');
  return made.replace(at, 1, value);
}

}  // namespace

TEST_CASE("JSON that is deep is refused over HTTP, and the next request is served") {
  const service one;
  for (const auto& [path, body] : bodies)
    for (const std::size_t depth : {std::size_t{40}, std::size_t{2000}}) {
      INFO(path << ' ' << depth);
      for (const std::string& deep :
           {repeated("[", depth) + repeated("]", depth), repeated("[", depth),
            repeated(R"({"a":)", depth) + '1' + repeated("}", depth), repeated(R"([{"a":)", depth)}) {
        const auto got = one.post(path, with(body, deep));
        CHECK(got.status >= 400);
        CHECK(got.status < 500);
        CHECK(got.body.size() < 1000);
      }
    }
  CHECK(one.post("/pipeline/ml/predict", repeated("[", 100'000)).status == 400);
  CHECK(one.post("/pipeline/ml/predict", repeated("[", 2'000'000)).status == 413);
  CHECK(one.post("/pipeline/ml/predict", R"({"model_name":"sum","features":[[1,2]]})").status == 200);
}

TEST_CASE("bytes that are no UTF-8 are refused over HTTP wherever they are, and never sent back") {
  const service one;
  // A lone continuation, an overlong slash, half a surrogate pair, beyond U+10FFFF, a sequence that is cut off.
  for (const std::string bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    std::string escaped;
    for (const char each : bad) {
      const auto byte = static_cast<unsigned char>(each);
      ((escaped += '%') += "0123456789ABCDEF"[byte >> 4U]) += "0123456789ABCDEF"[byte & 15U];
    }
    INFO(escaped);
    for (const auto& [path, body] : bodies) CHECK(one.post(path, with(body, '"' + bad + '"')).status == 400);
    CHECK(one.post("/pipeline/ml/predict", "{\"" + bad + "\":1}").status == 400);
    CHECK(one.post("/pipeline/aggregate", R"({"metric_name":")" + bad + R"(","value":1})").status == 400);
    for (const char* path :
         {"/pipeline/stats/", "/v2/models/", "/pipeline/jobs/", "/models/churn/", "/pipeline/stats/m?group_by="})
      for (const std::string& spelled : {bad, escaped}) {
        const auto got = one.get(path + spelled);
        CHECK(got.status == 400);
        CHECK(nlohmann::json::accept(got.body));
      }
    const auto told = one.ask("GET /v2", "", "Authorization: Bearer t0ken\r\nX-Request-Id: " + bad + "\r\n");
    CHECK(told.status == 200);  // by an id of our own
    CHECK(one.ask("POST /pipeline/aggregate", R"({"metric_name":"m","value":1})",
                  "Content-Type: application/json\r\nAuthorization: Bearer t0ken\r\nX-Request-Id: " + bad + "\r\n")
              .status == 200);
  }
  CHECK(one.get("/pipeline/all-stats").body.find(R"("m":{"count":5)") != std::string::npos);
}

TEST_CASE("nobody without a token learns or changes anything over HTTP") {
  const service one;
  const std::string body = R"({"metric_name":"m","value":1})";
  for (const std::string token :
       {"", "Authorization: Bearer t0kem\r\n", "Authorization: Bearer t0ke\r\n", "Authorization: Bearer t0ken2\r\n",
        "Authorization: Bearer T0KEN\r\n", "Authorization: Bearer \r\n", "Authorization: Basic t0ken\r\n",
        "Authorization: t0ken\r\n", "Authorization: Bearer t0ken,t0ken\r\n", "X-Authorization: Bearer t0ken\r\n",
        "Cookie: token=t0ken\r\n"}) {
    INFO(token);
    for (const char* path : {"/pipeline/aggregate", "/models/register", "/no/such/path", "/pipeline/ml/train"}) {
      const auto got = one.ask(std::string("POST ") + path, body, "Content-Type: application/json\r\n" + token);
      CHECK(got.status == 401);
      CHECK(got.body.find("t0ke") == std::string::npos);
    }
    CHECK(one.ask("DELETE /pipeline/jobs/x", "", token).status == 401);
  }
  CHECK(one.get("/pipeline/all-stats").body == "{}");
}

TEST_CASE("no path that is sent over HTTP leads out of where an API keeps its things") {
  const service one;
  const std::filesystem::path secret = one.root.path() / "t0p";
  {
    std::ofstream out(secret);
    out << "s3cret";
  }
  const std::string here = secret.string();
  for (const std::string& target : std::vector<std::string>{"/../t0p",
                                                            "/..%2ft0p",
                                                            "/%2e%2e/t0p",
                                                            "/models/../t0p",
                                                            "/models/..%2f..%2ft0p/1",
                                                            "/models/churn/..%2ft0p",
                                                            "/models/%2e%2e%2f%2e%2e%2ft0p/1",
                                                            "/models/..%5c..%5ct0p/1",
                                                            "/models/churn/1%00",
                                                            "/models//1",
                                                            "/models/churn/%2e%2e",
                                                            "/pipeline/stats/..%2f..%2ft0p",
                                                            "/pipeline/jobs/..%2f..%2ft0p",
                                                            "/v2/models/..%2f..%2ft0p",
                                                            "/v2/models/" + here + "/ready",
                                                            "//" + here,
                                                            "/v2/../../../../../../etc/passwd",
                                                            "/pipeline/stats/%252e%252e%252ft0p",
                                                            "/models/....//....//t0p/1",
                                                            "http://localhost" + here}) {
    const auto got = one.get(target);
    INFO(target << '\n' << got.body);
    CHECK((got.status == 400 || got.status == 404));
    CHECK(nlohmann::json::accept(got.body));
    CHECK(got.body.find("s3cret") == std::string::npos);
    CHECK(got.body.find(one.root.path().string()) == std::string::npos);
  }
  const auto files = [&] {
    std::size_t count = 0;
    for (const auto& each : std::filesystem::directory_iterator(secret.parent_path())) count += each.exists();
    return count;
  };
  const std::size_t before = files();
  for (const std::string name : {"../t0p", "..", ".", "a/../../t0p", "/etc/x", "..\\\\t0p", "a/b"}) {
    const auto got = one.post("/models/register", R"({"name":")" + name + R"("})");
    INFO(name << '\n' << got.body);
    CHECK((got.status == 422 || got.status == 201));  // a name that is kept is kept within
  }
  CHECK(files() == before);
  std::ifstream in(secret);
  std::string kept;
  in >> kept;
  CHECK(kept == "s3cret");
}

TEST_CASE("health and metrics are on a server of their own, which the public does not ask") {
  rest::served_models models;
  mr::observe::health_monitor monitor;
  mr::observe::metrics_registry metrics;
  rest::api_options options = with_ada();
  // [listeners]
  const rest::api open(std::move(options), rest::predictions(models));
  const rest::api inner({}, rest::process_health(monitor), rest::metrics_page(metrics));
  auto outside = http::server::listen(open, {.address = "0.0.0.0"});  // with .certificate and .key: TLS
  auto inside = http::server::listen(inner);
  // [/listeners]
  REQUIRE(outside);
  REQUIRE(inside);
  const auto status = [](const http::server& of, const char* target) {
    raw_client client(of.port());
    client.send(request_of(std::string("GET ") + target, "Authorization: Bearer t0ken\r\nConnection: close\r\n\r\n"));
    return client.receive().substr(9, 3);
  };
  CHECK(status(*inside, "/metrics") == "200");
  CHECK(status(*inside, "/live") == "200");
  CHECK(status(*inside, "/pipeline/ml/models") == "404");
  CHECK(status(*outside, "/metrics") == "404");
  CHECK(status(*outside, "/live") == "404");
  CHECK(status(*outside, "/pipeline/ml/models") == "200");
}
