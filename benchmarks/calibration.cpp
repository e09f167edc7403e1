// Finds the thresholds that detect/ holds in tables: adwin, ddm, eddm, hddm_a, hddm_w, bocpd. A program, not a test: it
// takes some minutes. Prints one line a detector: the thresholds for run lengths of 100, 300, ..., 1'000'000.
//
//   bench_calibration [detector] [streams]
//
// adwin, bocpd: the mean run length to the first alarm, from all observations over all alarms (runs are cut off at
// three times the run length asked for). The others: the threshold that 1 - 1/e of the streams pass within the run
// length, the worst over the streams' probabilities.

#include <millrace/core/seed.hpp>
#include <millrace/detect.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::array<std::uint64_t, 9> lengths{100, 300, 1'000, 3'000, 10'000, 30'000, 100'000, 300'000, 1'000'000};
constexpr double never = 1e300;

struct normal_stream {
  mr::random_engine engine;
  double kept = 0;
  bool has = false;

  double operator()() {
    if (has) {
      has = false;
      return kept;
    }
    double u, v, s;
    do {
      u = 2 * engine.uniform() - 1;
      v = 2 * engine.uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s == 0);
    const double f = std::sqrt(-2 * std::log(s) / s);
    kept = v * f;
    has = true;
    return u * f;
  }
};

void print(std::string_view name, const std::array<double, 9>& found) {
  std::printf("%.*s:", static_cast<int>(name.size()), name.data());
  for (const double t : found) std::printf(" %.4f,", t);
  std::printf("\n");
  std::fflush(stdout);
}

/// The mean run length at each of a grid of thresholds at once: a threshold's run ends at the first record above it.
std::vector<double> mean_lengths(const auto& fresh, std::span<const double> grid, std::uint64_t horizon, int streams) {
  std::vector<double> time(grid.size());
  std::vector<double> alarms(grid.size());
  for (int s = 0; s < streams; ++s) {
    normal_stream draw{mr::random_engine(static_cast<std::uint64_t>(s) + 1)};
    auto detector = fresh;
    std::size_t next = 0;
    for (std::uint64_t t = 1; t <= horizon && next < grid.size(); ++t) {
      detector.update(draw());
      for (; next < grid.size() && detector.statistic() > grid[next]; ++next) {
        time[next] += static_cast<double>(t);
        alarms[next] += 1;
      }
    }
    for (; next < grid.size(); ++next) time[next] += static_cast<double>(horizon);
  }
  for (std::size_t i = 0; i < grid.size(); ++i) time[i] = alarms[i] > 0 ? time[i] / alarms[i] : never;
  return time;
}

double threshold_at(std::span<const double> grid, std::span<const double> mean, double wanted) {
  std::size_t i = 1;
  while (i + 1 < grid.size() && mean[i] < wanted) ++i;
  const double part = (std::log(wanted) - std::log(mean[i - 1])) / (std::log(mean[i]) - std::log(mean[i - 1]));
  return grid[i - 1] + part * (grid[i] - grid[i - 1]);
}

void adwin(int streams) {
  std::array<double, 9> found{};
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const double length = static_cast<double>(lengths[i]);
    std::vector<double> grid;
    for (double t = 0.1; t < 0.9 * std::log(length); t += 0.1) grid.push_back(t);
    const double enough = (std::min)(10.0, 2e5 / length) * streams;
    const auto mean = mean_lengths(mr::detect::adwin<>({never, never}), grid, 3 * lengths[i], static_cast<int>(enough));
    found[i] = threshold_at(grid, mean, static_cast<double>(lengths[i]));
  }
  print("adwin", found);
}

