#include <millrace/deliver/rollout/state.hpp>

#include <millrace/store/document.hpp>

#include <support/catch.hpp>

#include <string>

namespace md = millrace::deliver;
namespace ms = millrace::store;

TEST_CASE("the names of phases, events and causes are those that storages hold", "[deliver][rollout]") {
  const char* const phases[] = {"draft", "running", "paused", "promoting", "aborting", "rolled_back", "promoted", ""};
  for (unsigned i = 0; i < 8; ++i) CHECK(to_string(static_cast<md::rollout_phase>(i)) == phases[i]);
  CHECK(to_string(md::rollout_event::roll_back) == "roll_back");
  CHECK(to_string(static_cast<md::rollout_event>(7)).empty());
  CHECK(to_string(md::rollout_cause::unhealthy) == "unhealthy");
  CHECK(to_string(static_cast<md::rollout_cause>(11)).empty());
  CHECK(is_under_way(md::rollout_phase::aborting));
  CHECK_FALSE(is_under_way(md::rollout_phase::rolled_back));
}

TEST_CASE("a rollout's document is these bytes", "[deliver][rollout]") {
  md::rollout_state state;
  state.strategy = "canary<5, 100>";
  state.candidate = "v3";
  state.number = 3;
  state.changes = 7;
  state.phase = md::rollout_phase::promoting;
  state.step = 1;
  state.share = md::whole_share;
  state.spent = 12'000'000'000;
  state.promoted_by = md::rollout_cause::approval;
  state.cause = md::rollout_cause::approval;
  state.actor = "ada";
  state.reason = "looked at \"all\" of it";
  state.at = 1'800'000'000'000'000'000;
  const std::string text = ms::write_document(state);
  CHECK(
      text ==
      R"({"format":1,"strategy":"canary<5, 100>","candidate":"v3","number":3,"changes":7,"phase":"promoting","step":1,)"
      R"("share":1000000,"spent":12000000000,"approved":false,"promoted_by":"approval","cause":"approval","actor":"ada",)"
      R"("reason":"looked at \"all\" of it","at":1800000000000000000,"told":true})");
  const auto read = ms::read_document<md::rollout_state>(text, "fraud");
  REQUIRE(read);
  CHECK(*read == state);
  // A name that is none, and each beginning of the text, are refused.
  CHECK(ms::read_document<md::rollout_state>(std::string(text).replace(text.find("promoting"), 9, "promotion"), "fraud")
            .error()
            .code() == millrace::errc::corrupt);
  for (std::size_t size = 0; size < text.size(); size += 5)
    CHECK_FALSE(ms::read_document<md::rollout_state>(text.substr(0, size), "fraud"));
}

TEST_CASE("a state that contradicts itself says how", "[deliver][rollout]") {
  const auto steps = md::canary<5, 50, 100>::steps();
  const auto fault = [&](auto change) {
    md::rollout_state state;
    state.strategy = steps.name;
    change(state);
    const char* const found = md::detail::fault_of(state, steps);
    return std::string(found != nullptr ? found : "");
  };
  using state = md::rollout_state;
  CHECK(fault([](state&) {}).empty());
  CHECK(fault([](state& s) { s.strategy = "canary<100>"; }) == "it is of another strategy");
  CHECK(fault([](state& s) { s.number = 0; }) == "its number is 0");
  CHECK(fault([](state& s) { s.step = 3; }) == "it has no such step");
  CHECK(fault([](state& s) { s.share = 1; }) == "its share is wrong");
  CHECK(fault([](state& s) { s.phase = static_cast<md::rollout_phase>(9); }) == "its phase is none");
  CHECK(fault([](state& s) { s.phase = md::rollout_phase::running; }) == "its share is not its step's");
  CHECK(fault([](state& s) { s.phase = md::rollout_phase::promoted; }) == "nothing has let it at all requests");
  CHECK(fault([](state& s) {
          s.phase = md::rollout_phase::promoting;
          s.promoted_by = md::rollout_cause::evidence;
        }) == "it promotes before the last step");
  CHECK(fault([](state& s) {
          s.phase = md::rollout_phase::running;
          s.step = 2;
          s.share = md::whole_share;
        }) == "its last step is not promoting");
  CHECK(fault([](state& s) {
          s.phase = md::rollout_phase::aborting;
          s.share = 60'000;
        }) == "its share is above its step's");
}
