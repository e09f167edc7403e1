#include <millrace/train/schedule.hpp>
#include <support/catch.hpp>

#include <support/settings.hpp>
#include <support/train_reference.hpp>

namespace mr = millrace;

namespace {
template <class Schedule>
void agrees(const Schedule& schedule, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto step = static_cast<std::uint64_t>(reference::schedule_steps[i]);
    CAPTURE(step);
    CHECK(schedule(step) == Approx(expected[i]).epsilon(1e-12));
  }
}
}  // namespace

TEST_CASE("schedules have the rates of their formulas") {
  agrees(mr::train::constant_rate{0.25}, std::vector<double>(8, 0.25));
  agrees(mr::train::step_decay{0.1, 100, 0.5}, reference::step_decay);
  agrees(mr::train::exponential_decay{0.1, 0.99}, reference::exponential_decay);
  agrees(mr::train::cosine_decay{0.1, 250, 0.01}, reference::cosine_decay);
}

TEST_CASE("a warm-up climbs in a straight line, never at 0, to where its schedule begins") {
  const mr::train::warm_up rate{4, mr::train::exponential_decay{0.5, 0.9}};
  CHECK(rate(0) == Approx(0.1));
  CHECK(rate(1) == Approx(0.2));
  CHECK(rate(3) == Approx(0.4));
  CHECK(rate(4) == Approx(0.5));
  CHECK(rate(5) == Approx(0.45));
  CHECK(mr::train::warm_up<>{0}(0) == 1e-3);
}

TEST_CASE("a cosine ends exactly at its minimum and stays there") {
  const mr::train::cosine_decay rate{0.1, 10, 0.001};
  CHECK(rate(0) == 0.1);
  CHECK(rate(10) == 0.001);
  CHECK(rate(~std::uint64_t{0}) == 0.001);
}

TEST_CASE("schedules say how they are set, a warm-up with what follows it") {
  using namespace mr::train;
  CHECK(support::settings_of(constant_rate{0.25}) == "learning_rate=0.25 ");
  CHECK(support::settings_of(step_decay{0.25, 10, 0.5}) == "learning_rate=0.25 decay_every=10 decay_factor=0.5 ");
  CHECK(support::settings_of(exponential_decay{0.25, 0.5}) == "learning_rate=0.25 decay_factor=0.5 ");
  CHECK(support::settings_of(cosine_decay{0.25, 10, 0.125}) == "learning_rate=0.25 decay_steps=10 minimal_rate=0.125 ");
  CHECK(support::settings_of(warm_up{7, step_decay{0.25, 10, 0.5}}) ==
        "warm_up_steps=7 learning_rate=0.25 decay_every=10 decay_factor=0.5 ");
  const auto silent = [](std::uint64_t) noexcept { return 0.5; };  // a schedule of one's own need not say anything
  CHECK(support::settings_of(warm_up{7, silent}) == "warm_up_steps=7 ");
}
