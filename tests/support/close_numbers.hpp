#ifndef MILLRACE_TESTS_SUPPORT_CLOSE_NUMBERS_HPP
#define MILLRACE_TESTS_SUPPORT_CLOSE_NUMBERS_HPP

#include <support/catch.hpp>

namespace support {

/// Compares equal to numbers that have twelve digits in common with it. (Catch's own Approx asks for five.)
inline Approx twelve_digits(double expected) { return Approx(expected).epsilon(1e-12); }

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_CLOSE_NUMBERS_HPP
