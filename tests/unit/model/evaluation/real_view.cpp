#include <millrace/model/evaluation/real_view.hpp>
#include <support/catch.hpp>

#include <array>
#include <span>
#include <vector>

namespace mr = millrace;

TEST_CASE("a column of either precision reads as double") {
  const std::vector<float> single{0.5f, 0.1f};
  const std::array<double, 3> twice{1.0, 0.1, -2.0};
  const mr::model::real_view a = single;
  const mr::model::real_view b = twice;
  const mr::model::real_view c = std::span<const double>(twice).first(1);
  const mr::model::real_view d(single.data(), 1);
  CHECK(a.size() == 2);
  CHECK(a[1] == static_cast<double>(0.1f));
  CHECK(b.size() == 3);
  CHECK(b[1] == 0.1);
  CHECK(c.size() == 1);
  CHECK(d.size() == 1);
  CHECK(d[0] == 0.5);
  CHECK(mr::model::real_view().empty());
}

TEST_CASE("a column of anything else is none") {
  STATIC_REQUIRE(!std::is_convertible_v<std::vector<int>, mr::model::real_view>);
  STATIC_REQUIRE(!std::is_convertible_v<std::vector<long double>, mr::model::real_view>);
}
