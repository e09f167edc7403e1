#include <millrace/track/tracker.hpp>

#include <millrace/core/sha256.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

using tracker = mt::tracker<ms::memory_storage>;
std::uint64_t time_now = 1'700'000'000'000'000'000U;
std::uint64_t test_time() noexcept { return time_now; }

template <class Result>
mr::errc code_of(const Result& failed) {
  REQUIRE_FALSE(failed);
  return failed.error().code();
}

}  // namespace

TEST_CASE("experiments are created, found, renamed, deleted and restored") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  const auto made = tracks.create_experiment("tuning v1", {.description = "d", .tags = {{"team", "ds"}}});
  REQUIRE(made);
  CHECK(made->id == "1");
  CHECK(made->created == 1'700'000'000'000);
  CHECK(made->artifact_location == "mlflow-artifacts:/1");
  CHECK(*tracks.get_experiment("1") == *made);
  CHECK(tracks.find_experiment("tuning v1")->id == "1");
  CHECK(tracks.create_experiment("other", {.artifact_location = "s3://b/c"})->artifact_location == "s3://b/c");

  CHECK(code_of(tracks.create_experiment("tuning v1")) == mr::errc::already_exists);
  CHECK(code_of(tracks.create_experiment("")) == mr::errc::invalid_argument);
  CHECK(code_of(tracks.create_experiment(std::string(501, 'x'))) == mr::errc::invalid_argument);
  CHECK(code_of(tracks.create_experiment("\xff")) == mr::errc::invalid_argument);
  CHECK(code_of(tracks.get_experiment("9")) == mr::errc::not_found);
  CHECK(code_of(tracks.get_experiment("../1")) == mr::errc::not_found);
  CHECK(code_of(tracks.get_experiment("")) == mr::errc::not_found);
  CHECK(code_of(tracks.find_experiment("none")) == mr::errc::not_found);

  time_now += 5'000'000;
  CHECK(tracks.rename_experiment("1", "a/b #?\\ %20")->updated == 1'700'000'000'005);
  CHECK(tracks.find_experiment("a/b #?\\ %20")->id == "1");
  CHECK(code_of(tracks.find_experiment("tuning v1")) == mr::errc::not_found);
  CHECK(code_of(tracks.rename_experiment("1", "other")) == mr::errc::already_exists);
  CHECK(tracks.rename_experiment("1", "a/b #?\\ %20"));
  CHECK(*mt::detail::value_of(tracks.set_experiment_tag("1", {"x", "y"})->tags, "x") == "y");
  CHECK(mt::detail::value_of(tracks.delete_experiment_tag("1", "x")->tags, "x") == nullptr);
  CHECK(code_of(tracks.delete_experiment_tag("1", "x")) == mr::errc::not_found);

  CHECK(tracks.delete_experiment("1")->stage == mt::lifecycle::deleted);
  CHECK(code_of(tracks.delete_experiment("1")) == mr::errc::conflict);
  CHECK(code_of(tracks.start_run("1")) == mr::errc::conflict);
  const auto taken = tracks.create_experiment("a/b #?\\ %20");
  CHECK(code_of(taken) == mr::errc::already_exists);
  CHECK(taken.error().message().find("deleted") != std::string::npos);
  CHECK(tracks.restore_experiment("1")->stage == mt::lifecycle::active);
  CHECK(code_of(tracks.restore_experiment("1")) == mr::errc::conflict);
  CHECK(tracks.create_experiment("third")->id == "3");
}

TEST_CASE("the default experiment is made once, and is what has its name or its id") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  CHECK(code_of(tracks.get_experiment("0")) == mr::errc::not_found);
  const auto made = tracks.default_experiment();
  REQUIRE(made);
  CHECK(made->id == "0");
  CHECK(made->name == "Default");
  CHECK(*tracks.default_experiment() == *made);
  CHECK(tracks.create_experiment("first")->id == "1");
  REQUIRE(tracks.rename_experiment("0", "other"));
  CHECK(tracks.default_experiment()->name == "other");
  REQUIRE(tracks.create_experiment("Default"));
  CHECK(tracks.default_experiment()->id == "2");
}

