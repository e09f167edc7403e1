#ifndef MILLRACE_TESTS_SUPPORT_S3_FAKE_HPP
#define MILLRACE_TESTS_SUPPORT_S3_FAKE_HPP

#include <millrace/connect/s3/bucket.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;

inline std::uint64_t s3_now() noexcept { return 1'796'083'200'000'000'000U; }  // 2026-12-01T00:00:00Z

/// Stands in for a bucket of S3: refuses what is not signed as it should be, and does what the API says in memory.
/// Source: Amazon S3 API reference.
class s3_fake {
 public:
  using request = ms::http_request;
  using response = ms::http_response;

  static constexpr const char* key_id = "AKIAIOSFODNN7EXAMPLE";
  static constexpr const char* secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

  struct stored {
    std::string bytes;
    std::vector<ms::http_header> meta;
    std::string etag;
    std::uint64_t generation = 0;
  };
  struct begun {
    std::string key;
    std::vector<ms::http_header> meta;
    std::map<std::uint32_t, stored> parts;
    std::string time = "2026-12-01T00:00:00.000Z";
  };

  explicit s3_fake(s3::address where, std::string session = {})
      : where_(std::move(where)),
        who_(*s3::credentials::make(ms::secret<std::string>(std::string(key_id)),
                                    ms::secret<std::string>(std::string(secret)),
                                    ms::secret<std::string>(std::move(session)))) {}

  // How it behaves; set before requests come.
  std::size_t page = 1000;
  bool knows_ranges = true;
  bool encodes_keys = true;
  std::uint64_t min_part = std::uint64_t{5} << 20;

  mutable std::map<std::string, stored> objects;
  mutable std::map<std::string, begun> uploads;
  mutable std::vector<request> requests;

  std::size_t count(std::string_view method) const {
    std::size_t made = 0;
    for (const request& each : requests) made += each.method == method ? 1U : 0U;
    return made;
  }

  response handle(const request& asked) const {
    const std::lock_guard locked(mutex_);
    requests.push_back(asked);
    if (auto refused = refuse(asked)) return *refused;
    const auto target = ms::http_target::parse(asked.target);
    if (!target) return failure(400, "InvalidURI");
    const std::string root = where_.path_of({});
    std::string key =
        target->path.size() <= root.size() ? std::string() : target->path.substr(root == "/" ? 1 : root.size() + 1);
    const auto parameter = [&](std::string_view name) -> std::optional<std::string> {
      for (const auto& each : target->query)
        if (each.key == name) return each.value;
      return std::nullopt;
    };
    if (key.empty()) return parameter("uploads") ? list_uploads(parameter("prefix").value_or("")) : list(parameter);
    if (parameter("uploads") && asked.method == "POST") return begin(key, asked);
    if (const auto id = parameter("uploadId")) {
      const auto found = uploads.find(*id);
      if (found == uploads.end() || found->second.key != key) return failure(404, "NoSuchUpload");
      if (asked.method == "GET") return list_parts(found->second, parameter("part-number-marker").value_or("0"));
      if (asked.method == "PUT") return put_part(found->second, *parameter("partNumber"), asked);
      if (asked.method == "POST") return complete(*id, found->second, asked);
      uploads.erase(found);
      return {204, {}, ""};
    }
    if (asked.method == "PUT") return put(key, asked);
    if (asked.method == "DELETE") {
      objects.erase(key);
      return {204, {}, ""};
    }
    return get(key, asked);
  }

 private:
  bool is_google() const { return where_.spoken() == s3::dialect::google; }
  static response failure(int status, const std::string& code) {
    return {status,
            {},
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code + "</Code><Message>what " + code +
                " means</Message><RequestId>1</RequestId></Error>"};
  }
  static std::string escaped(std::string_view text) {
    std::string made;
    s3::detail::append_xml(made, text);
    return made;
  }
  static std::string header(const request& asked, std::string_view name) {
    const auto* found = ms::find_header(asked.headers, name);
    return found == nullptr ? "" : *found;
  }

