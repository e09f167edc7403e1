// expect: millrace\[RESILIENCE-12\]: the stack has no wrapper of this name
#include <millrace/resilience/calls.hpp>

#include <chrono>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
auto& places(rs::resilient<rs::retry<>>& guarded) { return guarded.get<"bulkhead">(); }
#else
auto& again(rs::resilient<rs::retry<>>& guarded) { return guarded.get<"retry">(); }
#endif
