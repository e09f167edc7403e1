#include <millrace/store/secret_file.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/clock.hpp>
#include <millrace/core/problem_details.hpp>
#include <millrace/store/atomic_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
using namespace std::chrono_literals;

namespace {

using watched = ms::basic_secret_file<mr::manual_clock>;

/// Writes over the file as it stands, as `echo > file` does, with another time of change than before.
void write_in_place(const std::string& path, std::string_view text) {
  static std::int64_t tick = 1'000'000'000;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REQUIRE(fd >= 0);
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const timespec times[2] = {{++tick, 0}, {tick, 0}};  // the system's clock may tick too seldom for a test
  REQUIRE(::futimens(fd, times) == 0);
  ::close(fd);
}

struct kept_diagnostics {
  std::string text;
  std::vector<std::string> messages;
  void report(const mr::diagnostic& said) noexcept {
    messages.emplace_back(said.message);
    text.append(said.component).append(said.message);
    if (said.why != nullptr) text += said.why->describe();
    for (const auto& each : said.fields)
      each.visit([&]<class T>(const T& value) {
        if constexpr (std::is_same_v<T, std::string_view>) text += value;
      });
  }
};

}  // namespace

TEST_CASE("a secret is written to a new file of its owner's alone, and never over another") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  const ms::secret<std::string> token(std::string("hunter2"));
  REQUIRE(ms::write_secret(path, token));
  struct stat facts{};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777U) == 0600U);
  CHECK(*ms::read_secret(path) == token);
  const auto again = ms::write_secret(path, ms::secret<std::string>(std::string("another")));
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == mr::errc::already_exists);
  CHECK_THAT(again.error().message(), ContainsSubstring(path) && !ContainsSubstring("another"));
  CHECK(*ms::read_secret(path) == token);
  REQUIRE(::symlink((dir / "elsewhere").c_str(), (dir / "link").c_str()) == 0);
  CHECK_FALSE(ms::write_secret(dir / "link", token));
  CHECK_FALSE(std::filesystem::exists(dir / "elsewhere"));
  CHECK(ms::write_secret(dir / "none/token", token).error().code() == mr::errc::not_found);
  CHECK(ms::write_secret("/dev/full", token).error().code() == mr::errc::already_exists);
}

