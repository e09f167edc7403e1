// A chain whose event throws, for dialects in which catching is another library's work: -fno-rtti, libc++.
#include <millrace/chain.hpp>

#include <stdexcept>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"amount", double> amount;

struct refuse {
  using reads = mr::fields<amount>;
  using writes = mr::fields<>;
  void operator()(auto& ctx) const {
    if (ctx[amount] > 1) throw std::runtime_error("too much");
  }
};

}  // namespace

int main() {
  auto chain = mr::chain(refuse{});
  auto ctx = chain.context(amount = 0.5);
  if (!chain(ctx)) return 1;
  ctx[amount] = 2;
  const auto done = chain(ctx);
  return !done && done.error().describe() == "event \"refuse\" (1 of 1) failed: event \"refuse\" threw: too much" ? 0
                                                                                                                  : 2;
}
