#include <millrace/registry/model_registry.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/registry.hpp>
#include <support/registry_processes.hpp>
#include <support/temp_dir.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;
using mg::stage;
using support::at_a_millisecond;
using support::failure;
using support::register_one;
using support::registry_now;

TEST_CASE("a model's versions are 1, 2, 3 and so on") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  for (std::uint64_t i = 1; i <= 5; ++i) CHECK(register_one(models, "fraud").version == i);
  CHECK(register_one(models, "churn").version == 1);
  REQUIRE(models.remove({.model = "fraud", .version = 5, .actor = "ada"}));
  CHECK(register_one(models, "fraud").version == 6);
  CHECK(failure(models.find_version("fraud", 5), mr::errc::not_found) ==
        "version 5 of the model \"fraud\" is deleted; it can be restored");
  CHECK(failure(models.find_version("fraud", 7), mr::errc::not_found) ==
        "there is no version 7 of the model \"fraud\"");
  CHECK(failure(models.find_version("nobody", 1), mr::errc::not_found) == "there is no model \"nobody\"");
}

TEST_CASE("a version goes through its stages and the one before makes room") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  register_one(models, "fraud");
  register_one(models, "fraud");
  REQUIRE(models.promote<stage::development, stage::staging>({.model = "fraud", .version = 1, .actor = "ada"}));
  registry_now = 2'000'000;
  REQUIRE(models.promote<stage::staging, stage::production>({.model = "fraud", .version = 1, .actor = "ada"}));
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = stage::staging, .actor = "ada"}));
  registry_now = 3'000'000;
  const auto second = models.move({.model = "fraud", .version = 2, .actor = "bob", .reason = "better"});
  REQUIRE(second);
  CHECK(second->archived == std::vector<std::uint64_t>{1});
  CHECK(models.in_stage("fraud", stage::production)->front().version == 2);
  CHECK(models.in_stage("fraud", stage::archived)->front().version == 1);
  CHECK(*models.in_stage_at("fraud", stage::production, 1'999'999) == std::vector<std::uint64_t>{});
  CHECK(*models.in_stage_at("fraud", stage::production, 2'999'999) == std::vector<std::uint64_t>{1});
  CHECK(*models.in_stage_at("fraud", stage::production, 3'000'000) == std::vector<std::uint64_t>{2});
  registry_now = 4'000'000;
  const auto back = models.roll_back("fraud", "carl", "errors");
  REQUIRE(back);
  CHECK(back->version == 1);
  CHECK(models.in_stage("fraud", stage::production)->front().version == 1);
  CHECK(models.find_version("fraud", 2)->stage == stage::archived);
  CHECK(models.history("fraud")->size() == 7);
}

TEST_CASE("n of m reviewers let a version into production") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  register_one(models, "fraud");
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = stage::staging, .actor = "ada"}));
  REQUIRE(models.set_rule("fraud", {.approvals = 2, .reviewers = {"ada", "bob", "carl"}}, "root"));
  CHECK(failure(models.move({.model = "fraud", .version = 1, .actor = "ada"}), mr::errc::permission_denied) ==
        "version 1 of the model \"fraud\" enters production when 2 reviewers have approved a request for it");
  const auto asked =
      models.request_transition({.model = "fraud", .version = 1, .justification = "auc is up", .actor = "ada"});
  REQUIRE(asked);
  CHECK(asked->number == 1);
  const auto says = [&](std::string who, mg::verdict what = mg::verdict::approve) {
    return models.review({.model = "fraud", .request = 1, .verdict = what, .actor = std::move(who)});
  };
  CHECK(failure(says("ada"), mr::errc::permission_denied) ==
        "\"ada\" has asked for request 1 of the model \"fraud\" and cannot review it: nobody approves their own");
  CHECK(failure(says("eve"), mr::errc::permission_denied) ==
        "\"eve\" is none of the reviewers of request 1 of the model \"fraud\"");
  CHECK(says("bob")->status == mg::request_status::open);
  CHECK(failure(says("bob"), mr::errc::already_exists) ==
        "\"bob\" has reviewed request 1 of the model \"fraud\" already");
  CHECK(models.find_version("fraud", 1)->stage == stage::staging);
  CHECK(says("carl")->status == mg::request_status::approved);
  CHECK(models.find_version("fraud", 1)->stage == stage::production);
  CHECK(failure(says("carl"), mr::errc::conflict) == "request 1 of the model \"fraud\" is approved, and stays so");
  CHECK(models.history("fraud")->back().request == 1);
}

