// A folder of documents on a disk that fails, at each call after the other, and a disk that is full.

#include <millrace/store/documents/document_folder.hpp>
#include <millrace/store/folder_storage.hpp>

#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/faulty_folder.hpp>
#include <support/storage_contents.hpp>
#include <support/temp_dir.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>

namespace {

namespace fs = std::filesystem;
namespace mr = millrace;
namespace ms = millrace::store;
using support::contents;
using support::faulty_disk;
using map = std::map<std::string, std::string>;
using storage_type = ms::document_folder<ms::durable::each, support::faulty_folder_file_system>;

/// Transactions of several writes and removals: documents, entries, and files that become entries. After each the model
/// is what the storage has to hold.
struct writer {
  map model = {};
  int errors = 0;
  bool was_full = false;

  void step(storage_type& storage, int i) {
    map next = model;
    const auto done = storage.transact([&](storage_type::transaction& t) -> mr::result<void> {
      const std::string number = std::to_string(i);
      const map written = {{"a/" + number + ".json", "{\"n\":" + number + "}"},
                           {"entries/" + number, ""},
                           {"large", std::string(i % 2 == 0 ? 3000 : 20, static_cast<char>('a' + i))},
                           {"turns.json", std::string(static_cast<std::size_t>(300 * (i + 1)), 't')}};
      for (const auto& each : written) {
        if (auto fine = t.write(each.first, laws::bytes_of(each.second)); !fine) return fine;
        next[each.first] = each.second;
      }
      if (i < 2) return {};
      const std::string old = "a/" + std::to_string(i - 2) + ".json";
      next.erase(old);
      return t.remove(old);
    });
    if (done) {
      model = next;
      return;
    }
    ++errors;
    was_full = was_full || done.error().code() == mr::errc::no_space;
    CHECK(done.error().message().find("\"" + storage.folder()) != std::string::npos);
  }
};

/// How many calls of this kind there are: each of them fails in a run of its own.
int fail_at_each(faulty_disk::fault what, bool goes_on) {
  for (int nth = 1;; ++nth) {
    INFO("kind " << static_cast<int>(what) << ", call " << nth << (goes_on ? " and all after it" : ""));
    const support::temp_dir folder;
    faulty_disk disk;
    ms::document_folder_options options;
    options.max_journal_bytes = 9000;  // so that it is emptied in between
    writer work;
    {
      auto storage = storage_type::open(folder / "a", options, {&disk});
      REQUIRE(storage);
      work.step(*storage, 0);
      REQUIRE(work.errors == 0);
      disk.arm(what, nth, goes_on);
      for (int i = 1; i < 6; ++i) work.step(*storage, i);
      CHECK(contents(*storage) == work.model);
      // The storage goes on as if nothing had been, unless a new journal's name could not be made durable.
      if (!goes_on && what != faulty_disk::fault::sync) CHECK(work.errors <= 1);
      if (what == faulty_disk::fault::full && work.errors != 0) CHECK(work.was_full);
    }  // with the checkpoint of the end, which may fail as well
    const bool failed = disk.has_failed();
    disk.disarm();
    auto again = storage_type::open(folder / "a", options);
    REQUIRE(again);
    CHECK(contents(*again) == work.model);
    work.step(*again, 6);
    CHECK(contents(*again) == work.model);
    if (!failed) return nth - 1;
  }
}

}  // namespace

TEST_CASE("document_folder: a disk that fails at the nth call leaves all or nothing, and opens again whole") {
  using fault = faulty_disk::fault;
  for (const fault what : {fault::create, fault::write, fault::torn_write, fault::full, fault::rename, fault::remove,
                           fault::sync, fault::sync_all})
    for (const bool goes_on : {false, true}) CHECK(fail_at_each(what, goes_on) > 0);
}

TEST_CASE("document_folder: what cannot be taken back ends all writing, and the folder opens again") {
  const support::temp_dir folder;
  faulty_disk disk;
  map before;
  {
    auto storage = storage_type::open(folder / "a", {}, {&disk});
    writer work;
    work.step(*storage, 0);
    before = work.model;
    disk.arm(faulty_disk::fault::torn_write, 1, false);
    disk.also_arm(faulty_disk::fault::truncate);
    work.step(*storage, 1);
    CHECK(work.errors == 1);
    disk.disarm();
    work.step(*storage, 1);
    CHECK(work.errors == 2);
    CHECK(contents(*storage) == before);
  }
  auto again = storage_type::open(folder / "a");
  REQUIRE(again);
  CHECK(contents(*again) == before);
}

TEST_CASE("folder_storage and document_folder: a disk that is full in the middle of a file is an error, and no more") {
  const support::temp_dir folder;
  const pid_t child = ::fork();
  if (child == 0) {
    // The limit of a file's size stands for the disk's: a write reaches it halfway.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string large(150'000, 'x');
    bool fine = true;
    auto plain = ms::folder_storage::open(folder / "plain");
    fine = fine && plain && plain->write("a", laws::bytes_of("old"));
    for (const char* key : {"a", "b"}) {
      const auto full = plain->write(key, laws::bytes_of(large));
      fine = fine && !full && full.error().code() == mr::errc::no_space;
    }
    fine = fine && laws::text_of(*plain->read("a")) == "old" && plain->list("", "", 9)->size() == 1;
    auto documents = storage_type::open(folder / "documents");
    fine = fine && documents && documents->write("a.json", laws::bytes_of("old"));
    const auto full = documents->write("a.json", laws::bytes_of(large));
    fine = fine && !full && full.error().code() == mr::errc::no_space;
    fine = fine && laws::text_of(*documents->read("a.json")) == "old";
    fine = fine && documents->write("a.json", laws::bytes_of("new"));
    ::_exit(fine ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  for (const auto& each : fs::recursive_directory_iterator(folder / "plain")) CHECK(each.path().filename() == "a");
  CHECK(laws::text_of(*storage_type::open(folder / "documents")->read("a.json")) == "new");
}

TEST_CASE("folder_storage: room is kept free on the disk") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder.path(), {.keep_free = std::uint64_t{1} << 62});
  for (const bool creates : {false, true}) {
    const auto refused = creates ? storage->create("models/a", {}) : storage->write("models/a", {});
    CHECK(refused.error().code() == mr::errc::no_space);
    CHECK(refused.error().message().find("cannot write \"models/a\" in \"") == 0);
  }
  CHECK(storage->remove("models/a"));
  CHECK(fs::is_empty(folder.path()));
}
