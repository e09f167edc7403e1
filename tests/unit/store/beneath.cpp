#include <millrace/store/beneath.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

std::string text(const mr::result<std::vector<std::byte>>& bytes) {
  REQUIRE(bytes);
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace

TEST_CASE("a file below the folder is read, whole or in part") {
  const support::temp_dir folder;
  std::filesystem::create_directory(folder / "data");
  REQUIRE(mr::store::write_file(folder / "data/a.bin", std::string_view("0123456789")));
  const std::string root = folder.path();
  CHECK(text(mr::store::read_beneath(root, "data/a.bin")) == "0123456789");
  CHECK(text(mr::store::read_beneath(root + "/", "./data/a.bin", 3, 4)) == "3456");
  CHECK(text(mr::store::read_beneath(root, "data/a.bin", 10)).empty());
  CHECK(text(mr::store::read_beneath(root, "data/a.bin", 10, 0)).empty());
}

TEST_CASE("bytes behind the end of a file are asked for in vain, and nothing is allocated for them") {
  const support::temp_dir folder;
  REQUIRE(mr::store::write_file(folder / "a", std::string_view("0123456789")));
  for (const auto& [offset, length] : {std::pair<std::uint64_t, std::uint64_t>{0, 11},
                                       {11, 0},
                                       {4, 1ULL << 62},
                                       {~0ULL, mr::store::whole_file},
                                       {11, mr::store::whole_file}}) {
    const auto read = mr::store::read_beneath(folder.path(), "a", offset, length);
    REQUIRE(!read);
    CHECK(read.error().code() == mr::errc::truncated);
  }
}

TEST_CASE("no path leads out of the folder") {
  const support::temp_dir folder;
  std::filesystem::create_directory(folder / "inside");
  REQUIRE(mr::store::write_file(folder / "secret", std::string_view("no")));
  std::filesystem::create_symlink(folder / "secret", folder / "inside/link");
  std::filesystem::create_directory_symlink(folder.path(), folder / "inside/up");
  for (const std::string& path :
       std::vector<std::string>{"../secret", "/etc/hostname", "./../secret", "link", "up/secret", "", ".//b", "inside/",
                                std::string("link\0x", 6)}) {
    const auto opened = mr::store::open_beneath(folder / "inside", path);
    INFO(path);
    REQUIRE(!opened);
    CHECK(opened.error().code() == (path == "inside/" ? mr::errc::not_found : mr::errc::permission_denied));
  }
  // The folder itself may be reached by a link: we chose it.
  CHECK(mr::store::open_beneath(folder / "inside/up", "secret"));
}

TEST_CASE("what is no regular file is not read, and does not make the caller wait") {
  const support::temp_dir folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(folder / "sub");
  for (const char* path : {"pipe", "sub", "."}) {
    const auto opened = mr::store::open_beneath(folder.path(), path);
    REQUIRE(!opened);
    CHECK(opened.error().code() == mr::errc::invalid_argument);
  }
  const auto missing = mr::store::open_beneath(folder.path(), "none");
  REQUIRE(!missing);
  CHECK(missing.error().code() == mr::errc::not_found);
  CHECK(missing.error().message().find("none") != std::string::npos);
}
