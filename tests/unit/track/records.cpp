#include <millrace/track/records.hpp>

#include <millrace/store/document.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

TEST_CASE("a run's document says all of it") {
  mt::run_info run;
  run.id = "0123456789abcdef0123456789abcdef";
  run.experiment_id = "7";
  run.name = "trial \"1\"";
  run.status = mt::run_status::killed;
  run.stage = mt::lifecycle::deleted;
  run.start = 1'700'000'000'000;
  run.end = run.start + 1;
  run.deleted = run.end + 1;
  run.parent = "ff";
  run.user = "ada";
  run.parameters = {{"lr", "0.1"}, {"text", std::string(6000, 'x')}};
  run.tags = {{"mlflow.runName", "trial \"1\""}, {"a b/c:d", "\xc3\xa9\n"}};
  run.process = {"host", "boot", "pid:[1]", 42, 99, "tracker"};
  const std::string text = ms::write_document(run);
  CHECK(text.starts_with(R"({"format":2,"id":"0123456789abcdef0123456789abcdef","experiment_id":"7",)"));
  const auto read = ms::read_document<mt::run_info>(text, run.id);
  REQUIRE(read);
  CHECK(*read == run);
}

TEST_CASE("a point of NaN equals itself, and 0 is not -0") {
  const mt::metric_point nan{1, 2, std::nan("")};
  CHECK(nan == nan);
  CHECK_FALSE(mt::metric_point{1, 2, 0.0} == mt::metric_point{1, 2, -0.0});
  CHECK_FALSE(mt::metric_point{1, 2, 3} == mt::metric_point{2, 2, 3});
  CHECK_FALSE(mt::metric_point{1, 2, 3} == mt::metric_point{1, 3, 3});
}

TEST_CASE("a run's record finds a metric, a parameter and a tag") {
  mt::run_record record;
  record.info.parameters = {{"lr", "0.1"}};
  record.info.tags = {{"team", "ds"}};
  record.metrics.resize(1);
  record.metrics[0].key = "loss";
  CHECK(record.metric("loss") == &record.metrics[0]);
  CHECK(record.metric("acc") == nullptr);
  CHECK(*record.parameter("lr") == "0.1");
  CHECK(record.parameter("team") == nullptr);
  CHECK(*record.tag("team") == "ds");
}

TEST_CASE("each status and stage has a name of its own") {
  CHECK(to_string(mt::run_status::running) == "RUNNING");
  CHECK(to_string(mt::run_status::scheduled) == "SCHEDULED");
  CHECK(to_string(mt::run_status::finished) == "FINISHED");
  CHECK(to_string(mt::run_status::failed) == "FAILED");
  CHECK(to_string(mt::run_status::killed) == "KILLED");
  CHECK(to_string(static_cast<mt::run_status>(5)).empty());
  CHECK(to_string(mt::lifecycle::active) == "active");
  CHECK(to_string(mt::lifecycle::deleted) == "deleted");
}
