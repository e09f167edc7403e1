// Watches a series of half-hourly values: which are odd for their time of the week, and when the level changed for
// good. The series is made up, or read from a CSV of your own, whose first line names the columns and whose last column
// is the value:
//
//   example_08_drift series.csv
#include <millrace/core/seed.hpp>
#include <millrace/detect.hpp>
#include <millrace/feature/tables.hpp>
#include <millrace/store/file.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

struct point {
  std::string when;
  double value;
};

/// Numbers of passengers with a daily and a weekly rhythm. A storm keeps most away on day 40, and a new competitor
/// takes some from day 120 on.
std::vector<point> made_up() {
  mr::random_engine random(8);
  std::vector<point> series;
  for (int i = 0; i < 48 * 180; ++i) {
    const int day = i / 48;
    double level = 15000 + 6000 * std::sin(6.283185307179586 * (i % 48 - 20) / 48.0) - (day % 7 >= 5 ? 2000 : 0);
    if (day >= 120) level *= 0.85;
    if (day == 40) level *= 0.2;
    const double noise = random.uniform() + random.uniform() + random.uniform() - 1.5;
    series.push_back({"day " + std::to_string(day) + ", half-hour " + std::to_string(i % 48), level + 600 * noise});
  }
  return series;
}

mr::result<std::vector<point>> read(const std::string& path) {
  auto text = mr::store::read_file(path);
  if (!text) return std::move(text).error();
  auto table = mr::feature::read_csv(*std::move(text));
  if (!table) return std::move(table).error().wrap(path);
  const mr::feature::column& values = (*table)[table->size() - 1];
  std::vector<point> series;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const std::string when = path + ", line " + std::to_string(table->line(row));
    if (values.kind != mr::feature::column_kind::number || values.missing(row))
      return mr::error(mr::errc::invalid_data, when + ": the last column is not all numbers");
    series.push_back({when, values.numbers[row]});
  }
  return series;
}

int main(int count, char** arguments) {
  mr::result<std::vector<point>> series = made_up();
  if (count > 1) series = read(arguments[1]);
  if (!series) {
    std::fprintf(stderr, "%s\n", series.error().describe().c_str());
    return 1;
  }

  // [detectors]
  // arl is the average number of observations to a false alarm, while nothing is wrong.
  mr::detect::seasonal<48 * 7, mr::detect::arl<10'000>> usual;  // its season is a week of half-hours
  mr::detect::adwin<mr::detect::arl<1'000>> level;              // given means of whole days, which have no daily rhythm
  int odd = 0;
  int changes = 0;
  double day = 0;
  for (std::size_t i = 0; i < series->size(); ++i) {
    const auto& [when, value] = (*series)[i];
    if (const mr::detect::anomaly found = usual.update(value); found.flagged && ++odd <= 5)
      std::printf("%s: %.0f is odd, %.0f to %.0f was expected\n", when.c_str(), value, found.lower, found.upper);
    day += value / 48;
    if (i % 48 != 47) continue;
    // At the end of a day its mean is one observation.
    if (level.update(std::exchange(day, 0)) == mr::detect::signal::drift) {
      ++changes;
      std::printf("%s: the level changed; the last %.0f days have a mean of %.0f\n", when.c_str(),
                  static_cast<double>(level.width()), level.mean());
    }
  }
  // [/detectors]
  std::printf("%zu values: %d odd for their time of the week, %d lasting changes\n", series->size(), odd, changes);

  // All values of the last quarter of the series against those of the first.
  std::vector<double> values;
  for (const point& p : *series) values.push_back(p.value);
  const std::size_t quarter = values.size() / 4;
  const auto reference = mr::detect::drift_reference::make(std::span(values).first(quarter));
  if (!reference) return 1;
  const auto now = reference->compare(std::span(values).last(quarter));
  if (!now) return 1;
  std::printf("last quarter against the first: PSI %.3f, Kolmogorov-Smirnov %.3f, drift score %.3f\n", now->psi,
              now->ks, now->score);
  return count > 1 || (odd > 20 && changes == 1) ? 0 : 1;
}
