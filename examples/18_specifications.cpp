// Features that are listed at run time, as a configuration has them, for a table and for a row that a service gets.
#include <millrace/feature.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;

mr::result<mf::table_features> fitted_on(const mf::table& history) {
  // [list]
  const std::vector<mf::specification> list{
      {.name = "amount_z", .type = "standardize", .sources = {"amount"}, .rules = {mf::missing(mf::flag(0))}},
      {.name = "country", .type = "one_hot", .parameters = {{"categories", {"DE", "FR", "US"}}}},
      {.name = "at", .type = "temporal", .parameters = {{"parts", {"cyclic hour", "weekday"}}}}};
  auto features =
      mf::table_features::make(list, history);  // an error names the feature, and the columns that there are
  if (!features) return std::move(features).error();
  if (auto done = features->fit(history); !done) return std::move(done).error();
  // [/list]
  return features;
}

// [aggregation]
struct recent_features {
  mf::table_history recent;  // what was spent; goes on with every row
  mf::table_features features;
};

mr::result<recent_features> recent_features_of(const mf::table& past) {
  const std::vector<mf::specification> list{
      {.name = "spent_1h",
       .type = "aggregation",
       .sources = {"amount"},
       .parameters = {{"measure", "sum"}, {"key", "country"}, {"time", "at"}, {"window", "1h"}},
       .rules = {mf::missing(mf::fill(0))}},
      {.name = "amount", .type = "impute", .parameters = {{"with", "median"}}}};
  auto recent = mf::table_history::make(list, past);  // takes the aggregations of the list
  if (!recent) return std::move(recent).error();
  const auto rows = recent->replay(past);  // with column "spent_1h": of the rows before each one, never its own
  if (!rows) return std::move(rows).error();
  auto features = mf::table_features::make(list, *rows);
  if (!features) return std::move(features).error();
  if (auto done = features->fit(*rows); !done) return std::move(done).error();
  return recent_features{*std::move(recent), *std::move(features)};
}

mr::result<std::vector<float>> row_of(recent_features& of, std::vector<mf::named_cell> now) {
  std::vector<float> row(of.features.width());
  mf::refusal refused = of.recent.extend(now);  // adds cell "spent_1h", and remembers what happens now
  if (!refused) refused = of.features(now, row);
  if (refused) return mr::error(mr::errc::invalid_data, std::string(refused.column) + " is refused");
  return row;
}
// [/aggregation]

int main() {
  const auto history = mf::read_csv(
      "amount,country,at\n"
      "12.5,DE,2026-03-02T11:00:00Z\n"
      ",FR,2026-03-02T12:00:00Z\n"
      "40,US,2026-03-08T23:30:00Z\n");
  if (!history) return std::fprintf(stderr, "%s\n", history.error().describe().c_str()), 1;
  const auto features = fitted_on(*history);
  if (!features) return std::fprintf(stderr, "%s\n", features.error().describe().c_str()), 1;

  std::vector<float> rows(history->rows() * features->width());
  if (auto done = (*features)(*history, rows); !done)
    return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;

  std::vector<float> row(features->width());
  const std::vector<mf::named_cell> now{{"amount", 12.5}, {"country", "DE"}};  // what is not there is missing
  if (const mf::refusal refused = (*features)(now, row))
    return std::fprintf(stderr, "%s is %s\n", refused.column.data(), mf::to_string(refused.why).data()), 1;
  for (std::size_t i = 0; i < row.size(); ++i) std::printf("%-16s %.4g\n", features->name(i).c_str(), row[i]);

  auto both = recent_features_of(*history);
  if (!both) return std::fprintf(stderr, "%s\n", both.error().describe().c_str()), 1;
  const mf::cell later = mf::cell::at_nanoseconds(history->find("at")->times[0] + 1'800'000'000'000);
  const auto spent = row_of(*both, {{"amount", 7}, {"country", "DE"}, {"at", later}});
  if (!spent) return std::fprintf(stderr, "%s\n", spent.error().describe().c_str()), 1;
  std::printf("%g spent within the hour before\n", (*spent)[0]);

  const auto loaded = mf::table_features::load(features->save());  // needs no type: the list is in the bytes
  const bool as_before = loaded && loaded->names() == features->names();
  return as_before && row[0] == rows[0] && row[2] == 1 && (*spent)[0] == 12.5F ? 0 : 1;
}
