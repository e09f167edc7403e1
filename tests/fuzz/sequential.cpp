// Any bytes load as a sequential test that works, or answer an error.
#include <millrace/stats/resampling/poisson_bootstrap.hpp>
#include <millrace/stats/sequential/confidence_sequence.hpp>
#include <millrace/stats/sequential/e_process.hpp>
#include <millrace/stats/sequential/group_sequential.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>
#include <millrace/stats/sequential/sprt.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

template <class Stream>
void use_stream(std::span<const std::byte> bytes) {
  auto test = Stream::load(bytes);
  if (!test) return;
  support::stop_unless_reloaded(*test);
  for (int i = 0; i < 200; ++i) test->update((i * 7 % 11) / 10.0);
  (void)test->save();
}

void use(std::span<const std::byte> bytes) {
  use_stream<millrace::stats::e_process>(bytes);
  use_stream<millrace::stats::mixture_sprt>(bytes);
  use_stream<millrace::stats::sprt>(bytes);
  use_stream<millrace::stats::empirical_bernstein>(bytes);
  use_stream<millrace::stats::poisson_bootstrap<20>>(bytes);
  if (auto test = millrace::stats::two_arm_e_process::load(bytes)) {
    support::stop_unless_reloaded(*test);
    for (int i = 0; i < 200; ++i) test->update(i % 2 == 0, i % 5);
    if (test->p() < 0 || test->p() > 1) std::abort();
    if (!test->merge(*test)) std::abort();
  }
  if (auto test = millrace::stats::group_sequential::load(bytes)) {
    support::stop_unless_reloaded(*test);
    for (const auto& look : test->looks())
      if (std::isnan(look.limit)) std::abort();
    (void)test->look(1, 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  return 0;
}
