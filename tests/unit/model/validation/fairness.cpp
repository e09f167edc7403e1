#include <millrace/model/validation/fairness.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using mr::errc;
using mr::model::four_fifths;

namespace {

struct decided {
  std::vector<int> labels;
  std::vector<int> decisions;
  std::vector<int> groups;

  /// So many rows with this label and decision.
  void put(int group, int label, int decision, int rows) {
    for (int i = 0; i < rows; ++i) {
      labels.push_back(label);
      decisions.push_back(decision);
      groups.push_back(group);
    }
  }
};

/// Of 100 and 50 rows: selected 50 of 100 and 15 of 50.
decided two_groups(int times = 1) {
  decided made;
  made.put(1, 1, 1, 40 * times);
  made.put(1, 1, 0, 10 * times);
  made.put(1, 0, 1, 10 * times);
  made.put(1, 0, 0, 40 * times);
  made.put(4, 1, 1, 12 * times);
  made.put(4, 1, 0, 8 * times);
  made.put(4, 0, 1, 3 * times);
  made.put(4, 0, 0, 27 * times);
  return made;
}

}  // namespace

TEST_CASE("a fairness table has each group's rates, and how far they are apart") {
  const auto [labels, decisions, groups] = two_groups();
  // [fairness]
  const auto table = mr::model::measure_fairness(labels, decisions, groups);
  if (!table) throw std::runtime_error(table.error().describe());
  const double parity = table->demographic_parity.ratio.value;                  // 0.3 / 0.5, and its interval
  const double opportunity = table->equal_opportunity.difference.value;         // 0.8 - 0.6
  const bool broken = table->selection_rule == mr::model::four_fifths::broken;  // no: too few rows to say
  // [/fairness]
  CHECK(parity == 0.6);
  CHECK(opportunity == Approx(0.2).epsilon(1e-14));
  CHECK_FALSE(broken);
  CHECK(table->selection_rule == four_fifths::unsure);
  REQUIRE(table->groups.size() == 2);
  const auto& second = table->groups[1];
  CHECK(second.group == 4);
  CHECK(second.rows == 50);
  CHECK(second.selection.share.value == 0.3);
  CHECK(second.true_positive.share.value == 0.6);
  CHECK(second.false_positive.share.value == 0.1);
  CHECK(second.precision.share.value == 0.8);
  CHECK(second.precision.part == 12);
  CHECK(second.precision.whole == 15);
  CHECK(second.selection.share.interval.lower == mr::stats::wilson_interval({15, 50})->lower);
  CHECK(table->demographic_parity.lowest == 4);
  CHECK(table->demographic_parity.highest == 1);
  CHECK(table->demographic_parity.difference.interval.lower ==
        mr::stats::newcombe_interval({50, 100}, {15, 50})->lower);
  CHECK(table->demographic_parity.ratio.interval.upper == mr::stats::score_ratio_interval({15, 50}, {50, 100})->upper);
  CHECK(table->false_positive.difference.value == Approx(0.1).epsilon(1e-14));
}

TEST_CASE("the four-fifths rule is broken, kept, or there are too few rows to say") {
  const auto many = two_groups(20);
  CHECK(model::measure_fairness(many.labels, many.decisions, many.groups)->selection_rule == four_fifths::broken);
  decided equal;
  for (const int group : {0, 1}) {
    equal.put(group, 1, 1, 500);
    equal.put(group, 0, 0, 500);
  }
  const auto kept = model::measure_fairness(equal.labels, equal.decisions, equal.groups);
  REQUIRE(kept);
  CHECK(kept->selection_rule == four_fifths::kept);
  CHECK(kept->demographic_parity.ratio.value == 1);
  CHECK(kept->demographic_parity.lowest != kept->demographic_parity.highest);
}

TEST_CASE("groups without rows for a rate, and groups of which nobody is selected") {
  decided made;
  made.put(0, 0, 0, 10);  // nobody of class 1
  made.put(1, 1, 0, 5);
  made.put(1, 0, 0, 5);
  const auto table = model::measure_fairness(made.labels, made.decisions, made.groups);
  REQUIRE(table);
  CHECK(table->groups[0].true_positive.whole == 0);
  CHECK(table->groups[0].true_positive.share.interval.upper == 1);
  CHECK(table->equal_opportunity.difference.value == 0);
  CHECK(table->equal_opportunity.difference.interval.lower == -1);
  CHECK(table->demographic_parity.ratio.value == 1);
  CHECK(table->demographic_parity.ratio.interval.lower == 0);
  CHECK(table->selection_rule == four_fifths::unsure);
  // The group between has no rows of class 1, and is left out of the gap.
  made.put(2, 1, 1, 5);
  made.put(-3, 1, 1, 2);
  made.put(-3, 1, 0, 2);
  const auto more = model::measure_fairness(made.labels, made.decisions, made.groups);
  REQUIRE(more);
  CHECK(more->groups[0].group == -3);
  CHECK(more->equal_opportunity.lowest == 1);
  CHECK(more->equal_opportunity.highest == 2);
  CHECK(more->equal_opportunity.difference.value == 1);
}

