// Any bytes load as a REQ sketch that works, or answer an error.
#include <millrace/aggregate/sketches/req.hpp>

#include <support/fuzz_ranks.hpp>

#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  support::fuzz_ranks<millrace::req<>>(bytes);
  support::fuzz_ranks<millrace::req<12, float>>(bytes);
  return 0;
}
