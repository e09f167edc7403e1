#include <millrace/track/logged_models.hpp>

#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

std::uint64_t model_time = 1'700'000'000'000'000'000U;
std::uint64_t clock_of_models() noexcept { return model_time; }
using tracker = mt::tracker<ms::memory_storage>;

template <class Result>
mr::errc fault_of(const Result& failed) {
  REQUIRE_FALSE(failed);
  return failed.error().code();
}

}  // namespace

TEST_CASE("a logged model is made, changed, found and deleted") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = clock_of_models});
  const std::string experiment = tracks.create_experiment("e")->id;
  const std::string run = tracks.create_run(experiment)->id;
  const auto made = mt::create_logged_model(
      tracks, experiment,
      {.name = "net", .type = "cnn", .run_id = run, .parameters = {{"a", "1"}}, .tags = {{"t", "v"}}});
  REQUIRE(made);
  CHECK(made->id.size() == 34);
  CHECK(made->id.starts_with("m-"));
  CHECK(*mt::get_logged_model(tracks, made->id) == *made);
  model_time += 5'000'000;
  CHECK(mt::set_model_status(tracks, made->id, mt::model_status::ready)->updated == 1'700'000'000'005);
  CHECK(mt::set_model_tags(tracks, made->id, {{"u", "w"}})->tags.size() == 2);
  CHECK(mt::delete_model_tag(tracks, made->id, "t")->tags.size() == 1);
  CHECK(fault_of(mt::delete_model_tag(tracks, made->id, "t")) == mr::errc::not_found);
  CHECK(mt::log_model_parameters(tracks, made->id, {{"a", "1"}, {"b", "2"}})->parameters.size() == 2);
  CHECK(fault_of(mt::log_model_parameters(tracks, made->id, {{"c", "3"}, {"a", "2"}})) == mr::errc::already_exists);
  CHECK(mt::get_logged_model(tracks, made->id)->parameters.size() == 2);
  CHECK(fault_of(mt::set_model_tags(tracks, made->id, {{"../x", "w"}})) == mr::errc::invalid_argument);

  CHECK(mt::create_logged_model(tracks, experiment)->name.starts_with("model-"));
  CHECK(fault_of(mt::create_logged_model(tracks, "99")) == mr::errc::not_found);
  CHECK(fault_of(mt::create_logged_model(tracks, experiment, {.run_id = "none"})) == mr::errc::not_found);
  for (const std::string& id : {std::string("m-0"), std::string("../m"), run})
    CHECK(fault_of(mt::get_logged_model(tracks, id)) == mr::errc::not_found);
  CHECK(fault_of(tracks.get_run(made->id)) == mr::errc::not_found);

  const std::string text = "weights";
  REQUIRE(tracks.log_artifact(made->id, "a/w.bin", std::as_bytes(std::span(text))));
  CHECK(tracks.list_artifacts(made->id)->size() == 1);
  CHECK(tracks.read_artifact(made->id, "a/w.bin")->size() == 7);

  CHECK(mt::delete_logged_model(tracks, made->id)->stage == mt::lifecycle::deleted);
  CHECK(mt::get_logged_model(tracks, made->id)->stage == mt::lifecycle::deleted);
  CHECK(fault_of(mt::delete_logged_model(tracks, made->id)) == mr::errc::not_found);
  CHECK(fault_of(tracks.log_artifact(made->id, "b", std::as_bytes(std::span(text)))) == mr::errc::not_found);
}

TEST_CASE("logged models are searched for, in pages") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = clock_of_models});
  const std::vector<std::string> ids{tracks.create_experiment("e")->id, tracks.create_experiment("f")->id};
  for (int i = 0; i < 6; ++i) {
    model_time += 1'000'000;
    REQUIRE(mt::create_logged_model(tracks, ids[static_cast<std::size_t>(i % 2)],
                                    {.name = "n" + std::to_string(i), .parameters = {{"net", i < 3 ? "a" : "b"}}}));
  }
  const auto names = [&](const mt::search_options& options) {
    std::string made;
    const auto found = mt::search_logged_models(tracks, ids, options);
    REQUIRE(found);
    for (const mt::logged_model& each : found->items) made += each.name + ' ';
    return made + found->next_page_token.substr(0, 0);
  };
  CHECK(names({}) == "n5 n4 n3 n2 n1 n0 ");
  CHECK(names({.filter = "params.net = 'a' AND name LIKE 'n%'", .order_by = {"name"}}) == "n0 n1 n2 ");
  CHECK(names({.order_by = {"creation_timestamp ASC"}}) == "n0 n1 n2 n3 n4 n5 ");
  const auto first = mt::search_logged_models(tracks, ids, {.max_results = 4});
  CHECK(names({.max_results = 4, .page_token = first->next_page_token}) == "n1 n0 ");
  REQUIRE(mt::delete_logged_model(tracks, first->items[0].id));
  CHECK(names({}) == "n4 n3 n2 n1 n0 ");
  CHECK(fault_of(mt::search_logged_models(tracks, ids, {.filter = "metrics.a > 1"})) == mr::errc::invalid_argument);
  CHECK(fault_of(mt::search_logged_models(tracks, std::vector<std::string>{"99"})) == mr::errc::not_found);
}

TEST_CASE("what a run has used and made is named once, and goes with the run") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = clock_of_models});
  const std::string run = tracks.create_run(tracks.create_experiment("e")->id)->id;
  const std::string model = mt::create_logged_model(tracks, "1")->id;
  CHECK(*mt::get_lineage(tracks, run) == mt::run_lineage());
  const mt::used_data_set data{"d", "x", "s", "{}", "c", "p", {{"context", "train"}}};
  REQUIRE(mt::log_lineage(tracks, run, {{data}, {model}, {{model, 3}}}));
  mt::used_data_set again = data;
  again.tags = {{"split", "1"}};
  const auto known = mt::log_lineage(tracks, run, {{again}, {model}, {{model, 4}}});
  REQUIRE(known);
  CHECK(known->data_sets.size() == 1);
  CHECK(known->data_sets[0].tags.size() == 2);
  CHECK(known->used_models == std::vector<std::string>{model});
  CHECK(known->made_models == std::vector<mt::made_model>{{model, 4}});
  CHECK(*mt::get_lineage(tracks, run) == *known);
  CHECK(fault_of(mt::log_lineage(tracks, run, {{}, {"m-0"}, {}})) == mr::errc::not_found);
  CHECK(fault_of(mt::log_lineage(tracks, run, {{mt::used_data_set()}, {}, {}})) == mr::errc::invalid_argument);
  CHECK(fault_of(mt::log_lineage(tracks, "none", {})) == mr::errc::not_found);
  CHECK(fault_of(mt::get_lineage(tracks, "none")) == mr::errc::not_found);

  REQUIRE(tracks.end_run(run));
  REQUIRE(tracks.remove_run(run));
  const auto left = storage.list("experiment_tracking/lineage/", "", 10);
  CHECK(left->empty());
}
