#include <millrace/store/sqlite.hpp>

#include <millrace/store/atomic_file.hpp>

#include <laws/storage.hpp>
#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/faulty_vfs.hpp>
#include <support/golden.hpp>
#include <support/sqlite_file.hpp>
#include <support/storage_contents.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
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

TEST_CASE("sqlite_storage keeps the laws of storages and transactions") {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<ms::durable::os>::open(folder / "a.db");
  REQUIRE(storage);
  CHECK(storage->writes_ahead());
  laws::storage_laws(*storage, 11, 2000, 30);
  laws::transaction_laws(*storage, 12, 200);
}

TEST_CASE("sqlite_storage keeps the laws when transactions share syncs") {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<>::open(folder / "a.db");
  REQUIRE(storage);
  laws::transaction_laws(*storage, 13, 10);
  laws::transfers_keep_the_sum(*storage, 40);
}

TEST_CASE("sqlite_storage keeps the laws with a rollback journal, but readers that write wait for themselves") {
  const support::temp_dir folder;
  const support::faulty_vfs without_syncs("rollback");
  auto storage = ms::sqlite_storage<ms::durable::os>::open(
      folder / "a.db",
      {.journal = ms::sqlite_journal::rollback, .busy_timeout_ms = 60'000, .vfs = without_syncs.name()});
  REQUIRE(storage);
  CHECK_FALSE(storage->writes_ahead());
  laws::transactions_agree_with_a_map(*storage, 14, 30);
  laws::transfers_keep_the_sum(*storage, 20);
  auto impatient =
      ms::sqlite_storage<>::open(folder / "a.db", {.journal = ms::sqlite_journal::rollback, .busy_timeout_ms = 20});
  REQUIRE(impatient->write("a", bytes_of("1")));
  REQUIRE(impatient->look([&](const auto& seen) -> mr::result<void> {
    const auto late = impatient->write("a", bytes_of("2"));
    CHECK(late.error().code() == mr::errc::timeout);
    CHECK(late.error().message() ==
          "cannot write \"" + impatient->path() + "\": database is locked: somebody else has written for 20 ms");
    CHECK(laws::text_of(*seen.read("a")) == "1");
    return {};
  }));
  REQUIRE(impatient->write("a", bytes_of("2")));
}

TEST_CASE("sqlite_storage: which file systems are on a network") {
  CHECK(ms::detail::is_network_file_system(0x6969));               // NFS_SUPER_MAGIC
  CHECK(ms::detail::is_network_file_system(0xfe534d42));           // SMB2_SUPER_MAGIC
  CHECK(ms::detail::is_network_file_system(0xfffffffffe534d42U));  // as a signed number of 32 bits
  CHECK_FALSE(ms::detail::is_network_file_system(0xef53));         // EXT4_SUPER_MAGIC
  CHECK_FALSE(ms::detail::is_network_file_system(0x01021994));     // TMPFS_MAGIC
}

TEST_CASE("sqlite_storage: keys are never a part of a statement") {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<ms::durable::os>::open(folder / "a.db");
  const char* const keys[] = {"'; DROP TABLE objects; --",
                              "\" OR 1=1",
                              "a' OR '1'='1",
                              "x'00'",
                              "%",
                              "_",
                              "a%",
                              "*",
                              "[a-z]",
                              ":key",
                              "@key",
                              "$key",
                              "NULL",
                              "1",
                              "1.0",
                              "objects",
                              "sqlite_schema",
                              "-- /*",
                              "''",
                              "`a`",
                              "\xef\xbf\xbf"};
  for (const char* key : keys) REQUIRE(storage->write(std::string("k/") + key, bytes_of(key)));
  for (const char* key : keys) {
    INFO(key);
    CHECK(laws::text_of(*storage->read(std::string("k/") + key)) == key);
    CHECK(storage->list(std::string("k/") + key, "", 99)->front().key == std::string("k/") + key);
  }
  CHECK(storage->list("k/", "", 99)->size() == std::size(keys));
  CHECK(storage->list("k/%", "", 99)->size() == 1);
  CHECK(storage->list_backward("k/_", "", 99)->size() == 1);
  CHECK(storage->list("k/ ' OR", "", 99)->empty());
}

TEST_CASE("sqlite_storage: files that it does not take are refused by name") {
  const support::temp_dir folder;
  using storage = ms::sqlite_storage<>;
  const auto refusal = [&](const std::string& name, const ms::sqlite_storage_options& options = {}) {
    const auto opened = storage::open(folder / name, options);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message().find(folder / name) != std::string::npos);
    return opened.error();
  };
  CHECK(refusal("absent.db", {.must_exist = true}).code() == mr::errc::not_found);
  CHECK_FALSE(fs::exists(folder / "absent.db"));
  CHECK(refusal("no/such/folder.db").code() == mr::errc::not_found);
  fs::create_directory(folder / "folder.db");
  CHECK_FALSE(storage::open(folder / "folder.db"));
  CHECK(storage::open("").error().code() == mr::errc::invalid_argument);
  CHECK(storage::open(std::string("a\0b", 3)).error().code() == mr::errc::invalid_argument);
  std::ofstream(folder / "text.db") << std::string(5000, 'x');
  CHECK(refusal("text.db").code() == mr::errc::corrupt);
  // Another program's, with and without a mark of its own; it stays what it was.
  CHECK(support::ask_sqlite(folder / "other.db", "CREATE TABLE t(a); INSERT INTO t VALUES(7)") == "");
  CHECK(refusal("other.db").code() == mr::errc::invalid_data);
  CHECK(support::ask_sqlite(folder / "other.db", "PRAGMA journal_mode") == "delete");
  CHECK(support::ask_sqlite(folder / "marked.db", "PRAGMA application_id = 5") == "");
  CHECK(refusal("marked.db").code() == mr::errc::invalid_data);
  // A later version's.
  REQUIRE(storage::open(folder / "newer.db"));
  support::ask_sqlite(folder / "newer.db", "PRAGMA user_version = 7");
  const auto newer = refusal("newer.db");
  CHECK(newer.code() == mr::errc::unsupported);
  CHECK(newer.message() ==
        "\"" + folder / "newer.db" + "\" has tables of version 7, of a newer millrace: this one knows version 1");
  // Also if it has become that since.
  auto early = storage::open(folder / "early.db");
  REQUIRE(early->write("a", bytes_of("1")));
  support::ask_sqlite(folder / "early.db", "PRAGMA user_version = 7");
  CHECK(early->write("a", bytes_of("2")).error().code() == mr::errc::unsupported);
  support::ask_sqlite(folder / "early.db", "PRAGMA user_version = 1");
  CHECK(early->write("a", bytes_of("2")));
  // One that may not be written to, unless we are root.
  REQUIRE(storage::open(folder / "mine.db"));
  fs::permissions(folder / "mine.db", fs::perms::owner_read);
  if (::access((folder / "mine.db").c_str(), W_OK) != 0) {
    const auto locked = refusal("mine.db");
    CHECK(locked.code() == mr::errc::permission_denied);
  }
}

TEST_CASE("sqlite_storage: a file that is replaced or deleted is not written to any more") {
  const support::temp_dir folder;
  fs::create_directory(folder / "d");
  auto storage = ms::sqlite_storage<>::open(folder / "d/a.db");
  REQUIRE(storage->write("a", bytes_of("1")));
  fs::rename(folder / "d/a.db", folder / "d/old.db");
  // Not not_found, which is what an absent object has, nor a conflict, which is tried again.
  CHECK(storage->write("a", bytes_of("2")).error().code() == mr::errc::io);
  REQUIRE(ms::write_file(folder / "d/a.db", "x"));
  const auto another = storage->write("a", bytes_of("2"));
  CHECK(another.error().code() == mr::errc::io);
  CHECK(another.error().message() == "cannot use \"" + folder / "d/a.db" + "\": another one is there by now");
  fs::remove_all(folder / "d");
  const auto gone = storage->write("a", bytes_of("2"));
  CHECK(gone.error().code() == mr::errc::io);
  CHECK(gone.error().message() ==
        "cannot use \"" + folder / "d/a.db" + "\": it was deleted or renamed while it was open");
}

TEST_CASE("sqlite_storage: room is kept free on the disk") {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<>::open(folder / "a.db", {.keep_free = std::uint64_t{1} << 62});
  const auto refused = storage->write("models/a", bytes_of("x"));
  CHECK(refused.error().code() == mr::errc::no_space);
  CHECK(refused.error().message().find("cannot write \"models/a\" in \"" + storage->path()) == 0);
  CHECK(storage->remove("models/a"));
  CHECK(storage->list("", "", 9)->empty());
}

TEST_CASE("sqlite_storage: a forked child is told to open the file itself") {
  const support::temp_dir folder;
  support::check_forked_child([&] { return ms::sqlite_storage<>::open(folder / "a.db"); });
}

TEST_CASE("sqlite_storage: a transaction that forks is the parent's alone") {
  const support::temp_dir folder;
  using storage_type = ms::sqlite_storage<>;
  auto storage = storage_type::open(folder / "a.db");
  pid_t child = -1;
  const auto done = storage->transact([&](storage_type::transaction& t) -> mr::result<void> {
    REQUIRE(t.write("a", bytes_of("1")));
    child = ::fork();
    return {};
  });
  if (child == 0) ::_exit(!done && done.error().code() == mr::errc::closed ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(done);
  CHECK(laws::text_of(*storage->read("a")) == "1");
}

TEST_CASE("sqlite_storage: readers without a pause do not let the file beside it grow for ever") {
  const support::temp_dir folder;
  using storage_type = ms::sqlite_storage<ms::durable::os>;
  auto storage = storage_type::open(folder / "a.db", {.max_wal_bytes = 8 << 20});
  REQUIRE(storage);
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  for (const int milliseconds : {13, 17, 19, 23})  // longer than a write takes: one of them began before it
    readers.emplace_back([&, milliseconds] {
      while (!over)
        (void)storage->look([&](const storage_type::snapshot& seen) -> mr::result<void> {
          std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
          (void)seen.list("", "", 1);
          return {};
        });
    });
  for (int i = 0; i < 40; ++i)
    REQUIRE(storage->write("a" + std::to_string(i % 4), bytes_of(std::string(1 << 20, static_cast<char>('a' + i)))));
  over = true;
  for (auto& reader : readers) reader.join();
  CHECK(fs::file_size(folder / "a.db-wal") < (14 << 20));
}

TEST_CASE("sqlite_storage: two on one file see each other's writes, and wait for each other") {
  const support::temp_dir folder;
  using storage = ms::sqlite_storage<ms::durable::os>;
  auto one = storage::open(folder / "a.db", {.busy_timeout_ms = 30});
  auto two = storage::open(folder / "a.db", {.busy_timeout_ms = 30});
  REQUIRE(one->write("a", bytes_of("1")));
  CHECK(laws::text_of(*two->read("a")) == "1");
  REQUIRE(one->transact([&](storage::transaction& t) -> mr::result<void> {
    CHECK(two->write("a", bytes_of("x")).error().code() == mr::errc::timeout);
    return t.write("a", bytes_of("2"));
  }));
  CHECK(laws::text_of(*two->read("a")) == "2");
  REQUIRE(two->write("a", bytes_of("3")));
  CHECK(laws::text_of(*one->read("a")) == "3");
}

TEST_CASE("sqlite_storage reads what its first version wrote") {
  const support::temp_dir folder;
  const auto bytes = support::golden("store/sqlite_v1.db");
  REQUIRE(ms::write_file(folder / "a.db", bytes));
  auto storage = ms::sqlite_storage<>::open(folder / "a.db");
  REQUIRE(storage);
  CHECK(laws::text_of(*storage->read("models/fraud/1")) == "{\"format\":1}");
  CHECK(laws::text_of(*storage->read("models/fraud/1/weights")) == std::string(3000, 'w'));
  CHECK(storage->read("index/empty")->empty());
  CHECK(storage->examine("models/fraud/1")->size == 12);
  CHECK(storage->list("", "", 9)->size() == 4);
  CHECK(storage->list_backward("", "", 1)->front().key == "\xc3\xa9t\xc3\xa9");
  REQUIRE(storage->write("models/fraud/1/weights", bytes_of("w")));
  CHECK(support::ask_sqlite(folder / "a.db", "SELECT count(*) FROM large") == "0");
  // A new file has the same tables.
  REQUIRE(ms::sqlite_storage<>::open(folder / "b.db"));
  const std::string tables = "SELECT group_concat(sql) FROM sqlite_schema";
  CHECK(support::ask_sqlite(folder / "a.db", tables) == support::ask_sqlite(folder / "b.db", tables));
  for (const char* mark : {"PRAGMA application_id", "PRAGMA user_version"})
    CHECK(support::ask_sqlite(folder / "a.db", mark) == support::ask_sqlite(folder / "b.db", mark));
}

TEST_CASE("sqlite_storage: a file with wrong bytes is an error, not a crash") {
  const support::temp_dir folder;
  const auto bytes = support::golden("store/sqlite_v1.db");
  const support::faulty_vfs without_syncs("wrong_bytes");
  mr::random_engine random(15);
  int noticed = 0;
  for (int i = 0; i < 150; ++i) {
    auto changed = bytes;
    if (i % 3 == 0)
      changed.resize(random.below(bytes.size()));
    else
      for (int flips = 0; flips < 4; ++flips) changed[random.below(bytes.size())] = static_cast<std::byte>(random());
    const std::string path = folder / std::to_string(i);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(changed.data()), static_cast<std::streamsize>(changed.size()));
    auto storage = ms::sqlite_storage<ms::durable::os>::open(path, {.idle_readers = 0, .vfs = without_syncs.name()});
    bool is_well = storage.has_value();
    if (storage) {
      const auto walked = ms::for_each_object(*storage, "", [&](const ms::storage_entry& each) -> mr::result<void> {
        const auto found = storage->read(each.key);
        if (!found) return found.error();
        return {};
      });
      is_well = walked && storage->write("models/fraud/1", bytes_of("x")) && storage->remove("models/fraud/1/weights");
    }
    noticed += is_well ? 0 : 1;
  }
  CHECK(noticed > 30);
  // Bytes that are gone, and a size that is another.
  const std::string path = folder / "a.db";
  for (const char* damage : {"DELETE FROM large", "UPDATE objects SET size = 5"}) {
    fs::remove(path);
    REQUIRE(ms::write_file(path, bytes));
    support::ask_sqlite(path, damage);
    const auto found = ms::sqlite_storage<>::open(path)->read("models/fraud/1/weights");
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::corrupt);
    CHECK(found.error().message().find("cannot read \"models/fraud/1/weights\" from \"" + path + "\"") == 0);
  }
}

