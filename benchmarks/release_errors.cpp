// What a release's judge promises, simulated: rollbacks without harm, promotions in spite of it, how soon faults are
// found, and the same of three naive judges in the same rollouts. Prints tables of benchmarks/RESULTS.md.
//
//   bench_release_errors [rollouts = 100000] [threads = all] [seed = 1] [tables = pahuc]
//
// Tables: power, arms alike, harm, users (a twentieth of the rollouts), curves of delays (a tenth).
//
// Requests are drawn as counts between two looks, which is exact where a judge only counts. The same seed and number of
// rollouts give the same table, whatever the number of threads: every rollout has a generator of its own.

#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge.hpp>
#include <millrace/stats/tests/mann_whitney.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

struct options {
  long rollouts = 100'000;
  unsigned threads = 1;
  std::uint64_t seed = 1;
};

/// The number of successes in n trials: the gaps between them are geometric.
std::uint64_t binomial(mr::random_engine& engine, std::uint64_t n, double p) {
  if (p <= 0 || n == 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(engine, n, 1 - p);
  const double scale = 1 / std::log1p(-p);
  std::uint64_t successes = 0;
  for (double at = 0;;) {
    at += std::floor(std::log(1 - engine.uniform()) * scale) + 1;
    if (at > static_cast<double>(n)) return successes;
    ++successes;
  }
}

struct empty_answers {
  static constexpr std::string_view name = "empty_answers";
  static constexpr md::tolerance tolerated{2, .002};
  static double badness(const md::measurement&) noexcept { return 0; }  // only fed by counts here
};
struct disagreement {
  static constexpr std::string_view name = "disagreement";
  static constexpr md::tolerance tolerated{1.5, .01};
  static double badness(double score) noexcept { return score; }
};
using errors = md::error_rate<md::max_ratio<2>>;
using slow = md::latency<.99, md::max_ratio<1.5>>;
using four = md::judge<errors, slow, empty_answers, disagreement, md::alpha<.01>, md::min_requests<1000>>;
using three = md::judge<errors, slow, empty_answers, md::alpha<.01>, md::min_requests<1000>>;
using one = md::judge<errors, md::alpha<.01>, md::min_requests<1000>>;

/// How requests behave at a moment; all shares are of requests.
struct traffic {
  double error = 0.01;
  double empty = 0.02;
  double wrong = 0.05;  // half of them by .3, half by 1
  double shock = 0;     // bad in every way at once, by .8 each
  double scale = 1;     // of latencies
  double tail = 1.5;    // Pareto's index; 0: log-normal with sigma .5
};

double slower(const traffic& now, double than) {
  const double x = than / now.scale / 1e6;
  if (now.tail > 0) return x <= 1 ? 1 : std::pow(x, -now.tail);
  return 0.5 * std::erfc(std::log(x) / 0.5 / std::sqrt(2));
}
double latency(const traffic& now, mr::random_engine& engine) {
  if (now.tail > 0) return 1e6 * now.scale * std::pow(1 - engine.uniform(), -1 / now.tail);
  return 1e6 * now.scale * std::exp(0.5 * engine.normal());
}

/// What came of the requests of one arm between two looks.
struct block {
  std::uint64_t requests = 0;
  md::counted error;
  md::counted slow;
  md::counted empty;
  md::counted by_third;  // disagreement of .3
  md::counted wholly;    // and of 1
};

block draw(mr::random_engine& engine, const traffic& now, std::uint64_t n, std::array<double, 2> limits) {
  block made;
  made.requests = n;
  const std::uint64_t shocks = binomial(engine, n, now.shock);
  const std::uint64_t rest = n - shocks;
  const auto bad = [&](double rate) { return binomial(engine, shocks, 0.8) + binomial(engine, rest, rate); };
  made.error = {.returned = n, .measured = n, .bad = bad(now.error)};
  made.empty = {.measured = n, .bad = bad(now.empty)};
  if (limits[0] > 0) {
    const double near = slower(now, limits[1]);
    const double slow = slower(now, limits[0]);
    const double far = slower(now, limits[0] * 1.5);
    const std::uint64_t beyond = bad(far);
    const std::uint64_t over = beyond + binomial(engine, n - beyond, (slow - far) / (1 - far));
    made.slow = {.measured = n,
                 .bad = over,
                 .lower = over + binomial(engine, n - over, (near - slow) / (1 - slow)),
                 .beyond = beyond};
  }
  const std::uint64_t thirds = binomial(engine, rest, now.wrong / 2);
  made.by_third = {.measured = n, .bad = thirds};
  made.wholly = {.bad = binomial(engine, shocks, 0.8) + binomial(engine, rest - thirds, now.wrong / 2)};
  return made;
}

template <class Judge>
void feed(Judge& judge, md::arm which, const block& with, std::size_t step) {
  judge.template update<errors>(which, with.error, step);
  if constexpr (!std::is_same_v<Judge, one>) {
    judge.template update<slow>(which, with.slow, step);
    judge.template update<empty_answers>(which, with.empty, step);
  }
  if constexpr (std::is_same_v<Judge, four>) {
    judge.template update<disagreement>(which, with.wholly, step);
    for (std::uint64_t i = 0; i < with.by_third.bad; ++i) judge.template update<disagreement>(which, 0.3, step);
    judge.template update<disagreement>(which, {.measured = with.by_third.measured - with.by_third.bad}, step);
  }
}

/// Sets the limit of a judge that has one by the first requests. Returns how many of them were the candidate's.
template <class Judge>
std::uint64_t warm(Judge& judge, const traffic& stable, const traffic& candidate, mr::random_engine& engine,
                   std::size_t step, double share) {
  std::uint64_t candidates = 0;
  if constexpr (!std::is_same_v<Judge, one>)
    while (judge.template limits<slow>(step)[0] == 0) {
      const bool is_candidate = engine.uniform() < share;
      const traffic& now = is_candidate ? candidate : stable;
      judge.update(is_candidate ? md::arm::candidate : md::arm::stable,
                   {.failed = engine.uniform() < now.error, .latency = latency(now, engine)}, step);
      candidates += is_candidate ? 1 : 0;
    }
  return candidates;
}
template <class Judge>
std::array<double, 2> limits_of(const Judge& judge, std::size_t step) {
  if constexpr (std::is_same_v<Judge, one>)
    return {};
  else
    return judge.template limits<slow>(step);
}

/// The naive judges, of the counts of one step.
struct naive {
  std::array<std::array<double, 4>, 2> bad{};
  std::array<double, 2> all{};
  std::array<std::array<std::vector<double>, 4>, 2> rates;

  void update(std::size_t arm, const block& with) {
    const auto n = static_cast<double>(with.requests);
    all[arm] += n;
    const std::array<double, 4> now{
        static_cast<double>(with.error.bad), static_cast<double>(with.slow.bad), static_cast<double>(with.empty.bad),
        static_cast<double>(with.wholly.bad) + 0.3 * static_cast<double>(with.by_third.bad)};
    for (std::size_t i = 0; i < 4; ++i) {
      bad[arm][i] += now[i];
      rates[arm][i].push_back(n > 0 ? now[i] / n : 0);
    }
  }
  /// The document's: more than 1 % failed, of 1,000 requests at least.
  bool thresholds() const { return all[1] >= 1000 && bad[1][0] > 0.01 * all[1]; }
  /// One-sided two-proportion z at .01 / 4.
  bool z() const {
    for (std::size_t i = 0; i < 4; ++i) {
      const double p = (bad[0][i] + bad[1][i]) / (all[0] + all[1]);
      const double error = std::sqrt(p * (1 - p) * (1 / all[0] + 1 / all[1]));
      if (error > 0 && bad[1][i] / all[1] - bad[0][i] / all[0] > 2.807 * error) return true;
    }
    return false;
  }
  /// Mann and Whitney's test of the rates between looks, at .02 on both sides as Kayenta's classifier by default.
  bool ranks() const {
    for (std::size_t i = 0; i < 4; ++i) {
      const auto found = mr::stats::mann_whitney_test(rates[1][i], rates[0][i]);
      if (found && found->p < 0.02 && found->effect > 0) return true;
    }
    return false;
  }
};

struct tally {
  std::array<double, 8> sums{};
  std::vector<double> delays;
  void merge(const tally& other) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += other.sums[i];
    delays.insert(delays.end(), other.delays.begin(), other.delays.end());
  }
};

