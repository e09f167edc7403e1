#include <millrace/detect/features/table_drift.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <laws/aggregator.hpp>
#include <laws/moving.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

std::vector<double> draw(mr::random_engine& engine, int n, double shift, bool coarse) {
  std::vector<double> made;
  for (int i = 0; i < n; ++i) {
    const double x = engine.uniform() + engine.uniform() + shift;
    made.push_back(coarse ? std::floor(4 * x) : x);
  }
  return made;
}

}  // namespace

TEST_CASE("without drift no feature of a wide table is called drifted more often than alpha, coarse ones included") {
  mr::random_engine engine(1);
  int called = 0;
  const int tables = 120;
  for (int t = 0; t < tables; ++t) {
    mr::detect::table_drift<mr::stats::holm> watch(0.05, 0);
    std::vector<mr::detect::value_window> windows;
    for (int f = 0; f < 20; ++f) {
      watch.add("f" + std::to_string(f), mr::detect::drift_reference::make(draw(engine, 600, 0, f % 4 == 0)).value());
      windows.push_back(mr::detect::value_window::make(draw(engine, 300, 0, f % 4 == 0)).value());
    }
    called += watch.compare(windows)->drifted > 0;
  }
  CHECK(called <= tables * 0.05 + 3 * std::sqrt(tables * 0.05 * 0.95));
}

TEST_CASE("the features that drifted are named, and the largest score is the table's") {
  mr::random_engine engine(2);
  mr::detect::table_drift<> watch;
  std::vector<mr::detect::value_window> windows;
  for (int f = 0; f < 8; ++f) {
    watch.add("f" + std::to_string(f), mr::detect::drift_reference::make(draw(engine, 2000, 0, f == 5)).value());
    windows.push_back(mr::detect::value_window::make(draw(engine, 1000, f == 3 || f == 5 ? 0.3 : 0, f == 5)).value());
  }
  const auto report = watch.compare(windows);
  REQUIRE(report);
  CHECK(report->drifted == 2);
  CHECK(report->summary() == "2 of 8 features drifted: f3, f5.");
  CHECK(report->features[3].drifted);
  CHECK(report->features[5].drifted);
  CHECK(report->score == std::fmax(report->features[3].measures.score, report->features[5].measures.score));
  CHECK(report->features[3].adjusted_p >= report->features[3].measures.ks_p);
}

TEST_CASE("the columns of today's table are compared with those of the training data by their names") {
  mr::random_engine engine(4);
  std::map<std::string, std::vector<double>> training;
  std::map<std::string, std::vector<double>> today;
  for (const char* name : {"amount", "age"}) {
    training[name] = draw(engine, 5000, 0, false);
    today[name] = draw(engine, 2000, name == std::string("amount") ? 0.3 : 0, false);
  }
  // [table_drift]
  mr::detect::table_drift<> watch(0.01);  // at most 1 % of tables in which nothing drifted have a feature called so
  for (const auto& [name, column] : training) {
    auto reference = mr::detect::drift_reference::make(column);
    if (!reference) throw std::runtime_error(reference.error().describe());
    watch.add(name, *std::move(reference));
  }

  std::vector<mr::detect::feature_window> now;  // in any order: the names say which is which
  for (const auto& [name, column] : today) {
    auto window = mr::detect::value_window::make(column);
    if (!window) throw std::runtime_error(window.error().describe());
    now.push_back({name, *std::move(window)});
  }
  const auto report = watch.compare(now);
  if (!report) throw std::runtime_error(report.error().describe());  // a feature is missing, or there is one too many
  const std::string found = report->summary();                       // "1 of 2 features drifted: amount."
  for (const mr::detect::feature_drift& f : report->features)
    if (f.drifted) std::printf("%s: p %.2g, psi %.2f\n", f.feature.c_str(), f.adjusted_p, f.measures.psi);
  // [/table_drift]
  CHECK(found == "1 of 2 features drifted: amount.");
}

