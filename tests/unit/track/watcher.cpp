#include <millrace/track/watcher.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

/// A watcher of one's own: it writes down what happens, and lets no experiment be called `no`.
struct scribe {
  std::string seen{};

  template <class Operation, class Work>
  auto around(Operation& operation, const Work& work) {
    seen += '(';
    if constexpr (requires { operation.experiment_id; }) operation.name += "!";
    auto made = work(operation);
    seen += made ? ")" : "x)";
    return made;
  }
  template <class Work>
  mr::result<mt::experiment> around(mt::experiment_draft& draft, const Work& work) {
    if (draft.name == "no") return mr::error(mr::errc::vetoed, "no");
    return work(draft);
  }
  void emit(const mt::experiment_created&) { seen += 'e'; }
  void emit(const mt::run_started&) { seen += 's'; }
  void emit(const mt::run_ended& ended) { seen += to_string(ended.run.status)[0]; }
  void emit(const mt::artifact_stored& stored) { seen += stored.file.path; }
};

}  // namespace

TEST_CASE("a watcher of one's own is asked before and told after") {
  STATIC_REQUIRE(mt::tracker_watcher<scribe>);
  STATIC_REQUIRE_FALSE(mt::tracker_watcher<int>);
  ms::memory_storage storage;
  scribe watch;
  auto tracks = *mt::tracker<ms::memory_storage>::open(storage, {.watcher = watch});
  CHECK_FALSE(tracks.create_experiment("no"));
  const std::string experiment = tracks.create_experiment("yes")->id;
  {
    auto run = *tracks.start_run(experiment, {.name = "r"});
    CHECK(run.name() == "r!");
    REQUIRE(run.log_artifact("a", {}));
    CHECK_FALSE(run.log_artifact("..", {}));
    auto inner = *run.start_child();
    REQUIRE(inner.end(mt::run_status::killed));
  }
  CHECK(watch.seen == "e()s()a(x)()s()K()F");
}
