#include <millrace/store/folder_storage.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
namespace fs = std::filesystem;
using laws::bytes_of;

TEST_CASE("folder_storage keeps the laws of storages, and leaves no temporary file") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder.path());
  REQUIRE(storage);
  laws::storage_laws(*storage, 12, 150, 5);
  for (const auto& each : fs::recursive_directory_iterator(folder.path())) CHECK(each.is_directory());
}

TEST_CASE("folder_storage: objects are plain files, which another one of the same folder sees") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder.path());
  REQUIRE(storage->write("models/fraud/v1.bin", bytes_of("weights")));
  CHECK(fs::file_size(folder.path() / "models/fraud/v1.bin") == 7);
  const auto other = ms::folder_storage::open(folder.path());
  CHECK(laws::text_of(*other->read("models/fraud/v1.bin")) == "weights");
  CHECK(other->examine("models/fraud/v1.bin")->size == 7);
  CHECK(other->examine("models/fraud/v1.bin")->version.empty());
}

TEST_CASE("folder_storage: no link is followed, replaced, removed or listed, and no file outside is touched") {
  const support::temp_dir folder;
  fs::create_directories(folder.path() / "root/data");
  REQUIRE(ms::write_file(folder / "secret", std::string_view("no")));
  fs::create_symlink(folder / "secret", folder / "root/link");
  fs::create_directory_symlink(folder.path(), folder / "root/up");
  REQUIRE(::mkfifo((folder / "root/pipe").c_str(), 0600) == 0);
  REQUIRE(ms::write_file(folder / "root/data/odd#name", std::string_view("no")));
  auto storage = ms::folder_storage::open(folder / "root");
  REQUIRE(storage);
  for (const char* key : {"link", "up/secret", "pipe", "pipe/below", "link/below"}) {
    INFO(key);
    CHECK_FALSE(storage->read(key));
    CHECK_FALSE(storage->examine(key));
    CHECK_FALSE(ms::exists(*storage, key));  // an error: who can say what is there?
    CHECK_FALSE(storage->write(key, bytes_of("x")));
    CHECK_FALSE(storage->remove(key));
  }
  REQUIRE(storage->remove("data"));  // a folder is no object
  CHECK(fs::exists(folder.path() / "root/data"));
  CHECK_FALSE(storage->write("up/new", bytes_of("x")));
  CHECK_FALSE(fs::exists(folder.path() / "new"));
  CHECK(storage->list("", "", 10)->empty());
  CHECK(*ms::read_file(folder / "secret") == "no");
}

TEST_CASE("folder_storage: an object cannot stand where a folder of others does") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder.path());
  REQUIRE(storage->write("a", bytes_of("1")));
  CHECK_FALSE(storage->write("a/b", bytes_of("2")));
  REQUIRE(storage->write("c/d", bytes_of("3")));
  CHECK_FALSE(storage->write("c", bytes_of("4")));
  CHECK(laws::text_of(*storage->read("a")) == "1");
  CHECK(laws::text_of(*storage->read("c/d")) == "3");
}

TEST_CASE("folder_storage: the folder is made, but not those around it, or has to be there") {
  const support::temp_dir folder;
  const auto absent = ms::folder_storage::open(folder / "new", {.must_exist = true});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code() == mr::errc::not_found);
  CHECK_FALSE(fs::exists(folder.path() / "new"));
  for (const char* name : {"new", "new", "other/"}) {
    auto storage = ms::folder_storage::open(folder / name);
    REQUIRE(storage);
    CHECK(storage->write("a", bytes_of("1")));
    CHECK(ms::folder_storage::open(folder / name, {.must_exist = true}));
  }
  const auto deep = ms::folder_storage::open(folder / "none/new");
  REQUIRE_FALSE(deep);
  CHECK(deep.error().code() == mr::errc::not_found);
  CHECK_FALSE(fs::exists(folder.path() / "none"));
  CHECK_FALSE(ms::folder_storage::open(folder / "new/a"));  // a file
  fs::create_directory_symlink(folder / "gone", folder / "link");
  CHECK_FALSE(ms::folder_storage::open(folder / "link"));
  CHECK_FALSE(fs::exists(folder.path() / "gone"));
}

TEST_CASE("folder_storage: a folder that is gone is an error, and not one without objects") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder / "all");
  REQUIRE(storage->write("a/b", bytes_of("1")));
  fs::rename(folder / "all", folder / "elsewhere");
  const std::string why = "cannot use \"" + folder / "all" + "\": it was deleted or renamed while it was open";
  for (const auto& refused : {storage->read("a/b").error(), storage->read("c").error(), storage->examine("a/b").error(),
                              storage->write("a/b", bytes_of("2")).error(), storage->write("c", bytes_of("2")).error(),
                              storage->create("c", bytes_of("2")).error(), storage->remove("a/b").error(),
                              storage->remove("c").error(), storage->list("", "", 9).error()}) {
    CHECK(refused.code() == mr::errc::io);
    CHECK(refused.message() == why);
  }
  fs::rename(folder / "elsewhere", folder / "all");
  CHECK(storage->read("a/b"));
  CHECK(storage->read("c").error().code() == mr::errc::not_found);
}
