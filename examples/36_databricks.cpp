// Keeps a file in a volume of Databricks and asks a SQL warehouse, with values that are bound and never part of the
// text. What carries the requests is a stand-in here, so that the example runs anywhere.
#include <millrace/connect/databricks.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace db = mr::connect::databricks;

template <class T>
T or_stop(mr::result<T> made) {
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().describe().c_str());
    std::exit(1);
  }
  return *std::move(made);
}

void or_stop(const mr::result<void>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().describe().c_str());
  std::exit(1);
}

/// A transport of your own is a class with `send`. This one shows each request, keeps files, and knows one table.
class stand_in {
 public:
  mr::result<mr::store::http_response> send(const mr::store::http_request& request) {
    std::printf("  %s %s\n", request.method.c_str(), request.target.c_str());
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (request.method == "PUT") {
      files_[path] = request.body;
      return mr::store::http_response{.status = 204};
    }
    if (request.method == "GET") return mr::store::http_response{.body = files_[path]};
    std::printf("  %s\n", request.body.c_str());
    return mr::store::http_response{.body = R"({"statement_id":"01ef","status":{"state":"SUCCEEDED"},
      "manifest":{"schema":{"columns":[{"name":"name","type_text":"STRING"},{"name":"auc","type_text":"DOUBLE"}]}},
      "result":{"data_array":[["churn","0.93"],["fraud","0.97"]]}})"};
  }

 private:
  std::map<std::string, std::string> files_;
};

int main() {
  ::setenv("DATABRICKS_HOST", "https://adb-1234567890.1.azuredatabricks.net", 0);
  ::setenv("DATABRICKS_TOKEN", "a-token", 0);
  stand_in transport;
  const std::string model = "the bytes of a model";

  // [databricks]
  auto who = or_stop(db::credentials::from_environment());  // DATABRICKS_HOST, DATABRICKS_TOKEN
  db::workspace workspace(transport, std::move(who));

  db::volume files(workspace, or_stop(db::unity_name::make("main.ml.files")));
  or_stop(files.write("models/churn.onnx", std::as_bytes(std::span(model))));

  db::warehouse warehouse(workspace, "1234567890abcdef");
  const auto good = or_stop(
      warehouse.execute(db::sql<"SELECT name, auc FROM IDENTIFIER(:models) WHERE auc >= :least AND owner = :owner">(
          db::bind<"models">("main.ml.models"), db::bind<"least">(0.9), db::bind<"owner">("o'neill; DROP TABLE x"))));
  for (std::size_t i = 0; i < good.rows.size(); ++i)
    std::printf("%s %.2f\n", std::string(good.rows.text(i, 0)).c_str(), or_stop(good.rows.get<double>(i, 1)));
  // [/databricks]

  return or_stop(files.read("models/churn.onnx")).size() == model.size() ? 0 : 1;
}
