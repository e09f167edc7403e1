#include <millrace/observe/audit/audit_name.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
using mr::observe::audit_name;

TEST_CASE("a text is an audit name only if it is short, lower case and begins with a letter") {
  for (const char* good : {"a", "model_deployed", "acme.payout_approved", "a.b.c", "a1._2"}) {
    CAPTURE(good);
    const auto name = audit_name::make(good);
    REQUIRE(name);
    CHECK(name->view() == good);
  }
  CHECK(audit_name::make(std::string(64, 'a')));
  for (const std::string& bad :
       {std::string(), std::string("A"), std::string("1a"), std::string("_a"), std::string(".a"), std::string("a."),
        std::string("a..b"), std::string("a-b"), std::string("a b"), std::string("a\n"), std::string("a\0", 2),
        std::string("\xc3\xa9"), std::string(65, 'a')}) {
    CAPTURE(bad);
    CHECK(audit_name::make(bad).error().code() == mr::errc::invalid_argument);
  }
  CHECK_THAT(audit_name::make("no\xff").error().message(), ContainsSubstring("\"no\\xff\""));
  CHECK(audit_name::make(std::string(100'000, 'a')).error().message().size() < 300);
}

TEST_CASE("an audit name is a constant that compares by its text") {
  static constexpr audit_name kind = "acme.payout_approved";
  static_assert(kind == audit_name("acme.payout_approved") && !(kind == audit_name("acme.payout")));
  static_assert(audit_name().view().empty());
  CHECK(*audit_name::make("acme.payout_approved") == kind);
}
