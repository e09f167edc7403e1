#ifndef MILLRACE_MODEL_DETAIL_CLASS_LABELS_HPP
#define MILLRACE_MODEL_DETAIL_CLASS_LABELS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The class of each row, and what each class weighs.
struct class_labels {
  static constexpr std::size_t most = 65'536;

  std::vector<std::uint32_t> labels;
  std::vector<double> weight;  // one a class

  std::size_t classes() const noexcept { return weight.size(); }

  /// Errors: shape_mismatch (not one label a row), out_of_range (a label that is no whole number in [0, most)).
  static result<class_labels> read(const char* model, std::span<const float> labels, std::size_t rows,
                                   std::span<const float> weights) {
    if (auto same = one_each(model, "labels", labels.size(), rows); !same) return std::move(same).error();
    class_labels made;
    made.labels.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      if (!(labels[i] >= 0 && labels[i] < static_cast<float>(most)) ||
          static_cast<float>(static_cast<std::uint32_t>(labels[i])) != labels[i])
        return error(errc::out_of_range, std::string(model) + ": the label of row " + std::to_string(i) + " is " +
                                             std::to_string(labels[i]) + ", not a whole number from 0 to 65535");
      made.labels[i] = static_cast<std::uint32_t>(labels[i]);
      if (made.labels[i] >= made.weight.size()) made.weight.resize(made.labels[i] + 1);
      made.weight[made.labels[i]] += weight_of(weights, i);
    }
    return made;
  }
  /// Errors: invalid_data, if a class below the largest has no row of weight above 0, or there is one class only.
  result<void> two_or_more(const char* model) const {
    for (std::size_t k = 0; k < weight.size(); ++k)
      if (!(weight[k] > 0))
        return error(errc::invalid_data, std::string(model) + ": class " + std::to_string(k) +
                                             " has no rows that weigh anything, and labels go up to " +
                                             std::to_string(weight.size() - 1));
    if (weight.size() < 2) return error(errc::invalid_data, std::string(model) + ": there is one class only");
    return {};
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_CLASS_LABELS_HPP
