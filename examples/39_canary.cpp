// A canary that rolls back: the new model fails for some requests. No user sees it, and it is taken back for all.
#include <millrace/deliver.hpp>

#include <cstdio>
#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;

struct payment {
  std::string user;
  double amount = 0;
};

int main() {
  const auto stable = [](const payment& asked) -> mr::result<double> { return asked.amount > 90 ? 0.9 : 0.1; };
  const auto candidate = [](const payment& asked) -> mr::result<double> {
    if (asked.amount < 4) return mr::error(mr::errc::invalid_data, "no such feature");  // 4 % of all payments
    return asked.amount > 80 ? 0.8 : 0.1;
  };

  // [release]
  using errors = md::error_rate<md::max_ratio<2>>;
  md::rollout release{stable,
                      candidate,
                      md::canary<5, 10, 25, 50, 100>(),
                      md::judge<errors>(),
                      md::unit_of{&payment::user},
                      md::rollout_options{.name = "fraud"},
                      md::notified{[](const md::rollout_changed& it) { std::printf("%s\n", it.summary().c_str()); }}};
  // [/release]
  if (!release.start("ada", "trained on the payments of May")) return 1;

  // [serve]
  mr::random_engine random(39);
  std::size_t failed = 0;
  std::size_t payments = 0;
  while (is_under_way(release.state().phase) && payments < 1'000'000) {
    const payment one{"user-" + std::to_string(random.below(100'000)), random.uniform() * 100};
    const mr::result<double> score = release(one);
    failed += !score;
    if (++payments % 1000 == 0)  // in a program: every second, by a rollout_watch
      if (const auto looked = release.decide(); !looked) std::printf("%s\n", looked.error().describe().c_str());
  }
  // [/serve]
  std::printf("%zu payments, %zu without a score; %llu by stable in the candidate's place\n", payments, failed,
              static_cast<unsigned long long>(release.replaced()));
  std::printf("%s", release.report().summary().c_str());
  return release.state().phase == md::rollout_phase::rolled_back && failed == 0 ? 0 : 1;
}
