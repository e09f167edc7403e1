#include <millrace/resilience/calls/fallback.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/resilience/calls/retry.hpp>

#include <support/catch.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace mr = millrace;
namespace rs = millrace::resilience;
using mr::errc;

namespace {
mr::result<double> fails(errc code) { return mr::error(code, "cut off"); }
struct move_only {
  explicit move_only(int v) : value(v) {}
  move_only(move_only&&) = default;
  move_only& operator=(move_only&&) = default;
  ~move_only() = default;
  int value;
};
}  // namespace

TEST_CASE("fallback: a value stands in for a call that failed, but not for a mistake or a cancelled call") {
  rs::fallback mean{0.02};
  CHECK(mean([] { return mr::result<double>(0.5); }).value() == 0.5);
  CHECK(mean.replaced() == 0);
  CHECK(mean([] { return fails(errc::io); }).value() == 0.02);
  CHECK(mean([] { return fails(errc::timeout); }).value() == 0.02);
  CHECK(mean([] { return fails(errc::invalid_argument); }).error().code() == errc::invalid_argument);
  CHECK(mean([] { return fails(errc::cancelled); }).error().code() == errc::cancelled);
  CHECK(mean.replaced() == 2);

  rs::fallback these{0.02, rs::instead_of<errc::not_found>()};
  CHECK(these([] { return fails(errc::not_found); }).value() == 0.02);
  CHECK_FALSE(these([] { return fails(errc::io); }));
  rs::fallback whatever{0.02, rs::instead_if{[](const mr::error& why) { return why.message() == "cut off"; }}};
  CHECK(whatever([] { return fails(errc::cancelled); }));
  rs::fallback text{"unknown"};
  CHECK(text([]() -> mr::result<std::string> { return mr::error(errc::io, ""); }).value() == "unknown");
}

TEST_CASE("fallback: a callable stands in, with or without the error, and may fail itself") {
  std::string told;
  rs::fallback tells{[&](const mr::error& why) {
    told = why.message();
    return 1.5;
  }};
  CHECK(tells([] { return fails(errc::io); }).value() == 1.5);
  CHECK(told == "cut off");
  rs::fallback gives_up{
      [](const mr::error&) -> mr::result<double> { return mr::error(errc::not_found, "not in the cache"); }};
  CHECK(gives_up([] { return fails(errc::io); }).error().code() == errc::not_found);
  rs::fallback makes{[] { return move_only(8); }};
  CHECK(makes([]() -> mr::result<move_only> { return mr::error(errc::io, ""); }).value().value == 8);
  int run = 0;
  rs::fallback runs{[&] { ++run; }};
  CHECK(runs([]() -> mr::result<void> { return mr::error(errc::io, ""); }));
  CHECK(run == 1);
  CHECK_THROWS_AS(runs([] { throw std::runtime_error("out of order"); }), std::runtime_error);
  CHECK(run == 1);
}

TEST_CASE("fallback: in a chain it stands outside of the other wrappers") {
  int events = 0;
  int run = 0;
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([&](auto&) -> mr::result<void> {
    ++events;
    return mr::error(errc::io, "cut off");
  });
  std::uint64_t now = 0;
  auto scoring =
      mr::chain(score).use(rs::retry{mr::manual_clock(now), rs::manual_sleeper(now)}).use(rs::fallback{[&] { ++run; }});
  auto ctx = scoring.context();
  CHECK(scoring(ctx));
  CHECK(events == 3);
  CHECK(run == 1);
}
