// Any bytes load as a sequential test that works, or answer an error.
#include <millrace/stats/group_sequential.hpp>
#include <millrace/stats/two_arm_e_process.hpp>

#include <support/envelope.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

void use(std::span<const std::byte> bytes) {
  if (auto test = millrace::two_arm_e_process::load(bytes)) {
    const auto saved = test->save();
    if (auto back = millrace::two_arm_e_process::load(saved); !back || back->save() != saved) std::abort();
    for (int i = 0; i < 200; ++i) test->update(i % 2 == 0, i % 5);
    if (test->p() < 0 || test->p() > 1) std::abort();
    if (!test->merge(*test)) std::abort();
  }
  if (auto test = millrace::group_sequential::load(bytes)) {
    const auto saved = test->save();
    if (auto back = millrace::group_sequential::load(saved); !back || back->save() != saved) std::abort();
    for (const auto& look : test->looks())
      if (std::isnan(look.limit)) std::abort();
    (void)test->look(1, 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use(bytes);
  std::vector<std::byte> sealed(bytes.begin(), bytes.end());
  support::reseal(sealed);
  use(sealed);
  return 0;
}
