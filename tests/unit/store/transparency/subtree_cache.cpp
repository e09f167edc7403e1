#include <millrace/store/transparency/subtree_cache.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

/// Leaves that are no hashes of anything, as nobody can tell.
std::vector<mr::sha256_digest> numbered(std::size_t count) {
  std::vector<mr::sha256_digest> made(count);
  for (std::uint64_t i = 0; i < count; ++i) std::memcpy(made[i].bytes, &i, sizeof i);
  return made;
}

}  // namespace

TEST_CASE("a cache of subtrees has the roots of those of 256 and 65,536 leaves, however leaves come") {
  const auto leaves = numbered(66'000);
  ms::subtree_cache cache;
  ms::subtree_cache by_parts;
  cache.append(leaves);
  for (std::size_t at = 0, step = 1; at < leaves.size(); at += step, step = step % 1000 + 77)
    by_parts.append(std::span(leaves).subspan(at, step < leaves.size() - at ? step : leaves.size() - at));
  CHECK(by_parts.size() == cache.size());
  for (std::uint64_t i = 0; i < 257; ++i) {
    REQUIRE(cache.find(8, i) != nullptr);
    CHECK(*by_parts.find(8, i) == *cache.find(8, i));
  }
  CHECK(*cache.find(8, 100) == ms::root_of(std::span(leaves).subspan(25'600, 256)).hash);
  CHECK(*cache.find(16, 0) == ms::root_of(std::span(leaves).first(65'536)).hash);
  CHECK(cache.find(8, 257) == nullptr);
  CHECK(cache.find(16, 1) == nullptr);
  for (const unsigned level : std::initializer_list<unsigned>{0, 1, 7, 9, 24, 56, 64, 72, 800})
    CHECK(cache.find(level, 0) == nullptr);
}

TEST_CASE("proofs by a cache of subtrees are those of all leaves, for a few reads") {
  const auto leaves = numbered(66'000);
  std::uint64_t asked = 0;
  const auto source = [&](std::uint64_t first, std::span<mr::sha256_digest> to) {
    asked += to.size();
    return ms::leaf_span(leaves)(first, to);
  };
  ms::subtree_cache cache;
  cache.append(leaves);
  const ms::cached_leaves cached(source, cache);
  const auto plain = ms::leaf_span(leaves);
  for (const std::uint64_t size : std::initializer_list<std::uint64_t>{1, 255, 256, 257, 511, 4096, 65'536, 66'000}) {
    asked = 0;
    CHECK(ms::root_of(cached, size).value() == ms::root_of(plain, size).value());
    CHECK(asked < 256);
    for (const std::uint64_t index : std::initializer_list<std::uint64_t>{0, 254, 255, 256, 65'535, 65'999}) {
      if (index >= size) continue;
      asked = 0;
      CHECK(ms::prove_inclusion(cached, index, size).value() == ms::prove_inclusion(plain, index, size).value());
      CHECK(asked <= 512);
      asked = 0;
      CHECK(ms::prove_consistency(cached, index, size).value() == ms::prove_consistency(plain, index, size).value());
      CHECK(asked <= 512);
    }
  }
}

TEST_CASE("a cache that lags behind its leaves costs reads, and no wrong proof") {
  const auto leaves = numbered(3000);
  ms::subtree_cache cache;
  cache.append(std::span(leaves).first(1500));
  const auto plain = ms::leaf_span(leaves);
  const ms::cached_leaves cached(plain, cache);
  CHECK(ms::root_of(cached, 3000).value() == ms::root_of(leaves));
  CHECK(ms::prove_inclusion(cached, 2500, 3000).value() == ms::prove_inclusion(leaves, 2500).value());
  const auto broken = [](std::uint64_t, std::span<mr::sha256_digest>) -> mr::result<void> {
    return mr::error(mr::errc::io, "the disk is gone");
  };
  CHECK(ms::root_of(ms::cached_leaves(broken, cache), 1500).error().code() == mr::errc::io);
  CHECK(ms::root_of(ms::cached_leaves(broken, cache), 1280).value() == ms::root_of(std::span(leaves).first(1280)));
}
