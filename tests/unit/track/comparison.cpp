#include <millrace/track/comparison.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

std::uint64_t test_time() noexcept { return 1'700'000'000'000'000'000U; }

struct compared {
  ms::memory_storage storage{};
  mt::tracker<ms::memory_storage> tracks =
      *mt::tracker<ms::memory_storage>::open(storage, {.seed = 1, .wall_clock = test_time});
  std::vector<std::string> ids{};

  compared() {
    const std::string experiment = tracks.create_experiment("e")->id;
    ids.push_back(tracks.create_run(experiment, {.name = "first", .parameters = {{"lr", "0.1"}, {"net", "a"}}})->id);
    ids.push_back(
        tracks.create_run(experiment, {.name = "second <script>", .parameters = {{"lr", "=1+2"}, {"net", "a"}}})->id);
    mt::run_batch batch;
    for (std::int64_t i = 0; i < 2000; ++i)
      batch.metrics.push_back({"loss", {i, 0, i == 1000 ? std::nan("") : 1.0 / static_cast<double>(i + 1)}});
    REQUIRE(tracks.log_batch(ids[0], batch));
    REQUIRE(tracks.log_batch(ids[1], {.metrics = {{"loss", {0, 0, 0.25}}, {"acc", {0, 0, HUGE_VAL}}}}));
  }
};

}  // namespace

TEST_CASE("runs are compared as a table") {
  compared made;
  const auto table = mt::comparison::make(made.tracks, made.ids);
  REQUIRE(table);
  CHECK(table->metrics() == std::vector<std::string>{"acc", "loss"});
  CHECK(table->parameters() == std::vector<std::string>{"lr", "net"});
  CHECK(table->differs("lr"));
  CHECK_FALSE(table->differs("net"));
  CHECK(table->report() ==
        "run      first                             second <script>\n"
        "id       " +
            made.ids[0] + "  " + made.ids[1] +
            "\n"
            "status   RUNNING                           RUNNING\n"
            "start    2023-11-14T22:13:20Z              2023-11-14T22:13:20Z\n"
            "seconds\n"
            "acc                                        Infinity\n"
            "loss     5e-04                             0.25\n"
            "* lr     0.1                               =1+2\n"
            "net      a                                 a\n");
  CHECK_FALSE(mt::comparison::make(made.tracks, {"00"}));
}

TEST_CASE("a comparison is CSV, JSON and a page with pictures, whatever users call things") {
  compared made;
  const auto table = *mt::comparison::make(made.tracks, made.ids);
  const std::string csv = to_csv(table);
  CHECK(csv.starts_with("run,first,second <script>\r\n"));
  CHECK(csv.find("lr,0.1,\"'=1+2\"\r\n") != std::string::npos);
  const std::string json = to_json(table);
  CHECK(mr::is_json_object(json));
  CHECK(json.find(R"("acc":{"last":"Infinity","min":"Infinity","max":"Infinity","mean":"NaN","count":1,"step":0})") !=
        std::string::npos);
  const std::string page = to_html(table);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("second &lt;script&gt;") != std::string::npos);
  std::size_t pictures = 0;
  for (std::size_t at = page.find("<svg"); at != page.npos; at = page.find("<svg", at + 1)) ++pictures;
  CHECK(pictures == 2);
  CHECK(page.find("nan") == std::string::npos);
  CHECK(page.size() < 30'000);  // curves are thinned
  REQUIRE(table.curves(1).size() == 2);
  CHECK(table.curves(1)[0].points.size() == mt::comparison::max_curve);
  CHECK(table.curves(1)[0].points.front().step == 0);
  CHECK(table.curves(1)[0].points.back().step == 1999);
}

TEST_CASE("cells that are long, or have line ends, stay in their place") {
  mt::run_record run;
  run.info.name = std::string(60, 'x');
  run.info.parameters = {{"p", "a\nb"}};
  std::string e;
  for (int i = 0; i < 50; ++i) e += "\xc3\xa9";
  run.info.parameters.push_back({"q", e});
  const std::string report = mt::comparison({run}).report();
  CHECK(report.find(std::string(37, 'x') + "...\n") != std::string::npos);
  CHECK(report.find("p        a b\n") != std::string::npos);
  CHECK(report.find("\xc3\xa9...\n") != std::string::npos);
  CHECK(mt::comparison(std::vector<mt::run_record>()).report() == "run\nid\nstatus\nstart\nseconds\n");
}