/// run(engine, tally) for every rollout, shared among the threads.
template <class Run>
tally simulate(const options& with, std::uint64_t stream, Run run) {
  std::vector<tally> found(with.threads);
  std::atomic<long> next{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < with.threads; ++t)
    threads.emplace_back([&, t] {
      for (long e; (e = next.fetch_add(1)) < with.rollouts;) {
        mr::random_engine engine(with.seed * 0x9e3779b97f4a7c15U + stream * 0xbf58476d1ce4e5b9U +
                                 static_cast<std::uint64_t>(e));
        run(engine, found[t]);
      }
    });
  for (auto& thread : threads) thread.join();
  tally all;
  for (const tally& each : found) all.merge(each);
  std::sort(all.delays.begin(), all.delays.end());
  return all;
}

constexpr std::array<double, 5> canary{.05, .10, .25, .50, .75};
constexpr std::array<double, 5> narrow{.05, .05, .05, .05, .05};
constexpr std::uint64_t per_look = 100;  // requests of the candidate, about
constexpr int most_looks = 40;           // then a person goes on

/// Rollouts of five steps: `at(t, offset)` is the traffic of the stable model at the time t in [0, 1) of each, and
/// `changed` makes that of the candidate from it.
template <class Traffic, class Changed>
void rollouts(const options& with, const char* name, std::uint64_t stream, const std::array<double, 5>& shares,
              Traffic at, Changed changed) {
  const tally found = simulate(with, stream, [&](mr::random_engine& engine, tally& sums) {
    four judge;
    bool rolled_back = false;
    bool thresholds = false;
    bool z = false;
    bool ranks = false;
    bool alone = true;  // the judge promoted every step
    bool any = false;
    const double offset = engine.uniform();
    const bool with_ranks = engine.uniform() < 0.02;  // the exact test takes long
    double looks = 0;
    for (std::size_t step = 0; step < shares.size() && !rolled_back; ++step) {
      static_cast<void>(judge.begin_step(step, shares[step]));
      const traffic first = at(looks / 150, offset);
      warm(judge, first, changed(first), engine, step, shares[step]);
      naive others;
      const auto n = static_cast<std::uint64_t>(static_cast<double>(per_look) / shares[step]);
      bool promoted = false;
      for (int look = 0; look < most_looks && !promoted && !rolled_back; ++look, ++looks) {
        const traffic now = at(looks / 150, offset);
        const std::uint64_t candidates = binomial(engine, n, shares[step]);
        const block stable = draw(engine, now, n - candidates, limits_of(judge, step));
        const block candidate = draw(engine, changed(now), candidates, limits_of(judge, step));
        feed(judge, md::arm::stable, stable, step);
        feed(judge, md::arm::candidate, candidate, step);
        others.update(0, stable);
        others.update(1, candidate);
        const md::judgement so_far = judge.look();
        rolled_back = so_far.verdict == md::verdict::rollback;
        promoted = so_far.verdict == md::verdict::promote;
        thresholds = thresholds || others.thresholds();
        z = z || others.z();
      }
      alone = alone && promoted;
      any = any || promoted;
      if (with_ranks) ranks = ranks || others.ranks();
    }
    const std::array<bool, 6> was{rolled_back, alone, any, thresholds, z, ranks};
    for (std::size_t i = 0; i < was.size(); ++i) sums.sums[i] += was[i] ? 1 : 0;
    sums.sums[6] += looks * static_cast<double>(per_look);
    sums.sums[7] += with_ranks ? 1 : 0;
  });
  const auto n = static_cast<double>(with.rollouts);
  std::printf("| %s | %.5f | %.3f | %.4f | %.0f | %.3f | %.3f | %.3f |\n", name, found.sums[0] / n, found.sums[1] / n,
              found.sums[2] / n, found.sums[6] / n, found.sums[3] / n, found.sums[4] / n,
              found.sums[5] / found.sums[7]);
  std::fflush(stdout);
}

