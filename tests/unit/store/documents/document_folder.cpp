#include <millrace/store/documents/document_folder.hpp>

#include <millrace/store/atomic_file.hpp>

#include <laws/storage.hpp>
#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/faulty_folder.hpp>
#include <support/golden.hpp>
#include <support/storage_contents.hpp>
#include <support/temp_dir.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fs = std::filesystem;
namespace mr = millrace;
namespace ms = millrace::store;
using laws::bytes_of;
using support::contents;

namespace {

/// Without syncs, which tests need not wait for.
using fast_folder = ms::document_folder<ms::durable::group<5>, support::faulty_folder_file_system>;

/// A folder with documents of all kinds, as it is when everybody has closed it.
std::map<std::string, std::string> make_folder(const std::string& path) {
  auto storage = fast_folder::open(path);
  REQUIRE(storage);
  REQUIRE(storage->write("runs/7/a.json", bytes_of(R"({"id":"a","loss":0.25,"steps":3,"done":true,"tags":[1,2]})")));
  REQUIRE(storage->write("runs/7/b.json", bytes_of(R"({"id":"b","loss":2,"steps":4,"done":false,"note":"x"})")));
  REQUIRE(storage->write("runs/8/c.json", bytes_of(R"({"id":"c"})")));
  REQUIRE(storage->write("points/1", bytes_of(std::string(500, 'p'))));
  REQUIRE(storage->write("index/by_loss/025/a", bytes_of("")));
  REQUIRE(storage->write("index/names/first", bytes_of("0000000000000001")));
  return contents(*storage);
}

void overwrite(const std::string& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

}  // namespace

static_assert(ms::transactional_storage<ms::document_folder<>> && ms::creates_objects<ms::document_folder<>>);

TEST_CASE("document_folder keeps the laws of storages and transactions") {
  const support::temp_dir folder;
  auto storage = fast_folder::open(folder / "store", {.max_journal_bytes = 20'000});
  REQUIRE(storage);
  laws::storage_laws(*storage, 11, 300, 20);
  laws::transaction_laws(*storage, 12, 100);
}

TEST_CASE("document_folder: what was written is there when it is opened again, by the files alone, too") {
  const support::temp_dir folder;
  const auto made = make_folder(folder / "store");
  CHECK(contents(*fast_folder::open(folder / "store", {.must_exist = true})) == made);
  // Documents are plain files.
  CHECK(*ms::read_file(folder / "store/runs/8/c.json") == R"({"id":"c"})");
  CHECK(fs::file_size(folder / "store/points/1.bin") == 500);
  CHECK_FALSE(fs::exists(folder / "store/index"));
  CHECK(fs::file_size(folder / "store/.millrace-journal") == 64);
  // A file is there as soon as its transaction has returned.
  auto storage = fast_folder::open(folder / "store");
  REQUIRE(storage->write("runs/8/d.json", bytes_of("{}")));
  CHECK(fs::exists(folder / "store/runs/8/d.json"));
  REQUIRE(storage->remove("runs/8/d.json"));
  CHECK_FALSE(fs::exists(folder / "store/runs/8/d.json"));
}

TEST_CASE("document_folder: an index has a row for each document, with its members as columns") {
  const support::temp_dir folder;
  make_folder(folder / "store");
  const auto reader = ms::open_parquet(folder / "store/runs/7/index.parquet");
  REQUIRE(reader);
  CHECK(reader->rows() == 2);
  std::vector<std::string> columns;
  for (const ms::parquet_field& each : reader->fields()) columns.push_back(each.name);
  CHECK(columns ==
        std::vector<std::string>{"_key", "_version", "_size", "_crc32c", "id", "loss", "steps", "done", "note"});
  CHECK((*reader->read(0, "_key")->values<std::string_view>())[1] == "runs/7/b.json");
  CHECK((*reader->read(0, "loss")->values<double>())[0] == 0.25);
  CHECK((*reader->read(0, "steps")->values<std::int64_t>())[1] == 4);
  CHECK((*reader->read(0, "done")->values<bool>())[0]);
  CHECK(reader->read(0, "note")->missing(0));
  CHECK_FALSE(fs::exists(folder / "store/index.parquet"));
}

TEST_CASE("document_folder: what is missing or damaged is an error with its name, and can be made again") {
  const support::temp_dir folder;
  const std::string store = folder / "store";
  const auto made = make_folder(store);
  fs::copy(store, folder / "saved", fs::copy_options::recursive);
  struct damage {
    const char* what;
    mr::errc code;
    const char* named;
    bool loses;  // objects, which only a copy could bring back
  };
  const auto apply = [&](const std::string& what) {
    if (what.substr(0, 2) == "- ") fs::remove_all(store + '/' + what.substr(2));
    if (what.substr(0, 2) == "# ") overwrite(store + '/' + what.substr(2), 7, '#');
    if (what.substr(0, 2) == "0 ") fs::resize_file(store + '/' + what.substr(2), 0);
    if (what.substr(0, 2) == "+ ") REQUIRE(ms::write_file(store + '/' + what.substr(2), std::string_view("{}")));
  };
  for (const damage& each :
       {damage{"- runs/7/index.parquet", mr::errc::corrupt, "runs/7/index.parquet", false},
        damage{"# runs/7/index.parquet", mr::errc::corrupt, "runs/7/index.parquet", false},
        damage{"0 runs/8/index.parquet", mr::errc::corrupt, "runs/8/index.parquet", false},
        damage{"- runs/7/a.json", mr::errc::corrupt, "runs/7/a.json", true},
        damage{"# runs/7/a.json", mr::errc::checksum_mismatch, "runs/7/a.json", true},
        damage{"0 points/1.bin", mr::errc::checksum_mismatch, "points/1.bin", true},
        damage{"+ runs/7/new.json", mr::errc::corrupt, "runs/7/new.json", true},
        damage{"- runs", mr::errc::corrupt, "store", true}, damage{"- entries.jsonl", mr::errc::corrupt, "store", true},
        damage{"- .millrace-journal", mr::errc::corrupt, ".millrace-journal", false}}) {
    INFO(each.what);
    fs::remove_all(store);
    fs::copy(folder / "saved", store, fs::copy_options::recursive);
    apply(each.what);
    const auto opened = fast_folder::open(store);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == each.code);
    CHECK(opened.error().message().find(each.named) != std::string::npos);
    CHECK(opened.error().message().find("rebuild_indexes") != std::string::npos);
    const auto rebuilt = fast_folder::rebuild_indexes(store);
    REQUIRE(rebuilt);
    const auto again = fast_folder::open(store);
    REQUIRE(again);
    if (!each.loses) CHECK(contents(*again) == made);
    CHECK(contents(*again).size() == *rebuilt);
  }
  // Lines of entries are not made of anything else.
  fs::remove_all(store);
  fs::copy(folder / "saved", store, fs::copy_options::recursive);
  apply("# entries.jsonl");
  for (const bool rebuilds : {false, true}) {
    const auto code = rebuilds ? fast_folder::rebuild_indexes(store).error() : fast_folder::open(store).error();
    CHECK(code.code() == mr::errc::corrupt);
    CHECK(code.message().find("entries.jsonl\" is damaged in line 1") != std::string::npos);
  }
}

TEST_CASE("document_folder: a journal is replayed, and a damaged or newer one refused") {
  const support::temp_dir folder;
  const std::string store = folder / "store";
  {
    auto storage = fast_folder::open(store);
    REQUIRE(storage->write("a.json", bytes_of("{\"n\":1}")));
    REQUIRE(storage->write("b", bytes_of("entry")));
    REQUIRE(storage->remove("a.json"));
    REQUIRE(storage->write("c.json", bytes_of("{\"n\":2}")));
    fs::copy(store, folder / "killed", fs::copy_options::recursive);  // as a kill would leave it
  }
  const std::string killed = folder / "killed";
  const std::string journal = killed + "/.millrace-journal";
  fs::remove(killed + "/c.json");  // which was not written yet
  REQUIRE(ms::write_file(killed + "/a.json", std::string_view("torn")));
  const std::string whole = *ms::read_file(journal);
  CHECK(contents(*fast_folder::open(killed)) ==
        std::map<std::string, std::string>{{"b", "entry"}, {"c.json", "{\"n\":2}"}});
  // Each byte of it, changed.
  mr::random_engine random(7);
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    INFO(at);
    const std::string copy = folder / "copy";
    fs::remove_all(copy);
    fs::create_directory(copy);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ (1 << random.below(8)));
    REQUIRE(ms::write_file(copy + "/.millrace-journal", changed));
    const auto opened = fast_folder::open(copy);
    if (!opened) {
      ++refused;
      CHECK(opened.error().message().find(".millrace-journal") != std::string::npos);
    } else {
      CHECK((at >= 40 && at < 64));  // the mark says only where others read up to
      CHECK(contents(*opened).size() == 2);
    }
  }
  CHECK(refused > 30);
  // Cut off in its last record, behind what was kept: nobody was told of that.
  for (const std::size_t size : {std::size_t{64}, std::size_t{65}, whole.size() - 1}) {
    const std::string copy = folder / "copy";
    fs::remove_all(copy);
    fs::create_directory(copy);
    std::string cut = whole.substr(0, size);
    for (std::size_t at = 40; at < 64; ++at) cut[at] = '\0';
    REQUIRE(ms::write_file(copy + "/.millrace-journal", cut));
    const auto opened = fast_folder::open(copy);
    REQUIRE(opened);
    CHECK(contents(*opened).size() == (size < 66 ? 0 : 1));
    REQUIRE(opened->look([](const auto&) -> mr::result<int> { return 1; }));
  }
  REQUIRE(ms::write_file(folder / "copy/.millrace-journal", whole.substr(0, 8) + '\7' + whole.substr(9)));
  const auto newer = fast_folder::open(folder / "copy");
  CHECK(newer.error().code() == mr::errc::unsupported);
  CHECK(newer.error().message() == "\"" + folder / "copy" +
                                       "/.millrace-journal\" is of format 7, of a newer millrace: "
                                       "this one knows format 1");
}

