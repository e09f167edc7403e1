#ifndef MILLRACE_CONNECT_CURL_HPP
#define MILLRACE_CONNECT_CURL_HPP

/// connect/curl: HTTP and HTTPS by libcurl, for whatever asks a server (store/http.hpp).
///
/// - `transport`: carries requests to one server
///
/// Needs libcurl: connect/curl.hpp is in the component `millrace::curl`.

#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/secret.hpp>

#include <curl/curl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace curl {

struct transport_options {
  /// Sent with every request as `Authorization: Bearer TOKEN`, unless the request has that header; empty: none is.
  store::secret<std::string> token = {};
  /// Whether the token may go to another machine over http://, where all on the way read it.
  bool allows_plain_token = false;
  std::string user_agent = "millrace";
  /// The proxy by which to reach the server, such as `http://proxy:3128`; empty: none, whatever the environment says.
  std::string proxy = {};
  /// A file of the certificates that are trusted, in PEM; empty: those that libcurl was built to trust.
  std::string trusted = {};
  /// How long it may take to reach the server.
  std::uint32_t connect_ms = 10'000;
  /// How long a whole exchange may take; 0: as long as bytes come.
  std::uint32_t total_ms = 300'000;
  /// How long no byte may come or go; 0: as long as `total_ms` lets it.
  std::uint32_t stall_seconds = 60;
  /// The most bytes of a response's body, and of its headers.
  std::size_t max_response = std::size_t{256} << 20;
  std::size_t max_head = std::size_t{64} << 10;
  /// How many connections that nobody uses at the moment are kept open.
  std::size_t idle_connections = 8;
};

namespace detail {

struct release_handle {
  void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
};
struct release_address {
  void operator()(CURLU* address) const noexcept { ::curl_url_cleanup(address); }
};
struct release_text {
  void operator()(char* text) const noexcept { ::curl_free(text); }
};

/// What libcurl made and `Release` takes back.
template <class T, class Release>
class released {
 public:
  explicit released(T* object) noexcept : object_(object) {}
  released(released&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  released& operator=(released&&) = delete;
  ~released() {
    if (object_ != nullptr) Release()(object_);
  }
  T* get() const noexcept { return object_; }
  T* release() noexcept { return std::exchange(object_, nullptr); }

 private:
  T* object_;
};
/// It has at most one connection.
using handle = released<CURL, release_handle>;

/// Lines of headers as libcurl takes them: a list of its own kind, in memory that is wiped, since one has the token.
class header_lines {
 public:
  void update(std::string_view name, std::string_view value) {
    std::string line;
    line.reserve(name.size() + value.size() + 2);
    line.append(name).append(value.empty() ? ";" : ": ").append(value);  // `name:` would mean: not this header
    lines_.emplace_back(std::move(line));
  }
  /// libcurl's own line of that name is not sent.
  void leave_out(std::string_view name) { lines_.emplace_back(std::string(name) + ':'); }

  /// The list, for as long as this object is not touched.
  curl_slist* list() {
    nodes_.resize(lines_.size());
    for (std::size_t i = 0; i < lines_.size(); ++i)
      nodes_[i] = {const_cast<char*>(lines_[i].expose().c_str()), i + 1 < lines_.size() ? &nodes_[i + 1] : nullptr};
    return nodes_.data();
  }

 private:
  std::vector<store::secret<std::string>> lines_;
  std::vector<curl_slist> nodes_;
};

/// Handles that nobody uses. In a child that was forked there are none, because their connections are the parent's, and
/// the child does not close them either: of two that say good-bye on one connection, one is wrong.
class idle_handles {
 public:
  explicit idle_handles(std::size_t most) noexcept : most_(most) {}
  idle_handles(const idle_handles&) = delete;
  idle_handles& operator=(const idle_handles&) = delete;
  ~idle_handles() {
    if (is_child())
      for (handle& each : idle_) static_cast<void>(each.release());
  }

  handle take() {
    if (!is_child()) {
      const millrace::detail::lock_guard locked(mutex_);
      if (!idle_.empty()) {
        handle last = std::move(idle_.back());
        idle_.pop_back();
        return last;
      }
    }
    return handle(::curl_easy_init());
  }
  void put_back(handle used) {
    if (is_child()) return;
    ::curl_easy_reset(used.get());  // what was asked is forgotten, the connection is not
    const millrace::detail::lock_guard locked(mutex_);
    if (idle_.size() < most_) idle_.push_back(std::move(used));
  }

