#ifndef MILLRACE_CONNECT_HTTP_HPP
#define MILLRACE_CONNECT_HTTP_HPP

/// connect/http: a server of HTTP by cpp-httplib, for whatever handles requests (store/http.hpp), and what asks one.
///
/// - `server`: listens, and calls a handler with each request
/// - `transport`: carries requests to a server over plain HTTP
///
/// Needs cpp-httplib: connect/http.hpp is in the component `millrace::http`.

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/secret.hpp>

#include <httplib.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {

struct server_options {
  /// The address to listen at. This one is reached from the same machine alone.
  std::string address = "127.0.0.1";
  /// 0: any that is free, which `port()` tells.
  std::uint16_t port = 0;
  /// How many connections are served at a time. Each has a thread while it is open, which is made when it is needed.
  /// Beyond that many others wait, and while they do each response is the last one of its connection.
  std::size_t threads = 256;
  /// The most bytes of a request's body, also after decompression; a longer one gets status 413.
  std::size_t max_body = std::size_t{256} << 20;
  /// The most bytes of a request's path, without its query; a longer one gets status 414.
  std::size_t max_path = 2000;
  /// How long a connection is kept that asks for nothing. `stop` waits as long for those that are open.
  std::uint32_t idle_seconds = 5;
  /// How long a client may take between two pieces of a request, or of a response.
  std::uint32_t io_seconds = 30;
};

namespace detail {

/// The threads of a server's connections: as many as there are connections at a time, up to a most; never fewer again.
class connection_threads final : public ::httplib::TaskQueue {
  // Of which type the library's changed.
  using enqueued = decltype(std::declval<::httplib::TaskQueue&>().enqueue(nullptr));

 public:
  /// `waiting` tells how many connections have no thread.
  connection_threads(std::size_t most, std::atomic<std::size_t>& waiting) : most_(most), waiting_(&waiting) { start(); }

  enqueued enqueue(std::function<void()> connection) override {
    const std::lock_guard lock(mutex_);
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
    for (millrace::detail::worker_thread& each : threads_) each.join();
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
  std::list<millrace::detail::worker_thread> threads_;
  std::size_t most_;
  std::size_t idle_ = 0;  // threads without a connection
  std::atomic<std::size_t>* waiting_;
  bool is_over_ = false;
};

/// Whether there is no telling where a request's body ends, and so where the next one begins.
/// Source: RFC 9112, sections 6.1 and 6.3.
inline bool has_no_clear_end(const ::httplib::Request& request) {
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  const std::size_t codings = request.get_header_value_count("Transfer-Encoding");
  if (lengths + codings > 1) return true;
  if (codings == 1) return !millrace::detail::same_but_case(request.get_header_value("Transfer-Encoding"), "chunked");
  if (lengths == 0) return false;
  const std::string length = request.get_header_value("Content-Length");
  return length.empty() || length.size() > 18 || length.find_first_not_of("0123456789") != length.npos;
}

/// Sends a body. The library ends a connection where a body cannot be sent whole, and so it does where we say that of
/// one whose last byte is sent: behind a `last` response of a body.
inline void send_body(const ::httplib::Request& from, ::httplib::Response& to, const std::string& type,
                      std::string body, bool last) {
  if (last) to.set_header("Connection", "close");
  if (body.empty()) {
    to.set_header("Content-Type", type);
    return;
  }
  if (last && from.method == "HEAD") const_cast<::httplib::Request&>(from).method = "GET";  // else no body is sent
  // A body that the library has whole it compresses for every client that takes brotli, at the slowest level: for a
  // browser, seconds a megabyte. What comes from a provider of known length it sends as it is.
  const std::size_t size = body.size();
  to.set_content_provider(size, type,
                          [body = std::move(body), last](std::size_t at, std::size_t count, ::httplib::DataSink& sink) {
                            return sink.write(body.data() + at, count) && !last;
                          });
}

/// Refuses a request, and ends the connection: what comes next is no request, but what is left of this one.
inline void refuse(const ::httplib::Request& from, ::httplib::Response& to, int status, const char* why) {
  to.status = status;
  send_body(from, to, "text/plain", why, true);
}

}  // namespace detail

/// Listens, and calls a handler with each request: on threads of its own, from `listen` to `stop`.
///
///     mr::connect::mlflow::server api(tracker);
///     auto hosted = mr::connect::http::server::listen(api, {.port = 5000});
///     ...
///     hosted->stop();
///
/// Guarantee: a request that was taken gets its response also while the server stops. A handler that throws is status
/// 500, without a word of what it threw; a body of several parts (`multipart/form-data`) is refused with 415. Threads:
/// `stop` from any. The handler outlives the server. Errors: io: the address cannot be listened at, or no thread be
/// started.
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

