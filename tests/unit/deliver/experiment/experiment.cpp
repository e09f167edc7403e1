#include <millrace/deliver/experiment/experiment.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/deliver/split/layers.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/experiment_reference.hpp>
#include <support/faulty_storage.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
using namespace millrace::stats;

namespace {

constexpr std::uint64_t began = 1'700'000'000'000'000'000U;
constexpr std::uint64_t second = 1'000'000'000U;
std::uint64_t the_time = began;
std::uint64_t test_clock() noexcept { return the_time; }
const md::experiment_options timed{.wall_clock = test_clock};

using layer = md::experiment_layer<"shop">;
using halves = md::variants<md::variant<"control", 1>, md::variant<"treatment", 1>>;
using four = outcomes<conversion<"bought">, mean_of<"revenue">, ratio<"paid", "clicks">, cuped_mean<"spent">>;
using slow = md::guardrails<md::guardrail<mean_of<"latency">, md::harm::above, .01, 5>>;
using any_time = decision<always_valid_asymptotic, alpha<.05>>;
using shop = md::experiment<layer, halves, outcomes<conversion<"bought">, quantile_of<"wait", .5>>, any_time, slow>;
using fixed = md::experiment<layer, md::variants<md::variant<"a", 1>, md::variant<"b", 1>, md::variant<"c", 1>>, four,
                             decision<fixed_horizon, alpha<.05>>>;

md::experiment_definition defined(std::string id = "e") { return {.id = std::move(id), .window = mr::seconds(60)}; }

template <class E>
E started(md::experiment_definition of) {
  the_time = began;
  auto made = E::make(std::move(of), timed);
  REQUIRE(made);
  REQUIRE(made->start("ada"));
  return *std::move(made);
}
template <class E>
md::experiment_report peeked(const E& at) {
  auto report = at.peek();
  if (!report) FAIL(report.error().describe());
  return *std::move(report);
}

/// The experiment of tests/oracle/experiment.py.
double before(int u) { return ((u * 31337) % 997) / 16.0; }
void give(fixed& to, int u, int variant) {
  const std::array<double, 1> known{before(u)};
  to.expose_as(static_cast<std::size_t>(variant), u, u % 2 == 0 ? "even" : "odd", known);
  for (int r = 0; r < 1 + u % 4; ++r) {
    const int x = static_cast<int>((std::int64_t{u} * 7919 + std::int64_t{r} * 104729) % 1009);
    to.update<"bought">(u, x < 60 + 40 * variant);
    to.update<"revenue">(u, x / 8.0 + variant);
    to.update<"paid/clicks">(u, x / 8.0 + variant, 1 + x % 3);
    to.update<"spent">(u, (x % 97) / 4.0 + before(u) + variant / 2.0);
  }
}
bool close(double a, double b) { return std::abs(a - b) <= 1e-9 * (1e-12 + std::abs(b)); }

}  // namespace

TEST_CASE("an experiment finds in summed-up units what SciPy finds, with one correction for each family") {
  fixed test =
      started<fixed>({.id = "e", .window = mr::seconds(60), .planned_units = 900, .segments = {"even", "odd"}});
  for (int u = 0; u < 900; ++u) give(test, u, u % 3);
  the_time += 61 * second;
  const md::experiment_report report = peeked(test);
  REQUIRE(report.findings.size() == std::size(experiment_reference::findings));
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    CAPTURE(i, report.findings[i].metric, report.findings[i].withheld);
    const auto& expected = experiment_reference::findings[i];
    CHECK(close(report.findings[i].test.effect, expected.effect));
    CHECK(close(report.findings[i].test.p, expected.p));
    CHECK(close(report.findings[i].adjusted_p, expected.adjusted));
    CHECK(report.findings[i].significant == (expected.adjusted <= 0.05));
  }
  REQUIRE(report.segments.size() == std::size(experiment_reference::segments));
  for (std::size_t i = 0; i < report.segments.size(); ++i) {
    CAPTURE(i, report.segments[i].metric, report.segments[i].withheld);
    CHECK(report.segments[i].segment == (i % 2 == 0 ? "even" : "odd"));
    CHECK(close(report.segments[i].test.effect, experiment_reference::segments[i].effect));
    CHECK(close(report.segments[i].adjusted_p, experiment_reference::segments[i].adjusted));
  }
  // A unit more changes nothing: the horizon was reached, and its result stands.
  test.expose_as(1, 9000);
  test.update<"bought">(9000, 1);
  the_time += 61 * second;
  CHECK(peeked(test).findings[0].test.p == report.findings[0].test.p);
}

