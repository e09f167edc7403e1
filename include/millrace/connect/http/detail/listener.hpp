#ifndef MILLRACE_CONNECT_HTTP_DETAIL_LISTENER_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_LISTENER_HPP

#include <millrace/connect/http/detail/channel.hpp>
#include <millrace/connect/http/detail/connection.hpp>
#include <millrace/connect/http/detail/connection_threads.hpp>
#include <millrace/connect/http/detail/named_hosts.hpp>
#include <millrace/connect/http/detail/responses.hpp>
#include <millrace/connect/http/detail/stream_sender.hpp>
#include <millrace/connect/http/detail/tls_context.hpp>
#include <millrace/connect/http/fwd.hpp>
#include <millrace/connect/http/options.hpp>
#include <millrace/core/detail/completes.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace httplib {
class SSLServer;
}

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

template <class T>
concept complete = requires { sizeof(T); };

// The macro adds members to classes of the library, so that a program of which one part has it and another has not, or
// of which the library was built otherwise, goes wrong in ways that no compiler sees.
static_assert(requirement<complete<::httplib::SSLServer>, ::httplib::SSLServer>,
              "millrace[HTTP-2]: cpp-httplib's classes are others with the macro CPPHTTPLIB_OPENSSL_SUPPORT: define it "
              "for the whole program, as `pkg-config --cflags cpp-httplib` and the target httplib::httplib do");

/// The library's server, with our connections in the place of its own.
class listener : public ::httplib::Server {
 public:
  using call = store::http_response (*)(const void*, const store::http_request&);

  listener(const void* handler, call handle, const server_options& options)
      : handler_(handler),
        handle_(handle),
        options_(options),
        hosts_(options),
        streams_(options.max_streams, seconds(options.io_seconds)) {
    configure();
  }

  result<void> prepare() {
    if (!stop_) return error(errc::io, "the system has no pipe to give");
    return tls_.load(options_.certificate, options_.key);
  }
  const server_options& options() const noexcept { return options_; }
  const stream_sender& streams() const noexcept { return streams_; }
  /// Lets more clients come at once than the five that the library lets: the system drops the others' first packets,
  /// which they send again a second later.
  void lengthen_queue() noexcept { static_cast<void>(::listen(svr_sock_, 1024)); }
  /// Takes no more connections, and has those end that ask for nothing.
  void begin_stop() {
    stop();
    stop_.ring();
  }
  void end_streams() noexcept { streams_.stop(); }

 private:
  /// The connection whose request this thread handles.
  static connection*& current() noexcept {
    static thread_local connection* one = nullptr;
    return one;
  }

  // As the library declares it.
  virtual bool process_and_close_socket(int socket) {
    channel over(socket);
    if (connection_threads::is_refusing()) {
      static_cast<void>(completes([&] { refuse_connection(over); }));
      return false;
    }
    bool is_cut_off = true;
    const bool is_well = completes([&] { is_cut_off = serve(over); });
    over.close_gently(is_cut_off || over.is_readable() ? moment() + seconds(2) : 0);
    return is_well;
  }
  void refuse_connection(channel& over) {
    char passed_over[4096];
    static_cast<void>(over.read(passed_over, sizeof passed_over, 0));
    if (tls_.get() == nullptr) static_cast<void>(over.write_all(bare_response(503, options_.retry_seconds), 0));
    over.close_gently(0);
  }
  /// Serves the requests of a connection, and leaves it in `over`, unless it is a stream's from now on. Returns whether
  /// its client may be sending what nobody wants any more.
  bool serve(channel& over) {
    if (tls_.get() != nullptr && !over.begin_tls(tls_.get(), moment() + seconds(options_.head_seconds))) {
      over.close();
      return false;
    }
    connection one(std::move(over), options_, stop_.end());
    current() = &one;
    const bool is_well = completes([&] {
      while (one.wait_for_request() && serve_request(*this, one)) {
      }
    });
    current() = nullptr;
    if (is_well && one.fault() != 0) {
      one.begin_response();
      static_cast<void>(one.send(bare_response(one.fault(), options_.retry_seconds)));
    }
    if (one.stream())
      streams_.take(std::move(one.over()), std::move(one.stream()), one.is_chunked());
    else
      over = std::move(one.over());
    return one.fault() != 0 || one.is_cut_off();
  }
  /// Serves a request. False: it was the last one of its connection.
  template <class Self>
  static bool serve_request(Self& self, connection& one) {
    one.begin_request();
    bool is_closed = false;
    const bool is_last = one.is_stopping();
    const std::function<void(::httplib::Request&)> has_head = [&](::httplib::Request&) { one.begin_body(); };
    bool goes_on = false;
    if constexpr (requires { self.process_request(one, is_last, is_closed, has_head); }) {
      goes_on = self.process_request(one, is_last, is_closed, has_head);
    } else {
      std::string remote, local;
      int remote_port = 0, local_port = 0;
      one.get_remote_ip_and_port(remote, remote_port);
      one.get_local_ip_and_port(local, local_port);
      goes_on = self.process_request(one, remote, remote_port, local, local_port, is_last, is_closed, has_head);
    }
    return goes_on && !is_closed && !is_last && !one.ends() && one.fault() == 0;
  }

