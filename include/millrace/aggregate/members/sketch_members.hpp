#ifndef MILLRACE_AGGREGATE_MEMBERS_SKETCH_MEMBERS_HPP
#define MILLRACE_AGGREGATE_MEMBERS_SKETCH_MEMBERS_HPP

#include <millrace/aggregate/members/member.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/kll.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

// A sketch is a member of an aggregate as it is: `aggregate<count, kll<200>>`, and `get<kll<200>>()` returns it. Each
// of the members below asks a sketch for one figure; members that name the same sketch share it.

/// The distribution that an aggregate's sketch has seen. For many queries call `view()` once, which sorts, and ask the
/// view.
///
/// `get` of an aggregate that lives on returns one that refers to the sketch in it (`Kept` is a pointer), and is valid
/// while the aggregate lives and is not changed. `get` of a temporary (a window's value, a merged copy) returns one
/// that holds a copy of the sketch (`Kept` is Sketch), and is valid by itself.
template <class Sketch, class Kept = const Sketch*>
class quantile_query {
 public:
  explicit quantile_query(const Sketch& sketch) noexcept
  requires(std::is_pointer_v<Kept>)
      : kept_(&sketch) {}
  explicit quantile_query(const Sketch&& sketch)
  requires(std::is_pointer_v<Kept>)
  = delete;
  explicit quantile_query(Sketch sketch)
  requires(!std::is_pointer_v<Kept>)
      : kept_(std::move(sketch)) {}

  /// The quantile at p in [0, 1]; NaN for any other p.
  double operator()(double p) const { return sketch().quantile(p); }
  double median() const { return sketch().median(); }
  /// The upper quartile minus the lower quartile.
  double interquartile_range() const { return sketch().interquartile_range(); }
  /// The fraction of items at or below x.
  double rank(double x) const { return sketch().rank(x); }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const double> points) const { return sketch().cdf(points); }
  /// The fractions of the stream up to the first point, between neighbouring points, and beyond the last point.
  /// Errors: invalid_argument when the points do not ascend or the sketch has seen nothing.
  auto pmf(std::span<const double> points) const { return sketch().pmf(points); }
  auto view() const { return sketch().view(); }
  /// The sketch itself: its error bound, its bytes, and whatever else it has.
  const Sketch& sketch() const noexcept {
    if constexpr (std::is_pointer_v<Kept>)
      return *kept_;
    else
      return kept_;
  }
  /// The same distribution, with a copy of the sketch in place of the pointer to it.
  quantile_query<Sketch, Sketch> owned() const { return quantile_query<Sketch, Sketch>(sketch()); }

 private:
  Kept kept_;
};

/// Member: quantiles, ranks and the distribution, as a `quantile_query`: `get<mr::quantiles>()(0.99)`.
///
/// Guarantee, memory, and whether it takes weights, are the sketch's. With `kll<K>` up to K items are exact.
template <class Sketch = kll<200>>
struct quantiles {
  using needs = members<Sketch>;
  static quantile_query<Sketch> value(const auto& a) { return quantile_query<Sketch>(a.template state<Sketch>()); }
};

/// Member: the median, by a sketch. NaN without items.
template <class Sketch>
struct basic_median {
  using needs = members<Sketch>;
  static double value(const auto& a) { return a.template state<Sketch>().median(); }
};
/// The median by a `kll<200>`.
using median = basic_median<kll<200>>;

/// Member: the upper quartile minus the lower quartile, by a sketch. NaN without items.
template <class Sketch>
struct basic_interquartile_range {
  using needs = members<Sketch>;
  static double value(const auto& a) { return a.template state<Sketch>().interquartile_range(); }
};
/// The interquartile range by a `kll<200>`.
using interquartile_range = basic_interquartile_range<kll<200>>;

/// Member: an estimate of how many distinct items there were, by a sketch. The sketch itself, with its error, is
/// `get<Sketch>()`.
template <class Sketch = hll<12>>
struct distinct {
  using needs = members<Sketch>;
  static double value(const auto& a) { return a.template state<Sketch>().estimate(); }
};

/// Member of aggregates of texts (std::string_view) or of whole numbers: the items that come up most. `get` returns the
/// sketch itself: `get<mr::frequent>().top(10)` returns items with bounds on their weights, `lower(x)` and `upper(x)`
/// return the bounds of any item x, `max_error()` how far they are apart.
///
///     mr::aggregate<mr::count, mr::distinct<>, mr::frequent<>> paths;
///     paths.update("/api/v1/score");
template <class Sketch = frequent_items<>>
struct frequent {
  using needs = members<Sketch>;
  using sample = typename Sketch::sample;
  static const Sketch& value(const auto& a) { return a.template state<Sketch>(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_SKETCH_MEMBERS_HPP
