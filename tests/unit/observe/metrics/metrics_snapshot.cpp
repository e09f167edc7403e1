#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <support/catch.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>

#include <string>
#include <type_traits>

namespace mr = millrace;

static_assert(std::is_nothrow_move_constructible_v<mr::observe::metrics_snapshot>);
static_assert(!std::is_copy_constructible_v<mr::observe::metrics_snapshot>);

TEST_CASE("an empty snapshot has no families") {
  const mr::observe::metrics_snapshot none;
  CHECK(none.families().empty());
  CHECK(none.find("x") == nullptr);
  mr::observe::metrics_registry registry;
  CHECK(registry.snapshot().families().empty());
}

TEST_CASE("a snapshot knows when it was taken and how long the registry has been there") {
  mr::observe::metrics_registry registry;
  const auto first = registry.snapshot();
  const auto second = registry.snapshot();
  CHECK(first.unix_nanoseconds > 1'700'000'000'000'000'000U);
  CHECK(second.uptime_nanoseconds >= first.uptime_nanoseconds);
  CHECK(second.uptime_nanoseconds < 60'000'000'000U);
  CHECK(first.registry_id == second.registry_id);
}

TEST_CASE("an exporter of one's own needs the snapshot alone") {
  mr::observe::metrics_registry registry;
  registry.counter({"rows", ""}, {{"split", "train"}}).value().add(3);
  registry.gauge({"loss", ""}).value().set(0.5);
  registry.timer({"step_seconds", ""}).value().update(2'000'000'000);
  std::string text;
  const auto snapshot = registry.snapshot();
  for (const auto& [family, samples] : snapshot.families())
    for (const auto& sample : samples) {
      text += family->name;
      for (const auto& [name, value] : sample.labels()) text += " " + name + ":" + value;
      text += " " + std::string(to_string(family->type)) + " ";
      text +=
          family->type == mr::observe::metric_type::gauge ? std::to_string(sample.value) : std::to_string(sample.count);
      text += "\n";
    }
  CHECK(text == "rows split:train counter 3\nloss gauge 0.500000\nstep_seconds histogram 1\n");
}

TEST_CASE("the names of types are those of the formats") {
  CHECK(to_string(mr::observe::metric_type::counter) == "counter");
  CHECK(to_string(mr::observe::metric_type::gauge) == "gauge");
  CHECK(to_string(mr::observe::metric_type::histogram) == "histogram");
}
