// The fake of Databricks on loopback, for Databricks' own Python package, and the requests of connect/databricks for
// the same calls: databricks_sdk.py drives it by lines on standard input and compares.
//
//   reset NAME    a new fake, as the scenario NAME begins with        ->  ok
//   ours NAME     the calls of the scenario, on a fake of their own   ->  their requests, as JSON
//   take          the requests that came by HTTP since `reset`        ->  as JSON
//   faults        what was wrong with their shape                     ->  as JSON
//   signature     an MLmodel file with a signature, as a JSON text
//   check FILE    whether an MLmodel file has a signature             ->  fine, or why not
#include <millrace/connect/databricks.hpp>
#include <millrace/connect/http.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/databricks_fake.hpp>

#include <cstddef>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
namespace ms = millrace::store;
using nlohmann::json;
using support::databricks_fake;

namespace {

using transport = ms::handler_transport<databricks_fake>;
using space = db::workspace<transport>;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
const std::string head =
    "flavors: {}\nmodel_uuid: 0\n" +
    db::model_signature::make({{"input", "float32", {-1, 30}}}, {{"score", "float32", {-1, 1}}})->text();

/// Calls of ours, each as the script makes it through the other package.
struct scenario {
  std::function<void(space&)> prepare;  // what is there before
  std::function<void(space&)> calls;
};

db::unity_name name() { return *db::unity_name::make("main.ml.churn"); }
void make_version(space& on) {
  ms::memory_storage files;
  (void)files.write("MLmodel", bytes(head));
  (void)db::model_catalog(on).register_version(name(), files, "",
                                               {.source = "s3://x", .run_id = "r1", .description = "d"});
}
void make_models(space& on) {
  db::model_catalog models(on);
  for (const char* each : {"main.ml.a", "main.ml.b", "main.ml.churn"})
    (void)models.create_model(*db::unity_name::make(each));
  for (int i = 0; i < 3; ++i) make_version(on);
}

const std::map<std::string, scenario>& scenarios() {
  using mr::registry::stage;
  static const std::map<std::string, scenario> all = {
      {"files",
       {[](space& on) {
          db::volume files(on, *db::unity_name::make("main.ml.files"));
          for (const char* each : {"d/1", "d/2", "d/3", "d/e/4"}) (void)files.write(each, bytes("content"));
        },
        [](space& on) {
          db::volume files(on, *db::unity_name::make("main.ml.files"));
          (void)files.write("a b/\xc3\xbc%20+&=.bin", bytes("text"));
          (void)files.create("a b/\xc3\xbc%20+&=.bin", bytes("text"));
          (void)files.read("d/1");
          (void)files.examine("d/1");
          (void)files.for_each_entry("d", [](const db::file_entry&) {});
          (void)files.make_directory("x/y");
          (void)files.remove_directory("x/y");
          (void)files.remove("d/1");
          (void)files.read("none");
        }}},
      {"sql",
       {[](space&) {},
        [](space& on) {
          db::warehouse warehouse(on, "w1");
          const auto what = db::sql<"SELECT :a, :b, :c, :d">(
              db::bind<"a">(1), db::bind<"b">("it's \"quoted\" \xc3\xbc"), db::bind<"c">(std::optional<double>()),
              db::bind<"d">(db::sql_date{2026, 2, 3}));
          const auto status = warehouse.execute(what, {.catalog = "main", .schema = "ml", .row_limit = 10});
          const auto submitted = warehouse.submit(what);
          (void)warehouse.poll(submitted->id);
          (void)warehouse.cancel(submitted->id);
        }}},
      {"models",
       {make_models,
        [](space& on) {
          db::model_catalog models(on);
          const auto other = *db::unity_name::make("main.ml.new");
          (void)models.create_model(other, "who leaves");
          (void)models.get_model(name());
          (void)models.for_each_model("main", "ml", [](const db::catalog_model&) {});
          (void)models.set_comment(other, "who stays");
          (void)models.set_alias(name(), "champion", 2);
          (void)models.get_version(name(), "champion");
          (void)models.get_version(name(), 3);
          (void)models.for_each_version(name(), [](const db::catalog_version&) {});
          (void)models.set_comment(name(), 3, "kept");
          (void)models.delete_alias(name(), "champion");
          (void)models.delete_version(name(), 1);
          (void)models.delete_model(other);
        }}},
      {"registry",
       {[](space&) {},
        [](space& on) {
          db::workspace_models models(on);
          (void)models.request_transition("churn & co", 3, stage::production, "better");
          (void)models.list_transitions("churn & co", 3);
          (void)models.approve_transition("churn & co", 3, stage::production, true, "yes");
          (void)models.request_transition("churn & co", 3, stage::staging);
          (void)models.reject_transition("churn & co", 3, stage::staging, "no");
          (void)models.request_transition("churn & co", 3, stage::archived);
          (void)models.withdraw_transition("churn & co", 3, stage::archived, "me@x");
          (void)models.transition("churn & co", 3, stage::development, false);
          (void)models.create_comment("churn & co", 3, "good");
          (void)models.update_comment("c1", "bad");
          (void)models.delete_comment("c1");
        }}},
      {"version", {[](space& on) { (void)db::model_catalog(on).create_model(name()); }, make_version}},
  };
  return all;
}

json journal(const databricks_fake& of) {
  json made = json::array();
  for (const ms::http_request& each : of.requests()) {
    json one = {{"method", each.method}, {"target", each.target}, {"body", each.body}};
    for (const char* header : {"Accept", "Authorization", "Content-Type"})
      if (const std::string* const value = ms::find_header(each.headers, header); value != nullptr)
        one[header] = *value;
    made.push_back(one);
  }
  return made;
}

std::unique_ptr<databricks_fake> prepared(const scenario& of) {
  auto made = std::make_unique<databricks_fake>();
  transport to(*made);
  space on(
      to, *db::credentials::make("https://fake.example", ms::secret<std::string>(std::string(databricks_fake::token))));
  of.prepare(on);
  made->forget();
  return made;
}
json ours(const scenario& of) {
  const auto fake = prepared(of);
  transport to(*fake);
  space on(
      to, *db::credentials::make("https://fake.example", ms::secret<std::string>(std::string(databricks_fake::token))));
  of.calls(on);
  return journal(*fake);
}

/// The fake of the scenario that runs.
struct stage_handler {
  std::unique_ptr<databricks_fake> now = std::make_unique<databricks_fake>();
  ms::http_response handle(const ms::http_request& request) const { return now->handle(request); }
};

}  // namespace

int main() {
  stage_handler handler;
  auto server = mr::connect::http::server::listen(handler);
  if (!server) {
    std::cerr << server.error().describe() << '\n';
    return 1;
  }
  std::cout << server->port() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const std::string word = line.substr(0, line.find(' '));
    const std::string rest = line.size() > word.size() ? line.substr(word.size() + 1) : std::string();
    if (word == "reset") {
      handler.now = prepared(scenarios().at(rest));
      std::cout << "\"ok\"";
    } else if (word == "ours") {
      std::cout << ours(scenarios().at(rest)).dump();
    } else if (word == "take") {
      std::cout << journal(*handler.now).dump();
    } else if (word == "faults") {
      std::cout << json(handler.now->faults()).dump();
    } else if (word == "signature") {
      std::cout << json(head).dump();
    } else if (word == "check") {
      const auto file = ms::read_bytes(rest);
      if (!file) return 1;
      const auto fine = db::check_signature({reinterpret_cast<const char*>(file->data()), file->size()});
      std::cout << json(fine ? std::string("fine") : fine.error().message()).dump();
    }
    std::cout << std::endl;
  }
  server->stop();
  return 0;
}
