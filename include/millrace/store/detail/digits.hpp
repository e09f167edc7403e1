#ifndef MILLRACE_STORE_DETAIL_DIGITS_HPP
#define MILLRACE_STORE_DETAIL_DIGITS_HPP

#include <millrace/store/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_DIGITS_HPP
