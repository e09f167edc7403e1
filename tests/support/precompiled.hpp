#ifndef MILLRACE_TESTS_SUPPORT_PRECOMPILED_HPP
#define MILLRACE_TESTS_SUPPORT_PRECOMPILED_HPP

// What nearly every unit test includes, parsed once. That a millrace header needs none of it is
// proved by tests/meta/headers_alone.py, which compiles each header with nothing before it.
#include <support/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#endif  // MILLRACE_TESTS_SUPPORT_PRECOMPILED_HPP
