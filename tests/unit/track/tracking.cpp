#include <millrace/track/tracking.hpp>

#include <millrace/chain.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

inline constexpr mr::field<"round", int> round_no{};
inline constexpr mr::field<"loss", double> loss{};
inline constexpr mr::field<"good", bool> good{};
inline constexpr mr::field<"rows", int> rows{};

struct score {
  using reads = mr::fields<round_no>;
  using writes = mr::fields<loss, good, rows>;
  static constexpr std::string_view name = "score";
  double rate = 0.5;
  mr::result<void> operator()(auto& ctx) {
    if (ctx[round_no] == 2) return mr::error(mr::errc::invalid_data, "round 2");
    ctx[loss] = rate * ctx[round_no];
    ctx[good] = true;
    ctx[rows] = 7;
    return {};
  }
  void for_each_setting(auto&& use) const {
    use("rate", rate);
    use("kind", std::string_view("plain"));
    use("strict", true);
  }
};

}  // namespace

TEST_CASE("a chain's numbers and settings are logged to its run") {
  ms::memory_storage storage;
  auto tracks = *mt::tracker<ms::memory_storage>::open(storage);
  auto run = *tracks.start_run(tracks.create_experiment("e")->id);
  auto chain = mr::chain(score{}).use(mr::track::tracking{run, "train/"});
  auto ctx = chain.context(round_no = 0);
  for (ctx[round_no] = 0; ctx[round_no] < 4; ++ctx[round_no]) CHECK(bool(chain(ctx)) == (ctx[round_no] != 2));
  REQUIRE(run.flush());
  const auto record = tracks.get_run(run.id());
  CHECK(*record->parameter("train/rate") == "0.5");
  CHECK(*record->parameter("train/kind") == "plain");
  CHECK(*record->parameter("train/strict") == "true");
  const auto points = tracks.history(run.id(), "train/loss");
  REQUIRE(points->size() == 3);  // the run of the chain that failed wrote none
  CHECK((*points)[0].step == 0);
  CHECK((*points)[1].value == 0.5);
  CHECK((*points)[2].step == 3);
  CHECK(record->metric("train/rows")->last.value == 7);
  CHECK(record->metric("train/good") == nullptr);
  REQUIRE(run.end());
  CHECK(chain(ctx));  // the run has ended: nothing is logged, and the chain goes on
}

TEST_CASE("a setting that contradicts the run's parameters fails the chain's first run") {
  ms::memory_storage storage;
  auto tracks = *mt::tracker<ms::memory_storage>::open(storage);
  auto run = *tracks.start_run(tracks.create_experiment("e")->id, {.parameters = {{"rate", "0.25"}}});
  auto chain = mr::chain(score{}).use(mr::track::tracking{run});
  auto ctx = chain.context(round_no = 0);
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().describe().find("\"rate\"") != std::string::npos);
}
