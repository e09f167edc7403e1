// expect: millrace\[COMPRESSION-2\]
// expect: millrace/tensor/deflate.hpp
#include <millrace/middleware/compression.hpp>

#ifndef MILLRACE_MISUSE
#include <millrace/tensor/deflate.hpp>
#endif

namespace mr = millrace;

int main() {
  const mr::compression<> chosen;
  return static_cast<int>(chosen.statistics().tensors);
}
