// expect: millrace\[FIELD-2\]
// expect: rounds|'r', 'o', 'u', 'n', 'd', 's'
#include <millrace/core/context.hpp>

namespace mr = millrace;

inline constexpr mr::field<"rounds", int> rounds;

int main() {
#ifdef MILLRACE_MISUSE
  const auto ctx = mr::context(rounds = 2.9);
#else
  const auto ctx = mr::context(rounds = 2);
#endif
  return ctx[rounds] == 2 ? 0 : 1;
}
