#ifndef MILLRACE_TRACK_SPOOL_HPP
#define MILLRACE_TRACK_SPOOL_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/detail/run_metrics.hpp>
#include <millrace/track/detail/spool_state.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/tracker.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

namespace detail {

template <class T>
concept has_search_inside = requires(T& target, const std::vector<std::string>& ids, const search_options& options) {
  target.search_runs(ids, options);
};
template <class T>
concept has_search_beside = requires(T& target, const std::vector<std::string>& ids, const search_options& options) {
  search_runs(target, ids, options);
};
template <class T>
requires(has_search_inside<T> || has_search_beside<T>)
auto search_target(T& target, const std::vector<std::string>& ids, const search_options& options) {
  if constexpr (has_search_inside<T>)
    return target.search_runs(ids, options);
  else
    return search_runs(target, ids, options);
}

/// A remote place may not know types of files.
template <class T>
concept takes_types = requires(T& target, std::string_view text, std::span<const std::byte> bytes) {
  target.log_artifact(text, text, bytes, text);
};
template <class T>
concept takes_files = requires(T& target, std::string_view text, std::span<const std::byte> bytes) {
  target.log_artifact(text, text, bytes);
};
template <class T>
requires(takes_types<T> || takes_files<T>)
auto send_file(T& target, std::string_view id, std::string_view path, std::span<const std::byte> bytes,
               std::string_view type) {
  if constexpr (takes_types<T>)
    return target.log_artifact(id, path, bytes, type);
  else
    return target.log_artifact(id, path, bytes);
}

}  // namespace detail

/// Where runs of a spool can go: a tracker, or a client of a remote one. It has `find_experiment(name)`,
/// `create_experiment(name)`, `create_run(experiment_id, options)`, `log_batch(id, batch)`, `end_run(id, status, end)`
/// and `log_artifact(id, path, bytes)` as `tracker` has them, and `search_runs` beside it or as a member.
/// Laws: `log_batch` is logged whole or not at all, or its points are there once however often they come, of the same
/// step, time and value; a tag that a batch sets is seen when it has been logged, and not before its points are.
template <class T>
concept run_target =
    requires(T& target, std::string_view text, const run_options& options, const run_batch& batch,
             std::span<const std::byte> bytes, const std::vector<std::string>& ids, const search_options& asked) {
      target.find_experiment(text)->id;
      target.create_experiment(text)->id;
      target.create_run(text, options)->id;
      target.log_batch(text, batch).error();
      target.end_run(text, run_status::finished, std::int64_t{}).error();
      detail::send_file(target, text, text, bytes, text).error();
      detail::search_target(target, ids, asked)->items[0].info.tags;
    };

/// What a spool sends, and where to.
struct spool_options {
  /// What the target is called: a tracker may have spools to several ones.
  std::string target = "remote";
  /// Whether files of runs are sent as well.
  bool artifacts = true;
  /// Whether a run is removed from the tracker, with its files, once it has ended and all of it was sent; one with
  /// children, when these are gone.
  bool remove_sent = false;
  /// How many points a batch has at most: with parameters and tags MLflow takes 1,000.
  std::size_t batch_points = 800;
  /// For how many milliseconds a sender that is silent keeps others from sending.
  std::uint32_t claim_ms = 60'000;
};

/// What a call of `spool::send` has done.
struct spool_report {
  std::uint64_t runs = 0;       // that were created there
  std::uint64_t points = 0;     // that were acknowledged
  std::uint64_t artifacts = 0;  // likewise
  std::uint64_t removed = 0;    // runs that were sent and are gone from the tracker
  std::uint64_t refused = 0;    // runs of which the target refuses something
  result<void> status;          // why, for the first of them
};

