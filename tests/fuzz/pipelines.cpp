// Any bytes load as a pipeline that answers and saves what loads again, or return an error.
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>

#include <support/envelope.hpp>
#include <support/payments.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mm = millrace::model;

auto recipe() {
  return mm::pipeline_of(support::payment_features(), mm::trained_by<mm::ridge>(), mm::calibrated_by<mm::isotonic>());
}

void use(std::span<const std::byte> bytes) {
  const auto loaded = recipe().load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = recipe().load(saved); !back || back->save() != saved) std::abort();
  (void)(*loaded)({3, "FR", 20});
  (void)loaded->explain({1e300, "", {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use);
  static const auto envelope = recipe().fit(support::make_payments(60), &support::payment::is_fraud).value().save();
  use(support::with_payload(envelope, std::as_bytes(std::span(data, size))));
  // A sound pipeline with some bytes changed: pairs of a place and a byte.
  auto changed = envelope;
  for (std::size_t i = 0; i + 2 < size; i += 3)
    changed[(data[i] + 256U * data[i + 1]) % changed.size()] ^= std::byte{data[i + 2]};
  support::reseal(changed);
  use(changed);
  return 0;
}
