#include <millrace/store/file.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <sys/stat.h>
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
  std::thread feeding([&] {
    CHECK(writer.write(sent));
    CHECK(writer.close());
  });
  std::string received;
  char chunk[65536];
  for (;;) {
    const auto got = ::read(reader.descriptor(), chunk, sizeof chunk);
    if (got <= 0) break;
    received.append(chunk, static_cast<std::size_t>(got));
  }
  feeding.join();
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

TEST_CASE("a full device is an error of its own kind") {
  auto full = mr::store::file::open("/dev/full", O_WRONLY);
  REQUIRE(full);
  const auto refused = full->write("x");
  REQUIRE(!refused);
  CHECK(refused.error().code() == mr::errc::no_space);
  CHECK(refused.error().message() == "cannot write \"/dev/full\": No space left on device");
}
