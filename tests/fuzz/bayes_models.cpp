// Any bytes load as naive Bayes or principal components that work, or are an error.
#include <millrace/model/bayes.hpp>
#include <millrace/model/decomposition.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

void use_all(std::span<const std::byte> bytes) {
  const auto classify = [](auto& model) {
    const std::vector<float> row(model.inputs(), 1.5F);
    std::vector<double> out(model.outputs());
    model.predict(std::span<const float>(row), std::span(out));
    const float label = 1;
    (void)model.partial_fit(mr::model::matrix_view(row, row.size()), std::span(&label, 1));
    (void)model.save();
  };
  support::ask_loaded<mr::model::gaussian_naive_bayes>(bytes, classify);
  support::ask_loaded<mr::model::multinomial_naive_bayes>(bytes, classify);
  support::ask_loaded<mr::model::pca>(bytes, [](const auto& model) {
    const std::vector<float> row(model.inputs(), 1.5F);
    std::vector<double> out(model.outputs());
    model.transform(std::span<const float>(row), std::span(out));
    std::vector<double> back(row.size());
    model.inverse_transform(out, back);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_payload_of_each({"gaussian_naive_bayes", "multinomial_naive_bayes", "pca"}, data, size, use_all);
  return 0;
}
