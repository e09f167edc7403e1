#ifndef MILLRACE_TESTS_SUPPORT_PRECOMPILED_HPP
#define MILLRACE_TESTS_SUPPORT_PRECOMPILED_HPP

// What nearly every unit test includes, parsed once. That a millrace header needs none of it is
// proved by tests/meta/headers_alone.py, which compiles each header with nothing before it.
#include <support/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#endif  // MILLRACE_TESTS_SUPPORT_PRECOMPILED_HPP
