#include <millrace/deliver/split/split_by.hpp>

#include <millrace/deliver/split/split_hashed.hpp>
#include <millrace/deliver/split/split_random.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace md = millrace::deliver;

namespace {

struct request {
  std::string user;
  std::uint64_t session = 0;
  std::uint64_t device() const noexcept { return session / 10; }
};

using models = md::split_hashed<"model-2026", md::weights<50, 50>>;

// [by_user]
std::uint32_t version_for(const request& asked) {
  static constexpr md::split_by by_user(&request::user, md::split_hashed<"model-2026", md::weights<80, 20>>());
  return by_user.assign(asked).variant;  // 0 for 80 % of the users, 1 for the others, and for each always the same
}
// [/by_user]

}  // namespace

TEST_CASE("split_by: a request that names no unit has no variant") {
  struct visit {
    std::optional<std::string> user;
    const std::uint64_t* device = nullptr;
    std::string session;
  };
  const md::split_by by_user(&visit::user, models());
  const md::split_by by_device(&visit::device, models());
  const md::split_by by_session(&visit::session, models());
  static_assert(md::split_policy<decltype(by_user), visit> && md::split_policy<decltype(by_device), visit>);
  const std::uint64_t device = 7;
  const visit known{"ada", &device, "s-1"};
  CHECK(by_user.assign(known) == models().assign("ada"));
  CHECK(by_device.assign(known) == models().assign(device));
  CHECK(by_session.assign(known) == models().assign("s-1"));
  CHECK(by_user.assign(visit()).how == md::placement::no_unit);
  CHECK_FALSE(by_user.assign(visit{"", nullptr, ""}));
  CHECK_FALSE(by_device.assign(visit()));
  CHECK_FALSE(by_session.assign(visit()));
}

TEST_CASE("split_by: all requests of one user have one variant") {
  const md::split_by by_user(&request::user, models());
  const md::split_by by_device(&request::device, models());
  const md::split_by by_session([](const request& one) noexcept { return one.session; }, models());
  md::split_by drawn(&request::user, md::split_random<md::weights<50, 50>>(1));
  static_assert(md::split_policy<decltype(by_user), request> && md::split_policy<decltype(drawn), request>);
  CHECK(by_user.variants() == 2);
  CHECK(version_for({"ada"}) == md::split_hashed<"model-2026", md::weights<80, 20>>().assign("ada").variant);
  std::uint32_t differ = 0;
  std::uint32_t second = 0;
  for (std::uint64_t session = 0; session < 200; ++session) {
    const request one{"ada", session};
    REQUIRE(by_user.assign(one) == models().assign("ada"));
    REQUIRE(by_device.assign(one) == models().assign(session / 10));
    REQUIRE(by_session.assign(one) == models().assign(session));
    differ += by_session.assign(one).variant != by_user.assign(one).variant;
    second += drawn.assign(one).variant;
  }
  CHECK(differ > 50);
  CHECK(second > 50);
}