namespace {

/// Everything that a storage holds, as one line of JSON for each object: its key, and its document or the number or
/// nothing that an index entry holds.
std::string dump(const ms::memory_storage& storage) {
  std::string text;
  REQUIRE(ms::for_each_object(storage, "", [&](const ms::storage_entry& each) {
    if (each.key.starts_with("contents/last_put")) return;
    const auto bytes = storage.read(each.key).value();
    text += each.key + "\t" + std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) + "\n";
  }));
  return text;
}
/// A storage that holds what `dump` wrote.
void fill(ms::memory_storage& storage, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t tab = line.find('\t');
    REQUIRE(storage.write(line.substr(0, tab), support::bytes_of(line.substr(tab + 1))));
    text.remove_prefix(line.size() + 1);
  }
}
/// Does a little of everything, at fixed times and with a fixed identifier.
void fill_with_everything(ms::memory_storage& storage) {
  REQUIRE(storage.write("registry/state", support::bytes_of(R"({"format":1,"id":"0123456789abcdef0123456789abcdef",)"
                                                            R"("last_model":0,"last_change":0})")));
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  support::register_one(models, "fraud");
  REQUIRE(models.register_version({.model = "a / b#c",
                                   .semantic = "1.0.0-rc.1+x",
                                   .description = "d",
                                   .framework = "xgboost",
                                   .hyperparameters = {{"depth", "6"}},
                                   .metrics = {{"auc", 0.1}},
                                   .tags = {{"t", "v"}},
                                   .run_id = "r/1",
                                   .source = "s3://x",
                                   .parents = {{"fraud", 1}},
                                   .data_sets = {{"d", "h", "s", "training"}},
                                   .actor = "ada"}));
  REQUIRE(models.set_alias("a / b#c", "champion", 1, "ada"));
  REQUIRE(models.write_comment("a / b#c", 1, "text", "bob"));
  mg::stage_rule rule{.approvals = 2, .reviewers = {"bob", "carl"}};
  rule.gates = {{.name = "floor", .metric = "auc", .bound = .05}};
  REQUIRE(models.set_rule("a / b#c", rule, "root"));
  REQUIRE(models.move({.model = "a / b#c", .version = 1, .to = stage::staging, .actor = "ada", .reason = "why"}));
  REQUIRE(models.request_transition({.model = "a / b#c", .version = 1, .justification = "j", .actor = "ada"}));
  REQUIRE(models.review({.model = "a / b#c", .request = 1, .comment = "c", .actor = "bob"}));
}

}  // namespace