  /// Takes no more connections, and returns when those that are open have their responses. Again: does nothing.
  void stop() noexcept {
    if (!self_ || !self_->thread.running()) return;
    self_->http.stop();
    self_->thread.join();
  }

 private:
  using call = store::http_response (*)(const void*, const store::http_request&);
  struct state {
    ::httplib::Server http;
    const void* handler = nullptr;
    call handle = nullptr;
    server_options options;
    std::uint16_t port = 0;
    millrace::detail::worker_thread thread;
    std::atomic<bool> ended = false;
    std::atomic<std::size_t> waiting = 0;  // connections without a thread

    void run() noexcept {
      http.listen_after_bind();
      ended = true;
    }
    void handle_request(const ::httplib::Request& from, ::httplib::Response& to,
                        const ::httplib::ContentReader* content) const {
      if (detail::has_no_clear_end(from))
        return detail::refuse(from, to, 400, "it is not clear where the request ends\n");
      const bool has_body = from.has_header("Transfer-Encoding") ||
                            from.get_header_value("Content-Length").find_first_not_of('0') != std::string::npos;
      if (has_body && content == nullptr)
        return detail::refuse(from, to, 400, "a request of this method has no body\n");
      if (from.is_multipart_form_data())  // which the library takes apart, and does not give whole
        return detail::refuse(from, to, 415, "bodies of several parts are not taken\n");
      // Ranges are the handler's: the library would cut them out of what it responds with, also if that is the range
      // already. The request is the library's own object, which it looks at again afterwards.
      const_cast<::httplib::Request&>(from).ranges.clear();
      store::http_request request{from.method, from.target, {}, {}};
      for (const auto& [name, value] : from.headers) request.headers.push_back({name, value});
      // A body is there if the client says so: whoever waits for one that is not waits until the connection ends.
      if (content != nullptr && (from.has_header("Content-Length") || from.has_header("Transfer-Encoding"))) {
        bool fits = true;
        const bool read = (*content)([&](const char* bytes, std::size_t count) {
          fits = count <= options.max_body - request.body.size();
          if (fits) request.body.append(bytes, count);
          return fits;
        });
        if (!read && (!fits || to.status == 413)) return detail::refuse(from, to, 413, "the body is too long\n");
        if (!read) return detail::refuse(from, to, 400, "the body is not whole\n");
      }
      store::http_response response = handle(handler, request);
      to.status = response.status;
      std::string type = "application/octet-stream";
      for (store::http_header& each : response.headers) {
        if (millrace::detail::same_but_case(each.name, "Content-Type"))
          type = std::move(each.value);
        else
          to.set_header(each.name, each.value);
      }
      detail::send_body(from, to, type, std::move(response.body), waiting.load(std::memory_order_relaxed) != 0);
    }
  };

  explicit server(millrace::detail::owning_pointer<state> made) noexcept : self_(std::move(made)) {}

