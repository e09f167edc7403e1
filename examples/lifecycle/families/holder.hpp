#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_HOLDER_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_HOLDER_HPP

#include "family.hpp"

#include <millrace/core/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle::detail {

/// A model of the library behind the interface. `Family::explain(model, row, output)` and `Family::shape(model)` say
/// what the families do in ways of their own, and `Family::tidy(outputs)`, where there is one, has the last word. The
/// header of model/to_graph/ for the model is included beside this one.
template <class Family, class Model>
class holder final : public fitted_model {
 public:
  explicit holder(Model model) : model_(std::move(model)) {}

  family kind() const noexcept override { return Family::kind; }
  std::size_t inputs() const noexcept override { return model_.inputs(); }
  std::size_t outputs() const noexcept override { return model_.outputs(); }
  void predict(std::span<const float> row, std::span<double> out) noexcept override {
    model_.predict(row, out);
    tidy(out);
  }
  void predict(const mr::model::matrix_view& rows, std::span<double> out) noexcept override {
    model_.predict(rows, out);
    tidy(out);
  }
  std::vector<double> contributions(std::span<const float> row, std::size_t output) override {
    return Family::explain(model_, row, output);
  }
  mr::model::graph_builder::value add_to(mr::model::graph_builder& to,
                                         mr::model::graph_builder::value rows) const override {
    return add_outputs(to, model_, rows);
  }
  std::string shape() const override { return Family::shape(model_); }
  std::vector<std::byte> save() const override { return model_.save(); }

 private:
  static void tidy(std::span<double> out) noexcept {
    if constexpr (requires { Family::tidy(out); }) Family::tidy(out);
  }

  Model model_;
};

template <class Family, class Model>
mr::result<model_ptr> held(mr::result<Model> fitted) {
  if (!fitted) return std::move(fitted).error();
  return model_ptr(std::make_unique<holder<Family, Model>>(*std::move(fitted)));
}

}  // namespace lifecycle::detail

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_HOLDER_HPP
