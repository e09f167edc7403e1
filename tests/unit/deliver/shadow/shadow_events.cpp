#include <millrace/deliver/shadow/shadow_events.hpp>

#include <millrace/deliver/shadow/shadow.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace md = millrace::deliver;
namespace mr = millrace;

namespace {

/// A watcher of one's own needs no base class: something to emit each event to.
struct notes {
  std::vector<std::string>* to;
  void emit(const md::shadow_compared& one) const {
    to->push_back(std::string(one.shadow) + ' ' + std::string(one.segment) +
                  (one.apart.agrees ? " agrees" : " differs"));
    if (one.segment == "2") throw 1;
  }
  void emit(const md::shadow_dropped& some) const {
    to->push_back(std::string("dropped ") + md::to_string(some.why) + ' ' + std::to_string(some.count));
  }
  void emit(const md::shadow_stopped& end) const {
    to->push_back("stopped after " + std::to_string(end.agreements) + " of " + std::to_string(end.comparisons));
  }
};
static_assert(md::shadow_watcher<notes> && !md::shadow_watcher<int>);

}  // namespace

TEST_CASE("shadow_events: a watcher is told of comparisons, of what was dropped, and of the end") {
  std::vector<std::string> told;
  {
    const auto stable = [](const int& r) { return r; };
    const auto candidate = [](const int& r) { return r == 1 ? 7 : r; };
    md::shadow scored{stable, candidate, notes{&told}, md::segment_by([](const int& r) { return r; }),
                      md::shadow_options{.name = "s", .capacity = 2, .threads = 0}};
    scored(1);
    scored(2);
    scored(3);
    scored.compare_waiting();
    scored(4);
    CHECK(scored.stop(mr::seconds(1)));
    CHECK(scored.stop(mr::seconds(1)));
  }
  CHECK(told == std::vector<std::string>{"s 1 differs", "s 2 agrees", "dropped full 1", "dropped abandoned 1",
                                         "stopped after 1 of 2"});
}
