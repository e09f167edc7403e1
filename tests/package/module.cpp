// A program that imports the modules that need the standard library alone.
import millrace;

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
  mr::aggregate<mr::mean, mr::max> seen;
  seen.update(2.0);
  seen.update(4.0);
  if (seen.get<mr::mean>() != 3.0 || seen.get<mr::max>() != 4.0) return 2;
  return mr::stats::normal{}.cdf(0) == 0.5 ? 0 : 3;
}
