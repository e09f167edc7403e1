#ifndef MILLRACE_TESTS_LAWS_TRACKING_HPP
#define MILLRACE_TESTS_LAWS_TRACKING_HPP

// What holds for whatever keeps experiments and runs, a tracker in this process or a server of MLflow's elsewhere. A
// test brings one, and a word that begins the names of what it makes there, which nobody else uses.

#include <millrace/track/records.hpp>
#include <millrace/track/search.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace laws {

namespace mt = millrace::track;
using millrace::errc;

template <class Result>
bool fails(const Result& made, errc code) {
  if (made) return false;
  INFO(made.error().describe());
  CHECK(to_string(made.error().code()) == to_string(code));
  return made.error().code() == code;
}
inline const std::string* value_in(const std::vector<mt::key_value>& all, std::string_view key) {
  for (const mt::key_value& each : all)
    if (each.key == key) return &each.value;
  return nullptr;
}

template <class Store>
void keeps_experiments(Store& store, const std::string& prefix) {
  const std::string name = prefix + "experiments/with space \xc3\xbc %20?#";
  const auto made = store.create_experiment(name, {.description = "what for", .tags = {{"kind", prefix}}});
  REQUIRE(made);
  CHECK(made->name == name);
  CHECK(*value_in(made->tags, "kind") == prefix);
  CHECK(*value_in(made->tags, mt::description_tag) == "what for");
  CHECK(made->stage == mt::lifecycle::active);
  CHECK(store.get_experiment(made->id)->name == name);
  CHECK(store.find_experiment(name)->id == made->id);
  CHECK(fails(store.create_experiment(name), errc::already_exists));
  CHECK(fails(store.get_experiment("987654321"), errc::not_found));
  CHECK(fails(store.find_experiment(prefix + "none"), errc::not_found));
  CHECK_FALSE(store.create_experiment(""));

  const std::string long_text(5000, 'v');
  CHECK(store.set_experiment_tag(made->id, {"kind", long_text}));
  CHECK(*value_in(store.get_experiment(made->id)->tags, "kind") == long_text);
  CHECK(store.set_experiment_tag(made->id, {"kind", prefix}));
  CHECK(store.rename_experiment(made->id, prefix + "renamed"));
  CHECK(store.get_experiment(made->id)->name == prefix + "renamed");

  std::vector<std::string> names = {prefix + "renamed"};
  for (const char* more : {"a", "b", "c", "d"}) {
    names.push_back(prefix + more);
    REQUIRE(store.create_experiment(names.back(), {.tags = {{"kind", prefix}}}));
  }
  std::vector<std::string> found;
  mt::search_options asked{.filter = "tags.kind = '" + prefix + "'", .order_by = {"name DESC"}, .max_results = 2};
  std::vector<std::size_t> pages;
  do {
    const auto page = search_experiments(store, asked);
    REQUIRE(page);
    pages.push_back(page->items.size());
    for (const mt::experiment& each : page->items) found.push_back(each.name);
    asked.page_token = page->next_page_token;
  } while (!asked.page_token.empty() && pages.size() < 10);
  CHECK(pages == std::vector<std::size_t>{2, 2, 1});
  CHECK(found == std::vector<std::string>{names[0], names[4], names[3], names[2], names[1]});
  CHECK(fails(search_experiments(store, {.filter = "name LIKE"}), errc::invalid_argument));

  CHECK(store.delete_experiment(made->id));
  CHECK(store.get_experiment(made->id)->stage == mt::lifecycle::deleted);
  CHECK_FALSE(store.create_run(made->id));
  CHECK(search_experiments(store, {.filter = "tags.kind = '" + prefix + "'"})->items.size() == 4);
  CHECK(search_experiments(store, {.filter = "tags.kind = '" + prefix + "'", .view = mt::lifecycle_view::deleted_only})
            ->items.size() == 1);
  CHECK(store.restore_experiment(made->id));
  CHECK(store.get_experiment(made->id)->stage == mt::lifecycle::active);
}

/// What becomes of the values of metrics. MLflow's own server keeps the greatest double for an infinity, and no sign of
/// a zero: its databases have neither.
enum class doubles { all, finite };

