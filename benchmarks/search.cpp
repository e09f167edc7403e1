// Filters: read once, asked of many rows; LIKE against a matcher that goes back; sort keys, pages, parts of keys. Rows
// rotate, so that no branch is learnt by heart.
#include <millrace/store/key_part.hpp>
#include <millrace/store/search.hpp>

#include <benchmark/benchmark.h>
#include <fnmatch.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace ms = millrace::store;

/// A run as a table has it: a few metrics and texts by position.
struct run {
  double loss = 0;
  double accuracy = 0;
  std::int64_t start = 0;
  std::string net;
  std::string owner;
  std::string id;

  ms::search_value find(const ms::search_field& field) const {
    switch (field.kind) {
      case ms::search_kind::metric: return field.key == "loss" ? loss : accuracy;
      case ms::search_kind::param: return net;
      case ms::search_kind::tag: return owner.empty() ? ms::search_value() : ms::search_value(owner);
      default: return field.key == "run_id" ? ms::search_value(id) : ms::search_value(start);
    }
  }
};

const std::vector<run>& runs() {
  static const std::vector<run> made = [] {
    std::mt19937_64 draw(7);
    std::vector<run> all(100'000);
    for (run& each : all) {
      each.loss = static_cast<double>(draw() % 1000) / 1000;
      each.accuracy = static_cast<double>(draw() % 1000) / 1000;
      each.start = 1'700'000'000'000 + static_cast<std::int64_t>(draw() % 1'000'000'000);
      each.net = draw() % 2 == 0 ? "resnet" + std::to_string(draw() % 100)
                                 : "transformer-large-" + std::to_string(draw() % 100);
      if (draw() % 3 != 0) each.owner = "team-" + std::to_string(draw() % 20);
      each.id = std::to_string(draw());
    }
    return all;
  }();
  return made;
}

constexpr std::string_view filters[] = {
    "metrics.loss < 0.1",
    "metrics.loss < 0.1 AND metrics.accuracy > 0.9",
    "params.net LIKE '%large-1%' AND tags.owner = 'team-3'",
    "metrics.loss < 0.1 AND (params.net ILIKE 'RESNET%' OR tags.owner IS NULL OR start_time > 1700000500000)",
};

void read_filter(benchmark::State& state) {
  const std::string_view text = filters[state.range(0)];
  for (auto _ : state) benchmark::DoNotOptimize(ms::search_filter::make(text, ms::run_schema));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
void ask_rows(benchmark::State& state) {
  const auto filter = ms::search_filter::make(filters[state.range(0)], ms::run_schema);
  std::size_t found = 0;
  for (auto _ : state)
    for (const run& each : runs()) found += filter->matches(each);
  benchmark::DoNotOptimize(found);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs().size()));
}
/// What the same question costs when it is written in C++.
void ask_rows_by_hand(benchmark::State& state) {
  std::size_t found = 0;
  for (auto _ : state)
    for (const run& each : runs()) found += each.loss < 0.1 && each.accuracy > 0.9;
  benchmark::DoNotOptimize(found);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs().size()));
}
void read_filter_of_ids(benchmark::State& state) {
  std::string text = "run_id IN ('x'";
  for (std::int64_t i = 1; i < state.range(0); ++i) text += ", '" + runs()[static_cast<std::size_t>(i)].id + "'";
  text += ")";
  for (auto _ : state) benchmark::DoNotOptimize(ms::search_filter::make(text, ms::run_schema));
}

constexpr const char* patterns[][2] = {{"%large-1%", "*large-1*"}, {"res%", "res*"}, {"%a%e%r%5", "*a*e*r*5"}};
void like(benchmark::State& state) {
  const auto pattern = ms::like_pattern::make(patterns[state.range(0)][0]);
  std::size_t found = 0;
  for (auto _ : state)
    for (const run& each : runs()) found += pattern->matches(each.net);
  benchmark::DoNotOptimize(found);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs().size()));
}
/// The C library's matcher, with its own signs.
void like_fnmatch(benchmark::State& state) {
  std::size_t found = 0;
  for (auto _ : state)
    for (const run& each : runs()) found += ::fnmatch(patterns[state.range(0)][1], each.net.c_str(), 0) == 0;
  benchmark::DoNotOptimize(found);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs().size()));
}
void like_hostile(benchmark::State& state) {
  std::string pattern = "%";
  for (std::int64_t i = 0; i < state.range(0); ++i) pattern += "a%";
  const auto made = ms::like_pattern::make(pattern + "b");
  const std::string text(6000, 'a');
  for (auto _ : state) benchmark::DoNotOptimize(made->matches(text));
}

void page_of_100(benchmark::State& state) {
  const auto order = ms::search_order::make(std::vector<std::string>{"metrics.loss DESC"}, ms::run_schema);
  for (auto _ : state) {
    ms::page_picker<std::size_t> picker(100);
    std::string key;
    for (std::size_t i = 0; i < runs().size(); ++i) {
      key.clear();
      order->append_sort_key(key, runs()[i]);
      if (picker.wants(key)) picker.update(key, i);
    }
    benchmark::DoNotOptimize(picker.finish());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs().size()));
}
void key_parts(benchmark::State& state) {
  for (auto _ : state)
    for (const run& each : runs()) {
      benchmark::DoNotOptimize(ms::text_key_part(each.net));
      benchmark::DoNotOptimize(ms::number_key_part(each.loss));
    }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs().size()));
}

BENCHMARK(read_filter)->DenseRange(0, 3);
BENCHMARK(ask_rows)->DenseRange(0, 3)->Unit(benchmark::kMicrosecond);
BENCHMARK(ask_rows_by_hand)->Unit(benchmark::kMicrosecond);
BENCHMARK(read_filter_of_ids)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(like)->DenseRange(0, 2)->Unit(benchmark::kMicrosecond);
BENCHMARK(like_fnmatch)->DenseRange(0, 2)->Unit(benchmark::kMicrosecond);
BENCHMARK(like_hostile)->Arg(30)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(page_of_100)->Unit(benchmark::kMicrosecond);
BENCHMARK(key_parts)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
