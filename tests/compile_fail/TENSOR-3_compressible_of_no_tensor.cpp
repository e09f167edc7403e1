// expect: millrace\[TENSOR-3\]
// expect: eigen\.hpp
#include <millrace/tensor.hpp>

#include <string>
#include <vector>

namespace mr = millrace;

int main() {
#ifdef MILLRACE_MISUSE
  const mr::tensor::compressible<std::string> value;
#else
  const mr::tensor::compressible<std::vector<float>> value;
#endif
  return value.is_compressed() ? 1 : 0;
}
