#include <millrace/connect/s3/address.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;

namespace {

std::string server_of(std::string_view bucket, const s3::address_options& options = {}) {
  const auto made = s3::address::make(bucket, options);
  return made ? made->server() + made->path_of("k") : made.error().message();
}

}  // namespace

TEST_CASE("s3: a bucket stands in the host or in the path") {
  CHECK(server_of("models", {.region = "eu-central-1"}) == "https://models.s3.eu-central-1.amazonaws.com/k");
  CHECK(server_of("models", {.region = "cn-north-1"}) == "https://models.s3.cn-north-1.amazonaws.com.cn/k");
  CHECK(server_of("models", {.style = s3::addressing::path}) == "https://s3.us-east-1.amazonaws.com/models/k");
  CHECK(server_of("my.models") == "https://s3.us-east-1.amazonaws.com/my.models/k");
  CHECK(server_of("models", {.endpoint = "http://127.0.0.1:9000/"}) == "http://127.0.0.1:9000/models/k");
  CHECK(server_of("models", {.endpoint = "HTTPS://Minio.example:443"}) == "https://minio.example/models/k");
  CHECK(server_of("models", {.endpoint = "http://localhost:80"}) == "http://localhost/models/k");
  CHECK(server_of("models", {.endpoint = "http://[::1]:9000"}) == "http://[::1]:9000/models/k");
  CHECK(server_of("models", {.endpoint = "https://minio.example", .style = s3::addressing::virtual_hosted}) ==
        "https://models.minio.example/k");
  CHECK(server_of("models", {.endpoint = "http://minio_1:9000", .allows_plain = true}) ==
        "http://minio_1:9000/models/k");
  CHECK(server_of("my_models", {.region = "auto", .spoken = s3::dialect::google}) ==
        "https://storage.googleapis.com/my_models/k");
  const auto as_s3 = *s3::address::make("models", {.region = "auto", .endpoint = "https://storage.googleapis.com"});
  CHECK(as_s3.server() + as_s3.path_of("k") == "https://storage.googleapis.com/models/k");
  CHECK_FALSE(as_s3.heeds_conditions());
  CHECK(s3::address::make("models", {.spoken = s3::dialect::google})->heeds_conditions());
  CHECK(s3::address::make("models")->heeds_conditions());
  const auto made = *s3::address::make("models", {.endpoint = "http://127.0.0.1:9000"});
  CHECK(made.host() == "127.0.0.1:9000");
  CHECK(made.path_of("") == "/models");
  CHECK(s3::address::make("models")->path_of("") == "/");
}

TEST_CASE("s3: keys are encoded once") {
  const auto where = *s3::address::make("models");
  CHECK(where.path_of("a b+c%d?e:f#g&h=i;j,k@l/m~n.o_p-q*'()!$") ==
        "/a%20b%2Bc%25d%3Fe%3Af%23g%26h%3Di%3Bj%2Ck%40l/m~n.o_p-q%2A%27%28%29%21%24");
  CHECK(where.path_of("%2e%20") == "/%252e%2520");
  CHECK(where.path_of("\xc3\xbc/\xe2\x82\xac") == "/%C3%BC/%E2%82%AC");
  CHECK(where.path_of("/a//b/") == "//a//b/");
}

TEST_CASE("s3: keys that no object has are refused") {
  for (const char* good : {"a", "a b", "a/b", "/a", "a/", "a//b", "...", "a?b#c%", "\xc3\xbc", "..a/b.."})
    CHECK(s3::check_object_key(good));
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("a/../b"), std::string("a/."), std::string("a\0b", 3),
        std::string("a\nb"), std::string("\xff"), std::string("a\x7f"), std::string(1025, 'k')})
    CHECK(s3::check_object_key(bad).error().code() == mr::errc::invalid_argument);
  CHECK(s3::check_object_key(std::string(1024, 'k')));
}

TEST_CASE("s3: buckets, regions and endpoints that are none are refused") {
  for (const char* bad : {"ab", "Models", "a_b", "-ab", "ab-", "a..b", ".ab", "a/b", "a b", "192.168.1.1", "a?b",
                          "0123456789012345678901234567890123456789012345678901234567890123", "mod\r\nels"})
    CHECK(server_of(bad).starts_with("not a bucket's name: "));
  for (const char* bad : {"", "eu central", "EU", "eu/1", "eu\r\n"})
    CHECK(!s3::address::make("models", {.region = bad}));
  for (const char* bad :
       {"minio.example", "ftp://a", "https://", "https://u:canary@a", "https://a/p", "https://a?x",
        "https://a:", "https://a:x", "https://a:123456", "https://[::1", "https://a b", "https://a\r\nX: y"}) {
    const auto made = s3::address::make("models", {.endpoint = bad});
    INFO(bad);
    REQUIRE(!made);
    CHECK(made.error().message().starts_with("the endpoint of a bucket: "));
    CHECK(made.error().message().find("canary") == std::string::npos);
  }
  CHECK(s3::address::make("models", {.endpoint = "http://minio.example"}).error().code() ==
        mr::errc::permission_denied);
  CHECK(s3::address::make("models", {.endpoint = "http://127.0.0.1.example"}).error().code() ==
        mr::errc::permission_denied);
  CHECK(server_of("my.models", {.style = s3::addressing::virtual_hosted}) ==
        "the bucket \"my.models\" has a dot, and no certificate is of such a host: use addressing::path");
}
