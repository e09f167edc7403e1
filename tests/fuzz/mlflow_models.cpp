// Where a client says that a model's files are, and what it calls models, versions and comments. Any text is read or
// refused; what is read is within the place that it names, and says the same when it is read again. Any request that
// reads models has a response of JSON, and the same one again.
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

namespace ms = millrace::store;
namespace mg = millrace::registry;
namespace mlflow = millrace::connect::mlflow;
using namespace millrace::connect::mlflow::detail;

void require_that(bool holds) {
  if (!holds) std::abort();
}

void one_source(std::string_view text) {
  const std::string once = fully_unescaped(text);
  require_that(fully_unescaped(once) == once);
  const model_source made = model_source::parse(text);
  if (!made.is_plain()) return;
  for (const std::string_view part : made.parts()) require_that(part != ".." && part != "." && !part.empty());
  require_that(made.path.find('\0') == std::string::npos);
  require_that(made.is_within(made));
  const model_source root = model_source::parse("mlflow-artifacts:/1/run/artifacts");
  if (made.is_within(root))
    require_that(made.scheme == "mlflow-artifacts" && made.host.empty() && made.parts()[1] == "run");
}

void one_name(std::string_view text) {
  if (const auto address = model_address::parse(text)) {
    require_that(address->model_id.empty() != address->name.empty());
    require_that(address->name.find('/') == std::string::npos);
  }
  if (const auto comment = comment_place::parse(std::string(text))) {
    const auto again = comment_place::parse(comment->id());
    require_that(again && again->id() == comment->id());
  }
  static_cast<void>(version_file::parse(text));
  mg::model_version of;
  of.model = text;
  of.version = 3;
  const std::string place = version_address(of);
  const std::string kept = place.substr(place.find(version_folder) + version_folder.size());
  const auto file = version_file::parse(kept);
  require_that(file && file->model == text && file->version == 3 && file->path.empty());
}

/// A server with two versions of a model, one of which has files.
class served {
 public:
  served()
      : tracker_(*millrace::track::tracker<ms::memory_storage>::open(storage_, {.seed = 7})),
        models_(*mg::open_registry(storage_)),
        server_(tracker_, models_) {
    const std::string bytes = "bytes";
    const auto file = models_.put_artifact("a/b", std::as_bytes(std::span(bytes)));
    static_cast<void>(models_.register_version({.model = "m", .source = "models:/m/2", .actor = "ada"}));
    static_cast<void>(models_.register_version({.model = "m", .artifacts = {*file}, .actor = "ada"}));
    static_cast<void>(models_.set_alias("m", "champion", 1, "ada"));
  }
  ms::http_response get(const std::string& target) const { return server_.handle({"GET", target, {}, {}}); }

 private:
  ms::memory_storage storage_;
  millrace::track::tracker<ms::memory_storage> tracker_;
  mg::model_registry<ms::memory_storage> models_;
  mlflow::server<millrace::track::tracker<ms::memory_storage>, mg::model_registry<ms::memory_storage>> server_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  one_source(text);
  one_name(text);
  if (size < 2 || size > 4096) return 0;
  static const served models;
  static constexpr const char* calls[] = {
      "mlflow/registered-models/search?",       "mlflow/registered-models/get?",
      "mlflow/registered-models/alias?name=m&", "mlflow/model-versions/search?",
      "mlflow/model-versions/get?name=m&",      "mlflow/model-versions/get-download-uri?",
      "mlflow/transition-requests/list?",       "mlflow-artifacts/artifacts?",
      "mlflow-artifacts/artifacts/models/",     "mlflow/registered-models/get-latest-versions?"};
  const std::string target = std::string("/api/2.0/") + calls[data[0] % std::size(calls)] + std::string(text.substr(1));
  const auto response = models.get(target);
  require_that(response.status == 200 || (response.status >= 400 && response.status < 500));
  require_that(response.status != 200 || millrace::is_json(response.body) || response.body == "bytes");
  require_that(models.get(target).body == response.body);
  return 0;
}
