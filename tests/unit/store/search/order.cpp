#include <millrace/store/search/order.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/search/mlflow_schemas.hpp>
#include <support/catch.hpp>
#include <support/search_rows.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using searched::row;
constexpr auto mlflow = ms::search_grammar::mlflow;
using terms = std::vector<std::string>;

ms::search_order order_of(const terms& by, const ms::search_schema& schema = ms::run_schema) {
  auto made = ms::search_order::make(by, schema);
  if (!made) FAIL(made.error().message());
  return *made;
}
bool takes(const std::string& term, const ms::search_schema& schema, ms::search_grammar grammar = mlflow) {
  INFO(term);
  return ms::search_order::make(terms{term}, schema, grammar).has_value();
}
/// The run ids in the order that sort keys give.
std::string sorted(const terms& by, const std::vector<row>& rows) {
  const ms::search_order order = order_of(by);
  std::vector<std::pair<std::string, std::string>> keys;
  for (const row& each : rows) {
    const auto& id = each.values.at({ms::search_kind::attribute, "run_id"})[0];
    keys.emplace_back(order.sort_key(each), std::get<std::string>(id));
  }
  std::sort(keys.begin(), keys.end());
  std::string all;
  for (const auto& each : keys) all += each.second;
  return all;
}

}  // namespace

TEST_CASE("search: an order has the schema's last words behind it") {
  CHECK(to_text(order_of({})) == "attributes.start_time DESC, attributes.run_id");
  CHECK(to_text(order_of({"metrics.`a b` DESC", "tags.x"})) ==
        "metrics.`a b` DESC, tags.x, attributes.start_time DESC, attributes.run_id");
  CHECK(to_text(order_of({"created", "run_id DESC"})) == "attributes.start_time, attributes.run_id DESC");
  CHECK(to_text(order_of({"metrics.a desc, params.b asc"})) ==
        "metrics.a DESC, params.b, attributes.start_time DESC, attributes.run_id");
  CHECK(to_text(order_of({}, ms::experiment_schema)) == "attributes.creation_time DESC, attributes.experiment_id");
  CHECK(to_text(order_of({"name"}, ms::experiment_schema)) == "attributes.name, attributes.experiment_id DESC");
  CHECK(to_text(order_of({"timestamp DESC"}, ms::registered_model_schema)) ==
        "attributes.last_updated_timestamp DESC, attributes.name");
  CHECK(to_text(order_of({}, ms::model_version_schema)) ==
        "attributes.last_updated_timestamp DESC, attributes.name, attributes.version_number DESC");
}

// Asked of MLflow 3.17 by hand.
TEST_CASE("search: orders that MLflow takes and refuses") {
  for (const char* term : {"metrics.a", "metrics.a DESC", "metric.a desc", "metrics.\"a b\" ASC", "metrics.'a b'",
                           "start_time", "attributes.end_time DESC", "created DESC", "params.a", "tags.`mlflow.user`",
                           "`metrics`.a", "run_id", "status", "metrics.a.b  DESC"})
    CHECK(takes(term, ms::run_schema));
  for (const char* term : {"", "metrics.a DESC, metrics.b", "metrics.a down", "metrics.a DESC NULLS LAST",
                           "experiment_id", "duration", "metrics.a-b", "Run Name", "foo", "dataset.name", "metrics."})
    CHECK_FALSE(takes(term, ms::run_schema));
  CHECK(takes("version_number DESC", ms::model_version_schema));
  CHECK_FALSE(takes("run_id", ms::model_version_schema));
  CHECK(takes("creation_time", ms::experiment_schema));
  CHECK_FALSE(takes("tags.a", ms::experiment_schema));
  CHECK(takes("last_updated_timestamp", ms::registered_model_schema));
  CHECK(takes("tags.a, run_id DESC", ms::model_version_schema, ms::search_grammar::full));
  CHECK(ms::search_order::make(terms{"metrics.a", "metric.`a` DESC"}, ms::run_schema).error().message() ==
        "order of runs, byte 1: this key stands in the order twice");
  CHECK(ms::search_order::make(terms{"dataset.name"}, ms::run_schema).error().message() ==
        "order of runs, byte 1: rows may have several values under this key");
  CHECK_FALSE(ms::search_order::make(terms(200, "metrics.a"), ms::run_schema));
}

