// expect: millrace\[COMPRESSION-1\]
#include <millrace/middleware/compression.hpp>
#include <millrace/tensor/deflate.hpp>

#include <vector>

namespace mr = millrace;

inline constexpr mr::field<"plain", std::vector<float>> plain;
inline constexpr mr::field<"packed", std::vector<mr::tensor::compressible<std::vector<float>>>> packed;

#ifdef MILLRACE_MISUSE
using compression = mr::compression<plain>;
#else
using compression = mr::compression<packed>;
#endif

int main() {
  const compression chosen;
  return static_cast<int>(chosen.statistics().tensors);
}