TEST_CASE("the evidence of a guardrail is that of a half-normal mixture, found by quadrature") {
  for (const auto& [x, v, s, expected] : experiment_reference::half_mixtures) {
    CAPTURE(x, v, s);
    CHECK(std::abs(md::detail::log_half_mixture_ratio(x, v, s) - expected) <= 1e-10 * (1 + std::abs(expected)));
  }
}

TEST_CASE("units get the variant of their hash, for ever, and only while the experiment runs") {
  md::experiment_definition narrow = defined();
  narrow.from = 0.25;
  narrow.to = 0.5;
  shop part = started<shop>(narrow);
  narrow.to = 0.75;
  const shop wider = started<shop>(narrow);
  auto draft = shop::make(defined(), timed);
  REQUIRE(draft);
  int inside = 0;
  int more = 0;
  int treated = 0;
  for (int u = 0; u < 4000; ++u) {
    const md::exposure got = part.assign(u);
    const md::exposure later = wider.assign(u);
    if (got.inside) CHECK((later.inside && later.variant == got.variant));
    inside += got.inside;
    more += later.inside;
    treated += got.variant == 1;
    CHECK((got.inside || got.variant == 0));
    CHECK_FALSE(draft->assign(u).inside);
  }
  CHECK(std::abs(inside - 1000) < 120);
  CHECK(std::abs(more - 2000) < 140);
  CHECK(std::abs(treated - 500) < 90);
  // Experiments of one layer with slots apart have no unit in common.
  md::experiment_definition other = defined("f");
  other.from = 0.5;
  const shop apart = started<shop>(other);
  for (int u = 0; u < 1000; ++u) CHECK_FALSE((part.assign(u).inside && apart.assign(u).inside));
}

TEST_CASE("an experiment gives units the variants of the slice of its name, and counts what a layer gave by chance") {
  using weighed = md::weights<50, 50>;
  using shared = md::layer<"shop", md::slice<"e", 40, weighed>, md::slice<"f", 60, weighed>>;
  md::layers<shared> traffic;
  auto& slice = traffic.get<"e">();
  REQUIRE(slice.set_override("boss", 1));
  using sliced = md::experiment<shared, halves, outcomes<conversion<"bought">>, any_time>;
  sliced test = started<sliced>(defined());
  md::experiment_definition part = defined();
  part.to = 0.4;
  const sliced same = started<sliced>(part);
  for (int u = 0; u < 300; ++u) {
    const md::assignment got = traffic.assign<"e">(u);
    CHECK(test.expose_as(got, u).counted == static_cast<bool>(got));
    CHECK(same.assign(u).inside == static_cast<bool>(got));
    if (got) CHECK(same.assign(u).variant == got.variant);
  }
  CHECK_FALSE(test.expose_as(traffic.assign<"e">("boss"), "boss").counted);
  CHECK(test.expose_as(traffic.assign<"e">("boss"), "boss").variant == 1);
}

TEST_CASE("steps of an experiment's life: what is refused, and what units get afterwards") {
  shop test = started<shop>(defined());
  CHECK(test.start("ada").error().message() == "experiment \"e\" is running: start() is for one that is draft");
  CHECK(test.conclude("treatment", "ada").error().code() == mr::errc::invalid_argument);
  CHECK(test.expose("u1").counted);
  REQUIRE(test.pause("ada", "a fault"));
  CHECK_FALSE(test.expose("u2").inside);
  CHECK(test.update<"bought">("u1", 1));  // its window goes on
  REQUIRE(test.resume("ada"));
  REQUIRE(test.stop("ada"));
  CHECK_FALSE(test.expose("u3").counted);
  CHECK(test.update<"bought">("u1", 1));
  CHECK(test.conclude("treatment", "ada").error().message() ==
        "experiment \"e\": 1 units are still open, the last one for 60 s");
  the_time += 61 * second;
  CHECK(test.conclude("nobody", "ada").error().message() == "experiment \"e\" has no variant \"nobody\"");
  REQUIRE(test.conclude("treatment", "ada", "it sells"));
  CHECK(test.phase() == md::experiment_phase::decided);
  for (int u = 0; u < 10; ++u) CHECK((test.assign(u).variant == 1 && !test.assign(u).inside));
  const md::experiment_record record = test.record();
  CHECK(record.winner == "treatment");
  CHECK(record.changes.size() == 5);
  CHECK(record.changes[1].reason == "a fault");
  CHECK(record.exposures[0].units + record.exposures[1].units == 1);
}

