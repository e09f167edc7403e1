#ifndef MILLRACE_CONNECT_MLFLOW_CLIENT_OPTIONS_HPP
#define MILLRACE_CONNECT_MLFLOW_CLIENT_OPTIONS_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/clock.hpp>

#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {

/// Where a server has its API, behind the address that its transport knows.
struct client_options {
  /// Before the name of each call.
  std::string root = "/api/2.0/mlflow/";
  /// Before the path of each artifact.
  std::string artifacts = "/api/2.0/mlflow-artifacts/artifacts/";
  /// The time of what is logged without one.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_CLIENT_OPTIONS_HPP
