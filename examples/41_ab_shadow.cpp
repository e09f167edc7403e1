// A new fraud model against the one that decides today: an A/B test that gives 20 % of the customers the new model, in
// shadow mode, so that payments of the other customers are shown to it as well.
#include <millrace/core/seed.hpp>
#include <millrace/deliver/experiment.hpp>
#include <millrace/deliver/shadow.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/folder_storage.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace md = millrace::deliver;
namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

struct payment {
  std::uint64_t customer = 0;
  double amount = 0;
  const char* country = "";
};

double old_model(const payment& p) { return p.amount / (p.amount + 400); }
double new_model(const payment& p) { return p.amount / (p.amount + 380); }

// A week passes in this example while it runs, so it brings a clock of its own.
std::uint64_t now = 1'700'000'000'000'000'000U;
std::uint64_t example_clock() noexcept { return now; }

// [type]
using namespace mr::stats;
using fraud_test = md::experiment<
    md::experiment_layer<"fraud">, md::variants<md::variant<"v1.0", 80>, md::variant<"v2.0", 20>>,
    outcomes<conversion<"complaint">, mean_of<"loss">>, decision<always_valid, alpha<.05>, holm>,
    md::guardrails<md::guardrail<md::per_unit<mean_of<"latency">, md::unit_rule::mean>, md::harm::above, .01, 5>>>;
// [/type]

mr::result<void> run() {
  // [open]
  auto kept = mr::store::folder_storage::open("store");  // store/ab_tests/fraud-v2.json
  if (!kept) return kept.error();
  auto test = fraud_test::open(*kept,
                               {.id = "fraud-v2",
                                .hypothesis = "v2.0 loses less, and does not annoy more customers",
                                .window = 24h,
                                .segments = {"home", "abroad"}},
                               {.wall_clock = example_clock, .log = "exposures.log"});
  if (!test) return test.error();
  // [/open]
  if (test->phase() != md::experiment_phase::draft) return {};  // it was run here before
  if (auto started = test->start("ada", "v2.0 passed its review"); !started) return started;

  // [serve]
  md::shadow shown{old_model, new_model, md::within{.absolute = 0.05},
                   md::segment_by([](const payment& p) { return p.country; }),
                   md::shadow_options{.name = "fraud", .capacity = 4096}};
  const auto serve = [&](const payment& asked) {
    const md::exposure got = test->expose(asked.customer, asked.country);
    return got.variant == 0 ? shown(asked) : new_model(asked);  // v1.0 decides, and v2.0 sees a copy; or v2.0 decides
  };
  // [/serve]

  mr::random_engine chance(1);
  for (int i = 0; i < 20'000; ++i) {
    now += 30'000'000'000U;  // a payment every 30 seconds
    const payment asked{chance() % 6000, 2000 * chance.uniform(), i % 5 == 0 ? "abroad" : "home"};
    const bool blocked = serve(asked) > 0.8;
    // [outcomes]
    test->update<"latency">(asked.customer, 10 + chance.uniform());
    if (!blocked && chance.uniform() < 0.02) test->update<"loss">(asked.customer, asked.amount);
    if (blocked && chance.uniform() < 0.05) test->update<"complaint">(asked.customer, 1);
    // [/outcomes]
  }

  // [look]
  auto report = test->guard();  // stops the test if a guardrail finds harm
  if (!report) return report.error();
  std::fputs(report->summary().c_str(), stdout);
  if (auto written = mr::store::write_file("experiment.html", to_html(*report)); !written) return written;
  // [/look]
  if (auto done = shown.drain(10s); !done) return done;
  std::fputs(shown.report().summary().c_str(), stdout);

  // [conclude]
  if (auto stopped = test->stop("ada", "planned for a week"); !stopped) return stopped;
  now += 25 * std::uint64_t{3'600'000'000'000};  // the last customers' windows
  return test->conclude(report->any_significant() ? "v2.0" : "v1.0", "ada", "see experiment.html");
  // [/conclude]
}

}  // namespace

int main() {
  const auto done = run();
  if (!done) std::fputs(done.error().describe().c_str(), stderr);
  return done ? 0 : 1;
}
