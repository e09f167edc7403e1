// Scores payments by a chain of two events, with four middlewares around them.
#include <millrace/chain.hpp>
#include <millrace/middleware.hpp>
#include <millrace/observe.hpp>

#include <cmath>
#include <cstdio>

namespace mr = millrace;

inline constexpr mr::field<"amount", double> amount;
inline constexpr mr::field<"risk", double> risk;
inline constexpr mr::field<"approved", bool> approved;

struct score {
  using reads = mr::fields<amount>;
  using writes = mr::fields<risk>;
  void operator()(auto& ctx) const { ctx[risk] = 1 / (1 + std::exp(4 - ctx[amount] / 100)); }
};
struct decide {
  using reads = mr::fields<risk>;
  using writes = mr::fields<approved>;
  void operator()(auto& ctx) const { ctx[approved] = ctx[risk] < 0.5; }
};

int main() {
  mr::observe::metrics_registry registry;
  auto chain = mr::chain(score{}, decide{})
                   .use(mr::profiler{})                // innermost: measures how long each event takes
                   .use(mr::audit_log{"audit.jsonl"})  // writes what each event read and wrote, as lines of JSON
                   .use(mr::validation<mr::strict>{})  // stops the chain at a NaN and names its field
                   .use(mr::metrics{registry});        // outermost: counts runs and failures for Prometheus

  for (const double payment : {25.0, 480.0, std::nan("")}) {
    auto ctx = chain.context(amount = payment);
    if (auto done = chain(ctx))
      std::printf("%.0f: risk %.2f, %s\n", payment, ctx[risk], ctx[approved] ? "approved" : "declined");
    else
      std::printf("refused: %s\n", done.error().describe().c_str());
  }
  std::printf("\n%s\n%s", chain.get<mr::profiler>().report().c_str(),
              mr::observe::to_prometheus(registry.snapshot()).c_str());
  if (auto closed = chain.get<"audit_log">().close(); !closed)
    return std::fprintf(stderr, "%s\n", closed.error().describe().c_str()), 1;
}
