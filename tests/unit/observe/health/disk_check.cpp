#include <millrace/observe/health/disk_check.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
using mo::health_status;

namespace {

/// A disk as it is told.
struct told_volume {
  mr::result<mo::volume_facts> facts;
  mr::result<mo::volume_facts> operator()(const std::string&) const { return facts; }
};

mo::health_result of(const mo::volume_facts& facts, const mo::disk_thresholds& thresholds = {}) {
  return mo::disk_check("disk", "/data", thresholds, told_volume{facts}).examine();
}

}  // namespace

TEST_CASE("a disk is judged by the part that is used, to the byte") {
  CHECK(of({1000, 101, 0, 0}).status == health_status::healthy);
  CHECK(of({1000, 100, 0, 0}).status == health_status::degraded);
  CHECK(of({1000, 100, 0, 0}).message == "the disk of /data is 90 % full");
  CHECK(of({1000, 21, 0, 0}).status == health_status::degraded);
  CHECK(of({1000, 20, 0, 0}).status == health_status::unhealthy);
  CHECK(of({1000, 0, 0, 0}).status == health_status::unhealthy);
  CHECK(of({1000, 100, 0, 0}).measured.size() == 2);
  CHECK(of({1000, 100, 0, 0}).measured[0].value == 0.9);
  CHECK(of({1000, 100, 0, 0}).measured[1].value == 100);
}

TEST_CASE("a disk is judged by bytes and inodes too, and by whether it can be written to") {
  const mo::disk_thresholds bytes{.degraded_free = 600, .unhealthy_free = 500};
  CHECK(of({1000, 600, 0, 0}, bytes).status == health_status::healthy);
  CHECK(of({1000, 599, 0, 0}, bytes).status == health_status::degraded);
  CHECK(of({1000, 499, 0, 0}, bytes).status == health_status::unhealthy);
  CHECK(of({1000, 900, 100, 11}).status == health_status::healthy);
  CHECK(of({1000, 900, 100, 10}).status == health_status::degraded);
  CHECK(of({1000, 900, 100, 10}).message == "the disk of /data has used 90 % of its inodes");
  CHECK(of({1000, 900, 100, 1}).status == health_status::unhealthy);
  CHECK(of({1000, 900, 100, 1}).measured[2].name == "used_inodes");
  CHECK(of({1000, 900, 0, 0, true}).status == health_status::unhealthy);
  CHECK(of({1000, 900, 0, 0, true}, {.has_to_be_writable = false}).status == health_status::healthy);
}

TEST_CASE("facts that cannot be are no crash") {
  CHECK(of({0, 0, 0, 0}).status == health_status::healthy);  // a file system without a size, such as /proc
  CHECK(of({10, 20, 10, 20}).status == health_status::healthy);
}

TEST_CASE("the machine's disks have a size, and a path that is none is unhealthy") {
  const auto facts = mo::posix_volume()("/");
  REQUIRE(facts);
  CHECK(facts->size >= facts->free);
  CHECK(facts->size > 0);
  CHECK(facts->inodes >= facts->free_inodes);
  mo::disk_check gone("gone", "/no/such/path");
  CHECK(gone.examine().status == health_status::unhealthy);
  CHECK(gone.examine().message.find("/no/such/path") != std::string::npos);
}

TEST_CASE("a disk that is unhealthy early is so below the limit of degraded") {
  CHECK(of({1000, 500, 0, 0}, {.unhealthy_at = 0.5}).status == health_status::unhealthy);
  CHECK(of({1000, 501, 0, 0}, {.unhealthy_at = 0.5}).status == health_status::healthy);
  CHECK(of({1000, 900, 100, 50}, {.unhealthy_inodes_at = 0.5}).status == health_status::unhealthy);
}
