#include <millrace/registry/search.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

namespace {

using memory_registry = mg::model_registry<ms::memory_storage>;

memory_registry filled(ms::memory_storage& storage) {
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  for (int i = 1; i <= 6; ++i) {
    mg::version_draft draft{.model = i % 2 == 0 ? "fraud" : "churn", .actor = "ada"};
    draft.metrics = {{"auc", i / 10.0}};
    draft.hyperparameters = {{"depth", std::to_string(i)}};
    if (i != 3) draft.tags = {{"team a/b", "it's"}};
    draft.data_sets = {{.name = "d" + std::to_string(i), .role = "training"}, {.name = "all", .role = "test"}};
    draft.run_id = "r" + std::to_string(i);
    support::registry_now += 1'000'000;
    REQUIRE(models.register_version(draft));
  }
  support::registry_now += 1'000'000;
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(models.remove({.model = "churn", .version = 3, .actor = "ada"}));  // the fifth
  return models;
}
std::string found(const memory_registry& models, const std::string& filter,
                  std::vector<std::string> order = {"run_id"}) {
  const auto page = mg::search_versions(models, {.filter = filter, .order_by = std::move(order)});
  if (!page) return page.error().message();
  std::string text;
  for (const auto& each : page->items) text += each.run_id;
  return text;
}

}  // namespace

TEST_CASE("versions are found by name, stage, figures, tags and data") {
  ms::memory_storage storage;
  const auto models = filled(storage);
  CHECK(found(models, "") == "r1r2r3r4r6");
  CHECK(found(models, "name = 'fraud'") == "r2r4r6");
  CHECK(found(models, "name LIKE 'ch%' AND version_number > 1") == "r3");
  CHECK(found(models, "metrics.auc >= 0.4 OR run_id IN ('r1')") == "r1r4r6");
  CHECK(found(models, "metrics.auc BETWEEN 0.2 AND 0.3", {"metrics.auc DESC"}) == "r3r2");
  CHECK(found(models, "stage = 'staging'") == "r4");
  CHECK(found(models, "tags.`team a/b` IS NULL") == "r3");
  CHECK(found(models, "tags.`team a/b` = 'it''s' AND params.depth < 3") == "r1r2");
  CHECK(found(models, "datasets.name = 'd2'") == "r2");
  CHECK(found(models, "datasets.name = 'all' AND datasets.role = 'training'") == "r1r2r3r4r6");
  CHECK(found(models, "creation_timestamp = 3") == "r2");
  CHECK(found(models, "name = 'x'; DROP TABLE models").find("byte") != std::string::npos);
}

TEST_CASE("a search goes on from page to page, and a token is of its query") {
  ms::memory_storage storage;
  const auto models = filled(storage);
  mg::search_options options{.order_by = {"metrics.auc DESC"}, .max_results = 2};
  std::string seen;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = mg::search_versions(models, options).value();
    for (const auto& each : page.items) seen += each.run_id;
    options.page_token = page.next_page_token;
    if (options.page_token.empty()) break;
    auto other = options;
    other.filter = "name = 'fraud'";
    CHECK(mg::search_versions(models, other).error().code() == mr::errc::invalid_argument);
  }
  CHECK(seen == "r6r4r3r2r1");
  CHECK_FALSE(mg::search_versions(models, {.max_results = 0}));
}

TEST_CASE("MLflow's grammar takes what MLflow takes") {
  ms::memory_storage storage;
  const auto models = filled(storage);
  const auto of = [&](const char* filter) {
    return mg::search_versions(models, {.filter = filter, .grammar = ms::search_grammar::mlflow});
  };
  CHECK(of("name='fraud'")->items.size() == 3);
  CHECK(of("name='fraud'")->items.front().version == 2);  // the one that was changed last
  CHECK_FALSE(of("metrics.auc > 0.5"));
  CHECK_FALSE(of("name = 'a' OR name = 'b'"));
  const auto found = mg::search_models(models, {.filter = "name ILIKE 'FR%'"});
  REQUIRE(found);
  CHECK(found->items.size() == 1);
  CHECK(mg::search_models(models)->items.front().name == "churn");
}

