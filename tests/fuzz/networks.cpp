// Any bytes load as a network that predicts, or are an error.
#include <millrace/model/network.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

void use_all(std::span<const std::byte> bytes) {
  const auto predict = [](const auto& model) {
    std::vector<double> out(9 * model.outputs());
    for (const float value : {0.0F, 3.0F, -1e30F, std::numeric_limits<float>::quiet_NaN()}) {
      const std::vector<float> rows(9 * model.inputs(), value);
      model.predict(mr::model::matrix_view(rows, model.inputs()), out);
    }
  };
  support::ask_loaded<mr::model::mlp<mr::model::logistic_loss>>(bytes, predict);
  support::ask_loaded<mr::model::mlp<mr::model::squared_loss>>(bytes, predict);
  support::ask_loaded<mr::model::mlp<mr::model::softmax_loss>>(bytes, predict);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_payload_of_each({"mlp<logistic>", "mlp<squared>", "mlp<softmax>"}, data, size, use_all);
  return 0;
}
