// Card fraud, from the raw payment to the alert: what the card did before, a model trained on the past, a threshold
// from what mistakes cost, answers within a deadline or by a rule instead, and the reasons for each alert.
#include <millrace/aggregate.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/feature.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/metrics.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mi = millrace::infer;
namespace mm = millrace::model;
using namespace std::chrono_literals;

// [events]
struct payment {
  std::string card, merchant, country;
  double amount = 0;
  std::chrono::sys_seconds at;
  bool is_fraud = false;  // known weeks later
};

auto of_payment() {
  return mf::features<payment>(
      mf::log<"amount">(&payment::amount),
      mf::one_hot<"merchant", "grocery", "fuel", "travel", "games", "gift cards">(&payment::merchant),
      mf::one_hot<"country", "DE", "FR", "US">(&payment::country), mf::temporal<"at", mf::hour>(&payment::at));
}
auto of_card() {  // what it did before, in event time
  return mf::make_history<payment>(
      &payment::card, &payment::at, mf::window<"payments_10min", mr::count, 10min>(&payment::amount),
      mf::window<"spent_1h", mr::sum, 1h>(&payment::amount), mf::window<"spent_24h", mr::sum, 24h>(&payment::amount),
      mf::rolling<"mean_of_20", mr::mean, 20>(&payment::amount), mf::elapsed<"seconds_since">());
}
// [/events]

template <class T>
T or_stop(mr::result<T> made) {
  if constexpr (std::is_void_v<T>) {
    if (made) return;
  } else {
    if (made) return *std::move(made);
  }
  std::fprintf(stderr, "%s\n", made.error().describe().c_str());
  std::exit(1);
}

/// Made-up payments of 300 cards. Now and then a card is stolen: within half an hour it pays for gift cards and games,
/// each time more than its owner would.
class world {
 public:
  explicit world(std::uint64_t seed) : random_(seed) {}

  std::vector<payment> next(std::size_t count) {
    std::vector<payment> made;
    while (made.size() < count) {
      now_ += std::chrono::seconds(random_.below(90));
      const std::size_t owner = random_.below(cards);
      if (random_.below(1200) == 0) thefts_.push_back({owner, 4 + random_.below(5)});
      made.push_back(honest(owner));
      for (theft& one : thefts_)
        if (one.left > 0 && random_.below(4) == 0 && made.size() < count) made.push_back(stolen(one));
    }
    return made;
  }

 private:
  static constexpr std::size_t cards = 300;
  struct theft {
    std::size_t card;
    std::uint64_t left;
  };

  payment of(std::size_t card) const {
    return {"card" + std::to_string(card), "", countries[card % 3], 0, now_, false};
  }
  payment honest(std::size_t card) {
    payment one = of(card);
    one.merchant = merchants[random_.below(20) == 0 ? 3 + random_.below(2) : random_.below(3)];
    if (random_.below(30) == 0) one.country = countries[random_.below(3)];
    one.amount = std::exp(2.5 + static_cast<double>(card % 7) / 5 + 0.7 * random_.normal());
    return one;
  }
  payment stolen(theft& by) {
    --by.left;
    payment one = of(by.card);
    one.merchant = merchants[3 + random_.below(2)];
    one.country = countries[random_.below(3)];
    one.amount = std::exp(3.6 + static_cast<double>(by.card % 7) / 5 + 0.6 * random_.normal());
    one.is_fraud = true;
    return one;
  }

