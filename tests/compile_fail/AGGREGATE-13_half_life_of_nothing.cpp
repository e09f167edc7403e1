// expect: millrace\[AGGREGATE-13\]: a half-life is above zero
#include <millrace/aggregate/windows/decayed.hpp>

#include <chrono>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
constexpr std::chrono::seconds length(0);
#else
constexpr std::chrono::seconds length(1);
#endif

std::int64_t nanoseconds() { return mr::half_life<length>::nanoseconds; }