constexpr const char* columns =
    " | taken back | promoted to the end | promoted at all | requests of the candidate | fixed thresholds | z at every "
    "look | Mann-Whitney per step |\n|---|---|---|---|---|---|---|---|\n";

void without_harm(const options& with) {
  std::printf("\n| arms alike (goal: taken back <= .01)%s", columns);
  const auto alike = [](const traffic& now) { return now; };
  const auto always = [](const traffic& now) { return [=](double, double) { return now; }; };
  traffic base;
  base.error = .005;
  rollouts(with, "independent metrics", 1, canary, always(base), alike);
  traffic correlated;
  correlated.shock = .01;
  correlated.error = .001;
  correlated.empty = .001;
  correlated.wrong = .002;
  rollouts(with, "correlated metrics", 2, canary, always(correlated), alike);
  traffic heavy = base;
  heavy.tail = 0.8;
  rollouts(with, "heavy-tailed latency (no mean)", 3, canary, always(heavy), alike);
  traffic light = base;
  light.tail = 0;
  rollouts(with, "log-normal latency", 4, canary, always(light), alike);
  const auto days = [=](double t, double offset) {
    traffic now = base;
    const double day = 0.5 + 0.5 * std::sin(6.283185307179586 * (3 * t + offset));
    now.error *= 1 + 4 * day;
    now.empty *= 1 + 4 * day;
    now.scale *= 1 + 2 * day;
    return now;
  };
  rollouts(with, "day and night: rates by 5, latency by 3", 5, canary, days, alike);
  rollouts(with, "shares of 5 and 95 % throughout", 6, narrow, always(base), alike);
  const auto worse_and_worse = [=](double t, double) {
    traffic now = base;
    now.error *= 1 + 9 * std::min(1.0, 2 * t);
    now.scale *= 1 + 4 * std::min(1.0, 2 * t);
    return now;
  };
  rollouts(with, "a baseline that becomes ten times worse", 7, canary, worse_and_worse, alike);
  traffic rare = base;
  rare.error = .0001;
  rare.empty = .0001;
  rollouts(with, "hardly any errors (1 in 10,000)", 8, canary, always(rare), alike);
}

