#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_LOAD_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_LOAD_HPP

#include "../data/read_table.hpp"
#include "../data/table.hpp"
#include "../options.hpp"

namespace lifecycle {

/// The table: the one that was asked for, or made-up payments. Ends the job where it cannot be read.
table load(const options& asked, const reading& how);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_LOAD_HPP
