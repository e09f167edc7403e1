#ifndef MILLRACE_CONNECT_REDIS_DETAIL_NODE_HPP
#define MILLRACE_CONNECT_REDIS_DETAIL_NODE_HPP

#include <millrace/connect/redis/connection.hpp>
#include <millrace/connect/redis/options.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>

#include <unistd.h>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {
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
    return connection::open(at_, options_->server, options_->limits,
                            is_replica_ && options_->layout == redis::layout::cluster);
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
  millrace::detail::mutex mutex_;
  std::vector<held_connection> idle_;
};

}  // namespace detail
}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_DETAIL_NODE_HPP
