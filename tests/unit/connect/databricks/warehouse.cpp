#include <millrace/connect/databricks/warehouse.hpp>

#include <support/catch.hpp>
#include <support/databricks.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
using mr::errc;
using nlohmann::json;

namespace {

struct faked_warehouse : support::faked_workspace {
  db::warehouse<decltype(workspace), mr::resilience::manual_sleeper, mr::manual_clock> warehouse{
      workspace, "w1", mr::resilience::manual_sleeper(now), mr::manual_clock(now)};

  json body(std::size_t at) const { return json::parse(fake.requests().at(at).body); }
};

auto three_values() {
  return db::sql<"SELECT :a, :b, :c">(db::bind<"a">(1), db::bind<"b">("it's; DROP TABLE x"),
                                      db::bind<"c">(std::optional<double>()));
}

mr::store::http_response reply(const json& body) { return {200, {}, body.dump()}; }

}  // namespace

TEST_CASE("databricks: a statement goes out with its parameters beside it, and comes back as rows") {
  faked_warehouse of;
  const auto table = of.warehouse.execute(three_values(), {.catalog = "main", .schema = "ml", .row_limit = 100});
  REQUIRE(table);
  CHECK(table->columns == std::vector<db::sql_column>{{"name", "STRING"}, {"type", "STRING"}, {"value", "STRING"}});
  REQUIRE(table->rows.size() == 3);
  CHECK((table->rows.text(0, 0) == "a" && table->rows.text(0, 1) == "INT" && table->rows.text(0, 2) == "1"));
  CHECK(table->rows.text(1, 2) == "it's; DROP TABLE x");
  CHECK((table->rows.text(2, 1) == "DOUBLE" && table->rows.is_null(2, 2)));
  CHECK(!table->is_truncated);
  CHECK(of.body(0) == json{{"statement", "SELECT :a, :b, :c"},
                           {"warehouse_id", "w1"},
                           {"catalog", "main"},
                           {"schema", "ml"},
                           {"row_limit", 100},
                           {"disposition", "INLINE"},
                           {"format", "JSON_ARRAY"},
                           {"wait_timeout", "10s"},
                           {"on_wait_timeout", "CONTINUE"},
                           {"parameters",
                            {{{"name", "a"}, {"type", "INT"}, {"value", "1"}},
                             {{"name", "b"}, {"type", "STRING"}, {"value", "it's; DROP TABLE x"}},
                             {{"name", "c"}, {"type", "DOUBLE"}}}}});
  CHECK(of.fake.journal() == "POST /api/2.0/sql/statements\nGET /api/2.0/sql/statements/01ef-0/result/chunks/1\n");
  CHECK(of.fake.faults().empty());

  const auto one = of.warehouse.execute(three_values(), {.row_limit = 1});
  REQUIRE(one);
  CHECK((one->rows.size() == 1 && one->is_truncated));
  const auto none = of.warehouse.execute(db::sql<"SELECT 1">());
  REQUIRE(none);
  CHECK((none->rows.empty() && none->columns.size() == 3));
}

