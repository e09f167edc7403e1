// Five events under five middlewares: what a user's own translation unit costs with -O2.
#include <millrace/chain.hpp>

#include <cstdint>

namespace mr = millrace;

inline constexpr mr::field<"batch", double> batch;
inline constexpr mr::field<"output", double> output;
inline constexpr mr::field<"loss", double> loss;
inline constexpr mr::field<"gradient", double> gradient;
inline constexpr mr::field<"weight", double> weight;

struct load_batch {
  using reads = mr::fields<>;
  using writes = mr::fields<batch>;
  mr::result<void> operator()(auto& ctx) const {
    if (!(limit > 0)) return mr::error(mr::errc::out_of_range, "no batch left");
    ctx[batch] = limit;
    return {};
  }
  double limit = 2;
};

struct forward_pass {
  using reads = mr::fields<batch, weight>;
  using writes = mr::fields<output>;
  void operator()(auto& ctx) const { ctx[output] = ctx[batch] * ctx[weight]; }
};

struct calculate_loss {
  using reads = mr::fields<output>;
  using writes = mr::fields<loss>;
  mr::result<void> operator()(auto& ctx) const {
    ctx[loss] = (ctx[output] - 1) * (ctx[output] - 1);
    if (ctx[loss] != ctx[loss]) return mr::error(mr::errc::not_finite, "field \"loss\" is NaN");
    return {};
  }
};

struct backpropagation {
  using reads = mr::fields<batch, output>;
  using writes = mr::fields<gradient>;
  void operator()(auto& ctx) const { ctx[gradient] = 2 * (ctx[output] - 1) * ctx[batch]; }
};

struct update_weights {
  using reads = mr::fields<gradient>;
  using writes = mr::fields<weight>;
  void operator()(auto& ctx) const { ctx[weight] -= 0.01 * ctx[gradient]; }
};

// Five types of one shape: each has all the hooks that a middleware usually has.
template <int Number>
struct counter {
  void before(auto, auto&) { ++started; }
  mr::result<void> after(auto event, auto&, const mr::time_span& span, const mr::result<void>& outcome) {
    nanoseconds += span.end - span.start;
    if (!outcome) failed = event.index + 1;
    return {};
  }
  std::uint64_t started = 0;
  std::int64_t nanoseconds = 0;
  std::size_t failed = 0;
};

int main() {
  auto chain = mr::chain(load_batch{}, forward_pass{}, calculate_loss{}, backpropagation{}, update_weights{})
                   .use(counter<1>{})
                   .use(counter<2>{})
                   .use(counter<3>{})
                   .use(counter<4>{})
                   .use(counter<5>{});
  auto ctx = chain.context(weight = 0.1);
  for (int i = 0; i < 100; ++i)
    if (auto done = chain(ctx); !done) return 1;
  return ctx[loss] < 1e-3 ? 0 : 1;
}
