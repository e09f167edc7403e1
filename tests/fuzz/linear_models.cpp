// Any bytes load as a linear model that works, or are an error.
#include <millrace/model/linear.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;

template <class Model>
void learn(std::span<const std::byte> bytes) {
  auto loaded = Model::load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = Model::load(saved); !back || back->save() != saved) std::abort();
  const std::vector<float> row(loaded->inputs(), 1.5F);
  for (int i = 0; i < 20; ++i) loaded->partial_fit(row, static_cast<float>(i % 2));
  (void)(*loaded)(row);
}

template <class Model>
void use(std::span<const std::byte> bytes) {
  const auto loaded = Model::load(bytes);
  if (!loaded) return;
  const auto saved = loaded->save();
  if (auto back = Model::load(saved); !back || back->save() != saved) std::abort();
  const std::vector<float> row(loaded->inputs(), 1.5F);
  std::vector<double> out(loaded->outputs());
  loaded->predict(std::span<const float>(row), std::span(out));
  std::vector<double> parts(loaded->inputs() * loaded->outputs());
  loaded->contributions(row, parts);
}

void use_all(std::span<const std::byte> bytes) {
  use<mr::model::linear_regression>(bytes);
  use<mr::model::logistic_regression>(bytes);
  use<mr::model::ridge>(bytes);
  learn<mr::model::sgd_linear>(bytes);
  learn<mr::model::sgd_logistic>(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, use_all);
  const auto payload = std::as_bytes(std::span(data, size));
  for (const char* name : {"linear_regression", "logistic_regression", "ridge", "sgd_linear", "sgd_logistic"})
    use_all(support::with_payload(mr::envelope_writer(name).finish(), payload));
  return 0;
}
