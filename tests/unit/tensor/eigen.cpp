#include <millrace/tensor/eigen.hpp>

#include <support/catch.hpp>

#include <complex>
#include <vector>

namespace mr = millrace;

namespace {

/// Whether the view shows what the matrix holds, element by element.
template <class Matrix>
void check_same(const Matrix& matrix) {
  const auto view = mr::tensor::view_of(matrix).template as<typename Matrix::Scalar>();
  REQUIRE(view);
  REQUIRE(view->shape() ==
          (mr::tensor::tensor_shape{static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols())}));
  for (Eigen::Index r = 0; r < matrix.rows(); ++r)
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) CHECK((*view)(r, c) == matrix(r, c));
}

using row_major = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

TEST_CASE("matrices of either order, arrays, maps and blocks show their elements") {
  const Eigen::MatrixXf columns = Eigen::MatrixXf::Random(5, 7);
  const row_major rows = columns;
  check_same(columns);
  check_same(rows);
  check_same(Eigen::ArrayXXd(Eigen::ArrayXXd::Random(3, 4)));
  check_same(Eigen::Matrix<int, 2, 3>(Eigen::Matrix<int, 2, 3>::Constant(9)));
  check_same(columns.block(1, 2, 3, 4));
  check_same(rows.block(1, 2, 3, 4));
  check_same(columns.middleCols(2, 3));
  check_same(Eigen::Map<const Eigen::MatrixXf>(columns.data(), 7, 5));
  check_same(Eigen::Map<const Eigen::MatrixXf, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>(columns.data(), 2, 3,
                                                                                                 {10, 2}));
  CHECK(mr::tensor::view_of(rows).is_contiguous());
  CHECK_FALSE(mr::tensor::view_of(columns).is_contiguous());
  CHECK(mr::tensor::view_of(columns).layout().is_dense());
  CHECK_FALSE(mr::tensor::view_of(columns.block(1, 2, 3, 4)).layout().is_dense());
}

TEST_CASE("vectors, and rows and columns of matrices, have one axis") {
  const Eigen::VectorXd column = Eigen::VectorXd::LinSpaced(4, 0, 3);
  const Eigen::RowVectorXd row = column.transpose();
  CHECK(mr::tensor::view_of(column).shape() == mr::tensor::tensor_shape{4});
  CHECK(mr::tensor::view_of(row).shape() == mr::tensor::tensor_shape{4});
  const Eigen::MatrixXf matrix = Eigen::MatrixXf::Random(3, 5);
  const auto line = matrix.row(1);
  const auto view = mr::tensor::view_of(line).as<float>();
  REQUIRE(view);
  REQUIRE(view->shape() == mr::tensor::tensor_shape{5});
  for (Eigen::Index c = 0; c < 5; ++c) CHECK((*view)(c) == matrix(1, c));
}

TEST_CASE("Eigen's halves are float16 and bfloat16") {
  const Eigen::Matrix<Eigen::half, 2, 2> half = Eigen::Matrix<Eigen::half, 2, 2>::Ones();
  CHECK(mr::tensor::view_of(half).dtype() == mr::tensor::dtype::f16);
  CHECK(mr::tensor::dtype_of<Eigen::bfloat16> == mr::tensor::dtype::bf16);
}

TEST_CASE("expressions without memory, and elements without a dtype, are no tensors") {
  const Eigen::MatrixXf a = Eigen::MatrixXf::Ones(2, 2);
  STATIC_REQUIRE(!mr::tensor::tensor_source<decltype(a + a)>);
  STATIC_REQUIRE(!mr::tensor::tensor_source<Eigen::MatrixXcf>);
  STATIC_REQUIRE(mr::tensor::tensor_source<std::vector<Eigen::MatrixXf>>);
}

TEST_CASE("matrices take the shapes that their type allows") {
  Eigen::MatrixXf free;
  const auto resized = mr::tensor::tensor_traits<Eigen::MatrixXf>::resize(free, {3, 4});
  REQUIRE(resized);
  CHECK(free.rows() == 3);
  CHECK(free.cols() == 4);
  CHECK(resized->data() == free.data());
  const auto flat = mr::tensor::tensor_traits<Eigen::MatrixXf>::resize(free, {12});
  REQUIRE_FALSE(flat);
  CHECK(flat.error().message() == "an Eigen matrix of this type cannot take the shape [12]");

  Eigen::Matrix<float, 3, Eigen::Dynamic, Eigen::ColMajor, 3, 5> bounded;
  using bounded_traits = mr::tensor::tensor_traits<decltype(bounded)>;
  CHECK(bounded_traits::resize(bounded, {3, 5}));
  CHECK_FALSE(bounded_traits::resize(bounded, {3, 6}));
  CHECK_FALSE(bounded_traits::resize(bounded, {2, 5}));

  Eigen::VectorXi vector;
  CHECK(mr::tensor::tensor_traits<Eigen::VectorXi>::resize(vector, {6}));
  CHECK(vector.size() == 6);
  Eigen::RowVector3d three;
  CHECK(mr::tensor::tensor_traits<Eigen::RowVector3d>::resize(three, {3}));
  CHECK_FALSE(mr::tensor::tensor_traits<Eigen::RowVector3d>::resize(three, {4}));
}
