// Any bytes load as naive Bayes or principal components that work, or are an error.
#include <millrace/model/bayes.hpp>
#include <millrace/model/decomposition.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

template <class Model, class Use>
void load(std::span<const std::byte> bytes, Use use) {
  auto loaded = Model::load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = Model::load(saved); !back || back->save() != saved) std::abort();
  const std::vector<float> row(loaded->inputs(), 1.5F);
  std::vector<double> out(loaded->outputs());
  use(*loaded, row, out);
}

void use_all(std::span<const std::byte> bytes) {
  const auto classify = [](auto& model, const std::vector<float>& row, std::vector<double>& out) {
    model.predict(std::span<const float>(row), std::span(out));
    const float label = 1;
    (void)model.partial_fit(mr::model::matrix_view(row, row.size()), std::span(&label, 1));
    (void)model.save();
  };
  load<mr::model::gaussian_naive_bayes>(bytes, classify);
  load<mr::model::multinomial_naive_bayes>(bytes, classify);
  load<mr::model::pca>(bytes, [](const auto& model, const std::vector<float>& row, std::vector<double>& out) {
    model.transform(std::span<const float>(row), std::span(out));
    std::vector<double> back(row.size());
    model.inverse_transform(out, back);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  const auto payload = std::as_bytes(std::span(data, size));
  for (const char* name : {"gaussian_naive_bayes", "multinomial_naive_bayes", "pca"})
    use_all(support::with_payload(mr::envelope_writer(name).finish(), payload));
  return 0;
}
