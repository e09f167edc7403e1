#ifndef MILLRACE_CONNECT_S3_API_ERROR_HPP
#define MILLRACE_CONNECT_S3_API_ERROR_HPP

#include <millrace/connect/s3/detail/xml_document.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/http.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

/// What a response says went wrong.
struct api_error {
  std::string code;     // `NoSuchKey`; empty if the response has none, as one to HEAD
  std::string message;  // for people; may be empty
  std::string region;   // where the bucket is, if the response says that it is elsewhere
  std::string time;     // the server's clock, as the response spells it; may be empty

  /// Reads `<Error>` of a body, and what headers say.
  static api_error read(const store::http_response& response) {
    api_error made;
    if (const auto xml = detail::xml_document::parse(response.body, "an error"); xml && xml->root().name() == "Error") {
      made.code = xml->root().text_of("Code").substr(0, 100);
      made.message = xml->root().text_of("Message").substr(0, 1000);
      made.region = xml->root().text_of("Region").substr(0, 100);
      made.time = xml->root().text_of("ServerTime").substr(0, 100);
    }
    if (const std::string* told = store::find_header(response.headers, "x-amz-bucket-region");
        made.region.empty() && told)
      made.region = told->substr(0, 100);
    if (const std::string* told = store::find_header(response.headers, "Date"); made.time.empty() && told)
      made.time = told->substr(0, 100);
    return made;
  }
};

/// What kind of failure an error is: by its code, where that is known, otherwise by the response's status.
/// Source: Amazon S3 API reference, "Error responses"; Google Cloud Storage, "XML API: HTTP status and error codes".
constexpr errc errc_of(std::string_view code, int status) noexcept {
  struct known {
    std::string_view code;
    errc kind;
  };
  constexpr known all[] = {
      {"NoSuchKey", errc::not_found},
      {"NoSuchBucket", errc::not_found},
      {"NoSuchUpload", errc::not_found},
      {"NoSuchVersion", errc::not_found},
      {"AccessDenied", errc::permission_denied},
      {"InvalidAccessKeyId", errc::permission_denied},
      {"SignatureDoesNotMatch", errc::permission_denied},
      {"RequestTimeTooSkewed", errc::permission_denied},
      {"ExpiredToken", errc::permission_denied},
      {"InvalidToken", errc::permission_denied},
      {"PreconditionFailed", errc::conflict},
      {"ConditionalRequestConflict", errc::conflict},
      {"OperationAborted", errc::conflict},
      {"SlowDown", errc::unavailable},
      {"ServiceUnavailable", errc::unavailable},
      {"TooManyRequests", errc::unavailable},
      {"InternalError", errc::io},
      {"RequestTimeout", errc::timeout},
      {"BadDigest", errc::checksum_mismatch},
      {"XAmzContentSHA256Mismatch", errc::checksum_mismatch},
      {"IncompleteBody", errc::truncated},
      {"EntityTooLarge", errc::out_of_range},
      {"InvalidRange", errc::out_of_range},
      {"EntityTooSmall", errc::invalid_argument},
      {"InvalidPart", errc::invalid_argument},
      {"InvalidPartOrder", errc::invalid_argument},
      {"InvalidObjectState", errc::unsupported},
      {"NotImplemented", errc::unsupported},
      {"PermanentRedirect", errc::unsupported},
      {"QuotaExceeded", errc::no_space},
  };
  for (const known& each : all)
    if (each.code == code) return each.kind;
  return status == 416 ? errc::out_of_range : store::errc_of_status(status);
}

namespace detail {

/// Whether the same request may succeed a moment later.
constexpr bool comes_again(std::string_view code, int status) noexcept {
  if (status == 429 || status == 500 || status == 502 || status == 503 || status == 504) return true;
  return code == "SlowDown" || code == "InternalError" || code == "RequestTimeout" || code == "BadDigest" ||
         code == "IncompleteBody" || code == "XAmzContentSHA256Mismatch" || code == "ConditionalRequestConflict" ||
         code == "OperationAborted";
}

}  // namespace detail

/// The response as an error of this library: `the bucket "models" refuses PUT /a: AccessDenied: ... (status 403)`.
/// `unix_nanoseconds`: when the request was signed.
/// Precondition: it is none of success.
inline error to_error(const api_error& failed, const store::http_request& request, std::string_view bucket, int status,
                      std::uint64_t unix_nanoseconds) {
  const std::string_view target = request.target;
  std::string text = "the bucket " + millrace::detail::quoted_text(bucket) + " refuses " + request.method + ' ';
  text += target.substr(0, target.find('?'));
  if (!failed.code.empty()) text += ": " + failed.code;
  if (!failed.message.empty()) text += ": " + failed.message;
  text += " (status " + std::to_string(status) + ')';
  if (failed.code == "RequestTimeTooSkewed")
    text += "; the clock here is at " + to_iso8601(unix_nanoseconds).substr(0, 19) + "Z, the server's at " +
            (failed.time.empty() ? "another time" : failed.time) + ": set the clock of this machine";
  if (!failed.region.empty() && (status == 301 || status == 307 || status == 400))
    text += "; the bucket is in the region " + failed.region;
  else if (status >= 300 && status < 400)
    text += ", which sends elsewhere: are region and endpoint the bucket's?";
  return error(errc_of(failed.code, status), std::move(text));
}

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_API_ERROR_HPP
