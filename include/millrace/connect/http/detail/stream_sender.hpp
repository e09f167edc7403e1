#ifndef MILLRACE_CONNECT_HTTP_DETAIL_STREAM_SENDER_HPP
#define MILLRACE_CONNECT_HTTP_DETAIL_STREAM_SENDER_HPP

#include <millrace/connect/http/detail/channel.hpp>
#include <millrace/connect/http/fwd.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/store/http_stream.hpp>

#include <poll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace http {
namespace detail {

/// A pipe that wakes who polls its end.
class wake_up {
 public:
  wake_up() noexcept {
    if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) ends_[0] = ends_[1] = -1;
  }
  wake_up(const wake_up&) = delete;
  wake_up& operator=(const wake_up&) = delete;
  ~wake_up() {
    for (const int each : ends_)
      if (each >= 0) ::close(each);
  }
  explicit operator bool() const noexcept { return ends_[0] >= 0; }
  int end() const noexcept { return ends_[0]; }
  void ring() const noexcept { static_cast<void>(!::write(ends_[1], "", 1)); }
  void quiet() const noexcept {
    char passed_over[64];
    while (::read(ends_[0], passed_over, sizeof passed_over) > 0) {
    }
  }

 private:
  int ends_[2] = {-1, -1};
};

/// A piece of a body of unknown length, as HTTP/1.1 parts it. Source: RFC 9112, section 7.1.
inline void append_chunk(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  char digits[16];
  std::size_t count = 0;
  for (std::size_t left = piece.size(); left > 0; left >>= 4) digits[count++] = "0123456789abcdef"[left & 15U];
  while (count > 0) out += digits[--count];
  ((out += "\r\n") += piece) += "\r\n";
}

/// Sends the streams of a server, all on one thread, which none of them holds up: a client that does not read waits for
/// itself alone, and is let go when it has read nothing for `patience`.
class stream_sender {
 public:
  stream_sender(std::size_t most, std::uint64_t patience) noexcept : most_(most), patience_(patience) {}
  stream_sender(const stream_sender&) = delete;
  stream_sender& operator=(const stream_sender&) = delete;
  ~stream_sender() { stop(); }

  /// Whether there is a place for one more, which is then taken.
  bool reserve() {
    const std::lock_guard lock(mutex_);
    if (is_over_ || count_ >= most_ || !wake_) return false;
    if (!thread_.running() && thread_.start(*this) != 0) return false;
    ++count_;
    return true;
  }
  void give_back() {
    const std::lock_guard lock(mutex_);
    --count_;
  }
  /// Sends a stream, for which a place is reserved.
  void take(channel&& over, store::http_stream stream, bool is_chunked) {
    const std::lock_guard lock(mutex_);
    come_.emplace_back(std::move(over), std::move(stream), is_chunked);
    wake_.ring();
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  /// Ends all streams, and returns when they have.
  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    wake_.ring();
    thread_.join();
  }

  /// What the thread does.
  void run() {
    std::vector<pollfd> places;
    for (;;) {
      bool is_over = false;
      {
        const std::lock_guard lock(mutex_);
        clients_.splice(clients_.end(), come_);
        is_over = is_over_;
      }
      const std::uint64_t now = moment();
      std::uint64_t next = now + seconds(60);
      places.assign(1, pollfd{wake_.end(), POLLIN, 0});
      for (auto each = clients_.begin(); each != clients_.end();) {
        if (!each->go_on(now, is_over, patience_)) {
          each = clients_.erase(each);
          give_back();
          continue;
        }
        const std::uint64_t due = each->due(now, patience_);
        if (due < next) next = due;
        places.push_back({each->over.socket(), static_cast<short>(each->is_full() ? POLLIN | POLLOUT : POLLIN), 0});
        ++each;
      }
      if (is_over && clients_.empty()) return;
      const std::uint64_t from = moment();
      static_cast<void>(::poll(places.data(), static_cast<nfds_t>(places.size()),
                               next > from ? static_cast<int>((next - from) / 1'000'000U) + 1 : 0));
      wake_.quiet();
    }
  }

 private:
  struct client {
    client(channel&& given, store::http_stream&& of, bool chunked)
        : over(std::move(given)), stream(std::move(of)), is_chunked(chunked), sent_at(moment()), told_at(sent_at) {}

    bool is_full() const noexcept { return sent < pending.size(); }

    /// Sends what there is. False: it is over.
    bool go_on(std::uint64_t now, bool is_last, std::uint64_t patience) {
      if (is_gone()) return false;
      if (is_last && !is_ended && !is_full()) end();
      if (!is_full() && !is_ended && now >= ask_at) ask(now);
      if (!send(now)) return false;
      if (is_ended && !is_full()) {
        over.close_gently(0);
        return false;
      }
      return now - sent_at < (is_last ? seconds(1) : patience) || !is_full();
    }
    std::uint64_t due(std::uint64_t now, std::uint64_t patience) const noexcept {
      if (is_full()) return sent_at + patience < now + seconds(1) ? sent_at + patience : now + seconds(1);
      return ask_at;
    }

    channel over;
    store::http_stream stream;
    bool is_chunked;
    bool is_ended = false;
    std::string pending = {};
    std::size_t sent = 0;
    std::uint64_t ask_at = 0;
    std::uint64_t sent_at;  // when a byte was taken, or there was none to take
    std::uint64_t told_at;  // when something was sent

   private:
    void ask(std::uint64_t now) {
      const store::http_stream_options& options = stream.options();
      std::string piece;
      const bool goes_on = stream.read(piece);
      const auto length = [](millrace::duration of) {
        return of.nanoseconds > 0 ? static_cast<std::uint64_t>(of.nanoseconds) : 0;
      };
      const std::uint64_t period = length(options.period), heartbeat = length(options.heartbeat_after);
      ask_at = now + (!piece.empty() ? 0 : period < 1'000'000U ? 1'000'000U : period);
      if (piece.empty() && heartbeat != 0 && now - told_at >= heartbeat) piece = options.heartbeat;
      if (!piece.empty()) {
        told_at = now;
        put(piece);
      }
      if (!goes_on) end();
    }
    void put(std::string_view piece) {
      if (!is_full()) {
        pending.clear();
        sent = 0;
      }
      if (is_chunked)
        append_chunk(pending, piece);
      else
        pending += piece;
    }
    void end() {
      is_ended = true;
      if (!is_full()) {
        pending.clear();
        sent = 0;
      }
      if (is_chunked) pending += "0\r\n\r\n";
    }
    bool send(std::uint64_t now) noexcept {
      if (!is_full()) sent_at = now;
      while (is_full()) {
        const ssize_t put = over.write(pending.data() + sent, pending.size() - sent, 0);
        if (put == channel::late) return true;
        if (put <= 0) return false;
        sent += static_cast<std::size_t>(put);
        sent_at = now;
      }
      return true;
    }
    /// Whether the client has left. What it sends is passed over.
    bool is_gone() noexcept {
      char passed_over[4096];
      for (int i = 0; i < 16; ++i) {
        const ssize_t got = over.read(passed_over, sizeof passed_over, 0);
        if (got <= 0) return got != channel::late;
      }
      return false;
    }
  };

  mutable std::mutex mutex_;
  std::list<client> come_;
  std::list<client> clients_;  // the thread's
  wake_up wake_;
  worker_thread thread_;
  std::size_t most_;
  std::uint64_t patience_;
  std::size_t count_ = 0;
  bool is_over_ = false;
};

}  // namespace detail
}  // namespace http
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_HTTP_DETAIL_STREAM_SENDER_HPP
