#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_POLICIES_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_POLICIES_HPP

#include <millrace/chain/event.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

// A wrapper's policies are values between its brackets, in any order. Each plays one role: it is a clock, say, or sets
// an option. A role is a class template of its own, which a policy's type is asked by.
namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// What a policy stands for: of a `borrowed<T>`, T.
template <class T>
struct lent {
  using type = T;
};
template <class T>
struct lent<borrowed<T>> {
  using type = T;
};
template <class T>
using lent_t = typename lent<T>::type;
template <class T>
constexpr T& lent_object(T& held) noexcept {
  return held;
}
template <class T>
constexpr T& lent_object(borrowed<T>& held) noexcept {
  return *held.object;
}
template <class T>
constexpr T& lent_object(const borrowed<T>& held) noexcept {
  return *held.object;
}

template <class T>
struct plays_clock : std::bool_constant<clock_policy<T>> {};
template <class T>
struct plays_sleeper : std::bool_constant<sleeper_policy<T>> {};
template <class T>
struct plays_monitor : std::bool_constant<call_monitor<T>> {};
template <class T>
    struct plays_name : std::bool_constant < requires(const T& name) {
  {name.name_of_call()}->std::same_as<std::string_view>;
}>{};
/// Sets options, or is all of them.
template <class Options>
struct of_options {
  template <class T>
          struct plays : std::bool_constant < std::is_same_v<T, Options> ||
      requires(Options& all, const T& one) {
    one.set(all);
  }>{};
};

/// How many of the policies play a role.
template <template <class> class Role, class... Policies>
inline constexpr std::size_t players = (std::size_t{0} + ... + std::size_t{Role<lent_t<Policies>>::value});

/// The first of the policies that plays a role, or `Default`.
template <template <class> class Role, class Default, class... Policies>
struct cast {
  using type = Default;
};
template <template <class> class Role, class Default, class First, class... Rest>
struct cast<Role, Default, First, Rest...>
    : std::conditional_t<Role<lent_t<First>>::value, std::type_identity<First>, cast<Role, Default, Rest...>> {};
template <template <class> class Role, class Default, class... Policies>
using cast_t = typename cast<Role, Default, Policies...>::type;

/// The first of the types that a predicate does not hold for.
template <template <class> class Holds, class... Types>
struct first_without {
  static constexpr bool ok = true;
  using culprit = void;
};
template <template <class> class Holds, class First, class... Rest>
struct first_without<Holds, First, Rest...> {
  static constexpr bool ok = Holds<lent_t<First>>::value && first_without<Holds, Rest...>::ok;
  using culprit =
      std::conditional_t<Holds<lent_t<First>>::value, typename first_without<Holds, Rest...>::culprit, First>;
};
/// Whether an option that the compiler knows is one; those say so by `is_sensible`.
template <class T>
struct is_sensible : std::true_type {};
template <class T>
requires requires { T::is_sensible; }
struct is_sensible<T> : std::bool_constant<T::is_sensible> {};

/// What every wrapper asks of its policies.
template <class... Policies>
struct checked_policies {
  using senseless = first_without<is_sensible, Policies...>;
  static_assert(
      requirement<senseless::ok, typename senseless::culprit>,
      "millrace[RESILIENCE-2]: the option named here makes no sense: attempts count the first call too, a cap is "
      "no less than its base, times and numbers are above 0, and percentages at most 100");
  /// At most one policy plays each of these roles.
  template <template <class> class... Roles>
  static constexpr bool one_each = ((players<Roles, Policies...> <= 1) && ...);
};

/// What a wrapper keeps of a policy, or a stack of a wrapper, that it is given as a value of its own.
template <class Given>
struct kept {
  using type = std::decay_t<Given>;
  static_assert(requirement<std::is_constructible_v<type, Given>, type>,
                "millrace[RESILIENCE-13]: this wrapper or policy has a state and is not copied: lend it, by "
                "mr::borrow(it), to all that share it, or hand it over, by std::move(it)");
};
template <class Given>
using kept_t = typename kept<Given>::type;

template <class Options, class Policy>
constexpr void settle(Options& all, const Policy& one) noexcept {
  if constexpr (std::is_same_v<Options, Policy>)
    all = one;
  else if constexpr (requires { one.set(all); })
    one.set(all);
}
/// The options that the policies set, one after the other.
template <class Options, class... Policies>
constexpr Options settled(const Policies&... policies) noexcept {
  Options all;
  (settle(all, policies), ...);
  return all;
}

/// What the compiler knows of the options: all of them, unless a policy sets some when the program runs.
template <class Options, class... Policies>
struct preset {
  template <class Policy>
  static constexpr bool is_constant = requires(Options& all) { Policy::set(all); };
  static constexpr bool is_known =
      ((is_constant<Policies> || !of_options<Options>::template plays<lent_t<Policies>>::value) && ...);
  static constexpr Options value = [] {
    Options all;
    [[maybe_unused]] const auto look = [&]<class Policy>(std::type_identity<Policy>) {
      if constexpr (is_constant<Policy>) Policy::set(all);
    };
    (look(std::type_identity<Policies>()), ...);
    return all;
  }();
};

template <class... Policies>
std::string name_among(const Policies&... policies) {
  std::string name;
  [[maybe_unused]] const auto look = [&](const auto& one) {
    if constexpr (plays_name<std::remove_cvref_t<decltype(one)>>::value) name = std::string(one.name_of_call());
  };
  (look(policies), ...);
  return name;
}
/// `retry` or `retry "features"`, for messages.
inline std::string titled(const char* kind, const std::string& name) {
  return name.empty() ? std::string(kind) : std::string(kind) + " \"" + name + '"';
}

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_POLICIES_HPP
