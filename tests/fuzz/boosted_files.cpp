// Any bytes either are no model of LightGBM, XGBoost or CatBoost, with an error, or are a model that predicts and whose
// saved form loads again. Damaged models of tests/golden/formats are good seeds.
#include <millrace/model/formats/boosted_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

void use(const mr::result<mr::model::boosted_model>& model) {
  if (!model) return;
  std::vector<double> out(model->outputs());
  for (const float value : {0.0F, 3.0F, -0.5F, -1e30F, std::numeric_limits<float>::quiet_NaN()})
    model->predict(std::vector<float>(model->inputs(), value), out);
  (void)model->category(0, "a");
  const auto again = mr::model::boosted_model::load(model->save());
  if (!again || again->save() != model->save()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use(mr::model::read_boosted_model(bytes));
  use(mr::model::read_xgboost(bytes));
  use(mr::model::read_catboost(bytes));
  return 0;
}
