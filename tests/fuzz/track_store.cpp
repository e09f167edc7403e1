// Any bytes are a chunk of points, or a document, that writes to the same, or an error. A tracker's storage of which
// any one object is any bytes is read, searched, gone on with, sent elsewhere and cleared without a fault; what cannot
// be read is an error.
#include <millrace/store/document.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track.hpp>
#include <millrace/track/detail/leases.hpp>
#include <millrace/track/detail/run_row.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/spool.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;
using tracker = mt::tracker<ms::memory_storage>;

void require_that(bool holds) {
  if (!holds) std::abort();
}

std::uint64_t now() noexcept { return 1'700'000'000'000'000'000U; }
mt::tracker_options options(std::uint64_t seed) {
  mt::tracker_options made;
  made.seed = seed;
  made.wall_clock = now;
  return made;
}

void points(std::span<const std::byte> bytes) {
  const auto read = mt::load_points(bytes);
  if (!read) return;
  const auto written = mt::save_points(*read);
  require_that(written.size() == bytes.size() && std::equal(written.begin(), written.end(), bytes.begin()));
}

template <class T>
void document(std::string_view text) {
  const auto read = ms::read_document<T>(text, "fuzz");
  if (!read) return;
  const std::string written = ms::write_document(*read);
  const auto again = ms::read_document<T>(written, "fuzz");
  require_that(again && ms::write_document(*again) == written);
}

/// One metric is found in a document that a tracker wrote as reading all of it finds it.
void summaries(std::string_view text) {
  const auto read = ms::read_document<mt::metric_summaries>(text, "fuzz");
  if (!read) return;
  const std::string written = ms::write_document(*read);
  for (const mt::metric_summary& each : read->metrics) {
    if (mt::detail::fault_of_name(each.key) != nullptr) return;  // no tracker writes it
    for (const mt::metric_summary& other : read->metrics)
      if (&other != &each && other.key == each.key) return;
  }
  for (const mt::metric_summary& each : read->metrics) {
    mt::metric_summary found;
    bool other_format = false;
    const auto has = mt::detail::find_summary(written, each.key, found, other_format);
    require_that(has && *has && !other_format);
    require_that(ms::write_document(mt::metric_summaries{{found}}) == ms::write_document(mt::metric_summaries{{each}}));
  }
}