TEST_CASE("outcomes that cannot count are counted by why they do not") {
  shop test = started<shop>(defined());
  test.expose("u");
  CHECK_FALSE(test.update<"bought">("u", std::nan("")));
  CHECK_FALSE(test.update<"bought">("u", -1));  // no conversion
  CHECK_FALSE(test.update<"wait">("u", HUGE_VAL));
  CHECK_FALSE(test.update<"wait">("u", 1e200));
  CHECK_FALSE(test.update<"wait">("stranger", 1));
  CHECK_FALSE((test.expose("").inside || test.expose_as(1, "").counted));  // no unit
  CHECK(test.update<"wait">("u", 1));
  the_time -= 3600 * second;  // a clock that is set back stands still
  CHECK(test.update<"wait">("u", 1));
  CHECK(test.expose("v").counted);
  CHECK(test.update<"bought">("v", 1));
  the_time = began + 61 * second;
  CHECK_FALSE(test.update<"wait">("u", 1));
  const md::experiment_report report = peeked(test);
  CHECK(report.refused == 4);
  CHECK(report.unexposed == 1);
  CHECK(report.late == 1);
  CHECK(report.variants[0].closed + report.variants[1].closed == 2);
}

TEST_CASE("a unit's first exposure counts, and one in two variants is contaminated") {
  shop test = started<shop>(defined());
  test.expose_as(0, "u");
  test.expose_as(0, "u");
  CHECK(peeked(test).contaminated == 0);
  test.expose_as(1, "u");
  test.expose_as(1, "u");
  const md::experiment_report report = peeked(test);
  CHECK(report.contaminated == 1);
  CHECK(report.variants[0].exposed == 1);
  CHECK(report.variants[1].exposed == 0);
}

TEST_CASE("an experiment holds as many units as it may, and counts those it drops") {
  md::experiment_definition small = defined();
  small.max_units = 10;
  shop test = started<shop>(small);
  int counted = 0;
  for (int u = 0; u < 25; ++u) counted += test.expose(u).counted;
  CHECK(counted == 10);
  CHECK(test.expose(3).counted);
  CHECK(peeked(test).dropped == 15);
}

TEST_CASE("a definition that makes no sense is refused with what is wrong") {
  const auto why = [](md::experiment_definition of) { return shop::make(std::move(of)).error().message(); };
  CHECK(why({}) == "experiment \"\": it has no id");
  CHECK(why({.id = "e", .window = mr::seconds(0)}) == "experiment \"e\": its window must be above 0");
  CHECK(why({.id = "e", .from = 0.5, .to = 0.5}) ==
        "experiment \"e\": its slot must be 0 <= from < to <= 1, and is 0.5 to 0.5");
  CHECK(why({.id = "e", .planned_units = std::nan("")}) == "experiment \"e\": planned_units is NaN");
  CHECK(fixed::make({.id = "e"}).error().message() ==
        "experiment \"e\": planned_units is not set, and its decision waits for so many closed units");
  CHECK(why({.id = "e", .segments = {"de", "de"}}) == "experiment \"e\": two segments are called \"de\"");
  CHECK(why({.id = "e", .max_units = 0}) == "experiment \"e\": max_units must be from 1 to 2^32");
}

TEST_CASE("a fixed horizon shows nothing before it is reached") {
  fixed test = started<fixed>({.id = "e", .window = mr::seconds(60), .planned_units = 900});
  for (int u = 0; u < 300; ++u) give(test, u, u % 3);
  the_time += 61 * second;
  for (const md::experiment_finding& each : peeked(test).findings) {
    CHECK(each.withheld == "200 of 600 planned units are closed");
    CHECK_FALSE(each.significant);
  }
}

