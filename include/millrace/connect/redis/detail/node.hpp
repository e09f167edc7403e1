#ifndef MILLRACE_CONNECT_REDIS_DETAIL_NODE_HPP
#define MILLRACE_CONNECT_REDIS_DETAIL_NODE_HPP

#include <millrace/connect/redis/connection.hpp>
#include <millrace/connect/redis/options.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {
/// A server that a client knows, as it is now.
struct server_state {
  endpoint at;
  bool is_replica = false;
  resilience::breaker_state breaker = resilience::breaker_state::closed;
  std::uint64_t opened = 0;  // connections that were made since the client was
  std::size_t idle = 0;      // those that are open, and that nobody uses
};

namespace detail {

using held_connection = millrace::detail::owning_pointer<connection>;

/// A server: its breaker, and the connections to it that nobody uses at the moment.
class node {
 public:
  node(const endpoint& at, const client_options& options, bool is_replica)
      : at_(at), options_(&options), is_replica_(is_replica), breaker_(options.breaker) {}

  const endpoint& at() const noexcept { return at_; }
  bool is_replica() const noexcept { return is_replica_; }
  auto& breaker() noexcept { return breaker_; }
  server_state state() const {
    const resilience::breaker_state now = breaker_.state();
    const millrace::detail::lock_guard locked(mutex_);
    return {at_, is_replica_, now, opened_.load_relaxed(), idle_.size()};
  }

  /// A connection that nobody uses, or a new one. In a child that was forked the parent's are not used, nor closed.
  result<held_connection> take() {
    if (::getpid() == process_) {
      const millrace::detail::lock_guard locked(mutex_);
      while (!idle_.empty()) {
        held_connection last = std::move(idle_.back());
        idle_.pop_back();
        if (last->is_quiet()) return last;
      }
    }
    auto made = connection::open(at_, options_->server, options_->limits,
                                 is_replica_ && options_->layout == redis::layout::cluster);
    if (made) opened_.add_relaxed(1);
    return made;
  }
  void put_back(held_connection used) {
    if (::getpid() != process_) return;
    const millrace::detail::lock_guard locked(mutex_);
    if (idle_.size() < options_->idle_connections) idle_.push_back(std::move(used));
  }

 private:
  endpoint at_;
  const client_options* options_;
  bool is_replica_;
  resilience::circuit_breaker<resilience::breaker_options> breaker_;
  pid_t process_ = ::getpid();
  mutable millrace::detail::mutex mutex_;
  std::vector<held_connection> idle_;
  millrace::detail::light_atomic<std::uint64_t> opened_{0};
};

}  // namespace detail
}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_DETAIL_NODE_HPP
