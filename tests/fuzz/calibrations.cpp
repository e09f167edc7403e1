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

template <class Calibration>
void use(std::span<const std::byte> bytes) {
  const auto loaded = Calibration::load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = Calibration::load(saved); !back || back->save() != saved) std::abort();
  if constexpr (mr::model::calibrator<Calibration>) {
    const double p = (*loaded)(0.25);
    if (!(p >= 0 && p <= 1)) std::abort();
  } else {
    std::vector<double> scores(loaded->classes(), 0.5);
    (*loaded)(scores, scores);
  }
}

void use_all(std::span<const std::byte> bytes) {
  use<mr::model::platt>(bytes);
  use<mr::model::isotonic>(bytes);
  use<mr::model::one_vs_rest<mr::model::platt>>(bytes);
  use<mr::model::one_vs_rest<mr::model::isotonic>>(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  const auto payload = std::as_bytes(std::span(data, size));
  for (const char* name : {"platt", "isotonic", "one_vs_rest"})
    use_all(support::with_payload(mr::envelope_writer(name).finish(), payload));
  return 0;
}