TEST_CASE("group looks: the result is that of the last look that was reached") {
  using grouped = md::experiment<layer, halves, outcomes<mean_of<"m">>,
                                 decision<group_looks<spending::obrien_fleming, looks<.5, 1.>>, alpha<.05>>>;
  grouped test = started<grouped>({.id = "e", .window = mr::seconds(1), .planned_units = 200});
  const auto give_to = [&](int from, int to) {
    for (int u = from; u < to; ++u) {
      test.expose_as(static_cast<std::size_t>(u % 2), u);
      test.update<"m">(u, (u * 37) % 11 + 4 * (u % 2));
    }
    the_time += 2 * second;
  };
  give_to(0, 99);
  CHECK(peeked(test).findings[0].withheld == "99 of 200 planned units are closed");
  give_to(99, 150);
  const md::experiment_report half = peeked(test);
  CHECK(half.findings[0].test.n() == 100);
  CHECK(half.findings[0].significant);
  give_to(150, 260);
  const md::experiment_report all = peeked(test);
  CHECK(all.findings[0].test.n() == 200);
  CHECK(all.findings[0].significant);
  CHECK(all.intervals.size() == 2);
}

TEST_CASE("while units are not shared out as configured nothing is significant") {
  shop test = started<shop>(defined());
  for (int u = 0; u < 1000; ++u) {
    const std::size_t variant = u % 10 < 3;  // 30 % and not half
    test.expose_as(variant, u);
    test.update<"bought">(u, variant);
  }
  the_time += 61 * second;
  const md::experiment_report report = peeked(test);
  CHECK(report.sample_ratio.mismatch);
  CHECK_FALSE(report.any_significant());
  CHECK(report.ratios.back().shares[1] == 0.3);
}

TEST_CASE("a guardrail finds harm beyond its margin, and not within it") {
  for (const double slower : {2.0, 9.0}) {
    shop test = started<shop>(defined());
    mr::random_engine random(7);
    for (int u = 0; u < 3000; ++u) {
      const std::size_t variant = test.expose(u).variant;
      test.update<"latency">(u, 40 + 20 * random.uniform() + (variant == 1 ? slower : 0));
    }
    the_time += 61 * second;
    const md::experiment_report report = peeked(test);
    CHECK(report.any_harm() == (slower > 5));
    CHECK(std::abs(report.guardrails[0].effect - slower) < 1);
  }
}

TEST_CASE("parts of an experiment merge to the whole, whoever saw which request") {
  shop whole = started<shop>(defined());
  shop left = started<shop>(defined());
  shop right = started<shop>(defined());
  for (int u = 0; u < 200; ++u) {
    for (int r = 0; r < 3; ++r) {
      shop& part = (u + r) % 2 == 0 ? left : right;
      for (shop* each : {&whole, &part}) {
        each->expose(u);
        each->update<"wait">(u, (u * 7 + r * 3) % 16);
        each->update<"bought">(u, (u + r) % 5 == 0);
      }
    }
    the_time += second / 10;
  }
  left.expose_as(0, "mixed");
  whole.expose_as(0, "mixed");
  the_time += second;
  right.expose_as(1, "mixed");
  whole.expose_as(1, "mixed");
  shop there = *shop::load(right.save(), defined(), timed);
  REQUIRE(left.merge(there));
  the_time += 61 * second;
  CHECK((to_json(peeked(left)) == to_json(peeked(whole))));
  CHECK(peeked(left).contaminated == 1);

  md::experiment_definition other = defined();
  other.window = mr::seconds(30);
  const auto refused = left.merge(started<shop>(other));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() ==
        "the other part is of another experiment: its window is \"30000000000 ns\", and \"60000000000 ns\" here");
  CHECK(shop::load(left.save(), other, timed).error().code() == mr::errc::conflict);
}

