#include <millrace/connect/s3/bucket.hpp>

#include <support/catch.hpp>
#include <support/s3_fake.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using support::faked_bucket;
using support::s3_fault;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
std::string text(std::span<const std::byte> of) { return {reinterpret_cast<const char*>(of.data()), of.size()}; }

const s3::address_options google{.region = "auto", .spoken = s3::dialect::google};
const s3::address_options in_path{.endpoint = "http://127.0.0.1:9000"};

}  // namespace

TEST_CASE("s3: objects are written, read, listed and removed") {
  for (const s3::address_options& where : {s3::address_options{}, in_path, google}) {
    faked_bucket at(where);
    CHECK(at.bucket.get("a").error().code() == mr::errc::not_found);
    const auto put = at.bucket.put("a b+c%d?e:f#g&h=\xc3\xbc", bytes("one"), "text/plain");
    REQUIRE(put);
    CHECK(put->size == 3);
    CHECK_FALSE(put->version.empty());
    const auto got = at.bucket.get("a b+c%d?e:f#g&h=\xc3\xbc");
    REQUIRE(got);
    CHECK(text(got->bytes) == "one");
    CHECK(got->facts.version == put->version);
    CHECK(got->facts.sha256 == put->sha256);
    REQUIRE(at.bucket.put("empty", {}));
    CHECK(at.bucket.get("empty")->bytes.empty());
    const auto head = at.bucket.head("a b+c%d?e:f#g&h=\xc3\xbc");
    REQUIRE(head);
    CHECK(head->size == 3);
    CHECK(head->sha256 == put->sha256);
    CHECK(at.bucket.head("b").error().code() == mr::errc::not_found);
    const auto page = at.bucket.list();
    REQUIRE(page);
    REQUIRE(page->objects.size() == 2);
    CHECK(page->objects[0].key == "a b+c%d?e:f#g&h=\xc3\xbc");
    CHECK(page->objects[0].version == put->version);
    CHECK(at.bucket.remove("empty"));
    CHECK(at.bucket.remove("empty"));
    CHECK(at.bucket.list()->objects.size() == 1);
    for (const char* key : {"", "a/../b", "a\nb"}) {
      CHECK(at.bucket.get(key).error().code() == mr::errc::invalid_argument);
      CHECK(at.bucket.put(key, {}).error().code() == mr::errc::invalid_argument);
      CHECK(at.bucket.remove(key).error().code() == mr::errc::invalid_argument);
    }
  }
}

TEST_CASE("s3: a session's token goes with each request, and is seen in no error") {
  faked_bucket at({}, "session-canary");
  REQUIRE(at.bucket.put("a", bytes("x")));
  CHECK(*ms::find_header(at.fake.requests.back().headers, "x-amz-security-token") == "session-canary");
  at.way.changes = [](ms::http_response& made) {
    made = {403,
            {},
            "<Error><Code>AccessDenied</Code><Message>session-canary " + std::string(support::s3_fake::secret) + ' ' +
                support::s3_fake::key_id + "</Message></Error>"};
  };
  const auto refused = at.bucket.get("a").error().describe();
  CHECK(refused.find("AccessDenied: *** *** ***") != refused.npos);
}

TEST_CASE("s3: a list has pages, prefixes and an order") {
  faked_bucket at;
  at.fake.page = 3;
  for (const char* key : {"a", "b/1", "b/2", "b/c/1", "d", "e"}) REQUIRE(at.bucket.put(key, {}));
  for (const bool encodes : {true, false}) {
    at.fake.encodes_keys = encodes;
    std::string all;
    s3::list_query query;
    std::string next;
    std::size_t pages = 0;
    do {
      query.next = next;
      const auto page = at.bucket.list(query);
      REQUIRE(page);
      for (const auto& each : page->objects) all += each.key + ' ';
      next = page->next;
      ++pages;
    } while (!next.empty());
    CHECK(all == "a b/1 b/2 b/c/1 d e ");
    CHECK(pages == 2);
  }
  const auto folder = at.bucket.list({.delimiter = "/"});
  REQUIRE(folder);
  CHECK(folder->objects.size() == 2);
  CHECK(folder->prefixes == std::vector<std::string>{"b/"});
  CHECK(at.bucket.list({.prefix = "b/", .after = "b/1", .limit = 1})->objects.at(0).key == "b/2");
}

