// Any bytes load as a linear model that works, or are an error.
#include <millrace/model/linear.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

void use_all(std::span<const std::byte> bytes) {
  const auto explain = [](const auto& model) {
    const std::vector<float> row(model.inputs(), 1.5F);
    std::vector<double> out(model.outputs());
    model.predict(std::span<const float>(row), std::span(out));
    std::vector<double> parts(model.inputs() * model.outputs());
    model.contributions(row, parts);
  };
  const auto learn = [](auto& model) {
    const std::vector<float> row(model.inputs(), 1.5F);
    for (int i = 0; i < 20; ++i) model.partial_fit(row, static_cast<float>(i % 2));
    (void)model(row);
  };
  support::ask_loaded<mr::model::ftrl_linear>(bytes, learn);
  support::ask_loaded<mr::model::ftrl_logistic>(bytes, learn);
  support::ask_loaded<mr::model::linear_regression>(bytes, explain);
  support::ask_loaded<mr::model::logistic_regression>(bytes, explain);
  support::ask_loaded<mr::model::ridge>(bytes, explain);
  support::ask_loaded<mr::model::sgd_linear>(bytes, learn);
  support::ask_loaded<mr::model::sgd_logistic>(bytes, learn);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_payload_of_each({"ftrl_linear", "ftrl_logistic", "linear_regression", "logistic_regression", "ridge",
                               "sgd_linear", "sgd_logistic"},
                              data, size, use_all);
  return 0;
}
