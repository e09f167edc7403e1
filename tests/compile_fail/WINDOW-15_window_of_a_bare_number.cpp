// expect: millrace_WINDOW_15_a_length_of_time_has_a_unit_60s
#include <millrace/aggregate.hpp>

#include <chrono>

namespace mr = millrace;
using namespace std::chrono_literals;

#ifdef MILLRACE_MISUSE
using recent = mr::windowed<mr::sliding<60>, mr::aggregate<mr::mean>>;
#else
using recent = mr::windowed<mr::sliding<60s>, mr::aggregate<mr::mean>>;
#endif

double mean(const recent& window) { return window.get<mr::mean>(); }