TEST_CASE("document_folder: two on one folder see each other's writes, and wait for each other") {
  const support::temp_dir folder;
  auto one = fast_folder::open(folder / "a", {.busy_timeout_ms = 30, .max_journal_bytes = 1000});
  auto two = fast_folder::open(folder / "a", {.busy_timeout_ms = 30, .max_journal_bytes = 1000});
  REQUIRE(one->write("a", bytes_of("1")));
  CHECK(laws::text_of(*two->read("a")) == "1");
  REQUIRE(one->transact([&](fast_folder::transaction& t) -> mr::result<void> {
    const auto late = two->write("a", bytes_of("x"));
    CHECK(late.error().code() == mr::errc::timeout);
    CHECK(late.error().message() == "cannot write to \"" + one->folder() + "\": somebody else has written for 30 ms");
    return t.write("a", bytes_of("2"));
  }));
  CHECK(laws::text_of(*two->read("a")) == "2");
  // Through new journals, one after the other and several at once.
  for (int i = 0; i < 60; ++i) {
    auto& writer = i % 3 == 0 ? *one : *two;
    REQUIRE(writer.write("n/" + std::to_string(i) + ".json", bytes_of(std::string(200, 'n'))));
    if (i % 3 == 1) CHECK(one->list("n/", "", 100)->size() == static_cast<std::size_t>(i) + 1);
  }
  for (int i = 0; i < 30; ++i) REQUIRE(two->remove("n/" + std::to_string(i) + ".json"));
  CHECK(contents(*one) == contents(*two));
  CHECK(one->list("n/", "", 100)->size() == 30);
}

