// An event of your own: its fields, which of them it reads and writes, and what it does.
#include <millrace/chain.hpp>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace mr = millrace;

inline constexpr mr::field<"samples", std::vector<float>> samples;
inline constexpr mr::field<"peak", float> peak;

struct find_peak {
  using reads = mr::fields<samples>;
  using writes = mr::fields<peak>;
  mr::result<void> operator()(auto& ctx) const {
    if (ctx[samples].empty()) return mr::error(mr::errc::invalid_data, "field \"samples\" is empty");
    // The field still holds the result of the last run, so it is assigned, not added to.
    ctx[peak] = *std::max_element(ctx[samples].begin(), ctx[samples].end());
    return {};
  }
};

int main() {
  auto chain = mr::chain(find_peak{});
  auto ctx = chain.context(samples = {-5.0F, -2.5F, -3.0F});
  if (auto done = chain(ctx); !done) return std::printf("%s\n", done.error().describe().c_str()), 1;
  std::printf("peak %.1f\n", static_cast<double>(ctx[peak]));

  auto empty = chain.context(samples = {});
  const auto refused = chain(empty);
  std::printf("%s\n", refused.error().describe().c_str());
  return refused ? 1 : 0;
}