TEST_CASE("a fairness table refuses what is no decision, one group, and columns of other lengths") {
  const std::vector<std::int64_t> users = {1, 1, 5'000'000'000, 6'000'000'000};
  CHECK_THAT(mr::model::measure_fairness({0, 1, 0, 1}, {0, 1, 1, 1}, users).error().message(),
             ContainsSubstring("groups: the number of row 2"));
  const std::vector<int> labels{0, 1, 1};
  CHECK(model::measure_fairness(labels, {0, 1, 2}, {0, 0, 1}).error().code() == errc::out_of_range);
  CHECK(model::measure_fairness({0, 3, 1}, labels, {0, 0, 1}).error().code() == errc::out_of_range);
  CHECK(model::measure_fairness(labels, labels, {1, 1, 1}).error().code() == errc::invalid_argument);
  CHECK(model::measure_fairness({}, {}, {}).error().code() == errc::invalid_argument);
  CHECK(model::measure_fairness(labels, {0, 1}, {0, 0, 1}).error().code() == errc::shape_mismatch);
  CHECK(model::measure_fairness(labels, labels, {0, 0}).error().code() == errc::shape_mismatch);
  CHECK(model::measure_fairness(labels, labels, {0, 0, 1}, 0.0).error().code() == errc::out_of_range);
}

TEST_CASE("a fairness table counts a row of weight 2 as two, and its intervals know how sure weighted rows are") {
  const auto one_each = two_groups();
  // The same table from a row for each kind, with the number of rows as its weight.
  decided kinds;
  std::vector<float> weights;
  for (std::size_t i = 0; i < one_each.labels.size(); ++i) {
    const std::size_t last = kinds.labels.size() - 1;
    if (i > 0 && kinds.labels[last] == one_each.labels[i] && kinds.decisions[last] == one_each.decisions[i] &&
        kinds.groups[last] == one_each.groups[i]) {
      ++weights[last];
    } else {
      kinds.put(one_each.groups[i], one_each.labels[i], one_each.decisions[i], 1);
      weights.push_back(1);
    }
  }
  const auto all = model::measure_fairness(one_each.labels, one_each.decisions, one_each.groups);
  const auto few = model::measure_fairness(kinds.labels, kinds.decisions, kinds.groups, 0.95, weights);
  REQUIRE(all);
  REQUIRE(few);
  CHECK(few->groups[1].rows == 4);
  CHECK(few->groups[1].selection.part == 15);
  CHECK(few->groups[1].selection.whole == 50);
  CHECK(few->groups[1].precision.share.value == 0.8);
  CHECK(few->demographic_parity.ratio.value == Approx(0.6).epsilon(1e-14));
  CHECK(few->equal_opportunity.difference.value == Approx(0.2).epsilon(1e-14));
  CHECK(few->demographic_parity.difference.interval.width() > all->demographic_parity.difference.interval.width());
  const auto ratio = mr::stats::score_ratio_interval({15, 50, 12 * 12 + 64 + 9 + 27 * 27}, {50, 100, 3400});
  CHECK(few->demographic_parity.ratio.interval.upper == ratio->upper);
  // Equal weights are none.
  const std::vector<float> equal(one_each.labels.size(), 0.5F);
  const auto same = model::measure_fairness(one_each.labels, one_each.decisions, one_each.groups, 0.95, equal);
  CHECK(same->demographic_parity.ratio.interval.upper == all->demographic_parity.ratio.interval.upper);
  weights[0] = -1;
  CHECK(model::measure_fairness(kinds.labels, kinds.decisions, kinds.groups, 0.95, weights).error().code() ==
        errc::out_of_range);
  weights.pop_back();
  CHECK(model::measure_fairness(kinds.labels, kinds.decisions, kinds.groups, 0.95, weights).error().code() ==
        errc::shape_mismatch);
}
