#ifndef MILLRACE_TESTS_SUPPORT_AUDIT_ENTRIES_HPP
#define MILLRACE_TESTS_SUPPORT_AUDIT_ENTRIES_HPP

#include <millrace/observe/audit/audit_event.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// Texts that mean something to JSON, YAML, CSV, HTML, a spreadsheet or a terminal, and bytes that are no UTF-8.
inline std::vector<std::string> hostile_texts() {
  return {"",
          "plain",
          "\"quoted\" and 'single'",
          "back\\slash \\n \\x41 \\xff",
          "line\nbreak\r\nand\rreturn\ttab",
          "=cmd|' /C calc'!A0",
          "+1",
          "-1+2",
          "@SUM(A1)",
          "'apostrophe",
          "\t=1",
          "\r=1",
          "\n=1",
          "\xef\xbc\x9d"
          "1",
          "</script><script>alert(1)</script>",
          "<!-- & &amp; &#39; ]]>",
          "no",
          "~",
          "null",
          "true",
          "1e3",
          "0x1F",
          "012",
          "1:30",
          "2026-01-02",
          "- item",
          "? key",
          "key: value # comment",
          "!!python/object/apply:os.system ['true']",
          "&anchor *alias",
          "%TAG",
          "| block",
          "{flow: [1, 2]}",
          " spaces ",
          "a,b;c",
          std::string("nul\0byte", 8),
          "\x01\x1b[31mred\x7f",
          "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xc2\xa0",
          "\xef\xbf\xbe\xef\xbf\xbf",
          "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80",
          "\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80"};
}

/// Personal values that no masked output may have in it.
inline std::vector<std::string> audit_canaries() {
  return {"Canaria Yellowfeather",
          "canary.seven@example.org",
          "+44 20 7946 0958",
          "4111 1111 1111 1111",
          "DE89370400440532013000",
          "221b Canary Street",
          "203.0.113.177",
          "CN-1234567",
          "1985-04-12",
          "hunter2-canary",
          "canary of no type"};
}

/// Two days of a small service: a deployment that was approved, one that was not, accesses, an incident, an erasure;
/// one record is missing, and the clock steps back once.
inline std::vector<millrace::observe::audit_entry> audit_story() {
  using millrace::observe::audit_severity;
  using millrace::observe::pii_type;
  const std::vector<std::string> secret = audit_canaries();
  constexpr std::uint64_t day = 1'764'460'800'000'000'000U;  // 2025-11-30T00:00:00Z
  constexpr std::uint64_t minute = 60'000'000'000U;
  const millrace::observe::audit_text ada{secret[0], pii_type::person_name, false};
  const millrace::observe::audit_text bob{"bob", pii_type::none, false};
  std::vector<millrace::observe::audit_entry> made;
  const auto add = [&](std::uint64_t at, audit_severity severity, const char* kind, millrace::observe::audit_text actor,
                       const char* object, std::string reason) -> millrace::observe::audit_entry& {
    made.push_back({made.size() + (made.size() >= 6 ? 1 : 0),
                    at,
                    severity,
                    kind,
                    std::move(actor),
                    object,
                    std::move(reason),
                    {}});
    return made.back();
  };
  add(day, audit_severity::info, "trail_started", {"service", pii_type::none, false}, "", "");
  add(day + minute, audit_severity::info, "approval_requested", ada, "model/churn/3", "better on \"new\" customers");
  add(day + 2 * minute, audit_severity::info, "approval_granted", bob, "model/churn/3", "=HYPERLINK(1)");
  add(day + 3 * minute, audit_severity::info, "model_deployed", ada, "model/churn/3", "").fields = {
      {"origin", {secret[6], pii_type::ip_address, false}}, {"outcome", {"success", pii_type::none, false}}};
  add(day + 4 * minute, audit_severity::warning, "model_deployed", bob, "model/fraud/1", "in a hurry");
  add(day + 3 * minute, audit_severity::info, "data_accessed", ada, "table/customers", "asked by " + secret[1])
      .fields = {{"email", {secret[1], pii_type::email, false}},
                 {"phone", {secret[2], pii_type::phone, false}},
                 {"card", {secret[3], pii_type::card, false}},
                 {"account", {secret[4], pii_type::account, false}},
                 {"address", {secret[5], pii_type::address, false}},
                 {"national_id", {secret[7], pii_type::national_id, false}},
                 {"birth_date", {secret[8], pii_type::birth_date, false}},
                 {"secret", {secret[9], pii_type::secret, false}},
                 {"other", {secret[10], pii_type::other, false}}};
  add(3 * 1440 * minute + day, audit_severity::error, "access_denied", {"", pii_type::person_name, true}, "table/cards",
      "from " + secret[6]);
  add(3 * 1440 * minute + day + 1, audit_severity::critical, "incident_reported", bob, "table/cards", "</script>")
      .fields = {{"effects", {"none known", pii_type::none, false}}, {"measures", {"", pii_type::other, true}}};
  add(3 * 1440 * minute + day + 2, audit_severity::info, "approval_requested", bob, "model/fraud/1", "no");
  add(3 * 1440 * minute + day + 3, audit_severity::info, "approval_rejected", bob, "model/fraud/1", "own request");
  return made;
}

}  // namespace support

#endif
