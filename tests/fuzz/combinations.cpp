// Any bytes load as models that vote, or as a stack, and work, or are an error.
#include <millrace/model/combination.hpp>
#include <millrace/model/linear.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mm = millrace::model;

template <class Model>
void use(std::span<const std::byte> bytes) {
  const auto loaded = Model::load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = Model::load(saved); !back || back->save() != saved) std::abort();
  const std::vector<float> row(loaded->inputs(), 1.5F);
  std::vector<double> out(loaded->outputs());
  loaded->predict(std::span<const float>(row), std::span(out));
}

void use_all(std::span<const std::byte> bytes) {
  use<mm::voting<mm::ridge, mm::linear_regression>>(bytes);
  use<mm::voting<mm::logistic_regression>>(bytes);
  use<mm::stacking<mm::ridge, mm::logistic_regression, mm::ridge>>(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  const auto payload = std::as_bytes(std::span(data, size));
  for (const char* name : {"voting", "stacking"})
    use_all(support::with_payload(millrace::envelope_writer(name).finish(), payload));
  return 0;
}
