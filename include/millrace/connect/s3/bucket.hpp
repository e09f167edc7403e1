#ifndef MILLRACE_CONNECT_S3_BUCKET_HPP
#define MILLRACE_CONNECT_S3_BUCKET_HPP

#include <millrace/connect/s3/address.hpp>
#include <millrace/connect/s3/api_error.hpp>
#include <millrace/connect/s3/credentials.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/connect/s3/object.hpp>
#include <millrace/connect/s3/signature.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/version.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/secret.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

/// How a bucket is asked again where nothing else is said: up to six times within two minutes.
using default_retry = resilience::retry<resilience::attempts<6>, resilience::backoff<seconds(0.2), seconds(20)>,
                                        resilience::within<seconds(120)>>;

struct bucket_options {
  /// What requests are signed by.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
  /// What names of conditional writes are made of.
  std::uint64_t (*random)() noexcept = entropy_seed;
};

/// The most bytes that one PUT takes.
inline constexpr std::uint64_t max_put = std::uint64_t{5} << 30;

namespace detail {

/// What became of a request.
struct exchanged {
  result<store::http_response> response;
  std::uint32_t attempts = 0;
  bool may_be_done = false;  // an attempt before the last one may have done what was asked
};

/// The text with stars in the place of a secret: a server may send back what it was sent.
inline std::string without(std::string text, const store::secret<std::string>& secret) {
  if (secret.expose().empty()) return text;
  for (std::size_t at = text.find(secret.expose()); at != text.npos; at = text.find(secret.expose(), at))
    text.replace(at, secret.expose().size(), "***");
  return text;
}

}  // namespace detail

/// A bucket of S3, or of what speaks as it does. Objects are read whole or in ranges, written whole, on conditions,
/// listed and removed; `upload` writes large ones part by part, and `bucket_storage` makes a storage of it.
///
///     auto where = mr::connect::s3::address::make("models", {.region = "eu-central-1"});
///     auto transport = mr::connect::curl::transport::make(where->server());     // or any other store::http_transport
///     mr::connect::s3::bucket models(*transport, *where, *mr::connect::s3::credentials::from_environment());
///     auto written = models.put_new("churn/manifest.json", bytes);              // conflict: there is one already
///
/// `Retry`: a `resilience::retry`, or a stack of wrappers with one (`mr::borrow` it to share it). A request is signed
/// anew and sent again after 429, SlowDown, 500 to 504, where the server was not reached, and where the way broke off;
/// never sooner than Retry-After says. All requests here may be repeated: a conditional write has a name of its own,
/// by which a write that was done although its response was lost is known again.
/// Guarantee: an object that this library has written is read with its SHA-256 compared, so that one which is shorter,
/// longer or another than what was put is an error; of other objects the length is. No error has a character of the
/// credentials, also where a response sends them back.
/// Allocates: the object's bytes, twice at most. Threads: any number. The transport outlives it.
/// Errors: `errc_of`'s of what the server said, which name the request; the transport's; corrupt: a response is none.
template <class Transport, class Retry = default_retry>
class bucket {
  static_assert(millrace::detail::requirement<store::http_transport<Transport>, Transport>,
                "millrace[S3-1]: a bucket is reached by an http_transport, which has send(http_request) that returns a "
                "result<http_response>");

 public:
  bucket(Transport& transport, address where, credentials who, Retry retry = Retry(), bucket_options options = {})
      : transport_(&transport),
        where_(std::move(where)),
        credentials_(std::move(who)),
        retry_(std::move(retry)),
        options_(options) {}
  bucket(const Transport&&, address, credentials, Retry = Retry(), bucket_options = {}) = delete;

  const address& where() const noexcept { return where_; }
  const bucket_options& options() const noexcept { return options_; }

