#include <millrace/store/atomic_file.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <laws/moving.hpp>
#include <support/temp_dir.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <span>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace fs = std::filesystem;

namespace {
mode_t mode_of(const std::string& path) {
  struct stat facts{};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 07777U;
}
std::size_t entries(const support::temp_dir& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}
}  // namespace

TEST_CASE("the content appears at commit, whole, and nothing else stays in the folder") {
  const support::temp_dir folder;
  auto made = mr::store::atomic_file::create(folder / "a");
  REQUIRE(made);
  CHECK(made->path() == folder / "a");
  REQUIRE(made->write("one "));
  REQUIRE(made->write("two"));
  CHECK(!fs::exists(folder / "a"));
  REQUIRE(made->commit());
  CHECK(mr::store::read_file(folder / "a").value() == "one two");
  CHECK(entries(folder) == 1);
  CHECK(made->commit().error().code() == mr::errc::closed);
}

TEST_CASE("without commit the old content stays and the temporary file goes") {
  const support::temp_dir folder;
  REQUIRE(mr::store::write_file(folder / "a", "old"));
  {
    auto made = mr::store::atomic_file::create(folder / "a");
    REQUIRE(made->write("new"));
    CHECK(entries(folder) == 2);
    auto moved = std::move(*made);
    CHECK(entries(folder) == 2);
  }
  CHECK(mr::store::read_file(folder / "a").value() == "old");
  CHECK(entries(folder) == 1);
}

