#ifndef MILLRACE_CORE_DETAIL_POLICY_OR_HPP
#define MILLRACE_CORE_DETAIL_POLICY_OR_HPP

#include <millrace/core/config.hpp>

#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The first policy for which `Is` holds, or Default.
template <template <class> class Is, class Default, class... Policies>
struct first_policy {
  using type = Default;
};
template <template <class> class Is, class Default, class First, class... Rest>
struct first_policy<Is, Default, First, Rest...>
    : std::conditional_t<Is<First>::value, std::type_identity<First>, first_policy<Is, Default, Rest...>> {};
template <template <class> class Is, class Default, class... Policies>
using policy_or = typename first_policy<Is, Default, Policies...>::type;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_POLICY_OR_HPP
