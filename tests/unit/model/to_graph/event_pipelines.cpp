#include <millrace/model/to_graph/event_pipelines.hpp>

#include <millrace/feature/transforms.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/pipeline/recipe.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/exported_features.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;
using support::order;

namespace {

auto features_of_orders() {
  return mf::features<order>(
      mf::numerical<"amount">(&order::amount, mf::not_finite(mf::keep), mf::outside(mf::flag)),
      mf::standardize<"amount_z">(&order::amount, mf::missing(mf::flag(0))),
      mf::bucket<"age">(&order::age, mf::quantile_buckets<4>()), mf::missing_flag<"no_age">(&order::age),
      mf::missing_flag<"no_note">(&order::note), mf::missing_flag<"no_time">(&order::at),
      mf::one_hot<"country", "DE", "FR", "US">(&order::country, mf::unknown(mf::flag)),
      mf::categorical<"digit">([](const order& one) { return static_cast<int>(one.device[0]) - '0'; }),
      mf::temporal<"at", mf::hour, mf::cyclic<mf::month>>(&order::at));
}

/// What each feature reads of the orders, called as the feature.
mf::table raw_columns(const std::vector<order>& orders) {
  mf::table all = support::table_of(orders);
  mf::table made;
  const std::pair<const char*, const char*> sources[] = {
      {"amount", "amount"}, {"amount_z", "amount"}, {"age", "age"},      {"no_age", "age"}, {"no_note", "note"},
      {"no_time", "at"},    {"country", "country"}, {"digit", "device"}, {"at", "at"}};
  for (const auto& [name, source] : sources) {
    mf::column one = *all.find(source);
    one.name = name;
    if (one.name == "digit")
      for (std::string& text : one.texts) text = text.substr(0, 1);
    REQUIRE(made.add(std::move(one)));
  }
  return made;
}

}  // namespace

TEST_CASE("a pipeline of events says the same as a graph") {
  const auto orders = support::random_orders(900, 31);
  std::vector<float> labels;
  for (const order& one : orders) labels.push_back(one.amount > 100 || one.country == "DE" ? 1.0F : 0.0F);
  const auto made = mm::pipeline_of(features_of_orders(), mm::trained_by<mm::boosted_trees<>>({.rounds = 12}),
                                    mm::calibrated_by<mm::platt>())
                        .fit(orders, labels);
  INFO((made ? std::string() : made.error().message()));
  REQUIRE(made);
  const auto asked = support::random_orders(600, 32);
  std::vector<double> expected(asked.size());
  REQUIRE((*made)(std::span<const order>(asked), expected));
  const auto graph = mm::to_graph(*made, {.name = "orders"});
  INFO((graph ? std::string() : graph.error().message()));
  REQUIRE(graph);
  CHECK(graph->inputs.size() == 9);
  support::check_alike(support::asked_of(*graph, raw_columns(asked)), expected, 1e-9);
}
