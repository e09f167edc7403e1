#ifndef MILLRACE_TESTS_SUPPORT_TIME_JUMPS_HPP
#define MILLRACE_TESTS_SUPPORT_TIME_JUMPS_HPP

// What a window by event time does with one time stamp that is ten years ahead.

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/window.hpp>
#include <millrace/core/duration.hpp>

namespace support {

namespace mr = millrace;

/// With a limit on the jump it is refused and counted, without one all that follows is late; `reset` starts anew.
template <class Window>
void check_jump_limit() {
  using aggregate = mr::aggregate<mr::count, mr::mean>;
  using limited = mr::windowed<Window, aggregate, mr::event_time<mr::seconds(5), mr::seconds(86400)>>;
  using unlimited = mr::windowed<Window, aggregate, mr::event_time<mr::seconds(5)>>;
  const auto at = [](double s) { return mr::time_point(mr::seconds(s).nanoseconds); };
  constexpr double ten_years = 10 * 365 * 86400.0;
  unlimited lost;
  limited kept;
  for (const double t : {1.0, 2.0, ten_years, 3.0, 4.0}) {
    lost.update(t, at(t));
    kept.update(t, at(t));
  }
  CHECK(lost.late() == 2);
  CHECK(lost.refused() == 0);
  CHECK(kept.late() == 0);
  CHECK(kept.refused() == 1);
  const auto without = [&] {
    limited made;
    for (const double t : {1.0, 2.0, 3.0, 4.0}) made.update(t, at(t));
    return made;
  }();
  CHECK(kept.save().size() == without.save().size() + 8);
  auto loaded = limited::load(kept.save());
  REQUIRE(loaded);
  CHECK(loaded->refused() == 1);
  CHECK(loaded->save() == kept.save());
  CHECK(unlimited::load(kept.save()).has_value());  // the limit is no part of the saved form
  CHECK(limited::load(without.save())->refused() == 0);
  limited both = without;
  REQUIRE(both.merge(kept).has_value());
  CHECK(both.refused() == 1);
  CHECK_FALSE(kept.empty());
  kept.advance(at(ten_years));  // over the silence
  CHECK(kept.empty());
  kept.update(1, at(ten_years + 1));
  CHECK(kept.refused() == 1);
  CHECK_FALSE(kept.empty());
  lost.reset();
  CHECK(lost.late() == 0);
  CHECK(lost.empty());
  lost.update(1, at(3));
  CHECK(lost.late() == 0);
  CHECK_FALSE(lost.empty());
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_TIME_JUMPS_HPP
