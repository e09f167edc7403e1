#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_REFUSAL_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_REFUSAL_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// An error of MLflow's: what it is called, and the status of HTTP that goes with it.
struct refusal {
  const char* code;
  int status;
};

/// Source: mlflow/exceptions.py, ERROR_CODE_TO_HTTP_STATUS.
constexpr refusal refusal_of(errc code) noexcept {
  switch (code) {
    case errc::not_found: return {"RESOURCE_DOES_NOT_EXIST", 404};
    case errc::already_exists: return {"RESOURCE_ALREADY_EXISTS", 400};
    case errc::invalid_argument:
    case errc::out_of_range:
    case errc::conflict:
    case errc::invalid_data: return {"INVALID_PARAMETER_VALUE", 400};
    case errc::permission_denied: return {"PERMISSION_DENIED", 403};
    case errc::timeout:
    case errc::unavailable: return {"TEMPORARILY_UNAVAILABLE", 503};
    case errc::unsupported: return {"NOT_IMPLEMENTED", 501};
    default: return {"INTERNAL_ERROR", 500};
  }
}

inline store::http_response refuse(refusal what, std::string_view why) {
  store::http_response made;
  made.status = what.status;
  made.headers.push_back({"Content-Type", "application/json"});
  json_writer(made.body).begin_object().member("error_code", what.code).member("message", why).end_object();
  return made;
}
inline store::http_response refuse(const error& failed) { return refuse(refusal_of(failed.code()), failed.message()); }

/// The result with another code, where MLflow calls an error by another name than the library does.
template <class T>
result<T> recoded(result<T> made, errc from, errc to) {
  if (made || made.error().code() != from) return made;
  return error(to, std::string(made.error().message()));
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_REFUSAL_HPP
