#include <millrace/store/messages/producer.hpp>

#include <support/catch.hpp>

#include <memory>
#include <utility>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("a delivery callback keeps what it was made with, and lets it go", "[messages]") {
  const auto counted = std::make_shared<int>(0);
  {
    ms::delivery_callback told([counted](const mr::result<ms::message_position>& at) noexcept {
      *counted += at ? static_cast<int>(at->offset) : 100;
    });
    CHECK(counted.use_count() == 2);
    ms::delivery_callback moved = std::move(told);
    CHECK_FALSE(told);
    told({});
    moved(ms::message_position{"t", 0, 7});
    moved(mr::error(mr::errc::timeout, "late"));
    CHECK(*counted == 107);
    told = std::move(moved);
    CHECK(told);
    told = ms::delivery_callback();
    CHECK(counted.use_count() == 1);
  }
  CHECK(counted.use_count() == 1);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<ms::delivery_callback>);
  STATIC_REQUIRE_FALSE(
      std::is_constructible_v<ms::delivery_callback, void (*)(const mr::result<ms::message_position>&)>);
}
