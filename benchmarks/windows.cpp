// Sliding windows: ours, and what one would write by hand: a deque with a running sum, a ring with one (both drift),
// two stacks of doubles, Boost.Accumulators' rolling statistics. A question after each item, unless it says span.
// Figures are nanoseconds an item. The items are a million normal ones, in turn.
#include <benchmark/benchmark.h>

#include <millrace/aggregate.hpp>
#include <millrace/core/seed.hpp>

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics/rolling_mean.hpp>
#include <boost/accumulators/statistics/rolling_sum.hpp>
#include <boost/accumulators/statistics/rolling_variance.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace acc = boost::accumulators;

namespace {

constexpr std::size_t inputs = 1 << 20;

const double* items() {
  static const std::vector<double> made = [] {
    mr::random_engine random(1);
    std::vector<double> all(inputs);
    for (double& x : all) x = 100 + 10 * random.normal();
    return all;
  }();
  return made.data();
}

/// A sum as the peers keep it: one double, not compensated.
struct plain_sum {
  double total = 0;
  void update(double x) { total += x; }
  void merge(const plain_sum& other) { total += other.total; }
  std::vector<std::byte> save() const { return {}; }
  static mr::result<plain_sum> load(std::span<const std::byte>) { return plain_sum{}; }
};

template <class Push>
void each_item(benchmark::State& state, Push&& push) {
  const double* const in = items();
  const auto width = static_cast<std::size_t>(state.range(0));
  std::size_t i = 0;
  for (; i < 3 * width; ++i) push(in[i % inputs]);
  for (auto _ : state) benchmark::DoNotOptimize(push(in[i++ % inputs]));
}

template <class A, class M, class Forgetting = mr::automatic>
void window(benchmark::State& state) {
  mr::windowed<mr::sliding_count<0, Forgetting>, A> last(static_cast<std::size_t>(state.range(0)));
  each_item(state, [&](double x) {
    last.update(x);
    return last.template get<M>();
  });
}
template <class Forgetting>
void window_of_plain_sums(benchmark::State& state) {
  mr::windowed<mr::sliding_count<0, Forgetting>, plain_sum> last(static_cast<std::size_t>(state.range(0)));
  each_item(state, [&](double x) {
    last.update(x);
    return last.value().total;
  });
}
template <class A, class M>
void window_by_span(benchmark::State& state) {
  constexpr std::size_t size = 4096;
  mr::windowed<mr::sliding_count<>, A> last(static_cast<std::size_t>(state.range(0)));
  std::size_t i = 0;
  for (auto _ : state) {
    last.update(std::span<const double>(items() + i % inputs, size));
    i += size;
    benchmark::DoNotOptimize(last.template get<M>());
  }
  state.counters["ns_per_item"] = benchmark::Counter(static_cast<double>(state.iterations()) * size * 1e-9,
                                                     benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void deque_that_drifts(benchmark::State& state) {
  std::deque<double> last;
  double total = 0;
  const auto width = static_cast<std::size_t>(state.range(0));
  each_item(state, [&](double x) {
    last.push_back(x);
    total += x;
    if (last.size() > width) {
      total -= last.front();
      last.pop_front();
    }
    return total;
  });
}
void ring_that_drifts(benchmark::State& state) {
  std::vector<double> last(static_cast<std::size_t>(state.range(0)));
  double total = 0;
  std::size_t at = 0;
  each_item(state, [&](double x) {
    total += x - last[at];
    last[at] = x;
    if (++at == last.size()) at = 0;
    return total;
  });
}
void two_stacks_by_hand(benchmark::State& state) {
  const auto width = static_cast<std::size_t>(state.range(0));
  std::vector<double> newer, sums;
  double total = 0;
  each_item(state, [&](double x) {
    if (newer.size() + sums.size() == width) {
      if (sums.empty()) {
        double sum = 0;
        for (std::size_t i = newer.size(); i-- != 0;) sums.push_back(sum += newer[i]);
        newer.clear();
        total = 0;
      }
      sums.pop_back();
    }
    newer.push_back(x);
    total += x;
    return total + (sums.empty() ? 0 : sums.back());
  });
}
void boost_rolling_sum(benchmark::State& state) {
  acc::accumulator_set<double, acc::stats<acc::tag::rolling_sum>> last(acc::tag::rolling_window::window_size =
                                                                           static_cast<std::size_t>(state.range(0)));
  each_item(state, [&](double x) {
    last(x);
    return acc::rolling_sum(last);
  });
}
void boost_rolling_variance(benchmark::State& state) {
  acc::accumulator_set<double, acc::stats<acc::tag::rolling_mean, acc::tag::rolling_variance>> last(
      acc::tag::rolling_window::window_size = static_cast<std::size_t>(state.range(0)));
  each_item(state, [&](double x) {
    last(x);
    return acc::rolling_variance(last) + acc::rolling_mean(last);
  });
}
void multiset_maximum(benchmark::State& state) {
  std::deque<double> last;
  std::multiset<double> sorted;
  const auto width = static_cast<std::size_t>(state.range(0));
  each_item(state, [&](double x) {
    last.push_back(x);
    sorted.insert(x);
    if (last.size() > width) {
      sorted.erase(sorted.find(last.front()));
      last.pop_front();
    }
    return *sorted.rbegin();
  });
}

/// Items up to `distance` late, in a window of 65,536.
template <class Push>
void out_of_order(benchmark::State& state, Push&& push) {
  mr::random_engine random(2);
  std::vector<std::int64_t> behind(1 << 16);
  for (auto& b : behind) b = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(state.range(0)) + 1));
  const double* const in = items();
  std::int64_t now = 0;
  const auto next = [&] {
    const auto n = static_cast<std::size_t>(++now);
    return push(in[n % inputs], now - behind[n % behind.size()]);
  };
  for (int i = 0; i < 300'000; ++i) next();
  for (auto _ : state) benchmark::DoNotOptimize(next());
}
template <class A, class M>
void window_out_of_order(benchmark::State& state) {
  mr::windowed<mr::sliding<>, A, mr::event_time<mr::duration(4096)>> last(mr::duration(65'536));
  out_of_order(state, [&](double x, std::int64_t time) {
    last.update(x, mr::time_point(time));
    return last.template get<M>();
  });
}
void multimap_that_drifts(benchmark::State& state) {
  std::multimap<std::int64_t, double> last;
  double total = 0;
  out_of_order(state, [&](double x, std::int64_t time) {
    last.emplace_hint(last.end(), time, x);
    total += x;
    while (last.begin()->first <= last.rbegin()->first - 65'536) {
      total -= last.begin()->second;
      last.erase(last.begin());
    }
    return total;
  });
}

using sums = mr::aggregate<mr::sum>;
using usual = mr::aggregate<mr::mean, mr::stddev, mr::min, mr::max>;
void widths(benchmark::internal::Benchmark* of) { of->Arg(16)->Arg(1024)->Arg(65'536)->Arg(1 << 20); }

BENCHMARK(window<sums, mr::sum>)->Apply(widths);
BENCHMARK(window<sums, mr::sum, mr::worst_case>)->Apply(widths);
BENCHMARK(window<sums, mr::sum, mr::subtracting>)->Apply(widths);
BENCHMARK(window_of_plain_sums<mr::automatic>)->Apply(widths);
BENCHMARK(window_of_plain_sums<mr::worst_case>)->Apply(widths);
BENCHMARK(window_by_span<sums, mr::sum>)->Arg(65'536)->Arg(1 << 20);
BENCHMARK(two_stacks_by_hand)->Apply(widths);
BENCHMARK(deque_that_drifts)->Apply(widths);
BENCHMARK(ring_that_drifts)->Apply(widths);
BENCHMARK(boost_rolling_sum)->Apply(widths);
BENCHMARK(window<usual, mr::stddev>)->Apply(widths);
BENCHMARK(window_by_span<usual, mr::stddev>)->Arg(65'536)->Arg(1 << 20);
BENCHMARK(boost_rolling_variance)->Apply(widths);
BENCHMARK(window<mr::aggregate<mr::max>, mr::max>)->Apply(widths);
BENCHMARK(multiset_maximum)->Arg(16)->Arg(1024)->Arg(65'536);
BENCHMARK(window_out_of_order<sums, mr::sum>)->Arg(0)->Arg(64)->Arg(1024);
BENCHMARK(window_out_of_order<usual, mr::stddev>)->Arg(64);
BENCHMARK(multimap_that_drifts)->Arg(0)->Arg(64)->Arg(1024);

}  // namespace

BENCHMARK_MAIN();