TEST_CASE("a difference that is significant and too little to matter is not called drift") {
  mr::random_engine engine(3);
  mr::detect::table_drift<> watch(0.01, 0.1);
  watch.add("x", mr::detect::drift_reference::make(draw(engine, 200'000, 0, false)).value());
  const std::vector<mr::detect::value_window> windows{
      mr::detect::value_window::make(draw(engine, 200'000, 0.02, false)).value()};
  const auto report = watch.compare(windows);
  CHECK(report->features[0].adjusted_p < 1e-6);
  CHECK_FALSE(report->features[0].drifted);
}

TEST_CASE("another number of windows than features is refused, and so is a table without any") {
  mr::detect::table_drift<> watch;
  CHECK_FALSE(watch.compare({}));
  watch.add("x", mr::detect::drift_reference::make(std::vector<double>{1, 2, 3}).value());
  const auto refused = watch.compare({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::shape_mismatch);
}

namespace {

mr::detect::value_window window_of(std::vector<double> values) {
  return mr::detect::value_window::make(values).value();
}

/// Exact arithmetic.
mr::detect::table_drift<mr::stats::holm> small_table() {
  mr::detect::table_drift<mr::stats::holm> watch(0.05, 0.01);
  std::vector<double> amount, age;
  for (int i = 0; i < 40; ++i) {
    amount.push_back(static_cast<double>(i * 7 % 41) / 8);
    age.push_back(i % 4);
  }
  watch.add("amount", mr::detect::drift_reference::make(amount).value());
  watch.add("age", mr::detect::drift_reference::make(age).value());
  return watch;
}

}  // namespace

TEST_CASE("windows that are given with their features' names may come in any order") {
  const auto watch = small_table();
  const auto amount = window_of({1, 2, 3, 4, 5, 4.5, 3.5, 2.5, 1.5, 0.5});
  const auto age = window_of({3, 3, 3, 3, 3, 3, 3, 2, 3, 3});
  const std::vector<mr::detect::value_window> in_order{amount, age};
  const auto expected = watch.compare(in_order);
  REQUIRE(expected);
  REQUIRE(expected->features[0].adjusted_p != expected->features[1].adjusted_p);
  const std::vector<mr::detect::feature_window> named{{"age", age}, {"amount", amount}};
  for (const auto& found : {watch.compare(named), watch.compare({{"amount", amount}, {"age", age}})}) {
    REQUIRE(found);
    for (const std::size_t i : {0U, 1U}) {
      CHECK(found->features[i].feature == expected->features[i].feature);
      CHECK(found->features[i].adjusted_p == expected->features[i].adjusted_p);
    }
  }
}

TEST_CASE("windows that are missing, too many, unknown or doubled are refused, and the feature is named") {
  auto watch = small_table();
  const auto w = window_of({1, 2, 3});
  const auto says = [](const mr::result<mr::detect::table_drift_report>& found, mr::errc code,
                       const std::string& text) {
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == code);
    CHECK(found.error().message() == "table drift: " + text);
  };
  says(watch.compare({{"amount", w}}), mr::errc::shape_mismatch, "no window of feature \"age\"");
  says(watch.compare({{"amont", w}, {"age", w}}), mr::errc::not_found, "no feature \"amont\" was added");
  says(watch.compare({{"age", w}, {"amount", w}, {"age", w}}), mr::errc::invalid_argument,
       "two windows of feature \"age\"");
  const std::vector<mr::detect::value_window> one{w};
  says(watch.compare(one), mr::errc::shape_mismatch, "1 windows for 2 features, none of \"age\"");
  const std::vector<mr::detect::value_window> three{w, w, w};
  says(watch.compare(three), mr::errc::shape_mismatch, "3 windows for 2 features");
  watch.add("age", mr::detect::drift_reference::make(std::vector<double>{1, 2}).value());
  says(watch.compare({{"age", w}, {"amount", w}}), mr::errc::invalid_argument, "two features are called \"age\"");
  says(mr::detect::table_drift<>().compare({}), mr::errc::invalid_argument, "no feature was added");
}

TEST_CASE("a saved table is compared with as before; the first release's bytes load; another correction's do not") {
  const auto watch = support::from_golden("detect/table_drift.bin", small_table());
  const auto found = watch.compare(
      {{"amount", window_of({1, 2, 3, 4, 5, 4.5, 3.5, 2.5, 1.5, 0.5})}, {"age", window_of({3, 3, 3, 3, 3, 3})}});
  REQUIRE(found);
  CHECK(found->summary() == "1 of 2 features drifted: age.");
  const auto refused = mr::detect::table_drift<mr::stats::bonferroni>::load(watch.save());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::type_mismatch);
  CHECK(refused.error().message().find("table_drift<Holm>, expected table_drift<Bonferroni>") != std::string::npos);
  const mr::detect::table_drift<> empty;
  CHECK(mr::detect::table_drift<>::load(empty.save())->size() == 0);
}

TEST_CASE("damaged bytes of a table are an error, and resealed ones too, or a table that compares") {
  const auto use = [](const mr::detect::table_drift<mr::stats::holm>& found) {
    std::vector<mr::detect::value_window> windows;
    for (std::size_t i = 0; i < found.size(); ++i) windows.push_back(window_of({1, 2, 3}));
    (void)found.compare(windows);
    CHECK(mr::detect::table_drift<mr::stats::holm>::load(found.save())->save() == found.save());
  };
  mr::detect::table_drift<mr::stats::holm> two;
  two.add("a", mr::detect::drift_reference::make(std::vector<double>{1, 2, 3}).value());
  two.add("b", mr::detect::drift_reference::make(std::vector<double>{4, 4}).value());
  laws::hostile_bytes(two, use);
  laws::hostile_payload(two, support::reseal, use, 23, 3000);
  // The damaged feature is named: the last byte of b's reference, whose own checksum ends the payload.
  auto bytes = two.save();
  bytes[bytes.size() - 5] ^= std::byte{1};
  support::reseal(bytes);
  const auto damaged = mr::detect::table_drift<mr::stats::holm>::load(bytes);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code() == mr::errc::checksum_mismatch);
  CHECK(damaged.error().message() == "saved table_drift<Holm>: feature \"b\"");
}

TEST_CASE("a table that was moved from has no features, and moving one to itself changes nothing") {
  mr::random_engine engine(11);
  const auto of = [&](int features, double alpha) {
    mr::detect::table_drift<> made(alpha, 0.1);
    for (int f = 0; f < features; ++f)
      made.add("f" + std::to_string(f), *mr::detect::drift_reference::make(draw(engine, 50, 0, false)));
    return made;
  };
  laws::moving_from(
      of(3, 0.02), of(2, 0.02), [](const mr::detect::table_drift<>& table) { return table.save(); },
      [&](const mr::detect::table_drift<>& left) { CHECK(left.save() == of(0, 0.02).save()); });
}
