#include <millrace/middleware/feature_metrics.hpp>

#include <millrace/feature.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;

namespace {

struct visit {
  double amount = 0;
  std::string country;
};
/// Each reading is 250 ns later than the one before.
struct steps {
  mutable std::uint64_t now = 0;
  std::uint64_t ticks() const noexcept { return now += 250; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};
auto plain() {
  return mf::features<visit>(mf::log<"a">(&visit::amount), mf::log<"b">(&visit::amount),
                             mf::one_hot<"c", "DE">(&visit::country));
}
bool shows(const mr::observe::metrics_registry& registry, const std::string& line) {
  return mr::observe::to_prometheus(registry.snapshot()).find(line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics of features have the names and labels of the document, with this library's prefix") {
  struct documented {
    std::string name;
    std::vector<std::string> labels;
  };
  // "Feature Extraction" in the document's list of metrics, without the prefix `gress_`.
  const std::vector<documented> list{{"ml_feature_extraction_time_seconds", {"feature_set"}},
                                     {"ml_features_extracted_total", {"feature_set", "feature_type"}}};
  mr::observe::metrics_registry registry;
  const auto made = mr::measured_features<decltype(plain())>::make(plain(), registry, "visits");
  REQUIRE(made);
  const auto snapshot = registry.snapshot();
  const std::string text = mr::observe::to_prometheus(snapshot);
  for (const documented& one : list) {
    CHECK_THAT(text, ContainsSubstring("# TYPE millrace_" + one.name + " "));
    std::string labels = "feature_set=\"visits\"";
    if (one.labels.size() == 2) labels += ",feature_type=\"log\"";
    const bool histogram = one.name.ends_with("_seconds");
    CHECK_THAT(text, ContainsSubstring("\nmillrace_" + one.name + (histogram ? "_count{" : "{") + labels + "} 0"));
  }
  CHECK(snapshot.families().size() == list.size());
}

TEST_CASE("features of events and of batches are timed, and counted by what makes them") {
  mr::observe::metrics_registry registry;
  const auto made = mr::measured_features<decltype(plain()), steps>::make(plain(), registry, "visits");
  REQUIRE(made);
  std::vector<float> row(3);
  (*made)(visit{1, "DE"}, row);
  CHECK(row == std::vector<float>{0, 0, 1});
  const std::vector<visit> five(5);
  std::vector<float> rows(15);
  CHECK((*made)(std::span(five), rows));
  CHECK_FALSE((*made)(std::span(five), row));
  CHECK(shows(registry, "millrace_ml_features_extracted_total{feature_set=\"visits\",feature_type=\"log\"} 12"));
  CHECK(shows(registry, "millrace_ml_features_extracted_total{feature_set=\"visits\",feature_type=\"one_hot\"} 6"));
  CHECK(shows(registry, "millrace_ml_feature_extraction_time_seconds_count{feature_set=\"visits\"} 3"));
  CHECK(shows(registry, "millrace_ml_feature_extraction_time_seconds_sum{feature_set=\"visits\"} 7.5e-07"));
}

TEST_CASE("rows that a rule refuses are timed and not counted") {
  mr::observe::metrics_registry registry;
  const auto strict = mf::features<visit>(mf::log<"a">(&visit::amount, mf::outside(mf::refuse)));
  const auto made = mr::measured_features<std::remove_const_t<decltype(strict)>>::make(strict, registry, "visits");
  REQUIRE(made);
  std::vector<float> row(1);
  CHECK((*made)(visit{-1, ""}, row));
  CHECK_FALSE((*made)(visit{1, ""}, row));
  CHECK(shows(registry, "millrace_ml_features_extracted_total{feature_set=\"visits\",feature_type=\"log\"} 1"));
  CHECK(shows(registry, "millrace_ml_feature_extraction_time_seconds_count{feature_set=\"visits\"} 2"));
}

TEST_CASE("features that are listed at run time are measured, too") {
  mr::observe::metrics_registry registry;
  mf::table rows;
  REQUIRE(rows.add({.name = "x", .numbers = {1, 2, 3}}));
  auto features = mf::table_features::make({{.name = "x", .type = "normalize"}}, rows);
  REQUIRE(features);
  REQUIRE(features->fit(rows));
  const auto made = mr::measured_features<mf::table_features>::make(*features, registry, "t");
  REQUIRE(made);
  std::vector<float> out(3);
  CHECK((*made)(rows, out));
  CHECK(out == std::vector<float>{0, 0.5, 1});
  const std::vector<mf::named_cell> cells{{"x", 2}};
  CHECK_FALSE((*made)(std::span<const mf::named_cell>(cells), std::span(out).first(1)));
  CHECK(shows(registry, "millrace_ml_features_extracted_total{feature_set=\"t\",feature_type=\"min_max\"} 4"));
}
