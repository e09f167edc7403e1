#ifndef MILLRACE_CONNECT_DATABRICKS_WORKSPACE_HPP
#define MILLRACE_CONNECT_DATABRICKS_WORKSPACE_HPP

#include <millrace/connect/databricks/api_error.hpp>
#include <millrace/connect/databricks/credentials.hpp>
#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/version.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// How a workspace is asked again where nothing else is said: up to six times within five minutes, as Databricks' own
/// programs do, but a minute apart at most.
using default_retry = resilience::retry<resilience::attempts<6>, resilience::backoff<seconds(0.5), seconds(60)>,
                                        resilience::within<seconds(300)>>;

/// Whether a request that may have been done already may be sent again.
enum class repeatable : std::uint8_t {
  by_method,  // GET, HEAD, PUT and DELETE, as HTTP defines them
  yes,        // also a POST, which only reads
};

namespace detail {

/// How long to wait after a response that turns a request away: a second where it does not say.
inline duration told_wait(const store::http_response& response) noexcept {
  const duration told = store::retry_after(response);
  return told > duration(0) ? told : duration(1'000'000'000);
}

inline bool is_success(const store::http_response& response) noexcept {
  return response.status >= 200 && response.status < 300;
}

/// The text with another in the place of each secret in it: a server may send back what it was sent.
inline std::string without(std::string text, const std::string& secret) {
  for (std::size_t at = text.find(secret); at != text.npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "***");
  return text;
}

}  // namespace detail

/// A Databricks workspace: what its API is asked through. It is itself a transport, which adds who asks and asks again,
/// so that a client of MLflow's API that is given it has the workspace's experiments and runs.
///
///     auto who = mr::connect::databricks::credentials::from_environment();
///     auto transport = mr::connect::curl::transport::make(who->host());    // or any other store::http_transport
///     mr::connect::databricks::workspace workspace(*transport, *std::move(who));
///     mr::connect::databricks::volume files(workspace, *mr::connect::databricks::unity_name::make("main.ml.files"));
///     mr::connect::mlflow::tracking_client runs(workspace);     // experiments and runs, by MLflow's API
///
/// It was tested against a server that checks requests by the published API, and against no workspace of Databricks.
/// `Retry`: a `resilience::retry`, or a stack of wrappers with one (`mr::borrow` it to share it). A request is sent
/// again after 429, after 503 if it may be repeated or the response says when to come again, where the workspace was
/// not reached, and where the way broke off, if it may be repeated; never sooner than Retry-After says.
/// Guarantee: no error has the token in it, also where a response sends it back.
/// Threads: any number. The transport outlives it.
template <class Transport, class Retry = default_retry>
class workspace {
  static_assert(
      millrace::detail::requirement<store::http_transport<Transport>, Transport>,
      "millrace[DATABRICKS-1]: a workspace is reached by an http_transport, which has send(http_request) that "
      "returns a result<http_response>");

 public:
  workspace(Transport& transport, credentials who, Retry retry = Retry())
      : transport_(&transport), credentials_(std::move(who)), retry_(std::move(retry)) {}
  workspace(const Transport&&, credentials, Retry = Retry()) = delete;

  const std::string& host() const noexcept { return credentials_.host(); }

  /// As a transport: a response of any status is a result. Errors: those of the transport.
  result<store::http_response> send(const store::http_request& request) {
    return exchange({request.method, request.target, request.headers, request.body}, repeatable::by_method).response;
  }

  /// Sends a request, whose response is a success: the others are errors, of the code that fits (`errc_of`), which name
  /// the request. Errors: those too, and the transport's.
  result<store::http_response> perform(store::http_request request, repeatable again = repeatable::by_method) {
    const store::http_request named{request.method, request.target, {}, {}};
    exchanged made = exchange(std::move(request), again);
    if (!made.response)
      return std::move(made.response).error().wrap("cannot ask Databricks: " + named.method + ' ' + path_of(named));
    if (detail::is_success(*made.response)) return std::move(made.response);
    error failed = to_error(readable(api_error::read(*made.response)), named, made.response->status);
    if (made.attempts == 1) return failed;
    return std::move(failed).wrap("Databricks was asked " + std::to_string(made.attempts) + " times");
  }

  /// The same, and reads the JSON of the response. Errors: also corrupt.
  template <store::described T>
  result<T> ask(store::http_request request, repeatable again = repeatable::by_method) {
    const std::string called = "the response to " + request.method + ' ' + path_of(request);
    request.headers.push_back({"Accept", "application/json"});
    if (!request.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    const auto response = perform(std::move(request), again);
    if (!response) return response.error();
    return store::read_message<T>(response->body.empty() ? std::string_view("{}") : std::string_view(response->body),
                                  called);
  }

  /// A text of the workspace's without the token, should that stand in it.
  std::string readable(std::string text) const {
    return detail::without(std::move(text), credentials_.token().expose());
  }

 private:
  /// What needs no further attempt, whether it is a response or an error.
  struct final_outcome {
    result<store::http_response> made;
  };
  struct exchanged {
    result<store::http_response> response;
    std::uint32_t attempts;
  };

  static std::string path_of(const store::http_request& request) {
    return request.target.substr(0, request.target.find('?'));
  }
  api_error readable(api_error failed) const {
    failed.code = readable(std::move(failed.code));
    failed.message = readable(std::move(failed.message));
    return failed;
  }

  static bool is_idempotent(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
  }
  /// Whether the service did not do what it was asked for, because it has too much to do.
  static bool is_turned_away(const store::http_response& response, bool repeats) {
    if (response.status == 429) return true;
    if (response.status == 503) return repeats || store::find_header(response.headers, "Retry-After") != nullptr;
    return response.status >= 400 && response.status < 500 &&
           errc_of(api_error::read(response).code, 400) == errc::unavailable;  // REQUEST_LIMIT_EXCEEDED as status 400
  }

  exchanged exchange(store::http_request request, repeatable again) {
    const bool repeats = again == repeatable::yes || is_idempotent(request.method);
    if (store::find_header(request.headers, "User-Agent") == nullptr)
      request.headers.push_back({"User-Agent", "millrace/" MILLRACE_VERSION_STRING});
    std::erase_if(request.headers, [](const store::http_header& each) {
      return millrace::detail::same_but_case(each.name, "Authorization");
    });
    request.headers.push_back({"Authorization", "Bearer " + credentials_.token().expose()});
    std::uint32_t attempts = 0;
    result<store::http_response> last = store::http_response{};
    auto outcome = retry_([&]() -> resilience::throttled<final_outcome> {
      ++attempts;
      last = transport_->send(request);
      if (!last) {
        const errc code = last.error().code();
        const bool may_again = code == errc::unavailable || (repeats && (code == errc::io || code == errc::timeout));
        if (may_again) return last.error();
      } else if (is_turned_away(*last, repeats)) {
        return {error(errc::unavailable, "status " + std::to_string(last->status)), detail::told_wait(*last)};
      }
      return final_outcome{std::move(last)};
    });
    const store::secret<std::string> wiped(std::move(request.headers.back().value));
    if (outcome) return {std::move(outcome->made), attempts};
    if (attempts == 0 || !last) return {std::move(outcome).error(), attempts};
    return {std::move(last), attempts};
  }

  Transport* transport_;
  credentials credentials_;
  Retry retry_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_WORKSPACE_HPP