  static constexpr const char* countries[] = {"DE", "FR", "US"};
  static constexpr const char* merchants[] = {"grocery", "fuel", "travel", "games", "gift cards"};
  mr::random_engine random_;
  std::chrono::sys_seconds now_{std::chrono::hours(494'832)};
  std::vector<theft> thefts_;
};

// [row]
/// A payment's row for the model: what it says itself, and what its card did before.
struct row_maker {
  decltype(of_payment()) now = of_payment();
  decltype(of_card()) before = of_card();
  static constexpr std::size_t width = decltype(now)::width + decltype(before)::width;
  std::array<float, width> row{};

  const std::array<float, width>& operator()(const payment& one) {
    now(one, row);
    before(one, std::span(row).subspan(now.width));  // and remembers it
    return row;
  }
  std::vector<float> all(std::span<const payment> past) {
    std::vector<float> rows;
    for (const payment& one : past) {
      (*this)(one);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
  }
  static std::vector<std::string> names() {
    std::vector<std::string> all = decltype(now)::names();
    for (std::string& name : decltype(before)::names()) all.push_back(std::move(name));
    return all;
  }
};
// [/row]

/// What answers where the model does not: a card that paid three times within ten minutes is stopped.
struct rule {
  std::size_t column = decltype(of_payment())::width;  // payments_10min

  std::size_t inputs() const noexcept { return row_maker::width; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept { out[0] = row[column] >= 3 ? 1 : 0; }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i, 1));
  }
};

int main() {
  world from(7);
  const std::vector<payment> past = from.next(40'000);
  const std::span<const payment> learnt = std::span(past).first(28'000);
  const std::span<const payment> judged = std::span(past).subspan(28'000);  // later than those learnt from

  // [train]
  row_maker rows;
  const std::vector<float> learnt_rows = rows.all(learnt);
  const std::vector<float> judged_rows = rows.all(judged);  // cards keep what they did before
  std::vector<float> lessons;
  for (const payment& one : learnt) lessons.push_back(one.is_fraud ? 1.0F : 0.0F);
  const auto model = or_stop(mm::boosted_trees<>::fit({learnt_rows, rows.width}, lessons, {.rounds = 40, .leaves = 7}));

  // A wrongly stopped payment costs 5, a fraud 100: what costs least on payments that the model has not seen.
  const mm::decision_costs costs{.false_positive = 5, .false_negative = 100};
  std::vector<double> scores(judged.size());
  model.predict(mm::matrix_view(judged_rows, rows.width), scores);
  std::vector<int> labels;
  for (const payment& one : judged) labels.push_back(one.is_fraud ? 1 : 0);
  const auto alarm = or_stop(mm::threshold_of_least_cost(labels, scores, costs));
  // [/train]
  std::printf("threshold %.3f: recall %.3f, precision %.3f, %.3f a payment\n", alarm.value, alarm.recall.value,
              alarm.precision.value, alarm.mean_cost(costs));

  // [serve]
  mr::observe::metrics_registry registry;
  const auto watch = or_stop(mi::serving_metrics<>::make(registry, "fraud", "1"));
  mi::batcher serve{model, mi::max_rows<100>, watch};
  auto guarded = or_stop(mi::make_fallback(serve, rule{}, {.timeout = 5ms}));
  mm::tree_explainer why(model.trees(), model.inputs());
  const std::vector<std::string> names = row_maker::names();

  std::size_t frauds = 0, caught = 0, alerts = 0, ruled = 0;
  const std::vector<payment> live = from.next(20'000);
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (i == 19'000) serve.close();  // as if the model were gone
    std::array<double, 1> probability{};
    const auto& row = rows(live[i]);
    const mi::served done = guarded(row, probability);
    if (!done) return 1;
    ruled += done.status == mi::serving_status::fallback ? 1U : 0U;
    frauds += live[i].is_fraud ? 1U : 0U;
    if (!alarm(probability[0])) continue;
    caught += live[i].is_fraud ? 1U : 0U;
    if (++alerts > 3) continue;
    std::printf("%s pays %.2f for %s: %.2f, because of", live[i].card.c_str(), live[i].amount, live[i].merchant.c_str(),
                probability[0]);
    for (const auto& [name, adds] : why.reason_codes(row, 3, names))
      std::printf(" %s (%+.1f)", std::string(name).c_str(), adds);
    std::printf("\n");
  }
  // [/serve]
  std::printf("%zu payments, %zu frauds: %zu caught, %zu false alerts; the rule answered %zu\n", live.size(), frauds,
              caught, alerts - caught, ruled);
  const std::string metrics = mr::observe::to_prometheus(registry.snapshot());
  const std::size_t at = metrics.find("millrace_ml_predictions_total{");
  std::printf("%s\n", metrics.substr(at, metrics.find('\n', at) - at).c_str());
  const bool is_good = caught * 10 >= frauds * 8 && (alerts - caught) * 100 <= live.size();
  return is_good && ruled == 1000 ? 0 : 1;
}
