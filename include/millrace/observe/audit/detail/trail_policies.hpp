#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_POLICIES_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_POLICIES_HPP

#include <millrace/core/detail/policy_or.hpp>
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

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_POLICIES_HPP
