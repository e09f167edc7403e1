#include <millrace/core/result.hpp>

#include <support/catch.hpp>

#include <memory>
#include <string>

namespace mr = millrace;

TEST_CASE("result holds a value or the error that stands in its place") {
  mr::result<int> good = 3;
  mr::result<int> bad = mr::error(mr::errc::not_found, "no column \"age\"");
  REQUIRE(good);
  CHECK(*good == 3);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code() == mr::errc::not_found);
  CHECK(bad.value_or(7) == 7);
  good = bad;
  REQUIRE_FALSE(good);
  CHECK(good.error().message() == "no column \"age\"");
}

TEST_CASE("result carries what cannot be copied") {
  mr::result<std::unique_ptr<int>> owner = std::make_unique<int>(4);
  mr::result<std::unique_ptr<int>> next = std::move(owner);
  REQUIRE(next);
  CHECK(**next == 4);
}

TEST_CASE("result chains: values go on, errors pass through") {
  const auto half = [](int n) -> mr::result<int> {
    if (n % 2 != 0) return mr::error(mr::errc::invalid_argument, std::to_string(n) + " is odd");
    return n / 2;
  };
  CHECK(*mr::result<int>(8).and_then(half).and_then(half) == 2);
  CHECK(mr::result<int>(6).and_then(half).and_then(half).error().message() == "3 is odd");
  CHECK(*mr::result<int>(8).transform([](int n) { return std::to_string(n); }) == "8");
  CHECK(*mr::result<int>(7).and_then(half).or_else([](mr::error) -> mr::result<int> { return 0; }) == 0);
}

TEST_CASE("result<void> is one pointer, and success is its null") {
  STATIC_REQUIRE(sizeof(mr::result<void>) == sizeof(void*));
  mr::result<void> done;
  CHECK(done);
  done = mr::error(mr::errc::io, "disk");
  CHECK_FALSE(done);
  done = {};
  CHECK(done);
}
