// A new fraud model sees every payment that the old one decides on, before it decides on any itself.
#include <millrace/deliver/shadow.hpp>

#include <chrono>
#include <cstdio>
#include <string>

namespace md = millrace::deliver;
namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

struct payment {
  double amount = 0;
  const char* country = "";
  std::uint64_t customer = 0;
};

/// The model that decides today, and the one that may take its place: the two differ for large payments from abroad.
double old_model(const payment& p) { return p.amount / (p.amount + 400); }
double new_model(const payment& p) { return p.country[0] == 'f' && p.amount > 900 ? 0.3 : p.amount / (p.amount + 399); }

}  // namespace

int main() {
  // [shadow]
  md::shadow decided{old_model, new_model, md::same_class{.threshold = 0.5},
                     md::segment_by([](const payment& p) { return p.country; }),
                     md::shadow_options{.name = "fraud", .capacity = 4096}};
  // [/shadow]

  // [serve]
  for (int i = 0; i < 4'000; ++i) {
    const payment asked{1.0 * (i % 1000), i % 10 == 0 ? "foreign" : "home", static_cast<std::uint64_t>(i / 4)};
    const double score = decided(asked);  // the old model's; the caller does not wait for the new one
    if (score > 0.9) std::puts("never: no payment here scores that high");
  }
  // [/serve]

  // [report]
  if (auto done = decided.drain(10s); !done) std::fputs(done.error().describe().c_str(), stderr);
  const md::shadow_report seen = decided.report();
  std::fputs(seen.summary().c_str(), stdout);

  const md::shadow_assessment found = seen.assess({.min_comparisons = 1000, .min_agreement = 0.95});
  std::printf("%s: %s\n", name(found.verdict).data(), found.why.c_str());
  // [/report]
  return seen.all.comparisons + seen.drops() == 4'000 ? 0 : 1;
}