namespace {

/// Versions of five models with many equal figures, NaN, infinities, and figures, runs and tags that some lack; some of
/// them changed, deleted and restored, and one model deleted.
memory_registry many(ms::memory_storage& storage, mr::random_engine& random) {
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  const std::string names[] = {"a", "b/1", "b/2", "c \u00e4", "gone"};
  const auto below = [&](std::uint64_t n) { return random.below(n); };
  for (int i = 0; i < 60; ++i) {
    mg::version_draft draft{.model = names[below(5)], .actor = "ada"};
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const double values[] = {std::nan(""), infinity, -infinity, -0.0, 0, .5, .5, .75, 1};
    if (below(4) != 0) draft.metrics.push_back({"auc", values[below(9)]});
    if (below(2) == 0) draft.metrics.push_back({"loss", static_cast<double>(below(1000)) / 7});
    if (below(3) == 0) draft.run_id = "run " + std::to_string(below(5));
    if (below(3) == 0) draft.tags = {{"team", below(2) == 0 ? "x" : "y"}};
    if (below(3) == 0) draft.data_sets = {{.name = "d" + std::to_string(below(3))}};
    support::registry_now += below(3) * 500'000;
    REQUIRE(models.register_version(draft));
  }
  for (int i = 0; i < 50; ++i) {
    const std::string& name = names[below(5)];
    const std::uint64_t version = 1 + below(12);
    support::registry_now += below(3) * 500'000;
    switch (below(4)) {
      case 0: static_cast<void>(models.set_tag(name, version, {"touched", "yes"}, "ada")); break;
      case 1: static_cast<void>(models.move({.model = name, .version = version, .to = mg::stage::staging})); break;
      case 2: static_cast<void>(models.remove({.model = name, .version = version})); break;
      default: static_cast<void>(models.restore(name, version, "ada"));
    }
  }
  REQUIRE(models.remove({.model = "gone", .also_in_production = true}));
  return models;
}
using found_key = std::pair<std::string, std::uint64_t>;

/// What a search finds that looks at everything.
std::vector<found_key> slow_search(const memory_registry& models, const mg::search_options& asked) {
  const auto filter = ms::search_filter::make(asked.filter, mg::searched_versions).value();
  const auto order = ms::search_order::make(asked.order_by, mg::searched_versions).value();
  std::vector<std::pair<std::string, found_key>> rows;
  REQUIRE(models.for_each_version([&](mg::model_version&& each) {
    const mg::detail::version_row row{&each};
    if (filter.matches(row)) rows.push_back({order.sort_key(row), {each.model, each.version}});
  }));
  std::sort(rows.begin(), rows.end());
  std::vector<found_key> made;
  for (auto& each : rows) made.push_back(std::move(each.second));
  return made;
}
std::vector<found_key> all_pages(const memory_registry& models, mg::search_options asked) {
  std::vector<found_key> made;
  for (int pages = 0; pages < 1000; ++pages) {
    const auto page = mg::search_versions(models, asked);
    if (!page) FAIL(page.error().describe());
    CHECK(page->items.size() <= asked.max_results);
    for (const auto& each : page->items) made.push_back({each.model, each.version});
    asked.page_token = page->next_page_token;
    if (asked.page_token.empty()) return made;
    REQUIRE(page->items.size() == asked.max_results);
  }
  FAIL("the pages do not end");
  return made;
}

}  // namespace

TEST_CASE("a search by indexes finds what one finds that looks at all versions, in pages of any size") {
  mr::random_engine random(5);
  ms::memory_storage storage;
  const auto models = many(storage, random);
  const std::vector<std::vector<std::string>> orders{{},
                                                     {"metrics.auc DESC"},
                                                     {"metrics.auc"},
                                                     {"name DESC", "metrics.auc DESC"},
                                                     {"metrics.loss"},
                                                     {"version_number DESC"},
                                                     {"version_number"},
                                                     {"name", "version_number"},
                                                     {"last_updated_timestamp"},
                                                     {"name", "last_updated_timestamp DESC"},
                                                     {"metrics.auc DESC", "version_number"},
                                                     {"tags.team DESC"},
                                                     {"metrics.none"},
                                                     {"metrics.auc", "metrics.loss DESC"}};
  const char* const filters[] = {"",
                                 "name = 'a'",
                                 "name IN ('a', 'c \u00e4', 'nobody', 'a') AND metrics.auc >= 0.5",
                                 "name LIKE 'b/%'",
                                 "name LIKE 'c \u00e4%' OR name LIKE 'c %'",
                                 "name LIKE 'c \u00e4%'",
                                 "name LIKE 'c \xc3_'",
                                 "name = 'gone'",
                                 "metrics.auc > 0.5",
                                 "metrics.auc IS NAN OR metrics.loss < 20",
                                 "metrics.auc IS NULL",
                                 "metrics.auc BETWEEN 0 AND 0.6 AND metrics.loss > 50",
                                 "run_id = 'run 1'",
                                 "run_id IN ('run 1', 'run 2', 'run 1') AND tags.team = 'x'",
                                 "stage = 'staging'",
                                 "stage IN ('staging', 'nowhere') AND version_number > 3",
                                 "version_number = 3",
                                 "version_number IN (1, 2.5, 4, 99, -1)",
                                 "datasets.name = 'd1'",
                                 "datasets.name = 'd1' AND datasets.name = 'd2'",
                                 "NOT (name = 'a') AND (tags.team = 'x' OR tags.touched = 'yes')"};
  for (const auto& order : orders)
    for (const char* filter : filters) {
      const mg::search_options asked{.filter = filter, .order_by = order};
      const auto expected = slow_search(models, asked);
      INFO(filter << " by " << (order.empty() ? "default" : order[0]));
      for (const std::size_t size : {std::size_t{5}, std::size_t{1000}}) {
        mg::search_options paged = asked;
        paged.max_results = size;
        CHECK(all_pages(models, paged) == expected);
      }
    }
}

