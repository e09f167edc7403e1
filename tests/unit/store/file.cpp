#include <millrace/store/file.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/file_system.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>

#include <laws/moving.hpp>

#include <sys/stat.h>
#include <filesystem>
#include <thread>
#include <utility>

namespace mr = millrace;

TEST_CASE("an error of the system names the action, the path and the reason, and keeps its kind") {
  const auto missing = mr::store::file::open("/no/such/folder/x", O_RDONLY);
  REQUIRE(!missing);
  CHECK(missing.error().code() == mr::errc::not_found);
  CHECK(missing.error().message() == "cannot open \"/no/such/folder/x\": No such file or directory");
  CHECK(mr::store::system_error(ENOSPC, "write", "a").code() == mr::errc::no_space);
  CHECK(mr::store::system_error(EACCES, "write", "a").code() == mr::errc::permission_denied);
  CHECK(mr::store::system_error(EIO, "write", "a").code() == mr::errc::io);
  CHECK(!mr::store::system_error(987654, "write", "a").message().empty());
}

TEST_CASE("a file writes, reads at any place, truncates and knows its size") {
  const support::temp_dir folder;
  auto opened = mr::store::file::open(folder / "a", O_RDWR | O_CREAT);
  REQUIRE(opened);
  CHECK(opened->path() == folder / "a");
  REQUIRE(opened->write("hello world"));
  CHECK(opened->size().value() == 11);
  char out[8] = {};
  CHECK(opened->read_at(6, out, 8).value() == 5);
  CHECK(std::string_view(out, 5) == "world");
  CHECK(opened->read_at(100, out, 8).value() == 0);
  REQUIRE(opened->truncate(5));
  REQUIRE(opened->sync());
  REQUIRE(opened->sync_data());
  CHECK(mr::store::read_file(folder / "a").value() == "hello");
  REQUIRE(opened->close());
  REQUIRE(opened->close());
  CHECK(!opened->is_open());
  const auto refused = opened->write("x");
  REQUIRE(!refused);
  CHECK(refused.error().message().find(folder / "a") != std::string::npos);
}

TEST_CASE("moving a file hands over the descriptor, and no descriptor leaks") {
  const support::temp_dir folder;
  auto first = std::move(mr::store::file::open(folder / "a", O_WRONLY | O_CREAT)).value();
  const int descriptor = first.descriptor();
  mr::store::file second = std::move(first);
  CHECK(!first.is_open());
  CHECK(second.descriptor() == descriptor);
  second = std::move(mr::store::file::open(folder / "b", O_WRONLY | O_CREAT)).value();
  CHECK(::fcntl(descriptor, F_GETFD) == -1);
  CHECK((::fcntl(second.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a write larger than a pipe takes at once arrives whole") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  mr::store::file reader(ends[0], "pipe");
  mr::store::file writer(ends[1], "pipe");
  const std::string sent(3'000'000, 'x');
  bool is_fed = false;
  std::thread feeding([&] { is_fed = writer.write(sent) && writer.close(); });
  std::string received;
  char chunk[65536];
  for (;;) {
    const auto got = ::read(reader.descriptor(), chunk, sizeof chunk);
    if (got <= 0) break;
    received.append(chunk, static_cast<std::size_t>(got));
  }
  feeding.join();
  CHECK(is_fed);
  CHECK(received == sent);
}

TEST_CASE("read_file reads everything, also from files that do not know their size") {
  const support::temp_dir folder;
  std::string content;
  for (int i = 0; i < 20000; ++i) content += static_cast<char>(i * 7);
  {
    auto opened = mr::store::file::open(folder / "a", O_WRONLY | O_CREAT);
    REQUIRE(opened->write(content));
  }
  CHECK(mr::store::read_file(folder / "a").value() == content);
  CHECK(!mr::store::read_file("/proc/self/status").value().empty());
  CHECK(mr::store::read_file("/dev/null").value().empty());
  CHECK(mr::store::read_file(folder / "none").error().code() == mr::errc::not_found);
  CHECK(!mr::store::read_file(folder.path().string()).has_value());
}

TEST_CASE("an absolute path begins at the working directory of now") {
  CHECK(mr::store::absolute_path("") == "");
  CHECK(mr::store::absolute_path("/a/b") == "/a/b");
  CHECK(mr::store::absolute_path("a/b") == (std::filesystem::current_path() / "a/b").string());
}

TEST_CASE("a full device is an error of its own kind") {
  auto full = mr::store::file::open("/dev/full", O_WRONLY);
  REQUIRE(full);
  const auto refused = full->write("x");
  REQUIRE(!refused);
  CHECK(refused.error().code() == mr::errc::no_space);
  CHECK(refused.error().message() == "cannot write \"/dev/full\": No space left on device");
}

TEST_CASE("a file that was moved from is as freshly made, and moving one to itself changes nothing") {
  const support::temp_dir folder;
  const auto at = [&](const char* name) { return *mr::store::file::open(folder / name, O_RDWR | O_CREAT); };
  laws::moving_from(
      at("a"), at("b"), [](const mr::store::file& one) { return std::pair(one.descriptor(), one.path()); },
      [](mr::store::file& left) {
        CHECK(left.descriptor() == mr::store::file().descriptor());
        CHECK(left.path() == mr::store::file().path());
        CHECK_FALSE(left.write("x"));
      });
}

TEST_CASE("what store gives is unchanged when it was moved from, but for what owns a file") {
  using namespace mr::store;
  STATIC_REQUIRE(
      laws::moves_by_copying<posix_file_system, file_place, block, drop_and_count, sync_policy, moved_policy,
                             line_log_options, line_log_statistics, tail_repair, exclusive, shared, ring_slot>);
  STATIC_REQUIRE_FALSE(std::is_move_constructible_v<record_ring<exclusive>>);
  STATIC_REQUIRE_FALSE(std::is_move_constructible_v<record_ring<shared>>);
}
