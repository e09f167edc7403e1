#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_EXPORT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_EXPORT_HPP

#include "../data/table.hpp"
#include "../model/encode.hpp"
#include "../model/model_files.hpp"

#include <cstddef>
#include <string>

namespace lifecycle {

/// A model as an ONNX file, and how far the file, read back and run as a model from elsewhere, agrees with the model.
struct export_record {
  std::string file;     // its content; empty where there is none
  std::string refused;  // why there is none
  std::size_t rows = 0;
  double largest_difference = 0;  // of a probability, or of numbers in the target's deviations
  std::size_t same_answers = 0;   // rows of which the class is the same; of numbers all
};

/// Writes the model as ONNX, reads the file again, and compares its answers for all rows with the model's.
export_record export_model(const trained_model& model, const table& data, const bound_encoder& encode);

/// "12.3 KiB; read back, it answers all 100,000 rows within 1e-16, with the same class" or why there is none.
std::string in_words(const export_record& of, task_kind task);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_EXPORT_HPP
