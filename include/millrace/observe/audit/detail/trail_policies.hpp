#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_POLICIES_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_POLICIES_HPP

#include <millrace/observe/audit/trail_options.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>
#include <millrace/store/signature.hpp>

#include <type_traits>

// What kinds of policies an audit trail takes, and which of those given is of a kind.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

template <class P>
struct is_trail_producers
    : std::bool_constant<std::is_same_v<P, store::exclusive> || std::is_same_v<P, store::shared>> {};
template <class P>
struct is_trail_full : std::bool_constant<store::full_policy<P>> {};
template <class P>
struct is_trail_files : std::bool_constant<store::segment_file_system<P>> {};
template <class P>
struct is_trail_key : std::bool_constant<std::is_same_v<P, unsigned_heads> || store::signer<P>> {};
template <class P>
inline constexpr bool is_trail_policy =
    is_trail_producers<P>::value || is_trail_full<P>::value || is_trail_files<P>::value || is_trail_key<P>::value;

/// The first policy for which `Is` holds, or Default.
template <template <class> class Is, class Default, class... Policies>
struct first_trail_policy {
  using type = Default;
};
template <template <class> class Is, class Default, class First, class... Rest>
struct first_trail_policy<Is, Default, First, Rest...>
    : std::conditional_t<Is<First>::value, std::type_identity<First>, first_trail_policy<Is, Default, Rest...>> {};
template <template <class> class Is, class Default, class... Policies>
using trail_policy_or = typename first_trail_policy<Is, Default, Policies...>::type;

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_POLICIES_HPP
