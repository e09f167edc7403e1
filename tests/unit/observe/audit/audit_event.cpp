#include <millrace/observe/audit/audit_event.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

TEST_CASE("severities and types of personal data have stable numbers and names") {
  CHECK(to_string(audit_severity::info) == "info");
  CHECK(to_string(static_cast<audit_severity>(1)) == "warning");
  CHECK(to_string(static_cast<audit_severity>(2)) == "error");
  CHECK(to_string(static_cast<audit_severity>(3)) == "critical");
  CHECK(to_string(static_cast<audit_severity>(4)).empty());
  const std::vector<std::string> names{"none",    "person_name", "email",       "phone",      "card",   "account",
                                       "address", "ip_address",  "national_id", "birth_date", "secret", "other"};
  REQUIRE(names.size() == pii_types);
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(to_string(static_cast<pii_type>(i)) == names[i]);
  CHECK(to_string(static_cast<pii_type>(12)).empty());
  CHECK(to_string(static_cast<pii_type>(255)).empty());
}

TEST_CASE("an audit event is valid only with a kind, known numbers, and fields of different names") {
  const std::vector<audit_field> fields{{"version", "3"}, {"card", "4111111111111111", pii_type::card}};
  audit_event event{.kind = audit_kinds::model_deployed, .actor = "ada", .object = "model/churn/3", .fields = fields};
  CHECK(validate(event));
  CHECK(validate({.kind = "acme.payout_approved"}));

  CHECK_THAT(validate(audit_event()).error().message(), ContainsSubstring("no kind"));
  audit_event wrong = event;
  wrong.severity = static_cast<audit_severity>(9);
  CHECK_THAT(validate(wrong).error().message(), ContainsSubstring("\"model_deployed\": its severity"));
  wrong = event;
  wrong.actor_pii = static_cast<pii_type>(99);
  CHECK_THAT(validate(wrong).error().message(), ContainsSubstring("the actor's type"));

  wrong = event;
  const std::vector<audit_field> twice{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  wrong.fields = twice;
  CHECK_THAT(validate(wrong).error().message(), ContainsSubstring("field \"a\" is given twice"));
  const std::vector<audit_field> nameless{{"a", "1"}, {audit_name(), "2"}};
  wrong.fields = nameless;
  CHECK_THAT(validate(wrong).error().message(), ContainsSubstring("field 1 has no name"));
  const std::vector<audit_field> unknown{{"a", "1", static_cast<pii_type>(12)}};
  wrong.fields = unknown;
  CHECK_THAT(validate(wrong).error().message(), ContainsSubstring("field \"a\": its type"));

  std::vector<std::string> names;
  for (std::size_t i = 0; i <= max_audit_fields; ++i) names.push_back("f" + std::to_string(i));
  std::vector<audit_field> many;
  for (const std::string& name : names) many.push_back({*audit_name::make(name), "x"});
  wrong.fields = many;
  CHECK_THAT(validate(wrong).error().message(), ContainsSubstring("65 fields; at most 64"));
  wrong.fields = wrong.fields.first(max_audit_fields);
  CHECK(validate(wrong));
}

TEST_CASE("an entry finds its fields by name") {
  const audit_entry entry{.kind = "data_accessed",
                          .fields = {{"rows", {.text = "12"}}, {"card", {.pii = pii_type::card, .erased = true}}}};
  REQUIRE(entry.find("rows") != nullptr);
  CHECK(entry.find("rows")->text == "12");
  CHECK(entry.find("card")->erased);
  CHECK(entry.find("none") == nullptr);
}
