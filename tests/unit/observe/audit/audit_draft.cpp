#include <millrace/observe/audit/audit_draft.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
using namespace mr::observe;

namespace {

struct payout_approved {
  static constexpr audit_name kind = "acme.payout_approved";
  std::string officer;
  std::string iban;
  double euros = 0;
  std::uint64_t payout = 0;

  void describe(audit_draft& event) const {
    event.severity(audit_severity::warning)
        .actor(officer, pii_type::person_name)
        .object("payout/17")
        .reason("month's end");
    event.field("iban", iban, pii_type::account).field("euros", euros).field("payout", payout).field("twice", false);
  }
};

struct no_event {
  static constexpr audit_name kind = "acme.none";
};
static_assert(audit_describable<payout_approved> && !audit_describable<no_event> && !audit_describable<int>);

/// Says what it is by texts that are gone when describe() returns, names included.
struct passing_event {
  static constexpr audit_name kind = "acme.passing";
  int number = 0;
  std::size_t length = 0;

  void describe(audit_draft& event) const {
    const std::string digits = std::to_string(number);
    const std::string name = "a_field_whose_name_was_put_together_" + digits;
    event.actor("somebody whose name is longer than a short string " + digits, pii_type::person_name)
        .object("object/" + digits + "/" + std::string(length, 'o'))
        .reason(std::string_view(std::string(length, 'r') + digits));
    event.field(audit_name::make(name).value(), digits + std::string(length, 'v'), pii_type::other);
    event.field("length", length);
  }
};

}  // namespace

TEST_CASE("a program's own type becomes an audit event, numbers included") {
  const payout_approved payout{"Ada", "DE89 3704 0044 0532 0130 00", 1200.1, std::numeric_limits<std::uint64_t>::max()};
  const audit_draft draft(payout);
  const auto event = draft.event();
  REQUIRE(event);
  CHECK(event->kind == payout_approved::kind);
  CHECK(event->severity == audit_severity::warning);
  CHECK(event->actor == "Ada");
  CHECK(event->actor_pii == pii_type::person_name);
  CHECK(event->object == "payout/17");
  CHECK(event->reason == "month's end");
  REQUIRE(event->fields.size() == 4);
  CHECK(event->fields[0].value == payout.iban);
  CHECK(event->fields[0].pii == pii_type::account);
  CHECK(event->fields[1].value == "1200.1");
  CHECK(event->fields[2].value == "18446744073709551615");
  CHECK(event->fields[3].value == "false");
}

TEST_CASE("a draft of too many fields, or of two of one name, is no event") {
  audit_draft draft(audit_kinds::data_accessed);
  draft.at(17)
      .field("low", -std::numeric_limits<double>::infinity())
      .field("tiny", std::numeric_limits<float>::denorm_min());
  REQUIRE(draft.event());
  CHECK(draft.event()->unix_nanoseconds == 17);
  CHECK(draft.event()->fields[0].value == "-Infinity");
  CHECK(draft.event()->fields[1].value == "1e-45");
  draft.field("low", 1);
  CHECK_THAT(draft.event().error().message(), ContainsSubstring("\"low\" is given twice"));
  for (int i = 3; i < 64; ++i) draft.field("more", i);
  CHECK_THAT(draft.event().error().message(), ContainsSubstring("twice"));
  draft.field("more", 64).field("more", "text");
  CHECK_THAT(draft.event().error().message(), ContainsSubstring("66 fields; at most 64"));
}

TEST_CASE("a draft keeps texts that are gone before its event is used, short and long") {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{30}, std::size_t{700}, std::size_t{2048}, std::size_t{100'000}}) {
    CAPTURE(length);
    const audit_draft draft(passing_event{17, length});
    std::string noise;
    for (int i = 0; i < 50; ++i) noise += std::string(length + 64, '#');  // where those texts were
    const auto event = draft.event();
    REQUIRE(event);
    CHECK(event->kind == passing_event::kind);
    CHECK(event->actor == "somebody whose name is longer than a short string 17");
    CHECK(event->object == "object/17/" + std::string(length, 'o'));
    CHECK(event->reason == std::string(length, 'r') + "17");
    REQUIRE(event->fields.size() == 2);
    CHECK(event->fields[0].name.view() == "a_field_whose_name_was_put_together_17");
    CHECK(event->fields[0].value == "17" + std::string(length, 'v'));
    CHECK(event->fields[0].pii == pii_type::other);
    CHECK(event->fields[1].value == std::to_string(length));
  }
}

TEST_CASE("the texts of a draft stand side by side, to the last byte of its room") {
  audit_draft draft("a.b");  // 3 bytes
  for (int i = 0; i < 3; ++i) {
    const std::string text(static_cast<std::size_t>(i == 2 ? audit_draft::room - 3 - 2 * 502 : 500),
                           static_cast<char>('a' + i));
    const std::string name = "n" + std::to_string(i);
    draft.field(audit_name::make(name).value(), i == 2 ? std::string_view(text).substr(2) : std::string_view(text));
  }
  draft.object("o").reason("");
  const auto event = draft.event();
  REQUIRE(event);
  CHECK(event->kind.view() == "a.b");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(event->fields[i].name.view() == "n" + std::to_string(i));
    CHECK(event->fields[i].value.find_first_not_of(static_cast<char>('a' + i)) == std::string_view::npos);
  }
  CHECK(event->fields[2].value.size() == audit_draft::room - 3 - 2 * 502 - 2);
  CHECK(event->object == "o");
  CHECK(event->reason.empty());
}