TEST_CASE("a registry that an earlier version wrote is read and goes on") {
  ms::memory_storage made;
  fill_with_everything(made);
  const auto golden = [](const char* name) {
    const auto bytes = support::golden(name);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  CHECK(dump(made) == golden("registry/format_2.txt"));
  const char* const name = GENERATE("registry/format_1.txt", "registry/format_2.txt");
  ms::memory_storage storage;
  fill(storage, golden(name));
  REQUIRE(mg::open_registry(storage, support::at_a_millisecond()));
  CHECK(dump(storage) == dump(made));  // brought forward
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  const auto version = models.find_alias("a / b#c", "champion").value();
  CHECK(version.semantic == "1.0.0-rc.1+x");
  CHECK(version.parents == std::vector<mg::version_reference>{{"fraud", 1, 1}});
  CHECK(models.find_semantic("a / b#c", "1.0.0-rc.1")->version == 1);
  CHECK(models.children("fraud", 1)->front().model == "a / b#c");
  CHECK(models.versions_of_run("r/1")->size() == 1);
  CHECK(models.versions_of_data_set("d")->size() == 1);
  CHECK(models.comments("a / b#c", 1)->front().text == "text");
  CHECK(models.verify_artifacts(models.find_version("fraud", 1).value()));
  CHECK(models.review({.model = "a / b#c", .request = 1, .actor = "carl"})->status == mg::request_status::approved);
  CHECK(models.in_stage("a / b#c", stage::production)->size() == 1);
}

TEST_CASE("documents of a newer version are refused by name, and damaged ones are errors") {
  ms::memory_storage whole;
  fill_with_everything(whole);
  const std::string text = dump(whole);
  std::vector<std::string> all;
  REQUIRE(ms::for_each_object(whole, "registry/", [&](const ms::storage_entry& each) { all.push_back(each.key); }));
  const std::string damage[] = {R"({"format":3})", "", "{", "[]", "\xff", R"({"format":1})", "ffffffffffffffff"};
  int refused = 0;
  for (const std::string& key : all)
    for (const std::string& what : damage) {
      ms::memory_storage storage;
      fill(storage, text);
      REQUIRE(storage.write(key, support::bytes_of(what)));
      auto opened = mg::open_registry(storage, support::at_a_millisecond());
      if (!opened) {
        CHECK(key == "registry/state");
        CHECK(opened.error().code() == (what == damage[0] ? mr::errc::unsupported : mr::errc::corrupt));
        ++refused;
        continue;
      }
      auto& models = *opened;
      const auto see = [&](const auto& got) {
        if (got) return;
        CHECK_FALSE(got.error().message().empty());
        ++refused;
      };
      see(models.list_models());
      see(models.list_versions("fraud"));
      see(models.list_versions("a / b#c"));
      see(models.find_alias("a / b#c", "champion"));
      see(models.find_semantic("a / b#c", "1.0.0-rc.1"));
      see(models.history("a / b#c"));
      see(models.list_requests("a / b#c"));
      see(models.open_requests());
      see(models.comments("a / b#c", 1));
      see(models.children("fraud", 1));
      see(models.find_rule("a / b#c", stage::production));
      see(models.pending_changes());
      see(models.review({.model = "a / b#c", .request = 1, .actor = "carl"}));
      see(models.register_version({.model = "fraud", .actor = "ada"}));
      see(models.roll_back("a / b#c", "ada", ""));
    }
  CHECK(refused > 300);
}

TEST_CASE("processes that register at once get the versions 1 to n, and one of two approvers moves a version") {
  const support::temp_dir folder;
  const std::string path = folder / "models.db";
  support::register_at_once(path, 16, 5);
  auto storage = ms::sqlite_storage<ms::durable::os>::open(path).value();
  auto models = mg::open_registry(storage).value();
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = stage::staging, .actor = "ada"}));
  REQUIRE(models.request_transition({.model = "fraud", .version = 1, .actor = "ada", .approvals = 2}));
  const auto reviewed = support::in_registry_processes(path, 4, [](auto& own, int i) {
    const auto said = own.review({.model = "fraud", .request = 1, .actor = "reviewer " + std::to_string(i)});
    if (said) return said->status == mg::request_status::approved ? 1 : 0;
    return said.error().code() == mr::errc::conflict ? 2 : 3;
  });
  int counts[4] = {};
  for (const int code : reviewed) {
    REQUIRE((code >= 0 && code < 4));
    ++counts[code];
  }
  CHECK(counts[0] == 1);  // the first approval
  CHECK(counts[1] == 1);  // the one that was enough
  CHECK(counts[2] == 2);
  CHECK(models.history("fraud")->size() == 2);
}

TEST_CASE("a model is renamed with all that it has") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  register_one(models, "fraud");
  REQUIRE(models.register_version({.model = "child", .parents = {{"fraud", 1}}, .actor = "ada"}));
  REQUIRE(models.set_alias("fraud", "champion", 1, "ada"));
  CHECK(failure(models.rename_model("fraud", "child", "ada"), mr::errc::already_exists) ==
        "there is a model \"child\"");
  REQUIRE(models.rename_model("fraud", "fraud/2 #?", "ada"));
  CHECK(failure(models.find_version("fraud", 1), mr::errc::not_found) == "there is no model \"fraud\"");
  CHECK(models.find_alias("fraud/2 #?", "champion")->version == 1);
  CHECK(models.find_version("child", 1)->parents[0].model == "fraud/2 #?");
  CHECK(models.children("fraud/2 #?", 1)->front().model == "child");
  CHECK(register_one(models, "fraud").version == 1);  // another model, whose name is free
  CHECK(models.list_models()->size() == 3);
  CHECK(models.list_models("child", 1)->front().name == "fraud");
}