TEST_CASE("a run has its parameters and tags, and a parameter is written once") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  const std::string experiment = tracks.create_experiment("e")->id;
  const auto made = tracks.create_run(
      experiment,
      {.name = "n", .description = "d", .user = "ada", .source = "train.cpp", .parameters = {{"lr", "0.1"}}});
  REQUIRE(made);
  const std::string id = made->id;
  CHECK(made->process == mt::run_process());
  CHECK(tracks.log_parameters(id, {{"depth", "3"}, {"lr", "0.1"}}));
  CHECK(code_of(tracks.log_parameters(id, {{"width", "1"}, {"lr", "0.2"}})) == mr::errc::already_exists);
  CHECK(tracks.get_run(id)->parameter("width") == nullptr);  // all of it or nothing
  CHECK(*tracks.get_run(id)->parameter("lr") == "0.1");
  CHECK(tracks.log_parameters(id, {{"long", std::string(6000, 'x')}}));
  CHECK(code_of(tracks.log_parameters(id, {{"longer", std::string(6001, 'x')}})) == mr::errc::invalid_argument);
  std::string letters;  // 6,000 characters of two bytes
  for (int i = 0; i < 6000; ++i) letters += "\xc3\xa9";
  CHECK(tracks.log_parameters(id, {{"letters", letters}}));
  CHECK(tracks.get_run(id)->parameter("letters")->size() == 12000);
  CHECK(code_of(tracks.log_parameters(id, {{"more", letters + "x"}})) == mr::errc::invalid_argument);
  CHECK(code_of(tracks.log_parameters(id, {{"a;b", "1"}})) == mr::errc::invalid_argument);

  CHECK(tracks.set_tags(id, {{"stage", "a"}, {"stage", "b"}}));
  CHECK(*tracks.get_run(id)->tag("stage") == "b");
  CHECK(tracks.delete_tag(id, "stage"));
  CHECK(code_of(tracks.delete_tag(id, "stage")) == mr::errc::not_found);
  CHECK(tracks.rename_run(id, "new name")->name == "new name");
  CHECK(*tracks.get_run(id)->tag("mlflow.runName") == "new name");
  CHECK(*tracks.get_run(id)->tag("mlflow.user") == "ada");
  CHECK(tracks.create_run(experiment)->name.starts_with("run-"));

  time_now += 7'000'000;
  const auto ended = tracks.end_run(id, mt::run_status::failed);
  CHECK(ended->status == mt::run_status::failed);
  CHECK(ended->end - ended->start == 7);
  CHECK(code_of(tracks.get_run("00")) == mr::errc::not_found);
  CHECK(code_of(tracks.create_run("77")) == mr::errc::not_found);
  CHECK(code_of(tracks.create_run(experiment, {.parent = "00"})) == mr::errc::not_found);
}

TEST_CASE("a deleted run is not changed until it is restored") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  const std::string experiment = tracks.create_experiment("e")->id;
  const std::string id = tracks.create_run(experiment)->id;
  REQUIRE(tracks.log_batch(id, {.metrics = {{"m", {1, 2, 3}}}, .parameters = {{"p", "q"}}, .tags = {{"t", "u"}}}));
  CHECK(tracks.delete_run(id)->deleted != 0);
  CHECK(code_of(tracks.delete_run(id)) == mr::errc::conflict);
  CHECK(code_of(tracks.set_tags(id, {{"a", "b"}})) == mr::errc::conflict);
  CHECK(code_of(tracks.log_batch(id, {.metrics = {{"m", {2, 2, 3}}}})) == mr::errc::conflict);
  CHECK(tracks.get_run(id)->metric("m")->count == 1);
  CHECK(tracks.restore_run(id)->deleted == 0);
  CHECK(tracks.log_batch(id, {.metrics = {{"m", {2, 2, 3}}}}));
  CHECK(tracks.get_run(id)->metric("m")->count == 2);
  REQUIRE(tracks.delete_experiment(experiment));
  CHECK(code_of(tracks.set_tags(id, {{"a", "b"}})) == mr::errc::conflict);
}