TEST_CASE("threads that expose and tell at once lose nothing") {
  shop test = started<shop>(defined());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int u = 0; u < 500; ++u) {
        test.expose(u);
        test.update<"wait">(u, 2);
        test.update<"bought">(u, u % 3 == 0);
        if (u % 100 == 0) static_cast<void>(test.peek());
      }
    });
  for (std::thread& each : threads) each.join();
  the_time += 61 * second;
  const md::experiment_report report = peeked(test);
  CHECK(report.exposed() == 500);
  CHECK(report.contaminated == 0);
  shop alone = started<shop>(defined());
  for (int u = 0; u < 500; ++u) {
    alone.expose(u);
    for (int t = 0; t < 4; ++t) {
      alone.update<"wait">(u, 2);
      alone.update<"bought">(u, u % 3 == 0);
    }
  }
  CHECK(alone.save() == test.save());
}

TEST_CASE("exposing units and telling of outcomes takes no memory") {
  shop test = started<shop>(defined());
  const std::string_view id = "a user";
  const std::uint64_t before_all = support::allocations;
  for (int i = 0; i < 100; ++i) {
    test.expose(id, "de");
    test.update<"wait">(id, 3);
  }
  const std::uint64_t taken = support::allocations - before_all;
  if (support::counts_allocations) CHECK(taken == 0);
}

namespace {

md::experiment_options logged(const std::string& path) {
  md::experiment_options made = timed;
  made.log = path;
  return made;
}
/// A small experiment whose figures are exact, for golden files.
template <class E>
void give_golden(E& to) {
  const std::array<double, 1> known{2.5};
  to.expose_as(0, "ada", "de", known);
  to.expose_as(1, "bob", "fr");
  the_time += second;
  to.template update<"bought">("ada", 1);
  to.template update<"spent">("ada", 12.25);
  to.template update<"spent">("ada", 0.5);
  to.template update<"wait">("bob", -3);
  to.template update<"wait">("bob", 40);
  to.template update<"wait">("stranger", 7);
  to.expose_as(1, "ada", "de");
  to.template update<"bought">("bob", std::nan(""));
}
using golden_test =
    md::experiment<layer, halves, outcomes<conversion<"bought">, cuped_mean<"spent">>, any_time,
                   md::guardrails<md::guardrail<md::per_unit<mean_of<"wait">, md::unit_rule::max>, md::harm::above>>>;
md::experiment_definition golden_definition() {
  return {.id = "new-model", .hypothesis = "more", .window = mr::seconds(60), .segments = {"de", "fr"}};
}
std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("the saved form, the log and the record of an experiment are those of the first version, byte for byte") {
  const support::temp_dir folder;
  const std::string path = folder / "log";
  mr::store::memory_storage storage;
  the_time = began;
  auto test = golden_test::open(storage, golden_definition(), logged(path));
  REQUIRE(test);
  REQUIRE(test->start("ada", "a hunch"));
  give_golden(*test);
  REQUIRE(test->stop("ada"));
  REQUIRE(test->flush());
  const auto record = storage.read("ab_tests/new-model.json");
  REQUIRE(record);
  const std::vector<std::byte> saved = support::golden("deliver/experiment_1.bin");
  CHECK((test->save() == saved));
  CHECK(*mr::store::read_file(path) == text_of(support::golden("deliver/experiment_1.log")));
  CHECK(text_of(*record) == text_of(support::golden("deliver/experiment_1.json")));
  const auto back = golden_test::load(saved, golden_definition(), timed);
  REQUIRE(back);
  CHECK((back->save() == saved));

  std::vector<std::byte> newer = saved;
  newer[16 + 18] = std::byte{2};  // the format, behind the envelope's head and name
  mr::envelope_writer envelope("deliver_experiment");
  for (std::size_t i = 16 + 18; i + 4 < newer.size(); ++i) envelope.u8(static_cast<std::uint8_t>(newer[i]));
  CHECK(golden_test::load(std::move(envelope).finish(), golden_definition()).error().code() == mr::errc::unsupported);
  for (std::size_t size = 0; size < saved.size(); ++size)
    CHECK_FALSE(golden_test::load(std::span(saved).subspan(0, size), golden_definition()));
}

TEST_CASE("an experiment goes on from its log and its record, compacted or not") {
  const support::temp_dir folder;
  const std::string path = folder / "log";
  auto storage = mr::store::folder_storage::open(folder / "store");
  REQUIRE(storage);
  the_time = began;
  std::vector<std::byte> before;
  {
    auto test = golden_test::open(*storage, golden_definition(), logged(path));
    REQUIRE(test);
    REQUIRE(test->start("ada"));
    give_golden(*test);
    REQUIRE(test->flush());
    auto other = golden_test::open(*storage, golden_definition(), timed);
    REQUIRE(other);
    CHECK(other->phase() == md::experiment_phase::running);
    REQUIRE(other->pause("bob"));
    REQUIRE(test->refresh());
    CHECK(test->phase() == md::experiment_phase::paused);
    REQUIRE(test->stop("ada"));
    // The other one has not heard of it, but takes no step that the phase has not.
    CHECK(other->resume("bob").error().message() ==
          "experiment \"new-model\" is stopped: resume() is for one that is paused");
  }
  CHECK(mr::store::read_file(folder / "store/ab_tests/new-model.json"));
  std::string texts[2];
  for (const bool compacts : {false, true}) {
    md::experiment_options options = logged(path);
    if (compacts) options.max_log_bytes = 1000;
    auto test = golden_test::open(*storage, golden_definition(), options);
    if (!test) FAIL(test.error().describe());
    CHECK(test->phase() == md::experiment_phase::stopped);
    CHECK(test->update<"bought">("bob", 1));
    REQUIRE(test->flush());
    the_time += second;
    const md::experiment_report report = peeked(*test);
    CHECK(report.contaminated == 1);
    CHECK(report.exposed() == 2);
  }
  CHECK(mr::store::read_file(path)->find("\nu ") != std::string::npos);
  const std::string only[1] = {path};
  CHECK(peeked(*golden_test::read(only, golden_definition(), timed)).contaminated == 1);

  md::experiment_definition other = golden_definition();
  other.segments = {"de"};
  CHECK(golden_test::make(other, logged(path)).error().message() ==
        "the log \"" + path + "\" is of another experiment: its segment 2 is \"fr\", and not given here");
  CHECK(golden_test::open(*storage, other, timed).error().message() ==
        "the record in the storage is of another experiment: its segment 2 is \"fr\", and not given here");
  // A torn end is cut off, a line that makes no sense is an error that says which.
  const std::string whole = *mr::store::read_file(path);
  REQUIRE(mr::store::write_file(path, whole + "o 17000"));
  CHECK(golden_test::make(golden_definition(), logged(path)));
  for (const char* const line :
       {"o 17000\n", "e 5 ab 7 0 nan\n", "e 5 ab 0 9 nan\n", "o 5 ab 9 1\n", "u 5 ab 1\n", "x\n"}) {
    REQUIRE(mr::store::write_file(path, whole + line));
    const auto refused = golden_test::make(golden_definition(), logged(path));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::corrupt);
  }
}

