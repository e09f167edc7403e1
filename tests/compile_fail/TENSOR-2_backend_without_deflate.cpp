// expect: millrace\[TENSOR-2\]
#include <millrace/tensor.hpp>

#include <vector>

namespace mr = millrace;

namespace {
struct backend {
#ifdef MILLRACE_MISUSE
  std::size_t deflate(const unsigned char*, std::size_t) const { return 0; }
#else
  mr::result<std::size_t> deflate(const unsigned char*, std::size_t, int, unsigned char*, std::size_t) const {
    return std::size_t{0};
  }
#endif
};
}  // namespace

int main() {
  const std::vector<float> values(100);
  return mr::tensor::compress(mr::tensor::view_of(values), 6, backend{}) ? 0 : 1;
}
