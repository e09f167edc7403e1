// An A/B test on the rows of a CSV with the columns user, variant, clicked, revenue, clicks, latency_ms. It reports
// after every tenth of the rows: the decision is valid however often one looks, and is corrected for all metrics.
//
//   example_09_ab_test results.csv treatment
#include <millrace/core/seed.hpp>
#include <millrace/feature/tables.hpp>
#include <millrace/stats/experiment/experiment.hpp>
#include <millrace/store/file.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;

// [experiment]
using checkout = mr::stats::experiment_test<
    mr::stats::outcomes<mr::stats::conversion<"clicked">, mr::stats::ratio<"revenue", "clicks">,
                        mr::stats::quantile_of<"latency_ms", .9>>,
    mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>, mr::stats::holm>>;
// [/experiment]

struct user {
  bool treated;
  std::array<double, 4> inputs;  // clicked, revenue, clicks, latency_ms
};

/// What a site could have logged: the treatment is clicked more often, earns the same a click, and is a little slower.
std::string made_up() {
  mr::random_engine random(9);
  std::string text = "user,variant,clicked,revenue,clicks,latency_ms\n";
  for (int i = 0; i < 40'000; ++i) {
    const bool treated = random.below(2) == 1;
    const auto clicks = static_cast<int>(random.below(4)) + (random.uniform() < (treated ? 0.13 : 0.10) ? 1 : 0);
    const bool clicked = random.uniform() < (treated ? 0.12 : 0.10);
    const double revenue = -0.4 * clicks * std::log(1 - random.uniform());
    const double latency = 40 - (treated ? 66 : 60) * std::log(1 - random.uniform());
    char row[120];
    std::snprintf(row, sizeof row, "u%d,%s,%d,%.2f,%d,%.1f\n", i, treated ? "treatment" : "control", clicked ? 1 : 0,
                  revenue, clicks, latency);
    text += row;
  }
  return text;
}

mr::result<std::vector<user>> read(std::string text, std::string_view treatment) {
  namespace mf = mr::feature;
  constexpr std::array<const char*, 4> inputs{"clicked", "revenue", "clicks", "latency_ms"};
  mf::csv_options how;
  how.columns.push_back({"variant", mf::column_kind::category});
  for (const char* name : inputs) how.columns.push_back({name, mf::column_kind::number});
  auto table = mf::read_csv(std::move(text), how);
  if (!table) return std::move(table).error();
  std::vector<user> users;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    user one{table->find("variant")->text(row) == treatment, {}};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const mf::column& numbers = *table->find(inputs[i]);
      if (numbers.missing(row))
        return mr::error(mr::errc::invalid_data,
                         "line " + std::to_string(table->line(row)) + ": " + numbers.name + " is missing");
      one.inputs[i] = numbers.numbers[row];
    }
    users.push_back(one);
  }
  return users;
}

int main(int count, char** arguments) {
  mr::result<std::string> text = made_up();
  if (count > 1) text = mr::store::read_file(arguments[1]);
  mr::result<std::vector<user>> users = mr::error(mr::errc::io, "");
  if (text) users = read(*std::move(text), count > 2 ? arguments[2] : "treatment");
  const mr::error* wrong = !text ? &text.error() : !users ? &users.error() : nullptr;
  if (wrong != nullptr) {
    std::fprintf(stderr, "%s\n", wrong->describe().c_str());
    return 1;
  }

  checkout test;
  const std::size_t tenth = users->size() / 10 + 1;
  std::string last;
  for (std::size_t i = 0; i < users->size(); ++i) {
    test.update((*users)[i].treated, std::span<const double, 4>((*users)[i].inputs));
    if ((i + 1) % tenth != 0 && i + 1 != users->size()) continue;
    const auto now = test.peek();  // result<experiment_report<3>>
    if (!now) {
      std::fprintf(stderr, "%s\n", now.error().describe().c_str());
      return 1;
    }
    std::printf("after %zu users:", i + 1);
    for (const mr::stats::metric_evidence& m : now->metrics)
      std::printf("  %.*s %+.4g%s", static_cast<int>(m.metric.size()), m.metric.data(), m.test.effect,
                  m.significant ? " *" : "");
    std::printf("\n");
    last = now->summary();
  }
  std::printf("\n%s", last.c_str());
  // The experiment's state can be saved as bytes and loaded by another process.
  const auto again = checkout::load(test.save());
  if (!again || again->units(true) != test.units(true)) return 1;
  return count > 1 || last.find("clicked: significant") != std::string::npos ? 0 : 1;
}
