// A chain that goes on after a failed event: it computes a score even while the device service does not respond.
#include <millrace/chain.hpp>

#include <cstdio>

namespace mr = millrace;

inline constexpr mr::field<"account_days", double> account_days;
inline constexpr mr::field<"device_known", bool> device_known;
inline constexpr mr::field<"score", double> score;

struct load_account {
  using reads = mr::fields<>;
  using writes = mr::fields<account_days>;
  void operator()(auto& ctx) const { ctx[account_days] = 400; }
};
struct ask_device_service {
  using reads = mr::fields<>;
  using writes = mr::fields<device_known>;
  mr::result<void> operator()(auto& ctx) const {
    ctx[device_known] = false;  // what later events read if the service does not respond
    return mr::error(mr::errc::unavailable, "the device service does not answer");
  }
};
struct rate {
  using reads = mr::fields<account_days, device_known>;
  using writes = mr::fields<score>;
  void operator()(auto& ctx) const {
    ctx[score] = (ctx[account_days] > 365 ? 0.2 : 0.5) + (ctx[device_known] ? 0 : 0.1);
  }
};

int main() {
  // [lenient]
  auto chain = mr::chain<mr::lenient>(load_account{}, ask_device_service{}, rate{});
  auto ctx = chain.context();
  const mr::lenient_result done = chain(ctx);  // every event has run
  for (const mr::event_failure& failure : done.failures()) std::printf("%s\n", failure.error.describe().c_str());
  std::printf("score %.1f, with %zu failure\n", ctx[score], done.failures().size());
  // [/lenient]
  return done.failures().size() == 1 && ctx[score] > 0.25 ? 0 : 1;
}