TEST_CASE("the best versions are found without reading the others") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  for (int i = 1; i <= 50; ++i) {
    mg::version_draft draft{.model = "m", .metrics = {{"auc", i / 100.0}}};
    if (i == 20) draft.run_id = "r";
    support::registry_now += 1'000'000;
    REQUIRE(models.register_version(draft));
  }
  // Every document but those is damaged: who reads one fails.
  const std::string prefix = "registry/models/" + ms::number_key_part(std::uint64_t{1}) + "/versions/";
  for (std::uint64_t version = 1; version <= 50; ++version)
    if (version != 20 && version < 49)  // 49 shows that there is a next page
      REQUIRE(storage.write(prefix + ms::number_key_part(version), support::bytes_of("damaged")));
  const auto first = [&](mg::search_options asked) {
    asked.max_results = 1;
    const auto page = mg::search_versions(models, asked);
    return page ? page->items.at(0).version : 0;
  };
  CHECK(first({.order_by = {"metrics.auc DESC"}}) == 50);
  CHECK(first({.filter = "metrics.auc > 0.3", .order_by = {"metrics.auc DESC"}}) == 50);
  CHECK(first({}) == 50);
  CHECK(first({.order_by = {"version_number DESC"}}) == 50);
  CHECK(first({.filter = "run_id = 'r'", .order_by = {"tags.x"}}) == 20);
  CHECK(first({.filter = "version_number = 20 AND tags.x IS NULL"}) == 20);
  CHECK(first({.filter = "metrics.auc BETWEEN 0.2 AND 0.2", .order_by = {"tags.x"}}) == 20);
  CHECK(first({.order_by = {"tags.x"}}) == 0);  // that one reads all
  CHECK(first({.order_by = {"metrics.auc"}}) == 0);
}

TEST_CASE("a page token that was made up leads to an error or a page, and to nothing else") {
  mr::random_engine random(6);
  ms::memory_storage storage;
  const auto models = many(storage, random);
  mg::search_options asked{.order_by = {"metrics.auc DESC"}, .max_results = 3};
  const std::string token = mg::search_versions(models, asked)->next_page_token;
  REQUIRE_FALSE(token.empty());
  for (std::size_t i = 0; i < token.size(); i += 5) {
    asked.page_token = token.substr(0, i) + (token[i] == '0' ? '1' : '0') + token.substr(i + 1);
    CHECK_FALSE(mg::search_versions(models, asked));
  }
  // Of the right check, but with a position of nobody's.
  const auto filter = ms::search_filter::make("", mg::searched_versions).value();
  const auto order = ms::search_order::make(asked.order_by, mg::searched_versions).value();
  const ms::page_tokens tokens(filter, order, mg::searched_versions.name);
  const std::string zeros(16, '0'), ones(16, 'f'), lines(16, '-');
  for (const std::string& position : {std::string("x"), std::string(51, '/'), zeros + '/' + zeros + '/' + zeros + "\nk",
                                      lines, lines + lines + lines, ones + '/' + ones + "/\0\0"}) {
    asked.page_token = tokens.token(position);
    CHECK(mg::search_versions(models, asked).error().code() == mr::errc::invalid_argument);
  }
  for (const std::string& value : {zeros, ones, lines})
    for (const std::string& version : {zeros, ones})
      for (const std::string& model : {ones, ms::number_key_part(std::uint64_t{1})}) {
        asked.page_token = tokens.token(value + '/' + version + '/' + model + "\n\1");
        CHECK(mg::search_versions(models, asked));
      }
}