  static result<server> open(const void* handler, call handle, const server_options& options) {
    auto made = millrace::detail::make_owning<state>();
    state& self = *made;
    self.handler = handler;
    self.handle = handle;
    self.options = options;
    configure(self);
    const std::string place = options.address + ':' + std::to_string(options.port);
    const int port = options.port == 0 ? self.http.bind_to_any_port(options.address)
                     : self.http.bind_to_port(options.address, options.port) ? options.port
                                                                             : -1;
    if (port <= 0) return error(errc::io, "cannot listen at " + place + ": the address is in use, or none of ours");
    self.port = static_cast<std::uint16_t>(port);
    if (const int failed = self.thread.start(self); failed != 0)
      return store::system_error(failed, "start the thread that listens at", place);
    while (!self.http.is_running() && !self.ended) ::poll(nullptr, 0, 1);  // a stop before would not be seen
    if (self.ended) {
      self.thread.join();
      return error(errc::io, "cannot listen at " + place);
    }
    return server(std::move(made));
  }

  static void configure(state& self) {
    ::httplib::Server& http = self.http;
    const server_options& options = self.options;
    http.set_tcp_nodelay(true);  // a response is not held back for more to send with it
    http.set_keep_alive_max_count(1'000'000);
    http.set_keep_alive_timeout(options.idle_seconds);
    http.set_read_timeout(options.io_seconds);
    http.set_write_timeout(options.io_seconds);
    http.set_payload_max_length(options.max_body);
    http.new_task_queue = [&self] { return new detail::connection_threads(self.options.threads, self.waiting); };
    // Without SO_REUSEPORT, which would let two servers have one port, and each of them half of the requests.
    http.set_socket_options([](auto socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http.set_pre_routing_handler([&self](const ::httplib::Request& from, ::httplib::Response& to) {
      // The library matches paths by a regular expression, whose recursion takes stack for each byte.
      if (from.target.find('?') <= self.options.max_path || from.target.size() <= self.options.max_path)
        return ::httplib::Server::HandlerResponse::Unhandled;
      to.status = 414;
      return ::httplib::Server::HandlerResponse::Handled;
    });
    // What the library refuses by itself it has not read to its end.
    const ::httplib::Server::HandlerWithResponse ends = [](const ::httplib::Request& from, ::httplib::Response& to) {
      if (to.has_header("Content-Type")) return ::httplib::Server::HandlerResponse::Unhandled;
      detail::refuse(from, to, to.status, to.status == 414 ? "the path is too long\n" : "the request is refused\n");
      return ::httplib::Server::HandlerResponse::Handled;
    };
    http.set_error_handler(ends);
    http.set_exception_handler([](const ::httplib::Request&, ::httplib::Response& to, auto&&...) { to.status = 500; });
    const auto plain = [&self](const ::httplib::Request& from, ::httplib::Response& to) {
      self.handle_request(from, to, nullptr);
    };
    const auto with_body = [&self](const ::httplib::Request& from, ::httplib::Response& to,
                                   const ::httplib::ContentReader& content) {
      self.handle_request(from, to, &content);
    };
    const char* const any = "[^]*";
    http.Get(any, plain).Options(any, plain);
    http.Post(any, with_body).Put(any, with_body).Patch(any, with_body).Delete(any, with_body);
  }

  millrace::detail::owning_pointer<state> self_;
};

struct transport_options {
  /// Where the server is. This one is the same machine.
  std::string address = "127.0.0.1";
  std::uint16_t port = 80;
  /// Sent with every request as `Authorization: Bearer TOKEN`, unless the request has that header; empty: none is.
  store::secret<std::string> token = {};
  /// Whether the token may go to another machine, where all on the way read it.
  bool allows_plain_token = false;
  /// How long it may take to reach the server.
  std::uint32_t connect_seconds = 10;
  /// How long no byte may come or go.
  std::uint32_t io_seconds = 60;
  /// The most bytes of a response's body.
  std::size_t max_response = std::size_t{256} << 20;
};

namespace detail {

/// While one exists, a connection that the other side has closed does not end the process by SIGPIPE: cpp-httplib
/// leaves that to the program, and it is the library's to care for here.
class no_broken_pipe {
 public:
  no_broken_pipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigemptyset(&pending);
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  no_broken_pipe(const no_broken_pipe&) = delete;
  no_broken_pipe& operator=(const no_broken_pipe&) = delete;
  ~no_broken_pipe() {
    const timespec at_once{};
    if (!was_pending_)
      static_cast<void>(millrace::detail::uninterrupted([&] { return ::sigtimedwait(&pipe_, nullptr, &at_once); }));
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

}  // namespace detail

/// Carries requests to one server over plain HTTP, one at a time, by cpp-httplib: to a server of the same machine, or
/// where something else keeps the way safe. For others there is connect/curl.hpp, which has TLS.
///
///     auto server = mr::connect::http::transport::make({.port = 5000});
///     auto response = server->send({.target = "/health"});
///
/// Models: store::http_transport.
/// Guarantee: asks no other host: redirects are responses, and there is no proxy. A request is sent once.
/// Allocates: the response, at most `max_response` bytes of its body, and what cpp-httplib does.
/// Threads: any number, which wait for each other.
/// Errors: as of an http_transport, where `io` may also mean that no byte came in time; out_of_range: the response is
/// too large; invalid_argument: the request cannot be sent as it is.
class transport {
 public:
  /// Reaches for nothing yet. Errors: permission_denied: the token would go to another machine.
  static result<transport> make(transport_options options) {
    const std::string& address = options.address;
    const bool stays_here = address == "127.0.0.1" || address == "::1" || address == "localhost";
    if (!stays_here && !options.token.expose().empty() && !options.allows_plain_token)
      return error(errc::permission_denied, "the token would go to " + address +
                                                " over plain http, where all on the way read it: use connect/curl");
    return transport(millrace::detail::make_owning<state>(std::move(options)));
  }

  result<store::http_response> send(const store::http_request& request) const {
    if (auto fine = store::check_request(request); !fine)
      return std::move(fine).error().wrap("cannot ask " + self_->place());
    const transport_options& options = self_->options;
    ::httplib::Request asked;
    asked.method = request.method;
    asked.path = request.target;
    asked.body = request.body;
    for (const store::http_header& each : request.headers) asked.headers.emplace(each.name, each.value);
    if (!options.token.expose().empty() && !asked.has_header("Authorization"))
      asked.headers.emplace("Authorization", "Bearer " + options.token.expose());
    store::http_response made;
    bool is_large = false;
    asked.content_receiver = [&](const char* bytes, std::size_t count, std::uint64_t, std::uint64_t) {
      is_large = count > options.max_response - made.body.size();
      if (!is_large) made.body.append(bytes, count);
      return !is_large;
    };
    const detail::no_broken_pipe guard;
    const auto received = self_->http.send(asked);
    if (!received) return self_->failure(received.error(), request, is_large);
    made.status = received->status;
    for (const auto& [name, value] : received->headers) made.headers.push_back({name, value});
    return made;
  }

 private:
  struct state {
    transport_options options;
    mutable ::httplib::Client http;

    explicit state(transport_options&& asked) : options(std::move(asked)), http(options.address, options.port) {
      http.set_tcp_nodelay(true);
      http.set_keep_alive(true);
      http.set_url_encode(false);  // the target has its escapes
      http.set_decompress(false);
      http.set_follow_location(false);
      http.set_connection_timeout(static_cast<time_t>(options.connect_seconds));
      http.set_read_timeout(static_cast<time_t>(options.io_seconds));
      http.set_write_timeout(static_cast<time_t>(options.io_seconds));
    }
    std::string place() const { return options.address + ':' + std::to_string(options.port); }
    error failure(::httplib::Error why, const store::http_request& request, bool is_large) const {
      const std::string where = request.method + ' ' + place() + request.target.substr(0, request.target.find('?'));
      if (is_large)
        return error(errc::out_of_range,
                     where + ": the response is larger than " + std::to_string(options.max_response) + " bytes");
      switch (why) {
        case ::httplib::Error::Connection:
        case ::httplib::Error::ConnectionTimeout:
        case ::httplib::Error::BindIPAddress: return error(errc::unavailable, where + ": the server is not reached");
        default:
          return error(errc::io, where + ": the connection ended, or no byte came, before the response was whole");
      }
    }
  };

  explicit transport(millrace::detail::owning_pointer<state> made) noexcept : self_(std::move(made)) {}

  millrace::detail::owning_pointer<state> self_;
};

}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_HPP
