#ifndef MILLRACE_CHAIN_DETAIL_GUARDED_HPP
#define MILLRACE_CHAIN_DETAIL_GUARDED_HPP

#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/result.hpp>

#include <exception>
#include <string>
#include <type_traits>

#if defined(__GLIBCXX__)
#include <cxxabi.h>
#endif

namespace millrace {
inline namespace v0 {
namespace detail {

/// What glibc throws through a thread that is cancelled, which a `catch` must let go on. libstdc++ shows it to every
/// `catch`; libc++ to none, so there the name stands for nothing.
#if defined(__GLIBCXX__)
using forced_unwind = abi::__forced_unwind;
#else
struct forced_unwind {};
#endif

template <class Describe>
[[gnu::cold, gnu::noinline]] error thrown_error(const Describe& describe, const char* what) {
  const std::string where = describe();
  return error(errc::event_threw,
               what != nullptr ? where + " threw: " + what : where + " threw something that is no std::exception");
}

/// Calls f and makes an error value of whatever it throws. A cancelled thread goes on unwinding.
template <class F, class Describe>
[[gnu::always_inline]] inline result<void> guarded(F&& f, Describe&& describe) {
  try {
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      return {};
    } else {
      return f();
    }
  } catch (forced_unwind&) {
    throw;
  } catch (const std::exception& thrown) {
    return thrown_error(describe, thrown.what());
  } catch (...) {
    return thrown_error(describe, nullptr);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_DETAIL_GUARDED_HPP
