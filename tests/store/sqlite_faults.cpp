// A SQLite file on a disk that fails, at each call after the other.

#include <millrace/store/sqlite.hpp>

#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/faulty_vfs.hpp>
#include <support/sqlite_file.hpp>
#include <support/storage_contents.hpp>
#include <support/temp_dir.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
namespace mr = millrace;
namespace ms = millrace::store;
using support::contents;
using support::faulty_vfs;
using map = std::map<std::string, std::string>;
using storage_type = ms::sqlite_storage<ms::durable::each>;

/// Transactions of several writes and removals, small and large. After each the model is what the storage has to hold.
struct writer {
  map model = {};
  std::vector<map> refused = {};
  int errors = 0;

  void step(storage_type& storage, int i) {
    map next = model;
    const auto done = storage.transact([&](storage_type::transaction& t) -> mr::result<void> {
      const std::string number = std::to_string(i);
      const std::map<std::string, std::string> written = {{"a/" + number, number},
                                                          {"large", std::string(9000, static_cast<char>('a' + i))},
                                                          {"small", std::string(300, static_cast<char>('a' + i))},
                                                          {"turns", std::string(i % 2 == 0 ? 2000 : 20, 't')}};
      for (const auto& each : written) {
        (void)t.write(each.first, laws::bytes_of(each.second));  // an error that is overlooked undoes all of it, too
        next[each.first] = each.second;
      }
      if (i < 2) return {};
      const std::string old = "a/" + std::to_string(i - 2);
      next.erase(old);
      return t.remove(old);
    });
    if (done)
      model = next;
    else
      refused.push_back(next);
    errors = static_cast<int>(refused.size());
  }
};

/// How many calls of this kind there are: each of them fails in a run of its own.
int fail_at_each(faulty_vfs& vfs, faulty_vfs::fault what, bool goes_on) {
  for (int nth = 1;; ++nth) {
    INFO("kind " << static_cast<int>(what) << ", call " << nth << (goes_on ? " and all after it" : ""));
    const support::temp_dir folder;
    const std::string path = folder / "a.db";
    ms::sqlite_storage_options options;
    options.vfs = vfs.name();
    auto storage = storage_type::open(path, options);
    REQUIRE(storage);
    writer work;
    work.step(*storage, 0);
    REQUIRE(work.errors == 0);
    vfs.arm(what, nth, goes_on);
    for (int i = 1; i < 5; ++i) work.step(*storage, i);
    const bool failed = vfs.has_failed();
    if (!goes_on) {
      // The storage goes on as if nothing had been.
      CHECK(contents(*storage) == work.model);
      CHECK(work.errors <= 1);
    }
    // What another process finds if this one is killed now.
    fs::create_directory(folder / "crash");
    for (const auto& each : fs::directory_iterator(folder.path()))
      if (each.is_regular_file() && each.path().extension() != ".db-shm")
        fs::copy(each.path(), folder.path() / "crash");
    vfs.disarm();
    for (const std::string& found : {folder / "crash/a.db", path}) {
      if (found == path) storage = mr::error(mr::errc::closed, "");  // closes it
      CHECK(support::sqlite_integrity(found) == "ok");
      const auto again = storage_type::open(found, options);
      REQUIRE(again);
      const map kept = contents(*again);
      // Where no sync returns, nobody can know whether a commit is on the disk.
      const bool in_doubt = what == faulty_vfs::fault::sync && goes_on && found != path;
      CHECK((kept == work.model ||
             (in_doubt && std::find(work.refused.begin(), work.refused.end(), kept) != work.refused.end())));
    }
    if (!failed) return nth - 1;
  }
}

}  // namespace

