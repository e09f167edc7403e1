// expect: millrace\[SHADOW-3\]: the candidate looks at a copy later
#include <millrace/deliver/shadow/shadow.hpp>

#include <span>
#include <vector>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using request = std::span<const float>;
#else
using request = std::vector<float>;
#endif

double model(const request& row) { return static_cast<double>(row[0]); }

md::shadow scored{model, model};

auto call(const request& row) { return scored(row); }