TEST_CASE("a batch is logged whole or not at all") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  const std::string id = tracks.create_run(tracks.create_experiment("e")->id, {.parameters = {{"p", "1"}}})->id;
  CHECK(code_of(tracks.log_batch(id, {.metrics = {{"m", {1, 2, 3}}}, .parameters = {{"p", "2"}}})) ==
        mr::errc::already_exists);
  CHECK(tracks.get_run(id)->metrics.empty());
  CHECK(tracks.history(id, "m")->empty());
  CHECK(code_of(tracks.log_batch(id, {.metrics = {{"m", {1, 2, 3}}, {"a?", {1, 2, 3}}}})) ==
        mr::errc::invalid_argument);
  CHECK(code_of(tracks.log_batch("00", {.metrics = {{"m", {1, 2, 3}}}})) == mr::errc::not_found);
  CHECK(tracks.log_batch(id, {}));
}

TEST_CASE("a document of a newer version is refused by its number") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  const std::string id = tracks.create_experiment("e")->id;
  const std::string text = R"({"format":2,"id":"1"})";
  REQUIRE(storage.write("experiment_tracking/experiments/1.json", std::as_bytes(std::span(text))));
  const auto read = tracks.get_experiment(id);
  CHECK(code_of(read) == mr::errc::unsupported);
  CHECK(read.error().message().find("format 2") != std::string::npos);
}

TEST_CASE("artifacts are kept, listed, read and removed, their bytes once") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  const std::string experiment = tracks.create_experiment("e")->id;
  const std::string id = tracks.create_run(experiment)->id;
  const std::string other = tracks.create_run(experiment)->id;
  const std::string text = "weights";
  const auto bytes = std::as_bytes(std::span(text));
  const auto made = tracks.log_artifact(id, "model/weights.bin", bytes, "onnx");
  REQUIRE(made);
  CHECK(made->content == mr::to_string(mr::sha256_of(bytes)));
  CHECK(made->size == 7);
  REQUIRE(tracks.log_artifact(id, "model/conf/a b %2e.json", {}));
  REQUIRE(tracks.log_artifact(id, "readme", bytes));
  REQUIRE(tracks.log_artifact(other, "copy", bytes));

  // fasttrackml#355: a listing is of the run's own root.
  const auto top = tracks.list_artifacts(id);
  REQUIRE(top->size() == 2);
  CHECK((*top)[0].is_folder);
  CHECK((*top)[0].file.path == "model");
  CHECK((*top)[1].file == *tracks.get_artifact(id, "readme"));
  const auto inner = tracks.list_artifacts(id, "model");
  REQUIRE(inner->size() == 2);
  CHECK((*inner)[0].file.path == "model/conf");
  CHECK((*inner)[1].file == *made);
  CHECK(tracks.list_artifacts(id, "mod")->empty());
  CHECK(tracks.list_artifacts(id, "readme")->empty());
  CHECK(tracks.list_artifacts(other)->size() == 1);

  const auto read = tracks.read_artifact(id, "model/weights.bin");
  CHECK(std::vector<std::byte>(bytes.begin(), bytes.end()) == *read);
  CHECK(tracks.read_artifact(id, "model/conf/a b %2e.json")->empty());
  CHECK(code_of(tracks.read_artifact(id, "model")) == mr::errc::not_found);
  CHECK(code_of(tracks.log_artifact(id, "model", bytes)) == mr::errc::conflict);
  CHECK(code_of(tracks.log_artifact(id, "readme/x", bytes)) == mr::errc::conflict);
  for (const std::string bad : {"", "..", "../x", "a/../b", "/etc/passwd", "a//b", "a\\b", "a#b", "a?b", "a/", "./a"}) {
    CHECK(code_of(tracks.log_artifact(id, bad, bytes)) == mr::errc::invalid_argument);
    CHECK(code_of(tracks.read_artifact(id, bad)) == mr::errc::invalid_argument);
    if (!bad.empty()) CHECK(code_of(tracks.list_artifacts(id, bad)) == mr::errc::invalid_argument);
  }
  CHECK(code_of(tracks.log_artifact("00", "a", bytes)) == mr::errc::not_found);

  const std::string changed = "other weights";
  REQUIRE(tracks.log_artifact(id, "readme", std::as_bytes(std::span(changed))));  // replaced
  CHECK(tracks.get_artifact(id, "readme")->size == changed.size());

  // Contents go once no artifact has them and nobody has logged them for a while.
  REQUIRE(tracks.delete_artifact(id, "model/weights.bin"));
  CHECK(code_of(tracks.delete_artifact(id, "model/weights.bin")) == mr::errc::not_found);
  time_now += 7'200'000'000'000U;
  CHECK(*tracks.remove_unused_contents() == 0);  // the other run has it
  CHECK(tracks.read_artifact(other, "copy"));
  REQUIRE(tracks.delete_artifact(other, "copy"));
  REQUIRE(tracks.log_artifact(other, "new", bytes));
  REQUIRE(tracks.delete_artifact(other, "new"));
  CHECK(*tracks.remove_unused_contents() == 0);  // logged just now
  time_now += 7'200'000'000'000U;
  CHECK(*tracks.remove_unused_contents() == 1);
  CHECK(tracks.read_artifact(id, "readme"));
}