/// Sends the runs of a tracker to another place as often as that can be reached: programs track into a storage of their
/// own, whether the remote one is there or not, and what it lacks is sent later.
///
///     auto storage = mr::store::sqlite_storage<>::open("spool.db");
///     auto tracker = mr::track::tracker<mr::store::sqlite_storage<>>::open(*storage);
///     auto run = tracker->start_run(...);                 // as if there were no remote place
///     mr::track::spool spool(*tracker);
///     auto sent = spool.send(remote);                     // now and then: what is new since the last time
///
/// Experiments are found there by their names, and made where they are missing. A run has the tag `millrace.spool.run`,
/// its id here. A run that was deleted there is not sent again; one that was deleted here is not sent.
///
/// Guarantee: each run is created once, and each point, parameter, tag and file is there once, whenever the sender, the
/// connection or the target fails: what a batch has is written down before it is sent, with its number, which the batch
/// itself sets as a tag; whoever does not know whether it has arrived asks for the tag. Points of a metric arrive in
/// their order. Tags that were removed here stay there; a parent is
/// that of the run's start.
/// Complexity: a call reads all runs of the tracker, and each point that it sends once. Allocates: a batch, a file.
/// Threads: any number, and processes; one sends at a time. The tracker outlives it.
/// Errors: of the target and the storage, where what was acknowledged stays so; unavailable: another one is sending; an
/// error of one run alone (names, values, what is not there) is told by the report, and the others are sent.
template <class Storage, class Contents = Storage>
class spool {
 public:
  explicit spool(tracker<Storage, Contents>& from, spool_options options = {})
      : from_(&from), options_(std::move(options)) {
    if (options_.batch_points == 0) options_.batch_points = 1;
  }

  template <class Target>
  result<spool_report> send(Target& to);

 private:
  using core = detail::tracker_core<Storage, Contents>;
  using state = detail::spool_state<core>;

  /// One call.
  template <class Target>
  class sender;

  tracker<Storage, Contents>* from_;
  spool_options options_;
};

template <class Storage, class Contents>
template <class Target>
class spool<Storage, Contents>::sender {
  static_assert(millrace::detail::requirement<run_target<Target>, Target>,
                "millrace[TRACK-2]: a spool sends to what has the functions of run_target (track/spool.hpp): a tracker "
                "has them, and a client of a remote one");

 public:
  sender(tracker<Storage, Contents>& from, const spool_options& options, Target& to)
      : from_(&from),
        options_(&options),
        to_(&to),
        state_(detail::tracker_access::core(from), options.target, options.claim_ms) {}

  result<spool_report> run() {
    if (auto done = state_.claim(); !done) return std::move(done).error();
    search_options every;
    every.order_by = {"start_time ASC"};
    std::vector<std::string> ids;
    auto experiments = store::for_each_object(
        *shared().storage, shared().log.keys().experiments(), [&](const store::storage_entry& each) -> result<void> {
          auto read = store::load_document<experiment>(*shared().storage, each.key);
          if (!read) return std::move(read).error();
          if (read->stage == lifecycle::active) here_.push_back({std::move(*read), {}});
          return {};
        });
    if (!experiments) return std::move(experiments).error();
    for (known_experiment& each : here_) {
      every.page_token.clear();
      do {  // a page is of one moment, and what was removed meanwhile is passed over
        auto page = search_runs(*from_, {each.here.id}, every);
        if (!page) return std::move(page).error();
        for (const run_record& run : page->items)
          if (auto done = send_one(each, run); !done) return std::move(done).error();
        every.page_token = page->next_page_token;
      } while (!every.page_token.empty());
    }
    if (options_->remove_sent)
      if (auto done = remove_sent(); !done) return std::move(done).error();
    if (auto done = state_.forget_removed(); !done) return std::move(done).error();
    return std::move(report_);
  }

 private:
  struct known_experiment {
    experiment here;
    std::string remote;  // its id there, once it is known
  };

  core& shared() const noexcept { return detail::tracker_access::core(*from_); }

  result<void> send_one(known_experiment& in, const run_record& run) {
    auto done = send(in, run);
    if (done || !detail::is_of_data(done.error().code())) return done;
    ++report_.refused;
    if (report_.status)
      report_.status = std::move(done).error().wrap("run " + detail::quoted_text(run.info.id) + " cannot be sent");
    return {};
  }
  result<void> send(known_experiment& in, const run_record& run) {
    auto sent = state_.load(run.info.id);
    if (!sent) return std::move(sent).error();
    if (sent->is_gone) return {};
    if (sent->remote.empty() || sent->on_its_way)
      if (auto done = settle(in, run, *sent); !done || sent->is_gone) return done;
    for (;;) {
      run_batch batch;
      if (!sent->on_its_way) {
        plan(run, *sent);
        if (!sent->on_its_way) break;
        if (auto done = state_.keep(run.info.id, *sent); !done) return done;
      }
      if (auto done = fill(run, *sent, batch); !done) return done;
      if (auto done = to_->log_batch(sent->remote, batch); !done) return std::move(done).error();
      report_.points += batch.metrics.size();
      sent->advance();
      if (auto done = state_.keep(run.info.id, *sent); !done) return done;
    }
    if (options_->artifacts)
      if (auto done = send_files(run, *sent); !done) return done;
    return send_end(run, *sent);
  }

