#ifndef MILLRACE_CONNECT_REDIS_OBSERVED_HPP
#define MILLRACE_CONNECT_REDIS_OBSERVED_HPP

/// observed: a client of Redis on the metrics of observe. connect/redis.hpp leaves it out, since it needs
/// observe/metrics.
///
/// - `redis_metrics`: what a client has asked, what failed, how long it took, and how each server is

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/client.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// Shows in a metrics registry, before each snapshot, what a client has done:
///
///   redis_exchanges_total            with a server, one for all commands that go there together
///   redis_exchange_failures_total    those that failed as a whole
///   redis_commands_total             that were sent, also again
///   redis_retries_total              batches that were sent again
///   redis_redirects_total            MOVED and ASK of a cluster
///   redis_exchange_seconds           how long one took, as the mean of those since the last update
///   redis_connections_opened_total   by server
///   redis_connections_idle           by server: open ones that nobody uses
///   redis_circuit_breaker_state      by server: 0 closed, 1 half open, 2 open
///
///     auto shown = mr::connect::redis::redis_metrics::make(registry, client);
///     ...
///     if (auto done = shown->update(); !done) ...
///
/// Threads: one at a time. The registry and the client outlive it. Errors: those of `metrics_registry`.
class redis_metrics {
 public:
  static result<redis_metrics> make(observe::metrics_registry& shown, const client& of) {
    redis_metrics made(shown, of);
    struct row {
      const char* name;
      const char* help;
      observe::counter* shows;
    };
    const row rows[] = {{"redis_exchanges_total", "Exchanges with a server of Redis.", &made.exchanges_},
                        {"redis_exchange_failures_total", "Exchanges that failed as a whole.", &made.failures_},
                        {"redis_commands_total", "Commands that were sent, also again.", &made.commands_},
                        {"redis_retries_total", "Batches of commands that were sent again.", &made.retries_},
                        {"redis_redirects_total", "Commands that a cluster sent on.", &made.redirects_}};
    for (const row& each : rows) {
      const auto shows = shown.counter({each.name, each.help});
      if (!shows) return shows.error();
      *each.shows = *shows;
    }
    const auto took = shown.gauge({"redis_exchange_seconds", "How long the last exchanges took, in the mean."});
    if (!took) return took.error();
    made.took_ = *took;
    return made;
  }

  result<void> update() {
    const client_statistics now = client_->statistics();
    const std::uint64_t more = now.exchanges - last_.exchanges;
    exchanges_.add(more);
    failures_.add(now.failures - last_.failures);
    commands_.add(now.commands - last_.commands);
    retries_.add(now.retries - last_.retries);
    redirects_.add(now.redirects - last_.redirects);
    if (more > 0) took_.set(static_cast<double>(now.nanoseconds - last_.nanoseconds) / 1e9 / static_cast<double>(more));
    last_ = now;
    for (const server_state& each : client_->servers())
      if (auto done = show(each); !done) return done;
    return {};
  }

 private:
  struct server {
    std::string name;
    observe::counter opened;
    observe::gauge idle;
    observe::gauge breaker;
    std::uint64_t last_opened = 0;
  };

  redis_metrics(observe::metrics_registry& shown, const client& of) noexcept : registry_(&shown), client_(&of) {}

  result<void> show(const server_state& now) {
    auto found = find(to_string(now.at) + (now.is_replica ? " (replica)" : ""));
    if (!found) return std::move(found).error();
    server& one = **found;
    one.opened.add(now.opened - one.last_opened);
    one.last_opened = now.opened;
    one.idle.set(static_cast<double>(now.idle));
    one.breaker.set(static_cast<double>(now.breaker));
    return {};
  }
  result<server*> find(std::string name) {
    for (server& each : servers_)
      if (each.name == name) return &each;
    const observe::label_set labels{{"server", name}};
    const auto opened =
        registry_->counter({"redis_connections_opened_total", "Connections that were made to a server."}, labels);
    if (!opened) return opened.error();
    const auto idle =
        registry_->gauge({"redis_connections_idle", "Open connections to a server that nobody uses."}, labels);
    if (!idle) return idle.error();
    const auto breaker = registry_->gauge(
        {"redis_circuit_breaker_state", "Whether a server's breaker is 0 closed, 1 half open, 2 open."}, labels);
    if (!breaker) return breaker.error();
    servers_.push_back({std::move(name), *opened, *idle, *breaker, 0});
    return &servers_.back();
  }

  observe::metrics_registry* registry_;
  const client* client_;
  client_statistics last_;
  observe::counter exchanges_, failures_, commands_, retries_, redirects_;
  observe::gauge took_;
  std::vector<server> servers_;
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_OBSERVED_HPP
