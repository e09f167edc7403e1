#ifndef MILLRACE_CONNECT_S3_OBJECT_HPP
#define MILLRACE_CONNECT_S3_OBJECT_HPP

#include <millrace/connect/s3/address.hpp>
#include <millrace/connect/s3/detail/xml_document.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/connect/s3/signature.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/http.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

/// What a server says of an object besides its bytes.
struct object_facts {
  std::string key;
  std::uint64_t size = 0;  // bytes
  /// What conditions name it by: the ETag as it was sent, with its quotes; of Google the generation. An ETag is of the
  /// bytes: the same bytes written again have the same.
  std::string version;
  std::string sha256;    // 64 digits, if this library wrote the object; a list does not say it
  std::string modified;  // as the server spells it
  std::string write_id;  // of a conditional write of this library's
};

/// An object's bytes, and what was said of them.
struct object {
  object_facts facts;
  std::vector<std::byte> bytes;
};

/// What a list is asked for.
struct list_query {
  std::string_view prefix = {};
  std::string_view after = {};      // keys greater than this one
  std::string_view delimiter = {};  // keys that have it behind the prefix come as one of `list_page::prefixes`
  std::size_t limit = 1000;         // 1 to 1000
  std::string_view next = {};       // `list_page::next` of the page before
};

/// A page of a list, in the order of the keys' bytes.
struct list_page {
  std::vector<object_facts> objects;  // key, size, version, modified
  std::vector<std::string> prefixes;
  std::string next;  // for the next page; empty: this was the last one
};

namespace detail {

inline constexpr std::string_view content_name = "meta-millrace-sha256";
inline constexpr std::string_view write_name = "meta-millrace-write";

/// Reads a number that is all of a text.
inline bool read_count(std::string_view text, std::uint64_t& value) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end && !text.empty();
}

inline std::string header_of(const store::http_response& response, std::string_view name) {
  const std::string* const found = store::find_header(response.headers, name);
  return found == nullptr ? std::string() : *found;
}

/// What headers say of an object, but its size.
inline object_facts facts_of(const store::http_response& response, std::string_view key, dialect spoken) {
  object_facts made;
  made.key = key;
  made.version = header_of(response, spoken == dialect::google ? "x-goog-generation" : "ETag");
  made.sha256 = header_of(response, own_header(spoken, content_name));
  made.write_id = header_of(response, own_header(spoken, write_name));
  made.modified = header_of(response, "Last-Modified");
  return made;
}

/// A body against what its headers say: its length and, where it is whole and ours, its SHA-256.
inline result<void> check_content(const store::http_response& response, const object_facts& facts) {
  std::uint64_t said = 0;
  const bool is_coded = store::find_header(response.headers, "Content-Encoding") != nullptr;
  if (!is_coded && read_count(header_of(response, "Content-Length"), said) && said != response.body.size())
    return error(errc::truncated, "the object " + millrace::detail::quoted_text(facts.key) + " has " +
                                      std::to_string(said) + " bytes, of which " +
                                      std::to_string(response.body.size()) + " came");
  if (response.status != 200 || facts.sha256.empty() || to_string(sha256_of(bytes_of(response.body))) == facts.sha256)
    return {};
  return error(errc::checksum_mismatch,
               "the bytes of the object " + millrace::detail::quoted_text(facts.key) + " are not those that were put");
}

/// The condition that an object still is what it was, or that there is none where the version is empty.
inline store::http_header condition(dialect spoken, std::string_view version) {
  if (spoken == dialect::google) return {"x-goog-if-generation-match", version.empty() ? "0" : std::string(version)};
  return version.empty() ? store::http_header{"If-None-Match", "*"}
                         : store::http_header{"If-Match", std::string(version)};
}

/// A version that can stand in a header.
inline result<void> check_version(std::string_view version) {
  for (const char c : version)
    if (c < 0x20 || c >= 0x7f)
      return error(errc::invalid_argument, "not an object's version: " + millrace::detail::quoted_text(version));
  return {};
}

/// Whether a root has the name of a result, `ListPartsResult`, or as moto and its kind name it, `ListPartsResponse`.
constexpr bool names_result(std::string_view name, std::string_view result) noexcept {
  if (name == result) return true;
  constexpr std::string_view usual = "Result";
  constexpr std::string_view other = "Response";
  return name.ends_with(other) && result.ends_with(usual) &&
         name.substr(0, name.size() - other.size()) == result.substr(0, result.size() - usual.size());
}

/// A response's XML, whose root has this name.
inline result<xml_document> read_xml(const std::string& body, std::string_view root, std::string_view called) {
  auto made = xml_document::parse(body, called);
  if (made && !names_result(made->root().name(), root))
    return error(errc::corrupt, std::string(called) + " is " + millrace::detail::quoted_text(made->root().name()) +
                                    " and no " + std::string(root));
  return made;
}

/// A text of a list, of which the server may say that it is encoded.
inline result<std::string> listed_text(xml_document::element element, bool is_encoded) {
  if (!is_encoded) return std::string(element.text());
  return store::percent_decoded(element.text(), true);
}

inline result<list_page> read_list(const std::string& body, const list_query& asked, dialect spoken) {
  constexpr std::string_view called = "a list of objects";
  const auto wrong = [&](const char* why) { return error(errc::corrupt, std::string(called) + ": " + why); };
  const auto xml = read_xml(body, "ListBucketResult", called);
  if (!xml) return xml.error();
  const auto root = xml->root();
  const bool is_encoded = root.text_of("EncodingType") == "url";
  list_page made;
  auto done = root.for_each("Contents", [&](xml_document::element each) -> result<void> {
    object_facts facts;
    auto key = listed_text(each.child("Key"), is_encoded);
    if (!key) return std::move(key).error();
    facts.key = *std::move(key);
    if (facts.key.empty() || !read_count(each.text_of("Size"), facts.size))
      return wrong("an object has no key or no size");
    if (!facts.key.starts_with(asked.prefix)) return wrong("an object has not the prefix");
    if (facts.key <= asked.after) return wrong("an object does not come after what was asked for");
    if (!made.objects.empty() && facts.key <= made.objects.back().key) return wrong("it is not in the order of keys");
    facts.version = each.text_of(spoken == dialect::google ? "Generation" : "ETag");
    facts.modified = each.text_of("LastModified");
    made.objects.push_back(std::move(facts));
    return {};
  });
  if (done)
    done = root.for_each("CommonPrefixes", [&](xml_document::element each) -> result<void> {
      auto prefix = listed_text(each.child("Prefix"), is_encoded);
      if (!prefix) return std::move(prefix).error();
      made.prefixes.push_back(*std::move(prefix));
      return {};
    });
  if (!done) return std::move(done).error();
  if (root.text_of("IsTruncated") == "true") {
    made.next = root.text_of("NextContinuationToken");
    if (made.next.empty()) return wrong("it goes on, and does not say where");
    if (made.next == asked.next) return wrong("a page is followed by itself");
  }
  return made;
}

}  // namespace detail
}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_OBJECT_HPP
