#include <millrace/store/messages/saved_messages.hpp>

#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

std::vector<ms::message> some() {
  ms::message first{.topic = "events.user", .key = "k", .value = std::string("\0v", 2), .timestamp = 1'700'000'000'123};
  first.headers = {{"trace", "00-ab"}, {"trace", ""}};
  first.partition = 2;
  first.offset = 7;
  ms::message second{.topic = "events.user", .key = "gone", .is_tombstone = true};
  return {first, second};
}

}  // namespace

TEST_CASE("messages: saved and loaded are the same", "[messages]") {
  CHECK(*ms::load_messages(ms::save_messages({})) == std::vector<ms::message>());
  CHECK(*ms::load_messages(ms::save_messages(some())) == some());
}

TEST_CASE("messages: the saved form stays what it is", "[messages]") {
  CHECK(ms::save_messages(some()) == support::golden("store/messages_1.bin"));
  CHECK(*ms::load_messages(support::golden("store/messages_1.bin")) == some());
}

TEST_CASE("messages: what is damaged is refused", "[messages]") {
  const auto good = ms::save_messages(some());
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(ms::load_messages(std::span(good).first(size)));
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    auto bad = good;
    bad[i / 8] ^= static_cast<std::byte>(1U << (i % 8));
    CHECK_FALSE(ms::load_messages(bad));
  }
  const auto refused = [](auto change) {
    auto all = some();
    change(all[0]);
    const auto loaded = ms::load_messages(ms::save_messages(all));
    return !loaded && loaded.error().code() == mr::errc::corrupt;
  };
  CHECK(refused([](ms::message& one) { one.topic = "a b"; }));
  CHECK(refused([](ms::message& one) { one.partition = -2; }));
  CHECK(refused([](ms::message& one) { one.offset = -2; }));
  CHECK(refused([](ms::message& one) { one.is_tombstone = true; }));
}
