#include <millrace/connect/s3/bucket_storage.hpp>

#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/registry.hpp>
#include <support/s3_fake.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using laws::bytes_of;
using laws::text_of;
using support::faked_bucket;
using support::s3_fault;
using files_of_bucket = s3::bucket_storage<faked_bucket::bucket_type>;

static_assert(ms::storage<files_of_bucket>);
static_assert(ms::creates_objects<files_of_bucket>);
static_assert(!ms::versioned_storage<files_of_bucket>);

TEST_CASE("s3: a bucket keeps the laws of a storage") {
  faked_bucket at;
  at.fake.page = 4;
  files_of_bucket files(at.bucket);
  laws::storage_laws(files, 37, 300, 10);
}

TEST_CASE("s3: a folder of a bucket keeps the laws of a storage, and leaves the rest alone") {
  faked_bucket at({.endpoint = "http://127.0.0.1:9000"});
  REQUIRE(at.bucket.put("art", bytes_of("1")));
  REQUIRE(at.bucket.put("art0", bytes_of("2")));
  REQUIRE(at.bucket.put("art//strange", bytes_of("no storage has this key")));
  files_of_bucket files(at.bucket, {.folder = "art"});
  laws::storage_laws(files, 41, 200, 5);
  CHECK(at.fake.objects.size() == 3);
  const auto too_long = files.write(std::string(200, 'k') + '/' + std::string(200, 'k') + '/' + std::string(200, 'k') +
                                        '/' + std::string(200, 'k') + '/' + std::string(219, 'k'),
                                    {});
  CHECK(too_long.error().code() == mr::errc::out_of_range);
  CHECK(files.read("b").error().describe().find("there is no object \"b\"") != std::string::npos);
}

TEST_CASE("s3: a storage writes what is large in parts, whole or not at all") {
  faked_bucket at;
  files_of_bucket files(at.bucket, {.whole_up_to = 1000, .part = 1});  // a part has 5 MiB all the same
  std::vector<std::byte> large(s3::min_part + 1000, std::byte{7});
  REQUIRE(files.write("a", large));
  CHECK(at.fake.count("POST") == 2);
  CHECK(*files.read("a") == large);
  CHECK(files.examine("a")->size == large.size());
  // One that does not end leaves what was there, and no parts.
  at.way.faults = [&](std::size_t, const ms::http_request& asked) {
    return asked.target.find("partNumber=2") == std::string::npos ? s3_fault::none : s3_fault::fails;
  };
  large[0] = std::byte{8};
  CHECK_FALSE(files.write("a", large));
  CHECK(at.fake.uploads.empty());
  CHECK(files.read("a")->front() == std::byte{7});
}

TEST_CASE("s3: a registry keeps its models' bytes in a bucket") {
  faked_bucket at;
  files_of_bucket files(at.bucket, {.folder = "artifacts"});
  ms::memory_storage records;
  auto models = mr::registry::open_registry(records, {}, mr::registry::artifacts_in(files));
  REQUIRE(models);
  const auto made = support::register_one(*models, "churn");
  REQUIRE(at.fake.objects.size() == 2);  // the bytes, and when they were put
  for (const auto& each : at.fake.objects) CHECK(each.first.starts_with("artifacts/contents/"));
  CHECK(models->verify_artifacts(made));
  for (auto& each : at.fake.objects) each.second.bytes[0] = '!';
  CHECK_FALSE(models->verify_artifacts(made));
  CHECK(models->read_artifact(made, "model.onnx").error().code() == mr::errc::checksum_mismatch);
}
