#ifndef MILLRACE_CONNECT_REDIS_OPTIONS_HPP
#define MILLRACE_CONNECT_REDIS_OPTIONS_HPP

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/connection.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/calls/retry_options.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// Which servers a client asks.
enum class layout : std::uint8_t {
  single,   // one server, which may have replicas
  cluster,  // Redis Cluster: keys are spread over nodes, which say where each is
};

struct client_options {
  /// The server that is written to; of a cluster the node that is asked first.
  address server{};
  redis::layout layout = redis::layout::single;
  /// Servers with copies of `server`, which are read from in turn; of a cluster: further nodes to ask first. They take
  /// the same user, password and database.
  std::vector<endpoint> others{};
  /// Whether a cluster's replicas are read from, in turn. A copy may be older than what a write has returned for.
  bool reads_replicas = false;
  connection_limits limits{};
  /// How often and with which pauses what failed is tried again, if its `effect` allows it.
  resilience::retry_options retry{.attempts = 4, .base = seconds(0.05), .cap = seconds(1)};
  /// When a server that fails is left alone for a while; each server has one of its own.
  resilience::breaker_options breaker{.min_calls = 10, .open_for = seconds(1), .max_open = seconds(30)};
  /// How many connections to a server are kept open that nobody uses at the moment.
  std::size_t idle_connections = 8;
  /// How often one command is sent on by redirects, and how many servers there are at most.
  std::size_t max_redirects = 8;
  std::size_t max_servers = 1024;
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_OPTIONS_HPP