TEST_CASE("a removed run leaves nothing, and only those that ended long ago are removed") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  const std::string experiment = tracks.create_experiment("e")->id;
  const std::size_t before = storage.size();
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(tracks.create_run(experiment, {.tags = {{"a", "b"}}, .parameters = {{"p", "q"}}})->id);
    mt::run_batch batch;
    for (int k = 0; k < 1100; ++k) batch.metrics.push_back({"m", {k, k, 1.0}});
    REQUIRE(tracks.log_batch(ids.back(), batch));
    REQUIRE(tracks.log_artifact(ids.back(), "a/b", {}));
    if (i != 2) REQUIRE(tracks.end_run(ids.back()));
    time_now += 1'000'000'000U;
  }
  CHECK(code_of(tracks.remove_run(ids[2])) == mr::errc::conflict);
  const std::int64_t now = static_cast<std::int64_t>(time_now / 1'000'000);
  CHECK(*tracks.remove_runs(experiment, now - 1'500, true) == 0);
  REQUIRE(tracks.delete_run(ids[0]));
  CHECK(*tracks.remove_runs(experiment, now - 1'500, true) == 1);
  CHECK(code_of(tracks.get_run(ids[0])) == mr::errc::not_found);
  CHECK(*tracks.remove_runs(experiment, now - 1'500, false) == 1);
  CHECK(tracks.get_run(ids[2]));
  CHECK(tracks.get_run(ids[3]));
  CHECK(tracks.read_artifact(ids[3], "a/b"));
  REQUIRE(tracks.end_run(ids[2]));
  CHECK(*tracks.remove_runs(experiment, now + 10'000, false) == 2);
  time_now += 7'200'000'000'000U;
  CHECK(*tracks.remove_unused_contents() == 1);
  CHECK(storage.size() == before);
}

TEST_CASE("runs older than so many days are removed, with what only they had") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  constexpr std::uint64_t day = 86'400'000'000'000U;
  std::vector<std::string> experiments;
  for (const char* name : {"a", "b"}) experiments.push_back(tracks.create_experiment(name)->id);
  const std::string shared = "shared";
  const auto ended_run = [&](const std::string& experiment, const std::string& own) {
    const std::string id = tracks.create_run(experiment)->id;
    REQUIRE(tracks.log_artifact(id, "own", std::as_bytes(std::span(own))));
    REQUIRE(tracks.log_artifact(id, "shared", std::as_bytes(std::span(shared))));
    REQUIRE(tracks.end_run(id));
    return id;
  };
  std::vector<std::string> old;
  for (int i = 0; i < 70; ++i) old.push_back(ended_run(experiments[0], "old " + std::to_string(i)));
  const std::string old_too = ended_run(experiments[1], "old too");
  const std::string goes_on = tracks.create_run(experiments[1])->id;
  time_now += 31 * day;
  const std::string young = ended_run(experiments[0], "young");

  const auto none = tracks.remove_older({.days = 32});
  CHECK(none->runs == 0);
  CHECK(none->contents == 0);
  REQUIRE(tracks.delete_run(old[3]));
  const auto deleted = tracks.remove_older({.deleted_only = true});
  CHECK(deleted->runs == 1);
  CHECK(deleted->contents == 1);
  CHECK(code_of(tracks.get_run(old[3])) == mr::errc::not_found);
  const auto first = tracks.remove_older({.experiment_id = experiments[0]});
  CHECK(first->runs == 69);  // more than one transaction removes
  CHECK(first->contents == 69);
  CHECK(tracks.get_run(old_too));
  const auto rest = tracks.remove_older();
  CHECK(rest->runs == 1);
  CHECK(rest->contents == 1);
  CHECK(tracks.get_run(goes_on)->info.status == mt::run_status::running);
  CHECK(tracks.read_artifact(young, "own"));
  CHECK(tracks.read_artifact(young, "shared"));  // which removed runs had, too
  CHECK(code_of(tracks.remove_older({.experiment_id = "77"})) == mr::errc::not_found);
}

TEST_CASE("a tracker in whose place another one comes is closed") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  const std::string experiment = tracks.create_experiment("e")->id;
  std::string id;
  {
    auto run = *tracks.start_run(experiment);
    id = run.id();
    run.log_metric("m", 1);
  }
  tracks = *tracker::open(storage);
  CHECK(tracks.get_run(id)->metric("m")->count == 1);
  CHECK(tracks.create_run(experiment));
  CHECK(storage.list("experiment_tracking/leases/", "", 9)->empty());  // the first one has given its lease back
}

TEST_CASE("a deleted experiment is removed with its runs, and its name is free then") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  const std::string id = tracks.create_experiment("e")->id;
  const std::string run = tracks.create_run(id, {.tags = {{"a", "b"}}})->id;
  CHECK(code_of(tracks.remove_experiment("77")) == mr::errc::not_found);
  CHECK(code_of(tracks.remove_experiment(id)) == mr::errc::conflict);
  REQUIRE(tracks.delete_experiment(id));
  CHECK(code_of(tracks.remove_experiment(id)) == mr::errc::conflict);  // its run goes on
  REQUIRE(tracks.end_run(run));
  REQUIRE(tracks.remove_experiment(id));
  CHECK(code_of(tracks.get_experiment(id)) == mr::errc::not_found);
  CHECK(code_of(tracks.get_run(run)) == mr::errc::not_found);
  CHECK(tracks.create_experiment("e")->id == "2");
  CHECK(storage.list("experiment_tracking/index/", "", 9)->size() == 1);  // the new one's name

  // By their age: deleted ones, once they have no runs.
  const std::string young = tracks.create_run("2")->id;
  REQUIRE(tracks.delete_experiment("2"));
  REQUIRE(tracks.delete_experiment(tracks.create_experiment("empty")->id));
  time_now += 31 * 86'400'000'000'000U;
  REQUIRE(tracks.end_run(young));
  CHECK(tracks.remove_older()->experiments == 1);
  CHECK(code_of(tracks.get_experiment("3")) == mr::errc::not_found);
  CHECK(tracks.get_experiment("2"));
}
