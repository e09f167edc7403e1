#ifndef MILLRACE_TESTS_SUPPORT_CATCH_HPP
#define MILLRACE_TESTS_SUPPORT_CATCH_HPP

// Catch2 under either of its names: 2.x (Debian 12) and 3.x (Debian 13). What they name differently has one name here.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
#endif

#endif
