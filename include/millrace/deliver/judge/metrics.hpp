#ifndef MILLRACE_DELIVER_JUDGE_METRICS_HPP
#define MILLRACE_DELIVER_JUDGE_METRICS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/real.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>

#include <cstddef>
#include <cstdint>
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
//
// `latency` is one by itself: it has `quantile` instead of badness.

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

/// A metric's name that ends in a number of at most three decimals: "latency_p99.9".
struct numbered_name {
  char text[40]{};
  std::size_t size = 0;

  constexpr numbered_name(std::string_view before, double number, std::string_view after) {
    append(before);
    const auto thousandths = static_cast<std::uint64_t>(number * 1000 + 0.5);
    char digits[20]{};
    std::size_t count = 0;
    for (std::uint64_t left = thousandths / 1000; left != 0 || count == 0; left /= 10)
      digits[count++] = static_cast<char>('0' + left % 10);
    while (count > 0) text[size++] = digits[--count];
    const std::uint64_t decimals = thousandths % 1000;
    if (decimals != 0) text[size++] = '.';
    for (std::uint64_t unit = 100, left = decimals; left != 0; left %= unit, unit /= 10)
      text[size++] = static_cast<char>('0' + left / unit);
    append(after);
  }
  constexpr std::string_view view() const { return {text, size}; }

 private:
  constexpr void append(std::string_view more) {
    for (const char c : more) text[size++] = c;
  }
};

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
/// is 6, as failures are rare and matter most: beside three other metrics it costs 1.5 times as much evidence as alone.
template <class... Options>
struct error_rate : detail::metric_options<2, .002, 6, Options...> {
  static constexpr std::string_view name = "error_rate";
  static constexpr std::string_view effect_name = "ratio of error rates";
  static double badness(const measurement& m) noexcept { return m.failed ? 1 : 0; }
};

/// A quantile of the latency. Tolerated unless said otherwise: 1.5 times that of the stable model; or that a fifth
/// as many requests more are slower than that as the quantile leaves, of the 99th percentile 2 in a thousand.
///
/// The judge counts how many requests of each arm are slower than a limit that it sets beforehand: the quantile of the
/// stable model's first requests (1,000 for the 99th percentile), whose latencies are not counted otherwise. When a
/// step begins, the limit is set anew by what the stable model did in the step before. So nothing is assumed of how
/// latencies are distributed. Tolerated is a candidate by whom not more requests take longer than max_ratio times the
/// limit than take longer than the limit by the stable model.
///
/// A request that failed counts by how long it took; one without a latency (NaN, negative) is not measured. An infinite
/// one is slow.
template <real Quantile, class... Options>
struct latency : detail::metric_options<1.5, (1 - Quantile.value) / 5, 1, Options...> {
  static_assert(Quantile.value > 0 && Quantile.value < 1,
                "millrace[JUDGE-1]: latency<Q> is about a quantile, 0 < Q < 1, such as .99");
  static constexpr double quantile = Quantile.value;
  static constexpr detail::numbered_name text{"latency_p", 100 * Quantile.value, ""};
  static constexpr std::string_view name = text.view();
  static constexpr std::string_view effect_name = "ratio of slow requests";
};

/// The share of requests that take longer than so many milliseconds. Tolerated unless said otherwise: twice as many, or
/// 2 in a thousand more. One without a latency is not measured.
template <real Milliseconds, class... Options>
struct slower_than : detail::metric_options<2, .002, 1, Options...> {
  static_assert(Milliseconds.value > 0 && Milliseconds.value < 1e9,
                "millrace[JUDGE-1]: slower_than<M> is about M milliseconds, 0 < M < 1e9, such as 250");
  static constexpr detail::numbered_name text{"slower_than_", Milliseconds.value, "ms"};
  static constexpr std::string_view name = text.view();
  static constexpr std::string_view effect_name = "ratio of slow requests";
  static double badness(const measurement& m) noexcept {
    return m.latency >= 0 ? (m.latency > Milliseconds.value * 1e6 ? 1 : 0) : detail::math::nan;
  }
};

/// The mean of a score between Low and High that is fed by `judge::update<metric>`, such as agreement with a label, or
/// revenue up to a most that counts; larger is better, or smaller if Low is above High. Tolerated unless said
/// otherwise: worse by .02 of the range. A score outside counts as the nearer end; a NaN is not measured.
template <fixed_string Name, real Low, real High, class... Options>
struct bounded_score : detail::metric_options<1, .02, 1, Options...> {
  static_assert(Low.value != High.value && Low.value - High.value < 1e300 && High.value - Low.value < 1e300,
                "millrace[JUDGE-1]: bounded_score<Name, Low, High> needs two numbers that differ");
  static constexpr std::string_view name = Name.view();
  static constexpr std::string_view effect_name = "ratio of what is missing to the best";
  static double badness(double score) noexcept {
    const double missing = (High.value - score) / (High.value - Low.value);
    return missing < 0 ? 0 : missing > 1 ? 1 : missing;
  }
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_METRICS_HPP
