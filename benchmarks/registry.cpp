// What a registry costs, beside SQLite called by hand for the same: a version registered, durable and not; an alias
// looked up; searches among VERSIONS versions of one model (20,000, or what the environment says): the best hundred by
// a metric, a page in the middle, the versions of a run, a filter that all have to be asked.
//
//     VERSIONS=100000 bench_registry
//
// By hand is one table of models, one of versions with the document as text and an index for each thing that is asked,
// and one of aliases: what a program has that needs exactly this.
#include <millrace/core/seed.hpp>
#include <millrace/registry.hpp>
#include <millrace/registry/search.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/temp_dir.hpp>

#include <benchmark/benchmark.h>

#include <sqlite3.h>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

namespace {

mg::version_draft draft_of(std::uint64_t i) {
  mg::version_draft made{.model = "fraud", .framework = "xgboost"};
  made.hyperparameters = {{"depth", "6"}, {"eta", "0.1"}, {"rounds", "200"}};
  const double auc = static_cast<double>(i * 7919 % 1'000'003) / 1e6;
  made.metrics = {{"auc", auc}, {"loss", 1 - auc}};
  made.tags = {{"team", "risk"}};
  made.run_id = "run-" + std::to_string(i);
  made.data_sets = {{.name = "payments", .digest = "0123456789abcdef", .role = "training"}};
  made.actor = "ada";
  return made;
}

class raw_registry {
 public:
  raw_registry(const std::string& path, const char* synchronous) {
    ::sqlite3_open(path.c_str(), &db_);
    run("PRAGMA journal_mode = WAL");
    run(synchronous);
    run("CREATE TABLE models(id INTEGER PRIMARY KEY, name TEXT UNIQUE, last INTEGER)");
    run("CREATE TABLE versions(model INTEGER, version INTEGER, auc REAL, loss REAL, run TEXT, document TEXT, "
        "PRIMARY KEY(model, version)) WITHOUT ROWID");
    run("CREATE INDEX by_auc ON versions(model, auc, version DESC)");
    run("CREATE INDEX by_loss ON versions(model, loss, version DESC)");
    run("CREATE INDEX by_run ON versions(run)");
    run("CREATE TABLE aliases(model INTEGER, name TEXT, version INTEGER, PRIMARY KEY(model, name)) WITHOUT ROWID");
    run("INSERT INTO models VALUES(1, 'fraud', 0)");
    prepare(next_, "UPDATE models SET last = last + 1 WHERE name = 'fraud' RETURNING id, last");
    prepare(insert_, "INSERT INTO versions VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    prepare(alias_,
            "SELECT v.document FROM models m JOIN aliases a ON a.model = m.id JOIN versions v ON v.model = m.id "
            "AND v.version = a.version WHERE m.name = ?1 AND a.name = ?2");
    prepare(best_, "SELECT document FROM versions WHERE model = 1 AND auc < ?1 ORDER BY auc DESC LIMIT 100");
    prepare(of_run_, "SELECT document FROM versions WHERE run = ?1");
  }
  raw_registry(const raw_registry&) = delete;
  raw_registry& operator=(const raw_registry&) = delete;
  ~raw_registry() {
    for (sqlite3_stmt* each : {next_, insert_, alias_, best_, of_run_}) ::sqlite3_finalize(each);
    ::sqlite3_close(db_);
  }

