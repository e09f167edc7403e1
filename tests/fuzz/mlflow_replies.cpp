// Whatever a server of MLflow's sends, a client makes records or errors of it. The first byte says which call is made,
// and whether the server calls its response an error.
#include <millrace/connect/mlflow/registry_client.hpp>
#include <millrace/connect/mlflow/tracking_client.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace ms = millrace::store;
namespace mlflow = millrace::connect::mlflow;
namespace rs = millrace::resilience;

namespace {

struct says {
  ms::http_response response;
  int asked = 0;
  millrace::result<ms::http_response> send(const ms::http_request&) {
    if (++asked > 3) return millrace::error(millrace::errc::cancelled, "pages without an end");
    return response;
  }
};
template <class Result>
bool is_plausible(const Result& made, bool refused) {
  if (made) return !refused;
  return !made.error().describe().empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool refused = (data[0] & 0x80U) != 0;
  says transport{{refused ? 400 : 200, {}, std::string(reinterpret_cast<const char*>(data + 1), size - 1)}};
  mlflow::tracking_client runs(transport, {}, rs::retry<rs::attempts<1>>());
  mlflow::registry_client models(transport, {}, rs::retry<rs::attempts<1>>());
  bool fine = true;
  switch (data[0] & 0x0fU) {
    case 0: fine = is_plausible(runs.get_run("r"), refused); break;
    case 1: fine = is_plausible(runs.get_experiment("1"), refused); break;
    case 2: fine = is_plausible(runs.search_runs(std::vector<std::string>{"1"}), refused); break;
    case 3: fine = is_plausible(runs.search_experiments(), refused); break;
    case 4: fine = is_plausible(runs.history("r", "m"), refused); break;
    case 5: fine = is_plausible(runs.list_artifacts("r"), refused); break;
    case 6: fine = is_plausible(runs.read_artifact("r", "a/b"), refused); break;
    case 7: fine = is_plausible(runs.create_run("1"), refused); break;
    case 8: fine = is_plausible(models.find_model("m"), refused); break;
    case 9: fine = is_plausible(models.find_version("m", 1), refused); break;
    case 10: fine = is_plausible(models.search_models(), refused); break;
    case 11: fine = is_plausible(models.search_versions(), refused); break;
    case 12: fine = is_plausible(models.latest_versions("m"), refused); break;
    case 13: fine = is_plausible(models.download_uri("m", 1), refused); break;
    default: fine = is_plausible(models.register_version({.model = "m"}), refused); break;
  }
  if (!fine) std::abort();
  return 0;
}