template <std::size_t... I>
void bocpd(int streams, std::index_sequence<I...>) {
  std::vector<double> grid;
  for (double t = 0.02; t < 20; t *= 1.1) grid.push_back(t);
  std::array<double, 9> found{};
  const auto one = [&]<std::size_t At>() {
    const auto fresh = mr::detect::bocpd<mr::detect::arl<lengths[At], lengths[At] / 10>>({never, never}, {0, 1});
    const double most = 6e7 / static_cast<double>(lengths[At]);
    const int n = static_cast<int>((std::min)(static_cast<double>(streams), most));
    found[At] = threshold_at(grid, mean_lengths(fresh, grid, 3 * lengths[At], n), static_cast<double>(lengths[At]));
    std::fprintf(stderr, "bocpd %llu: %.4f\n", static_cast<unsigned long long>(lengths[At]), found[At]);
  };
  (one.template operator()<I>(), ...);
  print("bocpd", found);
}

/// The level that 1 - 1/e of the streams' statistics pass by each run length.
void passed(std::string_view name, const auto& fresh, std::span<const double> probabilities, int streams,
            bool in_errors) {
  std::array<double, 9> worst{};
  worst.fill(-never);
  for (const double p : probabilities) {
    std::array<std::vector<double>, 9> records;
    for (int s = 0; s < streams; ++s) {
      mr::random_engine engine(static_cast<std::uint64_t>(s) + 1);
      auto detector = fresh;
      double record = -never;
      std::uint64_t ticks = 0;
      for (std::size_t i = 0; i < lengths.size();) {
        const bool hit = engine.uniform() < p;
        detector.update(hit ? 1 : 0);
        if (detector.statistic() > record) record = detector.statistic();
        if (hit || !in_errors) ++ticks;
        if (ticks == lengths[i] && (hit || !in_errors)) records[i++].push_back(record);
      }
    }
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      auto& all = records[i];
      std::sort(all.begin(), all.end());
      const double level = all[static_cast<std::size_t>(static_cast<double>(all.size()) * std::exp(-1.0))];
      if (level > worst[i]) worst[i] = level;
    }
  }
  print(name, worst);
}

/// The same where the threshold is part of the statistic: by halving, to 62 % of the streams, so that chance in the
/// simulation does not break the promise of 63 %.
template <class D>
void halved(std::string_view name, std::span<const double> probabilities, int streams) {
  std::array<double, 9> worst{};
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const int runs = static_cast<int>((std::min)(20.0 * streams, 1e6 * streams / static_cast<double>(lengths[i])));
    for (const double p : probabilities) {
      double low = 0.1;
      double high = 20;
      for (int round = 0; round < 11; ++round) {
        const double middle = 0.5 * (low + high);
        int alarms = 0;
        for (int s = 0; s < runs; ++s) {
          mr::random_engine engine(static_cast<std::uint64_t>(s) + 1);
          D detector = D(mr::detect::thresholds{middle, middle});
          std::uint64_t t = 0;
          while (t < lengths[i] && detector.update(engine.uniform() < p ? 1 : 0) != mr::detect::signal::drift) ++t;
          if (t < lengths[i]) ++alarms;
        }
        (alarms > static_cast<int>(0.62 * runs) ? low : high) = middle;
      }
      if (high > worst[i]) worst[i] = high;
    }
    std::fprintf(stderr, "%.*s %llu: %.4f\n", static_cast<int>(name.size()), name.data(),
                 static_cast<unsigned long long>(lengths[i]), worst[i]);
  }
  print(name, worst);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view which = count > 1 ? arguments[1] : "";
  const int streams = count > 2 ? std::atoi(arguments[2]) : 1000;
  const auto wants = [&](std::string_view name) { return which.empty() || which == name; };
  constexpr std::array<double, 4> rates{0.05, 0.1, 0.2, 0.5};
  if (wants("adwin")) adwin(streams);
  if (wants("ddm")) passed("ddm", mr::detect::ddm<>({never, never}), rates, streams, false);
  if (wants("eddm")) passed("eddm", mr::detect::eddm<>({2, 2}), rates, streams, true);
  if (wants("hddm_a")) halved<mr::detect::hddm_a<>>("hddm_a", rates, streams);
  if (wants("hddm_w")) halved<mr::detect::hddm_w<>>("hddm_w", rates, streams);
  if (wants("bocpd")) bocpd(streams, std::make_index_sequence<7>());  // up to 100'000, what it promises
}
