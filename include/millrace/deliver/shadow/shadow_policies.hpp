#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_POLICIES_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_POLICIES_HPP

#include <millrace/core/clock.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>

#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Policy of a shadow: the type of its requests, where the stable model's call is a template and so cannot tell.
template <class Request>
struct takes {
  using request_type = Request;
};

/// Policy of a shadow: differences are counted by `key(request)` too: a text, an integer or an enum. It is called on
/// the shadow's thread.
template <class Key>
struct segment_by {
  explicit segment_by(Key by) : key(std::move(by)) {}
  Key key;
};

/// Policy of a shadow: which requests `shadow_options::share` copies depends on `unit(request)`, a text or an integer
/// such as a user's number: all of a unit's requests or none. It is called on the caller's thread.
template <class Unit>
struct unit_by {
  explicit unit_by(Unit by) : unit(std::move(by)) {}
  Unit unit;
};

/// Policy of a shadow: `call(request, stable, candidate, difference)` sees each comparison that does not agree, on the
/// shadow's thread, without a lock. Where an arm failed, its prediction is a null pointer.
template <class Call>
struct on_difference {
  explicit on_difference(Call by) : call(std::move(by)) {}
  Call call;
};

namespace detail {

template <class T>
struct is_shadow_options : std::is_same<T, shadow_options> {};
template <class T>
struct is_shadow_clock : std::bool_constant<clock_policy<T>> {};
template <class T>
struct is_takes : std::false_type {};
template <class T>
struct is_takes<takes<T>> : std::true_type {};
template <class T>
struct is_segment_by : std::false_type {};
template <class T>
struct is_segment_by<segment_by<T>> : std::true_type {};
template <class T>
struct is_unit_by : std::false_type {};
template <class T>
struct is_unit_by<unit_by<T>> : std::true_type {};
template <class T>
struct is_on_difference : std::false_type {};
template <class T>
struct is_on_difference<on_difference<T>> : std::true_type {};
template <class T>
struct is_shadow_watch : std::bool_constant<shadow_watcher<T>> {};
/// What has no other part among the policies is the comparison.
template <class T>
struct is_shadow_comparison
    : std::bool_constant<!is_shadow_options<T>::value && !is_shadow_clock<T>::value && !is_takes<T>::value &&
                         !is_segment_by<T>::value && !is_unit_by<T>::value && !is_on_difference<T>::value &&
                         !is_shadow_watch<T>::value> {};

struct no_policy {};

template <template <class> class Is, class... Policies>
inline constexpr int policies_of = (0 + ... + (Is<Policies>::value ? 1 : 0));

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_POLICIES_HPP
