#include <millrace/store/content_storage.hpp>

#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
using laws::bytes_of;
using laws::text_of;

namespace {

std::uint64_t now = 1'000'000;
std::uint64_t test_clock() noexcept { return now; }
constexpr auto none_is_used = [](const ms::content_id&) -> mr::result<bool> { return false; };

}  // namespace

TEST_CASE("content_storage keeps the same bytes once, under their SHA-256") {
  ms::memory_storage storage;
  ms::content_storage contents(storage);
  const auto id = contents.put(bytes_of("abc"));
  REQUIRE(id);
  // NIST FIPS 180-2, appendix B.1.
  CHECK(to_string(*id) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(contents.key_of(*id) == "contents/bytes/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(*contents.put(bytes_of("abc")) == *id);
  CHECK(storage.list("contents/bytes/", "", 9)->size() == 1);
  CHECK(text_of(*contents.get(*id)) == "abc");
  CHECK(*contents.exists(*id));
  CHECK(*contents.size(*id) == 3);
  CHECK(*ms::parse_content_id(to_string(*id)) == *id);

  const ms::content_id other = mr::sha256_of(bytes_of("abd"));
  CHECK_FALSE(*contents.exists(other));
  CHECK(contents.get(other).error().code() == mr::errc::not_found);
  CHECK(contents.size(other).error().code() == mr::errc::not_found);
}

TEST_CASE("content_storage: bytes that others changed are an error, and a put of the right ones mends a cut") {
  ms::memory_storage storage;
  ms::content_storage contents(storage);
  const auto id = *contents.put(bytes_of("model"));
  REQUIRE(storage.write(contents.key_of(id), bytes_of("mode")));
  CHECK(contents.get(id).error().code() == mr::errc::checksum_mismatch);
  REQUIRE(contents.put(bytes_of("model")));
  CHECK(text_of(*contents.get(id)) == "model");
}

TEST_CASE("content_storage puts files, and names one that is not there") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder / "objects");
  REQUIRE(storage);
  ms::content_storage contents(*storage, {.folder = "a/b"});
  REQUIRE(ms::write_file(folder / "in", bytes_of("bytes of a file")));
  const auto id = contents.put_file(folder / "in");
  REQUIRE(id);
  CHECK(text_of(*contents.get(*id)) == "bytes of a file");
  CHECK(contents.put_file(folder / "nothing").error().code() == mr::errc::not_found);
  CHECK(contents.put(bytes_of("")).has_value());
}

TEST_CASE("content_storage walks over contents in order, and passes over what is none") {
  ms::memory_storage storage;
  ms::content_storage contents(storage);
  for (int i = 0; i < 50; ++i) REQUIRE(contents.put(bytes_of(std::to_string(i))));
  for (const char* key : {"contents/bytes/ba", "contents/bytes/zz/1", "contents/bytes/0"})
    REQUIRE(storage.write(key, bytes_of("x")));
  std::vector<std::string> seen;
  REQUIRE(contents.for_each([&](const ms::content_id& id, std::uint64_t size) {
    CHECK(size == contents.get(id)->size());
    seen.push_back(to_string(id));
  }));
  CHECK(seen.size() == 50);
  for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i - 1] < seen[i]);
  const auto ended = contents.for_each([](const ms::content_id&, std::uint64_t) -> mr::result<void> {
    return mr::error(mr::errc::cancelled, "enough");
  });
  CHECK(ended.error().message() == "enough");
}

TEST_CASE("content_storage removes what is unused, after the time that its writer has to name it") {
  ms::memory_storage storage;
  ms::content_storage contents(storage, {.wall_clock = test_clock});
  now = 1'000'000;
  const auto old = *contents.put(bytes_of("old"));
  const auto used = *contents.put(bytes_of("used"));
  const auto again = *contents.put(bytes_of("again"));
  now += 100;
  const auto young = *contents.put(bytes_of("young"));
  REQUIRE(contents.put(bytes_of("again")));
  now += 50;
  const auto is_used = [&](const ms::content_id& id) -> mr::result<bool> { return id == used; };
  CHECK(*contents.remove_unused(is_used, 150) == 0);
  CHECK(*contents.remove_unused(is_used, 149) == 1);
  CHECK_FALSE(*contents.exists(old));
  for (const auto& id : {used, again, young}) CHECK(*contents.exists(id));
  now -= 1000;  // the clock is set back
  CHECK(*contents.remove_unused(none_is_used, 0) == 0);
  now += 2000;
  CHECK(*contents.remove_unused(none_is_used, 0) == 3);
  CHECK(storage.size() == 0);  // also no times are left
  const auto failed = [](const ms::content_id&) -> mr::result<bool> { return mr::error(mr::errc::io, "who knows"); };
  REQUIRE(contents.put(bytes_of("x")));
  CHECK(contents.remove_unused(failed, 0).error().message() == "who knows");
}

namespace {

/// A storage that calls something between the removal of an object and its caller's next step.
struct interrupted_storage {
  ms::memory_storage inner;
  void (*behind_removal)(interrupted_storage&) = nullptr;

  auto read(std::string_view key) const { return inner.read(key); }
  auto examine(std::string_view key) const { return inner.examine(key); }
  auto list(std::string_view prefix, std::string_view after, std::size_t limit) const {
    return inner.list(prefix, after, limit);
  }
  mr::result<void> write(std::string_view key, std::span<const std::byte> bytes) { return inner.write(key, bytes); }
  mr::result<void> remove(std::string_view key) {
    auto done = inner.remove(key);
    if (auto* const call = std::exchange(behind_removal, nullptr)) call(*this);
    return done;
  }
};

}  // namespace

TEST_CASE("content_storage without transactions: what is put while it is removed stays") {
  interrupted_storage storage;
  ms::content_storage contents(storage, {.wall_clock = test_clock});
  now = 5'000;
  const auto id = *contents.put(bytes_of("both"));
  now += 100;
  // A writer in the middle of its put: it has written the time, and found the content still there.
  storage.behind_removal = [](interrupted_storage& objects) {
    ms::content_storage other(objects, {.wall_clock = test_clock});
    REQUIRE(other.put(bytes_of("both")));
    REQUIRE(objects.inner.remove(other.key_of(mr::sha256_of(bytes_of("both")))));
  };
  CHECK(*contents.remove_unused(none_is_used, 10) == 0);
  REQUIRE(*contents.exists(id));
  CHECK(text_of(*contents.get(id)) == "both");
}

TEST_CASE("content_storage refuses texts that are no identifier") {
  const std::string good(64, 'a');
  CHECK(ms::parse_content_id(good));
  for (const std::string& text : {std::string(), good.substr(1), good + "a", std::string(64, 'A'), std::string(64, 'g'),
                                  "sha256:" + good, std::string(64, '\0')}) {
    const auto refused = ms::parse_content_id(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
  }
}