  /// Whether the library's routes get a request. If not, the response is made.
  bool is_for_routes(const ::httplib::Request& from, ::httplib::Response& to) {
    // The library matches paths by a regular expression, whose recursion takes stack for each byte.
    if (from.target.find('?') > options_.max_path && from.target.size() > options_.max_path) {
      refuse(*current(), to, 414, "the path is too long\n");
    } else if (const auto refusal = hosts_.check_request(from); refusal.status != 0) {
      refuse(*current(), to, refusal.status, refusal.why);
    } else {
      for (const char* each : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        if (from.method == each) return true;
      handle_request(from, to, nullptr);  // of a method that the library takes, and has no table for
    }
    return false;
  }
  void handle_request(const ::httplib::Request& from, ::httplib::Response& to,
                      const ::httplib::ContentReader* content) {
    connection& one = *current();
    if (has_no_clear_end(from)) return refuse(one, to, 400, "it is not clear where the request ends\n");
    const bool has_body = from.has_header("Transfer-Encoding") || said_length(from) != 0;
    if (has_body && content == nullptr) return refuse(one, to, 400, "a request of this method has no body\n");
    if (said_length(from) > options_.max_body) return refuse(one, to, 413, "the body is too long\n");
    if (from.is_multipart_form_data())  // which the library takes apart, and does not give whole
      return refuse(one, to, 415, "bodies of several parts are not taken\n");
    // Ranges are the handler's: the library would cut them out of what it responds with, also if that is the range
    // already. The request is the library's own object, which it looks at again afterwards.
    const_cast<::httplib::Request&>(from).ranges.clear();
    store::http_request request{from.method, from.target, {}, {}};
    for (const auto& [name, value] : from.headers) request.headers.push_back({name, value});
    // It would compress bodies for every client that takes brotli, at the slowest level: for a browser, seconds a
    // megabyte.
    const_cast<::httplib::Request&>(from).headers.erase("Accept-Encoding");
    // A body is there if the client says so: whoever waits for one that is not waits until the connection ends.
    if (content != nullptr && (from.has_header("Content-Length") || from.has_header("Transfer-Encoding"))) {
      bool fits = true;
      const bool read = (*content)([&](const char* bytes, std::size_t count) {
        fits = count <= options_.max_body - request.body.size();
        if (fits) request.body.append(bytes, count);
        return fits;
      });
      if (!read && (!fits || to.status == 413)) return refuse(one, to, 413, "the body is too long\n");
      if (!read) return refuse(one, to, 400, "the body is not whole\n");
    }
    one.begin_response();
    respond(one, from, to, handle_(handler_, request));
  }
  void respond(connection& one, const ::httplib::Request& from, ::httplib::Response& to,
               store::http_response response) {
    if (response.stream && from.method != "HEAD") {
      if (streams_.reserve()) return begin_stream(one, from, to, std::move(response));
      response = {503, {{"Content-Type", "text/plain"}}, "as many streams are open as may be\n"};
    }
    to.status = response.status;
    std::string type = "application/octet-stream";
    bool says_when = response.status != 429 && response.status != 503;
    for (store::http_header& each : response.headers) {
      says_when = says_when || same_but_case(each.name, "Retry-After");
      if (same_but_case(each.name, "Content-Type"))
        type = std::move(each.value);
      else
        to.set_header(each.name, each.value);
    }
    if (!says_when) to.set_header("Retry-After", std::to_string(options_.retry_seconds));
    if (waiting_.load(std::memory_order_relaxed) != 0 || one.is_stopping()) {
      to.set_header("Connection", "close");
      one.end_after_this();
    }
    send_body(to, type, std::move(response.body));
  }
  /// Sends the head of a stream, and what there is of its body. What the library writes behind it is not sent.
  void begin_stream(connection& one, const ::httplib::Request& from, ::httplib::Response& to,
                    store::http_response response) {
    const bool is_chunked = from.version == "HTTP/1.1";
    std::string head = stream_head(response, is_chunked);
    if (is_chunked)
      append_chunk(head, response.body);
    else
      head += response.body;
    to.status = 200;
    if (one.send(head)) return one.begin_stream(std::move(response.stream), is_chunked);
    streams_.give_back();
    one.fail(408);
  }

  void configure() {
    set_tcp_nodelay(true);  // a response is not held back for more to send with it
    set_keep_alive_max_count(1'000'000);
    set_keep_alive_timeout(options_.idle_seconds);
    set_read_timeout(options_.io_seconds);
    set_write_timeout(options_.io_seconds);
    set_payload_max_length(options_.max_body);
    new_task_queue = [this] { return new connection_threads(options_.threads, options_.max_connections, waiting_); };
    // Without SO_REUSEPORT, which would let two servers have one port, and each of them half of the requests.
    set_socket_options([](auto socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    set_pre_routing_handler([this](const ::httplib::Request& from, ::httplib::Response& to) {
      return is_for_routes(from, to) ? HandlerResponse::Unhandled : HandlerResponse::Handled;
    });
    set_expect_100_continue_handler([this](const ::httplib::Request& from, ::httplib::Response& to) {
      if (!has_no_clear_end(from) && said_length(from) <= options_.max_body) return 100;
      refuse(*current(), to, 413, "the body is too long\n");
      return 413;
    });
    // What the library refuses by itself it has not read to its end.
    const HandlerWithResponse ends = [](const ::httplib::Request& from, ::httplib::Response& to) {
      if (to.has_header("Content-Type") || current() == nullptr) return HandlerResponse::Unhandled;
      const int status = to.status == 400 && has_unknown_method(from) ? 501 : to.status;
      refuse(*current(), to, status,
             status == 414   ? "the path is too long\n"
             : status == 501 ? "the server knows no such method\n"
                             : "the request is refused\n");
      return HandlerResponse::Handled;
    };
    set_error_handler(ends);
    set_exception_handler([](const ::httplib::Request&, ::httplib::Response& to, auto&&...) { to.status = 500; });
    const auto plain = [this](const ::httplib::Request& from, ::httplib::Response& to) {
      handle_request(from, to, nullptr);
    };
    const auto with_body = [this](const ::httplib::Request& from, ::httplib::Response& to,
                                  const ::httplib::ContentReader& content) { handle_request(from, to, &content); };
    const char* const any = "[^]*";
    Get(any, plain).Options(any, plain);
    Post(any, with_body).Put(any, with_body).Patch(any, with_body).Delete(any, with_body);
  }

  const void* handler_;
  call handle_;
  server_options options_;
  named_hosts hosts_;
  tls_context tls_;
  wake_up stop_;
  stream_sender streams_;
  std::atomic<std::size_t> waiting_ = 0;  // connections without a thread
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_LISTENER_HPP
