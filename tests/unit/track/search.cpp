#include <millrace/track/search.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

using tracker = mt::tracker<ms::memory_storage>;
std::uint64_t time_now = 1'700'000'000'000'000'000U;
std::uint64_t test_time() noexcept { return time_now; }

/// A run as a search sees it, from a whole record: the slow reference, without any index.
struct plain_row {
  const mt::run_record& record;
  std::string uri{};
  ms::search_value find(const ms::search_field& field) const {
    const auto text = [](const std::string* value) {
      return value == nullptr ? ms::search_value() : ms::search_value(*value);
    };
    switch (field.kind) {
      case ms::search_kind::param: return text(record.parameter(field.key));
      case ms::search_kind::tag: return text(record.tag(field.key));
      case ms::search_kind::attribute:
        if (field.key == "run_id") return record.info.id;
        if (field.key == "run_name") return record.info.name;
        if (field.key == "status") return to_string(record.info.status);
        if (field.key == "start_time") return record.info.start;
        return {};
      default: break;
    }
    const mt::metric_summary* const metric = record.metric(field.key);
    if (metric == nullptr) return {};
    if (field.kind == ms::search_kind::metric) return metric->last.value;
    if (field.group == "min") return metric->min;
    if (field.group == "max") return metric->max;
    return metric->mean;
  }
};

struct made_runs {
  ms::memory_storage storage{};
  tracker tracks = *tracker::open(storage, {.seed = 7, .wall_clock = test_time});
  std::vector<std::string> experiments{};
  std::vector<mt::run_record> runs{};

  explicit made_runs(int count) {
    mr::random_engine random(3);
    for (const char* name : {"a", "b"}) experiments.push_back(tracks.create_experiment(name)->id);
    const double values[] = {0, -0.0, 1, 2, 2, 3.5, std::nan(""), HUGE_VAL, -HUGE_VAL, 1e-300, -7};
    for (int i = 0; i < count; ++i) {
      time_now += random.below(3) * 1'000'000U;  // starts that are equal now and then
      mt::run_options options{.name = "r" + std::to_string(random.below(6))};
      if (random.below(2) == 0) options.parameters.push_back({"net", random.below(2) == 0 ? "wide" : "deep"});
      if (random.below(2) == 0) options.tags.push_back({"a b/c.d", std::to_string(random.below(4))});
      const std::string id = tracks.create_run(experiments[random.below(2)], options)->id;
      mt::run_batch batch;
      for (const char* key : {"loss", "val acc"})
        for (std::uint64_t points = random.below(3); points > 0; --points)
          batch.metrics.push_back({key, {static_cast<std::int64_t>(points), 5, values[random.below(11)]}});
      REQUIRE(tracks.log_batch(id, batch));
      if (random.below(3) == 0) REQUIRE(tracks.end_run(id));
      runs.push_back(*tracks.get_run(id));
    }
  }

  std::vector<std::string> expected(const std::string& filter, const std::vector<std::string>& order) const {
    const auto asks = *ms::search_filter::make(filter, mt::searched_runs);
    const auto orders = *ms::search_order::make(order, mt::searched_runs);
    std::vector<std::pair<std::string, std::string>> found;
    for (const mt::run_record& each : runs) {
      const plain_row row{each};
      if (asks.matches(row)) found.push_back({orders.sort_key(row), each.info.id});
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> ids;
    for (const auto& each : found) ids.push_back(each.second);
    return ids;
  }
  std::vector<std::string> found(const std::string& filter, const std::vector<std::string>& order,
                                 std::size_t page) const {
    std::vector<std::string> ids;
    mt::search_options options{.filter = filter, .order_by = order, .max_results = page};
    do {
      const auto got = mt::search_runs(tracks, experiments, options);
      REQUIRE(got);
      CHECK(got->items.size() <= page);
      for (const mt::run_record& each : got->items) ids.push_back(each.info.id);
      options.page_token = got->next_page_token;
    } while (!options.page_token.empty());
    return ids;
  }
};

}  // namespace