TEST_CASE("document_folder: objects have the files that rules say, at each opening") {
  const support::temp_dir folder;
  const ms::document_folder_options ruled{
      .paths = {{"r/models/#/versions/#", "r/metadata/#/v#.json"}, {"r/models/#/model", "r/models/#.json"}}};
  const std::string one = "r/models/" + ms::number_key_part(std::uint64_t{1});
  {
    auto storage = fast_folder::open(folder / "a", ruled);
    REQUIRE(storage->write(one + "/model", bytes_of("{}")));
    REQUIRE(storage->write(one + "/versions/" + ms::number_key_part(std::uint64_t{2}), bytes_of("{}")));
    REQUIRE(storage->write("r/metadata/1/v2.json", bytes_of("another")));  // where a rule's file is: an entry
  }
  CHECK(fs::exists(folder / "a/r/models/1.json"));
  CHECK(fs::exists(folder / "a/r/models/index.parquet"));
  CHECK(fs::exists(folder / "a/r/metadata/1/v2.json"));
  CHECK(contents(*fast_folder::open(folder / "a", ruled)).size() == 3);
  CHECK_FALSE(fast_folder::open(folder / "a"));
}

TEST_CASE("document_folder: room is kept free, in memory and on the disk") {
  const support::temp_dir folder;
  auto storage = fast_folder::open(folder / "a", {.keep_free = std::uint64_t{1} << 62});
  const auto refused = storage->write("models/a", bytes_of("x"));
  CHECK(refused.error().code() == mr::errc::no_space);
  CHECK(refused.error().message().find("cannot write \"models/a\" in \"" + storage->folder()) == 0);
  CHECK(storage->remove("models/a"));
  auto small_one = fast_folder::open(folder / "b", {.max_bytes = 100});
  CHECK(small_one->write("a", bytes_of(std::string(100, 'x'))).error().code() == mr::errc::no_space);
  CHECK(small_one->write("a", bytes_of(std::string(99, 'x'))));
  CHECK(small_one->write("a", bytes_of(std::string(98, 'x'))));
  CHECK(small_one->write("b", bytes_of("xyz")).error().code() == mr::errc::no_space);
}

