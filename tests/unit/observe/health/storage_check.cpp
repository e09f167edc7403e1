#include <millrace/observe/health/storage_check.hpp>

#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace ms = millrace::store;
using mo::health_status;

namespace {

/// A storage in memory that fails, or lies, where it is told to.
struct faulty {
  ms::memory_storage inner = ms::memory_storage();
  std::string fails_at = {};

  mr::result<void> failure(const std::string& where) const {
    if (fails_at == where) return mr::error(mr::errc::io, "no such device");
    return {};
  }
  mr::result<std::vector<std::byte>> read(std::string_view key) const {
    if (auto fine = failure("read"); !fine) return std::move(fine).error();
    auto bytes = inner.read(key);
    if (bytes && fails_at == "lie") bytes->back() ^= std::byte{1};
    if (bytes && fails_at == "cut") bytes->pop_back();
    return bytes;
  }
  mr::result<ms::storage_entry> examine(std::string_view key) const { return inner.examine(key); }
  mr::result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    if (auto fine = failure("write"); !fine) return fine;
    return inner.write(key, bytes);
  }
  mr::result<void> remove(std::string_view key) {
    if (auto fine = failure("remove"); !fine) return fine;
    return inner.remove(key);
  }
  mr::result<std::vector<ms::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) const {
    return inner.list(prefix, after, limit);
  }
};

}  // namespace

TEST_CASE("a storage that gives back what it is given is healthy, and nothing is left in it") {
  ms::memory_storage storage;
  mo::storage_check round_trip("storage", storage);
  static_assert(mo::health_check<decltype(round_trip)>);
  for (int i = 0; i < 2; ++i) {
    const auto found = round_trip.examine();
    CHECK(found.status == health_status::healthy);
    REQUIRE(found.measured.size() == 1);
    CHECK(found.measured[0].name == "round_trip");
    CHECK(found.measured[0].value >= 0);
    CHECK(storage.list("", "", 10).value().empty());
  }
  mo::storage_check slow("storage", storage, mr::duration(1));
  CHECK(slow.examine().status == health_status::degraded);
  mo::storage_check wrong("storage", storage, {}, "/no key");
  CHECK(wrong.examine().status == health_status::unhealthy);
}

TEST_CASE("a folder is checked on its disk, and one that is gone is unhealthy") {
  const support::temp_dir root;
  auto storage = ms::folder_storage::open(root / "kept");
  REQUIRE(storage);
  mo::storage_check round_trip("storage", *storage);
  CHECK(round_trip.examine().status == health_status::healthy);
  CHECK(storage->list("", "", 10).value().empty());
  std::filesystem::remove_all(root / "kept");
  const auto found = round_trip.examine();
  CHECK(found.status == health_status::unhealthy);
  CHECK(found.message.find("the storage does not write: ") == 0);
}

TEST_CASE("each way in which a storage fails is unhealthy and said") {
  const std::vector<std::pair<std::string, std::string>> ways = {
      {"write", "the storage does not write: no such device"},
      {"read", "the storage does not read: no such device"},
      {"remove", "the storage does not remove: no such device"},
      {"lie", "the storage gives back other bytes than it was given"},
      {"cut", "the storage gives back other bytes than it was given"}};
  for (const auto& [where, said] : ways) {
    faulty storage{.fails_at = where};
    mo::storage_check round_trip("storage", storage);
    const auto found = round_trip.examine();
    CHECK(found.status == health_status::unhealthy);
    CHECK(found.message == said);
    if (where != "remove") CHECK(storage.list("", "", 10).value().empty());
  }
}