  /// Signs what came once more.
  std::optional<response> refuse(const request& asked) const {
    request bare{asked.method, asked.target, {}, asked.body};
    for (const auto& each : asked.headers)
      if (each.name != "Authorization" && each.name != s3::detail::own_header(where_.spoken(), "date") &&
          each.name != s3::detail::own_header(where_.spoken(), "content-sha256") &&
          each.name != s3::detail::own_header(where_.spoken(), "security-token"))
        bare.headers.push_back(each);
    s3::sign(bare, where_, who_, millrace::sha256_of(s3::detail::bytes_of(asked.body)), s3_now());
    if (header(bare, "Authorization") != header(asked, "Authorization") || header(asked, "Authorization").empty())
      return failure(403, "SignatureDoesNotMatch");
    return std::nullopt;
  }
  std::vector<ms::http_header> meta_of(const request& asked) const {
    std::vector<ms::http_header> made;
    for (const auto& each : asked.headers)
      if (each.name.starts_with(s3::detail::own_header(where_.spoken(), "meta-")) || each.name == "Content-Type")
        made.push_back(each);
    return made;
  }
  stored store_of(const std::string& bytes, std::vector<ms::http_header> meta) const {
    return {bytes, std::move(meta), '"' + s3::detail::md5_text(s3::detail::bytes_of(bytes)) + '"', ++generation_};
  }
  /// Whether the conditions of a request hold.
  std::optional<response> unmet(const std::string& key, const request& asked) const {
    const auto found = objects.find(key);
    if (header(asked, "If-None-Match") == "*" && found != objects.end()) return failure(412, "PreconditionFailed");
    if (const std::string etag = header(asked, "If-Match"); !etag.empty()) {
      if (found == objects.end()) return failure(404, "NoSuchKey");
      if (found->second.etag != etag) return failure(412, "PreconditionFailed");
    }
    if (const std::string number = header(asked, "x-goog-if-generation-match"); !number.empty())
      if (number != std::to_string(found == objects.end() ? 0 : found->second.generation))
        return failure(412, "PreconditionFailed");
    return std::nullopt;
  }
  std::vector<ms::http_header> headers_of(const stored& of) const {
    std::vector<ms::http_header> made = of.meta;
    made.push_back({"ETag", of.etag});
    made.push_back({"Last-Modified", "Tue, 01 Dec 2026 00:00:00 GMT"});
    if (is_google()) made.push_back({"x-goog-generation", std::to_string(of.generation)});
    return made;
  }
  response put(const std::string& key, const request& asked) const {
    if (auto no = unmet(key, asked)) return *no;
    const stored& made = objects[key] = store_of(asked.body, meta_of(asked));
    return {200, headers_of(made), ""};
  }
  response get(const std::string& key, const request& asked) const {
    const auto found = objects.find(key);
    if (found == objects.end()) return asked.method == "HEAD" ? response{404, {}, ""} : failure(404, "NoSuchKey");
    if (auto no = unmet(key, asked)) return *no;
    response made{200, headers_of(found->second), found->second.bytes};
    if (const std::string range = header(asked, "Range"); !range.empty() && knows_ranges) {
      const std::size_t from = std::stoull(range.substr(6));
      const std::size_t to = std::stoull(range.substr(range.find('-') + 1));
      if (from >= made.body.size()) return failure(416, "InvalidRange");
      made.body = made.body.substr(from, to - from + 1);
      made.status = 206;
      made.headers.push_back({"Content-Range", "bytes " + std::to_string(from) + '-' +
                                                   std::to_string(from + made.body.size() - 1) + '/' +
                                                   std::to_string(found->second.bytes.size())});
    }
    made.headers.push_back({"Content-Length", std::to_string(made.body.size())});
    if (asked.method == "HEAD") made.body.clear();
    return made;
  }
  template <class Parameter>
  response list(const Parameter& parameter) const {
    const std::string prefix = parameter("prefix").value_or("");
    const std::string after = parameter("continuation-token").value_or(parameter("start-after").value_or(""));
    const std::string delimiter = parameter("delimiter").value_or("");
    std::size_t most = std::stoull(parameter("max-keys").value_or("1000"));
    if (most > page) most = page;
    const auto spelled = [&](const std::string& key) {
      return encodes_keys ? ms::percent_encoded(key, true) : escaped(key);
    };
    std::string body = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    if (encodes_keys) body += "<EncodingType>url</EncodingType>";
    std::string last;
    std::string before;
    std::size_t sent = 0;
    bool goes_on = false;
    for (const auto& [key, of] : objects) {
      if (!key.starts_with(prefix) || key <= after) continue;
      const std::size_t end = delimiter.empty() ? key.npos : key.find(delimiter, prefix.size());
      if (end != key.npos && key.substr(0, end + delimiter.size()) == before) {
        last = key;
        continue;
      }
      if (sent == most) {
        goes_on = true;
        break;
      }
      ++sent;
      last = key;
      if (end != key.npos) {
        before = key.substr(0, end + delimiter.size());
        body += "<CommonPrefixes><Prefix>" + spelled(before) + "</Prefix></CommonPrefixes>";
      } else {
        body += "<Contents><Key>" + spelled(key) + "</Key><Size>" + std::to_string(of.bytes.size()) + "</Size><ETag>" +
                escaped(of.etag) + "</ETag><Generation>" + std::to_string(of.generation) +
                "</Generation><LastModified>2026-12-01T00:00:00.000Z</LastModified></Contents>\n";
      }
    }
    body += goes_on
                ? "<IsTruncated>true</IsTruncated><NextContinuationToken>" + escaped(last) + "</NextContinuationToken>"
                : "<IsTruncated>false</IsTruncated>";
    return {200, {{"Content-Type", "application/xml"}}, body + "</ListBucketResult>"};
  }
  response begin(const std::string& key, const request& asked) const {
    const std::string id = "up+/" + std::to_string(++generation_) + "=";
    uploads[id] = {key, meta_of(asked), {}, "2026-12-01T00:00:00.000Z"};
    return {200, {}, "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>"};
  }
  response put_part(begun& into, const std::string& number, const request& asked) const {
    const stored& made = into.parts[static_cast<std::uint32_t>(std::stoul(number))] = store_of(asked.body, {});
    return {200, {{"ETag", made.etag}}, ""};
  }
  response list_parts(const begun& of, const std::string& marker) const {
    std::string body = "<ListPartsResult>";
    std::size_t sent = 0;
    std::uint32_t last = 0;
    bool goes_on = false;
    for (const auto& [number, part] : of.parts) {
      if (number <= std::stoul(marker)) continue;
      if (sent++ == page) {
        goes_on = true;
        break;
      }
      last = number;
      body += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><Size>" +
              std::to_string(part.bytes.size()) + "</Size><ETag>" + escaped(part.etag) + "</ETag></Part>";
    }
    if (goes_on)
      body +=
          "<IsTruncated>true</IsTruncated><NextPartNumberMarker>" + std::to_string(last) + "</NextPartNumberMarker>";
    return {200, {}, body + "</ListPartsResult>"};
  }
  response complete(const std::string& id, const begun& of, const request& asked) const {
    const auto xml = s3::detail::xml_document::parse(asked.body, "parts");
    if (!xml) return failure(400, "MalformedXML");
    std::string bytes;
    std::uint32_t before = 0;
    std::size_t left = of.parts.size();
    std::string wrong;
    const auto read =
        xml->root().for_each("Part", [&](s3::detail::xml_document::element each) -> millrace::result<void> {
          const auto number = static_cast<std::uint32_t>(std::stoul(std::string(each.text_of("PartNumber"))));
          const auto found = of.parts.find(number);
          if (number <= before) wrong = "InvalidPartOrder";
          before = number;
          if (found == of.parts.end() || found->second.etag != each.text_of("ETag")) {
            wrong = "InvalidPart";
          } else {
            if (--left != 0 && found->second.bytes.size() < min_part) wrong = "EntityTooSmall";
            bytes += found->second.bytes;
          }
          return {};
        });
    if (!read || !wrong.empty()) return failure(400, wrong);
    const std::string key = of.key;
    objects[key] = store_of(bytes, of.meta);
    uploads.erase(id);
    return {200,
            {},
            "<?xml version=\"1.0\"?>\n  <CompleteMultipartUploadResult><Key>" + escaped(key) +
                "</Key></CompleteMultipartUploadResult>"};
  }
  response list_uploads(const std::string& prefix) const {
    std::string body = "<ListMultipartUploadsResult><EncodingType>url</EncodingType>";
    for (const auto& [id, of] : uploads)
      if (of.key.starts_with(prefix))
        body += "<Upload><Key>" + ms::percent_encoded(of.key, true) + "</Key><UploadId>" + id +
                "</UploadId><Initiated>" + of.time + "</Initiated></Upload>";
    return {200, {}, body + "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"};
  }

