#include <millrace/deliver/shadow/shadow_policies.hpp>

#include <support/catch.hpp>

#include <string>

namespace md = millrace::deliver;

TEST_CASE("shadow_policies: they keep what they are given") {
  md::segment_by by([](int request) { return std::to_string(request); });
  CHECK(by.key(3) == "3");
  md::unit_by unit([](int request) { return request / 10; });
  CHECK(unit.unit(31) == 3);
  int calls = 0;
  md::on_difference told([&](int) { ++calls; });
  told.call(1);
  CHECK(calls == 1);
  CHECK(std::is_same_v<md::takes<float>::request_type, float>);
}
