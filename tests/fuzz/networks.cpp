// Any bytes load as a network that predicts, or are an error.
#include <millrace/model/network.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

template <class Loss>
void use(std::span<const std::byte> bytes) {
  using network = mr::model::mlp<Loss>;
  const auto loaded = network::load(bytes);
  if (!loaded) return;
  std::vector<double> out(9 * loaded->outputs());
  for (const float value : {0.0F, 3.0F, -1e30F, std::numeric_limits<float>::quiet_NaN()}) {
    const std::vector<float> rows(9 * loaded->inputs(), value);
    loaded->predict(mr::model::matrix_view(rows, loaded->inputs()), out);
  }
  const auto saved = loaded->save();
  if (const auto again = network::load(saved); !again || again->save() != saved) std::abort();
}

void use_all(std::span<const std::byte> bytes) {
  use<mr::model::logistic_loss>(bytes);
  use<mr::model::squared_loss>(bytes);
  use<mr::model::softmax_loss>(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  const auto payload = std::as_bytes(std::span(data, size));
  for (const char* name : {"mlp<logistic>", "mlp<squared>", "mlp<softmax>"})
    use_all(support::with_payload(mr::envelope_writer(name).finish(), payload));
  return 0;
}
