#include <millrace/observe/audit/audit_export.hpp>

#include <support/catch.hpp>

#include <support/audit_entries.hpp>
#include <support/golden.hpp>

#include <millrace/core/json_check.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

std::string golden_text(const std::string& name) {
  const std::vector<std::byte> bytes = support::golden(name);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

TEST_CASE("exports of a story are the golden files, with personal data masked") {
  const std::vector<audit_entry> entries = support::audit_story();
  CHECK(to_json_lines(entries) == golden_text("observe/audit_export.jsonl"));
  CHECK(to_csv(entries) == golden_text("observe/audit_export.csv"));
  CHECK(to_yaml(entries) == golden_text("observe/audit_export.yaml"));
  CHECK(to_json_lines({}).empty());
  CHECK(to_csv({}) == csv_header);
  CHECK(to_yaml({}) == "[]\n");
}

TEST_CASE("no export has a personal value in it, unless it is asked for unmasked") {
  const std::vector<audit_entry> entries = support::audit_story();
  for (const std::string& canary : support::audit_canaries()) {
    CAPTURE(canary);
    for (const std::string& out : {to_json_lines(entries), to_csv(entries), to_yaml(entries)})
      CHECK(out.find(canary) == out.npos);
    for (const std::string& out :
         {to_json_lines(entries, unmasked()), to_csv(entries, unmasked()), to_yaml(entries, unmasked())})
      CHECK(out.find(canary) != out.npos);
  }
}

TEST_CASE("lines of JSON say what the records say") {
  audit_entry entry{
      .index = ~std::uint64_t{0},
      .unix_nanoseconds = 1'764'460'800'000'000'001U,
      .severity = audit_severity::critical,
      .kind = "acme.payout",
      .actor = {"Ada", pii_type::person_name, false},
      .fields = {{"gone", {"", pii_type::card, true}}, {"card", {"4111111111111111", pii_type::card, false}}}};
  for (const std::string& text : support::hostile_texts()) {
    entry.object = text;
    std::string line;
    append_json_line(line, entry, unmasked());
    REQUIRE(line.find('\n') == line.size() - 1);
    line.pop_back();
    REQUIRE(mr::is_json_object(line));
    const auto parsed = nlohmann::json::parse(line);
    CHECK(parsed["index"] == ~std::uint64_t{0});
    CHECK(parsed["unix_nanoseconds"] == "1764460800000000001");
    CHECK(parsed["time"] == "2025-11-30T00:00:00.000000Z");
    CHECK(parsed["severity"] == "critical");
    CHECK(parsed["kind"] == "acme.payout");
    CHECK(parsed["actor"] == "Ada");
    CHECK(parsed["actor_pii"] == "person_name");
    CHECK(parsed["object"] == detail::valid_utf8(text));
    CHECK(parsed["fields"]["gone"].is_null());
    CHECK(parsed["fields"]["card"] == "4111111111111111");
    CHECK(parsed["fields_pii"]["gone"] == "card");
  }
  entry.actor = {"", pii_type::person_name, true};
  std::string line;
  append_json_line(line, entry);
  CHECK(nlohmann::json::parse(line)["actor"].is_null());
  CHECK(nlohmann::json::parse(line)["fields"]["card"] == "***1111");
}

TEST_CASE("cells that a spreadsheet takes for formulas get an apostrophe, which can be taken away") {
  for (const char* text : {"=1", "+1", "-1", "@a", "\t1", "\r1", "\n1", "'x", "''",
                           "\xef\xbc\x9d"
                           "1"}) {
    std::string cell;
    detail::append_csv(cell, text);
    CHECK(cell == "\"'" + std::string(text) + "\"");
  }
  for (const char* text : {"", "1", "a=1", " =1"}) {
    std::string cell;
    detail::append_csv(cell, text);
    CHECK(cell == "\"" + std::string(text) + "\"");
  }
}