TEST_CASE("what is deleted can be restored, and its number and name are not given to others") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  REQUIRE(models.register_version({.model = "fraud", .semantic = "1.0.0", .actor = "ada"}));
  REQUIRE(models.set_alias("fraud", "champion", 1, "ada"));
  CHECK(failure(models.register_version({.model = "fraud", .semantic = "v1.0.0+b", .actor = "ada"}),
                mr::errc::already_exists) == "version 1 of the model \"fraud\" is 1.0.0+b already");
  REQUIRE(models.remove({.model = "fraud", .version = 1, .actor = "ada"}));
  CHECK(failure(models.find_alias("fraud", "champion"), mr::errc::not_found) ==
        "the model \"fraud\" has no alias \"champion\"");
  CHECK(models.register_version({.model = "fraud", .semantic = "1.0.0", .actor = "ada"})->version == 2);
  CHECK(failure(models.restore("fraud", 1, "ada"), mr::errc::already_exists) ==
        "version 2 of the model \"fraud\" is 1.0.0 already");
  REQUIRE(models.remove({.model = "fraud", .version = 2, .actor = "ada"}));
  REQUIRE(models.restore("fraud", 1, "ada"));
  CHECK(models.find_semantic("fraud", "1.0.0")->version == 1);

  REQUIRE(models.move({.model = "fraud", .version = 1, .to = stage::staging, .actor = "ada"}));
  REQUIRE(models.move({.model = "fraud", .version = 1, .actor = "ada"}));
  CHECK(failure(models.remove({.model = "fraud", .actor = "ada"}), mr::errc::conflict) ==
        "version 1 of the model \"fraud\" is in production");
  REQUIRE(models.remove({.model = "fraud", .actor = "ada", .also_in_production = true}));
  CHECK(models.list_models()->empty());
  CHECK(failure(models.register_version({.model = "fraud", .actor = "ada"}), mr::errc::not_found) ==
        "the model \"fraud\" is deleted; it can be restored");
  REQUIRE(models.restore("fraud", 0, "ada"));
  CHECK(models.in_stage("fraud", stage::production)->front().version == 1);

  REQUIRE(models.remove({.model = "fraud", .actor = "ada", .also_in_production = true}));
  REQUIRE(models.create_model({.name = "fraud", .actor = "bob"}));  // anew
  CHECK(models.list_versions("fraud")->empty());
  CHECK(models.in_stage("fraud", stage::production)->empty());
  CHECK(register_one(models, "fraud").version == 3);
}

TEST_CASE("the history tells until when a version that was deleted was in production") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  const auto in_production = [&](std::uint64_t time) {
    return models.in_stage_at("fraud", stage::production, time).value();
  };
  using versions = std::vector<std::uint64_t>;
  register_one(models, "fraud");
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = stage::staging, .actor = "ada"}));
  REQUIRE(models.move({.model = "fraud", .version = 1, .actor = "ada"}));
  registry_now = 2'000'000;
  REQUIRE(
      models.remove({.model = "fraud", .version = 1, .actor = "eve", .reason = "a leak", .also_in_production = true}));
  CHECK(in_production(1'999'999) == versions{1});
  CHECK(in_production(2'000'000) == versions{});
  CHECK(models.history("fraud")->back().reason == "a leak");
  CHECK(models.in_stage("fraud", stage::archived)->empty());
  CHECK(models.pending_changes()->back().kind == "version_deleted");
  registry_now = 3'000'000;
  REQUIRE(models.restore("fraud", 1, "ada"));
  CHECK(models.in_stage("fraud", stage::development)->size() == 1);
  CHECK(*models.in_stage_at("fraud", stage::archived, 2'500'000) == versions{1});
  CHECK(*models.in_stage_at("fraud", stage::archived, 3'000'000) == versions{});
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = stage::staging, .actor = "ada"}));
  REQUIRE(models.move({.model = "fraud", .version = 1, .actor = "ada"}));
  registry_now = 4'000'000;
  REQUIRE(models.remove({.model = "fraud", .actor = "ada", .also_in_production = true}));
  REQUIRE(models.create_model({.name = "fraud", .actor = "bob"}));
  CHECK(in_production(3'500'000) == versions{1});
  CHECK(in_production(4'000'000) == versions{});
  const auto periods = models.periods_in_stage("fraud", stage::production).value();
  REQUIRE(periods.size() == 2);
  CHECK(periods[0].version == 1);
  CHECK(periods[0].from == 1'000'000);
  CHECK(periods[0].until == 2'000'000);
  CHECK(periods[1].from == 3'000'000);
  CHECK(periods[1].until == 4'000'000);
  CHECK(periods[1].actor == "ada");
  CHECK(models.history("fraud")->back().actor == "bob");
}