 private:
  bool is_child() const noexcept { return ::getpid() != process_; }

  std::size_t most_;
  pid_t process_ = ::getpid();
  millrace::detail::mutex mutex_;
  std::vector<handle> idle_;
};

/// One request under way, as libcurl's callbacks see it. None of them throws, because they are called by C.
class exchange {
 public:
  exchange(std::string_view body, const transport_options& options) noexcept : rest_(body), options_(&options) {}

  static std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
    exchange& it = *static_cast<exchange*>(self);
    return it.guarded(count, [&] { it.take_header(std::string_view(bytes, count)); });
  }
  static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self) noexcept {
    exchange& it = *static_cast<exchange*>(self);
    return it.guarded(count, [&] {
      it.is_large_ = count > it.options_->max_response - it.response_.body.size();
      if (!it.is_large_) it.response_.body.append(bytes, count);
    });
  }
  static std::size_t on_read(char* to, std::size_t one, std::size_t count, void* self) noexcept {
    exchange& it = *static_cast<exchange*>(self);
    const std::size_t size = one * count < it.rest_.size() ? one * count : it.rest_.size();
    if (size != 0) std::memcpy(to, it.rest_.data(), size);
    it.rest_.remove_prefix(size);
    return size;
  }
  /// libcurl would send a body again when the connection breaks, but the server may have acted on it already.
  static int on_seek(void*, curl_off_t, int) noexcept { return CURL_SEEKFUNC_CANTSEEK; }

  bool is_large() const noexcept { return is_large_; }
  bool lacks_memory() const noexcept { return lacks_memory_; }
  store::http_response& response() noexcept { return response_; }

 private:
  template <class Use>
  std::size_t guarded(std::size_t count, const Use& use) noexcept {
    try {
      use();
    } catch (...) {
      lacks_memory_ = true;
    }
    return is_large_ || lacks_memory_ ? 0 : count;  // fewer than there are: libcurl ends the exchange
  }
  void take_header(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {  // what came before was a response like 100, which another one follows
      response_.headers.clear();
      head_ = 0;
    }
    head_ += line.size() + 2;
    is_large_ = head_ > options_->max_head;
    const std::size_t colon = line.find(':');
    if (is_large_ || colon == line.npos || colon == 0) return;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    response_.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  }

  std::string_view rest_;  // of the request's body
  const transport_options* options_;
  store::http_response response_;
  std::size_t head_ = 0;
  bool is_large_ = false;
  bool lacks_memory_ = false;
};

/// What an error of libcurl's says of the request; `reached`: bytes of it have been sent.
inline errc errc_of(CURLcode code, bool reached) noexcept {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR: return errc::unavailable;
    case CURLE_OPERATION_TIMEDOUT: return reached ? errc::timeout : errc::unavailable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return errc::not_authentic;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER: return errc::invalid_argument;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return errc::invalid_data;
    case CURLE_FILESIZE_EXCEEDED: return errc::out_of_range;
    case CURLE_OUT_OF_MEMORY: return errc::no_space;
    default: return errc::io;
  }
}

}  // namespace detail

/// Carries requests to one server over HTTP/1.1, by libcurl.
///
///     auto server = mr::connect::curl::transport::make("https://tracking.example.org", {.token = std::move(*token)});
///     auto response = server->send({.target = "/health"});
///
/// Models: store::http_transport.
/// Guarantee: asks no other host than the address says: redirects are responses, proxies those of the options alone,
/// and neither .netrc nor cookies are read. A certificate that is not trusted, or another host's, ends the exchange
/// before the request is sent. The token does not leave over plain http to another machine, and is in no error's text.
/// A request with a body, and one of a method other than GET and HEAD, is sent once; libcurl sends one of the others
/// again where an idle connection turns out to be closed.
/// Allocates: the response, at most `max_response` and `max_head` bytes of it, and what libcurl does.
/// Threads: any number; each request under way has a connection. A forked child makes its own, one for each request.
/// Errors: as of an http_transport; not_authentic: the certificate; out_of_range: the response is too large;
/// invalid_data: it is no HTTP; invalid_argument: the request cannot be sent as it is.
class transport {
 public:
  /// `server`: `http://` or `https://`, the host, its port where it is another than the usual, and a path before all
  /// targets, if there is one. Reaches for nothing yet.
  /// Errors: invalid_argument: it is no such address, or has a name or a password in it; permission_denied: the token
  /// would go over plain http; unsupported: libcurl cannot do it.
  static result<transport> make(std::string_view server, transport_options options = {}) {
    static const CURLcode begun = ::curl_global_init(CURL_GLOBAL_DEFAULT);  // once, which it asks for
    if (begun != CURLE_OK) return error(errc::unsupported, "libcurl cannot be initialised");
    auto made = millrace::detail::make_owning<state>(std::move(options));
    if (auto fine = made->set_address(server); !fine) return std::move(fine).error();
    for (const char each : made->options.token.expose())
      if (each <= ' ' || each >= 0x7f)
        return error(errc::invalid_argument, "the token for " + made->address + " has a character that none has");
    return transport(std::move(made));
  }

