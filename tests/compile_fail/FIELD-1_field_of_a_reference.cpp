// expect: millrace\[FIELD-1\]
#include <millrace/core.hpp>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"batch", int> batch;
inline constexpr mr::field<"labels", int> labels;

#ifdef MILLRACE_MISUSE
inline constexpr mr::field<"view", const int&> view;
#else
inline constexpr mr::field<"view", const int*> view;
#endif

}  // namespace

int main() { return decltype(view)::name.size() == 4 ? 0 : 1; }
