// Prints one snapshot in the format asked for: observe_page prometheus|openmetrics|json [SEED].
// Without a seed the registry holds every case that has tripped an exporter; with one, random names
// of labels, values and bounds. The same seed prints the same values in every format.
#include <millrace/observe.hpp>

#include <support/observe_registry.hpp>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;

namespace {

double random_double(mr::random_engine& random) {
  switch (random.below(8)) {
    case 0: return std::bit_cast<double>(random());  // any bits: NaN, infinities, denormals
    case 1: return static_cast<double>(random.below(1000));
    default: return random.normal() * std::exp(10 * random.normal());
  }
}

void fill_at_random(mr::observe::metrics_registry& registry, std::uint64_t seed) {
  mr::random_engine random(seed);
  const auto labels = [&] {
    return mr::observe::label_set{{"a", support::random_bytes(random)}, {"b", support::random_bytes(random)}};
  };
  for (int family = 0; family < 8; ++family) {
    const std::string number = std::to_string(family);
    const std::string help = "Help of " + number + support::random_bytes(random, 40);
    std::set<double> bounds;
    for (std::uint64_t n = 1 + random.below(8); n > 0; --n)
      if (const double b = random_double(random); std::isfinite(b)) bounds.insert(b + 0.0);
    bounds.insert(0.5);
    for (int series = 0; series < 5; ++series) {
      registry.counter({"counted_" + number, help}, labels()).value().add(random() >> (11 + random.below(53)));
      registry.gauge({"measured_" + number, help}, labels()).value().set(random_double(random));
      const auto seen = registry.histogram({"seen_" + number, help}, {bounds.begin(), bounds.end()}, labels()).value();
      const auto timed = registry.timer({"timed_" + number + "_seconds", help}, labels()).value();
      for (int i = 0; i < 50; ++i) {
        seen.update(random_double(random));
        timed.update(random() >> (20 + random.below(44)));
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view format = argc > 1 ? argv[1] : "";
  mr::observe::metrics_registry registry;
  if (argc > 2)
    fill_at_random(registry, std::strtoull(argv[2], nullptr, 10));
  else
    support::fill_with_trouble(registry);
  const auto snapshot = registry.snapshot();
  const std::string page = format == "prometheus"    ? mr::observe::to_prometheus(snapshot)
                           : format == "openmetrics" ? mr::observe::to_openmetrics(snapshot)
                           : format == "json"        ? mr::observe::to_json(snapshot)
                                                     : std::string();
  if (page.empty()) {
    std::fputs("usage: observe_page prometheus|openmetrics|json [SEED]\n", stderr);
    return 2;
  }
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
