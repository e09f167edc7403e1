#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_SCORE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_SCORE_HPP

#include "../options.hpp"

namespace lifecycle {

/// Lets a model from elsewhere answer for every row of a table: says which columns it reads, how good its answers are
/// where the target is known, and how fast they come; writes predictions.csv.
void score_job(const options& asked);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_SCORE_HPP