  /// An object, whole. Errors: not_found; truncated, checksum_mismatch: other bytes came than were put.
  result<object> get(std::string_view key) {
    const auto response = ask(key, {.method = "GET"});
    if (!response) return response.error();
    object made{detail::facts_of(*response, key, where_.spoken()), {}};
    if (auto fine = detail::check_content(*response, made.facts); !fine) return std::move(fine).error();
    const auto bytes = detail::bytes_of(response->body);
    made.bytes.assign(bytes.begin(), bytes.end());
    made.facts.size = bytes.size();
    return made;
  }
  /// Bytes [from, from + count) of an object, fewer where it ends before; of the version, if one is given. Their
  /// SHA-256 is of no help here: `read_pieces` compares it in the end.
  /// Errors: also conflict: the object has another version by now; out_of_range: it ends before `from`.
  result<std::vector<std::byte>> get_range(std::string_view key, std::uint64_t from, std::uint64_t count,
                                           std::string_view version = {});
  /// Errors: also not_found.
  result<object_facts> head(std::string_view key) {
    const auto response = ask(key, {.method = "HEAD"});
    if (!response) return response.error();
    object_facts made = detail::facts_of(*response, key, where_.spoken());
    if (!detail::read_count(detail::header_of(*response, "Content-Length"), made.size))
      return error(errc::corrupt,
                   "the response does not say how long the object " + millrace::detail::quoted_text(key) + " is");
    return made;
  }

  /// Where reading by pieces begins.
  struct piece_options {
    std::size_t size = std::size_t{8} << 20;
    std::uint64_t from = 0;         // where an earlier reading broke off
    std::string_view version = {};  // of that reading; empty: whichever there is
  };
  /// Reads an object piece by piece and calls `use(bytes)` with each, in order: memory for one piece. A piece that
  /// breaks off is asked for again, and who has kept version and place goes on there later. Where `use` returns a
  /// `result<void>`, its error ends the reading. Returns what was read.
  /// Errors: also conflict: the object has changed meanwhile; checksum_mismatch: all pieces together, read from the
  /// first byte, are not what was put. What `use` was given is of no use then.
  template <class Use>
  result<object_facts> read_pieces(std::string_view key, const piece_options& options, Use&& use);

