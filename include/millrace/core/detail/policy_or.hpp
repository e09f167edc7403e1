#ifndef MILLRACE_CORE_DETAIL_POLICY_OR_HPP
#define MILLRACE_CORE_DETAIL_POLICY_OR_HPP

#include <millrace/core/config.hpp>

#include <type_traits>
#include <utility>

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

/// The first object of a type among those given, moved out, or copied where it is const; else one made by default.
template <class Wanted>
Wanted pick_policy() {
  return Wanted();
}
template <class Wanted, class First, class... Rest>
Wanted pick_policy(First& first, Rest&... rest) {
  if constexpr (std::is_same_v<Wanted, std::remove_const_t<First>>)
    return std::move(first);
  else
    return detail::pick_policy<Wanted>(rest...);  // not one that the policies bring with them
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_POLICY_OR_HPP
