// expect: millrace\[RESULT-1\]
#include <millrace/core.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

int stored = 3;
#ifdef MILLRACE_MISUSE
mr::result<int&> find() { return stored; }
#else
mr::result<int*> find() { return &stored; }
#endif

}  // namespace

int main() { return find() ? 0 : 1; }
