#include <millrace/tensor/compressed.hpp>

#include <support/catch.hpp>

#include <millrace/tensor/deflate.hpp>
#include <millrace/tensor/eigen.hpp>
#include <millrace/tensor/xtensor.hpp>

#include <support/tensors.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

namespace mr = millrace;

namespace {

template <class T>
bool same_bits(const T& a, const T& b) {
  if (a.size() != b.size()) return false;
  return a.size() == 0 || std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(*a.data())) == 0;
}

Eigen::MatrixXf activations(Eigen::Index rows, Eigen::Index columns) {
  support::small_random random{21};
  Eigen::MatrixXf made(rows, columns);
  for (Eigen::Index i = 0; i < made.size(); ++i) made.data()[i] = std::fmax(0.0F, static_cast<float>(random.normal()));
  made(0, 0) = std::bit_cast<float>(0x7fc0'1234U);  // a NaN with a payload
  made(rows - 1, columns - 1) = -0.0F;
  return made;
}

}  // namespace

TEST_CASE("a compressible holds its value or its compressed form, never both") {
  const Eigen::MatrixXf original = activations(300, 200);
  mr::tensor::compressible<Eigen::MatrixXf> value(original);
  CHECK_FALSE(value.is_compressed());
  REQUIRE(value.plain() != nullptr);
  CHECK(value.compressed() == nullptr);

  REQUIRE(value.compress());
  CHECK(value.is_compressed());
  CHECK(value.plain() == nullptr);
  REQUIRE(value.compressed() != nullptr);
  CHECK(value.compressed()->shape() == mr::tensor::tensor_shape{300, 200});
  CHECK(value.compressed()->ratio() > 2.0);
  REQUIRE(value.compress());  // nothing left to do

  const auto copied = value.copy();
  REQUIRE(copied);
  CHECK(same_bits(*copied, original));
  CHECK(value.is_compressed());

  const auto restored = value.get();
  REQUIRE(restored);
  CHECK(same_bits(**restored, original));
  CHECK((*restored)->rows() == 300);
  CHECK_FALSE(value.is_compressed());
  CHECK(*value.get() == *restored);

  value = Eigen::MatrixXf::Zero(2, 2);
  CHECK(value.plain()->rows() == 2);
}

TEST_CASE("matrices of both orders, vectors, arrays and xtensor containers come back as they were") {
  const auto round_trip = [](const auto& original) {
    mr::tensor::compressible<std::remove_cvref_t<decltype(original)>> value(original);
    REQUIRE(value.compress(1));
    const auto back = value.get();
    REQUIRE(back);
    CHECK(same_bits(**back, original));
    CHECK(mr::tensor::view_of(**back).shape() == mr::tensor::view_of(original).shape());
  };
  const Eigen::MatrixXf columns = activations(31, 17);
  round_trip(columns);
  round_trip(Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>(columns));
  round_trip(Eigen::VectorXd(Eigen::VectorXd::LinSpaced(100, 0, 1)));
  round_trip(Eigen::Matrix3d(Eigen::Matrix3d::Identity()));
  round_trip(Eigen::ArrayXXi(Eigen::ArrayXXi::Constant(9, 9, 4)));
  round_trip(std::vector<std::int16_t>{1, -2, 3});
  round_trip(std::vector<float>());
  round_trip(std::array<double, 4>{1, 2, 3, 4});
  round_trip(xt::xarray<float>(xt::ones<float>({3, 4, 5})));
  round_trip(xt::xtensor<double, 2, xt::layout_type::column_major>({3, 4}, 0.5));
}

TEST_CASE("decompress_as another type says why it cannot") {
  const std::vector<float> values(12, 0.5F);
  const mr::tensor::compressed_tensor tensor = *mr::tensor::compress(mr::tensor::view_of(values));
  CHECK(*mr::tensor::decompress_as<std::vector<float>>(tensor) == values);
  const auto dtype = mr::tensor::decompress_as<std::vector<double>>(tensor);
  REQUIRE_FALSE(dtype);
  CHECK(dtype.error().code() == mr::errc::type_mismatch);
  const auto rank = mr::tensor::decompress_as<Eigen::MatrixXf>(tensor);
  REQUIRE_FALSE(rank);
  CHECK(rank.error().code() == mr::errc::shape_mismatch);
  // Rows of a row-major matrix into a column-major one: the elements keep their places.
  Eigen::Matrix<float, 2, 3, Eigen::RowMajor> rows;
  rows << 1, 2, 3, 4, 5, 6;
  const auto turned = mr::tensor::decompress_as<Eigen::MatrixXf>(*mr::tensor::compress(mr::tensor::view_of(rows)));
  REQUIRE(turned);
  CHECK(*turned == rows);
}

TEST_CASE("a vector of compressibles shows the tensors that are there uncompressed") {
  std::vector<mr::tensor::compressible<Eigen::MatrixXf>> layers;
  for (const Eigen::Index columns : {3, 4, 5}) layers.emplace_back(activations(100, columns));
  STATIC_REQUIRE(mr::tensor::tensor_source<decltype(layers)>);
  const auto shown = [&] {
    std::size_t elements = 0;
    mr::tensor::for_each_tensor(layers, [&](const mr::tensor::tensor_view& view) { elements += view.size(); });
    return elements;
  };
  CHECK(shown() == 1200);
  REQUIRE(layers[1].compress());
  CHECK(shown() == 800);
  REQUIRE(layers[1].get());
  CHECK(shown() == 1200);
}

TEST_CASE("a failure to compress leaves the value where it is") {
  mr::tensor::compressible<std::vector<float>> value(std::vector<float>(100, 1.0F));
  CHECK_FALSE(value.compress(11));
  REQUIRE(value.plain() != nullptr);
  CHECK(value.plain()->size() == 100);
  REQUIRE(value.compress(6, mr::tensor::huffman_deflate{}));
  CHECK(value.is_compressed());
}
