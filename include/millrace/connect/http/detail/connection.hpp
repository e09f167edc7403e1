#ifndef MILLRACE_CONNECT_HTTP_DETAIL_CONNECTION_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_CONNECTION_HPP

#include <millrace/connect/http/detail/channel.hpp>
#include <millrace/connect/http/fwd.hpp>
#include <millrace/connect/http/options.hpp>
#include <millrace/store/http_stream.hpp>

#include <arpa/inet.h>
#include <errno.h>
#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// A connection as the library reads and writes it, a request after the other: with bytes that have come too early kept
/// for the next one, and with the bounds that the library does not have. A request that breaks one is cut off there,
/// and what the library would respond to it is kept back; `fault` says what is to be said instead.
/// The functions are the library's: which of them it declares, and so which these are of, is its version's.
class connection : public ::httplib::Stream {
 public:
  connection(channel&& over, const server_options& options, int stop) noexcept
      : channel_(std::move(over)), options_(&options), stop_(stop) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  virtual ~connection() = default;

  /// Waits for the first byte of a request. False: none has come in time, or the server stops.
  bool wait_for_request() noexcept {
    if (at_ < end_ || channel_.has_unread()) return true;
    pollfd both[] = {{channel_.socket(), POLLIN, 0}, {stop_, POLLIN, 0}};
    const std::uint64_t until = moment() + seconds(options_->idle_seconds);
    for (std::uint64_t now = moment(); now < until; now = moment()) {
      const int found = ::poll(both, 2, static_cast<int>((until - now) / 1'000'000U) + 1);
      if (found < 0 && errno != EINTR) return false;
      if (found > 0) return both[0].revents != 0;  // a request that has come is served while the server stops, too
    }
    return false;
  }
  bool is_stopping() const noexcept {
    pollfd one{stop_, POLLIN, 0};
    return ::poll(&one, 1, 0) > 0;
  }
  void begin_request() noexcept {
    begun_ = moment();
    deadline_ = begun_ + seconds(options_->head_seconds);
    in_head_ = true;
    has_begun_ = false;
    head_ = lines_ = headers_ = 0;
    last_ = '\n';
  }
  /// The head has been read.
  void begin_body() noexcept {
    in_head_ = false;
    deadline_ = begun_ + seconds(options_->request_seconds);
  }
  /// The request has been read.
  void begin_response() noexcept { deadline_ = moment() + seconds(options_->request_seconds); }

  /// The status of a request that has broken a bound; 0: none has.
  int fault() const noexcept { return fault_; }
  void fail(int status) noexcept {
    if (fault_ == 0) fault_ = status;
  }
  /// Whether the connection ends with this response.
  bool ends() const noexcept { return ends_; }
  void end_after_this() noexcept { ends_ = true; }
  /// The response is to a request that is not read to its end, and that nobody reads on.
  void cut_off() noexcept { is_cut_off_ = ends_ = true; }
  bool is_cut_off() const noexcept { return is_cut_off_; }
  /// Writes past the library.
  bool send(std::string_view bytes) noexcept { return channel_.write_all(bytes, io_deadline()); }
  channel& over() noexcept { return channel_; }
  /// The response is a stream, which somebody else sends once the library has returned.
  void begin_stream(store::http_stream stream, bool is_chunked) noexcept {
    stream_ = std::move(stream);
    is_chunked_ = is_chunked;
    is_mute_ = ends_ = true;
  }
  store::http_stream& stream() noexcept { return stream_; }
  bool is_chunked() const noexcept { return is_chunked_; }

