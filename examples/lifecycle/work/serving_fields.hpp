#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVING_FIELDS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVING_FIELDS_HPP

#include "../families/family.hpp"

#include <millrace/core/field.hpp>

#include <cstdint>
#include <vector>

/// What the chain that serves rows knows of one.
namespace lifecycle {

/// A row's numbers as the model wants them. Missing ones may be NaN, which validation would refuse in a plain vector.
struct encoded_row {
  std::vector<float> numbers;
};

namespace serving {

inline constexpr mr::field<"row", std::uint64_t> row;    // of the table
inline constexpr mr::field<"line", std::uint64_t> line;  // of its file, for whoever reads the log
inline constexpr mr::field<"features", encoded_row> features;
inline constexpr mr::field<"outputs", std::vector<double>> outputs;  // of the model
inline constexpr mr::field<"probability", double> probability;       // of the positive class, or of the answer's
inline constexpr mr::field<"answer", std::uint64_t> answer;          // the class: of two, 1 is positive
inline constexpr mr::field<"value", double> value;                   // the number, in the target's unit

}  // namespace serving

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVING_FIELDS_HPP
