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

  const auto loaded = mf::table_features::load(features->save());  // needs no type: the list is in the bytes
  return loaded && loaded->names() == features->names() && row[0] == rows[0] && row[2] == 1 ? 0 : 1;
}
