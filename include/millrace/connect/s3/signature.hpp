#ifndef MILLRACE_CONNECT_S3_SIGNATURE_HPP
#define MILLRACE_CONNECT_S3_SIGNATURE_HPP

#include <millrace/connect/s3/address.hpp>
#include <millrace/connect/s3/credentials.hpp>
#include <millrace/connect/s3/detail/digests.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

namespace detail {

/// `20130524T000000Z`
inline std::string basic_time(std::uint64_t unix_nanoseconds) {
  const std::string extended = to_iso8601(unix_nanoseconds);
  std::string made;
  for (const char c : extended.substr(0, 19))
    if (c != '-' && c != ':') made += c;
  return made + 'Z';
}

/// What sorts before what, by a small insertion sort: requests have a handful of headers and parameters.
template <class T, class Before>
void sort_few(std::vector<T>& all, const Before& before) {
  for (std::size_t i = 1; i < all.size(); ++i)
    for (std::size_t j = i; j > 0 && before(all[j], all[j - 1]); --j) std::swap(all[j], all[j - 1]);
}

struct query_part {
  std::string_view name;
  std::string_view value;
};

/// A target's query as it is signed: in the order of the names' bytes, and each with its `=`.
inline std::string canonical_query(std::string_view query) {
  std::vector<query_part> parts;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view each = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    if (each.empty()) continue;
    const std::size_t sign = each.find('=');
    parts.push_back({each.substr(0, sign), sign == each.npos ? std::string_view() : each.substr(sign + 1)});
  }
  sort_few(parts, [](const query_part& a, const query_part& b) {
    return a.name < b.name || (a.name == b.name && a.value < b.value);
  });
  std::string made;
  for (const query_part& each : parts) {
    if (!made.empty()) made += '&';
    ((made += each.name) += '=') += each.value;
  }
  return made;
}

/// A header's value as it is signed: without white space at its ends, and one blank for each run of blanks within.
inline std::string canonical_value(std::string_view value) {
  std::string made;
  for (const char c : value) {
    if (c != ' ' && c != '\t') {
      made += c;
    } else if (!made.empty() && made.back() != ' ') {
      made += ' ';
    }
  }
  if (!made.empty() && made.back() == ' ') made.pop_back();
  return made;
}

inline std::string low_text(std::string_view text) {
  std::string made;
  for (const char c : text) made += lower_case(c);
  return made;
}

struct signed_headers {
  std::string lines;  // `host:...\n`, in the order of the names
  std::string names;  // `host;x-amz-date`
};

inline signed_headers canonical_headers(const store::http_request& request, std::string_view host) {
  std::vector<store::http_header> all = {{"host", canonical_value(host)}};
  for (const store::http_header& each : request.headers) {
    std::string name = low_text(each.name);
    if (name != "user-agent" && name != "authorization") all.push_back({std::move(name), canonical_value(each.value)});
  }
  sort_few(all, [](const store::http_header& a, const store::http_header& b) { return a.name < b.name; });
  signed_headers made;
  for (store::http_header& each : all) {
    (((made.lines += each.name) += ':') += each.value) += '\n';
    if (!made.names.empty()) made.names += ';';
    made.names += each.name;
    const store::secret<std::string> wiped(std::move(each.value));  // one may be the session's token
  }
  return made;
}

/// `prefix` and a name: `x-amz-date`, `x-goog-date`.
inline std::string own_header(dialect spoken, std::string_view name) {
  return (spoken == dialect::google ? "x-goog-" : "x-amz-") + std::string(name);
}

}  // namespace detail

/// Signs a request: adds the headers `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token` where there is a
/// session, and `Authorization`; of Google's dialect `x-goog-...`. All headers that the request has are signed with it,
/// but User-Agent, and its body. Its target is sent as it is: what is encoded in it is encoded already.
///
/// `content`: the SHA-256 of the body. `unix_nanoseconds`: now; a server takes what is within 15 minutes of its own.
/// Guarantee: the secret key does not leave this function.
/// Source: AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)"; Google Cloud
/// Storage, "V4 signing process with your own program", which differs in names.
inline void sign(store::http_request& request, const address& where, const credentials& who,
                 const sha256_digest& content, std::uint64_t unix_nanoseconds) {
  const bool is_google = where.spoken() == dialect::google;
  const std::string time = detail::basic_time(unix_nanoseconds);
  const std::string hash = to_string(content);
  request.headers.push_back({detail::own_header(where.spoken(), "date"), time});
  request.headers.push_back({detail::own_header(where.spoken(), "content-sha256"), hash});
  if (!who.session_token().expose().empty())
    request.headers.push_back({detail::own_header(where.spoken(), "security-token"), who.session_token().expose()});

  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  detail::signed_headers headers = detail::canonical_headers(request, where.host());
  std::string canonical = request.method + '\n';
  (canonical += target.substr(0, mark)) += '\n';
  canonical += detail::canonical_query(mark == target.npos ? std::string_view() : target.substr(mark + 1)) + '\n';
  ((canonical += headers.lines) += '\n') += headers.names + '\n' + hash;

  const std::string day = time.substr(0, 8);
  const std::string_view algorithm = is_google ? "GOOG4-HMAC-SHA256" : "AWS4-HMAC-SHA256";
  const std::string_view service = is_google ? "storage" : "s3";
  const std::string_view end = is_google ? "goog4_request" : "aws4_request";
  std::string scope = day + '/' + where.region() + '/';
  ((scope += service) += '/') += end;
  std::string text(algorithm);
  text += '\n' + time + '\n' + scope + '\n' + to_string(sha256_of(detail::bytes_of(canonical)));

  const store::secret<std::string> first((is_google ? "GOOG4" : "AWS4") + who.secret_key().expose());
  sha256_digest key = detail::hmac_sha256(detail::bytes_of(first.expose()), detail::bytes_of(day));
  for (const std::string_view part : {std::string_view(where.region()), service, end})
    key = detail::hmac_sha256(detail::bytes_of(key), detail::bytes_of(part));
  const std::string signature = to_string(detail::hmac_sha256(detail::bytes_of(key), detail::bytes_of(text)));
  request.headers.push_back({"Authorization", std::string(algorithm) + " Credential=" + who.access_key_id().expose() +
                                                  '/' + scope + ", SignedHeaders=" + headers.names +
                                                  ", Signature=" + signature});
  const store::secret<sha256_digest> wiped_key(std::move(key));
  const store::secret<std::string> wiped_text(std::move(canonical));
  const store::secret<std::string> wiped_lines(std::move(headers.lines));
}

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_SIGNATURE_HPP
