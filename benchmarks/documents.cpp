// What a folder of documents costs, beside what else keeps documents of 300 bytes: transactions of one document under
// each durability, with and without a ticket, on one thread and on eight; the same in one SQLite file, and by
// `write_file`, a synced file each, which is what a folder without a journal would do; opening a folder of 10,000
// documents, with and without a journal to be replayed; a document read, and a page of 100 keys. The folder is in the
// one that TMPDIR names.
//
//     bench_documents
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/documents.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/temp_dir.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

constexpr long documents = 10'000;

std::string key_of(long i) {
  char text[64];
  (void)std::snprintf(text, sizeof text, "runs/%02ld/%08ld.json", i % 16, i);
  return text;
}
std::string document_of(long i) {
  std::string text = "{\"format\":1,\"id\":\"" + std::to_string(i) +
                     "\",\"loss\":" + std::to_string(1.0 / double(i + 1)) + ",\"status\":\"FINISHED\",\"note\":\"";
  text.resize(298, 'n');
  return text += "\"}";
}
std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

template <class Storage>
struct opened_folder {
  support::temp_dir folder{};
  Storage storage = *Storage::open(folder / "store");
};
template <class Storage>
struct opened_file {
  support::temp_dir folder{};
  Storage storage = *Storage::open(folder / "a.db");
};

/// Threads that write a document each, one transaction after the other.
template <class Opened>
void transactions(benchmark::State& state) {
  static std::unique_ptr<Opened> shared;
  static std::atomic<long> next{0};
  if (state.thread_index() == 0) shared = std::make_unique<Opened>();
  for (auto _ : state) {
    const long i = next++;
    if (!shared->storage.write(key_of(i % documents), bytes_of(document_of(i)))) state.SkipWithError("cannot write");
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) shared.reset();
}
/// A hundred transactions that are waited for once.
template <class Opened>
void ticketed(benchmark::State& state) {
  Opened here;
  long next = 0;
  for (auto _ : state) {
    ms::commit_ticket last;
    for (int i = 0; i < 100; ++i, ++next) {
      const std::string key = key_of(next % documents);
      const std::string text = document_of(next);
      if (!here.storage.transact([&](auto& t) { return t.write(key, bytes_of(text)); }, last))
        state.SkipWithError("cannot write");
    }
    if (!last.wait()) state.SkipWithError("not kept");
  }
  state.SetItemsProcessed(state.iterations() * 100);
}

void synced_files(benchmark::State& state) {
  const support::temp_dir folder;
  for (int i = 0; i < 16; ++i) {
    char name[16];
    (void)std::snprintf(name, sizeof name, "runs/%02d", i);
    std::filesystem::create_directories(folder / name);
  }
  long next = 0;
  for (auto _ : state) {
    if (!ms::write_file(folder / key_of(next % documents), document_of(next))) state.SkipWithError("cannot write");
    ++next;
  }
  state.SetItemsProcessed(state.iterations());
}

using folder_each = ms::document_folder<ms::durable::each>;
using folder_group = ms::document_folder<>;
using folder_os = ms::document_folder<ms::durable::os>;

BENCHMARK(synced_files)->UseRealTime();
BENCHMARK(transactions<opened_folder<folder_each>>)->UseRealTime()->Threads(1)->Threads(8);
BENCHMARK(transactions<opened_folder<folder_group>>)->UseRealTime()->Threads(1)->Threads(8);
BENCHMARK(transactions<opened_folder<folder_os>>)->UseRealTime()->Threads(1)->Threads(8);
BENCHMARK(transactions<opened_file<ms::sqlite_storage<>>>)->UseRealTime()->Threads(1)->Threads(8);
BENCHMARK(transactions<opened_file<ms::sqlite_storage<ms::durable::os>>>)->UseRealTime()->Threads(1)->Threads(8);
BENCHMARK(ticketed<opened_folder<folder_group>>)->UseRealTime();
BENCHMARK(ticketed<opened_file<ms::sqlite_storage<>>>)->UseRealTime();

/// A folder of documents that everybody has closed; with a second, whose journal has all of them.
struct filled {
  support::temp_dir folder{};

  filled() {
    auto storage = *folder_os::open(folder / "store", {.max_journal_bytes = 1 << 30});
    const auto done = storage.transact([](folder_os::transaction& t) -> mr::result<void> {
      for (long i = 0; i < documents; ++i)
        if (auto fine = t.write(key_of(i), bytes_of(document_of(i))); !fine) return fine;
      return {};
    });
    if (!done) std::fprintf(stderr, "%s\n", done.error().describe().c_str());
    std::filesystem::copy(folder / "store", folder / "killed", std::filesystem::copy_options::recursive);
  }
};
const filled& example() {
  static const filled made;
  return made;
}

void opens_a_folder(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(folder_os::open(example().folder / "store", {.must_exist = true}));
}
void replays_a_journal(benchmark::State& state) {
  const support::temp_dir folder;
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove_all(folder / "a");
    std::filesystem::copy(example().folder / "killed", folder / "a", std::filesystem::copy_options::recursive);
    state.ResumeTiming();
    auto storage = folder_os::open(folder / "a", {.max_journal_bytes = 1 << 30});
    state.PauseTiming();
    if (!storage || storage->list("", "", 20'000)->size() != documents) state.SkipWithError("not all is there");
    storage = mr::error(mr::errc::cancelled, "closed");
    state.ResumeTiming();
  }
}
void reads_a_document(benchmark::State& state) {
  auto storage = *folder_os::open(example().folder / "store", {.must_exist = true});
  long next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(storage.read(key_of(next++ * 7919 % documents)));
}
void lists_a_page(benchmark::State& state) {
  auto storage = *folder_os::open(example().folder / "store", {.must_exist = true});
  for (auto _ : state) benchmark::DoNotOptimize(storage.list("runs/07/", "runs/07/00004000.json", 100));
}

BENCHMARK(opens_a_folder)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(replays_a_journal)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);
BENCHMARK(reads_a_document);
BENCHMARK(lists_a_page);

}  // namespace

BENCHMARK_MAIN();
