// Any bytes load as a forecaster by lags that works, or return an error.
#include <millrace/model/linear.hpp>
#include <millrace/model/series/lag_forecaster.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

using forecaster = millrace::model::lag_forecaster<millrace::model::ridge>;

void use(std::span<const std::byte> bytes) {
  auto loaded = forecaster::load(bytes);
  if (!loaded) return;
  if (!forecaster::load(loaded->save())) std::abort();
  double next[5];
  loaded->forecast(next);
  loaded->update(static_cast<float>(next[0]));
  loaded->forecast(next);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const std::vector<std::byte> envelope = [] {
    const std::vector<float> series{1, 2, 4, 3, 2, 4, 6, 5, 4, 6, 8, 7};
    auto made = forecaster::fit(series, {4, 1});
    if (!made) std::abort();
    return made->save();
  }();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  return 0;
}
