// Any bytes load as a calibration that works, or are an error.
#include <millrace/model/calibration.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

void use_all(std::span<const std::byte> bytes) {
  const auto calibrate = [](const auto& calibration) {
    const double p = calibration(0.25);
    if (!(p >= 0 && p <= 1)) std::abort();
  };
  const auto calibrate_all = [](const auto& calibration) {
    std::vector<double> scores(calibration.classes(), 0.5);
    calibration(scores, scores);
  };
  support::ask_loaded<mr::model::platt>(bytes, calibrate);
  support::ask_loaded<mr::model::isotonic>(bytes, calibrate);
  support::ask_loaded<mr::model::one_vs_rest<mr::model::platt>>(bytes, calibrate_all);
  support::ask_loaded<mr::model::one_vs_rest<mr::model::isotonic>>(bytes, calibrate_all);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_payload_of_each({"platt", "isotonic", "one_vs_rest"}, data, size, use_all);
  return 0;
}
