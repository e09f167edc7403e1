#include <millrace/connect/databricks/volume.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/databricks.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
namespace ms = millrace::store;
using mr::errc;

namespace {

struct faked_volume : support::faked_workspace {
  db::volume<decltype(workspace)> volume{workspace, *db::unity_name::make("main.ml.files")};
};

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
std::string text(std::span<const std::byte> of) { return {reinterpret_cast<const char*>(of.data()), of.size()}; }

const std::string root = "/Volumes/main/ml/files/";

}  // namespace

TEST_CASE("databricks: a volume is a storage") {
  using volume = decltype(faked_volume::volume);
  static_assert(ms::storage<volume> && ms::creates_objects<volume>);
  faked_volume of;
  of.fake.page = 3;
  laws::storage_laws(of.volume, 5, 400, 20);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: a tracker keeps its artifacts in a volume") {
  faked_volume of;
  ms::memory_storage records;
  auto tracker = mr::track::tracker<ms::memory_storage, decltype(of.volume)>::open(records, of.volume);
  REQUIRE(tracker);
  const auto experiment = tracker->create_experiment("e");
  const auto run = tracker->create_run(experiment->id);
  REQUIRE(run);
  REQUIRE(tracker->log_artifact(run->id, "models/a.bin", bytes("a model")));
  CHECK(text(*tracker->read_artifact(run->id, "models/a.bin")) == "a model");
  CHECK(!of.volume.list("", "", 9)->empty());
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: files of a volume go there and back by the Files API") {
  faked_volume of;
  const std::string odd = "a b/\xc3\xbc%20+&=:@,;'~(1).bin";
  REQUIRE(of.volume.write(odd, bytes(std::string_view("\0\xff\r\n", 4))));
  CHECK(of.fake.file(root + odd) == std::string_view("\0\xff\r\n", 4));
  CHECK(text(*of.volume.read(odd)) == std::string_view("\0\xff\r\n", 4));
  CHECK(*of.volume.examine(odd) == ms::storage_entry{odd, 4, {}});
  REQUIRE(of.volume.write(odd, {}));
  CHECK(of.volume.read(odd)->empty());
  CHECK(of.volume.create(odd, bytes("new")).error().code() == errc::already_exists);
  CHECK(of.volume.create("created", bytes("new")));
  CHECK(of.volume.remove("created"));
  CHECK(of.volume.remove("created"));
  CHECK(of.volume.read("created").error().code() == errc::not_found);
  CHECK(
      of.fake.journal() ==
      "PUT "
      "/api/2.0/fs/files/Volumes/main/ml/files/a%20b/%C3%BC%2520%2B%26%3D%3A%40%2C%3B%27~%281%29.bin?overwrite=true\n"
      "GET /api/2.0/fs/files/Volumes/main/ml/files/a%20b/%C3%BC%2520%2B%26%3D%3A%40%2C%3B%27~%281%29.bin\n"
      "HEAD /api/2.0/fs/files/Volumes/main/ml/files/a%20b/%C3%BC%2520%2B%26%3D%3A%40%2C%3B%27~%281%29.bin\n"
      "PUT "
      "/api/2.0/fs/files/Volumes/main/ml/files/a%20b/%C3%BC%2520%2B%26%3D%3A%40%2C%3B%27~%281%29.bin?overwrite=true\n"
      "GET /api/2.0/fs/files/Volumes/main/ml/files/a%20b/%C3%BC%2520%2B%26%3D%3A%40%2C%3B%27~%281%29.bin\n"
      "PUT "
      "/api/2.0/fs/files/Volumes/main/ml/files/a%20b/%C3%BC%2520%2B%26%3D%3A%40%2C%3B%27~%281%29.bin?overwrite=false\n"
      "PUT /api/2.0/fs/files/Volumes/main/ml/files/created?overwrite=false\n"
      "DELETE /api/2.0/fs/files/Volumes/main/ml/files/created\n"
      "DELETE /api/2.0/fs/files/Volumes/main/ml/files/created\n"
      "GET /api/2.0/fs/files/Volumes/main/ml/files/created\n");
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: nothing leads out of a volume") {
  faked_volume of;
  for (const std::string key :
       {"", "/", "..", "../x", "a/../../x", "a//b", "/etc/passwd", "a/.", "a\\b", "a?b", "a#b", "a\nb"}) {
    INFO(key);
    CHECK(of.volume.read(key).error().code() == errc::invalid_argument);
    CHECK(of.volume.write(key, {}).error().code() == errc::invalid_argument);
    CHECK(of.volume.create(key, {}).error().code() == errc::invalid_argument);
    CHECK(of.volume.remove(key).error().code() == errc::invalid_argument);
    CHECK(of.volume.examine(key).error().code() == errc::invalid_argument);
    CHECK(of.volume.read_pieces(key, 1, [](auto) {}).error().code() == errc::invalid_argument);
    CHECK(of.volume.make_directory(key).error().code() == errc::invalid_argument);
    CHECK(of.volume.remove_directory(key).error().code() == errc::invalid_argument);
    if (!key.empty())
      CHECK(of.volume.for_each_entry(key, [](const db::file_entry&) {}).error().code() == errc::invalid_argument);
  }
  CHECK(of.fake.requests().empty());
  CHECK(of.volume.list("../", "", 10)->empty());
  CHECK(of.volume.write("%2e%2e/x", {}));  // three plain characters, twice
  CHECK(of.fake.has_file(root + "%2e%2e/x"));
}

