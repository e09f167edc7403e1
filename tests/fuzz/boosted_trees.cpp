// Any bytes either are no boosted trees, with an error, or are trees that predict and write bytes which load again.
// They go in as they are and as the payload of a sound envelope, since few random bytes would get past its checksum.
#include <millrace/model/trees/boosted_trees.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

template <class Loss>
void use(std::span<const std::byte> bytes) {
  support::ask_loaded<mr::model::boosted_trees<Loss>>(bytes, [](const auto& model) {
    std::vector<double> out(model.outputs());
    for (const float value : {0.0F, 3.0F, -1e30F, std::numeric_limits<float>::quiet_NaN()})
      model.predict(std::vector<float>(model.inputs(), value), out);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<float> row = {1, 2};
  static const std::vector<float> target = {1};
  const mr::model::matrix_view rows(row, 2);
  static const auto one = mr::model::boosted_trees<>::fit(rows, target).value().save();
  static const auto many = mr::model::boosted_trees<mr::model::softmax_loss>::fit(rows, target).value().save();
  const auto bytes = std::as_bytes(std::span(data, size));
  use<mr::model::logistic_loss>(bytes);
  use<mr::model::logistic_loss>(support::with_payload(one, bytes));
  use<mr::model::softmax_loss>(support::with_payload(many, bytes));
  return 0;
}
