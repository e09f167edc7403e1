#ifndef MILLRACE_CONNECT_HTTP_DETAIL_CONNECTION_THREADS_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_CONNECTION_THREADS_HPP

#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/detail/worker_thread.hpp>

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// The threads of a server's connections: as many as there are connections at a time, up to a most; never fewer again.
class connection_threads final : public ::httplib::TaskQueue {
  // Of which type the library's changed.
  using enqueued = decltype(std::declval<::httplib::TaskQueue&>().enqueue(nullptr));

 public:
  /// `waiting` tells how many connections have no thread. A connection beyond `most_connections` is handled at once,
  /// by the thread that brings it, while `is_refusing` is true there.
  connection_threads(std::size_t most, std::size_t most_connections, std::atomic<std::size_t>& waiting)
      : most_(most), most_connections_(most_connections), waiting_(&waiting) {
    start();
  }
  /// Whether this thread has a connection to refuse.
  static bool& is_refusing() noexcept {
    static thread_local bool yes = false;
    return yes;
  }

  enqueued enqueue(std::function<void()> connection) override {
    std::unique_lock lock(mutex_);
    if (connections_.size() + (threads_.size() - idle_) >= most_connections_) {
      lock.unlock();
      is_refusing() = true;
      connection();
      is_refusing() = false;
      return static_cast<enqueued>(true);
    }
    connections_.push_back(std::move(connection));
    if (connections_.size() > idle_ && threads_.size() < most_) start();
    count();
    changed_.notify_one();
    return static_cast<enqueued>(true);
  }
  /// Returns when the connections that there are have ended.
  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    for (worker_thread& each : threads_) each.join();
  }
  /// What each thread does.
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !connections_.empty() || is_over_; });
      if (connections_.empty()) return;
      const std::function<void()> connection = std::move(connections_.front());
      connections_.pop_front();
      --idle_;
      count();
      lock.unlock();
      connection();
      lock.lock();
      ++idle_;
    }
  }

 private:
  /// A system that has no more threads to give leaves the connection to those that there are.
  void start() {
    threads_.emplace_back();
    if (threads_.back().start(*this) != 0)
      threads_.pop_back();
    else
      ++idle_;
  }
  void count() noexcept {
    waiting_->store(connections_.size() > idle_ ? connections_.size() - idle_ : 0, std::memory_order_relaxed);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::function<void()>> connections_;
  std::list<worker_thread> threads_;
  std::size_t most_;
  std::size_t most_connections_;
  std::size_t idle_ = 0;  // threads without a connection
  std::atomic<std::size_t>* waiting_;
  bool is_over_ = false;
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_CONNECTION_THREADS_HPP