struct object {
  std::string key;
  std::vector<std::byte> bytes;
};
/// Something of everything that a tracker keeps.
std::vector<object> small_store() {
  ms::memory_storage storage;
  {
    auto tracks = *tracker::open(storage, options(7));
    const std::string experiment = tracks.create_experiment("e", {.tags = {{"a", "b"}}})->id;
    const std::string id = tracks.create_run(experiment, {.parameters = {{"lr", "0.1"}}})->id;
    mt::run_batch batch;
    for (int i = 0; i < 1030; ++i) batch.metrics.push_back({"m", {i, i, std::sqrt(i)}});
    for (int i = 0; i < 5; ++i) batch.metrics.push_back({"n/o p", {-i, 5 * i, i == 2 ? std::nan("") : i}});
    static_cast<void>(tracks.log_batch(id, batch));
    static_cast<void>(tracks.log_artifact(id, "a/b", std::as_bytes(std::span("xyz", 3)), "text"));
    static_cast<void>(tracks.create_run(experiment, {.parent = id}));
    auto run = *tracks.create_run(experiment);
    run.process = {"there", "b", "s", 7, 8, "0f"};
    static_cast<void>(
        ms::keep_document(storage, "experiment_tracking/runs/" + experiment + "/" + run.id + ".json", run));
    static_cast<void>(
        ms::keep_document(storage, "experiment_tracking/leases/0f.json", mt::detail::lease{"there", 1, 60'000}));
    static_cast<void>(tracks.end_run(id));
    ms::memory_storage remote;
    auto to = *tracker::open(remote, options(9));
    static_cast<void>(mt::spool(tracks).send(to));
  }
  std::vector<object> all;
  static_cast<void>(ms::for_each_object(
      storage, "", [&](const ms::storage_entry& each) { all.push_back({each.key, *storage.read(each.key)}); }));
  return all;
}

void use_all(ms::memory_storage& storage) {
  auto opened = tracker::open(storage, options(11));
  if (!opened) {
    mt::tracker_options calm = options(11);
    calm.mark_killed = false;
    opened = tracker::open(storage, calm);
  }
  if (!opened) return;
  tracker& tracks = *opened;
  std::vector<std::string> experiments = {"1"};
  if (const auto found = mt::search_experiments(tracks, {.view = mt::lifecycle_view::all}))
    for (const mt::experiment& each : found->items) experiments.push_back(each.id);
  for (const char* filter : {"", "metrics.m > 3 AND params.lr = '0.1'", "min.`n/o p` < 0"})
    static_cast<void>(mt::search_runs(tracks, experiments,
                                      {.filter = filter, .order_by = {"metrics.m"}, .view = mt::lifecycle_view::all}));
  std::vector<std::string> ids;
  static_cast<void>(
      ms::for_each_object(std::as_const(storage), "experiment_tracking/runs/1/", [&](const ms::storage_entry& each) {
        const std::size_t slash = each.key.rfind('/');
        ids.push_back(each.key.substr(slash + 1, each.key.size() - slash - 6));
      }));
  for (const std::string& id : ids) {
    const auto record = tracks.get_run(id);
    for (const char* key : {"m", "n/o p"})
      if (const auto points = tracks.history(id, key, 3, 2000); points && record && record->metric(key) != nullptr)
        require_that(points->size() <= 2000);
    static_cast<void>(tracks.children(id));
    if (const auto files = tracks.list_artifacts(id, "a"))
      for (const auto& each : *files) static_cast<void>(tracks.read_artifact(id, each.file.path));
    if (auto run = tracks.resume_run(id)) {
      run->log_metric("m", {7, 7, 1});
      run->log_metric("n/o p", {1, 1, 1});
      static_cast<void>(run->flush());
      static_cast<void>(run->end());
    }
    static_cast<void>(tracks.log_batch(id, {.metrics = {{"m", {5000, 1, 1}}}, .tags = {{"x", "y"}}}));
  }
  ms::memory_storage remote;
  auto to = *tracker::open(remote, options(13));
  static_cast<void>(mt::spool(tracks, {.remove_sent = true}).send(to));
  for (const std::string& id : ids) {
    static_cast<void>(tracks.delete_run(id));
    static_cast<void>(tracks.remove_run(id));
  }
  static_cast<void>(tracks.remove_older({.days = 0, .unused_for = 0}));
  static_cast<void>(tracks.delete_experiment("1"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<object> all = small_store();
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  points(bytes);
  document<mt::experiment>(text);
  document<mt::run_info>(text);
  document<mt::artifact>(text);
  document<mt::detail::lease>(text);
  document<mt::detail::sent_run>(text);
  document<mt::detail::spool_claim>(text);
  summaries(text);
  if (size < 2 || data[1] % 8 != 0) return 0;  // the rest takes a thousand times as long
  // One object is other bytes: all of them, or some in the middle.
  const object& chosen = all[data[0] % all.size()];
  std::vector<std::byte> damaged(bytes.begin() + 2, bytes.end());
  if (data[1] < 200 && !chosen.bytes.empty()) {
    damaged = chosen.bytes;
    const std::size_t at = chosen.bytes.size() * data[1] / 200;
    for (std::size_t i = 2; i < size && at + i - 2 < damaged.size(); ++i) damaged[at + i - 2] = bytes[i];
  }
  ms::memory_storage storage;
  for (const object& each : all) static_cast<void>(storage.write(each.key, &each == &chosen ? damaged : each.bytes));
  use_all(storage);
  return 0;
}