  mutable std::mutex mutex_;
  mutable std::uint64_t generation_ = 100;
  s3::address where_;
  s3::credentials who_;
};

/// What happens to a request on its way.
enum class s3_fault {
  none,
  unreached,      // the server has nothing of it
  lost_request,   // the way breaks off before the server has it
  lost_response,  // and after it has done it
  busy,           // 503 SlowDown
  too_many,       // 429
  fails,          // 500 before anything is done
  fails_late,     // 500 though it is done
  late_error,     // 200 with an error in it, and nothing done
};

/// The way to a fake, with a fault for each request by its number.
struct s3_way {
  const s3_fake& fake;
  std::function<s3_fault(std::size_t, const ms::http_request&)> faults = {};
  std::function<void(ms::http_response&)> changes = {};
  std::size_t sent = 0;

  millrace::result<ms::http_response> send(const ms::http_request& request) {
    using millrace::errc;
    using millrace::error;
    static const auto said = [](const char* code) {
      return std::string("<Error><Code>") + code + "</Code><Message>later</Message></Error>";
    };
    switch (faults ? faults(sent++, request) : s3_fault::none) {
      case s3_fault::unreached: return error(errc::unavailable, "nobody is there");
      case s3_fault::lost_request: return error(errc::io, "the way broke off");
      case s3_fault::busy: return ms::http_response{503, {{"Retry-After", "3"}}, said("SlowDown")};
      case s3_fault::too_many: return ms::http_response{429, {}, said("TooManyRequests")};
      case s3_fault::fails: return ms::http_response{500, {}, said("InternalError")};
      case s3_fault::late_error: return ms::http_response{200, {}, "\n\n" + said("InternalError")};
      case s3_fault::lost_response: static_cast<void>(fake.handle(request)); return error(errc::timeout, "too slow");
      case s3_fault::fails_late: static_cast<void>(fake.handle(request)); return ms::http_response{500, {}, ""};
      case s3_fault::none: break;
    }
    ms::http_response made = fake.handle(request);
    if (changes) changes(made);
    return made;
  }
};

