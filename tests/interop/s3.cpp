// A bucket over libcurl, on a server that tests/interop/s3.py has started: MILLRACE_S3_ENDPOINT, MILLRACE_S3_BUCKET and
// the variables of AWS say where. MILLRACE_S3_WRONG=yes: its secret is another, and all is refused.
#include <millrace/connect/curl.hpp>
#include <millrace/connect/s3.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/memory_storage.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using laws::bytes_of;
using laws::text_of;

namespace {

std::string variable(const char* name) {
  const char* const found = std::getenv(name);
  return found == nullptr ? "" : found;
}
s3::address where(const std::string& bucket = variable("MILLRACE_S3_BUCKET")) {
  return *s3::address::make(bucket, {.endpoint = variable("MILLRACE_S3_ENDPOINT")});
}
bool is_wrong() { return variable("MILLRACE_S3_WRONG") == "yes"; }

/// The way to the server, which breaks off behind so many requests.
struct cut_transport {
  mr::connect::curl::transport to = *mr::connect::curl::transport::make(where().server());
  std::size_t left = ~std::size_t{0};

  mr::result<ms::http_response> send(const ms::http_request& request) {
    if (left == 0) return mr::error(mr::errc::unavailable, "the cable is out");
    --left;
    return to.send(request);
  }
};
using once = mr::resilience::retry<mr::resilience::attempts<1>>;

struct real_bucket {
  cut_transport way;
  s3::bucket<cut_transport, once> bucket{way, where(), *s3::credentials::from_environment()};
};

// [upload]
/// Writes a large object; what `kept` holds of an earlier try that broke off goes on.
template <class Bucket, class Storage>
mr::result<s3::object_facts> write_large(Bucket& bucket, Storage& kept, std::string_view key,
                                         std::span<const std::byte> bytes) {
  auto ticket = ms::load_document<s3::upload_ticket>(kept, "upload");
  if (!ticket) {
    ticket = s3::begin_upload(bucket, key, bytes);
    if (!ticket) return std::move(ticket).error();
    if (auto done = ms::keep_document(kept, "upload", *ticket); !done) return std::move(done).error();
  }
  auto there = s3::finish_upload(bucket, *ticket, bytes);  // sends the parts that the server has not
  if (there) (void)kept.remove("upload");
  return there;
}
// [/upload]

}  // namespace

TEST_CASE("real S3: a wrong secret is refused") {
  if (!is_wrong()) return;
  real_bucket at;
  const auto put = at.bucket.put("a", bytes_of("x"));
  REQUIRE_FALSE(put);
  CHECK(put.error().code() == mr::errc::permission_denied);
  CHECK(put.error().describe().find(variable("AWS_SECRET_ACCESS_KEY")) == std::string::npos);
  CHECK(at.bucket.get("a").error().code() == mr::errc::permission_denied);
  CHECK(at.bucket.list().error().code() == mr::errc::permission_denied);
}

TEST_CASE("real S3: objects of any key are written, read, listed and removed") {
  if (is_wrong()) return;
  real_bucket at;
  for (const char* key : {"a", "a b", "a+b", "100%", "%2F", "x:y", "q?r", "h#i", "e&f=g", "\xc3\xbc/\xe2\x82\xac",
                          "~._-", "d/e/f", "(1)!*'", "semi;colon,comma", "at@", "$"}) {
    INFO(key);
    const auto put = at.bucket.put(key, bytes_of(key), "text/plain");
    if (!put) FAIL(put.error().describe());
    const auto got = at.bucket.get(key);
    if (!got) FAIL(got.error().describe());
    CHECK(text_of(got->bytes) == key);
    CHECK(got->facts.sha256 == put->sha256);
    CHECK(got->facts.version == put->version);
    const auto head = at.bucket.head(key);
    REQUIRE(head);
    CHECK(head->size == std::string_view(key).size());
    const auto page = at.bucket.list({.prefix = key, .limit = 2});
    if (!page) FAIL(page.error().describe());
    CHECK(page->objects.front().key == key);
    CHECK(page->objects.front().version == put->version);
    REQUIRE(at.bucket.remove(key));
    CHECK(at.bucket.get(key).error().code() == mr::errc::not_found);
    CHECK(at.bucket.head(key).error().code() == mr::errc::not_found);
  }
  s3::bucket<cut_transport, once> other(at.way, where("no-such-bucket"), *s3::credentials::from_environment());
  CHECK(other.get("a").error().code() == mr::errc::not_found);
}

