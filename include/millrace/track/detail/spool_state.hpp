#ifndef MILLRACE_TRACK_DETAIL_SPOOL_STATE_HPP
#define MILLRACE_TRACK_DETAIL_SPOOL_STATE_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/track/detail/artifact_changes.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/leases.hpp>
#include <millrace/track/detail/tracker_core.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a spool knows of each run that it sends, in the tracker's storage:
//
//     spool/TARGET/runs/RUN.json      what the target has acknowledged of a run, and what is on its way there
//     spool/TARGET/claim.json         who is sending
namespace millrace {
inline namespace v0 {
namespace track {

/// The tags by which a spool finds its runs where it has sent them, and knows which batch was the last.
inline constexpr std::string_view spool_run_tag = "millrace.spool.run";
inline constexpr std::string_view spool_batch_tag = "millrace.spool.batch";

namespace detail {

/// How many points of a metric.
struct sent_points {
  std::string key;
  std::uint64_t count = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("count", self.count);
  }
};
/// A file, by what it is.
struct sent_file {
  std::string path;
  std::string content;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("path", self.path)("content", self.content);
  }
};

/// A run as the target has it, or will once the batch that is on its way has arrived.
struct sent_run {
  std::string remote;         // its id there; empty: it was not created yet
  std::uint64_t batches = 0;  // acknowledged
  std::vector<sent_points> points;
  std::uint64_t parameters = 0;  // the first so many
  std::vector<key_value> tags;
  // What the next batch adds. It is written down before the batch is sent, so that it is the same when it is sent
  // again.
  bool on_its_way = false;
  std::vector<sent_points> next_points;  // of these metrics so many in all
  std::uint64_t next_parameters = 0;     // so many in all
  std::vector<key_value> next_tags;      // these besides
  std::vector<sent_file> files;
  run_status status = run_status::running;  // as the target was told
  std::int64_t end = 0;
  bool is_gone = false;  // it was deleted there

  static constexpr std::string_view document_kind = "spooled run";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("remote", self.remote)("batches", self.batches)("points", self.points)("parameters", self.parameters);
    members("tags", self.tags)("on_its_way", self.on_its_way)("next_points", self.next_points);
    members("next_parameters", self.next_parameters)("next_tags", self.next_tags)("files", self.files);
    members("status", self.status)("end", self.end)("is_gone", self.is_gone);
  }

  std::uint64_t points_of(std::string_view key) const noexcept {
    for (const sent_points& each : points)
      if (each.key == key) return each.count;
    return 0;
  }
  /// The batch that was on its way has arrived.
  void advance() {
    ++batches;
    for (sent_points& next : next_points) {
      sent_points* known = nullptr;
      for (sent_points& each : points)
        if (each.key == next.key) known = &each;
      if (known == nullptr)
        points.push_back(std::move(next));
      else
        known->count = next.count;
    }
    parameters = next_parameters;
    for (const key_value& each : next_tags) set_value(tags, each.key, each.value);
    next_points.clear();
    next_tags.clear();
    on_its_way = false;
  }
};

/// Who is sending. Times are milliseconds since 1970.
struct spool_claim {
  std::string sender;  // of one call of `send`
  run_process process;
  std::int64_t until = 0;

  static constexpr std::string_view document_kind = "claim of a spool";
  static constexpr unsigned document_format = 2;  // as that of runs, whose process it has
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("sender", self.sender)("process", self.process)("until", self.until);
  }
};

/// What a spool keeps, for one call of `send`, which has the claim as long as it is there.
template <class Core>
class spool_state {
 public:
  spool_state(Core& core, std::string_view target, std::uint32_t claim_ms)
      : core_(&core),
        folder_(core.log.keys().root() + "spool/" + store::text_key_part(target) + '/'),
        claim_ms_(claim_ms),
        sender_(Core::entropy_id()) {}
  spool_state(const spool_state&) = delete;
  spool_state& operator=(const spool_state&) = delete;
  ~spool_state() {
    if (!claimed_) return;
    try {
      static_cast<void>(core_->storage->transact([&](auto& objects) -> result<int> {
        auto mine = check_claim(objects);
        if (mine) mine = objects.remove(claim_key());
        if (!mine) return std::move(mine).error();
        return 0;
      }));
    } catch (...) {  // it expires
    }
  }

