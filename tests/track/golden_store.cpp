// What trackers of each version have written, in tests/golden/track/store_<version>.txt: this one writes the newest of
// these, byte for byte, and reads them all.

#include <millrace/core/saved/envelope.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track.hpp>
#include <millrace/track/detail/leases.hpp>
#include <millrace/track/search.hpp>

#include <support/catch.hpp>
#include <support/stored_text.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

using tracker = mt::tracker<ms::memory_storage>;

constexpr int newest = 2;
std::uint64_t time_now = 0;
std::uint64_t test_time() noexcept { return time_now += 1'000'000'000U; }  // a second later each time
const mt::tracker_options fixed{.mark_killed = false, .seed = 7, .wall_clock = test_time};

std::string name_of(int version) { return "track/store_" + std::to_string(version) + ".txt"; }

/// Writes something of everything that a tracker keeps.
void write_all(ms::memory_storage& storage) {
  time_now = 1'700'000'000'000'000'000U;
  auto tracks = *tracker::open(storage, fixed);
  const std::string first =
      tracks.create_experiment("tuning", {.description = "d \"1\"", .tags = {{"team", "ds"}}})->id;
  const std::string second = tracks.create_experiment("a/b #?", {.artifact_location = "s3://bucket/x"})->id;
  REQUIRE(tracks.rename_experiment(first, "tuning v2 \xc3\xbc"));
  const std::string outer =
      tracks
          .create_run(first, {.name = "outer",
                              .user = "ada",
                              .source = "train.cpp",
                              .tags = {{"empty", ""}, {"quoted", "a \"b\"\n\\ \xe2\x82\xac"}},
                              .parameters = {{"lr", "0.1"}, {"net/depth", "3"}, {"long", std::string(300, 'x')}}})
          ->id;
  mt::run_batch batch;
  for (int i = 0; i < 1100; ++i) batch.metrics.push_back({"loss", {i, 1'700'000'000'000 + i, 1.0 / (1 + i)}});
  const double odd[] = {std::nan(""), HUGE_VAL, -HUGE_VAL, -0.0, 5e-324};
  for (int i = 0; i < 5; ++i) batch.metrics.push_back({"val acc", {-i, i, odd[i]}});
  REQUIRE(tracks.log_batch(outer, batch));
  REQUIRE(tracks.log_batch(outer, {.metrics = {{"loss", {1100, 9, 0.25}}, {"loss", {1101, 9, 0.125}}}}));
  const std::string bytes = "weights";
  REQUIRE(tracks.log_artifact(outer, "model/weights.bin", std::as_bytes(std::span(bytes)), "onnx"));
  REQUIRE(tracks.log_artifact(outer, "notes", {}));
  const std::string inner = tracks.create_run(first, {.parent = outer})->id;
  REQUIRE(tracks.log_batch(inner, {.metrics = {{"loss", {1, 2, 3}}}}));
  REQUIRE(tracks.end_run(inner, mt::run_status::failed));
  REQUIRE(tracks.delete_run(inner));
  REQUIRE(tracks.end_run(outer));
  // A run of a process elsewhere that goes on.
  auto running = *tracks.create_run(second, {.name = "elsewhere"});
  running.process = {"there", "a0b1c2", "pid:[4026531836]", 4711, 123'456, {}};
  REQUIRE(ms::keep_document(storage, "experiment_tracking/runs/" + second + "/" + running.id + ".json", running));
  REQUIRE(ms::keep_document(storage, "experiment_tracking/leases/0f0e.json",
                            mt::detail::lease{"there", 1'700'000'000'000, 60'000}));
  REQUIRE(tracks.delete_experiment(tracks.create_experiment("gone")->id));
}

/// All that a tracker says of what it has.
std::string told(const tracker& tracks) {
  std::string all;
  const auto experiments = mt::search_experiments(tracks, {.view = mt::lifecycle_view::all});
  REQUIRE(experiments);
  std::vector<std::string> ids;
  for (const mt::experiment& each : experiments->items) {
    ids.push_back(each.id);
    all += ms::write_document(each) + '\n';
    CHECK(tracks.find_experiment(each.name)->id == each.id);
  }
  const auto runs = mt::search_runs(tracks, ids, {.view = mt::lifecycle_view::all});
  REQUIRE(runs);
  for (const mt::run_record& each : runs->items) {
    all += ms::write_document(each.info) + '\n';
    all += ms::write_document(mt::metric_summaries{each.metrics}) + '\n';
    for (const mt::metric_summary& metric : each.metrics) {
      const auto points = tracks.history(each.info.id, metric.key);
      REQUIRE(points);
      CHECK(points->size() == metric.count);
      for (std::size_t i = 0; i < points->size(); i += 1024) {
        const auto part = std::span(*points).subspan(i, (std::min)(points->size() - i, std::size_t{1024}));
        for (const std::byte byte : mt::save_points(part)) all += std::to_string(std::to_integer<int>(byte)) + ' ';
      }
    }
    for (const char* folder : {"", "model"}) {
      const auto files = tracks.list_artifacts(each.info.id, folder);
      REQUIRE(files);
      for (const mt::artifact_entry& file : *files) {
        all += ms::write_document(file.file) + '\n';
        if (!file.is_folder) CHECK(tracks.read_artifact(each.info.id, file.file.path)->size() == file.file.size);
      }
    }
    const auto children = tracks.children(each.info.id);
    REQUIRE(children);
    for (const std::string& child : *children) all += "child " + child + '\n';
  }
  return all;
}

}  // namespace

TEST_CASE("tracker: what is written is the golden store, byte for byte") {
  ms::memory_storage storage;
  write_all(storage);
  const std::string written = support::text_of_objects(storage);
  const std::string expected = support::golden_text(name_of(newest));
  std::size_t same = 0;
  while (same < written.size() && same < expected.size() && written[same] == expected[same]) ++same;
  INFO("from byte " << same << " on: " << written.substr(same, 100));
  CHECK((written == expected));
}

TEST_CASE("tracker: stores of this and every earlier version are read, and gone on with") {
  ms::memory_storage today;
  write_all(today);
  const std::string expected = told(*tracker::open(today, fixed));
  CHECK(expected.size() > 10'000);
  for (int version = 1; version <= newest; ++version) {
    INFO("version " << version);
    ms::memory_storage storage;
    support::write_objects(storage, support::golden_text(name_of(version)));
    auto tracks = *tracker::open(storage, fixed);
    CHECK((told(tracks) == expected));
    const auto best = mt::search_runs(tracks, {"1"}, {.filter = "metrics.loss < 1 AND params.lr = '0.1'"});
    REQUIRE(best->items.size() == 1);
    const std::string id = best->items[0].info.id;
    auto run = *tracks.resume_run(id);
    run.log_metric("loss", {500, 1'700'000'000'500, 1.0 / 501});  // which it has, in a full chunk
    run.log_metric("loss", {1102, 9, 0.0625});
    REQUIRE(run.log_parameter("lr", "0.1"));
    REQUIRE(run.end());
    CHECK(tracks.history(id, "loss")->size() == 1103);
    CHECK(tracks.get_run(id)->metric("loss")->last.value == 0.0625);
    CHECK(tracks.create_experiment("next")->id == "4");
    REQUIRE(tracks.remove_run(id));
    REQUIRE(tracks.set_tags(mt::search_runs(tracks, {"2"})->items.at(0).info.id, {{"a", "b"}}));
  }
}

TEST_CASE("tracker: a document of a newer version is refused, by its kind, its key and its format") {
  const std::string golden = support::golden_text(name_of(newest));
  int documents = 0;
  for (std::size_t begin = 0; begin < golden.size();) {
    const std::size_t end = golden.find('\n', begin);
    const std::string line = golden.substr(begin, end - begin);
    begin = end + 1;
    const std::string key = line.substr(0, line.find('\t'));
    const std::size_t format = line.find("\t{\"format\":");
    if (format == line.npos) continue;
    INFO(key);
    ++documents;
    std::string text = line.substr(line.find('\t') + 1);
    text.replace(0, text.find(','), "{\"format\":77");
    ms::memory_storage storage;
    support::write_objects(storage, golden);
    REQUIRE(storage.write(key, std::as_bytes(std::span(text))));
    auto tracks = *tracker::open(storage, fixed);
    const auto refused = [&](const auto& outcome) {
      REQUIRE_FALSE(outcome);
      CHECK(outcome.error().code() == mr::errc::unsupported);
      CHECK(outcome.error().message().find(key) != std::string::npos);
      CHECK(outcome.error().message().find("of format 77, which a newer version wrote") != std::string::npos);
    };
    const std::string part = key.substr(key.find('/') + 1);
    const std::string name = part.substr(part.rfind('/') + 1);
    const std::string id = name.substr(0, name.find('.'));
    const auto run_of = [&](std::string_view rest) { return std::string(rest.substr(0, rest.find('/'))); };
    if (part.starts_with("experiments/")) {
      refused(tracks.get_experiment(id));
      refused(tracks.create_run(id));
      refused(mt::search_experiments(tracks, {.view = mt::lifecycle_view::all}));
    } else if (part.starts_with("counters/")) {
      refused(tracks.create_experiment("one more"));
    } else if (part.starts_with("runs/")) {
      refused(tracks.get_run(id));
      refused(tracks.set_tags(id, {{"a", "b"}}));
      refused(mt::search_runs(tracks, {"1", "2"}, {.view = mt::lifecycle_view::all}));
    } else if (part.starts_with("metrics/")) {
      const std::string run = run_of(part.substr(8));
      refused(tracks.get_run(run));
      if (tracks.restore_run(run)) refused(tracks.log_batch(run, {.metrics = {{"loss", {5000, 1, 1}}}}));
      refused(mt::search_runs(tracks, {"1"}, {.filter = "metrics.loss > 0", .view = mt::lifecycle_view::all}));
    } else if (part.starts_with("leases/")) {
      refused(tracks.mark_killed());
    } else {
      REQUIRE(part.starts_with("artifacts/"));
      const std::string run = run_of(part.substr(10));
      const std::string path = part.substr(10 + run.size() + 1);
      refused(tracks.get_artifact(run, path));
      refused(tracks.read_artifact(run, path));
    }
    CHECK((support::text_of_objects(storage).find(text) != std::string::npos));  // and nobody has overwritten it
  }
  CHECK(documents >= 10);

  // Points, whose format is in their name.
  ms::memory_storage storage;
  support::write_objects(storage, golden);
  auto tracks = *tracker::open(storage, fixed);
  const std::string id = mt::search_runs(tracks, {"1"})->items.at(0).info.id;
  mr::envelope_writer newer("metric_points<2>");
  const auto chunks = storage.list("experiment_tracking/metrics/" + id + "/points/loss/", "", 1);
  REQUIRE(chunks->size() == 1);
  REQUIRE(storage.write(chunks->front().key, std::move(newer).finish()));
  const auto read = tracks.history(id, "loss");
  REQUIRE_FALSE(read);
  CHECK(read.error().describe().find("metric_points<2>") != std::string::npos);
}