TEST_CASE("a failed write leaves the old content and no temporary file") {
  const support::temp_dir folder;
  REQUIRE(mr::store::write_file(folder / "a", "old"));
  const pid_t child = ::fork();  // the limit is the process's, so a child takes it
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small_files{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &small_files);
    const auto refused = mr::store::write_file(folder / "a", std::string(100'000, 'x'));
    ::_exit(!refused && refused.error().code() == mr::errc::no_space ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(mr::store::read_file(folder / "a").value() == "old");
  CHECK(entries(folder) == 1);
}

TEST_CASE("a writer killed at any moment leaves one of the whole contents") {
  const support::temp_dir folder;
  const std::string contents[] = {std::string(300'000, 'a'), std::string(200'000, 'b')};
  REQUIRE(mr::store::write_file(folder / "a", contents[0]));
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    if (child == 0)
      for (std::size_t i = 0;; ++i) (void)mr::store::write_file(folder / "a", contents[i % 2]);
    std::this_thread::sleep_for(std::chrono::microseconds(500 + round * 317));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    const auto read = mr::store::read_file(folder / "a");
    REQUIRE(read);
    CHECK((*read == contents[0] || *read == contents[1]));
  }
}

TEST_CASE("permissions: a new file follows the umask, a replaced one keeps its own") {
  const support::temp_dir folder;
  const mode_t before = ::umask(027);
  REQUIRE(mr::store::write_file(folder / "a", "x"));
  CHECK(mode_of(folder / "a") == 0640);
  REQUIRE(::chmod((folder / "a").c_str(), 0604) == 0);
  REQUIRE(mr::store::write_file(folder / "a", "y"));
  CHECK(mode_of(folder / "a") == 0604);
  ::umask(before);
  if (::geteuid() != 0) {  // root may write anything
    REQUIRE(::chmod((folder / "a").c_str(), 0444) == 0);
    CHECK(mr::store::write_file(folder / "a", "z").error().code() == mr::errc::permission_denied);
    CHECK(mr::store::read_file(folder / "a").value() == "y");
  }
}

TEST_CASE("a symbolic link stays and the file behind it is replaced") {
  const support::temp_dir folder;
  fs::create_directory(folder / "real");
  REQUIRE(mr::store::write_file(folder / "real/a", "old"));
  fs::create_symlink("real/a", folder / "link");
  REQUIRE(mr::store::write_file(folder / "link", "new"));
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(mr::store::read_file(folder / "real/a").value() == "new");
}

TEST_CASE("targets that cannot be are refused with their path, and nothing is left behind") {
  const support::temp_dir folder;
  for (const std::string& path :
       {folder / "none/a", folder.path().string(), folder / "sub/", std::string(), std::string("/dev/null"),
        folder / std::string("nul\0x", 5), folder / std::string(300, 'n')}) {
    CAPTURE(path);
    const auto refused = mr::store::write_file(path, "x");
    REQUIRE(!refused);
    CHECK(refused.error().describe().find(path) != std::string::npos);
  }
  CHECK(entries(folder) == 0);
  CHECK(mr::store::write_file(folder / "none/a", "x").error().code() == mr::errc::not_found);
}

TEST_CASE("the longest name that the file system takes can be written") {
  const support::temp_dir folder;
  const std::string path = folder / std::string(255, 'n');
  REQUIRE(mr::store::write_file(path, "x"));
  CHECK(mr::store::read_file(path).value() == "x");
}

TEST_CASE("a relative path stays the same file when the working directory changes") {
  const support::temp_dir folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  auto made = mr::store::atomic_file::create("a");
  REQUIRE(made);
  fs::current_path(before);
  REQUIRE(made->write("x"));
  REQUIRE(made->commit());
  CHECK(mr::store::read_file(folder / "a").value() == "x");
}

TEST_CASE("two writers of one path leave one whole content") {
  const support::temp_dir folder;
  bool written = true;  // Catch's assertions are for one thread
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) written = mr::store::write_file(folder / "a", std::string(50'000, 'b')) && written;
  });
  for (int i = 0; i < 50; ++i) REQUIRE(mr::store::write_file(folder / "a", std::string(70'000, 'a')));
  other.join();
  CHECK(written);
  const auto read = mr::store::read_file(folder / "a").value();
  CHECK((read == std::string(50'000, 'b') || read == std::string(70'000, 'a')));
  CHECK(entries(folder) == 1);
}

TEST_CASE("a saved state goes to a file and comes back, whatever its bytes are") {
  const support::temp_dir folder;
  mr::aggregate<mr::count, mr::mean, mr::quantiles<>> latencies;
  for (int i = 0; i < 1000; ++i) latencies.update(i % 37);
  REQUIRE(mr::store::write_file(folder / "a", latencies.save()));
  const auto loaded = decltype(latencies)::load(*mr::store::read_bytes(folder / "a"));
  REQUIRE(loaded);
  CHECK(loaded->save() == latencies.save());

  std::vector<std::byte> all;
  for (int i = 0; i < 100'000; ++i) all.push_back(static_cast<std::byte>(i * 7 % 256));
  REQUIRE(mr::store::write_file(folder / "a", all));
  CHECK(*mr::store::read_bytes(folder / "a") == all);
  CHECK(mr::store::read_file(folder / "a")->size() == all.size());
  REQUIRE(mr::store::write_file(folder / "a", std::span<const std::byte>()));
  CHECK(mr::store::read_bytes(folder / "a")->empty());
  // Whole or not at all: what could not be written leaves what stood there.
  CHECK(mr::store::write_file(folder / "no/such/folder", all).error().code() == mr::errc::not_found);
  auto pieces = mr::store::atomic_file::create(folder / "a");
  REQUIRE(pieces);
  REQUIRE(pieces->write(std::span<const std::byte>(all)));
  CHECK(mr::store::read_bytes(folder / "a")->empty());
  REQUIRE(pieces->commit());
  CHECK(*mr::store::read_bytes(folder / "a") == all);
  const auto missing = mr::store::read_bytes(folder / "b");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message().find(folder / "b") != std::string::npos);
}

TEST_CASE("a forked copy of an atomic_file writes nothing and leaves the parent's file alone", "[atomic_file]") {
  const support::temp_dir dir;
  const std::string path = dir / "a";
  auto made = mr::store::atomic_file::create(path);
  REQUIRE(made);
  REQUIRE(made->write("from the parent"));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    bool right = !made->write("from the child") && !made->commit();
    right = right && made->commit().error().code() == mr::errc::unavailable;
    {
      const mr::store::atomic_file gone = std::move(*made);
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  REQUIRE(made->commit());
  CHECK(mr::store::read_file(path).value() == "from the parent");
}

TEST_CASE("an atomic file that was moved from writes and commits nothing, and moving one to itself changes nothing") {
  const support::temp_dir folder;
  const auto at = [&](const char* name) { return *mr::store::atomic_file::create(folder / name); };
  laws::moving_from(
      at("a"), at("b"),
      [](mr::store::atomic_file& one) {
        REQUIRE(one.write("x"));
        return one.path();
      },
      [](mr::store::atomic_file& left) {
        CHECK(left.path().empty());
        CHECK_FALSE(left.write("x"));
        CHECK_FALSE(left.commit());
      });
  CHECK(entries(folder) == 0);
  auto one = at("a");
  REQUIRE(one.write("new"));
  auto& self = one;
  one = std::move(self);
  REQUIRE(one.commit());
  CHECK(mr::store::read_file(folder / "a").value() == "new");
}

TEST_CASE("atomic_file: commit_new replaces nothing") {
  const support::temp_dir folder;
  auto one = mr::store::atomic_file::create(folder / "a");
  auto two = mr::store::atomic_file::create(folder / "a");
  REQUIRE(one->write("one"));
  REQUIRE(two->write("two"));
  REQUIRE(one->commit_new());
  CHECK(two->commit_new().error().code() == mr::errc::already_exists);
  CHECK(*mr::store::read_file(folder / "a") == "one");
  CHECK(one->commit_new().error().code() == mr::errc::closed);
  two = mr::error(mr::errc::cancelled, "");  // which removes its temporary file
  CHECK(entries(folder) == 1);
}
