#ifndef MILLRACE_CORE_DETAIL_GUARDED_HPP
#define MILLRACE_CORE_DETAIL_GUARDED_HPP

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

/// The exception by which glibc unwinds a thread that is cancelled; whoever catches it must throw it on. With libstdc++
/// every `catch` sees it, with libc++ none does, so there this is a type that nobody throws.
#if defined(__GLIBCXX__)
using forced_unwind = abi::__forced_unwind;
#else
struct forced_unwind {};
#endif

/// The error for an exception: describe() names what threw, `what` is null for no std::exception.
template <class Describe>
[[gnu::cold, gnu::noinline]] error thrown_error(const Describe& describe, const char* what) {
  const std::string where = describe();
  return error(errc::event_threw,
               what != nullptr ? where + " threw: " + what : where + " threw something that is no std::exception");
}

/// Calls f and returns its result; whatever it throws becomes an error value, except that a cancelled thread goes on
/// unwinding.
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

/// The same of an `f` that returns a result<T>.
template <class T, class F, class Describe>
result<T> guarded_result(F&& f, Describe&& describe) {
  try {
    return f();
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

#endif  // MILLRACE_CORE_DETAIL_GUARDED_HPP
