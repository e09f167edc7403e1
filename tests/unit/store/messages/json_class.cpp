#include <millrace/store/messages/json_class.hpp>

#include <millrace/store/messages/codec.hpp>

#include <nlohmann/json.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using codec = ms::json_class<nlohmann::json>;
static_assert(ms::message_codec<codec, std::vector<int>>);

}  // namespace

namespace shop {

struct order {
  std::string user;
  int items = 0;
};
void to_json(nlohmann::json& to, const order& from) { to = {{"user", from.user}, {"items", from.items}}; }
void from_json(const nlohmann::json& from, order& to) {
  from.at("user").get_to(to.user);
  from.at("items").get_to(to.items);
}
struct odd {};
void to_json(nlohmann::json&, const odd&) { throw std::runtime_error("not today"); }
void from_json(const nlohmann::json&, odd&) {}

}  // namespace shop

TEST_CASE("json_class: nlohmann's JSON by to_json and from_json", "[json_class]") {
  const auto text = codec::encode(shop::order{"ann", 3});
  CHECK(*text == R"({"items":3,"user":"ann"})");
  const auto back = codec::decode<shop::order>(*text);
  REQUIRE(back);
  CHECK(back->user == "ann");
  CHECK(back->items == 3);
}

TEST_CASE("json_class: what is no JSON, or not that type's, is an error and no exception", "[json_class]") {
  for (const char* text : {"", "{", "\xff", "{\"user\":\"\xff\"}"}) {
    const auto read = codec::decode<shop::order>(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == mr::errc::corrupt);
  }
  for (const char* text : {"[]", "{}", R"({"user":1,"items":2})", "null"}) {
    const auto read = codec::decode<shop::order>(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == mr::errc::invalid_data);
    CHECK_THAT(read.error().message(), ContainsSubstring("the reader of a message's JSON threw: [json.exception."));
  }
  CHECK_THAT(codec::encode(shop::odd{}).error().message(), ContainsSubstring("not today"));
  // Texts that are no UTF-8 are replaced.
  CHECK(*codec::encode(shop::order{"\xff", 1}) == "{\"items\":1,\"user\":\"\xef\xbf\xbd\"}");
}
