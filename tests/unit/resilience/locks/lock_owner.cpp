#include <millrace/resilience/locks/lock_owner.hpp>

#include <support/catch.hpp>

#include <unistd.h>
#include <cstddef>
#include <string>

namespace mr = millrace;
namespace res = millrace::resilience;

namespace {
const res::lock_owner trainer{4711, "build-7", "2025-01-21T14:30:22.123456Z", "nightly training"};
const std::string trainer_text =
    "millrace lock 1\npid 4711\nhost build-7\nsince 2025-01-21T14:30:22.123456Z\npurpose nightly training\n";
}  // namespace

TEST_CASE("the owner of a lock stands in its file as five lines, and is read back", "[lock_owner]") {
  CHECK(res::to_text(trainer) == trainer_text);
  CHECK(res::read_lock_owner(trainer_text).value() == trainer);
  CHECK(res::describe(trainer) == "pid 4711 on build-7 since 2025-01-21T14:30:22.123456Z, for \"nightly training\"");
  const res::lock_owner brief{1, "", "", ""};
  CHECK(res::read_lock_owner(res::to_text(brief)).value() == brief);
  CHECK(res::describe(brief) == "pid 1");
}

TEST_CASE("this process as an owner fits in one line, whatever its purpose says", "[lock_owner]") {
  const res::lock_owner mine = res::this_process("a\nb\x1b[2J" + std::string(1000, 'x'), 1'737'469'822'123'456'789U);
  CHECK(mine.pid == ::getpid());
  CHECK_FALSE(mine.host.empty());
  CHECK(mine.since == "2025-01-21T14:30:22.123456Z");
  CHECK(mine.purpose.substr(0, 8) == "a b [2Jx");
  CHECK(mine.purpose.size() == 256);
  CHECK(res::to_text(mine).size() <= res::detail::max_lock_text);
  CHECK(res::read_lock_owner(res::to_text(mine)).value() == mine);
}

TEST_CASE("a lock's file that is cut off or damaged is an error, never another owner", "[lock_owner]") {
  const auto code_of = [](std::string_view text) { return res::read_lock_owner(text).error().code(); };
  CHECK(code_of("") == mr::errc::not_found);
  for (std::size_t size = 1; size < trainer_text.size(); ++size) {
    CAPTURE(size);
    CHECK(code_of(std::string_view(trainer_text).substr(0, size)) == mr::errc::truncated);
  }
  for (std::size_t at = 0; at < trainer_text.size(); ++at)
    for (const int bit : {1, 8, 0x80}) {
      std::string text = trainer_text;
      text[at] = static_cast<char>(text[at] ^ bit);
      if (const auto read = res::read_lock_owner(text)) CHECK_FALSE(*read == trainer);
    }
  CHECK(code_of("millrace lock 2\npid 1\n") == mr::errc::unsupported);
  CHECK(code_of("some notes\n") == mr::errc::corrupt);
  CHECK(code_of(trainer_text + "more") == mr::errc::corrupt);
  for (const char* pid : {"", "0", "-1", "12x", " 12", "99999999999999999999"})
    CHECK(code_of("millrace lock 1\npid " + std::string(pid) + "\nhost a\nsince b\npurpose c\n") == mr::errc::corrupt);
  const auto hostile = res::read_lock_owner("millrace lock 1\npid 7\nhost \x1b]0;x\x07\nsince \r\npurpose \x7f\n");
  REQUIRE(hostile);
  CHECK(res::describe(*hostile) == "pid 7 on  ]0;x  since  , for \" \"");
}
