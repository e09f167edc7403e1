#ifndef MILLRACE_STORE_HTTP_STREAM_HPP
#define MILLRACE_STORE_HTTP_STREAM_HPP

#include <millrace/core/detail/completes.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// What makes the body of a response piece by piece: `read(piece)` appends what there is to send now, which may be
/// nothing, and returns whether there may be more later. The laws: it does not wait; one thread at a time calls it;
/// after it has returned false it is not called again.
template <class S>
concept http_stream_source = requires(S& source, std::string& piece) {
  { source.read(piece) } -> std::same_as<bool>;
};

/// How a server sends a stream.
struct http_stream_options {
  /// How long the server waits before it asks again where there was nothing to send.
  duration period = duration(50'000'000);
  /// What is sent where nothing else was for so long, so that all on the way know that the stream is alive: the default
  /// is a comment of server-sent events. An empty text or 0: nothing is.
  std::string heartbeat = ": \n\n";
  duration heartbeat_after = duration(15'000'000'000);
};

/// The body of a response that is made piece by piece while it is sent, for as long as client and server like: none,
/// or a source with its owners counted. A server asks all its streams on one thread of its own, so that a client that
/// listens for hours takes none from others.
///
///     return {200, {{"Content-Type", "text/event-stream"}}, {}, mr::store::http_stream(source)};
///
/// Threads: copies of one stream have one source, which one thread at a time asks.
class http_stream {
 public:
  http_stream() noexcept = default;
  template <http_stream_source Source>
  explicit http_stream(Source source, http_stream_options options = {})
      : node_(new node_of<Source>(std::move(source), std::move(options))) {}
  http_stream(const http_stream& other) noexcept : node_(other.node_) {
    if (node_ != nullptr) node_->owners.add_relaxed(1);
  }
  http_stream(http_stream&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  http_stream& operator=(http_stream other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~http_stream() {
    if (node_ != nullptr && node_->owners.subtract_acq_rel(1) == 1) node_->destroy(node_);
  }

  /// Whether there is one.
  explicit operator bool() const noexcept { return node_ != nullptr; }
  /// Appends what there is to send now; false: there will be nothing more, also because the source has thrown.
  /// Precondition: there is a stream.
  bool read(std::string& piece) const noexcept {
    bool goes_on = false;
    return millrace::detail::completes([&] { goes_on = node_->read(node_, piece); }) && goes_on;
  }
  const http_stream_options& options() const noexcept { return node_->options; }

 private:
  struct node {
    explicit node(http_stream_options&& asked) : options(std::move(asked)) {}
    millrace::detail::light_atomic<std::uint32_t> owners{1};
    http_stream_options options;
    bool (*read)(node*, std::string&) = nullptr;
    void (*destroy)(node*) noexcept = nullptr;
  };
  template <class Source>
  struct node_of : node {
    node_of(Source&& given, http_stream_options&& asked) : node(std::move(asked)), source(std::move(given)) {
      this->read = [](node* self, std::string& piece) { return static_cast<node_of*>(self)->source.read(piece); };
      this->destroy = [](node* self) noexcept { delete static_cast<node_of*>(self); };
    }
    Source source;
  };

  node* node_ = nullptr;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_HTTP_STREAM_HPP
