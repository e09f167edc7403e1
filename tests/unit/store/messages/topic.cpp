#include <millrace/store/messages/topic.hpp>

#include <support/catch.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

struct reading {
  std::string device;
  double value = 0;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("device", self.device)("value", self.value);
  }
};
struct click {
  int user = 0;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("user", self.user);
  }
};

using devices = ms::topic<"events.devices", reading, ms::json_members, &reading::device>;
using clicks = ms::topic<"events.user", click, ms::json_members, &click::user>;
using halves = ms::topic<"halves", click, ms::json_members, [](const click& one) { return one.user / 2; }>;
using texts = ms::topic<"texts", std::string, ms::raw_bytes>;

}  // namespace

TEST_CASE("a topic makes messages of its events, with their key", "[topic]") {
  const auto one = devices::make({"door", 21.5});
  CHECK(one->topic == "events.devices");
  CHECK(one->key == "door");
  CHECK(one->value == R"({"device":"door","value":21.5})");
  CHECK(clicks::make({7})->key == "7");
  CHECK(halves::make({-7})->key == "-3");
  CHECK(texts::make("x")->key.empty());
  STATIC_REQUIRE(std::is_same_v<devices::event_type, reading>);
}

TEST_CASE("a topic reads its events, and says which message it cannot read", "[topic]") {
  auto one = *devices::make({"door", 21.5});
  one.partition = 2;
  one.offset = 9;
  CHECK(devices::read(one)->value == 21.5);
  one.value = "{\"value\":true}";
  CHECK(devices::read(one).error().describe() ==
        "the message events.devices[2] at 9: JSON: `value`: a number is expected");
  one.is_tombstone = true;
  CHECK(devices::read(one).error().code() == mr::errc::invalid_data);
}

TEST_CASE("topics: a message is handled as its topic's event", "[topic]") {
  using all = ms::topics<devices, clicks, halves, texts>;
  CHECK(all::names == std::array<std::string_view, 4>{"events.devices", "events.user", "halves", "texts"});
  STATIC_REQUIRE(all::carry<click>);
  STATIC_REQUIRE_FALSE(all::carry<int>);
  struct handler {
    double readings = 0;
    int clicks_ = 0;
    int halves_ = 0;
    std::string text;
    mr::result<void> operator()(const reading& one) {
      readings += one.value;
      return {};
    }
    mr::result<void> operator()(clicks, const click& one) {
      clicks_ += one.user;
      return {};
    }
    mr::result<void> operator()(halves, const click& one) {
      halves_ += one.user;
      return {};
    }
    mr::result<void> operator()(const std::string& one) {
      if (one == "bad") return mr::error(mr::errc::invalid_data, "bad text");
      text += one;
      return {};
    }
  } handle;
  REQUIRE(all::visit(*devices::make({"door", 2.5}), handle));
  REQUIRE(all::visit(*clicks::make({3}), handle));
  REQUIRE(all::visit(*halves::make({4}), handle));
  REQUIRE(all::visit(*texts::make("x"), handle));
  CHECK(handle.readings == 2.5);
  CHECK(handle.clicks_ == 3);
  CHECK(handle.halves_ == 4);
  CHECK(handle.text == "x");
  CHECK(all::visit(*texts::make("bad"), handle).error().message() == "bad text");
  const auto other = all::visit({.topic = "other"}, handle);
  CHECK(other.error().code() == mr::errc::not_found);
  CHECK_THAT(other.error().message(), ContainsSubstring("\"other\""));
  CHECK(all::visit({.topic = "events.user", .value = "["}, handle).error().code() == mr::errc::corrupt);
}
