// expect: millrace\[MODEL-2\]: .*a matrix_view is of floats
#include <millrace/model/matrix_view.hpp>

#include <vector>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using numbers = std::vector<double>;
#else
using numbers = std::vector<float>;
#endif

std::size_t rows(const numbers& table) { return mr::model::matrix_view(table, 30).rows(); }
