#ifndef MILLRACE_DELIVER_JUDGE_METRICS_HPP
#define MILLRACE_DELIVER_JUDGE_METRICS_HPP

#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/real.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace deliver {

// What a judge compares. A metric is an empty type with
//
//   static constexpr std::string_view name;
//   static double badness(const measurement&) noexcept;   // in [0, 1]; NaN: not measured. Or, for a score that is fed
//   static double badness(double score) noexcept;         // by `judge::update<metric>`
//   static constexpr tolerance tolerated;                 // optional: what is no harm worth a rollback
//   static constexpr double weight;                       // optional, 1: its part of the money that is bet
//   static constexpr std::string_view effect_name;        // optional: "ratio of badness"

/// What may become worse. A candidate is within it if the mean badness of its requests is at most max_ratio times that
/// of the stable model's, or at most max_difference more.
struct tolerance {
  double max_ratio = 2;
  double max_difference = 0.002;
};

/// The ratio up to which a metric may become worse: above 1.
template <real Ratio>
struct max_ratio {
  static_assert(Ratio.value > 1 && Ratio.value < 1000,
                "millrace[JUDGE-1]: max_ratio<R> is how many times as bad a candidate may be, 1 < R < 1000, such as 2");
  static constexpr double value = Ratio.value;
};
/// The difference up to which a metric may become worse: in (0, 1). Of error_rate<max_difference<.01>>: one request
/// more in a hundred.
template <real Difference>
struct max_difference {
  static_assert(Difference.value > 0 && Difference.value < 1,
                "millrace[JUDGE-1]: max_difference<D> is how much more of the requests may be bad, 0 < D < 1, such as "
                ".002");
  static constexpr double value = Difference.value;
};
/// A metric's part of the money that is bet, beside the 1 of others.
template <real Weight>
struct weight {
  static_assert(
      Weight.value > 0 && Weight.value < 1000,
      "millrace[JUDGE-1]: weight<W> is a metric's part of the money that is bet, 0 < W < 1000, beside the 1 of "
      "others");
  static constexpr double value = Weight.value;
};

namespace detail {

template <class T>
struct is_max_ratio : std::false_type {};
template <real Ratio>
struct is_max_ratio<max_ratio<Ratio>> : std::true_type {};
template <class T>
struct is_max_difference : std::false_type {};
template <real Difference>
struct is_max_difference<max_difference<Difference>> : std::true_type {};
template <class T>
struct is_weight : std::false_type {};
template <real Weight>
struct is_weight<weight<Weight>> : std::true_type {};

template <class T>
inline constexpr bool is_metric_option = is_max_ratio<T>::value || is_max_difference<T>::value || is_weight<T>::value;

/// What the options of a metric say, or its defaults.
template <real Ratio, real Difference, real Weight, class... Options>
struct metric_options {
  static_assert((is_metric_option<Options> && ...),
                "millrace[JUDGE-2]: the options of a metric are max_ratio<R>, max_difference<D> and weight<W>");
  static_assert((int{is_max_ratio<Options>::value} + ... + 0) <= 1 &&
                    (int{is_max_difference<Options>::value} + ... + 0) <= 1 &&
                    (int{is_weight<Options>::value} + ... + 0) <= 1,
                "millrace[JUDGE-3]: an option of a metric is given twice");
  struct default_ratio {
    static constexpr double value = Ratio.value;
  };
  struct default_difference {
    static constexpr double value = Difference.value;
  };
  struct default_weight {
    static constexpr double value = Weight.value;
  };
  static constexpr tolerance tolerated{policy_or<is_max_ratio, default_ratio, Options...>::value,
                                       policy_or<is_max_difference, default_difference, Options...>::value};
  static constexpr double weight = policy_or<is_weight, default_weight, Options...>::value;
};

}  // namespace detail

/// The share of requests that fail. Tolerated unless said otherwise: twice as many, or 2 in a thousand more. Its weight
/// is 2, as failures are rare and matter most.
template <class... Options>
struct error_rate : detail::metric_options<2, .002, 2, Options...> {
  static constexpr std::string_view name = "error_rate";
  static constexpr std::string_view effect_name = "ratio of error rates";
  static double badness(const measurement& m) noexcept { return m.failed ? 1 : 0; }
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_METRICS_HPP
