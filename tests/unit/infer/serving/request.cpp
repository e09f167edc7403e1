#include <millrace/infer/serving/request.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace mi = millrace::infer;
namespace mr = millrace;
using mi::serving_status;

TEST_CASE("request: a row, or rows, with where the outputs go and what the caller asks for") {
  const std::array<float, 6> numbers{};
  std::array<double, 3> out{};
  const mi::request one(std::span<const float>(numbers), out);
  CHECK(one.rows().rows() == 1);
  CHECK(one.rows().columns() == 6);
  CHECK(one.options().priority == mi::serving_priority::normal);
  CHECK(one.options().timeout == mr::duration(0));
  CHECK(one.done());
  const mi::request three(mr::model::matrix_view(numbers, 2), out, {mi::serving_priority::low, mr::seconds(1)});
  CHECK(three.rows().rows() == 3);
  CHECK(three.out().data() == out.data());
  CHECK(three.options().timeout == mr::seconds(1));
}

TEST_CASE("served: outputs are there after ok and after a fallback, and every other status is an error of its own") {
  CHECK(mi::served{serving_status::ok, 3});
  CHECK(mi::served{serving_status::fallback});
  CHECK(*mi::to_result({serving_status::ok, 3}) == 3);
  CHECK(*mi::to_result({serving_status::fallback, 0}) == 0);
  struct expected {
    serving_status status;
    mr::errc code;
  };
  for (const expected& one :
       {expected{serving_status::pending, mr::errc::unavailable},
        expected{serving_status::refused, mr::errc::unavailable}, expected{serving_status::timeout, mr::errc::timeout},
        expected{serving_status::cancelled, mr::errc::cancelled}, expected{serving_status::closed, mr::errc::closed},
        expected{serving_status::invalid, mr::errc::shape_mismatch}}) {
    CHECK_FALSE(mi::served{one.status});
    CHECK(mi::to_result({one.status, 0}).error().code() == one.code);
  }
}

TEST_CASE("serving_status: names are stable") {
  constexpr const char* names[] = {"ok", "fallback", "pending", "refused", "timeout", "cancelled", "closed", "invalid"};
  for (std::size_t i = 0; i < mi::serving_statuses; ++i)
    CHECK(mi::to_string(static_cast<serving_status>(i)) == names[i]);
}
