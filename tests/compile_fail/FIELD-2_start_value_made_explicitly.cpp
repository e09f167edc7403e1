// expect: millrace\[FIELD-2\]
// expect: samples|'s', 'a', 'm', 'p', 'l', 'e', 's'
#include <millrace/core/context.hpp>

#include <vector>

namespace mr = millrace;

inline constexpr mr::field<"samples", std::vector<float>> samples;

int main() {
#ifdef MILLRACE_MISUSE
  const auto ctx = mr::context(samples = 3);
#else
  const auto ctx = mr::context(samples = {1, 2, 3});
#endif
  return ctx[samples].size() == 3 ? 0 : 1;
}
