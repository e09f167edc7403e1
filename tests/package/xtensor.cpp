// A program that looks at xtensor's tensors.
#include <millrace/tensor/finite_scan.hpp>
#include <millrace/tensor/xtensor.hpp>

#include <xtensor/xarray.hpp>

namespace mr = millrace;

int main() {
  const xt::xarray<double> tensor{{1.0, 2.0}, {3.0, 4.0}};
  return mr::tensor::find_non_finite(mr::tensor::tensor_traits<xt::xarray<double>>::view(tensor)) ? 1 : 0;
}