  // As the library declares them.
  virtual bool is_readable() const { return true; }
  virtual bool is_writable() const { return fault_ == 0; }
  virtual bool wait_readable() const { return true; }
  virtual bool wait_writable() const { return fault_ == 0; }
  virtual bool is_peer_alive() const { return fault_ == 0; }
  virtual ssize_t read(char* into, std::size_t room) {
    if (fault_ != 0) return -1;
    ssize_t got = 0;
    if (at_ == end_ && !in_head_ && room >= sizeof buffer_) {
      got = receive(into, room);
    } else {
      if (at_ == end_) {
        got = receive(buffer_, sizeof buffer_);
        if (got > 0) {
          at_ = 0;
          end_ = static_cast<std::size_t>(got);
        }
      }
      if (at_ < end_) {
        const std::size_t count = room < end_ - at_ ? room : end_ - at_;
        std::memcpy(into, buffer_ + at_, count);
        at_ += count;
        got = static_cast<ssize_t>(count);
      }
    }
    if (got > 0 && in_head_ && !check_head(std::string_view(into, static_cast<std::size_t>(got)))) return -1;
    return got;
  }
  virtual ssize_t write(const char* bytes, std::size_t count) {
    if (is_mute_ || fault_ != 0) return static_cast<ssize_t>(count);
    const ssize_t put = channel_.write(bytes, count, io_deadline());  // a part of it: the library writes the rest
    if (put <= 0) ends_ = true;
    return put <= 0 ? -1 : put;
  }
  virtual void get_remote_ip_and_port(std::string& ip, int& port) const { address(&::getpeername, ip, port); }
  virtual void get_local_ip_and_port(std::string& ip, int& port) const { address(&::getsockname, ip, port); }
  /// The library refuses sockets that `select` does not take, which nobody asks here.
  virtual int socket() const { return channel_.socket() < FD_SETSIZE ? channel_.socket() : -1; }
  virtual std::time_t duration() const { return 0; }

 private:
  std::uint64_t io_deadline() const noexcept {
    const std::uint64_t io = moment() + seconds(options_->io_seconds);
    return io < deadline_ ? io : deadline_;
  }
  ssize_t receive(char* into, std::size_t room) noexcept {
    const ssize_t got = channel_.read(into, room, io_deadline());
    if (got > 0)
      has_begun_ = true;
    else if (got == channel::late && has_begun_)
      fail(408);
    else
      ends_ = true;
    return got < 0 ? -1 : got;
  }
  /// Whether a head may have these bytes too. A line that ends without a carriage return, a header that goes on in the
  /// next line, a zero: others on the way may read them differently, and then another request. RFC 9112, sections 2.2
  /// and 5.2.
  bool check_head(std::string_view bytes) noexcept {
    for (const char each : bytes) {
      if (each == '\0' || (each == '\n' && last_ != '\r') ||
          (last_ == '\n' && lines_ > 0 && (each == ' ' || each == '\t'))) {
        fail(400);
        return false;
      }
      headers_ += last_ == '\n' && lines_ > 0 && each != '\r';
      last_ = each;
      lines_ += each == '\n';
    }
    head_ += bytes.size();
    if (head_ <= options_->max_head && headers_ <= options_->max_headers) return true;
    fail(lines_ == 0 ? 414 : 431);
    return false;
  }
  void address(int (*which)(int, sockaddr*, socklen_t*), std::string& ip, int& port) const {
    sockaddr_storage found{};
    socklen_t size = sizeof found;
    char text[INET6_ADDRSTRLEN] = "";
    if (which(channel_.socket(), reinterpret_cast<sockaddr*>(&found), &size) != 0) return;
    if (found.ss_family == AF_INET) {
      const auto& four = reinterpret_cast<const sockaddr_in&>(found);
      static_cast<void>(::inet_ntop(AF_INET, &four.sin_addr, text, sizeof text));
      port = ntohs(four.sin_port);
    } else if (found.ss_family == AF_INET6) {
      const auto& six = reinterpret_cast<const sockaddr_in6&>(found);
      static_cast<void>(::inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text));
      port = ntohs(six.sin6_port);
    }
    ip = text;
  }

  channel channel_;
  const server_options* options_;
  int stop_;
  std::uint64_t begun_ = 0;
  std::uint64_t deadline_ = 0;
  std::size_t head_ = 0;
  std::size_t lines_ = 0;
  std::size_t headers_ = 0;
  char last_ = '\n';
  bool in_head_ = false;
  bool has_begun_ = false;
  bool ends_ = false;
  bool is_cut_off_ = false;
  bool is_mute_ = false;
  bool is_chunked_ = false;
  store::http_stream stream_;
  int fault_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  char buffer_[8192];
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_CONNECTION_HPP
