#include <millrace/observe/events/watched.hpp>

#include <millrace/observe/events/event_emitter.hpp>

#include <support/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

struct order {
  using outcome = int;
  int pieces = 0;
};
struct sold {
  int pieces = 0;
};
struct looked_at {};  // which no emitter is told
struct counted {
  mutable int sold_pieces = 0;
  mutable int looks = 0;
  void update(const sold& event) const noexcept { sold_pieces += event.pieces; }
  void update(const looked_at&) const noexcept { ++looks; }
};
using watch = mo::watched<mo::hooks<order>, mo::event_emitter<sold>, counted>;

mr::result<int> sell(const watch& by, order asked) {
  auto made = by.around(asked, [](const order& what) -> mr::result<int> {
    if (what.pieces > 5) return mr::error(mr::errc::out_of_range, "only five are left");
    return 10 * what.pieces;
  });
  if (made) by.emit(sold{*made / 10});
  return made;
}

}  // namespace

TEST_CASE("nothing watches, and the work is done") { CHECK(*sell({}, {2}) == 20); }

TEST_CASE("hooks change and veto, and events and metrics tell of what was done alone") {
  mo::hooks<order> hooks;
  mo::event_emitter<sold> events;
  const counted metrics{};
  const watch by{.hooks = &hooks, .events = &events, .metrics = &metrics};
  const auto doubled = hooks.before<order>("double", [](order& asked) { asked.pieces *= 2; });
  const auto few = hooks.before<order>("not nothing", [](order& asked) -> mr::result<void> {
    if (asked.pieces == 0) return mr::error(mr::errc::invalid_argument, "nothing is ordered");
    return {};
  });
  std::vector<int> seen;
  const auto told = events.subscribe<sold>("tell", [&](const sold& event) { seen.push_back(event.pieces); });
  CHECK(*sell(by, {2}) == 40);
  CHECK(sell(by, {0}).error().code() == mr::errc::vetoed);
  CHECK(sell(by, {3}).error().code() == mr::errc::out_of_range);
  CHECK(seen == std::vector<int>{4});
  CHECK(metrics.sold_pieces == 4);
  by.emit(looked_at{});
  CHECK(metrics.looks == 1);
}
