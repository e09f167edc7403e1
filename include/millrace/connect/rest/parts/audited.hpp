#ifndef MILLRACE_CONNECT_REST_PARTS_AUDITED_HPP
#define MILLRACE_CONNECT_REST_PARTS_AUDITED_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/watching.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/store/record_ring.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {
/// Whether any number of threads may append to a trail.
template <class Trail>
inline constexpr bool is_shared_trail = true;
template <class... Policies>
inline constexpr bool is_shared_trail<observe::audit_trail<Policies...>> =
    (std::is_same_v<Policies, store::shared> || ...);
}  // namespace detail

/// Tells an audit trail of requests that change something, and of those whose caller had no right: who, what, the
/// status and the request's id, which the response has too. A watcher of an `api`.
///
///     auto trail = mr::observe::audit_trail<mr::store::shared>::open("audit");
///     mr::connect::rest::api service(std::move(options), ..., mr::connect::rest::audited(*trail));
///
/// The kinds are `api.request`, and `access_denied` with severity `warning`. The trail outlives it.
template <class Trail>
class audited {
  static_assert(millrace::detail::requirement<detail::is_shared_trail<Trail>, Trail>,
                "millrace[REST-4]: requests are handled by many threads, so their trail is one that many append to: "
                "audit_trail<store::shared>");

 public:
  explicit audited(Trail& trail) noexcept : trail_(&trail) {}

  void handled(const handled_request& told) const {
    const bool is_denied = told.status == 401 || told.status == 403;
    if (!is_denied && (told.about == nullptr || !told.about->is_audited)) return;
    const std::string_view target(told.request.target);
    const std::string object = told.request.method + ' ' + std::string(target.substr(0, target.find('?')));
    std::string status;
    millrace::detail::append_number(status, told.status);
    const observe::audit_field fields[] = {{"request_id", told.id}, {"status", status}};
    observe::audit_event event;
    event.kind = is_denied ? observe::audit_kinds::access_denied : observe::audit_name("api.request");
    event.severity = is_denied ? observe::audit_severity::warning : observe::audit_severity::info;
    event.actor = told.user.empty() ? std::string_view("anonymous") : told.user;
    event.object = object;
    event.fields = fields;
    static_cast<void>(trail_->append(event));
  }

 private:
  Trail* trail_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_AUDITED_HPP
