// Any bytes load as a forecaster that works, or return an error.
#include <millrace/model/series/holt_winters.hpp>

#include <support/envelope.hpp>
#include <support/holt_winters_reference.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

using millrace::model::holt_winters;

void use(std::span<const std::byte> bytes) {
  auto loaded = holt_winters::load(bytes);
  if (!loaded) return;
  if (loaded->save() != std::vector<std::byte>(bytes.begin(), bytes.end())) std::abort();
  double next[5];
  loaded->forecast(next);
  (void)loaded->intervals(2, 0.5, 1);
  loaded->update(next[0]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const std::vector<std::byte> envelope = [] {
    auto made = holt_winters::fit(holt_winters_reference::series,
                                  {.season = millrace::model::season_kind::additive, .period = 6});
    if (!made) std::abort();
    return made->save();
  }();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  return 0;
}
