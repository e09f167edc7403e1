// expect: millrace\[TENSOR-1\]
// expect: deflate\.hpp
#include <millrace/tensor.hpp>

#include <vector>

namespace mr = millrace;

int main() {
  const std::vector<float> values(100);
#ifdef MILLRACE_MISUSE
  const auto made = mr::tensor::compress(mr::tensor::view_of(values), 6);
#else
  const auto made = mr::tensor::compress(mr::tensor::view_of(values), 6, mr::tensor::huffman_deflate{});
#endif
  return made ? 0 : 1;
}
