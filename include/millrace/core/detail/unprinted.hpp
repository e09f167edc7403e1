#ifndef MILLRACE_CORE_DETAIL_UNPRINTED_HPP
#define MILLRACE_CORE_DETAIL_UNPRINTED_HPP

#include <millrace/core/config.hpp>

#include <string>

// millrace's own `to_string`, `to_json` and `append_json`, named as such (`mr::to_string(password)`), say of a secret
// that it is not printed. They are less special than those that only a secret leads to, which are meant where both are
// found: see store/secret.hpp.
namespace millrace {
inline namespace v0 {
namespace detail {
template <class T>
inline constexpr bool is_unprinted = false;
}  // namespace detail

template <class millrace_SECRET_1_a_secret_is_not_printed>
requires(detail::is_unprinted<millrace_SECRET_1_a_secret_is_not_printed>)
void append_json(std::string&, const millrace_SECRET_1_a_secret_is_not_printed&) = delete;
template <class millrace_SECRET_1_a_secret_is_not_printed>
requires(detail::is_unprinted<millrace_SECRET_1_a_secret_is_not_printed>)
std::string to_json(const millrace_SECRET_1_a_secret_is_not_printed&) = delete;
template <class millrace_SECRET_1_a_secret_is_not_printed>
requires(detail::is_unprinted<millrace_SECRET_1_a_secret_is_not_printed>)
std::string to_string(const millrace_SECRET_1_a_secret_is_not_printed&) = delete;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_UNPRINTED_HPP
