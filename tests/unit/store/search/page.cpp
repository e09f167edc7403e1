#include <millrace/store/search/page.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/search/mlflow_schemas.hpp>
#include <support/catch.hpp>
#include <support/search_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using terms = std::vector<std::string>;

ms::page_tokens tokens_of(const std::string& filter, const terms& order, const std::string& view) {
  return ms::page_tokens(*ms::search_filter::make(filter, ms::run_schema),
                         *ms::search_order::make(order, ms::run_schema), view);
}

}  // namespace

TEST_CASE("search: a page token brings its position back") {
  const ms::page_tokens tokens = tokens_of("metrics.a > 1", {"metrics.a"}, "experiments 1, 2");
  using namespace std::string_literals;
  for (const std::string& position : {""s, "a"s, "\0\xff"s, std::string(5000, 'p')}) {
    const std::string token = tokens.token(position);
    CHECK(token.find_first_not_of("0123456789abcdef") == token.npos);
    CHECK(tokens.position(token).value() == position);
  }
  CHECK(tokens.position("").value().empty());
  // Blanks and cases are no other query.
  CHECK(tokens_of(" metric.a>1", {"metrics.a asc"}, "experiments 1, 2").position(tokens.token("p")).value() == "p");
  // Python: q = b"13:metrics.a > 1" + b"56:metrics.a, attributes.start_time DESC, attributes.run_id" +
  // b"16:experiments 1, 2"; t = b"\x01" + sha256(q).digest()[:8] + b"p"; t.hex() + sha256(t.hex()).hexdigest()[:16]
  CHECK(tokens.token("p") == "01a97c7cc0b1d26af2706473ff77c3d50dec");
}

TEST_CASE("search: a page token of another query, a damaged one and a made up one are refused") {
  const ms::page_tokens tokens = tokens_of("metrics.a > 1", {"metrics.a"}, "v");
  const std::string token = tokens.token("position");
  for (const ms::page_tokens& other :
       {tokens_of("metrics.a > 2", {"metrics.a"}, "v"), tokens_of("metrics.a > 1", {"metrics.a DESC"}, "v"),
        tokens_of("metrics.a > 1", {"metrics.a"}, "w"), tokens_of("", {}, "")})
    CHECK(other.position(token).error().message() ==
          "the page token is of another query: the filter, the order or what is searched has changed");
  for (std::size_t i = 0; i < token.size(); ++i) {
    CHECK(tokens.position(token.substr(0, i)).has_value() == (i == 0));
    std::string changed = token;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK(tokens.position(changed).error().code() == mr::errc::invalid_argument);
  }
  for (const std::string& made_up :
       {std::string("eyJvZmZzZXQiOiAyfQ=="), std::string(1'000'000, 'a'), std::string(34, '0'), token + "00",
        "00" + token, std::string(token.size(), 'G'), std::string(token.size(), '\0')})
    CHECK(tokens.position(made_up).error().code() == mr::errc::invalid_argument);
  std::string upper = token;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(toupper(c)); });
  if (upper != token) CHECK_FALSE(tokens.position(upper));
}

TEST_CASE("search: pages of rows in any order are the sorted rows, each once, though rows come and go") {
  mr::random_engine draw(61);
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("row" + std::to_string(draw() % 100'000'000));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const std::size_t limit : {1U, 7U, 100U, 999U, 2000U}) {
    std::vector<std::string> shuffled = keys;
    std::set<std::string> gone;
    std::vector<std::string> found;
    std::string after;
    do {
      for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[draw() % i]);
      ms::page_picker<std::string> picker(limit, after);
      for (const std::string& key : shuffled)
        if (!gone.contains(key)) picker.update(key, "item of " + key);
      const auto page = picker.finish();
      REQUIRE(page.items.size() <= limit);
      for (const std::string& each : page.items) found.push_back(each.substr(8));
      after = page.next;
      if (!page.items.empty()) gone.insert(found.back());  // the row that the position came from
      if (limit == 1 && found.size() == 50) break;
    } while (!after.empty());
    std::vector<std::string> expected = keys;
    if (limit == 1) expected.resize(50);
    CHECK(found == expected);
  }
}

TEST_CASE("search: a last page has no next one, and an empty one no items") {
  ms::page_picker<int> picker(2);
  CHECK(picker.finish().next.empty());
  picker.update("b", 2);
  picker.update("a", 1);
  const auto page = picker.finish();
  CHECK(page.items == std::vector<int>{1, 2});
  CHECK(page.next.empty());
  ms::page_picker<int> more(2, "a");
  for (const char* key : {"d", "a", "c", "b"}) more.update(key, key[0]);
  CHECK_FALSE(more.wants("a"));
  const auto second = more.finish();
  CHECK(second.items == std::vector<int>{'b', 'c'});
  CHECK(second.next == "c");
}

// All of it as a server uses it: filter, order, page after page by tokens.
namespace {

// [search]
struct answer {
  std::vector<std::string> run_ids;
  std::string next_page_token;
};

/// One page of the runs of an experiment that match.
mr::result<answer> search_runs(const std::vector<searched::row>& runs, const std::string& experiment,
                               const std::string& where, const std::vector<std::string>& order_by,
                               const std::string& page_token, std::size_t most) {
  const auto filter = ms::search_filter::make(where, ms::run_schema);
  if (!filter) return filter.error();
  const auto order = ms::search_order::make(order_by, ms::run_schema);
  if (!order) return order.error();
  const ms::page_tokens tokens(*filter, *order, experiment);
  const auto after = tokens.position(page_token);
  if (!after) return after.error();

  ms::page_picker<std::string> picker(most, *after);
  for (const searched::row& run : runs)
    if (filter->matches(run)) picker.update(order->sort_key(run), run.name());
  auto page = picker.finish();
  return answer{std::move(page.items), page.next.empty() ? "" : tokens.token(page.next)};
}
// [/search]

}  // namespace

TEST_CASE("search: runs are found, sorted and paged") {
  std::vector<searched::row> runs;
  for (int i = 0; i < 100; ++i) {
    searched::row& run = runs.emplace_back();
    run.attribute("run_id", "run" + std::to_string(100 + i)).attribute("start_time", i).tag("half", i < 50 ? "a" : "b");
    if (i % 10 != 0) run.metric("loss", (i * 37) % 100);
  }
  const std::string where = "tags.half = 'a' AND (metrics.loss < 50 OR metrics.loss IS NULL)";
  std::vector<std::string> found;
  answer page;
  do {
    const auto next = search_runs(runs, "7", where, {"metrics.loss DESC"}, page.next_page_token, 7);
    REQUIRE(next);
    page = *next;
    found.insert(found.end(), page.run_ids.begin(), page.run_ids.end());
  } while (!page.next_page_token.empty());
  std::vector<std::string> expected;
  for (int loss = 49; loss >= 0; --loss)
    for (int i = 0; i < 50; ++i)
      if (i % 10 != 0 && (i * 37) % 100 == loss) expected.push_back("run" + std::to_string(100 + i));
  for (int i = 40; i >= 0; i -= 10) expected.push_back("run" + std::to_string(100 + i));
  CHECK(found == expected);
  const auto first = search_runs(runs, "7", where, {"metrics.loss DESC"}, "", 7);
  CHECK_FALSE(search_runs(runs, "8", where, {"metrics.loss DESC"}, first->next_page_token, 7));
}
