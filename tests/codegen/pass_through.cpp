// Compiled, not run: check.py compares the instructions of these functions.
#include <millrace/chain.hpp>

#include <array>

namespace mr = millrace;

inline constexpr mr::field<"values", std::array<float, 256>> values;
inline constexpr mr::field<"key", unsigned> key;
inline constexpr mr::field<"score", unsigned> score;

unsigned look_up(unsigned key) noexcept;  // elsewhere, so that a call stays a call

struct scale {
  using reads = mr::fields<values>;
  using writes = mr::fields<values>;
  void operator()(auto& ctx) const noexcept {
    for (float& x : ctx[values]) x *= 0.5F;
  }
};
struct hash {
  using reads = mr::fields<key>;
  using writes = mr::fields<score>;
  void operator()(auto& ctx) const noexcept { ctx[score] = ctx[key] * 2654435769U ^ 77U; }
};
struct find {
  using reads = mr::fields<score>;
  using writes = mr::fields<key>;
  void operator()(auto& ctx) const noexcept { ctx[key] = look_up(ctx[score]); }
};

// Every hook that asks for no time, doing nothing.
template <int>
struct pass {
  void before(const auto&, auto&) noexcept {}
  // g++ counts the event, which it inlines into `next`, as part of `around`; so it is told to.
  [[gnu::always_inline]] mr::result<void> around(const auto&, auto&, auto& next) noexcept { return next(); }
  void after(const auto&, auto&, const mr::result<void>&) noexcept {}
};

using context_type = decltype(mr::chain(scale{}, hash{}, find{}).context(values = {}, key = 1U));

mr::result<void> bare_calls(context_type& ctx) {
  scale{}(ctx);
  hash{}(ctx);
  find{}(ctx);
  return {};
}
mr::result<void> chain_alone(context_type& ctx) {
  auto chain = mr::chain(scale{}, hash{}, find{});
  return chain(ctx);
}
mr::result<void> chain_passed_through(context_type& ctx) {
  auto chain =
      mr::chain(scale{}, hash{}, find{}).use(pass<0>{}).use(pass<1>{}).use(pass<2>{}).use(pass<3>{}).use(pass<4>{});
  return chain(ctx);
}
#ifdef MILLRACE_SEEDED_FAULT
// A middleware that does look at the time: the comparison must see it.
struct timed {
  void after(const auto&, auto&, const mr::time_span&, const mr::result<void>&) noexcept {}
};
mr::result<void> chain_timed(context_type& ctx) {
  auto chain = mr::chain(scale{}, hash{}, find{}).use(timed{});
  return chain(ctx);
}
#endif
