#ifndef MILLRACE_TESTS_SUPPORT_QUANTILE_SKETCHES_HPP
#define MILLRACE_TESTS_SUPPORT_QUANTILE_SKETCHES_HPP

// What the tests of several sketches of quantiles ask alike.

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace support {

/// An empty sketch, with a seed where it draws lots.
template <class S>
S seeded(std::uint64_t seed) {
  if constexpr (std::is_constructible_v<S, std::uint64_t>)
    return S(seed);
  else
    return S();
}

template <class S>
S sketch_of(const std::vector<double>& values, std::uint64_t seed = 0) {
  S sketch = seeded<S>(seed);
  for (const double v : values) sketch.update(static_cast<typename S::value_type>(v));
  return sketch;
}

/// Merges sketches of one shape, which some have to ask about.
template <class S>
void merge_into(S& into, const S& other) {
  if constexpr (std::is_void_v<decltype(into.merge(other))>)
    into.merge(other);
  else
    REQUIRE(into.merge(other).has_value());
}

/// The same of seven parts of the stream, each with a seed of its own.
template <class S>
S merged_from_seven(const std::vector<double>& values, std::uint64_t seed) {
  S merged = seeded<S>(seed + 100);
  for (std::size_t part = 0; part < 7; ++part) {
    const std::size_t begin = values.size() * part / 7;
    S piece = seeded<S>(seed * 7 + part);
    piece.update(std::span<const double>(values).subspan(begin, values.size() * (part + 1) / 7 - begin));
    merge_into(merged, piece);
  }
  return merged;
}

/// A sketch of `sorted` knows how many values it saw, and the extremes exactly.
template <class S>
void check_count_and_extremes(const S& sketch, const std::vector<double>& sorted) {
  CHECK(sketch.count() == sorted.size());
  CHECK(sketch.quantile(0) == sorted.front());
  CHECK(sketch.quantile(1) == sorted.back());
}

template <class S>
void check_no_quantiles(const S& empty) {
  CHECK(empty.empty());
  CHECK(std::isnan(empty.quantile(0.5)));
  CHECK(std::isnan(empty.rank(1)));
  CHECK(std::isnan(empty.min()));
  CHECK(std::isnan(empty.max()));
}

/// Quantiles never decrease, nor do their ranks, and each undoes the other, at p = 0 to 1 in `steps` steps.
template <class View>
void check_never_decrease(const View& view, int steps, double rounding) {
  double last_quantile = view.quantile(0);
  double last_rank = 0;
  for (int i = 0; i <= steps; ++i) {
    const double p = static_cast<double>(i) / steps;
    const double q = view.quantile(p);
    CHECK(q >= last_quantile);
    const double r = view.rank(q);
    CHECK(r >= last_rank);
    CHECK(r >= p - rounding);
    last_quantile = q;
    last_rank = r;
  }
}

/// Weights that are no positive numbers, or that no count could hold, leave a sketch as it was.
template <class S>
void check_weights_left_out(S& sketch) {
  const auto before = sketch.count();
  for (const double weight : {0.0, -1.0, std::nan(""), 1e300}) sketch.update(7, millrace::weight(weight));
  CHECK(sketch.count() == before);
}

/// A weight of 1/2 counts half the times.
template <class S>
void check_half_weights(S sketch) {
  for (int i = 0; i < 10000; ++i) sketch.update(i, millrace::weight(0.5));
  CHECK(std::fabs(static_cast<double>(sketch.count()) - 5000) < 250);  // five standard deviations
}

/// A weight is as many updates, up to the error in rank: `within(sketch, p)`.
template <class S, class Within>
void check_weights_are_updates(std::span<const double> ps, Within within) {
  S weighted, repeated;
  millrace::random_engine random(2);
  for (int i = 0; i < 3000; ++i) {
    const double value = random.normal();
    const auto weight = random.below(9);
    weighted.update(value, millrace::weight(static_cast<double>(weight)));
    for (std::uint64_t j = 0; j < weight; ++j) repeated.update(value);
  }
  CHECK(weighted.count() == repeated.count());
  CHECK(weighted.min() == repeated.min());
  CHECK(weighted.max() == repeated.max());
  for (const double p : ps) CHECK(std::fabs(weighted.rank(repeated.quantile(p)) - p) < within(weighted, p));
  check_weights_left_out(weighted);
}

/// A sketch that is a few hundred values short of its limit counts up to the limit and no further, by any path; what is
/// left out changes nothing.
template <class S>
void check_stops_at_the_limit(const S& almost) {
  using value = typename S::value_type;
  const std::uint64_t left = S::max_count - almost.count();
  REQUIRE((left > 1 && left < 10'000));
  S single = almost;
  for (std::uint64_t i = 0; i < left; ++i) single.update(static_cast<value>(i % 7));
  REQUIRE(single.count() == S::max_count);
  const auto full = single.save();
  for (int i = 0; i < 20'000; ++i) single.update(100);
  single.update(std::vector<value>(5000, -100));
  single.update(100, millrace::weight(1));
  single.update(100, millrace::weight(0x1p30));
  (void)single.merge(single), (void)single.merge(almost);
  CHECK(single.count() == S::max_count);
  CHECK((single.max)() < 100);
  CHECK((single.min)() == 0);
  CHECK(single.save() == full);

  auto loaded = S::load(full);
  REQUIRE(loaded);
  loaded->update(100);
  CHECK(loaded->count() == S::max_count);
  loaded = S::load(almost.save());
  REQUIRE(loaded);
  for (std::uint64_t i = 0; i < left + 5000; ++i) loaded->update(3);
  CHECK(loaded->count() == S::max_count);
  CHECK(S::load(loaded->save()));

  S side_by_side = almost;
  side_by_side.update(std::vector<value>(left + 5000, 3));
  CHECK(side_by_side.count() == S::max_count);
  CHECK(S::load(side_by_side.save()));
  S heavy = almost;
  heavy.update(3, millrace::weight(static_cast<double>(left + 1)));
  CHECK(heavy.count() == almost.count());
  heavy.update(3, millrace::weight(static_cast<double>(left - 1)));
  for (int i = 0; i < 5000; ++i) heavy.update(3);
  CHECK(heavy.count() == S::max_count);
  S merged = almost;
  S few;
  for (std::uint64_t i = 0; i < left - 1; ++i) few.update(3);
  (void)merged.merge(few);
  CHECK(merged.count() == S::max_count - 1);
  (void)merged.merge(few);
  for (int i = 0; i < 5000; ++i) merged.update(3);
  CHECK(merged.count() == S::max_count);
  CHECK(S::load(merged.save()));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_QUANTILE_SKETCHES_HPP