TEST_CASE("a search finds what looking at each run finds, in the same order, page by page") {
  const made_runs made(70);
  const std::string middle = std::to_string(made.runs[35].info.start);
  const std::vector<std::string> filters = {
      "",
      "metrics.loss < 2",
      "metrics.loss <= 2 AND metrics.`val acc` > 0",
      "metrics.loss = 2",
      "metrics.loss IN (2, 2, 0, -7)",
      "metrics.loss BETWEEN -7 AND 1",
      "metrics.loss > 3 AND metrics.loss < 2",
      "metrics.loss IS NAN",
      "metrics.loss IS NULL",
      "metrics.loss != 2",
      "min.loss < 0",
      "max.loss >= 3.5 OR params.net = 'deep'",
      "mean.loss > 1",
      "params.net = 'wide'",
      "params.net = 'none'",
      "tags.`a b/c.d` = '2' AND params.net IS NOT NULL",
      "attributes.status = 'FINISHED'",
      "run_name LIKE 'r1%' AND NOT params.net = 'wide'",
      "attributes.start_time = " + middle,
      "attributes.start_time > " + middle + " AND metrics.loss <= 2",
      "attributes.start_time <= " + middle + " AND params.net = 'wide'",
  };
  const std::vector<std::vector<std::string>> orders = {{},
                                                        {"metrics.loss"},
                                                        {"metrics.loss DESC"},
                                                        {"min.`val acc` DESC"},
                                                        {"start_time ASC"},
                                                        {"max.loss"},
                                                        {"params.net DESC", "metrics.loss"}};
  for (const std::string& filter : filters)
    for (const auto& order : orders) {
      INFO(filter << " by " << (order.empty() ? "" : order.front()));
      const auto expected = made.expected(filter, order);
      CHECK(made.found(filter, order, 7) == expected);
      CHECK(made.found(filter, order, 1000) == expected);
    }
}

TEST_CASE("a page token is of its query, and there is one when there is more") {
  const made_runs made(10);
  const mt::search_options first{.order_by = {"metrics.loss"}, .max_results = 4};
  const auto page = mt::search_runs(made.tracks, made.experiments, first);
  REQUIRE_FALSE(page->next_page_token.empty());
  auto other = first;
  other.page_token = page->next_page_token;
  CHECK(mt::search_runs(made.tracks, made.experiments, other)->items.size() == 4);
  other.order_by = {"metrics.loss DESC"};
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, other));
  other = first;
  other.page_token = page->next_page_token;
  other.filter = "metrics.loss > 0";
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, other));
  other = first;
  other.page_token = page->next_page_token;
  CHECK_FALSE(mt::search_runs(made.tracks, {made.experiments[0]}, other));
  other.view = mt::lifecycle_view::all;
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, other));
  other.page_token = "abc";
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, other));
  CHECK(mt::search_runs(made.tracks, made.experiments, {.max_results = 10})->next_page_token.empty());
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, {.max_results = 0}));
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, {.max_results = 50'001}));
  CHECK_FALSE(mt::search_runs(made.tracks, {"77"}));
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments, {.filter = "metrics.loss <"}));
  CHECK_FALSE(mt::search_runs(made.tracks, made.experiments,
                              {.filter = "min.loss < 1", .grammar = ms::search_grammar::mlflow}));
}

TEST_CASE("deleted runs, and those of deleted experiments, are found by the view that asks for them") {
  made_runs made(12);
  const std::string gone = made.runs[0].info.id;
  REQUIRE(made.tracks.delete_run(gone));
  const auto count = [&](mt::lifecycle_view view) {
    return mt::search_runs(made.tracks, made.experiments, {.view = view})->items.size();
  };
  CHECK(count(mt::lifecycle_view::active_only) == 11);
  CHECK(count(mt::lifecycle_view::deleted_only) == 1);
  CHECK(count(mt::lifecycle_view::all) == 12);
  std::size_t in_first = 0;
  for (const mt::run_record& each : made.runs) in_first += each.info.experiment_id == made.experiments[0];
  REQUIRE(made.tracks.delete_experiment(made.experiments[0]));
  CHECK(count(mt::lifecycle_view::deleted_only) ==
        in_first + (made.runs[0].info.experiment_id == made.experiments[1] ? 1 : 0));
  CHECK(count(mt::lifecycle_view::all) == 12);
  REQUIRE(made.tracks.restore_experiment(made.experiments[0]));
  REQUIRE(made.tracks.restore_run(gone));
  CHECK(count(mt::lifecycle_view::active_only) == 12);
  // The metrics of a restored run are found again.
  for (const mt::run_record& each : made.runs)
    if (each.metric("loss") != nullptr)
      CHECK(mt::search_runs(made.tracks, made.experiments,
                            {.filter = "metrics.loss IS NOT NULL AND run_id = '" + each.info.id + "'"})
                ->items.size() == 1);
}

