#ifndef MILLRACE_CONNECT_S3_ADDRESS_HPP
#define MILLRACE_CONNECT_S3_ADDRESS_HPP

#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/utf8.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

/// Where a bucket stands in an address.
enum class addressing : std::uint8_t {
  automatic,       // in the host for AWS' own endpoints, in the path for all others
  path,            // https://host/bucket/key
  virtual_hosted,  // https://bucket.host/key
};

/// How an endpoint names its headers, signs and conditions.
enum class dialect : std::uint8_t {
  s3,      // AWS, MinIO, Ceph and most others: `x-amz-`, AWS4-HMAC-SHA256, If-Match
  google,  // the XML API of Google Cloud Storage with HMAC keys: `x-goog-`, GOOG4-HMAC-SHA256, generations
};

/// Where a bucket is.
struct address_options {
  std::string region = "us-east-1";  // `auto` does for Google
  /// `https://host:port`; empty: AWS' of the region, or Google's.
  std::string endpoint = {};
  addressing style = addressing::automatic;
  dialect spoken = dialect::s3;
  /// Whether `http://` may lead to another machine: keys stay secret, but all on the way read and change what is sent.
  bool allows_plain = false;
};

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_low_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }

/// Why a text is no bucket's name, or null. Source: Amazon S3 user guide, "General purpose bucket naming rules"; Google
/// also takes `_`.
constexpr const char* fault_of_bucket(std::string_view name, dialect spoken) noexcept {
  if (name.size() < 3 || name.size() > 63) return "it has 3 to 63 characters";
  bool has_letter = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_digit(c) && !is_low_letter(c) && c != '-' && c != '.' && !(c == '_' && spoken == dialect::google))
      return "it has small letters, digits, `-` and `.` alone";
    if (c == '.' && i > 0 && name[i - 1] == '.') return "two dots do not follow one another";
    has_letter = has_letter || (!is_digit(c) && c != '.');
  }
  const auto may_end = [](char c) { return is_digit(c) || is_low_letter(c); };
  if (!may_end(name.front()) || !may_end(name.back())) return "it begins and ends with a letter or a digit";
  if (!has_letter) return "it is no address of numbers";
  return nullptr;
}

/// `localhost`, `127.0.0.1`, `[::1]`: what does not leave the machine.
constexpr bool is_loopback(std::string_view name) noexcept {
  if (name == "localhost" || name == "[::1]" || name.ends_with(".localhost")) return true;
  if (!name.starts_with("127.")) return false;
  std::size_t dots = 0;
  for (const char c : name) {
    if (c == '.')
      ++dots;
    else if (!is_digit(c))
      return false;
  }
  return dots == 3;
}

struct endpoint_parts {
  bool is_safe = true;  // https
  std::string name;     // without the port
  std::string port;     // with its colon; empty: the usual one
};

/// Takes `https://name:port`. No error quotes the text, in which a secret may stand by mistake.
inline result<endpoint_parts> read_endpoint(std::string_view text) {
  const auto fault = [](const char* why) {
    return error(errc::invalid_argument, std::string("the endpoint of a bucket: ") + why);
  };
  std::string low;
  for (const char c : text) low += lower_case(c);
  std::string_view rest = low;
  endpoint_parts made;
  made.is_safe = rest.starts_with("https://");
  if (!made.is_safe && !rest.starts_with("http://")) return fault("it begins with https:// or http://");
  rest.remove_prefix(made.is_safe ? 8 : 7);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t inside = rest.starts_with('[') ? rest.find(']') : 0;
  if (inside == rest.npos) return fault("its host has no end");
  const std::size_t colon = rest.find(':', inside);
  made.name = rest.substr(0, colon);
  if (made.name.empty()) return fault("it names no host");
  const bool is_v6 = made.name.front() == '[';
  for (const char c : std::string_view(made.name).substr(is_v6 ? 1 : 0, made.name.size() - (is_v6 ? 2 : 0)))
    if (!(is_low_letter(c) || is_digit(c) || c == '.' || (is_v6 ? c == ':' : c == '-' || c == '_')))
      return fault("a host is expected, such as https://s3.eu-central-1.amazonaws.com, and nothing behind it");
  if (is_v6 && made.name.back() != ']') return fault("its host has no end");
  if (colon == rest.npos) return made;
  const std::string_view port = rest.substr(colon + 1);
  if (port.empty() || port.size() > 5) return fault("its port is no number");
  for (const char c : port)
    if (!is_digit(c)) return fault("its port is no number");
  if (port != (made.is_safe ? "443" : "80")) made.port = ':' + std::string(port);
  return made;
}

}  // namespace detail

