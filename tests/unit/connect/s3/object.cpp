#include <millrace/connect/s3/object.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;

namespace {

std::string contents(std::string_view key, std::string_view size = "3") {
  return "<Contents><Key>" + std::string(key) + "</Key><Size>" + std::string(size) +
         "</Size><ETag>&quot;e&quot;</ETag><Generation>7</Generation><LastModified>t</LastModified></Contents>";
}
std::string list(std::string_view inside) { return "<ListBucketResult>" + std::string(inside) + "</ListBucketResult>"; }
mr::result<s3::list_page> read(const std::string& body, const s3::list_query& asked = {}) {
  return s3::detail::read_list(body, asked, s3::dialect::s3);
}
std::string fault_of(const std::string& body, const s3::list_query& asked = {}) {
  const auto made = read(body, asked);
  if (made) return "";
  CHECK(made.error().code() == mr::errc::corrupt);
  return made.error().message();
}

}  // namespace

TEST_CASE("s3: a page of a list is read") {
  const auto made = read(list(contents("a") + contents("b&amp;c", "18446744073709551615") +
                              "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"
                              "<IsTruncated>true</IsTruncated><NextContinuationToken>n+/=</NextContinuationToken>"));
  REQUIRE(made);
  REQUIRE(made->objects.size() == 2);
  CHECK(made->objects[0].key == "a");
  CHECK(made->objects[0].size == 3);
  CHECK(made->objects[0].version == "\"e\"");
  CHECK(made->objects[0].modified == "t");
  CHECK(made->objects[1].key == "b&c");
  CHECK(made->objects[1].size == 18446744073709551615U);
  CHECK(made->prefixes == std::vector<std::string>{"d/"});
  CHECK(made->next == "n+/=");
  const auto encoded = read(list("<EncodingType>url</EncodingType>" + contents("a%20b%2Bc+d/e")));
  CHECK(encoded->objects.at(0).key == "a b+c d/e");
  CHECK(encoded->next.empty());
  CHECK(s3::detail::read_list(list(contents("a")), {}, s3::dialect::google)->objects.at(0).version == "7");
  CHECK(read(list(""))->objects.empty());
  CHECK(read("<ListBucketResponse/>")->objects.empty());
  CHECK_FALSE(read("<ListPartsResponse/>"));
  CHECK_FALSE(read("<Response/>"));
}

TEST_CASE("s3: a list that is none, or another than was asked for, is refused") {
  CHECK(fault_of("<Error/>") == "a list of objects is \"Error\" and no ListBucketResult");
  CHECK(fault_of(list(contents(""))) == "a list of objects: an object has no key or no size");
  for (const char* size : {"", "-1", "1.5", "0x1", "18446744073709551616", "1 "})
    CHECK(fault_of(list(contents("a", size))) == "a list of objects: an object has no key or no size");
  CHECK(fault_of(list(contents("b") + contents("a"))) == "a list of objects: it is not in the order of keys");
  CHECK(fault_of(list(contents("a") + contents("a"))) == "a list of objects: it is not in the order of keys");
  CHECK(fault_of(list(contents("a")), {.prefix = "b"}) == "a list of objects: an object has not the prefix");
  CHECK(fault_of(list(contents("a")), {.after = "a"}) ==
        "a list of objects: an object does not come after what was asked for");
  CHECK(fault_of(list("<IsTruncated>true</IsTruncated>")) == "a list of objects: it goes on, and does not say where");
  CHECK(fault_of(list("<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>"),
                 {.next = "n"}) == "a list of objects: a page is followed by itself");
  CHECK_FALSE(read(list("<EncodingType>url</EncodingType>" + contents("a%2"))));
  const std::string whole = list(contents("a") + contents("b"));
  for (std::size_t i = 0; i < whole.size(); ++i) CHECK_FALSE(read(whole.substr(0, i)));
  // No bit that is another makes a list with keys that are out of order.
  for (std::size_t i = 0; i < whole.size() * 8; ++i) {
    std::string changed = whole;
    changed[i / 8] = static_cast<char>(static_cast<unsigned char>(changed[i / 8]) ^ (1U << (i % 8)));
    const auto made = read(changed);
    if (made && made->objects.size() == 2) CHECK(made->objects[0].key < made->objects[1].key);
  }
}

TEST_CASE("s3: a body is compared with what is said of it") {
  using s3::detail::check_content;
  s3::object_facts facts;
  facts.key = "k";
  CHECK(check_content({200, {{"Content-Length", "3"}}, "abc"}, facts));
  CHECK(check_content({200, {}, "abc"}, facts));
  const auto shorter = check_content({200, {{"content-length", "4"}}, "abc"}, facts);
  CHECK(shorter.error().code() == mr::errc::truncated);
  CHECK(shorter.error().message() == "the object \"k\" has 4 bytes, of which 3 came");
  CHECK(check_content({200, {{"Content-Length", "2"}, {"Content-Encoding", "gzip"}}, "abc"}, facts));
  facts.sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2, of "abc"
  CHECK(check_content({200, {}, "abc"}, facts));
  CHECK(check_content({200, {}, "abd"}, facts).error().code() == mr::errc::checksum_mismatch);
  CHECK(check_content({206, {}, "ab"}, facts));
}

TEST_CASE("s3: conditions name what an object was") {
  using s3::detail::condition;
  CHECK(condition(s3::dialect::s3, "") == ms::http_header{"If-None-Match", "*"});
  CHECK(condition(s3::dialect::s3, "\"e\"") == ms::http_header{"If-Match", "\"e\""});
  CHECK(condition(s3::dialect::google, "") == ms::http_header{"x-goog-if-generation-match", "0"});
  CHECK(condition(s3::dialect::google, "12") == ms::http_header{"x-goog-if-generation-match", "12"});
  CHECK(s3::detail::check_version("\"e\""));
  CHECK_FALSE(s3::detail::check_version("\"e\"\r\nX: y"));
  const auto facts = s3::detail::facts_of({200,
                                           {{"ETag", "\"e\""},
                                            {"x-goog-generation", "5"},
                                            {"X-Amz-Meta-Millrace-Sha256", "s"},
                                            {"x-amz-meta-millrace-write", "w"},
                                            {"Last-Modified", "m"}},
                                           ""},
                                          "k", s3::dialect::s3);
  CHECK(facts.version == "\"e\"");
  CHECK(facts.sha256 == "s");
  CHECK(facts.write_id == "w");
  CHECK(facts.modified == "m");
}
