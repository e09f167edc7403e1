// A program that includes the single header.
#include <millrace/millrace.hpp>

#include <cstdio>

namespace mr = millrace;

inline constexpr mr::field<"x", int> x;

struct twice {
  using reads = mr::fields<x>;
  using writes = mr::fields<x>;
  void operator()(auto& ctx) const { ctx[x] *= 2; }
};

int main() {
  auto chain = mr::chain(twice{}, twice{});
  auto ctx = chain.context(x = 3);
  if (!chain(ctx) || ctx[x] != 12) return 1;
  std::printf("millrace %s says 12\n", MILLRACE_VERSION_STRING);
  return 0;
}