TEST_CASE("s3: of those who write on a condition one succeeds") {
  for (const s3::address_options& where : {s3::address_options{}, google}) {
    faked_bucket at(where);
    const auto first = at.bucket.put_new("m", bytes("1"));
    REQUIRE(first);
    const auto second = at.bucket.put_new("m", bytes("2"));
    CHECK(second.error().code() == mr::errc::conflict);
    CHECK(second.error().message() == "there is an object \"m\" already");
    const auto third = at.bucket.put_if("m", bytes("3"), first->version);
    REQUIRE(third);
    const auto fourth = at.bucket.put_if("m", bytes("4"), first->version);
    CHECK(fourth.error().code() == mr::errc::conflict);
    CHECK(fourth.error().message() == "the object \"m\" is no longer the one that was read");
    CHECK(text(at.bucket.get("m")->bytes) == "3");
    REQUIRE(at.bucket.remove("m"));
    CHECK(at.bucket.put_if("m", bytes("5"), third->version).error().code() == mr::errc::conflict);
    CHECK(at.bucket.put_if("m", bytes("6"), "")->size == 1);
    CHECK(at.bucket.put_if("m", bytes("7"), "a\r\nb").error().code() == mr::errc::invalid_argument);
  }
  faked_bucket at({.endpoint = "https://storage.googleapis.com"});
  CHECK(at.bucket.put_new("m", bytes("1")).error().code() == mr::errc::unsupported);
  CHECK(at.bucket.put("m", bytes("1")));
}