  /// Writes an object whole, in the place of what was there. `type`: its media type.
  /// Errors: also out_of_range: more than 5 GiB, for which there is `upload`.
  result<object_facts> put(std::string_view key, std::span<const std::byte> bytes,
                           std::string_view type = "application/octet-stream") {
    return write(key, bytes, type, nullptr);
  }
  /// The same where there is none: of all who do it at once, one succeeds. The server has to know `If-None-Match: *`,
  /// as AWS, MinIO and Ceph do. Errors: also conflict: there is one; unsupported: it is one that is known not to.
  result<object_facts> put_new(std::string_view key, std::span<const std::byte> bytes,
                               std::string_view type = "application/octet-stream") {
    const std::string_view none;
    return write(key, bytes, type, &none);
  }
  /// The same while the object has the version that the caller has read; where that is empty, none. Errors: also
  /// conflict: it has another by now, or is gone. An ETag is of the bytes: an object that was changed and changed back
  /// has its version again.
  result<object_facts> put_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version,
                              std::string_view type = "application/octet-stream") {
    return write(key, bytes, type, &version);
  }
  /// Removes an object; one that is not there is no error.
  result<void> remove(std::string_view key) {
    const auto response = ask(key, {.method = "DELETE"});
    return response || response.error().code() == errc::not_found ? result<void>() : response.error();
  }

  /// A page of the bucket's objects. Errors: also corrupt: the page is none, or another than was asked for.
  result<list_page> list(const list_query& query = {}) {
    store::http_target target{where_.path_of({}), {{"list-type", "2"}, {"encoding-type", "url"}}};
    const auto add = [&](const char* name, std::string_view value) {
      if (!value.empty()) target.query.push_back({name, std::string(value)});
    };
    add("prefix", query.prefix);
    add("start-after", query.after);
    add("delimiter", query.delimiter);
    add("max-keys", std::to_string(query.limit < 1 ? 1 : query.limit > 1000 ? 1000 : query.limit));
    add("continuation-token", query.next);
    const auto response = perform({.method = "GET", .target = target_of(target)});
    if (!response) return response.error();
    return detail::read_list(response->body, query, where_.spoken());
  }

  /// Sends a request of the API, signed, whose response is a success; others are errors. `may_fail_late`: a success
  /// whose body is an `<Error>` is an error too, after which it may be sent again.
  result<store::http_response> perform(store::http_request request, bool may_fail_late = false) {
    return settled(exchange(request, may_fail_late), request);
  }
  /// For what makes requests of its own, such as `upload`.
  detail::exchanged exchange(store::http_request& request, bool may_fail_late = false);
  result<store::http_response> settled(detail::exchanged made, const store::http_request& request) const;
  /// The target of a path that is encoded already and a query that is not.
  static std::string target_of(const store::http_target& target) {
    std::string made = target.path;
    char sign = '?';
    for (const store::http_parameter& each : target.query) {
      ((made += sign) += store::percent_encoded(each.key)) += '=';
      made += store::percent_encoded(each.value);
      sign = '&';
    }
    return made;
  }
  /// A name for a write, which no other has.
  std::string new_write_id() const {
    sha256 hash;
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t drawn = options_.random();
      hash.update(std::as_bytes(std::span(&drawn, 1)));
    }
    return to_string(hash.digest()).substr(0, 32);
  }

 private:
  /// What needs no further attempt, whether it is a response or an error.
  struct final_outcome {};

  static std::string path_of(const store::http_request& request) {
    return request.target.substr(0, request.target.find('?'));
  }
  api_error readable(api_error failed) const {
    for (std::string* each : {&failed.code, &failed.message, &failed.region, &failed.time})
      for (const store::secret<std::string>* secret :
           {&credentials_.secret_key(), &credentials_.session_token(), &credentials_.access_key_id()})
        *each = detail::without(std::move(*each), *secret);
    return failed;
  }
  result<store::http_response> ask(std::string_view key, store::http_request request) {
    if (auto fine = check_object_key(key); !fine) return std::move(fine).error();
    request.target = where_.path_of(key);
    return perform(std::move(request));
  }
  store::http_request put_request(const object_facts& of, std::span<const std::byte> bytes, std::string_view type,
                                  const std::string_view* condition) const;
  result<object_facts> write(std::string_view key, std::span<const std::byte> bytes, std::string_view type,
                             const std::string_view* condition);

  Transport* transport_;
  address where_;
  credentials credentials_;
  Retry retry_;
  bucket_options options_;
};

template <class Transport, class Retry>
detail::exchanged bucket<Transport, Retry>::exchange(store::http_request& request, bool may_fail_late) {
  const sha256_digest content = sha256_of(detail::bytes_of(request.body));
  request.headers.push_back({"User-Agent", "millrace/" MILLRACE_VERSION_STRING});
  const std::size_t own = request.headers.size();
  detail::exchanged made{store::http_response{}, 0, false};
  auto outcome = retry_([&]() -> resilience::throttled<final_outcome> {
    const bool is_first = made.attempts++ == 0;
    if (!is_first && (!made.response || made.response->status != 429)) made.may_be_done = true;
    sign(request, where_, credentials_, content, options_.wall_clock());
    made.response = transport_->send(request);
    while (request.headers.size() > own) {  // among them is the session's token
      const store::secret<std::string> wiped(std::move(request.headers.back().value));
      request.headers.pop_back();
    }
    if (!made.response) {
      const errc code = made.response.error().code();
      if (code == errc::unavailable || code == errc::io || code == errc::timeout) return made.response.error();
      return final_outcome{};
    }
    const store::http_response& response = *made.response;
    if (response.status < 300 && !may_fail_late) return final_outcome{};
    const std::string code = api_error::read(response).code;
    if (!detail::comes_again(code, response.status)) return final_outcome{};
    return {error(errc::unavailable, "status " + std::to_string(response.status)), store::retry_after(response)};
  });
  if (!outcome && made.attempts == 0) made.response = std::move(outcome).error();
  return made;
}