/// Whether a text can be an object's key: UTF-8 without control characters, of at most 1,024 bytes, and without parts
/// `.` and `..`, which some servers and proxies take for folders. Spaces, `+`, `%`, `?`, `#`, `:` and slashes wherever
/// they stand are characters like others. A key is what is meant and never encoded: it is encoded once, when it is
/// sent. Errors: invalid_argument, with the key and why.
inline result<void> check_object_key(std::string_view key) {
  const auto fault = [&](const char* why) {
    return error(errc::invalid_argument, "not an object's key: " + millrace::detail::quoted_text(key) + ": " + why);
  };
  if (key.empty()) return fault("it is empty");
  if (key.size() > 1024) return fault("it has more than 1,024 bytes");
  for (std::size_t i = 0; i < key.size();) {
    const auto c = static_cast<unsigned char>(key[i]);
    if (c < 0x20 || c == 0x7f) return fault("it has a control character");
    const std::size_t length = millrace::detail::utf8_sequence(key.substr(i));
    if (length == 0) return fault("it is not UTF-8");
    i += length;
  }
  for (std::string_view rest = key;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part == "." || part == "..") return fault("it has a part `.` or `..`");
    if (slash == rest.npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

/// A bucket's address: the server that a transport goes to, and where in it the objects are.
///
///     auto where = mr::connect::s3::address::make("models", {.region = "eu-central-1"});
///     auto transport = mr::connect::curl::transport::make(where->server());
///
/// Errors: invalid_argument: the bucket's name, the region or the endpoint is none; a bucket whose name has a dot
/// cannot stand in an https host, whose certificate would not be of it; permission_denied: `http://` to another
/// machine.
class address {
 public:
  static result<address> make(std::string_view bucket, const address_options& options = {}) {
    if (const char* why = detail::fault_of_bucket(bucket, options.spoken); why != nullptr)
      return error(errc::invalid_argument,
                   "not a bucket's name: " + millrace::detail::quoted_text(bucket) + ": " + why);
    for (const char c : options.region)
      if (!detail::is_low_letter(c) && !detail::is_digit(c) && c != '-')
        return error(errc::invalid_argument, "not a region: " + millrace::detail::quoted_text(options.region));
    if (options.region.empty()) return error(errc::invalid_argument, "the region of a bucket is empty");
    const bool is_own = options.endpoint.empty();
    auto found =
        detail::read_endpoint(!is_own ? options.endpoint
                              : options.spoken == dialect::google
                                  ? "https://storage.googleapis.com"
                                  : "https://s3." + options.region +
                                        (options.region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com"));
    if (!found) return std::move(found).error();
    if (!found->is_safe && !options.allows_plain && !detail::is_loopback(found->name))
      return error(errc::permission_denied,
                   "the endpoint of a bucket: all on the way would read what is sent over plain http; use https://, or "
                   "say allows_plain");
    const bool has_dot = bucket.find('.') != bucket.npos;
    const std::string_view name = found->name;
    const bool is_aws = name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
    const bool in_host =
        options.style == addressing::virtual_hosted || (options.style == addressing::automatic && !has_dot && is_aws);
    if (in_host && has_dot && found->is_safe)
      return error(errc::invalid_argument,
                   "the bucket " + millrace::detail::quoted_text(bucket) +
                       " has a dot, and no certificate is of such a host: use addressing::path");
    address made;
    made.bucket_ = bucket;
    made.region_ = options.region;
    made.spoken_ = options.spoken;
    made.host_ = (in_host ? std::string(bucket) + '.' : std::string()) + found->name + found->port;
    made.server_ = (found->is_safe ? "https://" : "http://") + made.host_;
    made.heeds_conditions_ = options.spoken == dialect::google || !name.ends_with("storage.googleapis.com");
    made.root_ = in_host ? "/" : '/' + std::string(bucket) + '/';
    return made;
  }

  /// `https://models.s3.eu-central-1.amazonaws.com`: for a transport, which goes there.
  const std::string& server() const noexcept { return server_; }
  /// The same as a request's `Host` has it.
  const std::string& host() const noexcept { return host_; }
  const std::string& bucket() const noexcept { return bucket_; }
  const std::string& region() const noexcept { return region_; }
  dialect spoken() const noexcept { return spoken_; }
  /// Whether the server heeds conditions of writes. Google does in its own dialect alone; in the other it writes all
  /// the same.
  bool heeds_conditions() const noexcept { return heeds_conditions_; }
  /// The path of an object, or of the bucket itself where the key is empty, each byte encoded once.
  std::string path_of(std::string_view key) const {
    std::string path = root_ + store::percent_encoded(key, true);
    if (key.empty() && path.size() > 1) path.pop_back();
    return path;
  }

 private:
  address() = default;

  std::string bucket_;
  std::string region_;
  std::string host_;
  std::string server_;
  std::string root_;
  dialect spoken_ = dialect::s3;
  bool heeds_conditions_ = true;
};

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_ADDRESS_HPP