TEST_CASE("a secret is read from a file, less one line end", "[secret_file]") {
  const support::temp_dir dir;
  const auto read = [&](std::string_view text, const ms::secret_file_options& options = {}) {
    write_in_place(dir / "token", text);
    return ms::read_secret(dir / "token", options);
  };
  const std::pair<const char*, const char*> cases[] = {
      {"token", "token"},     {"token\n", "token"},   {"token\r\n", "token"},   {"token\n\n", "token\n"},
      {"token\r", "token\r"}, {" token ", " token "}, {"to\nken\n", "to\nken"}, {"\n\n", "\n"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(read(text).value().expose() == expected);
  }
  CHECK(read(std::string_view("a\0b\n", 4)).value().expose() == std::string_view("a\0b", 3));
  CHECK(read("token\n", {.trim_line_end = false}).value().expose() == "token\n");
  for (const char* text : {"", "\n", "\r\n"}) CHECK(read(text).error().code() == mr::errc::invalid_data);

  CHECK(read("12345", {.max_bytes = 5}).value().expose() == "12345");
  CHECK(read("123456", {.max_bytes = 5}).error().code() == mr::errc::invalid_data);
  CHECK(ms::read_secret(dir / "none").error().code() == mr::errc::not_found);
  CHECK(ms::read_secret(dir.path()).error().code() == mr::errc::invalid_argument);
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK(ms::read_secret(dir / "pipe").error().code() == mr::errc::invalid_argument);
  CHECK(ms::read_secret("/dev/zero").error().code() == mr::errc::invalid_argument);
}

TEST_CASE("a secret of a mounted volume is replaced as a whole folder, and read at the next look", "[secret_file]") {
  // As Kubernetes does it: token -> ..data/token, ..data -> ..2025_01_21, and a rename puts a new link over ..data.
  const support::temp_dir dir;
  std::filesystem::create_directory(dir / "..2025_01_21");
  std::filesystem::create_directory(dir / "..2025_01_22");
  write_in_place(dir / "..2025_01_21/token", "first\n");
  write_in_place(dir / "..2025_01_22/token", "second\n");
  std::filesystem::create_symlink("..2025_01_21", dir / "..data");
  std::filesystem::create_symlink("..data/token", dir / "token");
  std::uint64_t now = 0;
  kept_diagnostics said;
  const auto token = watched::open(dir / "token", {.diagnostics = said}, mr::manual_clock(now));
  REQUIRE(token);
  CHECK(token->get()->expose() == "first");
  const watched::value held = token->get();

  std::filesystem::create_symlink("..2025_01_22", dir / "..data_tmp");
  std::filesystem::rename(dir / "..data_tmp", dir / "..data");
  std::filesystem::remove_all(dir / "..2025_01_21");
  CHECK(token->get()->expose() == "first");  // the interval is not over
  CHECK(token->statistics().checks == 0);
  now += 1'000'000'000;
  CHECK(token->get()->expose() == "second");
  CHECK(held->expose() == "first");  // whoever uses it keeps it
  CHECK(token->get()->expose() == "second");
  CHECK(token->statistics().checks == 1);
  CHECK(token->statistics().changes == 1);
  CHECK(said.messages == std::vector<std::string>{"a secret has a new value"});
}

TEST_CASE("the last good value stays while the file is gone, empty, too large or half written", "[secret_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  write_in_place(path, "canary-first");
  std::uint64_t now = 0;
  kept_diagnostics said;
  const auto opened = watched::open(path, {.max_bytes = 20, .diagnostics = said}, mr::manual_clock(now));
  REQUIRE(opened);
  const watched& token = *opened;
  const auto look = [&] {
    now += 1'000'000'000;
    return token.get()->expose();
  };
  std::string messages;  // all that was said anywhere
  const auto keep = [&](const mr::result<void>& status) {
    REQUIRE_FALSE(status);
    messages += status.error().describe() + mr::to_json(status.error(), {.disclose = mr::problem_disclosure::causes});
    return status.error().code();
  };

  // In place: what is there at one look counts when the next finds it the same.
  write_in_place(path, "canary-sec");
  CHECK(look() == "canary-first");
  write_in_place(path, "canary-second");
  CHECK(look() == "canary-first");
  CHECK(token.status());
  CHECK(look() == "canary-second");

  REQUIRE(::rename(path.c_str(), (dir / "away").c_str()) == 0);
  CHECK(look() == "canary-second");
  CHECK(keep(token.status()) == mr::errc::not_found);
  CHECK(look() == "canary-second");
  CHECK(token.statistics().failures == 2);
  REQUIRE(::rename((dir / "away").c_str(), path.c_str()) == 0);
  CHECK(look() == "canary-second");
  CHECK(token.status());

  write_in_place(path, "");
  CHECK(look() == "canary-second");
  CHECK(look() == "canary-second");
  CHECK(keep(token.status()) == mr::errc::invalid_data);
  write_in_place(path, "canary-that-is-too-large");
  CHECK(look() == "canary-second");
  CHECK(look() == "canary-second");
  CHECK(keep(token.status()) == mr::errc::invalid_data);
  REQUIRE(::unlink(path.c_str()) == 0);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(keep(token.refresh()) == mr::errc::invalid_argument);
  REQUIRE(::unlink(path.c_str()) == 0);

  REQUIRE(ms::write_file(path, std::string_view("canary-third\n")));
  CHECK(token.refresh());
  CHECK(token.get()->expose() == "canary-third");
  CHECK(said.messages ==
        std::vector<std::string>{"a secret has a new value", "a secret cannot be read again, its last value stays",
                                 "a secret can be read again", "a secret cannot be read again, its last value stays",
                                 "a secret has a new value"});
  CHECK(messages.find(path) != std::string::npos);
  CHECK((messages + said.text).find("canary") == std::string::npos);
}

TEST_CASE("a secret that others may read or write is reported, once", "[secret_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  write_in_place(path, "token");
  const std::pair<mode_t, std::size_t> cases[] = {{0600, 0}, {0400, 0}, {0640, 0}, {0644, 1}, {0620, 1}, {0602, 1}};
  for (const auto& [mode, reports] : cases) {
    CAPTURE(mode);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    kept_diagnostics said;
    const auto token = ms::secret_file::open(path, {.check_every = {}, .diagnostics = said});
    REQUIRE(token);
    (void)token->get();
    CHECK(said.messages.size() == reports);
  }
}

TEST_CASE("threads that use a secret while it is replaced have one value or the other, whole", "[secret_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  REQUIRE(ms::write_file(path, std::string(100, 'a')));
  const auto token = ms::secret_file::open(path, {.check_every = {}});
  REQUIRE(token);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> torn{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto value = token->get();
        torn += value->expose() != std::string(100, value->expose()[0]) ? 1U : 0U;
      }
    });
  for (int i = 0; i < 20; ++i) REQUIRE(ms::write_file(path, std::string(100, static_cast<char>('a' + i % 26))));
  REQUIRE(token->refresh());
  CHECK(token->get()->expose()[0] == 't');
  stop = true;
  for (auto& each : readers) each.join();
  CHECK(torn == 0);
  CHECK(token->statistics().failures == 0);
}

