#ifndef MILLRACE_DELIVER_OBSERVED_WEBHOOK_HPP
#define MILLRACE_DELIVER_OBSERVED_WEBHOOK_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/rollout/change.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// At most so many bytes of a text in UTF-8, up to the end of a character.
inline std::string beginning(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80) --most;
  text.resize(most);
  return text;
}

}  // namespace detail

/// A change as one JSON object, with its evidence.
template <class = void>
std::string to_json(const rollout_changed& it) {
  std::string text;
  json_writer out(text);
  out.begin_object().member("release", it.release).member("rollout", it.state.number);
  out.member("phase", to_string(it.state.phase)).member("before", to_string(it.before));
  out.member("strategy", it.state.strategy).member("step", it.state.step + 1);
  out.member("share", it.state.share / double{whole_share}).member("cause", to_string(it.state.cause));
  out.member("actor", it.state.actor).member("reason", it.state.reason).member("at", it.state.at);
  out.member("summary", it.summary()).key("evidence").raw(to_json(it.evidence)).end_object();
  return text;
}

/// A change as a message for a channel of Slack.
/// Source: Slack's documentation, "Sending messages using incoming webhooks", and "Formatting text for app surfaces" of
/// the three characters that are escaped.
template <class = void>
std::string slack_message(const rollout_changed& it) {
  std::string escaped;
  for (const char each : it.summary() + "\n" + it.evidence.summary()) {
    if (each == '&')
      escaped += "&amp;";
    else if (each == '<')
      escaped += "&lt;";
    else if (each == '>')
      escaped += "&gt;";
    else
      escaped += each;
  }
  std::string text;
  json_writer(text).begin_object().member("text", escaped).end_object();
  return text;
}

/// A rollback as an event for PagerDuty that triggers an alert, or a promotion as one that resolves it. The key is the
/// release's, so that an event that comes twice is one alert, and the next promotion ends it.
/// Source: PagerDuty's documentation, "Events API v2: Send an Alert Event"; a summary has at most 1,024 characters, a
/// key 255.
template <class = void>
std::string pagerduty_event(const rollout_changed& it, std::string_view routing_key) {
  const bool is_promotion = it.state.phase == rollout_phase::promoted;
  std::string text;
  json_writer out(text);
  out.begin_object().member("routing_key", routing_key).member("event_action", is_promotion ? "resolve" : "trigger");
  out.member("dedup_key", detail::beginning("release/" + it.release, 255)).key("payload").begin_object();
  out.member("summary", detail::beginning(it.summary(), 1024)).member("source", it.release);
  out.member("severity", is_promotion ? "info" : "critical").member("component", it.release);
  out.member("class", "rollout").key("custom_details").raw(to_json(it)).end_object().end_object();
  return text;
}

enum class webhook_format : std::uint8_t { json, slack, pagerduty };

/// Where a webhook sends what.
struct webhook_options {
  webhook_format format = webhook_format::json;
  /// The path of the address, such as `/services/T000/B000/XXXX` or `/v2/enqueue`.
  std::string target = "/";
  /// PagerDuty's key of the integration.
  std::string routing_key = {};
  /// Rollbacks alone, or every change; to PagerDuty rollbacks and promotions.
  bool is_of_all = false;
};

namespace detail {

/// Makes a call once.
struct called_once {
  template <class F>
  auto operator()(const F& f) const {
    return f();
  }
};

}  // namespace detail

/// To be notified: sends changes over an HTTP transport, which knows the host.
///
///     mr::deliver::notified{mr::deliver::webhook{transport, {.format = webhook_format::slack, .target =
///     "/services/..."}}}
///
/// A third argument wraps each sending, such as a `resilience::retry`: it sees a status from 300 on as an error, 429
/// and 503 as `unavailable`, with what `Retry-After` asks for. A retry may send a change twice where the connection
/// broke behind the first; PagerDuty makes one alert of both.
///
///     mr::deliver::webhook{transport, {.target = "/changes"}, mr::resilience::retry<>()}
///
/// Requests have followed the change before it is sent. The thread that decides waits for as long as the transport's
/// limits and the wrapper's attempts let it; no request waits, and no other thread's decision.
/// Threads: as the transport, which outlives it, and the wrapper. Errors: those of the transport and the wrapper; what
/// a status from 300 on means.
template <store::http_transport Transport, class Calls = detail::called_once>
class webhook {
 public:
  webhook(Transport& transport, webhook_options options, Calls calls = Calls())
      : transport_(&transport), options_(std::move(options)), calls_(std::move(calls)) {}

  template <class = void>
  result<void> operator()(const rollout_changed& it) const {
    const bool is_of_interest = it.state.phase == rollout_phase::rolled_back ||
                                (options_.is_of_all && options_.format != webhook_format::pagerduty) ||
                                (options_.is_of_all && it.state.phase == rollout_phase::promoted);
    if (!is_of_interest) return {};
    const store::http_request request{.method = "POST",
                                      .target = options_.target,
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = body_of(it)};
    return calls_([&] { return post(request, it); });
  }

 private:
  template <class = void>
  resilience::throttled<void> post(const store::http_request& request, const rollout_changed& it) const {
    auto response = transport_->send(request);
    if (!response) return {std::move(response).error(), duration(0)};
    if (response->status >= 200 && response->status < 300) return result<void>();
    return {
        error(store::errc_of_status(response->status), "the webhook of the release " + detail::quoted_text(it.release) +
                                                           " returned " + std::to_string(response->status)),
        store::retry_after(*response)};
  }
  template <class = void>
  std::string body_of(const rollout_changed& it) const {
    switch (options_.format) {
      case webhook_format::slack: return slack_message(it);
      case webhook_format::pagerduty: return pagerduty_event(it, options_.routing_key);
      case webhook_format::json: break;
    }
    return to_json(it);
  }

  Transport* transport_;
  webhook_options options_;
  mutable Calls calls_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OBSERVED_WEBHOOK_HPP
