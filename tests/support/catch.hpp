#ifndef MILLRACE_TESTS_SUPPORT_CATCH_HPP
#define MILLRACE_TESTS_SUPPORT_CATCH_HPP

// Catch2 under either of its names: 2.x (Debian 12) and 3.x.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#endif
