#include <millrace/store/file_system.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <cerrno>
#include <string>

namespace mr = millrace;

TEST_CASE("the machine's file system writes, reads back, cuts, syncs and measures a file", "[file_system]") {
  STATIC_REQUIRE(mr::store::file_system<mr::store::posix_file_system>);
  const support::temp_dir dir;
  const std::string path = dir / "a";
  mr::store::posix_file_system fs;
  const int fd = fs.open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  CHECK(fs.write(fd, "hello", 5) == 5);
  char back[5] = "";
  CHECK(fs.read_at(fd, back, 4, 1) == 4);
  CHECK(std::string(back) == "ello");
  CHECK(fs.truncate(fd, 2) == 0);
  CHECK(fs.regular_size(fd) == 2);
  CHECK(fs.sync_data(fd) == 0);
  CHECK(fs.sync_directory_of(path.c_str()) == 0);
  CHECK(fs.sync_directory_of("/dev") == 0);
  CHECK(fs.sync_directory_of("nowhere/at/all") == -1);
  CHECK(errno == ENOENT);
  CHECK(fs.lock(fd) == 0);
  const int second = fs.open(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
  CHECK(fs.lock(second) == -1);
  CHECK(errno == EWOULDBLOCK);
  CHECK(fs.close(second) == 0);
  CHECK(fs.close(fd) == 0);
  CHECK(fs.regular_size(fd) == -1);

  const int folder = fs.open(dir.path().c_str(), O_RDONLY | O_CLOEXEC, 0);
  CHECK(fs.regular_size(folder) == -1);
  CHECK(errno == EINVAL);
  fs.close(folder);
}
