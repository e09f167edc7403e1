// A model's way into production: registered, asked for, approved by two, promoted; and who did that, from an audit
// trail.
#include <millrace/observe/audit/trail_queries.hpp>
#include <millrace/registry.hpp>
#include <millrace/registry/observed.hpp>
#include <millrace/registry/search.hpp>
#include <millrace/store/memory_storage.hpp>

#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace mg = millrace::registry;
using mg::stage;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// [register]
// Two people have to agree, and the model has to be good, before anything gets into production.
template <class Registry>
mr::result<void> set_rules(Registry& models) {
  mg::stage_rule rule{.to = stage::production, .approvals = 2, .reviewers = {"bob", "carl", "dora"}};
  rule.gates = {{.name = "floor", .metric = "auc", .bound = 0.9},
                {.name = "no worse", .metric = "auc", .bound = -0.005, .reference = mg::gate_reference::production}};
  return models.set_rule("", rule, "root");  // of all models
}

template <class Registry>
mr::result<mg::model_version> register_model(Registry& models, std::string_view network, double auc) {
  auto file = models.put_artifact("model.onnx", bytes_of(network), mg::artifact_type::onnx);
  if (!file) return std::move(file).error();
  return models.register_version({.model = "fraud",
                                  .framework = "onnx",
                                  .hyperparameters = {{"depth", "6"}},
                                  .metrics = {{"auc", auc}},
                                  .data_sets = {{.name = "payments-2025-01", .role = "training"}},
                                  .artifacts = {*file},
                                  .actor = "ada"});
}
// [/register]

// [approve]
template <class Registry>
mr::result<void> release(Registry& models, std::uint64_t version) {
  // A step that the registry does not have, such as from development to production, does not compile.
  auto moved = models.template promote<stage::development, stage::staging>(
      {.model = "fraud", .version = version, .actor = "ada"});
  if (!moved) return std::move(moved).error();
  auto asked = models.request_transition(
      {.model = "fraud", .version = version, .justification = "better on last month", .actor = "ada"});
  if (!asked) return std::move(asked).error();
  for (const char* reviewer : {"ada", "bob", "carl"}) {
    const auto said = models.review({.model = "fraud", .request = asked->number, .actor = reviewer});
    if (!said) {
      std::printf("%s\n", said.error().describe().c_str());
      continue;
    }
    std::printf("%s approves; request %d is %s\n", reviewer, static_cast<int>(said->number),
                std::string(to_string(said->status)).c_str());
  }
  return {};
}
// [/approve]

mr::result<void> run(const std::string& folder) {
  // [open]
  mr::store::memory_storage storage;  // or mr::store::sqlite_storage<>::open("models.db"), which stays
  auto trail = mr::observe::audit_trail<>::open(folder);
  if (!trail) return std::move(trail).error();
  auto sink = mg::audit_sink<>::open(*trail);
  if (!sink) return std::move(sink).error();
  auto opened = mg::open_registry(storage, {}, *std::move(sink));
  if (!opened) return std::move(opened).error();
  auto& models = *opened;
  // [/open]
  if (auto done = set_rules(models); !done) return done;
  for (const double auc : {0.93, 0.95}) {
    const auto version = register_model(models, "network " + std::to_string(auc), auc);
    if (!version) return version.error();
    if (auto done = release(models, version->version); !done) return done;
  }
  // [ask]
  const auto live = models.in_stage("fraud", stage::production);
  if (!live) return live.error();
  std::printf("in production: version %d\n", static_cast<int>(live->front().version));
  auto back = models.roll_back("fraud", "dora", "complaints");  // the one before, at once
  if (!back) return std::move(back).error();
  std::printf("rolled back to version %d\n", static_cast<int>(back->version));
  const auto good = mg::search_versions(models, {.filter = "name = 'fraud' AND metrics.auc > 0.94"});
  if (!good) return good.error();
  std::printf("%d version above 0.94\n", static_cast<int>(good->items.size()));
  // [/ask]
  return trail->close();
}

int main() {
  const std::string folder = "audit";
  std::filesystem::remove_all(folder);
  if (auto done = run(folder); !done) return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  const auto entries =
      mr::observe::query_trail(folder, {.kinds = {"approval_granted", "model_promoted", "model_rolled_back"}});
  if (!entries) return 1;
  for (const auto& each : *entries)
    std::printf("%s %s by %s\n", each.kind.c_str(), each.object.c_str(), each.actor.text.c_str());
  return entries->size() == 9 ? 0 : 1;
}
