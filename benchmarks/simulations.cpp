// What the statistics promise, simulated: false positives under continuous peeking, power and mean stopping time of the
// always-valid test, run lengths of the detectors. Prints the tables of benchmarks/RESULTS.md.
//
//   bench_simulations [experiments = 100000] [threads = all] [seed = 1]
//
// The same seed and number of experiments give the same table, whatever the number of threads: every experiment has a
// generator of its own.

#include <millrace/core/seed.hpp>
#include <millrace/detect.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

struct options {
  long experiments = 100'000;
  unsigned threads = 1;
  std::uint64_t seed = 1;
};

double normal(mr::random_engine& engine) {
  for (;;) {  // Kinderman and Monahan's ratio of uniforms: no state beside the engine's
    const double u = 1 - engine.uniform();
    const double v = 1.7155277699214135 * (engine.uniform() - 0.5);
    const double x = v / u;
    if (x * x <= -4 * std::log(u)) return x;
  }
}

struct rate {
  double p;
  double operator()(mr::random_engine& engine) const { return engine.uniform() < p ? 1 : 0; }
};
struct log_normal {
  double operator()(mr::random_engine& engine) const { return std::exp(2 * normal(engine)); }  // skewness 414
};

struct tally {
  long rejected = 0;
  double stops = 0;
};

/// run(engine) -> observations an arm at which it rejected, or 0: over all experiments, shared among the threads.
template <class Run>
tally simulate(const options& with, long experiments, std::uint64_t stream, double length, Run run) {
  std::vector<tally> found(with.threads);
  std::atomic<long> next{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < with.threads; ++t)
    threads.emplace_back([&, t] {
      tally mine;
      for (long e; (e = next.fetch_add(1)) < experiments;) {
        mr::random_engine engine(with.seed * 0x9e3779b97f4a7c15U + stream * 0xbf58476d1ce4e5b9U +
                                 static_cast<std::uint64_t>(e));
        const double stop = run(engine);
        if (stop > 0) ++mine.rejected;
        mine.stops += stop > 0 ? stop : length;
      }
      found[t] = mine;
    });
  for (auto& thread : threads) thread.join();
  tally all;
  for (const tally& one : found) {
    all.rejected += one.rejected;
    all.stops += one.stops;
  }
  return all;
}

/// Both arms one observation at a time, a look after every pair.
template <class A, class B>
auto always_valid(A a, B b, long length) {
  return [=](mr::random_engine& engine) {
    mr::stats::two_arm_e_process test;
    for (long n = 1; n <= length; ++n) {
      test.update(false, a(engine));
      test.update(true, b(engine));
      if (test.e_value() >= 20) return static_cast<double>(n);
    }
    return 0.0;
  };
}

/// The same by sums: z at every look (naive), or the asymptotic mixture test shortest at 5,000.
template <class A, class B>
auto by_moments(A a, B b, long length, bool naive) {
  return [=](mr::random_engine& engine) {
    double sums[2]{};
    double squares[2]{};
    for (long n = 1; n <= length; ++n) {
      const double x[2]{a(engine), b(engine)};
      double variance = 0;
      for (int i = 0; i < 2; ++i) {
        sums[i] += x[i];
        squares[i] += x[i] * x[i];
        variance += (squares[i] - sums[i] * sums[i] / static_cast<double>(n)) / static_cast<double>(n);
      }
      const double squared_error = variance / static_cast<double>(n);
      if (!(squared_error > 0)) continue;
      const double effect = (sums[1] - sums[0]) / static_cast<double>(n);
      const bool out =
          naive ? effect * effect > 3.841458820694124 * squared_error
                : mr::stats::log_mixture_ratio(effect, squared_error,
                                               mr::stats::shortest_spread(variance / 5000, 0.05)) >= 2.995732273553991;
      if (out) return static_cast<double>(n);
    }
    return 0.0;
  };
}

void print(const char* what, const tally& found, long experiments, const char* goal) {
  const double share = static_cast<double>(found.rejected) / static_cast<double>(experiments);
  std::printf("| %s | %.5f | %.0f | %s |\n", what, share, found.stops / static_cast<double>(experiments), goal);
  std::fflush(stdout);
}

template <class A>
void false_positives(const options& with, const char* name, A arm, std::uint64_t stream) {
  constexpr long length = 10'000;
  const double bound = 0.05 + 3 * std::sqrt(0.05 * 0.95 / static_cast<double>(with.experiments));
  char goal[64];
  std::snprintf(goal, sizeof goal, "<= %.5f", bound);
  char text[128];
  std::snprintf(text, sizeof text, "%s, always valid", name);
  print(text, simulate(with, with.experiments, stream, length, always_valid(arm, arm, length)), with.experiments, goal);
  const long few = with.experiments / 20;
  std::snprintf(text, sizeof text, "%s, asymptotic mixture", name);
  print(text, simulate(with, few, stream, length, by_moments(arm, arm, length, false)), few, "");
  std::snprintf(text, sizeof text, "%s, z at every look", name);
  print(text, simulate(with, few, stream, length, by_moments(arm, arm, length, true)), few, "");
}

template <class D, class Draw>
void run_length(const options& with, const char* name, const D& fresh, Draw draw, double promised, long streams) {
  const auto most = static_cast<long>(30 * promised);
  const tally found = simulate(with, streams, 77, static_cast<double>(most), [&](mr::random_engine& engine) {
    D detector = fresh;
    for (long t = 1; t <= most; ++t)
      if (detector.update(draw(engine)) == mr::detect::signal::drift) return static_cast<double>(t);
    return 0.0;
  });
  const double mean = found.stops / static_cast<double>(streams);
  std::printf("| %s | %.0f | %.0f | %.2f |\n", name, promised, mean, mean / promised);
  std::fflush(stdout);
}