  bool run(const char* text) { return ::sqlite3_exec(db_, text, nullptr, nullptr, nullptr) == SQLITE_OK; }
  bool insert(const mg::version_draft& draft, const std::string& document) {
    if (::sqlite3_step(next_) != SQLITE_ROW) return false;
    ::sqlite3_bind_int64(insert_, 1, ::sqlite3_column_int64(next_, 0));
    ::sqlite3_bind_int64(insert_, 2, ::sqlite3_column_int64(next_, 1));
    ::sqlite3_step(next_);
    ::sqlite3_reset(next_);
    ::sqlite3_bind_double(insert_, 3, draft.metrics[0].value);
    ::sqlite3_bind_double(insert_, 4, draft.metrics[1].value);
    text(insert_, 5, draft.run_id);
    text(insert_, 6, document);
    const bool done = ::sqlite3_step(insert_) == SQLITE_DONE;
    ::sqlite3_reset(insert_);
    return done;
  }
  std::size_t by_alias(const std::string& model, const std::string& name) {
    text(alias_, 1, model);
    text(alias_, 2, name);
    return read(alias_);
  }
  std::size_t best(double below) {
    ::sqlite3_bind_double(best_, 1, below);
    return read(best_);
  }
  std::size_t of_run(const std::string& id) {
    text(of_run_, 1, id);
    return read(of_run_);
  }

 private:
  void prepare(sqlite3_stmt*& made, const char* text) { ::sqlite3_prepare_v2(db_, text, -1, &made, nullptr); }
  static void text(sqlite3_stmt* to, int at, const std::string& what) {
    ::sqlite3_bind_text(to, at, what.data(), static_cast<int>(what.size()), SQLITE_STATIC);
  }
  /// Reads all rows, each as the version that it is, as ours are.
  static std::size_t read(sqlite3_stmt* from) {
    std::size_t count = 0;
    while (::sqlite3_step(from) == SQLITE_ROW) {
      const auto* const begin = reinterpret_cast<const char*>(::sqlite3_column_text(from, 0));
      const auto made = ms::read_document<mg::model_version>(begin, "version");
      count += made.has_value();
      benchmark::DoNotOptimize(made);
    }
    ::sqlite3_reset(from);
    return count;
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* next_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* alias_ = nullptr;
  sqlite3_stmt* best_ = nullptr;
  sqlite3_stmt* of_run_ = nullptr;
};

std::string document_of(const mg::version_draft& draft, std::uint64_t number) {
  mg::model_version made;
  made.version = number;
  made.framework = draft.framework;
  made.hyperparameters = draft.hyperparameters;
  made.metrics = draft.metrics;
  made.tags = draft.tags;
  made.run_id = draft.run_id;
  made.data_sets = draft.data_sets;
  made.digest = std::string(64, 'd');
  return ms::write_document(made);
}

void register_raw(benchmark::State& state, const char* synchronous) {
  const support::temp_dir folder;
  raw_registry raw(folder / "models.db", synchronous);
  std::uint64_t i = 0;
  for (auto _ : state) {
    const mg::version_draft draft = draft_of(++i);
    if (!raw.run("BEGIN IMMEDIATE") || !raw.insert(draft, document_of(draft, i)) || !raw.run("COMMIT"))
      state.SkipWithError("SQLite fails");
  }
}
template <class Durability>
void register_ours(benchmark::State& state) {
  const support::temp_dir folder;
  auto storage = *ms::sqlite_storage<Durability>::open(folder / "models.db");
  auto models = *mg::open_registry(storage, {}, mg::unrecorded());
  std::uint64_t i = 0;
  for (auto _ : state)
    if (const auto made = models.register_version(draft_of(++i)); !made)
      state.SkipWithError(made.error().describe().c_str());
}
BENCHMARK_CAPTURE(register_raw, durable, "PRAGMA synchronous = FULL")->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(register_ours<ms::durable::each>)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK_CAPTURE(register_raw, os, "PRAGMA synchronous = NORMAL")->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(register_ours<ms::durable::os>)->Unit(benchmark::kMicrosecond)->UseRealTime();

/// Versions of one model, in our file and in one by hand.
struct many_versions {
  using storage_type = ms::sqlite_storage<ms::durable::os>;

