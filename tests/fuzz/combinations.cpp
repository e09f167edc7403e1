// Any bytes load as models that vote, or as a stack, and work, or are an error.
#include <millrace/model/combination.hpp>
#include <millrace/model/linear.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

namespace mm = millrace::model;

void use_all(std::span<const std::byte> bytes) {
  const auto predict = [](const auto& model) {
    const std::vector<float> row(model.inputs(), 1.5F);
    std::vector<double> out(model.outputs());
    model.predict(std::span<const float>(row), std::span(out));
  };
  support::ask_loaded<mm::voting<mm::ridge, mm::linear_regression>>(bytes, predict);
  support::ask_loaded<mm::voting<mm::logistic_regression>>(bytes, predict);
  support::ask_loaded<mm::stacking<mm::ridge, mm::logistic_regression, mm::ridge>>(bytes, predict);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_payload_of_each({"voting", "stacking"}, data, size, use_all);
  return 0;
}
