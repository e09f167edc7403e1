#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVE_HPP

#include "../data/table.hpp"
#include "../model/encode.hpp"
#include "../model/model_files.hpp"
#include "stream.hpp"

#include <cstddef>
#include <span>
#include <vector>

/// The model at work: a chain that takes one row of a table from its cells to an answer.
namespace lifecycle {

class production;

/// A row's answer. Where validation refused the row, `value` is NaN.
struct served_row {
  double value = 0;        // the probability of the positive class or of the answer's, or the number
  std::size_t answer = 0;  // the class: of two, 1 is positive
};

/// What a stream of rows came to, and each row's answer.
struct served {
  stream_record record;
  std::vector<served_row> answers;
  std::vector<double> outputs;  // of the model, row after row; numbers in the target's unit; NaN for a refused row
};

/// Streams rows of a table through the model, one at a time, under the production's middlewares.
served serve(const trained_model& model, const bound_encoder& encode, const table& from,
             std::span<const std::size_t> rows, production& stack);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_SERVE_HPP
