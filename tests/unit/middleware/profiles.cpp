#include <millrace/middleware/profiles.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/observe/export/prometheus.hpp>

#include <fstream>
#include <limits>
#include <string>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"loss", double> loss;

struct spoil {
  using reads = mr::fields<>;
  using writes = mr::fields<loss>;
  void operator()(auto& ctx) const { ctx[loss] = std::numeric_limits<double>::quiet_NaN(); }
};

std::size_t lines_in(const std::string& path) {
  std::ifstream file(path);
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) ++count;
  return count;
}

}  // namespace

TEST_CASE("each profile is its middlewares in the recommended order") {
  const support::temp_dir folder;
  mr::observe::metrics_registry registry;
  const auto order_of = [](const auto& chain) {
    std::string text;
    for (const std::string_view name : std::remove_cvref_t<decltype(chain)>::order()) text += std::string(name) + ' ';
    return text;
  };
  CHECK(order_of(mr::chain(spoil{}).use(mr::profiles::development{registry, folder / "a.jsonl"})) ==
        "compression metrics validation audit_log profiler ");
  CHECK(order_of(mr::chain(spoil{}).use(mr::profiles::testing{registry})) == "metrics validation ");
  CHECK(order_of(mr::chain(spoil{}).use(mr::profiles::production{registry, folder / "b.jsonl"})) ==
        "metrics validation audit_log ");
}

TEST_CASE("production lists what is not finite and goes on; testing stops") {
  const support::temp_dir folder;
  const std::string path = folder / "audit.jsonl";
  mr::observe::metrics_registry registry;
  auto production = mr::chain(spoil{}).use(mr::profiles::production{registry, path});
  auto ctx = production.context();
  CHECK(production(ctx));
  CHECK(production.get<"validation">().error_count() == 1);
  CHECK_THAT(mr::observe::to_prometheus(registry.snapshot()),
             ContainsSubstring("millrace_validation_issues_total 1\n"));
  REQUIRE(production.get<"audit_log">().close());
  CHECK(lines_in(path) == 4);  // session_start, event_start, event_complete, session_end

  auto testing = mr::chain(spoil{}).use(mr::profiles::testing{registry});
  auto again = testing.context();
  CHECK_FALSE(testing(again));
  CHECK(testing.get<"metrics">().summary().total_failures == 1);
}
