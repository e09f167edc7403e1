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

/// A value whose moves throw when told to. `alive` counts its objects.
struct brittle {
  static inline int alive = 0;
  static inline int moves_left = 0;  // the move after these throws
  static void count_move() {
    if (moves_left-- == 0) throw 7;
  }

  explicit brittle(int n) : number(n) { ++alive; }
  brittle(brittle&& other) noexcept(false) : number(other.number) {
    count_move();
    ++alive;
  }
  brittle& operator=(brittle&& other) noexcept(false) {
    count_move();
    number = other.number;
    return *this;
  }
  ~brittle() { --alive; }

  int number;
};

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

TEST_CASE("a move that throws during assignment leaves a result that is whole") {
  const auto failed = [] { return mr::result<brittle>(mr::error(mr::errc::io, "disk")); };
  for (int throws_at = 0; throws_at < 3; ++throws_at) {
    CAPTURE(throws_at);
    brittle::moves_left = 1000;
    {
      mr::result<brittle> value = brittle(1);
      mr::result<brittle> error = failed();
      mr::result<brittle> next = brittle(2);
      mr::result<brittle> last = brittle(3);
      const auto assign = [&](mr::result<brittle>& to, mr::result<brittle>& from) {
        brittle::moves_left = throws_at;
        try {
          to = std::move(from);
          return true;
        } catch (int) {
          return false;
        }
      };
      // The first move makes the parameter, the second moves the value on.
      CHECK(assign(value, next) == (throws_at == 2));
      REQUIRE(value);
      CHECK(value->number == (throws_at == 2 ? 2 : 1));
      CHECK(assign(error, last) == (throws_at == 2));
      REQUIRE(error.has_value() == (throws_at == 2));
      if (error)
        CHECK(error->number == 3);
      else
        CHECK(error.error().message() == "disk");

      value = failed();
      REQUIRE_FALSE(value);
      CHECK(value.error().code() == mr::errc::io);
    }
    CHECK(brittle::alive == 0);
  }
}

TEST_CASE("a result whose error was moved away stays a failed one") {
  const auto failed = [] { return mr::error(mr::errc::io, "disk"); };
  mr::result<std::string> text = failed();
  const mr::error first = std::move(text).error();
  CHECK_FALSE(text.has_value());
  mr::result<std::string> moved = std::move(text);
  CHECK_FALSE(moved.has_value());
  CHECK_FALSE(mr::result<std::string>(moved).has_value());
  moved = std::string("x");
  CHECK(moved.value() == "x");
}

TEST_CASE("result is assigned where its value is assigned, or moved without throwing") {
  struct constant {
    const int number;
  };
  struct brittle_constant {
    explicit brittle_constant(int n) : number(n) {}
    brittle_constant(brittle_constant&& other) noexcept(false) : number(other.number) {}
    const int number;
  };
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<mr::result<std::string>>);
  STATIC_REQUIRE(std::is_move_assignable_v<mr::result<brittle>>);
  STATIC_REQUIRE_FALSE(std::is_nothrow_move_assignable_v<mr::result<brittle>>);
  STATIC_REQUIRE_FALSE(std::is_move_assignable_v<mr::result<brittle_constant>>);
  mr::result<constant> made = constant{4};
  made = mr::result<constant>(constant{5});
  CHECK(made->number == 5);
}