template <class Store>
void keeps_runs(Store& store, const std::string& prefix, doubles keeps = doubles::all) {
  const auto experiment = store.create_experiment(prefix + "runs");
  REQUIRE(experiment);
  const auto parent = store.create_run(experiment->id, {.name = "outer"});
  REQUIRE(parent);
  const auto made = store.create_run(experiment->id, {.name = "first",
                                                      .parent = parent->id,
                                                      .user = "ada",
                                                      .tags = {{"team", "ds"}},
                                                      .parameters = {{"lr", "0.1"}, {"net", "a b"}},
                                                      .start = 1'600'000'000'000});
  REQUIRE(made);
  CHECK(made->name == "first");
  CHECK(made->status == mt::run_status::running);
  CHECK(made->experiment_id == experiment->id);
  const std::string id = made->id;
  auto run = store.get_run(id);
  REQUIRE(run);
  CHECK(run->info.name == "first");
  CHECK(run->info.parent == parent->id);
  CHECK(run->info.user == "ada");
  CHECK(run->info.start == 1'600'000'000'000);
  CHECK(run->info.end == 0);
  CHECK(*run->tag("team") == "ds");
  CHECK(*run->parameter("lr") == "0.1");
  CHECK(*run->parameter("net") == "a b");
  CHECK(run->metrics.empty());

  // Values of all kinds there and back.
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {.5, -0.0, 1e-320, 1.7976931348623157e308, infinity, -infinity, std::nan("")};
  mt::run_batch batch;
  for (std::size_t i = 0; i < values.size(); ++i)
    batch.metrics.push_back({"m/x y", {static_cast<std::int64_t>(i), 1000 + static_cast<std::int64_t>(i), values[i]}});
  REQUIRE(store.log_batch(id, batch));
  REQUIRE(store.log_batch(id, batch));  // again: nothing comes twice
  const auto back = store.history(id, "m/x y");
  REQUIRE(back);
  REQUIRE(back->size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO(i);
    const double there = (*back)[i].value;
    if (keeps == doubles::all)
      CHECK((std::isnan(values[i]) ? std::isnan(there)
                                   : there == values[i] && std::signbit(there) == std::signbit(values[i])));
    else if (std::isinf(values[i]))
      CHECK(there == std::copysign(std::numeric_limits<double>::max(), values[i]));
    else
      CHECK((std::isnan(values[i]) ? std::isnan(there) : there == values[i]));
    CHECK((*back)[i].step == static_cast<std::int64_t>(i));
    CHECK((*back)[i].time == 1000 + static_cast<std::int64_t>(i));
  }
  CHECK(store.history(id, "none")->empty());

  // More than one of MLflow's requests has room for.
  mt::run_batch many;
  for (int i = 0; i < 2300; ++i) many.metrics.push_back({"many", {i, i, i * .5}});
  for (int i = 0; i < 150; ++i) many.parameters.push_back({"p" + std::to_string(i), std::to_string(i)});
  for (int i = 0; i < 120; ++i) many.tags.push_back({"t" + std::to_string(i), std::to_string(i)});
  REQUIRE(store.log_batch(id, many));
  const auto points = store.history(id, "many");
  REQUIRE(points);
  REQUIRE(points->size() == 2300);
  bool same = true;
  for (std::size_t i = 0; i < 2300; ++i) same = same && (*points)[i] == many.metrics[i].point;
  CHECK(same);
  run = store.get_run(id);
  CHECK(run->metric("many")->last.value == 1149.5);
  CHECK(run->metric("many")->last.step == 2299);
  CHECK(run->info.parameters.size() == 152);
  CHECK(*run->parameter("p149") == "149");
  CHECK(*run->tag("t119") == "119");

  CHECK(store.log_parameters(id, {{"lr", "0.1"}}));
  CHECK_FALSE(store.log_parameters(id, {{"lr", "0.2"}}));
  CHECK(*store.get_run(id)->parameter("lr") == "0.1");
  CHECK(store.set_tags(id, {{"a b/c.d-e", "tag \xe2\x82\xac \"\\\n"}}));
  CHECK(*store.get_run(id)->tag("a b/c.d-e") == "tag \xe2\x82\xac \"\\\n");
  CHECK(store.delete_tag(id, "t119"));
  CHECK(store.get_run(id)->tag("t119") == nullptr);
  CHECK(fails(store.delete_tag(id, "t119"), errc::not_found));
  CHECK(store.rename_run(id, "second"));
  CHECK(store.get_run(id)->info.name == "second");
  CHECK(store.end_run(id, mt::run_status::failed, 1'600'000'001'000));
  CHECK(store.get_run(id)->info.status == mt::run_status::failed);
  CHECK(store.get_run(id)->info.end == 1'600'000'001'000);

  CHECK(store.delete_run(id));
  CHECK(store.get_run(id)->info.stage == mt::lifecycle::deleted);
  CHECK_FALSE(store.set_tags(id, {{"k", "v"}}));
  CHECK(store.restore_run(id));
  CHECK(store.get_run(id)->info.stage == mt::lifecycle::active);

  const std::string none(32, '0');
  CHECK(fails(store.get_run(none), errc::not_found));
  CHECK(fails(store.end_run(none), errc::not_found));
  CHECK(fails(store.set_tags(none, {{"k", "v"}}), errc::not_found));
  CHECK_FALSE(store.create_run("987654321"));
}