TEST_CASE("a secret of the same length is seen though its time of writing was put back", "[secret_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  write_in_place(path, "canary-old");
  struct stat before{};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  std::uint64_t now = 0;
  const auto token = watched::open(path, {}, mr::manual_clock(now));
  REQUIRE(token);
  struct stat after = before;
  while (after.st_ctim.tv_sec == before.st_ctim.tv_sec && after.st_ctim.tv_nsec == before.st_ctim.tv_nsec) {
    write_in_place(path, "canary-new");  // again, until the system's clock has ticked
    const timespec times[2] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    REQUIRE(::stat(path.c_str(), &after) == 0);
  }
  CHECK(after.st_mtim.tv_sec == before.st_mtim.tv_sec);
  REQUIRE(token->refresh());
  CHECK(token->get()->expose() == "canary-new");
}

TEST_CASE("memory that runs out in a look leaves the last value, and the next look reads the file", "[secret_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  REQUIRE(ms::write_file(path, std::string_view("the first of them, too long for no allocation")));
  std::uint64_t now = 1;
  auto token = watched::open(path, {}, mr::manual_clock(now));
  REQUIRE(token);
  bool ran_out = true;
  for (std::int64_t after = 0; ran_out && after < 100; ++after) {
    const std::string before = token->get()->expose();
    const std::string next = "another, the one of number " + std::to_string(after);
    REQUIRE(ms::write_file(path, std::string_view(next)));  // another file at the path
    now += 1'000'000'000;
    ran_out = support::runs_out_of_memory(after, [&] { (void)token->get(); });
    const std::string left = token->get()->expose();
    CHECK((left == next || (ran_out && left == before)));
    now += 1'000'000'000;
    INFO(after);
    CHECK(token->get()->expose() == next);
    CHECK(token->status());
  }
  CHECK_FALSE(ran_out);
  CHECK(token->refresh());
}

TEST_CASE("a secret that memory has no room for is an error", "[secret_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "token";
  REQUIRE(ms::write_file(path, std::string_view("first")));
  std::uint64_t now = 1;
  auto token = watched::open(path, {.max_bytes = ~std::size_t{0}}, mr::manual_clock(now));
  REQUIRE(token);
  if (support::counts_allocations) {  // a sanitizer ends the program instead
    REQUIRE(::truncate(path.c_str(), std::int64_t{1} << 43) == 0);
    const auto tried = token->refresh();
    REQUIRE_FALSE(tried);
    CHECK(tried.error().code() == mr::errc::unavailable);
    CHECK(tried.error().message().find("memory has no room for 8796093022208 bytes") != std::string::npos);
  }
  CHECK(token->get()->expose() == "first");
}
