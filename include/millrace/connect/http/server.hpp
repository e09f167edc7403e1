#ifndef MILLRACE_CONNECT_HTTP_SERVER_HPP
#define MILLRACE_CONNECT_HTTP_SERVER_HPP

#include <millrace/connect/http/detail/listener.hpp>
#include <millrace/connect/http/fwd.hpp>
#include <millrace/connect/http/options.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/http.hpp>

#include <poll.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {

/// Listens, and calls a handler with each request: on threads of its own, from `listen` to `stop`.
///
///     mr::connect::mlflow::server api(tracker);
///     auto hosted = mr::connect::http::server::listen(api, {.port = 5000});
///     ...
///     hosted->stop();
///
/// A program that lets the public ask one handler and those who run it another has a server for each.
/// Guarantee: a request that was taken gets its response also while the server stops. A handler that throws is status
/// 500, without a word of what it threw; a body of several parts (`multipart/form-data`) is refused with 415. A
/// response that is a stream is sent by one thread for all of them, until its source or the server ends it. Memory is
/// bounded: by the bounds of `server_options` on connections, heads and bodies, and times by those on idle, slow and
/// endless requests. Threads: `stop` from any. The handler outlives the server. Errors: io: the address cannot be
/// listened at, or no thread be started; invalid_argument, invalid_data: of TLS' files.
class server {
 public:
  template <store::http_handler Handler>
  static result<server> listen(const Handler& handler, const server_options& options = {}) {
    return open(
        &handler,
        [](const void* of, const store::http_request& request) {
          return static_cast<const Handler*>(of)->handle(request);
        },
        options);
  }
  template <store::http_handler Handler>
  static result<server> listen(const Handler&& handler, const server_options& options = {}) {
    static_cast<void>(sizeof(store::temporary_handler<Handler>));
    return listen(handler, options);
  }
  server(server&&) noexcept = default;
  server& operator=(server&& other) noexcept {
    stop();
    self_ = std::move(other.self_);
    return *this;
  }
  ~server() { stop(); }

  std::uint16_t port() const noexcept { return self_->port; }
  /// How many responses are streams at the moment.
  std::size_t streams() const { return self_->http.streams().count(); }

  /// Takes no more connections, ends streams, and returns when requests that were taken have their responses. Again:
  /// does nothing.
  void stop() noexcept {
    if (!self_ || !self_->thread.running()) return;
    self_->http.begin_stop();
    self_->thread.join();
    self_->http.end_streams();
  }

 private:
  using call = detail::listener::call;
  struct state {
    state(const void* handler, call handle, const server_options& options) : http(handler, handle, options) {}
    detail::listener http;
    std::uint16_t port = 0;
    millrace::detail::worker_thread thread;
    std::atomic<bool> ended = false;

    void run() noexcept {
      http.listen_after_bind();
      ended = true;
    }
  };

  explicit server(millrace::detail::owning_pointer<state> made) noexcept : self_(std::move(made)) {}

  static result<server> open(const void* handler, call handle, const server_options& options) {
    auto made = millrace::detail::make_owning<state>(handler, handle, options);
    state& self = *made;
    if (auto ready = self.http.prepare(); !ready) return std::move(ready).error();
    const std::string place = options.address + ':' + std::to_string(options.port);
    const int port = options.port == 0 ? self.http.bind_to_any_port(options.address)
                     : self.http.bind_to_port(options.address, options.port) ? options.port
                                                                             : -1;
    if (port <= 0) return error(errc::io, "cannot listen at " + place + ": the address is in use, or none of ours");
    self.port = static_cast<std::uint16_t>(port);
    self.http.lengthen_queue();
    if (const int failed = self.thread.start(self); failed != 0)
      return store::system_error(failed, "start the thread that listens at", place);
    while (!self.http.is_running() && !self.ended) ::poll(nullptr, 0, 1);  // a stop before would not be seen
    if (self.ended) {
      self.thread.join();
      return error(errc::io, "cannot listen at " + place);
    }
    return server(std::move(made));
  }

  millrace::detail::owning_pointer<state> self_;
};

}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_SERVER_HPP