  support::temp_dir folder;
  std::uint64_t count = [] {
    const char* const wanted = std::getenv("VERSIONS");
    return wanted == nullptr ? std::uint64_t{20'000} : std::strtoull(wanted, nullptr, 10);
  }();
  storage_type storage = *storage_type::open(folder / "ours.db");
  mg::model_registry<storage_type, mg::unrecorded> models = *mg::open_registry(storage, {}, mg::unrecorded());
  raw_registry raw{folder / "raw.db", "PRAGMA synchronous = NORMAL"};

  many_versions() {
    raw.run("BEGIN IMMEDIATE");
    for (std::uint64_t i = 1; i <= count; ++i) {
      const mg::version_draft draft = draft_of(i);
      if (!models.register_version(draft) || !raw.insert(draft, document_of(draft, i))) std::abort();
    }
    raw.run("INSERT INTO aliases VALUES(1, 'champion', 17)");
    raw.run("COMMIT");
    if (!models.set_alias("fraud", "champion", 17, "ada")) std::abort();
  }
  static many_versions& shared() {
    static many_versions one;
    return one;
  }
};

void alias_raw(benchmark::State& state) {
  many_versions& in = many_versions::shared();
  for (auto _ : state)
    if (in.raw.by_alias("fraud", "champion") != 1) state.SkipWithError("it is not there");
}
void alias_ours(benchmark::State& state) {
  const many_versions& in = many_versions::shared();
  for (auto _ : state)
    if (!in.models.find_alias("fraud", "champion")) state.SkipWithError("it is not there");
}
BENCHMARK(alias_raw)->Unit(benchmark::kMicrosecond);
BENCHMARK(alias_ours)->Unit(benchmark::kMicrosecond);

void best_100_raw(benchmark::State& state) {
  many_versions& in = many_versions::shared();
  for (auto _ : state)
    if (in.raw.best(1e9) != 100) state.SkipWithError("there are not a hundred");
}
void middle_raw(benchmark::State& state) {
  many_versions& in = many_versions::shared();
  for (auto _ : state)
    if (in.raw.best(.5) != 100) state.SkipWithError("there are not a hundred");
}
void of_run_raw(benchmark::State& state) {
  many_versions& in = many_versions::shared();
  std::uint64_t i = 0;
  for (auto _ : state)
    if (in.raw.of_run("run-" + std::to_string(1 + i++ * 7919 % in.count)) != 1) state.SkipWithError("it is not there");
}
void search(benchmark::State& state, const mg::search_options& options) {
  const many_versions& in = many_versions::shared();
  for (auto _ : state) {
    const auto page = mg::search_versions(in.models, options);
    if (!page || page->items.size() != 100) state.SkipWithError("there are not a hundred");
  }
}
void middle_ours(benchmark::State& state) {
  const many_versions& in = many_versions::shared();
  mg::search_options options{.filter = "name = 'fraud'", .order_by = {"metrics.auc DESC"}, .max_results = 100};
  for (int i = 0; i < 50; ++i) options.page_token = mg::search_versions(in.models, options)->next_page_token;
  for (auto _ : state)
    if (!mg::search_versions(in.models, options)) state.SkipWithError("the page is gone");
}
void of_run_ours(benchmark::State& state) {
  const many_versions& in = many_versions::shared();
  std::uint64_t i = 0;
  for (auto _ : state) {
    const std::string run = "run-" + std::to_string(1 + i++ * 7919 % in.count);
    const auto page = mg::search_versions(in.models, {.filter = "run_id = '" + run + '\''});
    if (!page || page->items.size() != 1) state.SkipWithError("it is not there");
  }
}
BENCHMARK(best_100_raw)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search, best_100,
                  mg::search_options{.filter = "name = 'fraud'", .order_by = {"metrics.auc DESC"}, .max_results = 100})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(middle_raw)->Unit(benchmark::kMicrosecond);
BENCHMARK(middle_ours)->Unit(benchmark::kMicrosecond);
BENCHMARK(of_run_raw)->Unit(benchmark::kMicrosecond);
BENCHMARK(of_run_ours)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search, changed_last, mg::search_options{.max_results = 100})->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search, all_are_asked,
                  mg::search_options{.filter = "params.depth = '6'", .order_by = {"tags.team"}, .max_results = 100})
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