template <class Store>
void searches_runs(Store& store, const std::string& prefix) {
  const auto experiment = store.create_experiment(prefix + "searches");
  REQUIRE(experiment);
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) {
    const auto run = store.create_run(experiment->id, {.tags = {{"parity", std::to_string(i % 2)}}, .start = i + 1});
    REQUIRE(run);
    ids.push_back(run->id);
    REQUIRE(store.log_batch(
        run->id, {.metrics = {{"loss", {0, 1, i / 10.}}}, .parameters = {{"net name", "n" + std::to_string(i % 3)}}}));
  }
  const auto found = [&](const mt::search_options& options) {
    const auto page = search_runs(store, std::vector<std::string>{experiment->id}, options);
    REQUIRE(page);
    std::vector<int> made;
    for (const mt::run_record& each : page->items)
      for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i] == each.info.id) made.push_back(static_cast<int>(i));
    return made;
  };
  using list = std::vector<int>;
  CHECK(found({.filter = "metrics.loss < 0.35", .order_by = {"metrics.loss ASC"}}) == list{0, 1, 2, 3});
  CHECK(found({.filter = "params.`net name` = 'n1' and tags.parity = '1'"}) == list{7, 1});
  CHECK(found({.filter = "params.`net name` ILIKE 'N2'", .order_by = {"metrics.loss DESC"}}) == list{11, 8, 5, 2});
  CHECK(found({.filter = "attributes.start_time > 10", .order_by = {"start_time ASC"}}) == list{10, 11});
  list all;
  std::vector<std::size_t> pages;
  mt::search_options asked{.order_by = {"metrics.loss ASC"}, .max_results = 5};
  do {
    const auto page = search_runs(store, std::vector<std::string>{experiment->id}, asked);
    REQUIRE(page);
    pages.push_back(page->items.size());
    for (const mt::run_record& each : page->items)
      all.push_back(static_cast<int>(each.metric("loss")->last.value * 10 + .5));
    asked.page_token = page->next_page_token;
  } while (!asked.page_token.empty() && pages.size() < 10);
  CHECK(pages == std::vector<std::size_t>{5, 5, 2});
  CHECK(all == list{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  REQUIRE(store.delete_run(ids[0]));
  CHECK(found({.view = mt::lifecycle_view::deleted_only}) == list{0});
  CHECK(found({.view = mt::lifecycle_view::all}).size() == 12);
  const std::vector<std::string> in = {experiment->id};
  CHECK(fails(search_runs(store, in, {.filter = "metrics.loss ==< 1"}), errc::invalid_argument));
  CHECK(fails(search_runs(store, in, {.filter = "'; DROP TABLE runs; --"}), errc::invalid_argument));
}

template <class Store>
void keeps_artifacts(Store& store, const std::string& prefix) {
  const auto experiment = store.create_experiment(prefix + "artifacts");
  REQUIRE(experiment);
  const auto run = store.create_run(experiment->id);
  REQUIRE(run);
  std::string binary;
  for (int i = 0; i < 256'000; ++i) binary += static_cast<char>(i);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"a b+c.txt", "text"}, {"deep/er/x.json", "{}"}, {"empty", ""}, {"model/weights.bin", binary}};
  for (const auto& [path, bytes] : files) REQUIRE(store.log_artifact(run->id, path, std::as_bytes(std::span(bytes))));
  for (const auto& [path, bytes] : files) {
    const auto back = store.read_artifact(run->id, path);
    REQUIRE(back);
    CHECK((std::string_view(reinterpret_cast<const char*>(back->data()), back->size()) == bytes));
  }
  std::string listed;
  const auto entries = store.list_artifacts(run->id);
  REQUIRE(entries);
  for (const mt::artifact_entry& each : *entries) listed += each.file.path + (each.is_folder ? "/ " : " ");
  CHECK(listed == "a b+c.txt deep/ empty model/ ");
  const auto inner = store.list_artifacts(run->id, "model");
  REQUIRE(inner);
  REQUIRE(inner->size() == 1);
  CHECK(inner->front().file.path == "model/weights.bin");
  CHECK(inner->front().file.size == 256'000);
  CHECK(store.list_artifacts(run->id, "nowhere")->empty());
  CHECK_FALSE(store.read_artifact(run->id, "nowhere"));
  for (const char* path : {"../other", "a/../../b", "/etc/passwd", "", "a\\b", "a#b", "%2e%2e/x\n"}) {
    INFO(path);
    CHECK(fails(store.log_artifact(run->id, path, std::as_bytes(std::span("x", 1))), errc::invalid_argument));
    CHECK_FALSE(store.read_artifact(run->id, path));
  }
}

/// All of it.
template <class Store>
void tracks(Store& store, const std::string& prefix, doubles keeps = doubles::all) {
  keeps_experiments(store, prefix);
  keeps_runs(store, prefix, keeps);
  searches_runs(store, prefix);
  keeps_artifacts(store, prefix);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_TRACKING_HPP
