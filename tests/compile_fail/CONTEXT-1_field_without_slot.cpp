// expect: millrace\[CONTEXT-1\]
// expect: labels|'l', 'a', 'b', 'e', 'l', 's'
#include <millrace/core.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

}  // namespace

int main() {
#ifdef MILLRACE_MISUSE
  auto ctx = mr::context(batch = 1);
#else
  auto ctx = mr::context(batch = 1, labels = 2);
#endif
  return ctx[labels] == 2 ? 0 : 1;
}
