// Any bytes load as an experiment that works, or answer an error.
#include <millrace/stats/experiment/experiment.hpp>

#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

using family = mr::stats::outcomes<mr::stats::conversion<"ctr">, mr::stats::ratio<"revenue", "clicks">,
                                   mr::stats::quantile_of<"latency", .9>, mr::stats::cuped_mean<"spend">>;
template <class When>
using experiment =
    mr::stats::experiment_test<family, mr::stats::decision<When, mr::stats::alpha<.05>, mr::stats::holm>>;

template <class Test>
void use(std::span<const std::byte> bytes) {
  auto test = Test::load(bytes);
  if (!test) return;
  support::stop_unless_reloaded(*test);
  for (int i = 0; i < 50; ++i) test->update(i % 2 == 0, i % 3 == 0, i % 7, 1 + i % 2, 10.0 * i, i % 5, i % 4);
  if (const auto now = test->peek())
    for (const auto& m : now->metrics)
      if (m.adjusted_p < 0 || m.adjusted_p > 1) std::abort();
  (void)test->merge(*test);
  (void)test->save();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, [](std::span<const std::byte> bytes) {
    use<experiment<mr::stats::always_valid>>(bytes);
    use<experiment<mr::stats::always_valid_asymptotic>>(bytes);
  });
  return 0;
}
