// Any bytes load as a KLL sketch that works, or answer an error.
#include <millrace/aggregate/sketches/kll.hpp>

#include <support/fuzz_ranks.hpp>

#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  support::fuzz_ranks<millrace::kll<>>(bytes);
  support::fuzz_ranks<millrace::kll<200, float>>(bytes);
  return 0;
}
