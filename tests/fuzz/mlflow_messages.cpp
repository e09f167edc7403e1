// What a client of the server of MLflow's API sends. Any text is a message or an error; a message says the same however
// often it is asked, its members are JSON which reads back, and a query of GraphQL ends. Any request has a response of
// JSON, and the same one again where nothing is changed.
#include <millrace/connect/mlflow/detail/graphql_query.hpp>
#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace {

namespace ms = millrace::store;
namespace mt = millrace::track;
namespace mlflow = millrace::connect::mlflow;
using mlflow::detail::message;

void require_that(bool holds) {
  if (!holds) std::abort();
}

void one_message(std::string_view text) {
  const auto read = message::from_json(text);
  if (!read) return;
  for (const char* name : {"run_id", "metrics", "key", "value", "timestamp", "a"}) {
    const std::string spelled = read->json(name);
    const auto again = message::from_json("{\"a\":" + spelled + '}');
    require_that(again.has_value());
    require_that(again->has("a") == read->has(name) && again->json("a") == spelled);
    static_cast<void>(read->integer(name, 0));
    static_cast<void>(read->real(name));
    static_cast<void>(read->text(name));
    static_cast<void>(read->for_each(name, [](const message& each) -> millrace::result<void> {
      static_cast<void>(each.text("key"));
      return {};
    }));
  }
}

void one_query(std::string_view text) {
  const auto variables = message::from_json(R"({"data":{"runId":"x","n":[1,2.5,null]},"text":"a\"b"})");
  static_cast<void>(mlflow::detail::graphql_parser::parse(text, *variables));
}

/// A server with a run in it.
class tracked {
 public:
  tracked() : tracker_(*mt::tracker<ms::memory_storage>::open(storage_, {.seed = 7})), server_(tracker_) {
    static_cast<void>(tracker_.default_experiment());
    static_cast<void>(tracker_.create_run("0"));
  }
  ms::http_response ask(std::string method, std::string target, std::string body) const {
    return server_.handle(
        {std::move(method), std::move(target), {{"Content-Type", "application/json"}}, std::move(body)});
  }

 private:
  ms::memory_storage storage_;
  mt::tracker<ms::memory_storage> tracker_;
  mlflow::server<mt::tracker<ms::memory_storage>> server_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  one_message(text);
  one_query(text);
  if (size < 2 || size > 4096) return 0;
  static const tracked served;
  static constexpr const char* searches[] = {"experiments/search", "runs/search", "metrics/get-history-bulk-interval"};
  const std::string api = "/api/2.0/mlflow/";
  const std::string path = api + searches[data[0] % 3];
  for (const auto& [method, target, body] :
       {std::tuple{std::string("POST"), path, std::string(text.substr(1))},
        std::tuple{std::string("GET"), path + '?' + std::string(text.substr(1)), std::string()},
        std::tuple{std::string("POST"), std::string("/graphql"), std::string(text.substr(1))}}) {
    const auto response = served.ask(method, target, body);
    require_that(response.status >= 200 && response.status < 600);
    require_that(millrace::is_json(response.body));
    const auto again = served.ask(method, target, body);
    require_that(again.status == response.status && again.body == response.body);
  }
  return 0;
}