  /// The server's address, as it was understood.
  const std::string& address() const noexcept { return self_->address; }

  result<store::http_response> send(const store::http_request& request) const {
    if (auto fine = store::check_request(request); !fine)
      return std::move(fine).error().wrap("cannot ask " + self_->address);
    detail::handle used = self_->idle.take();
    detail::header_lines lines;
    detail::exchange under_way(request.body, self_->options);
    if (used.get() == nullptr || !self_->prepare(used.get(), request, lines, under_way))
      return error(errc::no_space, "libcurl has no memory for a request to " + self_->address);
    const CURLcode ended = ::curl_easy_perform(used.get());
    if (ended != CURLE_OK) return self_->failure(ended, used.get(), request, under_way);
    long status = 0;
    (curl_easy_getinfo)(used.get(), CURLINFO_RESPONSE_CODE, &status);
    self_->idle.put_back(std::move(used));
    under_way.response().status = static_cast<int>(status);
    return std::move(under_way.response());
  }

 private:
  struct state {
    transport_options options;
    std::string address;  // without a slash at its end
    std::string origin;   // the same without the path
    std::string path;
    detail::idle_handles idle;

    explicit state(transport_options&& asked)
        : options(std::move(asked)), address(), origin(), path(), idle(options.idle_connections) {}

    result<void> set_address(std::string_view server);
    bool prepare(CURL* handle, const store::http_request& request, detail::header_lines& lines,
                 detail::exchange& under_way) const;
    error failure(CURLcode code, CURL* handle, const store::http_request& request, detail::exchange& under_way) const;
  };

  explicit transport(millrace::detail::owning_pointer<state> made) noexcept : self_(std::move(made)) {}

  millrace::detail::owning_pointer<state> self_;
};

inline result<void> transport::state::set_address(std::string_view server) {
  const detail::released<CURLU, detail::release_address> parsed(::curl_url());
  if (parsed.get() == nullptr) return error(errc::no_space, "libcurl has no memory for an address");
  const auto get = [&](CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    ::curl_url_get(parsed.get(), which, &text, flags);
    const detail::released<char, detail::release_text> owned(text);
    return text == nullptr ? std::string() : std::string(text);
  };
  const auto wrong = [&](const char* why) {  // an address with a password is not repeated
    return error(errc::invalid_argument,
                 (server.find('@') == server.npos ? millrace::detail::quoted_text(server) : std::string("this")) +
                     " is no address of a server, such as https://host:port/path: " + why);
  };
  if (server.find('\0') != server.npos) return wrong("it has a zero");
  if (::curl_url_set(parsed.get(), CURLUPART_URL, std::string(server).c_str(), 0) != CURLUE_OK)
    return wrong("it is not put together like one");
  const std::string scheme = get(CURLUPART_SCHEME);
  const std::string host = get(CURLUPART_HOST);
  if (scheme != "http" && scheme != "https") return wrong("it begins with neither http:// nor https://");
  if (!get(CURLUPART_USER).empty() || !get(CURLUPART_PASSWORD).empty() || server.find('@') != server.npos)
    return wrong("it has a name or a password in it, which an address is not kept secret for");
  if (!get(CURLUPART_QUERY).empty() || !get(CURLUPART_FRAGMENT).empty()) return wrong("it has a query or a fragment");
  origin = scheme + "://" + host;
  if (const std::string port = get(CURLUPART_PORT); !port.empty()) (origin += ':') += port;
  path = get(CURLUPART_PATH);
  while (!path.empty() && path.back() == '/') path.pop_back();
  for (const char each : origin + path)
    if (each <= ' ' || each >= 0x7f) return wrong("it has a character that must be escaped");
  address = origin + path;
  const bool stays_here = host == "127.0.0.1" || host == "[::1]" || millrace::detail::same_but_case(host, "localhost");
  if (scheme == "http" && !stays_here && !options.token.expose().empty() && !options.allows_plain_token)
    return error(errc::permission_denied,
                 "the token would go to " + address + " over plain http, where all on the way read it: use https://");
  return {};
}

