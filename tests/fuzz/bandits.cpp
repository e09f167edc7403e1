// Any bytes load as a bandit that works, or are an error.
#include <millrace/deliver/split/bandit.hpp>

#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace {

namespace md = millrace::deliver;

template <class Bandit, class Reward>
void use(std::span<const std::byte> bytes, Reward reward) {
  auto bandit = Bandit::load(bytes);
  if (!bandit) return;
  support::stop_unless_reloaded(*bandit);
  for (std::size_t i = 0; i < 20; ++i) bandit->update(i % 4, reward(i));
  (void)bandit->refresh();
  (void)bandit->merge(*bandit);
  double sum = 0;
  for (std::size_t arm = 0; arm < Bandit::variants(); ++arm) {
    if (!(bandit->probability(arm) >= 0)) std::abort();
    sum += bandit->probability(arm);
  }
  if (!(std::fabs(sum - 1) < 1e-6) || bandit->assign("user").variant >= Bandit::variants()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, [](std::span<const std::byte> bytes) {
    use<md::bandit<"banner-2026", 3, md::epsilon_greedy>>(bytes, [](std::size_t i) { return i % 3 == 0; });
    use<md::bandit<"banner-2026", 3, md::ucb1, md::numeric_reward>>(
        bytes, [](std::size_t i) { return static_cast<double>(i) / 20; });
    use<md::bandit<"banner-2026", 3, md::thompson, md::numeric_reward>>(
        bytes, [](std::size_t i) { return static_cast<double>(i) / 20; });
  });
  return 0;
}