TEST_CASE("databricks: directories of a volume are made, listed page by page, and removed") {
  faked_volume of;
  REQUIRE(of.volume.make_directory("d/e"));
  for (const char* name : {"d/1", "d/2", "d/3", "d/4"}) REQUIRE(of.volume.write(name, bytes("xyz")));
  of.fake.forget();
  std::string seen;
  REQUIRE(of.volume.for_each_entry("d", [&](const db::file_entry& each) {
    seen += each.name + (each.is_directory ? "/ " : ' ' + std::to_string(each.size) + ' ');
  }));
  CHECK(seen == "1 3 2 3 3 3 4 3 e/ ");
  CHECK(of.fake.journal() ==
        "GET /api/2.0/fs/directories/Volumes/main/ml/files/d\n"
        "GET /api/2.0/fs/directories/Volumes/main/ml/files/d?page_token=%2B%2F2%3D%26%3F\n"
        "GET /api/2.0/fs/directories/Volumes/main/ml/files/d?page_token=%2B%2F4%3D%26%3F\n");
  CHECK(of.volume
            .for_each_entry("d",
                            [](const db::file_entry&) -> mr::result<void> { return mr::error(errc::vetoed, "enough"); })
            .error()
            .message() == "enough");
  CHECK(of.volume.for_each_entry("none", [](const db::file_entry&) {}).error().code() == errc::not_found);
  CHECK(!of.volume.remove_directory("d"));
  CHECK(of.volume.remove_directory("d/e"));
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: a list asks for the directories alone that may have something of it") {
  faked_volume of;
  of.fake.page = 100;
  for (const char* name : {"a/1", "a/2", "ab/1", "b/x/1", "b/x/2", "b/y/1", "c", "b/"})
    if (std::string_view(name).back() != '/') REQUIRE(of.volume.write(name, {}));
  const auto keys = [&](std::string_view prefix, std::string_view after) {
    of.fake.forget();
    std::string made;
    const auto listed = of.volume.list(prefix, after, 100);
    for (const ms::storage_entry& each : *listed) made += each.key + ' ';
    return made + std::to_string(of.fake.requests().size());
  };
  CHECK(keys("", "") == "a/1 a/2 ab/1 b/x/1 b/x/2 b/y/1 c 6");
  CHECK(keys("a", "") == "a/1 a/2 ab/1 3");
  CHECK(keys("b/x/", "") == "b/x/1 b/x/2 1");
  CHECK(keys("b/", "b/x/1") == "b/x/2 b/y/1 3");
  CHECK(keys("b/", "b/x/9") == "b/y/1 3");
  CHECK(keys("", "b/y") == "b/y/1 c 3");
  CHECK(keys("none/", "") == "1");
  CHECK(of.volume.list("", "", 2)->size() == 2);
}