  /// Errors: unavailable: another one is sending.
  result<void> claim() {
    return in_one([&](auto& objects) -> result<void> {
      const auto found = store::load_document<spool_claim>(objects, claim_key());
      if (!found && found.error().code() != errc::not_found) return found.error();
      if (found && found->until >= core_->now() && !is_gone(found->process, core_->here))
        return error(errc::unavailable, "process " + std::to_string(found->process.pid) + " of " +
                                            quoted_text(found->process.host) + " sends this spool already");
      return keep_claim(objects);
    });
  }
  /// Nothing, if it is not known yet.
  result<sent_run> load(std::string_view run) const {
    auto found = store::load_document<sent_run>(*core_->storage, key_of(run));
    if (!found && found.error().code() == errc::not_found) return sent_run();
    return found;
  }
  /// Errors: unavailable: another one has the claim by now, since this one was silent for too long.
  result<void> keep(std::string_view run, const sent_run& sent) {
    return in_one([&](auto& objects) -> result<void> {
      if (auto mine = check_claim(objects); !mine) return mine;
      if (auto done = keep_claim(objects); !done) return done;
      return store::keep_document(objects, key_of(run), sent);
    });
  }
  /// Removes a run that has no others within it, if all that it has was sent. False: there is more of it by now.
  result<bool> remove_whole(std::string_view run) {
    bool removed = false;
    auto done = in_one([&](auto& objects) -> result<void> {
      if (auto mine = check_claim(objects); !mine) return mine;
      const auto whole = is_whole(objects, run);
      if (!whole || !*whole) return whole ? result<void>() : result<void>(whole.error());
      if (auto gone = remove_run(objects, core_->log.keys(), run); !gone) return std::move(gone).error();
      removed = true;
      return objects.remove(key_of(run));
    });
    if (!done) return std::move(done).error();
    return removed;
  }
  /// Forgets runs that the tracker does not have any more.
  result<void> forget_removed() {
    const std::string runs = folder_ + "runs/";
    return store::for_each_object(*core_->storage, runs, [&](const store::storage_entry& each) -> result<void> {
      const std::string id = each.key.substr(runs.size(), each.key.size() - runs.size() - 5);  // without `.json`
      const auto of = experiment_of(*core_->storage, core_->log.keys(), id);
      if (of) return {};
      if (of.error().code() != errc::not_found) return of.error();
      return in_one([&](auto& objects) -> result<void> {
        if (auto mine = check_claim(objects); !mine) return mine;
        return objects.remove(each.key);
      });
    });
  }

 private:
  std::string claim_key() const { return folder_ + "claim.json"; }
  std::string key_of(std::string_view run) const { return folder_ + "runs/" + std::string(run) + ".json"; }

  template <class Use>
  result<void> in_one(Use&& use) {
    auto done = core_->storage->transact([&](auto& objects) -> result<int> {
      if (auto fine = use(objects); !fine) return std::move(fine).error();
      return 0;
    });
    if (!done) return std::move(done).error();
    return {};
  }
  template <class Objects>
  result<bool> is_whole(const Objects& objects, std::string_view run) const {
    const layout& keys = core_->log.keys();
    const auto info = load_run(objects, keys, run);
    if (!info && info.error().code() == errc::not_found) return false;
    if (!info) return info.error();
    const auto sent = store::load_document<sent_run>(objects, key_of(run));
    if (!sent) return sent.error();
    const auto metrics = load_summaries(objects, keys, run);
    if (!metrics) return metrics.error();
    const auto inner = objects.list(keys.children(run), "", 1);
    if (!inner) return inner.error();
    bool whole = inner->empty() && !sent->on_its_way && info->status == sent->status && info->end == sent->end &&
                 info->parameters.size() == sent->parameters;
    for (const metric_summary& each : metrics->metrics) whole = whole && sent->points_of(each.key) == each.count;
    return whole;
  }
  template <class Objects>
  result<void> keep_claim(Objects& objects) {
    claimed_ = true;
    return store::keep_document(objects, claim_key(), spool_claim{sender_, core_->here, core_->now() + claim_ms_});
  }
  template <class Objects>
  result<void> check_claim(const Objects& objects) const {
    const auto found = store::load_document<spool_claim>(objects, claim_key());
    if (!found && found.error().code() != errc::not_found) return found.error();
    if (found && found->sender == sender_) return {};
    return error(errc::unavailable, "another process sends this spool by now");
  }

  Core* core_;
  std::string folder_;
  std::int64_t claim_ms_;
  std::string sender_;
  bool claimed_ = false;
};

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_SPOOL_STATE_HPP