  // ---- finding out what has arrived

  /// Finds the run there, or creates it, and whether the batch that was on its way has arrived.
  result<void> settle(known_experiment& in, const run_record& run, detail::sent_run& sent) {
    if (auto done = find(in); !done) return done;
    search_options asked;
    asked.filter = "tags.`" + std::string(spool_run_tag) + "` = '" + run.info.id + '\'';
    asked.view = lifecycle_view::all;
    asked.max_results = 1;
    asked.grammar = store::search_grammar::mlflow;
    const auto page = detail::search_target(*to_, {in.remote}, asked);
    if (!page) return page.error();
    if (page->items.empty() && !sent.remote.empty()) {
      sent.is_gone = true;
      return state_.keep(run.info.id, sent);
    }
    if (page->items.empty()) {
      creating_.push_back(run.info.id);
      const auto made = create(in, run);
      creating_.pop_back();
      if (!made) return made.error();
      sent.remote = *made;
      ++report_.runs;
      return state_.keep(run.info.id, sent);
    }
    const auto& there = page->items[0].info;
    sent.remote = there.id;
    sent.is_gone = there.stage == lifecycle::deleted;
    if (sent.on_its_way) {
      const std::string* const last = detail::value_of(there.tags, spool_batch_tag);
      const std::string number = last == nullptr ? "0" : *last;
      if (number == std::to_string(sent.batches + 1))
        sent.advance();
      else if (number != std::to_string(sent.batches))
        return error(errc::conflict, "batch " + number + " of it has arrived, and " + std::to_string(sent.batches) +
                                         " are known here: another spool sends it");
    }
    return state_.keep(run.info.id, sent);
  }
  result<void> find(known_experiment& in) {
    if (!in.remote.empty()) return {};
    auto found = to_->find_experiment(in.here.name);
    if (!found && found.error().code() == errc::not_found) {
      const auto made = to_->create_experiment(in.here.name);
      if (made) {
        in.remote = made->id;
        return {};
      }
      if (made.error().code() != errc::already_exists) return made.error();
      found = to_->find_experiment(in.here.name);  // somebody else has made it meanwhile
    }
    if (!found) return std::move(found).error();
    in.remote = found->id;
    return {};
  }
  result<std::string> create(const known_experiment& in, const run_record& run) {
    run_options options;
    options.name = run.info.name;
    options.user = run.info.user;
    options.start = run.info.start;
    options.tags = {{std::string(spool_run_tag), run.info.id}};
    if (!run.info.parent.empty()) {
      auto parent = remote_of(run.info.parent);
      if (!parent) return parent;
      options.parent = *std::move(parent);
    }
    const auto made = to_->create_run(in.remote, options);
    if (!made) return made.error();
    return std::string(made->id);
  }

  /// The id there of a run that others are within, which is created there if it was not; empty: it is not sent.
  result<std::string> remote_of(const std::string& id) {
    auto sent = state_.load(id);
    if (!sent) return std::move(sent).error();
    if (sent->is_gone || !sent->remote.empty()) return sent->is_gone ? std::string() : sent->remote;
    const auto run = from_->get_run(id);
    if (!run && run.error().code() != errc::not_found) return run.error();
    if (!run || run->info.stage == lifecycle::deleted || creating_.size() >= most_nested) return std::string();
    for (const std::string& each : creating_)
      if (each == id) return std::string();  // tags may say anything, also that runs are within each other
    for (known_experiment& each : here_)
      if (each.here.id == run->info.experiment_id) {
        if (auto done = settle(each, *run, *sent); !done) return std::move(done).error();
        return sent->is_gone ? std::string() : sent->remote;
      }
    return std::string();
  }

  static constexpr std::size_t most_nested = 64;  // runs within runs, of which none is there yet

  // ---- batches

  static constexpr std::size_t most_texts = 90;  // of a kind in a batch, of which MLflow takes 100

