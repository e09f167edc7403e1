#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_FILES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_FILES_HPP

#include "../data/table.hpp"
#include "../families/family.hpp"
#include "encode.hpp"
#include "features.hpp"

#include <millrace/core/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lifecycle {

/// What it takes to answer for rows of another table: the encoder, the model, and what its answer means.
struct trained_model {
  encoder encoding;
  model_ptr model;
  learning_task task;
  std::string target;
  std::vector<std::string> classes;  // of two: negative, positive; of numbers: none
  double threshold = 0.5;            // of two classes
  target_scale scale;                // of numbers
};

inline constexpr std::string_view model_file_name = "model.bin";
inline constexpr std::string_view encoder_file_name = "encoder.json";

/// The model's file.
std::string model_bytes(const fitted_model& model);
/// The encoder's file; the model has its own.
std::string encoder_json(const trained_model& model);

/// The model that an earlier run left in a folder. Errors: those of reading; errc::corrupt where the files are none of
/// ours or do not belong together.
mr::result<trained_model> load_model(const std::string& folder);
/// The same of the files' contents. `place`: what stands before their names in messages.
mr::result<trained_model> load_model(std::string_view place, std::string_view encoder_text,
                                     std::span<const std::byte> model_file);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_FILES_HPP
