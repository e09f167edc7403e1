#include <millrace/resilience/caches/cache_key.hpp>

#include <millrace/core/seed.hpp>
#include <support/catch.hpp>

#include <map>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::resilience::cache_key;

TEST_CASE("cache_key: parts stay apart, whatever they hold") {
  CHECK(cache_key("model", "v1", 7).text() == "model:v1:7");
  CHECK(cache_key("model:v1", 7).text() == "model\\:v1:7");
  CHECK(cache_key("a\\", "b").text() == "a\\\\:b");
  CHECK(cache_key("model", "v1") != cache_key("model:v1"));
  CHECK(cache_key("a\\", "b") != cache_key("a\\:b"));
  CHECK(cache_key("") != cache_key("", ""));
  CHECK(cache_key(std::string("x"), -5, std::uint64_t{18446744073709551615U}).text() == "x:-5:18446744073709551615");
  CHECK(cache_key("a").append("b").append(3) == cache_key("a", "b", 3));
}

TEST_CASE("cache_key: of random parts, no two lists have one text") {
  mr::random_engine random(5);
  std::map<std::string, std::vector<std::string>> seen;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::string> parts(1 + random.below(3));
    for (auto& part : parts)
      for (std::uint64_t n = random.below(4); n > 0; --n) part += "a:\\"[random.below(3)];
    cache_key key(parts[0]);
    for (std::size_t p = 1; p < parts.size(); ++p) key.append(parts[p]);
    const auto [at, is_new] = seen.emplace(key.text(), parts);
    REQUIRE((is_new || at->second == parts));
  }
}

TEST_CASE("cache_key: its hash is that of sha256sum") {
  // printf 'model:v1' | sha256sum
  CHECK(cache_key("model", "v1").hashed() == "0ef3ddc0653865bd78ea7a0a5a199c37f50b07c925f0de86c68ccb822237c382");
}
