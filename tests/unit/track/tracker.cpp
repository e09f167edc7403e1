#include <millrace/track/tracker.hpp>

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