TEST_CASE("outcomes that one process was told count with the exposures of another, when their logs are read") {
  const support::temp_dir folder;
  const std::string paths[2] = {folder / "serving", folder / "orders"};
  the_time = began;
  auto serving = shop::make(defined(), logged(paths[0]));
  auto orders = shop::make(defined(), logged(paths[1]));
  REQUIRE((serving && orders && serving->start("ada") && orders->start("ada")));
  for (int u = 0; u < 50; ++u) serving->expose(u);
  the_time += 30 * second;
  for (int u = 0; u < 50; ++u) CHECK_FALSE(orders->update<"bought">(u, u % 2));
  the_time += 31 * second;
  orders->update<"bought">(0, 1);  // its window is over
  CHECK(peeked(*orders).unexposed == 51);
  REQUIRE((serving->flush() && orders->flush()));
  auto all = shop::read(paths, defined(), timed);
  REQUIRE(all);
  the_time += second;
  const md::experiment_report report = peeked(*all);
  CHECK(report.exposed() == 50);
  CHECK(report.unexposed == 0);
  CHECK(report.late == 1);
  CHECK(report.findings[0].test.n() == 50);
}

TEST_CASE("a log takes as many bytes as it may, and what it does not take is counted") {
  const support::temp_dir folder;
  md::experiment_options small = logged(folder / "log");
  small.max_log_bytes = 4000;
  the_time = began;
  auto test = shop::make(defined(), small);
  REQUIRE((test && test->start("ada")));
  for (int u = 0; u < 500; ++u) test->expose(u);
  CHECK(peeked(*test).exposed() == 500);
  CHECK(peeked(*test).unlogged > 300);
}

