// A program that needs Eigen and zlib as well.
#include <millrace/middleware.hpp>
#include <millrace/tensor/deflate.hpp>
#include <millrace/tensor/eigen.hpp>
#include <millrace/train.hpp>

#include <Eigen/Core>
#include <limits>

namespace mr = millrace;

int main() {
  Eigen::MatrixXf matrix = Eigen::MatrixXf::Ones(3, 4);
  if (mr::tensor::find_non_finite(mr::tensor::tensor_traits<Eigen::MatrixXf>::view(matrix))) return 1;
  matrix(1, 2) = std::numeric_limits<float>::quiet_NaN();
  return mr::tensor::find_non_finite(mr::tensor::tensor_traits<Eigen::MatrixXf>::view(matrix)) ? 0 : 1;
}