TEST_CASE("experiments are searched by name, tag and stage") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  for (int i = 0; i < 5; ++i) {
    time_now += 1'000'000;
    REQUIRE(tracks.create_experiment("e" + std::to_string(i), {.tags = {{"half", i % 2 == 0 ? "even" : "odd"}}}));
  }
  REQUIRE(tracks.delete_experiment("2"));
  const auto names = [&](mt::search_options options) {
    std::string made;
    do {
      const auto page = mt::search_experiments(tracks, options);
      REQUIRE(page);
      for (const mt::experiment& each : page->items) made += each.name + ' ';
      options.page_token = page->next_page_token;
    } while (!options.page_token.empty());
    return made;
  };
  CHECK(names({}) == "e4 e3 e2 e0 ");
  CHECK(names({.max_results = 1}) == "e4 e3 e2 e0 ");
  CHECK(names({.order_by = {"name ASC"}, .view = mt::lifecycle_view::all, .max_results = 2}) == "e0 e1 e2 e3 e4 ");
  CHECK(names({.view = mt::lifecycle_view::deleted_only}) == "e1 ");
  CHECK(names({.filter = "tags.half = 'even' AND name LIKE 'e%'"}) == "e4 e2 e0 ");
}

// MLflow's ids of experiments are integers, and sorted so; its filters take them in quotes.
TEST_CASE("experiments are sorted by their ids as numbers, and found by them as texts") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  for (int i = 0; i < 11; ++i) REQUIRE(tracks.create_experiment("e" + std::to_string(i)));
  const auto ids = [&](mt::search_options options) {
    std::string made;
    do {
      const auto page = mt::search_experiments(tracks, options);
      REQUIRE(page);
      for (const mt::experiment& each : page->items) made += each.id + ' ';
      options.page_token = page->next_page_token;
    } while (!options.page_token.empty());
    return made;
  };
  CHECK(ids({.max_results = 4}) == "1 2 3 4 5 6 7 8 9 10 11 ");  // all of one moment
  CHECK(ids({.order_by = {"experiment_id DESC"}, .max_results = 3}) == "11 10 9 8 7 6 5 4 3 2 1 ");
  CHECK(ids({.filter = "experiment_id IN ('2', '10')", .order_by = {"experiment_id"}}) == "2 10 ");
  CHECK(ids({.filter = "experiment_id != '2'", .order_by = {"experiment_id"}, .max_results = 9}) ==
        "1 3 4 5 6 7 8 9 10 11 ");
}

TEST_CASE("runs are ranked by a metric from its index") {
  made_runs made(40);
  for (const bool greatest : {false, true}) {
    const auto ranked = mt::rank_runs(made.tracks, made.experiments[0], "loss", 5, greatest);
    REQUIRE(ranked);
    const auto searched =
        mt::search_runs(made.tracks, {made.experiments[0]},
                        {.order_by = {greatest ? "metrics.loss DESC" : "metrics.loss"}, .max_results = 5});
    REQUIRE(ranked->size() == searched->items.size());
    for (std::size_t i = 0; i < ranked->size(); ++i) {
      CHECK((*ranked)[i].id == searched->items[i].info.id);
      CHECK((*ranked)[i].value == searched->items[i].metric("loss")->last.value);
    }
  }
  CHECK(mt::rank_runs(made.tracks, made.experiments[0], "none", 5)->empty());
}

TEST_CASE("pages go through many runs of one value, whichever way they are sorted") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage, {.wall_clock = test_time});
  const std::string experiment = tracks.create_experiment("e")->id;
  for (int i = 0; i < 150; ++i) {
    const std::string id = tracks.create_run(experiment, {.start = 1000 + i / 2})->id;
    REQUIRE(tracks.log_batch(id, {.metrics = {{"acc", {0, 0, i % 50 == 0 ? 0.5 : 1.0}}}}));
  }
  for (const char* order : {"metrics.acc", "metrics.acc DESC"}) {
    std::vector<std::string> keys;
    mt::search_options options{.order_by = {order}, .max_results = 40};
    const auto sorted = *ms::search_order::make(options.order_by, mt::searched_runs);
    do {
      const auto page = mt::search_runs(tracks, {experiment}, options);
      REQUIRE(page);
      for (const mt::run_record& each : page->items) keys.push_back(sorted.sort_key(plain_row{each}));
      options.page_token = page->next_page_token;
    } while (!options.page_token.empty());
    CHECK(keys.size() == 150);
    CHECK(std::is_sorted(keys.begin(), keys.end()));
  }
}
