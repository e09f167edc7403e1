#ifndef MILLRACE_FEATURE_TRANSFORMS_BUCKETS_HPP
#define MILLRACE_FEATURE_TRANSFORMS_BUCKETS_HPP

#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/transforms/numbers.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// The edges between buckets: `edges{10, 50, 100}` makes four. They are put in order. Precondition: they are finite.
template <std::size_t Size>
struct edges {
  static_assert(Size >= 1, "millrace[FEATURE-18]: a bucket needs at least one edge");
  double each[Size]{};

  template <class... Numbers>
  requires(sizeof...(Numbers) == Size && (std::is_arithmetic_v<Numbers> && ...))
  constexpr edges(Numbers... numbers) noexcept : each{static_cast<double>(numbers)...} {
    for (std::size_t i = 1; i < Size; ++i)
      for (std::size_t j = i; j > 0 && each[j] < each[j - 1]; --j) std::swap(each[j], each[j - 1]);
  }
};
template <class... Numbers>
edges(Numbers...) -> edges<sizeof...(Numbers)>;

/// As many buckets, each with about the same number of the values that `fit` sees.
template <std::size_t Buckets>
struct quantile_buckets {
  static_assert(Buckets >= 2 && Buckets <= 1000, "millrace[FEATURE-19]: quantile_buckets<2> to quantile_buckets<1000>");
};

namespace detail {

// The edges of buckets, at least one: as many as the type says, or as are given at run time.
template <std::size_t Edges>
struct fixed_edges {
  double edge[Edges];
  static constexpr std::size_t count() noexcept { return Edges; }
};
struct given_edges {
  std::vector<double> edge;
  std::size_t count() const noexcept { return edge.size(); }
};
template <class Edges>
struct bucket_kernel : plain_column, Edges {
  using Edges::count;
  using Edges::edge;
  static constexpr std::string_view kind = "bucket";

  void describe(std::string& text) const { ((text += '(') += std::to_string(count() + 1)) += ')'; }
  /// Bucket i holds edge[i - 1] < x <= edge[i]: the number of edges below x.
  trouble write(const number_cell& x, float* out) const noexcept {
    std::size_t below = 0;
    if (count() <= 16) {
      for (std::size_t i = 0; i < count(); ++i) below += edge[i] < x.value ? 1U : 0U;
    } else {
      for (std::size_t left = count(); left > 0;) {
        const std::size_t half = left / 2;
        const bool right = edge[below + half] < x.value;
        below += right ? half + 1 : 0;
        left = right ? left - half - 1 : half;
      }
    }
    *out = ready() ? static_cast<float>(below) : missing_value;
    return trouble::none;
  }
  template <class Give>
  void parameters(const Give& give) const {
    std::vector<double> all;
    for (const double one : edge) all.push_back(one);
    give("edges", std::move(all));
  }
  bool ready() const noexcept { return !math::is_nan(edge[0]); }
  void save(envelope_writer& to) const {
    for (const double one : edge) to.f64(one);
  }
  bool load(envelope_reader& from) noexcept {
    for (double& one : edge) one = from.f64();
    bool possible = true;
    for (std::size_t i = 0; i < count(); ++i) {
      const bool finite = math::is_finite(edge[i]) && (i == 0 || edge[i - 1] <= edge[i]);
      possible = possible && (ready() ? finite : math::is_nan(edge[i]));
    }
    return possible;
  }
};
template <class Edges, class Seen>
struct quantile_bucket_kernel : bucket_kernel<Edges> {
  constexpr quantile_bucket_kernel() noexcept : quantile_bucket_kernel(Edges{}) {}
  constexpr explicit quantile_bucket_kernel(Edges room) : bucket_kernel<Edges>{{}, std::move(room)} {
    for (double& one : this->edge) one = math::nan;
  }

  using fitter = number_fitter<Seen>;
  /// Quantiles of a view never decrease, so neither do the edges; of heavy ties several may be the same.
  const char* fit(const fitter& from) {
    if (from.seen.empty()) return "no finite value";
    const auto view = from.seen.view();
    const std::size_t buckets = this->count() + 1;
    for (std::size_t i = 1; i < buckets; ++i)
      this->edge[i - 1] = view.quantile(static_cast<double>(i) / static_cast<double>(buckets));
    return nullptr;
  }
};

}  // namespace detail

/// Transform: the number of the bucket, from 0 on. Bucket i holds what is above edge i - 1, and at most edge i.
template <fixed_string Name, class Accessor, std::size_t Size, class... Rules>
constexpr auto bucket(Accessor accessor, const edges<Size>& given, Rules... rules) {
  detail::bucket_kernel<detail::fixed_edges<Size>> made{};
  for (std::size_t i = 0; i < Size; ++i) made.edge[i] = given.each[i];
  return detail::make_transform<Name>(std::move(accessor), made, rules...);
}
/// The same from a list: `bucket<"age">(&person::age, {18, 65})`.
template <fixed_string Name, class Accessor, class Number, std::size_t Size, class... Rules>
requires std::is_arithmetic_v<Number>
constexpr auto bucket(Accessor accessor, const Number (&given)[Size], Rules... rules) {
  edges<Size> made = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return edges<Size>(given[Index]...);
  }(std::make_index_sequence<Size>());
  return bucket<Name>(std::move(accessor), made, rules...);
}
/// The same with edges at the quantiles of the values that it is fitted on, as in `bucket<"amount_q">(&payment::amount,
/// quantile_buckets<10>())`.
/// Guarantee: exact up to 800 values; beyond, the rank of an edge is off by less than 0.4 % (99 % confidence). Edges
/// never decrease. Where many values are the same, edges are too, and buckets between them stay empty.
template <fixed_string Name, class Accessor, std::size_t Buckets, class... Rules>
constexpr auto bucket(Accessor accessor, quantile_buckets<Buckets>, Rules... rules) {
  return detail::make_transform<Name>(
      std::move(accessor), detail::quantile_bucket_kernel<detail::fixed_edges<Buckets - 1>, kll<800>>(), rules...);
}

/// A bucket without either.
template <fixed_string Name, class Accessor, class... Others>
constexpr auto bucket(Accessor accessor, const Others&...) {
  static_assert(!sizeof(Accessor),
                "millrace[FEATURE-28]: behind a bucket's accessor stand its edges: edges{18, 65}, or how many buckets "
                "there are: quantile_buckets<10>()");
  return detail::make_transform<Name>(std::move(accessor), detail::bucket_kernel<detail::fixed_edges<1>>{});
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_BUCKETS_HPP
