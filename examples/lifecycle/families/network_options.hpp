#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_NETWORK_OPTIONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_NETWORK_OPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// How a network is trained, for those who need not know what a network is.
namespace lifecycle {

struct training_options {
  std::size_t epochs = 20;
  std::size_t patience = 6;    // epochs without a better validation loss, after which training ends
  std::size_t batch_size = 0;  // 0: by the number of rows
  std::vector<std::size_t> hidden = {64, 32};
  double learning_rate = 1e-3;  // at the start; a cosine takes it down to a hundredth
  double weight_decay = 0.3;
  std::uint64_t seed = 42;
};

/// Small tables need small batches, or there are too few steps to learn in.
inline std::size_t batch_size_for(std::size_t rows) noexcept {
  std::size_t size = 32;
  while (size < 128 && size * 100 < rows) size *= 2;
  return size;
}

/// 146-64-32-1: the inputs and the units of each layer.
inline std::string shape_text(std::size_t inputs, const std::vector<std::size_t>& units) {
  std::string text = std::to_string(inputs);
  for (const std::size_t one : units) text += '-' + std::to_string(one);
  return text;
}
/// The same of a network that is to be made.
inline std::string shape_text(std::size_t inputs, const training_options& how, std::size_t outputs) {
  std::vector<std::size_t> units = how.hidden;
  units.push_back(outputs);
  return shape_text(inputs, units);
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_NETWORK_OPTIONS_HPP
