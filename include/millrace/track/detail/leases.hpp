#ifndef MILLRACE_TRACK_DETAIL_LEASES_HPP
#define MILLRACE_TRACK_DETAIL_LEASES_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/process.hpp>
#include <millrace/track/detail/run_changes.hpp>
#include <millrace/track/records.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Who runs a run. A tracker that runs some has a lease, which it renews all the time; a run names its tracker as the
// owner. Whoever finds the lease of a run's owner expired, or none, ends the run as killed and removes the lease, in
// one transaction. So a run whose machine is gone ends too, and no machine has to ask another one anything.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// That a tracker is alive. Times are milliseconds, since 1970 by its own clock.
struct lease {
  std::string host;  // for people
  std::int64_t renewed = 0;
  std::uint32_t lasts = 0;

  static constexpr std::string_view document_kind = "lease";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("host", self.host)("renewed", self.renewed)("lasts", self.lasts);
  }

  bool has_expired(std::int64_t now) const noexcept { return now - renewed > std::int64_t{lasts}; }
  /// Four times while it lasts, so that three renewals may fail, or clocks differ by half of it.
  bool is_due(std::int64_t now) const noexcept { return now < renewed || now - renewed >= std::int64_t{lasts} / 4; }
};

/// Keeps the lease of a tracker, `here`, so that runs can be its own. Precondition: it has an owner.
template <class Objects>
result<void> hold_lease(Objects& objects, const layout& keys, const run_process& here, std::uint32_t lasts,
                        std::int64_t now) {
  auto found = store::load_document<lease>(objects, keys.lease(here.owner));
  if (!found && found.error().code() != errc::not_found) return std::move(found).error();
  if (found && !found->is_due(now)) return {};
  return store::keep_document(objects, keys.lease(here.owner), lease{here.host, now, lasts});
}

/// Finds out which processes are alive, in one transaction.
template <class Objects>
class owners {
 public:
  owners(const Objects& objects, const layout& keys, const run_process& here, std::int64_t now) noexcept
      : objects_(&objects), keys_(&keys), here_(&here), now_(now) {}

  /// Whether a process is known to be gone: by its number, if it is one of this machine, else by its lease.
  result<bool> is_gone(const run_process& process) {
    if (process.owner.empty()) return detail::is_gone(process, *here_);
    if (process.owner == here_->owner) return false;
    if (is_visible(process, *here_)) return detail::is_gone(process, *here_);
    for (const known& each : known_)
      if (each.owner == process.owner) return each.gone;
    const auto found = store::load_document<lease>(*objects_, keys_->lease(process.owner));
    if (!found && found.error().code() != errc::not_found) return found.error();
    known_.push_back({process.owner, !found || found->has_expired(now_)});
    return known_.back().gone;
  }

 private:
  struct known {
    std::string owner;
    bool gone;
  };

  const Objects* objects_;
  const layout* keys_;
  const run_process* here_;
  std::int64_t now_;
  std::vector<known> known_;
};

/// Ends the runs whose processes are gone as killed, and returns them. They keep saying which process it was.
template <class Objects>
result<std::vector<run_info>> end_abandoned(Objects& objects, const layout& keys, const run_process& here,
                                            std::int64_t now) {
  std::vector<run_info> killed;
  owners<Objects> known(objects, keys, here, now);
  auto walked =
      store::for_each_object(objects, keys.open_runs(), [&](const store::storage_entry& each) -> result<void> {
        const auto found = load_run(objects, keys, last_part(each.key));
        if (!found) return found.error();
        const auto gone = known.is_gone(found->process);
        if (!gone) return gone.error();
        if (!*gone) return {};
        auto ended = end_run(objects, keys, found->id, run_status::killed, now, true);
        if (!ended) return std::move(ended).error();
        killed.push_back(std::move(*ended));
        return {};
      });
  if (!walked) return std::move(walked).error();
  // Leases of trackers that were not closed, whether they had runs or not.
  walked = store::for_each_object(objects, keys.leases(), [&](const store::storage_entry& each) -> result<void> {
    const auto found = store::load_document<lease>(objects, each.key);
    if (!found) return found.error();
    return found->has_expired(now) && each.key != keys.lease(here.owner) ? objects.remove(each.key) : result<void>();
  });
  if (!walked) return std::move(walked).error();
  return killed;
}

/// Refuses a run that another tracker, or process, runs.
inline result<void> check_owner(const run_info& run, const run_process& here) {
  if (run.status != run_status::running || run.process == run_process() || run.process.owner == here.owner) return {};
  return error(errc::conflict, "run " + quoted_text(run.id) + " is run by process " + std::to_string(run.process.pid) +
                                   " of " + quoted_text(run.process.host));
}

/// Lets a run go on in the process `here`, unless another one runs it: one of this machine's, or one with a lease.
template <class Objects>
result<run_info> resume_run(Objects& objects, const layout& keys, std::string_view id, const run_process& here,
                            std::int64_t now) {
  return change_run(objects, keys, id, [&](run_info& it) -> result<void> {
    const bool unknown = it.process.owner.empty() && !is_visible(it.process, here);
    if (auto fine = check_owner(it, here); !fine && !unknown) {
      const auto gone = owners<Objects>(objects, keys, here, now).is_gone(it.process);
      if (!gone) return gone.error();
      if (!*gone) return fine;
    }
    it.status = run_status::running;
    it.end = 0;
    it.process = here;
    return {};
  });
}

/// Renews the lease of `here`. Where others have taken it for gone, its runs that they ended go on: these are returned.
template <class Objects>
result<std::vector<run_info>> renew_lease(Objects& objects, const layout& keys, const run_process& here,
                                          std::uint32_t lasts, std::int64_t now, const std::vector<std::string>& runs) {
  std::vector<run_info> resumed;
  for (const std::string& id : runs) {
    auto found = load_run(objects, keys, id);
    if (!found && found.error().code() == errc::not_found) continue;  // removed
    if (!found) return std::move(found).error();
    if (found->status != run_status::killed || found->process.owner != here.owner) continue;
    if (found->stage == lifecycle::deleted) continue;
    auto going_on = resume_run(objects, keys, id, here, now);
    if (!going_on && going_on.error().code() == errc::conflict) continue;  // its experiment is deleted
    if (!going_on) return std::move(going_on).error();
    resumed.push_back(std::move(*going_on));
  }
  if (auto held = hold_lease(objects, keys, here, lasts, now); !held) return std::move(held).error();
  return resumed;
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_LEASES_HPP
