#include <millrace/store/commit_ticket.hpp>

#include <millrace/store/documents/document_folder.hpp>
#include <millrace/store/sqlite.hpp>

#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/faulty_folder.hpp>
#include <support/faulty_vfs.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
using laws::bytes_of;

namespace {

/// A commit that waits for an hour, so that only those who wait make it.
struct patient {
  static constexpr bool syncs = true;
  static constexpr std::uint32_t shares_ms = 3'600'000;
};
using quick = ms::durable::group<1>;

template <class Storage>
mr::result<int> put(Storage& storage, const std::string& key, ms::commit_ticket& ticket) {
  return storage.transact(
      [&](typename Storage::transaction& t) -> mr::result<int> {
        if (auto done = t.write(key, bytes_of(key)); !done) return done.error();
        return 7;
      },
      ticket);
}

/// What a ticket promises, of a storage whose commits wait for an hour.
template <class Storage>
void tickets_say_when(Storage& storage) {
  ms::commit_ticket none;
  CHECK(none.is_done());
  CHECK(none.wait());
  ms::commit_ticket first;
  ms::commit_ticket second;
  CHECK(*put(storage, "a", first) == 7);
  CHECK(*put(storage, "b", second) == 7);
  CHECK_FALSE(first.is_done());
  CHECK_FALSE(second.is_done());
  // Others see it once it is kept; those who come to write see it before.
  CHECK(storage.read("a").error().code() == mr::errc::not_found);
  ms::commit_ticket third;
  CHECK(*storage.transact([](typename Storage::transaction& t) -> mr::result<bool> { return t.read("b").has_value(); },
                          third));
  REQUIRE(second.wait());  // all of them
  CHECK(first.is_done());
  CHECK(first.wait());
  CHECK(laws::text_of(*storage.read("a")) == "a");
  CHECK(laws::text_of(*storage.read("b")) == "b");
  // One that was undone has nothing to wait for.
  const auto refused = storage.transact(
      [](typename Storage::transaction& t) -> mr::result<void> {
        REQUIRE(t.write("c", bytes_of("c")));
        return mr::error(mr::errc::vetoed, "no");
      },
      first);
  CHECK_FALSE(refused);
  CHECK(first.is_done());
  // Not from within a transaction, which the commit would wait for.
  REQUIRE(put(storage, "d", first));
  REQUIRE(storage.transact([&](typename Storage::transaction&) -> mr::result<void> {
    CHECK(first.wait().error().code() == mr::errc::conflict);
    return {};
  }));
  REQUIRE(first.wait());
  // The transaction that has no ticket waits for those before it.
  REQUIRE(put(storage, "e", first));
  REQUIRE(storage.write("f", bytes_of("f")));
  CHECK(first.is_done());
  // Of the storage's end.
  REQUIRE(put(storage, "g", second));
}

/// Threads that wait for a ticket now and then: nothing that is kept is missing.
template <class Storage>
void threads_share(Storage& storage) {
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      std::vector<ms::commit_ticket> tickets;
      for (int i = 0; i < 40; ++i) {
        tickets.emplace_back();
        if (!put(storage, "t/" + std::to_string(t) + '/' + std::to_string(i), tickets.back())) ++failed;
        if (i % 8 == 7 && !tickets[static_cast<std::size_t>(i) / 2].wait()) ++failed;
      }
      for (auto& each : tickets)
        if (!each.wait()) ++failed;
    });
  for (auto& each : threads) each.join();
  CHECK(failed == 0);
  CHECK(storage.list("t/", "", 1000)->size() == 120);
}

}  // namespace

TEST_CASE("commit_ticket: says when a transaction of a SQLite file is kept") {
  const support::temp_dir folder;
  const support::faulty_vfs disk("tickets");
  ms::sqlite_storage_options options;
  options.vfs = disk.name();
  ms::commit_ticket last;
  {
    auto storage = ms::sqlite_storage<patient>::open(folder / "a.db", options);
    REQUIRE(storage);
    tickets_say_when(*storage);
    REQUIRE(put(*storage, "h", last));
  }
  CHECK(last.is_done());
  CHECK(last.wait());
  auto storage = ms::sqlite_storage<quick>::open(folder / "a.db", options);
  CHECK(storage->list("", "", 99)->size() == 7);
  threads_share(*storage);
}

TEST_CASE("commit_ticket: says when a transaction of a folder of documents is kept") {
  const support::temp_dir folder;
  ms::commit_ticket last;
  {
    auto storage = ms::document_folder<patient, support::faulty_folder_file_system>::open(folder / "a");
    REQUIRE(storage);
    tickets_say_when(*storage);
    REQUIRE(put(*storage, "h", last));
  }
  CHECK(last.wait());
  auto storage = ms::document_folder<quick, support::faulty_folder_file_system>::open(folder / "a");
  CHECK(storage->list("", "", 99)->size() == 7);
  threads_share(*storage);
}

TEST_CASE("commit_ticket: somebody commits in time, though nobody waits") {
  const support::temp_dir folder;
  auto storage = ms::document_folder<quick, support::faulty_folder_file_system>::open(folder / "a");
  ms::commit_ticket ticket;
  REQUIRE(put(*storage, "a", ticket));
  while (!ticket.is_done()) std::this_thread::yield();
  CHECK(storage->read("a"));
}

TEST_CASE("commit_ticket: an error of the commit is everybody's who was in it") {
  const support::temp_dir folder;
  support::faulty_disk disk;
  auto storage = ms::document_folder<patient, support::faulty_folder_file_system>::open(folder / "a", {}, {&disk});
  REQUIRE(storage->write("before", bytes_of("x")));
  ms::commit_ticket first;
  ms::commit_ticket second;
  REQUIRE(put(*storage, "a", first));
  REQUIRE(put(*storage, "b", second));
  disk.arm(support::faulty_disk::fault::sync, 1, false);
  CHECK(second.wait().error().code() == mr::errc::io);
  CHECK(first.wait().error().code() == mr::errc::io);
  CHECK(first.wait().error().code() == mr::errc::io);
  CHECK(storage->list("", "", 9)->size() == 1);
  REQUIRE(put(*storage, "a", first));
  CHECK(first.wait());
  CHECK(storage->list("", "", 9)->size() == 2);
}
