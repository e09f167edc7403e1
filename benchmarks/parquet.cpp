// A Parquet file of a million rows written to nowhere, and read from memory, on one core: megabytes of cells a second.
#include <millrace/store/parquet.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace ms = millrace::store;
using type = ms::parquet_type;

constexpr std::size_t rows = 1'000'000;

/// A million trades: numbers that count up, numbers that look random, times, few texts, many texts.
struct trades {
  trades() {
    std::uint64_t mixed = 1;
    for (std::size_t i = 0; i < rows; ++i) {
      mixed = mixed * 6364136223846793005U + 1442695040888963407U;
      ids.push_back(static_cast<std::int64_t>(i));
      prices.push_back(static_cast<double>(mixed >> 40) / 128);
      times.push_back(1'700'000'000'000'000 + static_cast<std::int64_t>(i * 37 + mixed % 31));
      symbols.push_back("SYM" + std::to_string(mixed >> 33 & 63U));
      notes.push_back("order " + std::to_string(mixed >> 20));
      bytes += 3 * 8 + symbols.back().size() + notes.back().size();
    }
  }
  std::vector<std::int64_t> ids;
  std::vector<double> prices;
  std::vector<std::int64_t> times;
  std::vector<std::string> symbols;
  std::vector<std::string> notes;
  std::size_t bytes = 0;
};
const trades& all() {
  static const trades made;
  return made;
}

/// Counts bytes and keeps none: memory that grows would take longer than the writer.
struct counting_sink {
  std::size_t bytes = 0;
  millrace::result<void> write(std::span<const std::byte> more) {
    benchmark::DoNotOptimize(more.data());
    bytes += more.size();
    return {};
  }
};

template <class Sink>
Sink written(ms::parquet_codec codec, bool dictionary) {
  const trades& from = all();
  auto writer = ms::basic_parquet_writer<Sink>::make({},
                                                     {{"id", type::int64(), false},
                                                      {"price", type::float64()},
                                                      {"time", type::timestamp()},
                                                      {"symbol", type::string()},
                                                      {"note", type::string()}},
                                                     {.codec = codec, .dictionary = dictionary});
  if (!writer || !writer->write({from.ids, from.prices, from.times, from.symbols, from.notes}) || !writer->finish())
    std::abort();
  return std::move(writer->sink());
}

void write(benchmark::State& state, ms::parquet_codec codec, bool dictionary) {
  std::size_t size = 0;
  for (auto _ : state) size = written<counting_sink>(codec, dictionary).bytes;
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(all().bytes));
  state.counters["file_bytes"] = static_cast<double>(size);
}

void read(benchmark::State& state, ms::parquet_codec codec, bool dictionary) {
  const std::vector<std::byte> file = written<ms::byte_sink>(codec, dictionary).bytes;
  for (auto _ : state) {
    const auto reader = ms::open_parquet(std::span<const std::byte>(file));
    for (std::size_t group = 0; group < reader->groups(); ++group)
      for (std::size_t column = 0; column < reader->fields().size(); ++column) {
        const auto cells = reader->read(group, column);
        if (!cells) std::abort();
        benchmark::DoNotOptimize(cells->rows());
      }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(all().bytes));
}

}  // namespace

BENCHMARK_CAPTURE(write, plain, ms::parquet_codec::uncompressed, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, dictionary, ms::parquet_codec::uncompressed, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, gzip, ms::parquet_codec::gzip, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read, plain, ms::parquet_codec::uncompressed, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read, dictionary, ms::parquet_codec::uncompressed, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read, gzip, ms::parquet_codec::gzip, true)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
