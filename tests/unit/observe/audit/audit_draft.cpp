#include <millrace/observe/audit/audit_draft.hpp>

#include <support/catch.hpp>

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

// Texts that go with the expression that made them are refused (AUDIT-5), in every place; those that stay are not.
template <class Draft, class Text>
concept takes_actor = requires(Draft& draft, Text&& text) { draft.actor(std::forward<Text>(text)); };
template <class Draft, class Text>
concept takes_object = requires(Draft& draft, Text&& text) { draft.object(std::forward<Text>(text)); };
template <class Draft, class Text>
concept takes_reason = requires(Draft& draft, Text&& text) { draft.reason(std::forward<Text>(text)); };
template <class Draft, class Text>
concept takes_field = requires(Draft& draft, Text&& text) {
  draft.field("a", std::forward<Text>(text));
  draft.field("b", std::forward<Text>(text), pii_type::email);
};
template <class Text>
constexpr int places = takes_actor<audit_draft, Text> + takes_object<audit_draft, Text> +
                       takes_reason<audit_draft, Text> + takes_field<audit_draft, Text>;
static_assert(places<std::string> == 0 && places<const std::string> == 0);
static_assert(places<std::string&> == 4 && places<const std::string&> == 4 && places<const char*> == 4 &&
              places<const char (&)[3]> == 4 && places<std::string_view> == 4);

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
