#include <millrace/model/sparse_view.hpp>

#include <millrace/feature/hashed_row.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

using millrace::model::sparse_view;

TEST_CASE("a sparse_view is of two arrays, as far as both go") {
  CHECK(sparse_view().size() == 0);
  const std::vector<std::uint32_t> indices{3, 1, 9};
  const std::vector<float> values{0.5F, -1};
  const sparse_view row(indices, values);
  CHECK(row.size() == 2);
  CHECK(row.index(1) == 1);
  CHECK(row.value(0) == 0.5F);
  CHECK(row.indices().data() == indices.data());
  CHECK(row.values().size() == 2);
}

TEST_CASE("a sparse_view is of anything that has indices and values") {
  auto hashed = millrace::feature::hashed_row::make(10, 4);
  REQUIRE(hashed);
  hashed->update("age", 0.25F);
  const sparse_view row = *hashed;
  CHECK(row.size() == 1);
  CHECK(row.index(0) < hashed->columns());
  CHECK((row.value(0) == 0.25F || row.value(0) == -0.25F));
  STATIC_REQUIRE(!std::is_convertible_v<std::vector<float>, sparse_view>);
}
