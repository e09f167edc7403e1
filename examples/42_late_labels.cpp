// Whether a payment was a fraud is known weeks later. Predictions are logged, labels joined to them whenever they come,
// and the rows say how good each version was, and train the next one.
#include <millrace/deliver/outcomes.hpp>
#include <millrace/model/linear.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

int fail(const mr::error& why) {
  std::fprintf(stderr, "%s\n", why.describe().c_str());
  return 1;
}

struct payment {
  std::string id;
  float amount = 0;
  float is_foreign = 0;
  bool is_fraud = false;  // which nobody knows yet
};

std::vector<payment> payments() {
  mr::random_engine draw(7);
  std::vector<payment> made(2'000);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const bool fraud = draw.uniform() < 0.2;
    made[i].id = "pay-" + std::to_string(i);
    made[i].amount = static_cast<float>(draw.uniform() + (fraud ? 0.5 : 0.0));
    made[i].is_foreign = draw.uniform() < (fraud ? 0.7 : 0.2) ? 1.0F : 0.0F;
    made[i].is_fraud = fraud;
  }
  return made;
}

// [serve]
void serve(md::prediction_log& log, const payment& asked) {
  const float row[] = {asked.amount, asked.is_foreign};
  const double score = 0.5 * static_cast<double>(asked.amount);  // the model of today looks at the amount alone
  log.append({.id = asked.id, .model = "fraud", .version = "7", .outputs = {&score, 1}, .features = row});
}
// [/serve]

}  // namespace

int main() {
  const std::vector<payment> all = payments();
  {
    auto log = md::prediction_log::open("predictions", {.max_age = mr::seconds(90 * 86'400.0)});
    if (!log) return fail(log.error());
    for (const payment& each : all) serve(*log, each);
    if (auto done = log->close(); !done) return fail(done.error());
  }

  // [join]
  auto join = md::outcome_join::open("predictions");
  if (!join) return fail(join.error());
  md::outcome_measures measured;
  if (auto done = join->rows(measured); !done) return fail(done.error());  // what was joined before this start

  // Labels come in any order, some twice, some never: here those of the payments with an even number.
  for (std::size_t i = all.size(); i > 0; i -= 2) {
    const payment& known = all[i - 2];
    const auto found = join->update({.id = known.id, .label = known.is_fraud ? 1.0 : 0.0}, measured);
    if (!found) return fail(found.error());
  }
  if (auto done = join->flush(); !done) return fail(done.error());  // now a queue may forget them
  // [/join]
  std::fputs(measured.summary().c_str(), stdout);

  // [train]
  md::training_rows table(1'000'000);
  if (auto done = join->rows(table); !done) return fail(done.error());
  auto next = mr::model::logistic_regression::fit(table.features(), table.targets());
  if (!next) return fail(next.error());
  // [/train]

  const auto seen = join->statistics();
  std::printf("%llu predictions, %llu rows, %llu labels that wait\n", static_cast<unsigned long long>(seen.predictions),
              static_cast<unsigned long long>(seen.rows), static_cast<unsigned long long>(seen.waiting));
  return table.size() == all.size() / 2 ? 0 : 1;
}