TEST_CASE("a process that is killed loses no exposure and no outcome that was durable") {
  const support::temp_dir folder;
  const std::string path = folder / "log";
  the_time = began;
  mr::random_engine random(3);
  std::uint64_t told = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      md::experiment_options options = logged(path);
      options.log_options.max_delay_ms = 1;
      auto test = shop::make(defined(), options);
      if (!test || !test->start("ada")) ::_exit(1);
      for (std::uint64_t u = told;; ++u) {
        test->expose(u);
        test->update<"wait">(u, 1);
        if (u % 8 == 7 && test->flush() && ::write(ends[1], &u, sizeof u) != sizeof u) ::_exit(1);
      }
    }
    ::close(ends[1]);
    const auto several = 1 + random() % 20;
    std::uint64_t last = told;
    for (std::uint64_t i = 0; i < several; ++i) REQUIRE(::read(ends[0], &last, sizeof last) == sizeof last);
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    std::uint64_t more = 0;  // told of, but not read before the signal
    while (::read(ends[0], &more, sizeof more) == sizeof more) last = more;
    ::close(ends[0]);
    told = last + 1;
    const std::string only[1] = {path};
    the_time = began + 61 * second;
    const md::experiment_report report = peeked(*shop::read(only, defined(), timed));
    the_time = began;
    CHECK(report.exposed() >= told);
    double waited = 0;
    for (const md::experiment_finding& each : report.findings)
      if (each.metric == "wait") waited = each.test.n();
    CHECK(waited >= static_cast<double>(told));
  }
}

TEST_CASE("an experiment is no part of itself, and a log counts once") {
  support::temp_dir folder;
  const std::string log = folder / "one.log";
  the_time = began;
  md::experiment_options logged = timed;
  logged.log = log;
  auto test = shop::make(defined(), logged);
  REQUIRE(test);
  REQUIRE(test->start("ada"));
  test->expose(1);
  test->update<"bought">(1, 1);
  REQUIRE(test->flush());
  const auto saved = test->save();
  CHECK(test->merge(*test).error().code() == mr::errc::invalid_argument);
  CHECK((test->save() == saved));
  REQUIRE(::link(log.c_str(), (folder / "other.log").c_str()) == 0);
  const std::array<std::string, 2> twice{log, folder / "other.log"};
  CHECK(shop::read(twice, defined(), timed).error().code() == mr::errc::invalid_argument);
  CHECK(shop::read(std::span(twice).first(1), defined(), timed));
}

TEST_CASE("a clock that begins at 0 makes a log that can be read") {
  support::temp_dir folder;
  md::experiment_options logged = timed;
  logged.log = folder / "one.log";
  the_time = 0;
  {
    auto test = shop::make(defined(), logged);
    REQUIRE(test);
    REQUIRE(test->start("ada"));
    CHECK(test->expose(1).counted);
    CHECK(test->update<"bought">(1, 1));
    CHECK(shop::load(test->save(), defined(), timed));
  }
  CHECK(shop::make(defined(), logged));
}

TEST_CASE("a guardrail that finds harm exposes nobody, also where the storage does not take the stop") {
  support::faulty_storage storage;
  the_time = began;
  auto test = shop::open(storage, defined(), timed);
  REQUIRE(test);
  REQUIRE(test->start("ada"));
  for (int u = 0; u < 3000; ++u) test->update<"latency">(u, test->expose(u).variant == 1 ? 90.0 + u % 3 : 10.0 + u % 3);
  the_time += 100 * second;
  storage.fails = true;
  CHECK(test->guard().error().code() == mr::errc::io);
  CHECK_FALSE(test->expose(5000).inside);
  CHECK(test->record().phase == md::experiment_phase::running);
  CHECK_FALSE(test->guard());
  storage.fails = false;
  REQUIRE(test->refresh());  // the record says that it runs
  CHECK_FALSE(test->expose(5000).inside);
  // A person may go on all the same.
  REQUIRE(test->pause("ada"));
  REQUIRE(test->resume("ada"));
  CHECK(test->expose(5000).inside);
  REQUIRE(test->guard());
  CHECK(test->record().phase == md::experiment_phase::stopped);
  CHECK(test->record().changes.back().actor == "guardrail");
  CHECK(test->phase() == md::experiment_phase::stopped);
}