void with_harm(const options& with) {
  std::printf("\n| a candidate that is worse%s", columns);
  const auto always = [](double error) { return [=](double, double) { return traffic{.error = error}; }; };
  const auto errors_by = [](double ratio) {
    return [=](traffic now) {
      now.error *= ratio;
      return now;
    };
  };
  rollouts(with, "errors 1 to 1.2 %: harmless", 11, canary, always(.01), errors_by(1.2));
  rollouts(with, "errors 1 to 2 %: the edge (promoted at all <= .05)", 12, canary, always(.01), errors_by(2));
  rollouts(with, "errors 1 to 2.5 %", 13, canary, always(.01), errors_by(2.5));
  rollouts(with, "errors .1 to .9 %", 14, canary, always(.001), errors_by(9));
  rollouts(with, "latency by 1.5: the edge (promoted at all <= .05)", 15, canary, always(.01), [](traffic now) {
    now.scale *= 1.5;
    return now;
  });
}

/// One request in a hundred is of 50 users, every other of whose requests fails; users keep their arm.
template <class Judge>
bool taken_back(mr::random_engine& engine) {
  Judge judge;
  std::array<double, 50> points;
  for (double& point : points) point = engine.uniform();
  for (std::size_t step = 0; step < canary.size(); ++step) {
    static_cast<void>(judge.begin_step(step, canary[step]));
    const auto n = static_cast<std::uint64_t>(static_cast<double>(per_look) / canary[step]);
    for (int look = 0; look < 15; ++look) {
      for (std::uint64_t i = 0; i < n; ++i) {
        std::uint64_t user = engine();
        const bool is_bad = user % 100 == 0;
        if (is_bad) user = engine.below(points.size());
        const double point = is_bad ? points[user] : static_cast<double>(user >> 11) * 0x1p-53;
        const bool failed = engine.uniform() < (is_bad ? 0.5 : 0.001);
        judge.update(point < canary[step] ? md::arm::candidate : md::arm::stable, {.failed = failed}, step, user);
      }
      if (judge.look().verdict == md::verdict::rollback) return true;
    }
  }
  return false;
}

void users(options with) {
  with.rollouts = std::max(100L, with.rollouts / 20);
  std::printf("\n| arms alike, most errors are of 50 users, %ld rollouts | taken back |\n|---|---|\n", with.rollouts);
  const auto row = [&](const char* name, auto run) {
    const tally found =
        simulate(with, 41, [&](mr::random_engine& engine, tally& sums) { sums.sums[0] += run(engine); });
    std::printf("| %s | %.4f |\n", name, found.sums[0] / static_cast<double>(with.rollouts));
    std::fflush(stdout);
  };
  row("counted by request", taken_back<one>);
  row("counted by user (goal <= .01)", taken_back<md::judge<errors, md::alpha<.01>, md::per_user<16384>>>);
}

/// How many requests of the candidate it takes until it is taken back, in a step with a share, after `healthy` ones
/// without a fault. `faulty(n)` is the candidate's traffic after n requests with it.
template <class Judge, class Faulty>
tally delays(const options& with, std::uint64_t stream, double share, std::uint64_t healthy, std::uint64_t most,
             const traffic& base, Faulty faulty, std::uint64_t block_size = 25) {
  return simulate(with, stream, [&](mr::random_engine& engine, tally& sums) {
    Judge judge;
    const std::size_t steps = healthy > 0 ? 3 : 1;
    const std::array<double, 3> shares{.05, .10, share};
    std::uint64_t counted = 0;
    for (std::size_t s = 0; s < steps; ++s) {
      const bool last = s + 1 == steps;
      const double q = last ? share : shares[s];
      (void)judge.begin_step(s, q);
      const std::uint64_t before = warm(judge, base, last ? faulty(0.0) : base, engine, s, q);
      const auto n = static_cast<std::uint64_t>(static_cast<double>(last ? block_size : healthy) / q + 0.5);
      for (counted = before; counted < (last ? most : healthy);) {
        const std::uint64_t candidates = binomial(engine, n, q);
        feed(judge, md::arm::stable, draw(engine, base, n - candidates, limits_of(judge, s)), s);
        const traffic now = last ? faulty(static_cast<double>(counted)) : base;
        feed(judge, md::arm::candidate, draw(engine, now, candidates, limits_of(judge, s)), s);
        counted += candidates;
        if (!last) break;
        if (judge.look().verdict == md::verdict::rollback) {
          sums.delays.push_back(static_cast<double>(counted));
          return;
        }
      }
    }
    sums.delays.push_back(HUGE_VAL);
  });
}

