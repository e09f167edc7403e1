#include <millrace/observe/events/hooks.hpp>

#include <support/catch.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

struct promote {
  using outcome = int;
  std::string model;
  double accuracy = 0;
};
struct archive {
  std::string model;
};
using both = mo::hooks<promote, archive>;

}  // namespace

TEST_CASE("hooks run by priority and then in the order in which they were added, and may change the operation") {
  both hooks;
  std::string order;
  const auto first = hooks.before<promote>("first", [&](promote& asked) { order += "1", asked.model += "-a"; });
  const auto second = hooks.before<promote>("second", [&](promote& asked) { order += "2", asked.model += "-b"; });
  const auto urgent = hooks.before<promote>("urgent", [&](promote&) { order += "u"; }, 5);
  const auto idle = hooks.before<promote>("idle", [&](promote&) { order += "i"; }, -5);
  const auto alike = hooks.before<promote>("alike", [&](promote&) { order += "v"; }, 5);
  const auto done = hooks.after<promote>("done", [&](const promote& asked, const mr::result<int>& outcome) {
    order += "(" + asked.model + "=" + std::to_string(*outcome) + ")";
  });
  promote asked{"fraud", 0.9};
  const mr::result<int> version = hooks.run(asked, [&](const promote& operation) {
    order += "*";
    return static_cast<int>(operation.model.size());
  });
  REQUIRE(version);
  CHECK(*version == 9);
  CHECK(asked.model == "fraud-a-b");
  CHECK(order == "uv12i*(fraud-a-b=9)");
  const auto told = hooks.statistics<promote>();
  CHECK(told.runs == 1);
  CHECK(told.before == 5);
  CHECK(told.after == 1);
  CHECK(hooks.statistics<archive>().runs == 0);
}

TEST_CASE("a veto, by an error or an exception, names its hook, keeps the operation from running and is its outcome") {
  both hooks;
  int later = 0;
  std::string seen;
  const auto floor = hooks.before<promote>("accuracy floor", [](promote& asked) -> mr::result<void> {
    if (asked.accuracy < 0.5) return mr::error(mr::errc::invalid_argument, "accuracy below 0.5");
    return {};
  });
  const auto next = hooks.before<promote>("next", [&](promote& asked) {
    ++later;
    if (asked.model.empty()) throw std::invalid_argument("no name");
  });
  const auto done = hooks.after<promote>("done", [&](const promote&, const mr::result<int>& outcome) {
    seen = outcome ? "fine" : outcome.error().describe();
  });
  int ran = 0;
  const auto work = [&](const promote&) { return ++ran; };
  const auto low = hooks.run(promote{"fraud", 0.4}, work);
  REQUIRE(!low);
  CHECK(low.error().code() == mr::errc::vetoed);
  CHECK(low.error().describe() == "hook \"accuracy floor\" vetoes promote: accuracy below 0.5");
  CHECK(low.error().cause()->code() == mr::errc::invalid_argument);
  CHECK(seen == low.error().describe());
  CHECK(later == 0);
  const auto nameless = hooks.run(promote{"", 0.9}, work);
  REQUIRE(!nameless);
  CHECK(nameless.error().code() == mr::errc::vetoed);
  CHECK(nameless.error().describe() == "hook \"next\" vetoes promote: \"next\" of promote threw: no name");
  CHECK(ran == 0);
  CHECK(hooks.run(promote{"fraud", 0.9}, work));
  CHECK(ran == 1);
  CHECK(seen == "fine");
  const auto told = hooks.statistics<promote>();
  CHECK(told.runs == 3);
  CHECK(told.vetoes == 2);
  CHECK(told.failed_runs == 0);
}

TEST_CASE("what an operation throws or returns as an error is its outcome; one that makes nothing is a result<void>") {
  both hooks;
  std::vector<std::string> seen;
  const auto done = hooks.after<archive>("done", [&](const archive& of, const mr::result<void>& outcome) {
    seen.push_back(of.model + ": " + (outcome ? "fine" : outcome.error().message()));
  });
  const auto threw = hooks.run(archive{"a"}, [](archive&) { throw std::runtime_error("disk"); });
  static_assert(std::is_same_v<decltype(threw), const mr::result<void>>);
  REQUIRE(!threw);
  CHECK(threw.error().code() == mr::errc::event_threw);
  const auto failed =
      hooks.run(archive{"b"}, [](archive&) -> mr::result<void> { return mr::error(mr::errc::io, "no such device"); });
  REQUIRE(!failed);
  CHECK(failed.error().code() == mr::errc::io);
  CHECK(hooks.run(archive{"c"}, [](archive&) {}));
  CHECK(seen == std::vector<std::string>{"a: archive threw: disk", "b: no such device", "c: fine"});
  CHECK(hooks.statistics<archive>().failed_runs == 2);
}

TEST_CASE("a hook after an operation that fails changes nothing, is counted and told of") {
  both hooks;
  std::vector<std::string> told;
  int last = 0;
  const auto watch = hooks.on_failure("watch", [&](const mo::hook_failed& f) {
    told.push_back(std::string(f.operation) + "/" + std::string(f.hook) + "/" + f.why->message());
    throw 1;
  });
  const auto mail = hooks.after<promote>("mail", [](const promote&, const mr::result<int>&) -> mr::result<void> {
    return mr::error(mr::errc::unavailable, "no server");
  });
  const auto other = hooks.after<promote>("other", [&](const promote&, const mr::result<int>&) { ++last; });
  const auto version = hooks.run(promote{"fraud", 1}, [](promote&) { return 3; });
  REQUIRE(version);
  CHECK(*version == 3);
  CHECK(last == 1);
  CHECK(told == std::vector<std::string>{"promote/mail/no server"});
  CHECK(hooks.statistics<promote>().failures == 1);
  CHECK(mail.failures() == 1);
}

TEST_CASE("a hook may remove itself and add others; hooks that call themselves end in an error") {
  both hooks;
  int calls = 0;
  mo::subscription self;
  self = hooks.before<archive>("self", [&](archive&) {
    ++calls;
    self.unsubscribe();
  });
  const auto work = [](archive&) {};
  CHECK(hooks.run(archive{}, work));
  CHECK(hooks.run(archive{}, work));
  CHECK(calls == 1);
  CHECK(hooks.statistics<archive>().before == 0);
  int depth = 0;
  const auto again = hooks.before<archive>("again", [&](archive& of) -> mr::result<void> {
    ++depth;
    return hooks.run(of, [](archive&) {});
  });
  const auto endless = hooks.run(archive{}, work);
  REQUIRE(!endless);
  CHECK(depth == 16);
  const mr::error* root = &endless.error();
  while (root->cause() != nullptr) root = root->cause();
  CHECK(root->message() == "hooks of archive nest too deep");
}

TEST_CASE("operations run in several threads while hooks come and go") {
  both hooks;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto mine = hooks.before<promote>("mine", [](promote& asked) { asked.accuracy += 1; });
        const auto made = hooks.run(promote{"m", 0}, [](const promote& asked) { return asked.accuracy >= 1 ? 1 : 0; });
        if (!made || *made != 1) std::abort();
      }
    });
  for (std::thread& one : threads) one.join();
  CHECK(hooks.statistics<promote>().runs == 800);
  CHECK(hooks.statistics<promote>().before == 0);
}