TEST_CASE("search: numbers, then NaN, then what is absent, in both directions") {
  const std::vector<row> rows = {
      row().attribute("run_id", "a").metric("m", 1),        row().attribute("run_id", "b").metric("m", -INFINITY),
      row().attribute("run_id", "c").metric("m", NAN),      row().attribute("run_id", "d"),
      row().attribute("run_id", "e").metric("m", INFINITY), row().attribute("run_id", "f").metric("m", -NAN),
      row().attribute("run_id", "g").metric("m", -0.0),     row().attribute("run_id", "h").metric("m", 0.0)};
  CHECK(sorted({"metrics.m"}, rows) == "bghaecfd");
  CHECK(sorted({"metrics.m DESC"}, rows) == "eaghbcfd");
}

TEST_CASE("search: texts sort by their bytes, and of rows that are equal the newer one is first") {
  using namespace std::string_literals;
  const auto run = [](const char* id, const std::string& text, std::int64_t start) {
    return row().attribute("run_id", id).attribute("start_time", start).param("p", text);
  };
  const std::vector<row> rows = {run("a", "x", 1),  run("b", "x", 2), run("c", "x\0"s, 1), run("d", "x\0y"s, 1),
                                 run("e", "xa", 1), run("f", "", 1),  run("g", "X", 1),    run("h", "\xc3\xa9", 1)};
  CHECK(sorted({"params.p"}, rows) == "fgbacdeh");
  CHECK(sorted({"params.p DESC"}, rows) == "hedcbagf");
  CHECK(sorted({}, rows) == "bacdefgh");
}

TEST_CASE("search: sort keys have the order of numbers, integers and texts, to the last digit") {
  mr::random_engine draw(41);
  std::vector<searched::value> values = {std::int64_t{1} << 53,
                                         (std::int64_t{1} << 53) + 1,
                                         0x1p53,
                                         0x1p63,
                                         -0x1p63,
                                         (std::numeric_limits<std::int64_t>::max)(),
                                         (std::numeric_limits<std::int64_t>::max)() - 1,
                                         (std::numeric_limits<std::int64_t>::min)(),
                                         INFINITY,
                                         -INFINITY};
  for (int i = 0; i < 300; ++i) {
    const auto wide = static_cast<std::int64_t>(draw() >> draw() % 64);
    values.emplace_back(draw() % 2 == 0 ? wide : -wide);
    values.emplace_back(static_cast<double>(draw() % 2 == 0 ? wide : -wide));
    std::string text;
    for (std::size_t n = draw() % 4; n != 0; --n) text += "\0\1a\xff"[draw() % 4];
    values.emplace_back(text);
  }
  const auto rank = [](const searched::value& one) {
    const auto* real = std::get_if<double>(&one);
    return real != nullptr ? static_cast<long double>(*real) : static_cast<long double>(std::get<std::int64_t>(one));
  };
  for (const auto& a : values)
    for (const auto& b : values) {
      const auto* x = std::get_if<std::string>(&a);
      const auto* y = std::get_if<std::string>(&b);
      const bool less = x != nullptr || y != nullptr ? (x == nullptr || (y != nullptr && *x < *y)) && !(y == nullptr)
                                                     : rank(a) < rank(b);
      for (const bool descending : {false, true}) {
        std::string p;
        std::string q;
        ms::detail::append_sort_key(p, searched::view(a), descending, 1000);
        ms::detail::append_sort_key(q, searched::view(b), descending, 1000);
        if (descending && (x == nullptr) == (y == nullptr)) std::swap(p, q);
        if ((p < q) != less) FAIL(searched::view(a).is_text() << searched::view(b).is_text() << descending);
      }
    }
}

TEST_CASE("search: a text counts by its first thousand bytes, the last word of an order as a whole") {
  const auto run = [](const std::string& id, const std::string& text) {
    return row().attribute("run_id", id).param("p", text);
  };
  const ms::search_order order = order_of({"params.p"});
  const std::string text(ms::max_ordered_text, 'x');
  CHECK(order.sort_key(run("a", text + "z")) < order.sort_key(run("b", text + "y")));
  CHECK(order.sort_key(run("b", text)) > order.sort_key(run("a", text + "y")));
  CHECK(order.sort_key(run(text + "a", "p")) < order.sort_key(run(text + "b", "p")));
}