namespace {

/// Tables of a version that is to come: a step of a second kind and of a third behind the first.
constexpr const char* later_steps[] = {ms::detail::sqlite_migrations[0],
                                       "CREATE INDEX objects_by_size ON objects(size);",
                                       "CREATE TABLE marks(number INTEGER); INSERT INTO marks VALUES(7)"};
mr::result<void> open_with(const std::string& path, std::span<const char* const> steps) {
  const auto made = ms::detail::sqlite_engine::open(path, {.busy_timeout_ms = 60'000}, {false, 0}, steps);
  if (!made) return made.error();
  return {};
}
std::string version_of(const std::string& path) {
  return support::ask_sqlite(path, "PRAGMA user_version") + " of " +
         support::ask_sqlite(path, "SELECT count(*) FROM sqlite_schema WHERE name IN('objects_by_size', 'marks')");
}

}  // namespace

TEST_CASE("sqlite_storage: tables are brought forward step by step, all of them or none") {
  const support::temp_dir folder;
  const auto first = support::golden("store/sqlite_v1.db");
  const std::string path = folder / "a.db";
  REQUIRE(ms::write_file(path, first));
  auto running = ms::sqlite_storage<ms::durable::os>::open(path);  // of this version, as long as it is
  REQUIRE(running->write("before", bytes_of("1")));
  // A step that fails, by a table that is there already, takes those before it back.
  const char* const failing[] = {later_steps[0], later_steps[1], "CREATE TABLE objects(a)"};
  const auto failed = open_with(path, failing);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message().find(path) != std::string::npos);
  CHECK(version_of(path) == "1 of 0");
  REQUIRE(running->write("before", bytes_of("2")));
  // One step further, and one more; then there is nothing to do.
  REQUIRE(open_with(path, std::span(later_steps).first(2)));
  CHECK(version_of(path) == "2 of 1");
  for (int i = 0; i < 2; ++i) REQUIRE(open_with(path, later_steps));
  CHECK(version_of(path) == "3 of 2");
  CHECK(support::ask_sqlite(path, "SELECT count(*) FROM marks") == "1");
  CHECK(support::ask_sqlite(path, "SELECT count(*) FROM objects") == "5");
  // Programs of the first version refuse it by name from then on, and leave it as it is.
  const std::string refusal = "\"" + path + "\" has tables of version 3, of a newer millrace: this one knows version 1";
  CHECK(running->write("after", bytes_of("3")).error().message() == refusal);
  const auto late = ms::sqlite_storage<>::open(path);
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == mr::errc::unsupported);
  CHECK(late.error().message() == refusal);
  CHECK(version_of(path) == "3 of 2");
  // Processes that open one file at once take each step once; a new file takes all of them.
  for (const bool is_new : {false, true}) {
    const std::string shared = folder / (is_new ? "new.db" : "old.db");
    if (!is_new) REQUIRE(ms::write_file(shared, first));
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      const pid_t child = ::fork();
      if (child == 0) ::_exit(open_with(shared, later_steps) ? 0 : 1);
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = -1;
      ::waitpid(child, &status, 0);
      CHECK(status == 0);
    }
    CHECK(version_of(shared) == "3 of 2");
    CHECK(support::ask_sqlite(shared, "SELECT count(*) FROM marks") == "1");
    CHECK(support::ask_sqlite(shared, "SELECT count(*) FROM objects") == (is_new ? "0" : "4"));
  }
}