inline s3::credentials fake_s3_credentials(std::string session = {}, std::string secret = s3_fake::secret) {
  return *s3::credentials::make(ms::secret<std::string>(std::string(s3_fake::key_id)),
                                ms::secret<std::string>(std::move(secret)),
                                ms::secret<std::string>(std::move(session)));
}

/// A fake and a bucket on it, which waits by a time of its own.
struct faked_bucket {
  using retry = millrace::resilience::retry<millrace::resilience::retry_options, millrace::manual_clock,
                                            millrace::resilience::manual_sleeper>;
  using bucket_type = s3::bucket<s3_way, retry>;

  explicit faked_bucket(s3::address_options options = {}, std::string session = {})
      : fake(*s3::address::make("examplebucket", options), session),
        bucket(way, *s3::address::make("examplebucket", options), fake_s3_credentials(session),
               retry{millrace::resilience::retry_options{.attempts = 4,
                                                         .base = millrace::duration(100'000'000),
                                                         .cap = millrace::duration(60'000'000'000),
                                                         .draw = millrace::resilience::jitter::none},
                     millrace::manual_clock(now), millrace::resilience::manual_sleeper(now)},
               {.wall_clock = s3_now}) {}
  faked_bucket(const faked_bucket&) = delete;

  /// The nth requests of now on meet these faults.
  void meets(std::vector<s3_fault> faults) {
    way.sent = 0;
    way.faults = [all = std::move(faults)](std::size_t i, const ms::http_request&) {
      return i < all.size() ? all[i] : s3_fault::none;
    };
  }

  std::uint64_t now = 0;
  s3_fake fake;
  s3_way way{fake};
  bucket_type bucket;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_S3_FAKE_HPP
