#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_ROUTE_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_ROUTE_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// Which member of `Calls` is called for a method and a path. It writes the members of the response's object.
template <class Calls>
struct route {
  std::string_view method;
  std::string_view path;
  result<void> (Calls::*call)(const message&, json_writer&) const;
};

/// The route of a path and a method, or null. `is_there` becomes true if the path has one of any method.
template <class Calls, std::size_t Count>
const route<Calls>* find_route(const route<Calls> (&routes)[Count], std::string_view path, std::string_view method,
                               bool& is_there) noexcept {
  for (const route<Calls>& each : routes) {
    if (each.path != path) continue;
    is_there = true;
    if (each.method == method) return &each;
  }
  return nullptr;
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_ROUTE_HPP