TEST_CASE("the history tells which versions were in development") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  const auto in_development = [&](std::uint64_t time) {
    return models.in_stage_at("m", stage::development, time).value();
  };
  using versions = std::vector<std::uint64_t>;
  for (std::uint64_t time = 1; time <= 3; ++time) {
    registry_now = time * 1'000'000;
    register_one(models, "m", static_cast<double>(time));
  }
  registry_now = 4'000'000;
  REQUIRE(models.move({.model = "m", .version = 1, .to = stage::staging}));
  REQUIRE(models.remove({.model = "m", .version = 3}));
  registry_now = 5'000'000;
  REQUIRE(models.move({.model = "m", .version = 1, .to = stage::development}));
  CHECK(in_development(999'999) == versions{});
  CHECK(in_development(2'000'000) == versions{1, 2});
  CHECK(in_development(3'999'999) == versions{1, 2, 3});
  CHECK(in_development(4'000'000) == versions{2});
  CHECK(in_development(5'000'000) == versions{2, 1});
  const auto staged = models.periods_in_stage("m", stage::staging).value();
  REQUIRE(staged.size() == 1);
  CHECK(staged[0].contains(4'999'999));
  CHECK_FALSE(staged[0].contains(5'000'000));
}

TEST_CASE("tags, aliases and comments are changed, and refused where they cannot be") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  register_one(models, "m");
  REQUIRE(models.set_tag("m", 1, {"k", std::string(6'000, 'v')}, "ada"));
  REQUIRE(models.set_tag("m", 1, {"k", "w"}, "ada"));
  CHECK(models.find_version("m", 1)->tags == std::vector<mg::tag>{{"k", "w"}});
  REQUIRE(models.remove_tag("m", 1, "k", "ada"));
  CHECK(failure(models.remove_tag("m", 1, "k", "ada"), mr::errc::not_found) == "there is no tag \"k\"");
  REQUIRE(models.set_description("m", 0, "text", "ada"));
  CHECK(models.find_model("m")->description == "text");
  CHECK(models.set_description("m", 0, "\xff", "ada").error().code() == mr::errc::invalid_argument);
  CHECK(models.create_model({.name = std::string(501, 'n')}).error().code() == mr::errc::invalid_argument);
  CHECK(models.create_model({.name = "a\nb"}).error().code() == mr::errc::invalid_argument);
  REQUIRE(models.create_model({.name = std::string(500, '/')}));
  CHECK(models.find_model(std::string(500, '/'))->id == 2);
  const auto said = models.write_comment("m", 1, "one", "bob").value();
  CHECK(models.write_comment("m", 1, "two", "eve", said.number).error().code() == mr::errc::permission_denied);
  CHECK(models.write_comment("m", 1, "two", "bob", said.number)->text == "two");
  CHECK(models.remove_comment("m", 1, said.number, "eve").error().code() == mr::errc::permission_denied);
  REQUIRE(models.remove_comment("m", 1, said.number, "bob"));
  CHECK(models.write_comment("m", 1, "three", "bob")->number == 2);
}
