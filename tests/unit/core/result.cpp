#include <millrace/core/result.hpp>

#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace mr = millrace;

namespace {

/// What a child process that runs `doing` says on stderr before it aborts; empty if it does not abort.
template <class F>
std::string last_words(F&& doing) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], 2);
    doing();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[512];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? said : std::string();
}

}  // namespace

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

TEST_CASE("value() of a failed result says what failed and ends the process, however it is asked") {
  using text = mr::result<std::string>;
  const auto failed = [] {
    return text(mr::error(mr::errc::not_found, "cannot open \"nope\"", mr::error(mr::errc::io, "no such file")));
  };
  const std::string expected = "millrace: value() of a failed result: cannot open \"nope\": no such file\n";
  CHECK(last_words([&] { (void)failed().value().size(); }) == expected);
  text one = failed();
  CHECK(last_words([&] { one.value() += "x"; }) == expected);
  CHECK(last_words([&] { (void)std::as_const(one).value().size(); }) == expected);
  const mr::error away = std::move(one).error();
  CHECK(last_words([&] { (void)one.value(); }) == "millrace: value() of a failed result: its error was moved away\n");
  text good = std::string("x");
  CHECK(last_words([&] { (void)good.value(); }).empty());
  CHECK(good.value() == "x");
}

TEST_CASE("result is copied and made without arguments where its value is") {
  struct without_default {
    explicit without_default(int) {}
  };
  STATIC_REQUIRE(std::is_default_constructible_v<mr::result<std::string>>);
  STATIC_REQUIRE_FALSE(std::is_default_constructible_v<mr::result<without_default>>);
  STATIC_REQUIRE(std::is_copy_constructible_v<mr::result<std::string>>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<mr::result<std::unique_ptr<int>>>);

  mr::result<std::string> made;
  made = mr::result<std::string>("nine");
  const mr::result<std::string> copy = made;
  CHECK(*copy == "nine");
  CHECK(*made == "nine");
}