TEST_CASE("sqlite_storage: whichever write, sync or truncation fails, what is there is whole, and the error is one") {
  faulty_vfs vfs("faulty");
  using fault = faulty_vfs::fault;
  CHECK(fail_at_each(vfs, fault::write, false) > 15);
  CHECK(fail_at_each(vfs, fault::torn_write, false) > 15);
  CHECK(fail_at_each(vfs, fault::full, true) > 15);
  CHECK(fail_at_each(vfs, fault::sync, false) >= 4);
  CHECK(fail_at_each(vfs, fault::sync, true) >= 4);
}

TEST_CASE("sqlite_storage: where a shared commit fails, all who share it are told, and nothing of it stays") {
  faulty_vfs vfs("faulty_groups");
  using shared = ms::sqlite_storage<ms::durable::group<1000>>;
  for (int round = 0; round < 20; ++round) {
    const support::temp_dir folder;
    ms::sqlite_storage_options options;
    options.vfs = vfs.name();
    auto storage = shared::open(folder / "a.db", options);
    REQUIRE(storage);
    vfs.arm(faulty_vfs::fault::sync, 2 + round % 5, false);
    std::atomic<int> wrong{0};
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 12; ++i) {
          const std::string key = std::to_string(t) + "/" + std::to_string(i);
          const auto done = storage->transact([&](shared::transaction& one) -> mr::result<void> {
            std::this_thread::sleep_for(std::chrono::microseconds(200));  // others come to wait for their turn
            if (auto written = one.write(key, laws::bytes_of(key)); !written) return written;
            // Undone by itself, whatever becomes of those that share its commit.
            if (i % 4 == 3) return mr::error(mr::errc::vetoed, "no");
            return one.write(key + "/second", laws::bytes_of(key));
          });
          if (!done && done.error().code() == mr::errc::io) ++failures;
          const auto first = ms::exists(*storage, key);
          const auto second = ms::exists(*storage, key + "/second");
          if (!first || !second || *first != done.has_value() || *second != done.has_value()) ++wrong;
        }
      });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(failures <= 4);  // of one commit, which each thread shares once at most
    CHECK(vfs.has_failed());
    CHECK(support::sqlite_integrity(folder / "a.db") == "ok");
  }
}

TEST_CASE("sqlite_storage: errors of the disk name the file and the key, and have a code") {
  faulty_vfs vfs("faulty_errors");
  const support::temp_dir folder;
  ms::sqlite_storage_options options;
  options.vfs = vfs.name();
  auto storage = storage_type::open(folder / "a.db", options);
  REQUIRE(storage);
  vfs.arm(faulty_vfs::fault::full, 1, true);
  const auto full = storage->write("models/a", laws::bytes_of("x"));
  CHECK(full.error().code() == mr::errc::no_space);
  CHECK(full.error().message() == "cannot write \"" + storage->path() + "\": database or disk is full");
  vfs.arm(faulty_vfs::fault::sync, 1, false);
  const auto unsynced = storage->write("models/a", laws::bytes_of("x"));
  CHECK(unsynced.error().code() == mr::errc::io);
  CHECK(unsynced.error().message().find(storage->path()) != std::string::npos);
  CHECK(storage->read("models/a").error().code() == mr::errc::not_found);
  REQUIRE(storage->write("models/a", laws::bytes_of("x")));
  // More than the page cache holds: the disk is full in the middle of a transaction.
  vfs.arm(faulty_vfs::fault::full, 1, true);
  const auto large = storage->transact([](storage_type::transaction& t) -> mr::result<void> {
    for (int i = 0; i < 9; ++i)
      if (auto done = t.write("models/" + std::to_string(i), laws::bytes_of(std::string(1 << 20, 'x'))); !done)
        return done;
    return {};
  });
  REQUIRE_FALSE(large);
  CHECK(large.error().code() == mr::errc::no_space);
  CHECK(large.error().message().find("\"models/") != std::string::npos);
  vfs.disarm();
  CHECK(contents(*storage) == map{{"models/a", "x"}});
  REQUIRE(storage->write("models/b", laws::bytes_of("x")));
}
