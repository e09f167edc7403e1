#include <millrace/resilience/locks/versioned_file.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/resilience/locks/versioned.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <string>

namespace mr = millrace;
namespace res = millrace::resilience;
using namespace std::chrono_literals;

static_assert(res::versioned_place<res::versioned_file>);

TEST_CASE("a versioned file is replaced by who has read its newest content", "[versioned_file]") {
  const support::temp_dir dir;
  res::versioned_file file(dir / "routes.json");
  const auto nothing = file.read();
  REQUIRE(nothing);
  CHECK((*nothing)->empty());
  // SHA-256 of no byte and of "abc": FIPS 180-2.
  CHECK(nothing->version() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(file.write_if("abc", nothing->version()).value() ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto refused = file.write_if("other", nothing->version());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::conflict);
  CHECK_THAT(refused.error().message(), ContainsSubstring("has version ba7816bf"));
  CHECK_THAT(refused.error().message(), ContainsSubstring("and not e3b0c442"));
  CHECK(**file.read() == "abc");

  const auto held = res::file_lock(dir / "routes.json.lock", {.purpose = "a test"}).try_lock();
  REQUIRE(held);
  const auto late = res::versioned_file(dir / "routes.json", 1ms).write_if("late", file.read()->version());
  CHECK(late.error().code() == mr::errc::timeout);
  CHECK_THAT(late.error().message(), ContainsSubstring("for \"a test\""));
  CHECK(**file.read() == "abc");
  CHECK(res::versioned_file(dir.path()).read().error().code() == mr::errc::invalid_argument);
}

TEST_CASE("processes that update one file lose no update", "[versioned_file]") {
  const support::temp_dir dir;
  const auto work = [&] {
    res::versioned_file file(dir / "count");
    int failed = 0;
    for (int i = 0; i < 10; ++i)
      if (!res::update_with_retry(file, [](const std::string& now) { return now + "x"; })) ++failed;
    return failed;
  };
  std::fflush(nullptr);
  const pid_t other = ::fork();
  if (other == 0) ::_exit(work());
  const int mine = work();
  int status = 0;
  REQUIRE(::waitpid(other, &status, 0) == other);
  REQUIRE(WIFEXITED(status));
  CHECK((*res::versioned_file(dir / "count").read())->size() ==
        static_cast<std::size_t>(20 - mine - WEXITSTATUS(status)));
  CHECK(mine + WEXITSTATUS(status) < 5);
}