TEST_CASE("s3: requests are sent again where they may be, and never sooner than the server says") {
  faked_bucket at;
  at.meets({s3_fault::busy, s3_fault::too_many, s3_fault::unreached});
  REQUIRE(at.bucket.put("a", bytes("one")));
  CHECK(at.fake.count("PUT") == 1);
  CHECK(at.now >= 3'000'000'000U);  // Retry-After: 3
  at.meets({s3_fault::fails, s3_fault::lost_request, s3_fault::lost_response});
  CHECK(text(at.bucket.get("a")->bytes) == "one");
  at.meets({s3_fault::busy, s3_fault::busy, s3_fault::busy, s3_fault::busy});
  const auto refused = at.bucket.get("a");
  CHECK(refused.error().code() == mr::errc::unavailable);
  CHECK(refused.error().describe().find("was asked 4 times") != std::string::npos);
  CHECK(refused.error().describe().find("SlowDown") != std::string::npos);
  at.meets({s3_fault::unreached, s3_fault::unreached, s3_fault::unreached, s3_fault::unreached});
  CHECK(at.bucket.get("a").error().code() == mr::errc::unavailable);
  // Each attempt is signed anew, with one signature.
  for (const auto& each : at.fake.requests) {
    std::size_t signatures = 0;
    for (const auto& header : each.headers) signatures += header.name == "Authorization" ? 1U : 0U;
    CHECK(signatures == 1);
  }
}

TEST_CASE("s3: a conditional write whose response was lost is known again, and another's is not") {
  using enum s3_fault;
  for (const s3_fault lost : {lost_response, fails_late}) {
    for (const s3::address_options& where : {s3::address_options{}, google}) {
      faked_bucket at(where);
      at.meets({lost});
      const auto made = at.bucket.put_new("m", bytes("mine"));
      REQUIRE(made);
      CHECK(text(at.bucket.get("m")->bytes) == "mine");
      at.meets({lost});
      REQUIRE(at.bucket.put_if("m", bytes("next"), at.bucket.head("m")->version));
      // Somebody else's is there when the first attempt was lost on its way.
      faked_bucket other(where);
      REQUIRE(other.bucket.put("m", bytes("theirs")));
      other.meets({lost_request});
      CHECK(other.bucket.put_new("m", bytes("mine")).error().code() == mr::errc::conflict);
      CHECK(text(other.bucket.get("m")->bytes) == "theirs");
    }
  }
}

TEST_CASE("s3: a wrong key, a wrong region and what is no answer are errors that name it") {
  faked_bucket at;
  s3::bucket<support::s3_way, faked_bucket::retry> stranger(
      at.way, *s3::address::make("examplebucket"), support::fake_s3_credentials({}, "another"),
      faked_bucket::retry({.attempts = 1}, mr::manual_clock(at.now), mr::resilience::manual_sleeper(at.now)),
      {.wall_clock = support::s3_now});
  const auto refused = stranger.put("a", bytes("x"));
  CHECK(refused.error().code() == mr::errc::permission_denied);
  CHECK(refused.error().message().find("SignatureDoesNotMatch") != std::string::npos);
  CHECK(at.fake.objects.empty());

  at.way.changes = [](ms::http_response& made) {
    made = {301,
            {{"x-amz-bucket-region", "eu-west-1"}},
            "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>"};
  };
  const auto elsewhere = at.bucket.get("a");
  CHECK(elsewhere.error().code() == mr::errc::unsupported);
  CHECK(elsewhere.error().message() ==
        "the bucket \"examplebucket\" refuses GET /a: PermanentRedirect: elsewhere (status 301); the bucket is in the "
        "region eu-west-1");

  for (const std::string& body :
       {std::string(), std::string("<ListBucketResult><Contents>"), std::string("<html></html>"),
        std::string("<!DOCTYPE a [<!ENTITY x \"xx\">]><ListBucketResult>&x;</ListBucketResult>"),
        std::string(1'000'000, '<'), "<ListBucketResult>" + std::string(100, '\0') + "</ListBucketResult>"}) {
    at.way.changes = [&](ms::http_response& made) { made = {200, {}, body}; };
    CHECK(at.bucket.list().error().code() == mr::errc::corrupt);
  }
}

TEST_CASE("s3: an object that is not what was put is found out") {
  faked_bucket at;
  REQUIRE(at.bucket.put("a", bytes("the bytes")));
  at.way.changes = [](ms::http_response& made) { made.body.pop_back(); };
  CHECK(at.bucket.get("a").error().code() == mr::errc::truncated);
  at.way.changes = [](ms::http_response& made) { made.body[0] = 'T'; };
  const auto changed = at.bucket.get("a");
  CHECK(changed.error().code() == mr::errc::checksum_mismatch);
  CHECK(changed.error().message() == "the bytes of the object \"a\" are not those that were put");
  // A short object whose length is said to be right: the hash sees it.
  at.way.changes = nullptr;
  at.fake.objects["a"].bytes.pop_back();
  CHECK(at.bucket.get("a").error().code() == mr::errc::checksum_mismatch);
  at.way.changes = [](ms::http_response& made) { made.headers.clear(); };
  CHECK(at.bucket.head("a").error().code() == mr::errc::corrupt);
}

TEST_CASE("s3: ranges of an object, of one version") {
  for (const bool knows : {true, false}) {
    faked_bucket at;
    at.fake.knows_ranges = knows;
    const auto put = at.bucket.put("a", bytes("0123456789"));
    REQUIRE(put);
    CHECK(text(*at.bucket.get_range("a", 2, 3)) == "234");
    CHECK(text(*at.bucket.get_range("a", 8, 30)) == "89");
    CHECK(text(*at.bucket.get_range("a", 3, ~std::uint64_t{0})) == "3456789");
    CHECK(at.bucket.get_range("a", 3, 0)->empty());
    CHECK(at.bucket.get_range("a", 11, 1).error().code() == mr::errc::out_of_range);
    CHECK(text(*at.bucket.get_range("a", 0, 1, put->version)) == "0");
    REQUIRE(at.bucket.put("a", bytes("9876543210")));
    CHECK(at.bucket.get_range("a", 0, 1, put->version).error().code() == mr::errc::conflict);
  }
  faked_bucket at;
  REQUIRE(at.bucket.put("a", bytes("0123456789")));
  at.way.changes = [](ms::http_response& made) {
    for (auto& each : made.headers)
      if (each.name == "Content-Range") each.value = "bytes 3-5/10";
  };
  CHECK(at.bucket.get_range("a", 2, 3).error().code() == mr::errc::truncated);
}

TEST_CASE("s3: a large object is read piece by piece, and goes on where it broke off") {
  faked_bucket at;
  const std::string all(1000, 'x');
  const auto put = at.bucket.put("a", bytes(all + "end"));
  REQUIRE(put);
  std::string read;
  const auto take = [&](std::span<const std::byte> piece) { read += text(piece); };
  at.meets({s3_fault::none, s3_fault::lost_request, s3_fault::none, s3_fault::lost_response});
  const auto done = at.bucket.read_pieces("a", {.size = 300}, take);
  REQUIRE(done);
  CHECK(read == all + "end");
  read.clear();
  REQUIRE(at.bucket.read_pieces("a", {.size = 300, .from = 1000, .version = put->version}, take));
  CHECK(read == "end");
  const auto ended = at.bucket.read_pieces("a", {.size = 300}, [](std::span<const std::byte>) -> mr::result<void> {
    return mr::error(mr::errc::cancelled, "enough");
  });
  CHECK(ended.error().message() == "enough");
  CHECK(at.bucket.read_pieces("a", {.from = 1004}, take).error().code() == mr::errc::out_of_range);
  // It changes while it is read.
  int pieces = 0;
  const auto changed = at.bucket.read_pieces("a", {.size = 300}, [&](std::span<const std::byte>) {
    if (++pieces == 2) REQUIRE(at.bucket.put("a", bytes(std::string(1003, 'y'))));
  });
  CHECK(changed.error().code() == mr::errc::conflict);
  CHECK(pieces == 2);
  CHECK(at.bucket.read_pieces("a", {.version = put->version}, take).error().code() == mr::errc::conflict);
  // One byte is another: of the whole it is seen.
  at.fake.objects["a"].bytes[500] = 'z';
  CHECK(at.bucket.read_pieces("a", {.size = 300}, take).error().code() == mr::errc::checksum_mismatch);
}
