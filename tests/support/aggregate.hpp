#ifndef MILLRACE_TESTS_SUPPORT_AGGREGATE_HPP
#define MILLRACE_TESTS_SUPPORT_AGGREGATE_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <laws/aggregator.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace support {

namespace mr = millrace;

/// |a - b| <= bound, or both NaN, or the same infinity.
inline bool within(double a, double b, double bound) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::fabs(a - b) <= bound;
}

/// CHECKs that two aggregates answer the same, as far as the members state: those that A keeps.
template <class A>
void same_answers(const A& a, const A& b) {
  using states = typename A::states;
  CHECK(a.items() == b.items());
  CHECK(a.skipped() == b.skipped());
  const auto exactly = [](double p, double q) {
    CAPTURE(p, q);
    CHECK(within(p, q, 0));
  };
  const auto relative = [](double p, double q, double bound) {
    CAPTURE(p, q);
    CHECK(laws::close(p, q, bound));
  };
  if constexpr (mr::detail::answerable<mr::mean, states>()) {
    const double spread = [&] {
      if constexpr (mr::detail::answerable<mr::population_stddev, states>())
        return a.template get<mr::population_stddev>();
      else
        return 1.0;
    }();
    CHECK(within(a.template get<mr::mean>(), b.template get<mr::mean>(),
                 1e-13 * (std::fabs(a.template get<mr::mean>()) + (spread > 0 ? spread : 0))));
    relative(a.template get<mr::total_weight>(), b.template get<mr::total_weight>(), 1e-14);
  }
  if constexpr (mr::detail::answerable<mr::variance, states>()) {
    // Beside the spread itself, what the means' own rounding makes of it.
    const double noise = 1e-15 * std::fabs(a.template get<mr::mean>());
    const double p = a.template get<mr::variance>();
    CAPTURE(a.template get<mr::mean>(), p, b.template get<mr::variance>(), a.items());
    CHECK(within(p, b.template get<mr::variance>(), 1e-11 * p + noise * noise));
    CHECK(within(a.template get<mr::stddev>(), b.template get<mr::stddev>(),
                 1e-11 * a.template get<mr::stddev>() + noise));
  }
  if constexpr (mr::detail::answerable<mr::skewness, states>())
    CHECK(within(a.template get<mr::skewness>(), b.template get<mr::skewness>(),
                 1e-8 * (1 + std::fabs(a.template get<mr::skewness>()))));
  if constexpr (mr::detail::answerable<mr::kurtosis, states>())
    CHECK(within(a.template get<mr::kurtosis>(), b.template get<mr::kurtosis>(),
                 1e-8 * (1 + std::fabs(a.template get<mr::kurtosis>()))));
  if constexpr (mr::detail::answerable<mr::sum, states>())
    CHECK(within(a.template get<mr::sum>(), b.template get<mr::sum>(),
                 4e-16 * std::fabs(a.template get<mr::sum>()) + 1e-25 * static_cast<double>(a.items())));
  if constexpr (mr::detail::answerable<mr::min, states>())
    exactly(a.template get<mr::min>(), b.template get<mr::min>());
  if constexpr (mr::detail::answerable<mr::max, states>())
    exactly(a.template get<mr::max>(), b.template get<mr::max>());
  if constexpr (mr::detail::answerable<mr::first, states>())
    exactly(a.template get<mr::first>(), b.template get<mr::first>());
  if constexpr (mr::detail::answerable<mr::last, states>())
    exactly(a.template get<mr::last>(), b.template get<mr::last>());
  if constexpr (mr::detail::answerable<mr::argmin, states>()) {
    CHECK(a.template get<mr::argmin>().index == b.template get<mr::argmin>().index);
    exactly(a.template get<mr::argmin>().value, b.template get<mr::argmin>().value);
  }
  if constexpr (mr::detail::answerable<mr::argmax, states>()) {
    CHECK(a.template get<mr::argmax>().index == b.template get<mr::argmax>().index);
    exactly(a.template get<mr::argmax>().value, b.template get<mr::argmax>().value);
  }
  if constexpr (mr::detail::answerable<mr::geometric_mean, states>())
    relative(a.template get<mr::geometric_mean>(), b.template get<mr::geometric_mean>(), 1e-12);
  if constexpr (mr::detail::answerable<mr::harmonic_mean, states>())
    relative(a.template get<mr::harmonic_mean>(), b.template get<mr::harmonic_mean>(), 1e-12);
}

/// Updates, queries and merges an aggregate that came out of hostile bytes.
template <class A>
void use(A& a) {
  a.update(1.5);
  a.update(std::span<const double>(std::vector<double>(100, 2.5)));
  A other = a;
  (void)other.merge(a);
  CHECK(A::load(other.save()).has_value());
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_AGGREGATE_HPP
