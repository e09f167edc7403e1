#include <millrace/connect/s3/signature.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;

namespace {

ms::secret<std::string> secret(std::string text) { return ms::secret<std::string>(std::move(text)); }
std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
std::string repeated(std::size_t count, char byte) { return std::string(count, byte); }

constexpr std::uint64_t day = 1'369'353'600'000'000'000U;  // 2013-05-24T00:00:00Z

/// Signed as in AWS' examples.
std::string signed_with(ms::http_request request, const s3::address& where, std::string session = {}) {
  const auto who = s3::credentials::make(
      secret("AKIAIOSFODNN7EXAMPLE"), secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), secret(std::move(session)));
  s3::sign(request, where, *who, mr::sha256_of(bytes(request.body)), day);
  return *ms::find_header(request.headers, "Authorization");
}
/// https://examplebucket.s3.amazonaws.com, in us-east-1, as the examples have it.
s3::address example() { return *s3::address::make("examplebucket", {.endpoint = "https://s3.amazonaws.com"}); }

}  // namespace

TEST_CASE("s3: requests have the signatures of AWS' documentation") {
  // Source: Amazon S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in a
  // Single Chunk", examples 1 to 4.
  const std::string head = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ";
  CHECK(example().host() == "examplebucket.s3.amazonaws.com");
  CHECK(signed_with({.target = "/test.txt", .headers = {{"Range", "bytes=0-9"}}}, example()) ==
        head +
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(signed_with({.method = "PUT",
                     .target = example().path_of("test$file.text"),
                     .headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                                 {"User-Agent", "is not signed"}},
                     .body = "Welcome to Amazon S3."},
                    example()) == head +
                                      "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
                                      "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  CHECK(signed_with({.target = "/?lifecycle"}, example()) ==
        head +
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  for (const char* target : {"/?max-keys=2&prefix=J", "/?prefix=J&max-keys=2", "/?&prefix=J&&max-keys=2&"})
    CHECK(signed_with({.target = target}, example()) ==
          head +
              "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
              "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("s3: what is signed has one form, whatever the form of what is sent") {
  namespace sd = s3::detail;
  CHECK(sd::canonical_query("b=2&a-b=1&a=2&a=1&uploads") == "a=1&a=2&a-b=1&b=2&uploads=");
  CHECK(sd::canonical_query("") == "");
  CHECK(sd::canonical_query("x=%2F&X=") == "X=&x=%2F");
  CHECK(sd::canonical_value("  a  b\t c ") == "a b c");
  CHECK(sd::canonical_value("   ") == "");
  const auto headers = sd::canonical_headers({.headers = {{"X-B", " 2 "}, {"User-Agent", "u"}, {"x-A", "1"}}}, "h:1");
  CHECK(headers.lines == "host:h:1\nx-a:1\nx-b:2\n");
  CHECK(headers.names == "host;x-a;x-b");
}

TEST_CASE("s3: a session's token is sent and signed, and Google's names are others") {
  const auto google = *s3::address::make("examplebucket", {.region = "auto", .spoken = s3::dialect::google});
  ms::http_request request{.target = google.path_of("a")};
  const auto who = s3::credentials::make(secret("GOOG1EXAMPLE"), secret("k"), secret("the-token"));
  s3::sign(request, google, *who, mr::sha256_of({}), day);
  REQUIRE(request.headers.size() == 4);
  CHECK(request.headers[0] == ms::http_header{"x-goog-date", "20130524T000000Z"});
  CHECK(request.headers[1].name == "x-goog-content-sha256");
  CHECK(request.headers[1].value == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(request.headers[2] == ms::http_header{"x-goog-security-token", "the-token"});
  CHECK(request.headers[3].value.starts_with(
      "GOOG4-HMAC-SHA256 Credential=GOOG1EXAMPLE/20130524/auto/storage/goog4_request, "
      "SignedHeaders=host;x-goog-content-sha256;x-goog-date;x-goog-security-token, Signature="));
  // Each part of what is signed changes the signature.
  const std::string one = signed_with({.target = "/a"}, example());
  CHECK(signed_with({.target = "/a"}, example()) == one);
  CHECK(signed_with({.target = "/b"}, example()) != one);
  CHECK(signed_with({.method = "PUT", .target = "/a"}, example()) != one);
  CHECK(signed_with({.target = "/a", .body = "x"}, example()) != one);
  CHECK(signed_with({.target = "/a"}, example(), "t") != one);
}

TEST_CASE("s3: HMAC-SHA-256 as in RFC 4231") {
  const auto hmac = [](const std::string& key, const std::string& text) {
    return to_string(s3::detail::hmac_sha256(bytes(key), bytes(text)));
  };
  CHECK(hmac(repeated(20, '\x0b'), "Hi There") == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(repeated(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac("", "") == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("s3: MD5 as in RFC 1321") {
  const auto md5 = [](std::string_view text) { return s3::detail::md5_text(bytes(text)); };
  CHECK(md5("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(md5("abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == "d174ab98d277d9f5a5611c2c9f419d9f");
  CHECK(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890") ==
        "57edf4a22be3c955ac49da2e2107b67a");
  // Lengths around the end of a block; Python 3.11's hashlib.
  CHECK(md5(repeated(55, 'a')) == "ef1772b6dff9a122358552954ad0df65");
  CHECK(md5(repeated(56, 'a')) == "3b0c8ac703f828b04c6c197006d17218");
  CHECK(md5(repeated(64, 'a')) == "014842d480b571495a4a0363793f7367");
}