TEST_CASE("document_folder: a forked child is told to open the folder itself") {
  const support::temp_dir folder;
  support::check_forked_child([&] { return ms::document_folder<>::open(folder / "a"); });
}

TEST_CASE("document_folder: no link is followed, and what is no folder is refused") {
  const support::temp_dir folder;
  CHECK(fast_folder::open(folder / "none", {.must_exist = true}).error().code() == mr::errc::not_found);
  CHECK(fast_folder::open(folder / "none/deep").error().code() == mr::errc::not_found);
  CHECK(fast_folder::open("").error().code() == mr::errc::invalid_argument);
  REQUIRE(ms::write_file(folder / "file", std::string_view("x")));
  CHECK_FALSE(fast_folder::open(folder / "file"));
  auto storage = fast_folder::open(folder / "a");
  fs::create_directory(folder / "outside");
  fs::create_directory_symlink(folder / "outside", folder / "a/link");
  // The commit is kept by the journal; the file is not written through the link.
  CHECK(storage->write("link/a.json", bytes_of("{}")));
  CHECK(fs::is_empty(folder / "outside"));
  fs::remove(folder / "a/link");
  CHECK(storage->checkpoint());
  CHECK(fs::exists(folder / "a/link/a.json"));
  fs::rename(folder / "a", folder / "b");
  CHECK(storage->write("x", bytes_of("1")).error().code() == mr::errc::io);
  fs::create_directory(folder / "a");
  CHECK(storage->write("x", bytes_of("1")).error().code() == mr::errc::io);
}

TEST_CASE("document_folder reads what its first version wrote, as others make it from its description") {
  const support::temp_dir folder;
  // tests/oracle/document_folder.py has made these.
  const std::string store = folder / "store";
  fs::create_directories(store + "/runs/7");
  const auto put = [&](const std::string& golden, const std::string& at) {
    REQUIRE(
        ms::write_file(store + '/' + at, std::span<const std::byte>(support::golden("store/documents_v1." + golden))));
  };
  put("journal", ".millrace-journal");
  put("jsonl", "entries.jsonl");
  put("parquet", "runs/7/index.parquet");
  REQUIRE(ms::write_file(store + "/runs/7/a.json", std::string_view(R"({"id":"a","loss":0.5})")));
  REQUIRE(ms::write_file(store + "/runs/7/b.json", std::string_view(R"({"id":"b","loss":2})")));
  std::string points;
  for (int i = 0; i < 100; ++i) points += static_cast<char>(i);
  const std::map<std::string, std::string> expected = {{"index/names/first", "0000000000000001"},
                                                       {"points/x", points},
                                                       {"runs/7/a.json", R"({"id":"a","loss":0.5})"},
                                                       {"runs/7/b.json", R"({"id":"b","loss":0.25})"},
                                                       {"runs/7/c.json", R"({"id":"c"})"}};
  {
    const auto storage = fast_folder::open(store, {.must_exist = true});
    if (!storage) FAIL(storage.error().describe());
    CHECK(contents(*storage) == expected);
    CHECK(storage->examine("runs/7/a.json")->version == "11");
    CHECK(storage->examine("runs/7/b.json")->version == "21");
    CHECK(storage->examine("index/names/first")->version == "14");
    // The journal's bytes are those that are documented.
    CHECK(ms::read_bytes(store + "/.millrace-journal").value() == support::golden("store/documents_v1.journal"));
  }
  // What it makes of them: the next journal, one line of entries, an index of three rows.
  CHECK(contents(*fast_folder::open(store)) == expected);
  CHECK(*ms::read_file(store + "/entries.jsonl") ==
        "{\"key\":\"index/names/first\",\"version\":14,\"bytes\":\"30303030303030303030303030303031\","
        "\"crc32c\":861007465}\n");
  const auto head = ms::detail::read_journal_head(*ms::read_bytes(store + "/.millrace-journal"), "journal");
  REQUIRE(head);
  CHECK(head->epoch == 6);
  CHECK(head->objects == 5);
}