template <class Transport, class Retry>
result<store::http_response> bucket<Transport, Retry>::settled(detail::exchanged made,
                                                               const store::http_request& request) const {
  const auto counted = [&](error why) {
    if (made.attempts <= 1) return why;
    return std::move(why).wrap("the bucket " + millrace::detail::quoted_text(where_.bucket()) + " was asked " +
                               std::to_string(made.attempts) + " times");
  };
  if (!made.response)
    return counted(std::move(made.response)
                       .error()
                       .wrap("cannot ask the bucket " + millrace::detail::quoted_text(where_.bucket()) + ": " +
                             request.method + ' ' + path_of(request)));
  const bool is_success = made.response->status >= 200 && made.response->status < 300;
  api_error failed;
  if (!is_success || request.method == "POST") failed = readable(api_error::read(*made.response));
  if (is_success && failed.code.empty()) return std::move(made.response);
  // A success that says of itself that it is none failed on the server's side.
  const int status = is_success ? 500 : made.response->status;
  return counted(to_error(failed, request, where_.bucket(), status, options_.wall_clock()));
}

template <class Transport, class Retry>
store::http_request bucket<Transport, Retry>::put_request(const object_facts& of, std::span<const std::byte> bytes,
                                                          std::string_view type,
                                                          const std::string_view* condition) const {
  const dialect spoken = where_.spoken();
  store::http_request made{
      .method = "PUT",
      .target = where_.path_of(of.key),
      .headers = {{"Content-Type", std::string(type)}, {detail::own_header(spoken, detail::content_name), of.sha256}},
      .body = std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
  if (condition != nullptr) {
    made.headers.push_back({detail::own_header(spoken, detail::write_name), of.write_id});
    made.headers.push_back(detail::condition(spoken, *condition));
  }
  return made;
}

template <class Transport, class Retry>
result<object_facts> bucket<Transport, Retry>::write(std::string_view key, std::span<const std::byte> bytes,
                                                     std::string_view type, const std::string_view* condition) {
  if (auto fine = check_object_key(key); !fine) return std::move(fine).error();
  if (bytes.size() > max_put)
    return error(errc::out_of_range,
                 "the object " + millrace::detail::quoted_text(key) + " has more than the 5 GiB of one write");
  if (condition != nullptr) {
    if (auto fine = detail::check_version(*condition); !fine) return std::move(fine).error();
    if (!where_.heeds_conditions())
      return error(errc::unsupported, "the bucket " + millrace::detail::quoted_text(where_.bucket()) +
                                          " heeds no conditions: Google does by dialect::google alone");
  }
  object_facts made;
  made.key = key;
  made.size = bytes.size();
  made.sha256 = to_string(sha256_of(bytes));
  if (condition != nullptr) made.write_id = new_write_id();
  store::http_request request = put_request(made, bytes, type, condition);
  detail::exchanged exchanged = exchange(request);
  const bool is_refused =
      exchanged.response &&
      (exchanged.response->status == 412 || exchanged.response->status == 409 || exchanged.response->status == 404);
  if (condition != nullptr && is_refused) {
    if (exchanged.may_be_done)  // it may be our own write that is there
      if (auto there = head(key); there && there->write_id == made.write_id) return there;
    if (exchanged.response->status != 404 || !condition->empty())
      if (const api_error failed = api_error::read(*exchanged.response); failed.code != "NoSuchBucket")
        return error(errc::conflict,
                     condition->empty()
                         ? "there is an object " + millrace::detail::quoted_text(key) + " already"
                         : "the object " + millrace::detail::quoted_text(key) + " is no longer the one that was read");
  }
  const auto response = settled(std::move(exchanged), request);
  if (!response) return response.error();
  made.version = detail::facts_of(*response, key, where_.spoken()).version;
  return made;
}

template <class Transport, class Retry>
result<std::vector<std::byte>> bucket<Transport, Retry>::get_range(std::string_view key, std::uint64_t from,
                                                                   std::uint64_t count, std::string_view version) {
  if (auto fine = detail::check_version(version); !fine) return std::move(fine).error();
  if (count == 0) return std::vector<std::byte>();
  const std::uint64_t last = from > ~count + 1 ? ~std::uint64_t{0} : from + count - 1;
  const std::string range = std::to_string(from) + '-' + std::to_string(last);
  store::http_request request{.method = "GET", .headers = {{"Range", "bytes=" + range}}};
  if (!version.empty()) request.headers.push_back(detail::condition(where_.spoken(), version));
  const auto response = ask(key, std::move(request));
  if (!response) return response.error();
  const object_facts facts = detail::facts_of(*response, key, where_.spoken());
  if (auto fine = detail::check_content(*response, facts); !fine) return std::move(fine).error();
  if (!version.empty() && !facts.version.empty() && facts.version != version)
    return error(errc::conflict, "the object " + millrace::detail::quoted_text(key) + " has changed meanwhile");
  auto bytes = detail::bytes_of(response->body);
  if (response->status == 200) {  // who knows no ranges sends all
    if (from > bytes.size())
      return error(errc::out_of_range,
                   "the object " + millrace::detail::quoted_text(key) + " ends before byte " + std::to_string(from));
    bytes = bytes.subspan(static_cast<std::size_t>(from));
    if (bytes.size() > count) bytes = bytes.first(static_cast<std::size_t>(count));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
  const std::string came = detail::header_of(*response, "Content-Range");
  if (response->status != 206 || bytes.size() > count || bytes.empty() ||
      (!came.empty() &&
       !came.starts_with("bytes " + std::to_string(from) + '-' + std::to_string(from + bytes.size() - 1) + '/')))
    return error(errc::truncated,
                 "bytes " + range + " of the object " + millrace::detail::quoted_text(key) + ": other bytes came");
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

template <class Transport, class Retry>
template <class Use>
result<object_facts> bucket<Transport, Retry>::read_pieces(std::string_view key, const piece_options& options,
                                                           Use&& use) {
  auto facts = head(key);
  if (!facts) return facts;
  if (!options.version.empty() && facts->version != options.version)
    return error(errc::conflict,
                 "the object " + millrace::detail::quoted_text(key) + " is no longer the one whose reading began");
  if (options.from > facts->size)
    return error(errc::out_of_range, "the object " + millrace::detail::quoted_text(key) + " ends before byte " +
                                         std::to_string(options.from));
  const std::uint64_t step = options.size == 0 ? 1 : options.size;
  sha256 hash;
  for (std::uint64_t at = options.from; at < facts->size; at += step) {
    const std::uint64_t count = facts->size - at < step ? facts->size - at : step;
    const auto piece = get_range(key, at, count, facts->version);
    if (!piece) return piece.error();
    if (piece->size() != count)
      return error(errc::truncated, "the object " + millrace::detail::quoted_text(key) + " is said to have " +
                                        std::to_string(facts->size) + " bytes, and ends before");
    hash.update(*piece);
    const std::span<const std::byte> bytes(*piece);
    if constexpr (std::same_as<decltype(use(bytes)), result<void>>) {
      if (auto done = use(bytes); !done) return std::move(done).error();
    } else {
      use(bytes);
    }
  }
  if (options.from == 0 && !facts->sha256.empty() && to_string(hash.digest()) != facts->sha256)
    return error(errc::checksum_mismatch,
                 "the bytes of the object " + millrace::detail::quoted_text(key) + " are not those that were put");
  return facts;
}

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_BUCKET_HPP
