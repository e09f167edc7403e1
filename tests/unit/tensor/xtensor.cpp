#include <millrace/tensor/xtensor.hpp>

#include <support/catch.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xstrided_view.hpp>
#include <xtensor/xview.hpp>

#include <vector>

namespace mr = millrace;

TEST_CASE("containers, adaptors and strided views of xtensor show their elements") {
  const xt::xarray<double> cube = xt::arange<double>(24).reshape({2, 3, 4});
  const auto view = mr::tensor::view_of(cube).as<double>();
  REQUIRE(view);
  CHECK(view->shape() == mr::tensor::tensor_shape{2, 3, 4});
  CHECK((*view)(1, 2, 3) == 23);
  CHECK(view->is_contiguous());

  const xt::xtensor<float, 2, xt::layout_type::column_major> columns({3, 2}, 1.5F);
  CHECK(mr::tensor::view_of(columns).layout().stride(0) == 1);

  const xt::xtensor_fixed<int, xt::xshape<2, 2>> fixed = {{1, 2}, {3, 4}};
  CHECK((*mr::tensor::view_of(fixed).as<int>())(1, 0) == 3);

  std::vector<float> storage = {0, 1, 2, 3, 4, 5};
  const auto adapted = xt::adapt(storage, std::vector<std::size_t>{2, 3});
  CHECK(mr::tensor::view_of(adapted).data() == storage.data());

  const auto part = xt::strided_view(cube, {xt::all(), 1, xt::range(3, xt::placeholders::_, -2)});
  const auto strided = mr::tensor::view_of(part).as<double>();
  REQUIRE(strided);
  CHECK(strided->shape() == mr::tensor::tensor_shape{2, 2});
  CHECK((*strided)(0, 0) == 7);
  CHECK((*strided)(1, 1) == 17);
}

TEST_CASE("expressions without memory are no tensors") {
  const xt::xarray<double> a = {1, 2};
  STATIC_REQUIRE(!mr::tensor::tensor_like<decltype(a + a)>);
}

TEST_CASE("xtensor containers take the shapes that their type allows") {
  xt::xarray<float> free;
  const auto resized = mr::tensor::tensor_traits<xt::xarray<float>>::resize(free, {2, 3});
  REQUIRE(resized);
  CHECK(free.dimension() == 2);
  CHECK(resized->data() == free.data());

  xt::xtensor<float, 2> two;
  using two_traits = mr::tensor::tensor_traits<xt::xtensor<float, 2>>;
  CHECK(two_traits::resize(two, {4, 5}));
  CHECK(two.size() == 20);
  const auto three = two_traits::resize(two, {4, 5, 6});
  REQUIRE_FALSE(three);
  CHECK(three.error().message() == "an xtensor container of 2 axes cannot take the shape [4, 5, 6]");

  xt::xtensor_fixed<int, xt::xshape<2, 2>> fixed;
  using fixed_traits = mr::tensor::tensor_traits<decltype(fixed)>;
  if constexpr (mr::tensor::restorable_tensor<decltype(fixed)>) {
    CHECK(fixed_traits::resize(fixed, {2, 2}));
    CHECK_FALSE(fixed_traits::resize(fixed, {2, 3}));
  }
}
