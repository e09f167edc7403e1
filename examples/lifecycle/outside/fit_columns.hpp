#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_FIT_COLUMNS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_FIT_COLUMNS_HPP

#include "../data/table.hpp"
#include "../options.hpp"
#include "outside_model.hpp"

#include <string>
#include <vector>

namespace lifecycle {

/// A table as a model from elsewhere reads it.
struct fitted_columns {
  table data;  // its columns are the model's inputs, in the model's order, and the target where one was asked for
  std::vector<outside_cells> cells;  // of each input
  std::string how;                   // in words: by name or by place, and what is not read
  std::vector<std::string> notes;    // what a reader should know about words that the model does not know
};

/// Reads the table and finds each of the model's inputs in it: by name, where the model's file names its inputs, else
/// by place. Ends the job where that cannot be, with one sentence that has all of it: what is missing, what is of
/// another type, and what is left over where something is missing.
fitted_columns fit_columns(const options& asked, const outside_model& model);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_FIT_COLUMNS_HPP
