// expect: millrace\[MODEL-2\]: .*copy other numbers first
#include <millrace/model/matrix_view.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using number = double;
#else
using number = float;
#endif

std::size_t rows(const number* table) { return mr::model::matrix_view(table, 20, 30).rows(); }
