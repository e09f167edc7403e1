#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_REMOTE_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_REMOTE_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/store/http.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// What an error of MLflow's is called here; `otherwise`: if it has a name that is not known.
/// Source: mlflow/protos/databricks.proto, ErrorCode.
constexpr errc errc_of(std::string_view code, errc otherwise) noexcept {
  constexpr struct {
    std::string_view name;
    errc code;
  } known[] = {
      {"RESOURCE_DOES_NOT_EXIST", errc::not_found},
      {"NOT_FOUND", errc::not_found},
      {"RESOURCE_ALREADY_EXISTS", errc::already_exists},
      {"ALREADY_EXISTS", errc::already_exists},
      {"INVALID_PARAMETER_VALUE", errc::invalid_argument},
      {"BAD_REQUEST", errc::invalid_argument},
      {"MALFORMED_REQUEST", errc::invalid_argument},
      {"PERMISSION_DENIED", errc::permission_denied},
      {"UNAUTHENTICATED", errc::permission_denied},
      {"CUSTOMER_UNAUTHORIZED", errc::permission_denied},
      {"INVALID_STATE", errc::conflict},
      {"RESOURCE_CONFLICT", errc::conflict},
      {"ABORTED", errc::conflict},
      {"TEMPORARILY_UNAVAILABLE", errc::unavailable},
      {"REQUEST_LIMIT_EXCEEDED", errc::unavailable},
      {"RESOURCE_EXHAUSTED", errc::unavailable},
      {"DEADLINE_EXCEEDED", errc::timeout},
      {"NOT_IMPLEMENTED", errc::unsupported},
      {"ENDPOINT_NOT_FOUND", errc::unsupported},
      {"FEATURE_DISABLED", errc::unsupported},
      {"INTERNAL_ERROR", errc::io},
  };
  for (const auto& each : known)
    if (each.name == code) return each.code;
  return otherwise;
}

/// Whether a text can be the name of an error: what a server sends that is none is not repeated.
constexpr bool is_error_code(std::string_view text) noexcept {
  for (const char each : text)
    if (!((each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') || each == '_')) return false;
  return !text.empty() && text.size() <= 64;
}

/// The error that a response is, with the server's `error_code` and message.
inline error error_of(std::string_view call, const store::http_response& response) {
  const errc otherwise = store::errc_of_status(response.status);
  std::string what(call);
  what += ": ";
  const auto said = message::from_json(response.body);
  const std::string_view code = said ? said->spelled("error_code") : std::string_view();
  if (!is_error_code(code)) return error(otherwise, what + "status " + std::to_string(response.status));
  (what += code) += ": ";
  return error(errc_of(code, otherwise), what + quoted_text(said->spelled("message")));
}

/// Whether a request may be sent again by a client that does not know what became of it.
enum class sending : bool { once, again };

/// A server that is asked by MLflow's messages.
template <class Transport, class Retry>
class remote {
  static_assert(millrace::detail::requirement<store::http_transport<Transport>, Transport>,
                "millrace[MLFLOW-3]: a client needs a transport (store/http.hpp), whose send(const http_request&) "
                "returns a result<http_response>: curl::transport and store::handler_transport are some");

 public:
  remote(Transport& transport, std::string root, Retry retry)
      : transport_(&transport), root_(std::move(root)), retry_(std::move(retry)) {}

  /// Returns what `use(message)` makes of the response.
  template <class T, class Use>
  result<T> get(std::string_view call, std::vector<store::http_parameter> query, const Use& use) const {
    store::http_target target{root_, std::move(query)};
    target.path += call;
    return read<T>(call, ask(call, {"GET", target.text()}, sending::again), use);
  }
  /// `write(json_writer&)` writes the members of the body.
  template <class T, class Write, class Use>
  result<T> send(const char* method, std::string_view call, sending how, const Write& write, const Use& use) const {
    store::http_request request{method, root_, {{"Content-Type", "application/json"}}};
    request.target += call;
    json_writer out(request.body);
    out.begin_object();
    write(out);
    out.end_object();
    return read<T>(call, ask(call, request, how), use);
  }
  /// The same for a response of which nothing is wanted.
  template <class Write>
  result<void> send(const char* method, std::string_view call, sending how, const Write& write) const {
    return send<void>(method, call, how, write, [](const message&) { return result<void>(); });
  }
  /// A response as it is, if its status says that what was asked for is done.
  result<store::http_response> ask(std::string_view call, const store::http_request& request, sending how) const {
    const auto once = [&]() -> resilience::throttled<store::http_response> {
      auto response = transport_->send(request);
      if (response && (response->status < 200 || response->status >= 300))
        return {error_of(call, *response), store::retry_after(*response)};
      return response;
    };
    return how == sending::again ? retry_(once) : once();
  }

 private:
  template <class T, class Use>
  static result<T> read(std::string_view call, const result<store::http_response>& response, const Use& use) {
    if (!response) return response.error();
    const auto in = response->body.empty() ? result<message>(message()) : message::from_json(response->body);
    if (!in) return not_understood(call, in.error());
    auto made = use(*in);
    if (!made && made.error().code() == errc::invalid_argument) return not_understood(call, made.error());
    return made;
  }
  static error not_understood(std::string_view call, const error& why) {
    return error(errc::invalid_data, std::string(call) + ": the response is none of MLflow's", why);
  }

  Transport* transport_;
  std::string root_;
  mutable Retry retry_;  // which any number of threads call
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_REMOTE_HPP