TEST_CASE("real S3: pages of a list, and ranges") {
  if (is_wrong()) return;
  real_bucket at;
  for (int i = 0; i < 25; ++i) REQUIRE(at.bucket.put("p/" + std::to_string(100 + i) + " %", bytes_of("x")));
  std::string next;
  std::string before;
  std::size_t seen = 0;
  std::size_t pages = 0;
  do {
    const auto page = at.bucket.list({.prefix = "p/", .limit = 10, .next = next});
    if (!page) FAIL(page.error().describe());
    for (const auto& each : page->objects) {
      CHECK(before < each.key);
      before = each.key;
      ++seen;
    }
    next = page->next;
    ++pages;
  } while (!next.empty());
  CHECK(seen == 25);
  CHECK(pages == 3);
  CHECK(at.bucket.list({.prefix = "p/", .after = "p/120 %"})->objects.size() == 4);
  CHECK(at.bucket.list({.delimiter = "/"})->prefixes == std::vector<std::string>{"p/"});
  for (int i = 0; i < 25; ++i) REQUIRE(at.bucket.remove("p/" + std::to_string(100 + i) + " %"));

  std::string all;
  for (int i = 0; i < 100'000; ++i) all += static_cast<char>('a' + i % 26);
  const auto put = at.bucket.put("r", bytes_of(all));
  REQUIRE(put);
  CHECK(text_of(*at.bucket.get_range("r", 26, 4, put->version)) == "abcd");
  CHECK(at.bucket.get_range("r", 99'999, 50)->size() == 1);
  CHECK(at.bucket.get_range("r", 100'000, 5).error().code() == mr::errc::out_of_range);
  std::string read;
  const auto done =
      at.bucket.read_pieces("r", {.size = 30'000}, [&](std::span<const std::byte> piece) { read += text_of(piece); });
  if (!done) FAIL(done.error().describe());
  CHECK(read == all);
  REQUIRE(at.bucket.put("r", bytes_of("another")));
  CHECK(at.bucket.get_range("r", 0, 4, put->version).error().code() == mr::errc::conflict);
  REQUIRE(at.bucket.remove("r"));
}

TEST_CASE("real S3: writes on conditions") {
  if (is_wrong()) return;
  real_bucket at;
  const auto first = at.bucket.put_new("m", bytes_of("1"));
  if (!first) FAIL(first.error().describe());
  CHECK(at.bucket.put_new("m", bytes_of("2")).error().code() == mr::errc::conflict);
  const auto second = at.bucket.put_if("m", bytes_of("3"), first->version);
  if (!second) FAIL(second.error().describe());
  CHECK(at.bucket.put_if("m", bytes_of("4"), first->version).error().code() == mr::errc::conflict);
  CHECK(text_of(at.bucket.get("m")->bytes) == "3");
  REQUIRE(at.bucket.remove("m"));
  CHECK(at.bucket.put_if("m", bytes_of("5"), second->version).error().code() == mr::errc::conflict);

  s3::file_set served(at.bucket, "served");
  const std::vector<s3::new_file> files = {{"model.onnx", bytes_of("network")}, {"labels", bytes_of("yes no")}};
  const auto published = served.publish(files, 0);
  if (!published) FAIL(published.error().describe());
  CHECK(served.publish(files, 0).error().code() == mr::errc::conflict);
  CHECK(text_of(*served.read(*served.load(), "labels")) == "yes no");
  REQUIRE(served.publish({}, 1));
  CHECK(*served.remove_unused(0) == 2);
  REQUIRE(at.bucket.remove("served/manifest.json"));
}

TEST_CASE("real S3: an upload that was cut goes on, and one that is left is removed") {
  if (is_wrong()) return;
  real_bucket at;
  std::vector<std::byte> large((std::size_t{16} << 20) + 1000);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<std::byte>(i * 7 + i / 999);
  ms::memory_storage kept;
  // Begin and list of parts, and the first part; then the second is lost.
  at.way.left = 3;
  CHECK(write_large(at.bucket, kept, "large rows", large).error().code() == mr::errc::unavailable);
  CHECK(at.bucket.head("large rows").error().code() == mr::errc::unavailable);
  at.way.left = 4;  // list of parts, second part, end, head
  const auto there = write_large(at.bucket, kept, "large rows", large);
  if (!there) FAIL(there.error().describe());
  CHECK(there->size == large.size());
  at.way.left = ~std::size_t{0};
  CHECK(at.bucket.get("large rows")->bytes == large);
  REQUIRE(at.bucket.remove("large rows"));

  auto left = s3::upload<decltype(at.bucket)>::begin(at.bucket, "left behind");
  if (!left) FAIL(left.error().describe());
  REQUIRE(left->send(1, bytes_of("x")));
  CHECK(*s3::abort_uploads(at.bucket, "other", mr::duration(-1)) == 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const auto gone = s3::abort_uploads(at.bucket, "left", mr::duration(0));
  if (!gone) FAIL(gone.error().describe());
  CHECK(*gone == 1);
  CHECK(s3::upload<decltype(at.bucket)>::resume(at.bucket, "left behind", left->id()).error().code() ==
        mr::errc::not_found);
}

TEST_CASE("real S3: a bucket keeps the laws of a storage") {
  if (is_wrong()) return;
  real_bucket at;
  s3::bucket_storage files(at.bucket, {.folder = "laws"});
  laws::storage_basics(files);
  laws::storage_agrees_with_a_map(files, 43, 100);
  laws::storage_is_whole_under_threads(files, 4);
}
