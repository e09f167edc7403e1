#include <millrace/store/storage.hpp>

#include <laws/storage.hpp>
#include <millrace/store/memory_storage.hpp>
#include <support/catch.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

struct reads_only {
  mr::result<std::vector<std::byte>> read(std::string_view) const { return mr::error(mr::errc::io, "no disk"); }
  mr::result<ms::storage_entry> examine(std::string_view) const { return mr::error(mr::errc::io, "no disk"); }
};
static_assert(ms::reads_objects<reads_only> && !ms::storage<reads_only>);
static_assert(ms::versioned_storage<ms::memory_storage>);

// [own]
/// Objects in a map, for one thread.
class map_storage {
 public:
  mr::result<std::vector<std::byte>> read(std::string_view key) const {
    if (auto fine = ms::check_storage_key(key); !fine) return fine.error();
    const auto found = objects_.find(key);
    if (found == objects_.end()) return mr::error(mr::errc::not_found, "there is no " + std::string(key));
    return found->second;
  }
  mr::result<ms::storage_entry> examine(std::string_view key) const {
    const auto bytes = read(key);
    if (!bytes) return bytes.error();
    return ms::storage_entry{std::string(key), bytes->size(), {}};
  }
  mr::result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    if (auto fine = ms::check_storage_key(key); !fine) return fine;
    objects_[std::string(key)].assign(bytes.begin(), bytes.end());
    return {};
  }
  mr::result<void> remove(std::string_view key) {
    if (auto fine = ms::check_storage_key(key); !fine) return fine;
    objects_.erase(std::string(key));
    return {};
  }
  mr::result<std::vector<ms::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) const {
    std::vector<ms::storage_entry> page;
    for (auto at = objects_.upper_bound(after); at != objects_.end() && page.size() < limit; ++at)
      if (at->first.starts_with(prefix)) page.push_back({at->first, at->second.size(), {}});
    return page;
  }

 private:
  std::map<std::string, std::vector<std::byte>, std::less<>> objects_;
};
static_assert(ms::storage<map_storage>);
// [/own]

}  // namespace

TEST_CASE("storage: one of one's own keeps the laws") {
  map_storage storage;
  laws::storage_basics(storage);
  laws::storage_agrees_with_a_map(storage, 10, 2000);
}

TEST_CASE("storage: a key is a relative path of plain parts, and what is not is refused with the reason") {
  for (const std::string& key : laws::plain_keys()) CHECK(ms::check_storage_key(key));
  for (const std::string& key : laws::refused_keys()) {
    INFO(key);
    const auto refused = ms::check_storage_key(key);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
  }
  CHECK(ms::check_storage_key("a/../b").error().message() ==
        "not a storage key: \"a/../b\": it has a part `.` or `..`");
  std::string longest(1024, 'k');
  for (std::size_t i = 200; i < 1000; i += 200) longest[i] = '/';
  CHECK(ms::check_storage_key(longest));
  CHECK_FALSE(ms::check_storage_key(longest + "k"));
}

TEST_CASE("storage: whether an object exists, or cannot be told") {
  CHECK(ms::exists(reads_only(), "a").error().code() == mr::errc::io);
  const ms::memory_storage empty;
  CHECK_FALSE(*ms::exists(empty, "a"));
  CHECK(ms::exists(empty, "a/..").error().code() == mr::errc::invalid_argument);
}

TEST_CASE("storage: a walk over more objects than a page has meets each once, though it removes them") {
  ms::memory_storage storage;
  for (int i = 0; i < 2500; ++i) REQUIRE(storage.write("n/" + std::to_string(i), laws::bytes_of("x")));
  int met = 0;
  REQUIRE(ms::for_each_object(storage, "n/", [&](const ms::storage_entry& each) {
    ++met;
    return storage.remove(each.key);
  }));
  CHECK(met == 2500);
  CHECK(storage.size() == 0);
}
