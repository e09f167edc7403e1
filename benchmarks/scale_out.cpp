// What a batch costs that engines hand over as Arrow's C data, through the C interface: rows a second of a plan of
// statistics, by group, and with quantiles; beside each what a plain loop over the same columns costs that keeps count,
// sum, sum of squares and extremes in doubles, whose last bits depend on the order of rows. And what merging costs: 16
// saved states of 1,000 groups, loaded and merged.
//
//     bench_scale_out
#include <examples/scale_out/millrace_c.h>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t rows = 65'536;

/// A batch: a value each row, and one of so many groups' names, as a dictionary.
struct batch {
  std::vector<double> values;
  std::vector<std::int32_t> codes;
  std::vector<std::int32_t> offsets = {0};
  std::string texts;

  batch(std::size_t groups, std::uint64_t seed) {
    for (std::size_t i = 0; i < groups; ++i) {
      texts += "service-" + std::to_string(i);
      offsets.push_back(static_cast<std::int32_t>(texts.size()));
    }
    for (std::size_t i = 0; i < rows; ++i) {
      seed = seed * 6364136223846793005U + 1442695040888963407U;
      values.push_back(static_cast<double>(seed >> 40U) / 1000 + 0.5);
      codes.push_back(static_cast<std::int32_t>((seed >> 33U) % groups));
    }
  }
  /// Hands it over once.
  std::int32_t update(millrace_state* state) const {
    const auto length = static_cast<std::int64_t>(rows);
    const auto words = static_cast<std::int64_t>(offsets.size() - 1);
    const void* word_buffers[] = {nullptr, offsets.data(), texts.data()};
    const void* code_buffers[] = {nullptr, codes.data()};
    const void* value_buffers[] = {nullptr, values.data()};
    const void* none[] = {nullptr};
    ArrowSchema word_type = type("u", nullptr), code_type = type("i", "service"), value_type = type("g", "value");
    ArrowArray word = array(words, 3, word_buffers), code = array(length, 2, code_buffers),
               value = array(length, 2, value_buffers);
    code_type.dictionary = &word_type;
    code.dictionary = &word;
    ArrowSchema* types[] = {&value_type, &code_type};
    ArrowArray* columns[] = {&value, &code};
    ArrowSchema schema = type("+s", "");
    ArrowArray all = array(length, 1, none);
    schema.n_children = all.n_children = 2;
    schema.children = types;
    all.children = columns;
    return millrace_update(state, &schema, &all);
  }

 private:
  static ArrowSchema type(const char* format, const char* name) {
    ArrowSchema made{};
    made.format = format;
    made.name = name;
    made.release = [](ArrowSchema* one) { one->release = nullptr; };
    return made;
  }
  static ArrowArray array(std::int64_t length, std::int64_t buffers, const void** at) {
    ArrowArray made{};
    made.length = length;
    made.n_buffers = buffers;
    made.buffers = at;
    made.release = [](ArrowArray* one) { one->release = nullptr; };
    return made;
  }
};

const std::vector<batch>& batches(std::size_t groups) {
  static std::vector<batch> few, many;
  std::vector<batch>& made = groups > 100 ? many : few;
  for (std::uint64_t seed = made.size(); seed < 8; ++seed) made.emplace_back(groups, seed + 1);
  return made;
}

millrace_state* state_of(std::string_view plan) {
  millrace_state* made = nullptr;
  if (millrace_init(plan.data(), plan.size(), &made) != MILLRACE_OK) std::abort();
  return made;
}

constexpr std::string_view whole = R"({"values":{"value":["statistics"]}})";
constexpr std::string_view grouped = R"({"values":{"value":["statistics"]},"by":["service"]})";
constexpr std::string_view quantiles = R"({"values":{"value":["statistics","quantiles"]},"by":["service"]})";

void update(benchmark::State& of, std::string_view plan) {
  const auto& all = batches(50);
  millrace_state* const state = state_of(plan);
  std::size_t at = 0;
  for (auto step : of)
    if (all[at++ % all.size()].update(state) != MILLRACE_OK) of.SkipWithError(millrace_last_error());
  of.SetItemsProcessed(of.iterations() * static_cast<std::int64_t>(rows));
  millrace_release(state);
}

struct sums {
  std::uint64_t count = 0;
  double sum = 0;
  double squares = 0;
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();

  void update(double value) noexcept {
    ++count;
    sum += value;
    squares += value * value;
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
};
void plain_loop(benchmark::State& of, bool is_grouped) {
  const auto& all = batches(50);
  std::vector<sums> made(50);
  std::size_t at = 0;
  for (auto step : of) {
    const batch& one = all[at++ % all.size()];
    for (std::size_t i = 0; i < rows; ++i)
      made[is_grouped ? static_cast<std::size_t>(one.codes[i]) : 0].update(one.values[i]);
    benchmark::DoNotOptimize(made.data());
  }
  of.SetItemsProcessed(of.iterations() * static_cast<std::int64_t>(rows));
}

void merge(benchmark::State& of, std::string_view plan) {
  constexpr std::size_t groups = 1000, parts = 16;
  std::vector<std::string> saved;
  for (std::size_t i = 0; i < parts; ++i) {
    millrace_state* const state = state_of(plan);
    if (batches(groups)[i % 8].update(state) != MILLRACE_OK) std::abort();
    std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
    if (millrace_serialize(state, &bytes, &size) != MILLRACE_OK) std::abort();
    saved.emplace_back(reinterpret_cast<const char*>(bytes), size);
    millrace_free(bytes);
    millrace_release(state);
  }
  for (auto step : of) {
    millrace_state* into = nullptr;
    for (const std::string& each : saved) {
      millrace_state* part = nullptr;
      if (millrace_load(reinterpret_cast<const std::uint8_t*>(each.data()), each.size(), &part) != MILLRACE_OK)
        std::abort();
      if (into == nullptr) {
        into = part;
        continue;
      }
      if (millrace_merge(into, part) != MILLRACE_OK) std::abort();
      millrace_release(part);
    }
    millrace_release(into);
  }
  of.SetItemsProcessed(of.iterations() * static_cast<std::int64_t>(groups * parts));  // groups of a state
  of.SetBytesProcessed(of.iterations() * static_cast<std::int64_t>(parts * saved.front().size()));
}

BENCHMARK_CAPTURE(update, statistics, whole);
BENCHMARK_CAPTURE(plain_loop, statistics, false);
BENCHMARK_CAPTURE(update, by_group, grouped);
BENCHMARK_CAPTURE(plain_loop, by_group, true);
BENCHMARK_CAPTURE(update, by_group_with_quantiles, quantiles);
BENCHMARK_CAPTURE(merge, statistics, grouped);
BENCHMARK_CAPTURE(merge, with_quantiles, quantiles);

}  // namespace

BENCHMARK_MAIN();
