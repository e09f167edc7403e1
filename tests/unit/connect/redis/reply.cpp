#include <millrace/connect/redis/reply.hpp>

#include <millrace/connect/redis/detail/reply_reader.hpp>
#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;

namespace {

mr::result<std::vector<redis::reply>> read_all(std::string_view bytes, std::size_t step,
                                               redis::reply_limits limits = {}) {
  redis::detail::reply_reader reader(limits);
  std::vector<redis::reply> made;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, step);
    bytes.remove_prefix(part.size());
    if (auto done = reader.update(part.data(), part.size()); !done) return std::move(done).error();
    for (;;) {
      redis::reply next;
      auto has_come = reader.next(next);
      if (!has_come) return std::move(has_come).error();
      if (!*has_come) break;
      made.push_back(std::move(next));
    }
  }
  return made;
}

}  // namespace

TEST_CASE("replies are read wherever they are cut") {
  using namespace std::string_literals;
  const std::string all =
      "+OK\r\n:-7\r\n$-1\r\n*-1\r\n$5\r\na\0\r\nb\r\n-WRONGTYPE no\r\n"
      "*3\r\n$1\r\nx\r\n*2\r\n:1\r\n$-1\r\n+s\r\n*0\r\n$0\r\n\r\n"s;
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, all.size()}) {
    const auto made = read_all(all, step);
    REQUIRE(made);
    REQUIRE(made->size() == 9);
    CHECK((*made)[0].kind == redis::reply_kind::status);
    CHECK((*made)[0].text == "OK");
    CHECK((*made)[1].integer == -7);
    CHECK((*made)[2].is_nil());
    CHECK((*made)[3].is_nil());
    CHECK((*made)[4].text == std::string("a\0\r\nb", 5));
    CHECK((*made)[4].bytes().size() == 5);
    CHECK((*made)[5].failure_word() == "WRONGTYPE");
    REQUIRE((*made)[6].elements.size() == 3);
    CHECK((*made)[6].elements[0].text == "x");
    CHECK((*made)[6].elements[1].elements[0].integer == 1);
    CHECK((*made)[6].elements[1].elements[1].is_nil());
    CHECK((*made)[6].elements[2].kind == redis::reply_kind::status);
    CHECK((*made)[7].kind == redis::reply_kind::array);
    CHECK((*made)[8].kind == redis::reply_kind::bytes);
  }
  CHECK(redis::to_string(redis::reply_kind::failure) == "failure");
}

TEST_CASE("a reply that is too large, too deep or none at all ends the reading") {
  const redis::reply_limits few{.bytes = 100, .elements = 10, .depth = 3};
  CHECK(read_all("*3\r\n*3\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n", 3, few));
  for (const std::string& each :
       {std::string("*11\r\n"), std::string("*2147483647\r\n"), std::string("*6\r\n*5\r\n"),
        std::string("*1\r\n*1\r\n*1\r\n*1\r\n"), std::string("$500\r\n") + std::string(300, 'x'),
        "*2\r\n$60\r\n" + std::string(60, 'x') + "\r\n$60\r\n" + std::string(60, 'x') + "\r\n",
        std::string("hello\r\n"), std::string("$x\r\n"), std::string("$-2\r\n"), std::string("*-2\r\n"),
        std::string("%1\r\n+a\r\n+b\r\n"), std::string(",1.5\r\n"), std::string("#t\r\n"), std::string("_\r\n"),
        std::string("~1\r\n:1\r\n"), std::string(">1\r\n:1\r\n"), std::string("(12\r\n"),
        std::string("$99999999999999999999\r\n"), std::string(200, '+')}) {
    INFO(each);
    const auto made = read_all(each, 16, few);
    // `_`, RESP3's nil, is one to newer versions of hiredis.
    if (made) CHECK((each == "_\r\n" && made->size() == 1 && made->front().is_nil()));
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "*1\r\n";
  CHECK_FALSE(read_all(deep, 4096));
}

TEST_CASE("no bytes break the reading of replies") {
  mr::random_engine random(5);
  const std::string alphabet = "*$+-:0123456789\r\n\r\nabc_%,#~>|(=!";
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    for (std::uint64_t size = random.below(40); size > 0; --size) bytes += alphabet[random.below(alphabet.size())];
    (void)read_all(bytes, 1 + random.below(8), {.bytes = 1000, .elements = 100, .depth = 4});
  }
}
