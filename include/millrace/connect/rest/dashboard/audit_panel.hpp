#ifndef MILLRACE_CONNECT_REST_DASHBOARD_AUDIT_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_AUDIT_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_query.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/trail_queries.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The panel of an audit trail: how many records it has, whether its disk takes them, and the last events, newest
/// first.
///
/// Events are read from the trail's files, from the segment that has them, and only if there are new ones. Values of
/// fields are not shown, since they may be personal data. The trail outlives it.
template <class Trail>
class audit_panel {
 public:
  explicit audit_panel(const Trail& trail, std::size_t events = 20) : trail_(&trail), most_(events) {}
  explicit audit_panel(const Trail&&, std::size_t = 20) { static_cast<void>(sizeof(temporary_object<Trail>)); }

  std::string_view title() const noexcept { return "Audit trail"; }
  duration period() const noexcept { return duration(2'000'000'000); }
  result<void> show(panel_writer& to) {
    const std::uint64_t size = trail_->head().root.size;
    const auto status = trail_->status();
    to.state("Writing", status ? std::string("works") : status.error().describe(),
             status ? panel_level::good : panel_level::bad);
    to.figure("Records", static_cast<double>(size));
    if (size != read_) {
      observe::audit_query query;
      for (std::uint64_t i = size > most_ ? size - most_ : 0; i < size; ++i) query.indexes.push_back(i);
      query.newest_first = true;
      auto found = observe::query_trail(trail_->path(), std::move(query));
      if (!found) return std::move(found).error();
      events_ = *std::move(found);
      read_ = size;
    }
    to.table("Last events, newest first", {"Time (UTC)", "Kind", "Severity", "Actor", "Object", "Reason"});
    for (const observe::audit_entry& each : events_)
      to.row({to_iso8601(each.unix_nanoseconds).substr(0, 19), each.kind, to_string(each.severity),
              each.actor.erased ? std::string_view("(erased)") : std::string_view(each.actor.text), each.object,
              each.reason});
    return {};
  }

 private:
  const Trail* trail_;
  std::size_t most_;
  std::uint64_t read_ = 0;
  std::vector<observe::audit_entry> events_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_AUDIT_PANEL_HPP