void print_delays(const char* name, const tally& found, double within, const char* goal) {
  const auto& all = found.delays;
  const auto at = [&](double p) { return all[static_cast<std::size_t>(p * static_cast<double>(all.size() - 1))]; };
  const auto caught = static_cast<double>(std::upper_bound(all.begin(), all.end(), within) - all.begin());
  std::printf("| %s | %.4f | %.0f | %s | %.0f | %.0f | %.0f |\n", name, caught / static_cast<double>(all.size()),
              within, goal, at(0.5), at(0.9), at(0.99));
  std::fflush(stdout);
}

void power(const options& with) {
  std::printf(
      "\n| fault, share of the candidate 5 %% | taken back within | these requests of it | goal | median | 90 %% | 99 "
      "%% "
      "|\n|---|---|---|---|---|---|---|\n");
  const auto tripled = [](double) { return traffic{.error = 0.03}; };
  print_delays("errors 1 to 3 %, one metric", delays<one>(with, 21, .05, 0, 2500, {}, tripled), 1500, ">= .99");
  print_delays("errors 1 to 3 %, three metrics", delays<three>(with, 22, .05, 0, 2500, {}, tripled), 1500, ">= .99");
  print_delays("errors 1 to 3 %, four metrics", delays<four>(with, 23, .05, 0, 2500, {}, tripled), 1500, ">= .99");
  for (const double tail : {0.0, 1.5, 3.0}) {
    traffic base;
    base.tail = tail;
    char text[100];
    std::snprintf(text, sizeof text, "latency by 1.5, %s, three metrics",
                  tail == 0   ? "log-normal"
                  : tail == 3 ? "Pareto 3"
                              : "Pareto 1.5");
    print_delays(text,
                 delays<three>(with, 24, .05, 0, 7500, base,
                               [=](double) {
                                 traffic now = base;
                                 now.scale = 1.5;
                                 return now;
                               }),
                 5000, ">= .95");
  }
}

void curves(options with) {
  with.rollouts = std::max(100L, with.rollouts / 10);
  std::printf(
      "\n| fault in the third step, after two healthy ones, three metrics | taken back within | these requests of it | "
      "| "
      "median | 90 %% | 99 %% |\n|---|---|---|---|---|---|---|\n");
  for (const double ratio : {2.5, 3.0, 5.0, 10.0, 50.0}) {
    char text[80];
    std::snprintf(text, sizeof text, "abrupt: errors by %.1f at once", ratio);
    print_delays(text,
                 delays<three>(with, 31, .25, 1000, 10'000, {}, [=](double) { return traffic{.error = .01 * ratio}; }),
                 2000, "");
  }
  for (const double slope : {1000.0, 5000.0, 20000.0}) {
    char text[80];
    std::snprintf(text, sizeof text, "slow: errors by 1 + n / %.0f", slope);
    print_delays(text,
                 delays<three>(
                     with, 32, .25, 1000, 60'000, {},
                     [=](double n) { return traffic{.error = std::min(.5, .01 * (1 + n / slope))}; }, 250),
                 5000, "");
  }
}

}  // namespace

int main(int count, char** given) {
  options with;
  with.threads = std::max(1U, std::thread::hardware_concurrency());
  if (count > 1) with.rollouts = std::max(1L, std::atol(given[1]));
  if (count > 2) with.threads = static_cast<unsigned>(std::max(1, std::atoi(given[2])));
  if (count > 3) with.seed = static_cast<std::uint64_t>(std::atoll(given[3]));
  std::printf("%ld rollouts a row, seed %llu\n", with.rollouts, static_cast<unsigned long long>(with.seed));
  const std::string tables = count > 4 ? given[4] : "pahuc";
  const auto asked = [&](char table) { return tables.find(table) != std::string::npos; };
  if (asked('p')) power(with);
  if (asked('a')) without_harm(with);
  if (asked('h')) with_harm(with);
  if (asked('u')) users(with);
  if (asked('c')) curves(with);
}
