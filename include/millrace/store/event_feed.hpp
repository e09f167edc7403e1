#ifndef MILLRACE_STORE_EVENT_FEED_HPP
#define MILLRACE_STORE_EVENT_FEED_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/http_stream.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// How many clients an event_feed has, and how much of what was published they may still ask for.
struct event_feed_options {
  std::size_t max_clients = 64;
  /// The last so many events are kept, for clients that are slow, or that come again and say what they have.
  std::size_t max_events = 256;
  /// How long browsers wait before they come again once a stream has ended.
  std::uint32_t retry_milliseconds = 2000;
};

/// Appends an event as a stream of server-sent events has it. A line break in the data begins a new line of data; one
/// in the name, where there can be none, ends the name. An id of 0 is left out.
/// Source: HTML Living Standard, section 9.2.
inline void append_server_sent_event(std::string& out, std::uint64_t id, std::string_view name, std::string_view data) {
  if (id != 0) {
    out += "id: ";
    millrace::detail::append_number(out, id);
    out += '\n';
  }
  if (const std::string_view word = name.substr(0, name.find_first_of("\r\n")); !word.empty())
    ((out += "event: ") += word) += '\n';
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    ((out += "data: ") += data.substr(0, end)) += '\n';
    if (end == data.npos) break;
    data.remove_prefix(data.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
  }
  out += '\n';
}

/// Sends what is published to all who listen, as server-sent events, which browsers read without a library.
///
///     mr::store::event_feed feed;
///     feed.publish("stats", to_json(...));                     // from any thread
///     if (request.target == "/events") return feed.respond(request);
///
/// Guarantee: a client gets events in their order, each once, from the one behind its `Last-Event-ID`, or from the next
/// that is published. One that is too slow, or comes too late, misses those that are no longer kept, and is told how
/// many by an event `missed` with the number as its data. Publishing never waits for a client.
/// Allocates: the text of each event, once for all clients.
/// Threads: any number at once. Streams that are open outlive the feed, and end with it.
class event_feed {
 public:
  explicit event_feed(event_feed_options options = {}) : shared_(new shared(options)) {}
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;
  ~event_feed() {
    close();
    leave(shared_);
  }

  /// Returns the event's id: 1, 2, 3, ...; 0 if the feed is closed.
  std::uint64_t publish(std::string_view name, std::string_view data) {
    shared& self = *shared_;
    const millrace::detail::lock_guard locked(self.mutex);
    if (self.is_closed || self.events.empty()) return 0;
    const std::uint64_t id = self.last + 1;
    std::string& place = self.events[id % self.events.size()];
    place.clear();
    append_server_sent_event(place, id, name, data);
    self.last = id;
    return id;
  }
  /// The response to a client that wants to listen: 200 with a stream, or 503 where there are `max_clients` already or
  /// the feed is closed.
  http_response respond(const http_request& request) const {
    const auto after = join(find_header(request.headers, "Last-Event-ID"));
    if (!after) return {503, {{"Content-Type", "text/plain"}, {"Retry-After", "5"}}, "as many listen as may\n"};
    http_stream stream(reader(shared_, *after));
    return {200, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}, {}, std::move(stream)};
  }
  /// How many listen.
  std::size_t clients() const noexcept {
    const millrace::detail::lock_guard locked(shared_->mutex);
    return shared_->clients;
  }
  /// How many events clients have missed, all of them together.
  std::uint64_t missed() const noexcept {
    const millrace::detail::lock_guard locked(shared_->mutex);
    return shared_->missed;
  }
  /// Publishes nothing more; streams end once they have sent what there is.
  void close() noexcept {
    const millrace::detail::lock_guard locked(shared_->mutex);
    shared_->is_closed = true;
  }

 private:
  struct shared {
    explicit shared(const event_feed_options& asked) : options(asked), events(asked.max_events) {}
    event_feed_options options;
    millrace::detail::mutex mutex;
    std::vector<std::string> events;  // that of an id at its remainder
    std::uint64_t last = 0;
    std::uint64_t missed = 0;
    std::size_t clients = 0;
    std::size_t owners = 1;
    bool is_closed = false;
  };
  static void leave(shared* self) noexcept {
    self->mutex.lock();
    const bool is_last = --self->owners == 0;
    self->mutex.unlock();
    if (is_last) delete self;
  }

  /// Counts a client more, who has got the events up to the one that is returned.
  result<std::uint64_t> join(const std::string* told) const {
    shared& self = *shared_;
    const millrace::detail::lock_guard locked(self.mutex);
    if (self.is_closed || self.clients >= self.options.max_clients)
      return error(errc::unavailable, "no more may listen");
    ++self.clients;
    ++self.owners;
    if (told == nullptr) return self.last;
    std::uint64_t id = 0;
    const char* const end = told->data() + told->size();
    const auto read = std::from_chars(told->data(), end, id);
    if (read.ec != std::errc() || read.ptr != end) return self.last;
    return id <= self.last ? id : 0;  // of a feed before this one: it gets all that there is
  }

  /// One client's place in the feed.
  class reader {
   public:
    reader(shared* of, std::uint64_t after) noexcept : shared_(of), after_(after) {}
    reader(reader&& other) noexcept
        : shared_(std::exchange(other.shared_, nullptr)), after_(other.after_), has_begun_(other.has_begun_) {}
    reader& operator=(reader&&) = delete;
    ~reader() {
      if (shared_ == nullptr) return;
      shared_->mutex.lock();
      --shared_->clients;
      shared_->mutex.unlock();
      leave(shared_);
    }
    bool read(std::string& piece) {
      shared& self = *shared_;
      const millrace::detail::lock_guard locked(self.mutex);
      if (!has_begun_) {
        piece += "retry: ";
        millrace::detail::append_number(piece, self.options.retry_milliseconds);
        piece += "\n\n";
        has_begun_ = true;
      }
      if (const std::uint64_t kept = self.events.size(); self.last - after_ > kept) {
        const std::uint64_t lost = self.last - after_ - kept;
        std::string count;
        millrace::detail::append_number(count, lost);
        append_server_sent_event(piece, 0, "missed", count);
        self.missed += lost;
        after_ += lost;
      }
      const std::size_t enough = piece.size() + most_at_once;
      while (after_ < self.last && piece.size() < enough) piece += self.events[++after_ % self.events.size()];
      return !self.is_closed || after_ < self.last;
    }

   private:
    static constexpr std::size_t most_at_once = std::size_t{64} << 10;

    shared* shared_;
    std::uint64_t after_;
    bool has_begun_ = false;
  };

  shared* shared_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_EVENT_FEED_HPP
