// What a SQLite storage costs: chunks of 1,024 points (24 bytes each) in durable transactions, beside SQLite called by
// hand for the same; transactions of one small object under each durability, on one thread and on eight; the last 100
// of a million index entries, a page in the middle, and one object read, in SQLite and in memory. The file is in the
// folder that TMPDIR names.
//
//     bench_sqlite
//
// The goals are 5 M durable points a second and 90 % of raw SQLite, and less than 1 ms for the 100.
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/temp_dir.hpp>

#include <benchmark/benchmark.h>

#include <sqlite3.h>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

constexpr std::size_t points = 1024;
constexpr std::size_t chunk_bytes = 24 * points;
constexpr long entries = 1'000'000;

std::string chunk_key(long i) {
  char text[64];
  (void)std::snprintf(text, sizeof text, "runs/%08ld/metrics/loss/%08ld", i / 64, i);
  return text;
}
std::string entry_key(long i) {
  char text[64];
  (void)std::snprintf(text, sizeof text, "index/loss/%016lx/run-%08ld", i * 7919, i);
  return text;
}
const std::vector<std::byte>& chunk() {
  static const std::vector<std::byte> made = [] {
    mr::random_engine random(1);
    std::vector<std::byte> bytes(chunk_bytes);
    for (auto& each : bytes) each = static_cast<std::byte>(random());
    return bytes;
  }();
  return made;
}

/// By hand: a table with its own key, statements that are prepared, WAL, a sync for each commit.
class raw_sqlite {
 public:
  explicit raw_sqlite(const std::string& path) {
    ::sqlite3_open(path.c_str(), &db_);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE chunks(key TEXT PRIMARY KEY, bytes BLOB)");
    ::sqlite3_prepare_v2(db_, "INSERT INTO chunks VALUES(?1, ?2)", -1, &insert_, nullptr);
  }
  raw_sqlite(const raw_sqlite&) = delete;
  raw_sqlite& operator=(const raw_sqlite&) = delete;
  ~raw_sqlite() {
    ::sqlite3_finalize(insert_);
    ::sqlite3_close(db_);
  }
  bool run(const char* text) { return ::sqlite3_exec(db_, text, nullptr, nullptr, nullptr) == SQLITE_OK; }
  bool insert(const std::string& key, std::span<const std::byte> bytes) {
    ::sqlite3_bind_text(insert_, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    ::sqlite3_bind_blob(insert_, 2, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
    const bool done = ::sqlite3_step(insert_) == SQLITE_DONE;
    ::sqlite3_reset(insert_);
    return done;
  }

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

void chunks_raw(benchmark::State& state) {
  const support::temp_dir folder;
  raw_sqlite raw(folder / "a.db");
  long next = 0;
  for (auto _ : state) {
    bool done = raw.run("BEGIN IMMEDIATE");
    for (long i = 0; i < state.range(0); ++i, ++next) done = done && raw.insert(chunk_key(next), chunk());
    if (!done || !raw.run("COMMIT")) state.SkipWithError("SQLite fails");
  }
  state.SetItemsProcessed(next * static_cast<long>(points));
}
void chunks_ours(benchmark::State& state) {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<>::open(folder / "a.db");
  long next = 0;
  for (auto _ : state) {
    const auto done = storage->transact([&](ms::sqlite_storage<>::transaction& t) -> mr::result<void> {
      for (long i = 0; i < state.range(0); ++i, ++next)
        if (auto one = t.write(chunk_key(next), chunk()); !one) return one;
      return {};
    });
    if (!done) state.SkipWithError(done.error().describe().c_str());
  }
  state.SetItemsProcessed(next * static_cast<long>(points));
}
// In one run, by turns, so that a disk that is slow for a while is so for both.
BENCHMARK(chunks_raw)->Arg(1)->Arg(16)->Arg(128)->UseRealTime();
BENCHMARK(chunks_ours)->Arg(1)->Arg(16)->Arg(128)->UseRealTime();

/// Transactions of one small object, of a key of its own.
template <class Durability>
void small_transactions(benchmark::State& state) {
  static std::unique_ptr<support::temp_dir> folder;
  static std::unique_ptr<ms::sqlite_storage<Durability>> storage;
  if (state.thread_index() == 0) {
    folder = std::make_unique<support::temp_dir>();
    storage = std::make_unique<ms::sqlite_storage<Durability>>(*ms::sqlite_storage<Durability>::open(*folder / "a.db"));
  }
  const std::string value(100, 'x');
  long next = 0;
  for (auto _ : state) {
    const std::string key = std::to_string(state.thread_index()) + "/" + std::to_string(next++ % 1000);
    if (!storage->write(key, std::as_bytes(std::span(value)))) state.SkipWithError("SQLite fails");
  }
  state.SetItemsProcessed(next);
  if (state.thread_index() == 0) {
    storage = nullptr;
    folder = nullptr;
  }
}
BENCHMARK_TEMPLATE(small_transactions, ms::durable::each)->ThreadRange(1, 8)->UseRealTime();
BENCHMARK_TEMPLATE(small_transactions, ms::durable::group<5>)->ThreadRange(1, 8)->UseRealTime();
BENCHMARK_TEMPLATE(small_transactions, ms::durable::os)->ThreadRange(1, 8)->UseRealTime();

template <class Storage>
void fill(Storage& storage) {
  for (long at = 0; at < entries;)
    (void)storage.transact([&](typename Storage::transaction& t) -> mr::result<void> {
      for (const long end = at + 10'000; at < end; ++at)
        if (auto done = t.write(entry_key(at), {}); !done) return done;
      return {};
    });
}
struct filled_sqlite {
  support::temp_dir folder{};
  ms::sqlite_storage<ms::durable::os> storage = *ms::sqlite_storage<ms::durable::os>::open(folder / "a.db");
  filled_sqlite() { fill(storage); }
};
struct filled_memory {
  ms::memory_storage storage{{.max_bytes = std::size_t{1} << 30, .max_objects = 2 * entries}};
  filled_memory() { fill(storage); }
};
template <class Filled>
auto& filled() {
  static Filled made;
  return made.storage;
}
template <class Filled>
void top_100(benchmark::State& state) {
  auto& storage = filled<Filled>();
  for (auto _ : state) {
    const auto found = storage.list_backward("index/loss/", "", 100);
    if (!found || found->size() != 100) state.SkipWithError("there are fewer");
  }
}
template <class Filled>
void page_of_100(benchmark::State& state) {
  auto& storage = filled<Filled>();
  mr::random_engine random(2);
  for (auto _ : state) {
    const auto found = storage.list("index/loss/", entry_key(static_cast<long>(random.below(entries - 200))), 100);
    if (!found || found->size() != 100) state.SkipWithError("there are fewer");
  }
}
template <class Filled>
void read_one(benchmark::State& state) {
  auto& storage = filled<Filled>();
  mr::random_engine random(3);
  for (auto _ : state) {
    const auto found = storage.read(entry_key(static_cast<long>(random.below(entries))));
    if (!found) state.SkipWithError("it is not there");
  }
}
BENCHMARK_TEMPLATE(top_100, filled_sqlite);
BENCHMARK_TEMPLATE(top_100, filled_memory);
BENCHMARK_TEMPLATE(page_of_100, filled_sqlite);
BENCHMARK_TEMPLATE(page_of_100, filled_memory);
BENCHMARK_TEMPLATE(read_one, filled_sqlite);
BENCHMARK_TEMPLATE(read_one, filled_memory);

}  // namespace

BENCHMARK_MAIN();