inline bool transport::state::prepare(CURL* handle, const store::http_request& request, detail::header_lines& lines,
                                      detail::exchange& under_way) const {
  bool fine = true;
  // In brackets, because libcurl has macros of these names, which look at types in ways that warn.
  const auto set = [&](CURLoption option, auto value) {
    static_assert(sizeof value == sizeof(long), "libcurl takes longs and pointers");
    fine = fine && (curl_easy_setopt)(handle, option, value) == CURLE_OK;
  };
  // The target is sent as it is: what it has in it cannot lead to another host, nor be put right.
  const std::string url = origin + '/';
  const std::string target = path + request.target;
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_REQUEST_TARGET, target.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_NOSIGNAL, 1L);  // signals are the program's
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_PROXY, options.proxy.c_str());  // an empty one also keeps libcurl from the environment's
  if (!options.proxy.empty()) {
    set(CURLOPT_HTTPPROXYTUNNEL, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  }
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (!options.trusted.empty()) set(CURLOPT_CAINFO, options.trusted.c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_ms));
  if (options.stall_seconds != 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_seconds));
  }
  set(CURLOPT_MAXCONNECTS, 1L);
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_response));

  bool has_type = false;
  bool has_authorization = false;
  for (const store::http_header& each : request.headers) {
    has_type = has_type || millrace::detail::same_but_case(each.name, "Content-Type");
    has_authorization = has_authorization || millrace::detail::same_but_case(each.name, "Authorization");
    lines.update(each.name, each.value);
  }
  if (!has_authorization && !options.token.expose().empty()) {
    const store::secret<std::string> value("Bearer " + options.token.expose());
    lines.update("Authorization", value.expose());
  }
  if (!has_type) lines.leave_out("Content-Type");
  lines.leave_out("Expect");  // which waits a second for servers that do not know it
  set(CURLOPT_HTTPHEADER, lines.list());

  const std::string& method = request.method;
  if (!request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_READFUNCTION, &detail::exchange::on_read);
    set(CURLOPT_READDATA, static_cast<void*>(&under_way));
    set(CURLOPT_SEEKFUNCTION, &detail::exchange::on_seek);
  } else if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else {
    set(CURLOPT_HTTPGET, 1L);
  }
  if (method != "HEAD") set(CURLOPT_CUSTOMREQUEST, method.c_str());
  // Without a body to seek in there is nothing that keeps libcurl from sending a request again, but a connection that
  // nobody has used.
  if (request.body.empty() && method != "GET" && method != "HEAD") set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_HEADERFUNCTION, &detail::exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&under_way));
  set(CURLOPT_WRITEFUNCTION, &detail::exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&under_way));
  return fine;
}

/// Has nothing of what libcurl says in its error buffer, which repeats what servers send.
inline error transport::state::failure(CURLcode code, CURL* handle, const store::http_request& request,
                                       detail::exchange& under_way) const {
  std::string where = request.method + ' ' + address;
  where.append(std::string_view(request.target).substr(0, request.target.find('?')).substr(0, 200));
  if (under_way.is_large() || code == CURLE_FILESIZE_EXCEEDED)
    return error(errc::out_of_range, where + ": the response is larger than " + std::to_string(options.max_response) +
                                         " bytes, or its headers than " + std::to_string(options.max_head));
  if (under_way.lacks_memory()) return error(errc::no_space, where + ": there is no memory for the response");
  long sent = 0;
  (curl_easy_getinfo)(handle, CURLINFO_REQUEST_SIZE, &sent);
  long reason = 0;
  (curl_easy_getinfo)(handle, CURLINFO_OS_ERRNO, &reason);
  std::string what = ::curl_easy_strerror(code);
  const errc kind = detail::errc_of(code, sent > 0);
  if (code == CURLE_COULDNT_CONNECT && reason != 0)
    return error(kind, where + ": " + what, store::system_error(static_cast<int>(reason), "connect to", origin));
  return error(kind, where + ": " + what);
}

}  // namespace curl
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CURL_HPP