template <class D, class Draw>
void share_alarmed(const options& with, const char* name, const D& fresh, Draw draw, long length, long streams) {
  const tally found = simulate(with, streams, 78, 0, [&](mr::random_engine& engine) {
    D detector = fresh;
    for (long t = 1; t <= length; ++t)
      if (detector.update(draw(engine)) == mr::detect::signal::drift) return static_cast<double>(t);
    return 0.0;
  });
  std::printf("| %s | %ld | %.3f |\n", name, length,
              static_cast<double>(found.rejected) / static_cast<double>(streams));
  std::fflush(stdout);
}

void detectors(const options& with) {
  std::printf("\n| detector, stream | run length promised | mean of it | ratio |\n|---|---|---|---|\n");
  const long streams = with.experiments >= 50'000 ? 2000 : 200;
  using thousand = mr::detect::arl<1'000>;
  using ten_thousand = mr::detect::arl<10'000>;
  run_length(with, "cusum, normal", mr::detect::cusum<thousand>({0, 1}), normal, 1e3, streams);
  run_length(with, "cusum, normal", mr::detect::cusum<ten_thousand>({0, 1}), normal, 1e4, streams);
  run_length(with, "page_hinkley, normal", mr::detect::page_hinkley<thousand>(), normal, 1e3, streams);
  run_length(with, "page_hinkley, normal", mr::detect::page_hinkley<ten_thousand>(), normal, 1e4, streams);
  run_length(with, "adwin, normal", mr::detect::adwin<thousand>(), normal, 1e3, streams);
  run_length(with, "adwin, normal", mr::detect::adwin<ten_thousand>(), normal, 1e4, streams);
  run_length(with, "adwin, 0/1 at 0.5", mr::detect::adwin<ten_thousand>(), rate{0.5}, 1e4, streams);
  run_length(with, "adwin, 0/1 at 0.1", mr::detect::adwin<ten_thousand>(), rate{0.1}, 1e4, streams);
  run_length(
      with, "adwin, uniform", mr::detect::adwin<ten_thousand>(), [](mr::random_engine& e) { return e.uniform(); }, 1e4,
      streams);
  run_length(with, "ewma_chart, normal", mr::detect::ewma_chart<ten_thousand>({0, 1}), normal, 1e4, streams);
  run_length(with, "kswin, normal", mr::detect::kswin<ten_thousand>(), normal, 1e4, streams / 4);
  run_length(with, "bocpd, normal", mr::detect::bocpd<thousand>({0, 1}), normal, 1e3, streams / 4);
  run_length(with, "bocpd, normal", mr::detect::bocpd<ten_thousand>({0, 1}), normal, 1e4, streams / 20);
  std::printf("\n| detector, stream | observations | share alarmed (goal <= 0.632) |\n|---|---|---|\n");
  share_alarmed(with, "ddm, 0/1 at 0.2", mr::detect::ddm<ten_thousand>(), rate{0.2}, 10'000, streams);
  share_alarmed(with, "ddm, 0/1 at 0.05", mr::detect::ddm<ten_thousand>(), rate{0.05}, 10'000, streams);
  share_alarmed(with, "eddm, 0/1 at 0.2", mr::detect::eddm<ten_thousand>(), rate{0.2}, 50'000, streams);
  share_alarmed(with, "hddm_a, 0/1 at 0.5", mr::detect::hddm_a<ten_thousand>(), rate{0.5}, 10'000, streams);
  share_alarmed(with, "hddm_w, 0/1 at 0.5", mr::detect::hddm_w<ten_thousand>(), rate{0.5}, 10'000, streams);
}

}  // namespace

int main(int count, char** arguments) {
  options with;
  with.threads = std::thread::hardware_concurrency() > 0 ? std::thread::hardware_concurrency() : 1;
  if (count > 1) with.experiments = std::atol(arguments[1]);
  if (count > 2) with.threads = static_cast<unsigned>(std::atoi(arguments[2]));
  if (count > 3) with.seed = std::strtoull(arguments[3], nullptr, 10);
  if (with.experiments < 20 || with.threads < 1) {
    std::fprintf(stderr, "bench_simulations [experiments >= 20] [threads >= 1] [seed]\n");
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  std::printf("%ld experiments, seed %llu, %u threads\n\n", with.experiments,
              static_cast<unsigned long long>(with.seed), with.threads);
  std::printf("| A/A, 10,000 an arm, a look after every pair, alpha 0.05 | rejected | mean stop | goal |\n");
  std::printf("|---|---|---|---|\n");
  false_positives(with, "p = 0.001", rate{0.001}, 1);
  false_positives(with, "p = 0.01", rate{0.01}, 2);
  false_positives(with, "p = 0.1", rate{0.1}, 3);
  false_positives(with, "p = 0.5", rate{0.5}, 4);
  false_positives(with, "log-normal (sigma 2)", log_normal{}, 5);
  std::printf("\n| .10 against .12, up to 20,000 an arm | power | mean stop | goal |\n|---|---|---|---|\n");
  const long some = with.experiments / 5;
  print("always valid", simulate(with, some, 6, 20'000, always_valid(rate{0.10}, rate{0.12}, 20'000)), some,
        ">= .999, <= 4,400");
  print("asymptotic mixture", simulate(with, some / 4, 6, 20'000, by_moments(rate{0.10}, rate{0.12}, 20'000, false)),
        some / 4, "");
  detectors(with);
  std::printf("\n%.0f s\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}
