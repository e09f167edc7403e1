#include <millrace/tensor/layout.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <vector>

namespace mr = millrace;

namespace {

/// Every element's offset, in the order in which runs visit them.
std::vector<std::ptrdiff_t> visited(const mr::tensor::tensor_layout& layout, std::size_t* runs = nullptr) {
  std::vector<std::ptrdiff_t> offsets;
  mr::tensor::detail::for_each_run(layout, [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    if (runs != nullptr) ++*runs;
    for (std::size_t i = 0; i < count; ++i) offsets.push_back(offset + static_cast<std::ptrdiff_t>(i) * stride);
    return true;
  });
  return offsets;
}

}  // namespace

TEST_CASE("a shape is its extents") {
  const mr::tensor::tensor_shape shape{2, 3, 4};
  CHECK(shape.rank() == 3);
  CHECK(shape.element_count() == 24);
  CHECK(mr::tensor::tensor_shape{}.element_count() == 1);
  CHECK(mr::tensor::tensor_shape{5, 0}.element_count() == 0);
  CHECK(mr::tensor::to_string(shape) == "[2, 3, 4]");
  CHECK(mr::tensor::to_string(mr::tensor::tensor_shape{}) == "[]");
  CHECK(shape == mr::tensor::tensor_shape{2, 3, 4});
  CHECK_FALSE(shape == mr::tensor::tensor_shape{2, 3});
  CHECK_FALSE(shape == mr::tensor::tensor_shape{2, 3, 5});
}

TEST_CASE("contiguous is row-major without gaps, dense is any order without gaps") {
  const mr::tensor::tensor_shape shape{2, 3, 4};
  CHECK(mr::tensor::tensor_layout::row_major(shape).is_contiguous());
  CHECK_FALSE(mr::tensor::tensor_layout::column_major(shape).is_contiguous());
  CHECK(mr::tensor::tensor_layout::column_major(shape).is_dense());
  CHECK(mr::tensor::tensor_layout(shape, {4, 8, 1}).is_dense());
  CHECK_FALSE(mr::tensor::tensor_layout(shape, {24, 8, 1}).is_dense());
  CHECK_FALSE(mr::tensor::tensor_layout(shape, {12, 4, -1}).is_dense());
  CHECK_FALSE(mr::tensor::tensor_layout(shape, {0, 4, 1}).is_dense());
  // An axis of one element has no say, whatever its stride; nor has anything in an empty tensor.
  CHECK(mr::tensor::tensor_layout(mr::tensor::tensor_shape{1, 4}, {99, 1}).is_contiguous());
  CHECK(mr::tensor::tensor_layout(mr::tensor::tensor_shape{4, 1, 3}, {3, 0, 1}).is_contiguous());
  CHECK(mr::tensor::tensor_layout(mr::tensor::tensor_shape{4, 0}, {7, 7}).is_contiguous());
  CHECK(mr::tensor::tensor_layout().is_contiguous());
}

TEST_CASE("the order of the axes is that of their strides, and rebuilds the layout") {
  const mr::tensor::tensor_shape shape{2, 3, 4};
  for (const auto& strides :
       std::vector<std::vector<std::ptrdiff_t>>{{12, 4, 1}, {1, 2, 6}, {4, 8, 1}, {1, 8, 2}, {3, 1, 6}, {12, 1, 3}}) {
    const mr::tensor::tensor_layout layout(shape, strides.data());
    REQUIRE(layout.is_dense());
    const mr::tensor::tensor_layout again = mr::tensor::tensor_layout::dense(shape, layout.order());
    for (std::size_t axis = 0; axis < 3; ++axis) CHECK(again.stride(axis) == strides[axis]);
  }
  // An axis of one element between two others does not hide that they are out of order.
  const mr::tensor::tensor_layout around(mr::tensor::tensor_shape{3, 1, 4}, {1, 1, 3});
  CHECK(around.is_dense());
  CHECK(around.order()[0] == 2);
  CHECK(around.order()[1] == 1);
  CHECK(around.order()[2] == 0);
}

TEST_CASE("runs visit each element once, in memory order, in as few pieces as can be") {
  const mr::tensor::tensor_shape shape{2, 3, 4};
  std::size_t runs = 0;
  std::vector<std::ptrdiff_t> expected(24);
  for (std::size_t i = 0; i < 24; ++i) expected[i] = static_cast<std::ptrdiff_t>(i);
  CHECK(visited(mr::tensor::tensor_layout::row_major(shape), &runs) == expected);
  CHECK(visited(mr::tensor::tensor_layout::column_major(shape), &runs) == expected);
  CHECK(visited(mr::tensor::tensor_layout(shape, {4, 8, 1}), &runs) == expected);
  CHECK(runs == 3);

  runs = 0;  // a block of a column-major matrix: one run a column
  CHECK(visited(mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 3}, {1, 10}), &runs) ==
        std::vector<std::ptrdiff_t>{0, 1, 10, 11, 20, 21});
  CHECK(runs == 3);

  runs = 0;  // every other element: evenly spaced throughout
  CHECK(visited(mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 3}, {6, 2}), &runs) ==
        std::vector<std::ptrdiff_t>{0, 2, 4, 6, 8, 10});
  CHECK(runs == 1);

  CHECK(visited(mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 3}, {-3, 1})) ==
        std::vector<std::ptrdiff_t>{0, 1, 2, -3, -2, -1});
  CHECK(visited(mr::tensor::tensor_layout(mr::tensor::tensor_shape{3}, {-1})) ==
        std::vector<std::ptrdiff_t>{0, -1, -2});
  CHECK(visited(mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 2}, {0, 1})) ==
        std::vector<std::ptrdiff_t>{0, 0, 1, 1});
  CHECK(visited(mr::tensor::tensor_layout(mr::tensor::tensor_shape{}, {})) == std::vector<std::ptrdiff_t>{0});
  CHECK(visited(mr::tensor::tensor_layout::row_major({3, 0, 2})).empty());
  CHECK(visited(mr::tensor::tensor_layout::row_major({1, 1, 1})) == std::vector<std::ptrdiff_t>{0});
  CHECK(visited(mr::tensor::tensor_layout::row_major({2, 1, 2, 1, 2, 1, 2, 2})).size() == 32);
}

TEST_CASE("a flat index in memory order and a position name the same element") {
  for (const mr::tensor::tensor_layout& layout :
       {mr::tensor::tensor_layout::row_major({2, 3, 4}), mr::tensor::tensor_layout::column_major({2, 3, 4}),
        mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 3, 4}, {4, 8, 1}),
        mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 3}, {1, 10}),
        mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 1, 3}, {-3, 0, 1})}) {
    const std::vector<std::ptrdiff_t> offsets = visited(layout);
    for (std::size_t flat = 0; flat < offsets.size(); ++flat)
      CHECK(layout.offset(layout.position(flat)) == offsets[flat]);
  }
}

TEST_CASE("layouts are computed at compile time where they are known there") {
  STATIC_REQUIRE(mr::tensor::tensor_layout::row_major({2, 3}).stride(0) == 3);
  STATIC_REQUIRE(mr::tensor::tensor_layout::column_major({2, 3}).order()[0] == 1);
}
