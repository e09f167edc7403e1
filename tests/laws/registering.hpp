#ifndef MILLRACE_TESTS_LAWS_REGISTERING_HPP
#define MILLRACE_TESTS_LAWS_REGISTERING_HPP

// What holds for whatever registers models, a registry in this process or a server of MLflow's elsewhere, as far as
// MLflow's API can say it. A test brings one that has the calls of mlflow::registry_client, and a word that begins the
// names of what it makes there, which nobody else uses.

#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/search.hpp>
#include <millrace/registry/stage.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace laws {

namespace mreg = millrace::registry;

inline const std::string* tag_in(const std::vector<mreg::tag>& all, std::string_view key) {
  for (const mreg::tag& each : all)
    if (each.key == key) return &each.value;
  return nullptr;
}

template <class Store>
void registers_models(Store& store, const std::string& prefix) {
  using millrace::errc;
  const std::string name = prefix + "model \xc3\xbc %20?#";
  const auto made = store.create_model({.name = name, .description = "what for", .tags = {{"kind", "test"}}});
  REQUIRE(made);
  CHECK(made->name == name);
  auto found = store.find_model(name);
  REQUIRE(found);
  CHECK(found->description == "what for");
  CHECK(*tag_in(found->tags, "kind") == "test");
  CHECK(found->created > 1'600'000'000'000'000'000U);
  const auto taken = store.create_model({.name = name});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code() == errc::already_exists);
  const auto none = store.find_model(prefix + "none");
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == errc::not_found);

  CHECK(store.set_description(name, 0, "another"));
  CHECK(store.set_tag(name, 0, {"kind", "v \"\\\n \xe2\x82\xac"}));
  CHECK(store.set_tag(name, 0, {"more", "1"}));
  CHECK(store.remove_tag(name, 0, "more"));
  found = store.find_model(name);
  REQUIRE(found);
  CHECK(found->description == "another");
  CHECK(*tag_in(found->tags, "kind") == "v \"\\\n \xe2\x82\xac");
  CHECK(tag_in(found->tags, "more") == nullptr);
  const std::string renamed = prefix + "renamed";
  REQUIRE(store.rename_model(name, renamed));
  CHECK(store.find_model(renamed));
  CHECK_FALSE(store.find_model(name));

  for (const char* more : {"a", "b", "c"}) REQUIRE(store.create_model({.name = prefix + "page " + more}));
  std::vector<std::string> names;
  mreg::search_options asked{.filter = "name LIKE '" + prefix + "page %'", .order_by = {"name DESC"}, .max_results = 2};
  std::vector<std::size_t> pages;
  do {
    const auto page = store.search_models(asked);
    REQUIRE(page);
    pages.push_back(page->items.size());
    for (const mreg::model& each : page->items) names.push_back(each.name);
    asked.page_token = page->next_page_token;
  } while (!asked.page_token.empty() && pages.size() < 9);
  CHECK(pages == std::vector<std::size_t>{2, 1});
  CHECK(names == std::vector<std::string>{prefix + "page c", prefix + "page b", prefix + "page a"});
  CHECK_FALSE(store.search_models({.filter = "name LIKE"}));
  CHECK(store.remove(prefix + "page a"));
  CHECK_FALSE(store.find_model(prefix + "page a"));
}

/// `source`: where a version's files may be, as the store takes it.
template <class Store>
void registers_versions(Store& store, const std::string& prefix, const std::string& source) {
  using millrace::errc;
  const std::string name = prefix + "versions";
  auto first = store.register_version({.model = name, .description = "one", .tags = {{"k", "v"}}, .source = source});
  REQUIRE(first);  // which has made the model
  CHECK(first->version == 1);
  CHECK(first->model == name);
  for (std::uint64_t i = 2; i <= 4; ++i) CHECK(store.register_version({.model = name, .source = source})->version == i);
  const auto unmade = store.register_version({.model = prefix + "unmade", .source = source, .creates_model = false});
  REQUIRE_FALSE(unmade);
  CHECK(unmade.error().code() == errc::not_found);

  auto found = store.find_version(name, 1);
  REQUIRE(found);
  CHECK(found->description == "one");
  CHECK(found->source == source);
  CHECK(found->stage == mreg::stage::development);
  CHECK(*tag_in(found->tags, "k") == "v");
  CHECK(store.set_tag(name, 1, {"k", "w"}));
  CHECK(store.set_description(name, 1, "two"));
  CHECK(store.set_alias(name, "champion", 1));
  CHECK(store.set_alias(name, "champion", 2));
  CHECK(store.set_alias(name, "challenger", 1));
  found = store.find_version(name, 1);
  REQUIRE(found);
  CHECK(found->description == "two");
  CHECK(*tag_in(found->tags, "k") == "w");
  CHECK(found->aliases == std::vector<std::string>{"challenger"});
  CHECK(store.find_alias(name, "champion")->version == 2);
  CHECK(store.find_model(name)->aliases.size() == 2);
  CHECK(store.remove_alias(name, "champion"));
  CHECK_FALSE(store.find_alias(name, "champion"));
  CHECK(store.remove_tag(name, 1, "k"));
  CHECK(store.find_version(name, 1)->tags.empty());

  REQUIRE(store.move(name, 1, mreg::stage::staging));
  REQUIRE(store.move(name, 1, mreg::stage::production));
  REQUIRE(store.move(name, 2, mreg::stage::staging));
  REQUIRE(store.move(name, 2, mreg::stage::production));  // in the place of the first
  CHECK(store.find_version(name, 2)->stage == mreg::stage::production);
  CHECK(store.find_version(name, 1)->stage == mreg::stage::archived);
  REQUIRE(store.move(name, 3, mreg::stage::staging));
  REQUIRE(store.move(name, 3, mreg::stage::production, false));
  CHECK(store.find_version(name, 2)->stage == mreg::stage::production);

  std::vector<std::uint64_t> numbers;
  mreg::search_options asked{.filter = "name = '" + name + "'", .order_by = {"version_number ASC"}, .max_results = 3};
  std::vector<std::size_t> pages;
  do {
    const auto page = store.search_versions(asked);
    REQUIRE(page);
    pages.push_back(page->items.size());
    for (const mreg::model_version& each : page->items) numbers.push_back(each.version);
    asked.page_token = page->next_page_token;
  } while (!asked.page_token.empty() && pages.size() < 9);
  CHECK(pages == std::vector<std::size_t>{3, 1});
  CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3, 4});

  CHECK(store.remove(name, 4));
  const auto gone = store.find_version(name, 4);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code() == errc::not_found);
  CHECK(store.register_version({.model = name, .source = source})->version == 5);  // no number is given twice
  const auto absent = store.find_version(name, 99);
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code() == errc::not_found);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_REGISTERING_HPP
