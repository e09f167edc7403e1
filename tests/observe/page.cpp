// Prints one snapshot in the format asked for: observe_page prometheus|openmetrics|protobuf|json [SEED]; with the
// format `accept HEADER` the page for that header, its content type as the first line. Without a seed the registry
// holds every case that has tripped an exporter; with one, random names of labels, values and bounds. The same seed
// prints the same values in every format.
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

/// Native histograms of both kinds, and exemplars of everything that can have one.
void fill_with_examples(mr::observe::metrics_registry& registry) {
  mr::random_engine random(7);
  const auto latency = registry.native_histogram({"native_seconds", "Native.", "seconds"}, {}, {{"a", "b"}}).value();
  const auto both = registry
                        .native_histogram({"native_scores", "Of both signs."},
                                          {.schema = 1, .least = 0x1p-10, .greatest = 0x1p10, .both_signs = true})
                        .value();
  registry.native_histogram({"native_unused", "Never seen."}).value();
  for (int i = 0; i < 2000; ++i) {
    latency.update(std::exp(random.normal() - 5));
    both.update(random.normal() * std::exp(3 * random.normal()));
  }
  for (int i = 0; i < 10; ++i) latency.update(0.0);
  const auto counted = registry.counter({"exemplary_total", "With exemplars."}).value();
  const auto seen = registry.histogram({"exemplary_size", "With exemplars."}, {1, 2.5}).value();
  const auto timed = registry.timer({"exemplary_seconds", "With exemplars."}, {0.001, 0.1}).value();
  mr::observe::exemplar plain({0x0102030405060708, 0x090a0b0c0d0e0f10}, {0x1112131415161718});
  plain.unix_nanoseconds = 1'700'000'000'007'000'000;
  mr::observe::exemplar odd = mr::observe::exemplar::make({}, {}, {{"odd", "a\"b\\c\nd \xff caf\xc3\xa9"}}).value();
  odd.unix_nanoseconds = 1'700'000'000'123'456'789;
  counted.add(3, odd);
  seen.update(0.5, plain);
  seen.update(2.5, odd);
  seen.update(99.0, plain);
  timed.update(mr::seconds(0.05), plain);
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view format = argc > 1 ? argv[1] : "";
  std::string page;
  if (argc > 2 && format == "accept") {
    const auto chosen = mr::observe::negotiate(argv[2]);
    page = std::string(content_type(chosen)) + "\n";
    format = chosen == mr::observe::page_format::protobuf      ? "protobuf"
             : chosen == mr::observe::page_format::openmetrics ? "openmetrics"
                                                               : "prometheus";
    argc = 0;
  }
  mr::observe::metrics_registry registry;
  if (argc > 2)
    fill_at_random(registry, std::strtoull(argv[2], nullptr, 10));
  else
    support::fill_with_trouble(registry);
  fill_with_examples(registry);
  const auto snapshot = registry.snapshot();
  page += format == "prometheus"    ? mr::observe::to_prometheus(snapshot)
          : format == "openmetrics" ? mr::observe::to_openmetrics(snapshot)
          : format == "protobuf"    ? mr::observe::to_prometheus_protobuf(snapshot)
          : format == "json"        ? mr::observe::to_json(snapshot)
                                    : std::string();
  if (page.empty()) {
    std::fputs("usage: observe_page prometheus|openmetrics|protobuf|json [SEED], observe_page accept HEADER\n", stderr);
    return 2;
  }
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
