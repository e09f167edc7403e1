#ifndef MILLRACE_CORE_DETAIL_INT128_HPP
#define MILLRACE_CORE_DETAIL_INT128_HPP

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;
}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_INT128_HPP
