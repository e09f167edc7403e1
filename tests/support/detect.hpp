#ifndef MILLRACE_TESTS_SUPPORT_DETECT_HPP
#define MILLRACE_TESTS_SUPPORT_DETECT_HPP

#include <millrace/core/seed.hpp>
#include <millrace/detect/signal.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

namespace support {

/// A detector as it starts; of a standard normal stream, where it has to be told.
template <class D>
D fresh_detector() {
  if constexpr (requires { D(); })
    return D();
  else
    return D(millrace::detect::in_control{0, 1});
}

/// Standard normal numbers by Marsaglia's polar method.
struct normal_source {
  millrace::random_engine engine;
  double kept = 0;
  bool has = false;

  explicit normal_source(std::uint64_t seed) : engine(seed) {}
  double operator()() {
    if (has) {
      has = false;
      return kept;
    }
    double u = 0, v = 0, s = 0;
    do {
      u = 2 * engine.uniform() - 1;
      v = 2 * engine.uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s == 0);
    const double f = std::sqrt(-2 * std::log(s) / s);
    kept = v * f;
    has = true;
    return u * f;
  }
};

struct coin_source {
  millrace::random_engine engine;
  double p;
  coin_source(std::uint64_t seed, double probability) : engine(seed), p(probability) {}
  double operator()() { return engine.uniform() < p ? 1 : 0; }
};

/// Observations until the first drift, at most `most`.
template <class D, class S>
std::uint64_t run_length(D detector, S& source, std::uint64_t most) {
  for (std::uint64_t t = 1; t <= most; ++t)
    if (detector.update(source()) == millrace::detect::signal::drift) return t;
  return most;
}

/// Mean run length of `streams` fresh detectors; runs are cut at 20 times `about`, which few reach.
template <class D, class S>
double mean_run_length(const D& detector, S& source, int streams, double about) {
  double total = 0;
  for (int i = 0; i < streams; ++i)
    total += static_cast<double>(run_length(detector, source, static_cast<std::uint64_t>(20 * about)));
  return total / streams;
}

/// The share of streams that raise a drift within `length` observations.
template <class D, class S>
double share_alarmed(const D& detector, S& source, int streams, std::uint64_t length) {
  int alarmed = 0;
  for (int i = 0; i < streams; ++i) {
    D fresh = detector;
    for (std::uint64_t t = 0; t < length; ++t)
      if (fresh.update(source()) == millrace::detect::signal::drift) {
        ++alarmed;
        break;
      }
  }
  return static_cast<double>(alarmed) / streams;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_DETECT_HPP