TEST_CASE("databricks: a statement that takes long is asked for, less and less often") {
  faked_warehouse of;
  of.fake.polls = 6;
  const auto table = of.warehouse.execute(three_values());
  REQUIRE(table);
  CHECK(table->rows.size() == 3);
  CHECK(of.now == 11'200'000'000);  // .2, .4, .8, 1.6, 3.2 and, as the longest, 5 s
  CHECK(of.fake.requests().size() == 1 + 6 + 1);
}

TEST_CASE("databricks: a statement that takes too long, or that nobody waits for, is canceled") {
  faked_warehouse of;
  of.fake.polls = 1000;
  const auto late = of.warehouse.execute(three_values(), {.timeout = mr::seconds(3), .wait_seconds = 10});
  REQUIRE(!late);
  CHECK(late.error().code() == errc::timeout);
  CHECK(late.error().message() == "the statement 01ef-0 took longer than 3.000000 s");
  CHECK(of.now == 3'000'000'000);
  CHECK(of.body(0)["wait_timeout"] == "0s");  // as long as it is held, nobody could cancel it
  CHECK(of.fake.statements_canceled() == 1);

  mr::resilience::stop_source stop;
  stop.request_stop();
  const auto stopped = of.warehouse.execute(three_values(), {}, &stop);
  REQUIRE(!stopped);
  CHECK(stopped.error().code() == errc::cancelled);
  CHECK(of.fake.statements_canceled() == 2);

  of.fake.script({reply({{"statement_id", "gone"}, {"status", {{"state", "RUNNING"}}}})});
  const auto gone = of.warehouse.execute(three_values(), {}, &stop);
  CHECK(gone.error().message().find(
            "; canceling it failed: Databricks refuses POST /api/2.0/sql/statements/gone/cancel") != std::string::npos);
}

TEST_CASE("databricks: a statement that failed says why") {
  faked_warehouse of;
  const auto failed = of.warehouse.execute(db::sql<"FAIL no_such_table">());
  REQUIRE(!failed);
  CHECK(failed.error().code() == errc::invalid_argument);
  CHECK(failed.error().message() ==
        "the statement 01ef-0 failed: BAD_REQUEST (SQLSTATE 42P01): [TABLE_OR_VIEW_NOT_FOUND] no_such_table");
  const std::string token = support::databricks_fake::token;
  of.fake.script({reply(
      {{"statement_id", "s"},
       {"status", {{"state", "FAILED"}, {"error", {{"error_code", "DEADLINE_EXCEEDED"}, {"message", token}}}}}})});
  const auto told = of.warehouse.execute(db::sql<"SELECT 1">());
  CHECK(told.error().code() == errc::timeout);
  CHECK(told.error().message() == "the statement s failed: DEADLINE_EXCEEDED: ***");
  for (const auto& [state, code] : {std::pair("CANCELED", errc::cancelled), std::pair("CLOSED", errc::closed),
                                    std::pair("SOMETHING_NEW", errc::corrupt)}) {
    of.fake.script({reply({{"statement_id", "s"}, {"status", {{"state", state}}}})});
    CHECK(of.warehouse.execute(db::sql<"SELECT 1">()).error().code() == code);
  }
}

TEST_CASE("databricks: a statement is submitted, asked for and canceled step by step") {
  faked_warehouse of;
  of.fake.polls = 1;
  const auto submitted = of.warehouse.submit(three_values());
  REQUIRE(submitted);
  CHECK((submitted->state == db::statement_state::running && !submitted->has_ended()));
  CHECK(of.body(0)["wait_timeout"] == "0s");
  CHECK(!of.body(0).contains("on_wait_timeout"));
  const auto done = of.warehouse.poll(submitted->id);
  REQUIRE(done);
  CHECK((done->state == db::statement_state::succeeded && done->rows.size() == 2 && done->next_chunk == 1));
  db::sql_rows rows;
  CHECK(*of.warehouse.read_chunk(*done, 1, rows) == -1);
  CHECK((rows.size() == 1 && rows.text(0, 0) == "c"));
  CHECK(of.warehouse.cancel(submitted->id));
  CHECK(of.warehouse.poll(submitted->id)->state == db::statement_state::canceled);
  CHECK(of.warehouse.poll("no such?id").error().code() == errc::not_found);
  CHECK(of.warehouse.cancel("none").error().code() == errc::not_found);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: chunks are walked one at a time, until the caller has enough") {
  faked_warehouse of;
  of.fake.rows_per_chunk = 1;
  std::string seen;
  REQUIRE(of.warehouse.for_each_chunk(three_values(), [&](const db::statement_status&, const db::sql_rows& rows) {
    CHECK(rows.size() == 1);
    seen += rows.text(0, 0);
  }));
  CHECK(seen == "abc");
  const auto stopped = of.warehouse.for_each_chunk(
      three_values(), [&](const db::statement_status&, const db::sql_rows&) -> mr::result<void> {
        return mr::error(errc::vetoed, "enough");
      });
  CHECK(stopped.error().message() == "enough");
}

TEST_CASE("databricks: a response that would be walked for ever, or is none, is an error") {
  faked_warehouse of;
  const json head = {{"statement_id", "s"},
                     {"status", {{"state", "SUCCEEDED"}}},
                     {"manifest", {{"schema", {{"columns", {{{"name", "a"}, {"type_text", "INT"}}}}}}}}};
  const auto with = [&](const json& result) {
    json made = head;
    made["result"] = result;
    return made;
  };
  const auto code_of = [&](const std::vector<json>& replies) {
    std::vector<mr::store::http_response> script;
    for (const json& each : replies) script.push_back(reply(each));
    of.fake.script(script);
    const auto made = of.warehouse.execute(db::sql<"SELECT 1">());
    return made ? errc{} : made.error().code();
  };
  CHECK(code_of({with({{"chunk_index", 0}, {"data_array", {{"1"}}}})}) == errc{});
  CHECK(code_of({with({{"chunk_index", 0}, {"next_chunk_index", 0}})}) == errc::corrupt);
  CHECK(code_of({with({{"next_chunk_index", 1}}), {{"chunk_index", 1}, {"next_chunk_index", 1}}}) == errc::corrupt);
  CHECK(code_of({with({{"next_chunk_index", 1}}), {{"chunk_index", 2}}}) == errc::corrupt);
  CHECK(code_of({with({{"next_chunk_index", 1}}), {{"chunk_index", 1}, {"data_array", {{"1", "2"}}}}}) ==
        errc::corrupt);
  CHECK(code_of({with({{"data_array", {{1}}}})}) == errc::corrupt);
  CHECK(code_of({with({{"external_links", {{{"external_link", "https://x"}}}}})}) == errc::unsupported);
  CHECK(code_of({{{"status", {{"state", "SUCCEEDED"}}}}}) == errc::corrupt);
  CHECK(code_of({json::array()}) == errc::corrupt);
}