TEST_CASE("databricks: a file is read piece by piece, and no other file's pieces are taken for its own") {
  faked_volume of;
  REQUIRE(of.volume.write("x", bytes("0123456789")));
  REQUIRE(of.volume.write("empty", {}));
  const auto pieces = [&](std::string_view key, std::size_t size) {
    std::string made;
    const auto done =
        of.volume.read_pieces(key, size, [&](std::span<const std::byte> piece) { made += text(piece) + '|'; });
    return done ? made : made + std::to_string(static_cast<int>(done.error().code()));
  };
  CHECK(pieces("x", 4) == "0123|4567|89|");
  CHECK(pieces("x", 10) == "0123456789|");
  CHECK(pieces("x", 0) == "0|1|2|3|4|5|6|7|8|9|");
  CHECK(pieces("empty", 4) == "");
  of.fake.forget();
  CHECK(pieces("x", 6) == "012345|6789|");
  const auto second = of.fake.requests().at(2);
  CHECK(*ms::find_header(second.headers, "Range") == "bytes=6-9");
  CHECK(*ms::find_header(second.headers, "If-Unmodified-Since") == "Tue, 01 Dec 2026 00:00:00 GMT");
  of.fake.knows_ranges = false;
  CHECK(pieces("x", 6) == "012345|6789|");
  const ms::http_response none{.status = 0};
  of.fake.script({none, {206, {{"Content-Range", "bytes 1-4/10"}}, "1234"}});
  CHECK(pieces("x", 4) == "205");
  of.fake.script({none, {206, {}, "012"}});
  CHECK(pieces("x", 4) == "205");
  of.fake.script({none, {200, {}, "012"}});
  CHECK(pieces("x", 4) == "205");
  of.fake.script({none, {412, {}, ""}});
  CHECK(pieces("x", 4) == "105");
}

TEST_CASE("databricks: a response of a volume that is cut or lies is an error") {
  faked_volume of;
  of.fake.script({{200, {{"Content-Length", "5"}}, "abc"}});
  CHECK(of.volume.read("x").error().code() == errc::truncated);
  of.fake.script({{200, {{"Content-Length", "5"}, {"Content-Encoding", "gzip"}}, "abc"}});
  CHECK(of.volume.read("x"));  // the transport has unpacked it
  of.fake.script({{200, {}, ""}});
  CHECK(of.volume.examine("x").error().code() == errc::corrupt);
  const auto listed = [&](const std::string& body) {
    of.fake.script({{200, {}, body}});
    const auto done = of.volume.for_each_entry("d", [](const db::file_entry&) {});
    return done ? errc{} : done.error().code();
  };
  for (const char* name : {"", "/", ".", "..", "../x", "a/b"})
    CHECK(listed(R"({"contents":[{"path":"","name":")" + std::string(name) + R"("}]})") == errc::corrupt);
  CHECK(listed(R"({"contents":{}})") == errc::corrupt);
  // Whatever path an entry is sent with, it is one of the directory; a directory's may end with a slash.
  of.fake.script({{200, {}, R"({"contents":[{"path":"/Volumes/x/y/z/../../a","name":"b"},
    {"path":"/Volumes/main/ml/files/d/e/","is_directory":true}]})"}});
  std::string seen;
  REQUIRE(
      of.volume.for_each_entry("d", [&](const db::file_entry& each) { seen += each.path + ' ' + each.name + ' '; }));
  CHECK(seen == "/Volumes/main/ml/files/d/b b /Volumes/main/ml/files/d/e e ");
  of.fake.script({{200, {}, R"({"next_page_token":"a"})"}, {200, {}, R"({"next_page_token":"a"})"}});
  CHECK(of.volume.for_each_entry("d", [](const db::file_entry&) {}).error().code() == errc::corrupt);
}