  /// What the next batch adds, if there is anything.
  void plan(const run_record& run, detail::sent_run& sent) const {
    std::uint64_t room = options_->batch_points;
    for (const metric_summary& each : run.metrics) {
      const std::uint64_t known = sent.points_of(each.key);
      if (room == 0 || each.count <= known) continue;
      const std::uint64_t more = each.count - known < room ? each.count - known : room;
      sent.next_points.push_back({each.key, known + more});
      room -= more;
    }
    const std::uint64_t all = run.info.parameters.size();
    sent.next_parameters = all - sent.parameters < most_texts ? all : sent.parameters + most_texts;
    for (const key_value& each : run.info.tags) {
      const std::string* const known = detail::value_of(sent.tags, each.key);
      if (each.key == parent_run_tag || each.key == spool_run_tag || each.key == spool_batch_tag) continue;
      if (known != nullptr && *known == each.value) continue;
      if (sent.next_tags.size() < most_texts) sent.next_tags.push_back(each);
    }
    sent.on_its_way = !sent.next_points.empty() || !sent.next_tags.empty() || sent.next_parameters != sent.parameters;
  }
  result<void> fill(const run_record& run, const detail::sent_run& sent, run_batch& batch) const {
    for (const detail::sent_points& next : sent.next_points) {
      const std::uint64_t first = sent.points_of(next.key);
      const auto points = from_->history(run.info.id, next.key, first, static_cast<std::size_t>(next.count - first));
      if (!points) return points.error();
      for (const metric_point& each : *points) batch.metrics.push_back({next.key, each});
    }
    for (std::uint64_t i = sent.parameters; i < sent.next_parameters; ++i)
      batch.parameters.push_back(run.info.parameters[static_cast<std::size_t>(i)]);
    batch.tags = sent.next_tags;
    batch.tags.push_back({std::string(spool_batch_tag), std::to_string(sent.batches + 1)});
    return {};
  }

  // ---- files and the end

  result<void> send_files(const run_record& run, detail::sent_run& sent) {
    const std::string root = shared().log.keys().artifacts(run.info.id);
    return store::for_each_object(*shared().storage, root, [&](const store::storage_entry& each) -> result<void> {
      const auto file = store::load_document<artifact>(*shared().storage, each.key);
      if (!file) return file.error();
      detail::sent_file* known = nullptr;
      for (detail::sent_file& one : sent.files)
        if (one.path == file->path) known = &one;
      if (known != nullptr && known->content == file->content) return {};
      const auto bytes = from_->read_artifact(run.info.id, file->path);
      if (!bytes) return bytes.error();
      if (auto done = detail::send_file(*to_, sent.remote, file->path, *bytes, file->type); !done)
        return std::move(done).error();
      ++report_.artifacts;
      if (known == nullptr) known = &sent.files.emplace_back();
      *known = {file->path, file->content};
      return state_.keep(run.info.id, sent);
    });
  }
  result<void> send_end(const run_record& run, detail::sent_run& sent) {
    const bool open = run.info.status == run_status::running || run.info.status == run_status::scheduled;
    if (!open && (sent.status != run.info.status || sent.end != run.info.end)) {
      if (auto done = to_->end_run(sent.remote, run.info.status, run.info.end); !done) return std::move(done).error();
      sent.status = run.info.status;
      sent.end = run.info.end;
      if (auto done = state_.keep(run.info.id, sent); !done) return done;
    }
    if (!open) sent_whole_.push_back(run.info.id);
    return {};
  }
  /// The last ones first: these are within the others.
  result<void> remove_sent() {
    for (std::size_t i = sent_whole_.size(); i-- > 0;) {
      const auto gone = state_.remove_whole(sent_whole_[i]);
      if (!gone) return gone.error();
      report_.removed += *gone;
    }
    return {};
  }

  tracker<Storage, Contents>* from_;
  const spool_options* options_;
  Target* to_;
  state state_;
  std::vector<known_experiment> here_;
  std::vector<std::string> creating_;  // runs, each within the next one
  std::vector<std::string> sent_whole_;
  spool_report report_;
};

template <class Storage, class Contents>
template <class Target>
result<spool_report> spool<Storage, Contents>::send(Target& to) {
  return sender<Target>(*from_, options_, to).run();
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_SPOOL_HPP
