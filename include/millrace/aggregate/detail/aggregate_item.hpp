#ifndef MILLRACE_AGGREGATE_DETAIL_AGGREGATE_ITEM_HPP
#define MILLRACE_AGGREGATE_DETAIL_AGGREGATE_ITEM_HPP

#include <millrace/core/config.hpp>

#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

template <class A>
constexpr auto find_item() {
  if constexpr (requires { typename A::sample; })
    return std::type_identity<typename A::sample>{};
  else if constexpr (requires { typename A::value_type; })
    return std::type_identity<typename A::value_type>{};
  else
    return std::type_identity<double>{};
}
/// The type of the items that an aggregator is updated with: its `sample` if it has one, else its `value_type`, else
/// double.
template <class A>
using aggregate_item = typename decltype(find_item<A>())::type;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_AGGREGATE_ITEM_HPP
