#ifndef MILLRACE_DELIVER_JUDGE_POLICIES_HPP
#define MILLRACE_DELIVER_JUDGE_POLICIES_HPP

#include <millrace/core/real.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// The largest chance of a rollback without harm, over a whole rollout: all steps, all metrics, all looks. A judge
/// without it has .01.
template <real A>
struct alpha {
  static_assert(A.value > 0 && A.value < 1,
                "millrace[JUDGE-1]: alpha<A> is a chance, 0 < A < 1, such as .01: that of a rollback without harm");
  static constexpr double value = A.value;
};
/// The largest chance of a promotion of a candidate whose harm is beyond what is tolerated, over a whole rollout. A
/// judge without it has .05.
template <real B>
struct beta {
  static_assert(B.value > 0 && B.value < 1,
                "millrace[JUDGE-1]: beta<B> is a chance, 0 < B < 1, such as .05: that of promoting what does harm");
  static constexpr double value = B.value;
};
/// How many requests of the candidate have to return in a step before it is promoted. A judge without it has 1,000.
template <std::uint64_t Requests>
struct min_requests {
  static constexpr std::uint64_t value = Requests;
};

/// Each unit (user) counts once, because its requests are alike: at its first bad outcome of a metric, at its first
/// score of one that is fed by scores, and at its first request for what a difference of shares is judged by.
/// Assignment has to be by unit then, as `split_by` does it, and a growing share may move units to the candidate but
/// not back. Ratios are those of units.
///
/// Capacity, a power of two, is how many bad outcomes of units there is room for, 16 bytes each, and how many units: as
/// that room fills, fewer and fewer of the new ones are taken, by a hash of theirs, and from 15/16 on none. Units that
/// are not taken are of both arms alike, so that nothing is concluded wrongly, only later; a judge whose room for bad
/// outcomes is full promotes no more.
template <std::size_t Capacity = 65536>
struct per_user {
  static_assert(Capacity >= 1024 && Capacity <= (std::size_t{1} << 32) && (Capacity & (Capacity - 1)) == 0,
                "millrace[JUDGE-1]: per_user<N> has room for N units, a power of two of at least 1,024");
  static constexpr std::size_t value = Capacity;
};

namespace detail {

template <class T>
struct is_alpha : std::false_type {};
template <real A>
struct is_alpha<alpha<A>> : std::true_type {};
template <class T>
struct is_beta : std::false_type {};
template <real B>
struct is_beta<beta<B>> : std::true_type {};
template <class T>
struct is_min_requests : std::false_type {};
template <std::uint64_t Requests>
struct is_min_requests<min_requests<Requests>> : std::true_type {};

template <class T>
struct is_per_user : std::false_type {};
template <std::size_t Capacity>
struct is_per_user<per_user<Capacity>> : std::true_type {};

template <class T>
inline constexpr bool is_judge_policy =
    is_alpha<T>::value || is_beta<T>::value || is_min_requests<T>::value || is_per_user<T>::value;

struct per_request {
  static constexpr std::size_t value = 0;
};

struct default_alpha {
  static constexpr double value = 0.01;
};
struct default_beta {
  static constexpr double value = 0.05;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_POLICIES_HPP
