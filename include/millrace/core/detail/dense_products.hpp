#ifndef MILLRACE_CORE_DETAIL_DENSE_PRODUCTS_HPP
#define MILLRACE_CORE_DETAIL_DENSE_PRODUCTS_HPP

#include <millrace/core/detail/fused.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

// Products of matrices of floats or doubles. Columns of the result stand on lanes.

/// Columns are counted up to whole vectors of the widest kind, so that no kernel has a tail.
template <class T>
inline constexpr std::size_t block_of = 64 / sizeof(T);
inline constexpr std::size_t unit_block = block_of<float>;
template <class T = float>
constexpr std::size_t whole_blocks(std::size_t units) noexcept {
  return (units + block_of<T> - 1) / block_of<T> * block_of<T>;
}

/// Floats from 0 on whose first stands at a cache line, which a wide vector would else read two of.
class line_floats {
 public:
  line_floats() = default;
  explicit line_floats(std::size_t size) : lines_(whole_blocks(size) / unit_block) {}
  float* data() noexcept { return lines_.empty() ? nullptr : lines_.data()->at; }
  const float* data() const noexcept { return lines_.empty() ? nullptr : lines_.data()->at; }

 private:
  struct alignas(64) line {
    float at[unit_block] = {};
  };
  std::vector<line> lines_;
};

/// How numbers are multiplied and added on a set of lanes: floats without rounding in between, as lane_set does;
/// doubles, for which not every CPU has instructions for that, with.
template <class Lanes, class T>
struct product_lanes : Lanes {
  [[gnu::always_inline]] static inline void add_product(typename Lanes::type& to, const typename Lanes::type& a,
                                                        const typename Lanes::type& b) noexcept {
    Lanes::add_fused(to, a, b);
  }
};
template <class Lanes>
struct product_lanes<Lanes, double> {
  using type = vector<double, sizeof(typename Lanes::type)>;
  static constexpr std::size_t lanes = sizeof(type) / sizeof(double);
  static constexpr bool is_fast = Lanes::is_fast;

  [[gnu::always_inline]] static inline void add_product(type& to, const type& a, const type& b) noexcept {
    type product = a * b;
    rounded_vector<sizeof(type)>(product);
    to = to + product;
  }
};

/// Several vectors side by side. No index is a variable, so that compilers keep all of them in registers even where
/// they optimise little.
template <class Lanes, class T, class Places>
struct side_by_side;
template <class Lanes, class T, std::size_t... Place>
struct side_by_side<Lanes, T, std::index_sequence<Place...>> {
  using on = product_lanes<Lanes, T>;
  using v = typename on::type;
  v at[sizeof...(Place)];

  /// Begins with the numbers at `from`, or, if it is null, with 0.
  [[gnu::always_inline]] inline void begin(const T* from) noexcept {
    ((at[Place] = v{}), ...);
    if (from != nullptr) load(from);
  }
  [[gnu::always_inline]] inline void load(const T* from) noexcept {
    (load_vector(at[Place], from + Place * on::lanes), ...);
  }
  /// Adds x times the numbers of `across`.
  [[gnu::always_inline]] inline void add_product(T x, const side_by_side& across) noexcept {
    const v down = x - v{};  // on all lanes: less 0 costs nothing, plus 0 would change -0
    (on::add_product(at[Place], down, across.at[Place]), ...);
  }
  [[gnu::always_inline]] inline void add(const side_by_side& other) noexcept {
    ((at[Place] = at[Place] + other.at[Place]), ...);
  }
  /// With `positive`, numbers below 0 become 0.
  [[gnu::always_inline]] inline void store(T* to, bool positive) noexcept {
    if (positive) ((at[Place] = at[Place] < T(0) ? v{} : at[Place]), ...);
    (store_vector(to + Place * on::lanes, at[Place]), ...);
  }
};

/// What a product adds up, for row r and column n of its result: the sum over k of left(r, k) * right(k, n), where
/// left(r, k) stands at left[r * left_row + k * left_step], and right(k, n) at right[k * right_step + n].
template <class T>
struct product_view {
  const T* left;
  std::size_t left_row;
  std::size_t left_step;
  const T* right;
  std::size_t right_step;
  std::size_t steps;  // how many k there are
};

/// Where a product's result goes: to[r * row + n]; negative sums become 0 with `positive`.
template <class T>
struct product_result {
  T* to;
  std::size_t row;
  bool positive = false;
};

/// Products of tiles of rows.
///
/// Guarantee: however wide the lanes are, a number of the result adds the products of every `Chains`-th k to one of so
/// many chains, in the order of k, and then the chains in their order. The first begins at `start`, if there is one,
/// the others at 0.
template <class Lanes, class T = float>
struct products {
  static constexpr std::size_t lanes = product_lanes<Lanes, T>::lanes;
  // With these, sums and what is read fit the registers: 32 of AVX-512, 16 of AVX2.
  static constexpr std::size_t tile_rows = sizeof(typename Lanes::type) == 64 ? 8 : 4;
  static constexpr std::size_t tile_vectors = Lanes::is_fast ? 2 : 1;

  /// For n up to `columns`, whole blocks, and r up to `rows`, a multiple of tile_rows. `start`: null, or a number for
  /// each column.
  template <std::size_t Chains>
  [[gnu::always_inline]] static inline void multiply(const product_view<T>& of, const T* start,
                                                     const product_result<T>& result, std::size_t rows,
                                                     std::size_t columns) noexcept {
    using tile_places = std::make_index_sequence<tile_rows>;
    std::size_t n = 0;
    for (; n + tile_vectors * lanes <= columns; n += tile_vectors * lanes)
      for (std::size_t r = 0; r < rows; r += tile_rows)
        tile<Chains, tile_vectors>(of, start, result, r, n, tile_places());
    if constexpr (tile_vectors * lanes > block_of<T>)
      for (std::size_t r = 0; n < columns && r < rows; r += tile_rows)
        tile<Chains, 1>(of, start, result, r, n, tile_places());
  }

 private:
  template <std::size_t Chains, std::size_t Vectors, std::size_t... Row>
  [[gnu::always_inline]] static inline void tile(const product_view<T>& of, const T* start,
                                                 const product_result<T>& result, std::size_t r, std::size_t n,
                                                 std::index_sequence<Row...>) noexcept {
    using of_row = side_by_side<Lanes, T, std::make_index_sequence<Vectors>>;
    of_row total[tile_rows];
    for (std::size_t chain = 0; chain < Chains; ++chain) {
      of_row sum[tile_rows];
      const T* const from = chain == 0 && start != nullptr ? start + n : nullptr;
      (sum[Row].begin(from), ...);
      const T* left = of.left + r * of.left_row + chain * of.left_step;
      const T* right = of.right + n + chain * of.right_step;
      const std::size_t steps = (of.steps + Chains - 1 - chain) / Chains;
      for (std::size_t k = 0; k < steps; ++k, left += Chains * of.left_step, right += Chains * of.right_step) {
        of_row across;
        across.load(right);
        (sum[Row].add_product(left[Row * of.left_row], across), ...);
      }
      if (chain == 0)
        ((total[Row] = sum[Row]), ...);
      else
        (total[Row].add(sum[Row]), ...);
    }
    (total[Row].store(result.to + (r + Row) * result.row + n, result.positive), ...);
  }
};

/// Layers of up to this many units have the inputs on lanes, and the others the units. That decides the order of
/// additions, which is the same for one row and for many.
inline constexpr std::size_t few_units = 4;

/// The shape of a layer of weights, and how they stand: padded with zeros to whole blocks.
template <class T>
struct dense_shape {
  std::size_t inputs = 0;
  std::size_t units = 0;

  constexpr bool is_narrow() const noexcept { return units <= few_units; }
  /// Numbers from one row of stored weights to the next: of a unit, if the layer is narrow, else of an input.
  constexpr std::size_t stride() const noexcept { return whole_blocks<T>(is_narrow() ? inputs : units); }
  constexpr std::size_t weight_count() const noexcept { return stride() * (is_narrow() ? units : inputs); }
  constexpr std::size_t weight(std::size_t input, std::size_t unit) const noexcept {
    return is_narrow() ? unit * stride() + input : input * stride() + unit;
  }
};

/// A layer's numbers. `bias`: whole blocks of units.
template <class T>
struct dense_view {
  dense_shape<T> shape;
  const T* weights;
  const T* bias;
  bool positive = false;  // sums below 0 become 0
};

/// The values of a layer, bias + x * weights, for one row and for tiles of rows.
///
/// Guarantee: the order of additions depends on the layer's shape alone. A layer of more than 32 units has two chains
/// of products for each unit, of even and odd inputs, as `products` adds them; a layer of fewer has four; one of few
/// units, which has the inputs on lanes, has a block of them, which are added by halves, and then the bias.
template <class Lanes, class T = float>
struct dense_values {
  using on = product_lanes<Lanes, T>;
  using v = typename on::type;
  static constexpr std::size_t lanes = on::lanes;
  static constexpr std::size_t block = block_of<T>;

  /// `x` has room for whole blocks of inputs, with zeros, if the layer is narrow; `to` for whole blocks of units.
  [[gnu::always_inline]] static inline void of_row(const dense_view<T>& of, const T* x, T* to) noexcept {
    if (of.shape.is_narrow())
      narrow(of, x, to);
    else if (of.shape.units > 32)
      all_units<4, 2>(of, x, to);
    else
      all_units<2, 4>(of, x, to);
  }
  /// The same for `rows` rows, a multiple of the tile's, that stand `x_row` and `to_row` numbers apart.
  [[gnu::always_inline]] static inline void of_rows(const dense_view<T>& of, const T* x, std::size_t x_row, T* to,
                                                    std::size_t to_row, std::size_t rows) noexcept {
    const std::size_t width = of.shape.stride();
    const product_view<T> product{x, x_row, 1, of.weights, width, of.shape.inputs};
    const product_result<T> result{to, to_row, of.positive};
    if (of.shape.is_narrow())
      for (std::size_t r = 0; r < rows; ++r) narrow(of, x + r * x_row, to + r * to_row);
    else if (of.shape.units > 32)
      products<Lanes, T>::template multiply<2>(product, of.bias, result, rows, width);
    else
      products<Lanes, T>::template multiply<4>(product, of.bias, result, rows, width);
  }

 private:
  template <std::size_t Vectors, std::size_t Chains>
  [[gnu::always_inline]] static inline void all_units(const dense_view<T>& of, const T* x, T* to) noexcept {
    using chain_places = std::make_index_sequence<Chains>;
    const std::size_t width = of.shape.stride();
    std::size_t n = 0;
    for (; n + Vectors * lanes <= width; n += Vectors * lanes) units<Vectors>(of, n, x, to, chain_places());
    if constexpr (Vectors * lanes > block)
      for (; n < width; n += block) units<block / lanes>(of, n, x, to, chain_places());
  }
  template <std::size_t Vectors, std::size_t... Chain>
  [[gnu::always_inline]] static inline void units(const dense_view<T>& of, std::size_t n, const T* x, T* to,
                                                  std::index_sequence<Chain...>) noexcept {
    constexpr std::size_t chains = sizeof...(Chain);
    side_by_side<Lanes, T, std::make_index_sequence<Vectors>> sum[chains];
    (sum[Chain].begin(Chain == 0 ? of.bias + n : nullptr), ...);
    const std::size_t width = of.shape.stride();
    const T* weights = of.weights + n;
    std::size_t k = 0;
    for (; k + chains <= of.shape.inputs; k += chains, weights += chains * width)
      (add_input(sum[Chain], x[k + Chain], weights + Chain * width), ...);
    const std::size_t rest = of.shape.inputs - k;
    ((Chain < rest ? add_input(sum[Chain], x[k + Chain], weights + Chain * width) : void()), ...);
    ((Chain > 0 ? sum[0].add(sum[Chain]) : void()), ...);
    sum[0].store(to + n, of.positive);
  }
  template <class Sums>
  [[gnu::always_inline]] static inline void add_input(Sums& sum, T x, const T* weights) noexcept {
    Sums across;
    across.load(weights);
    sum.add_product(x, across);
  }

  [[gnu::always_inline]] static inline void narrow(const dense_view<T>& of, const T* x, T* to) noexcept {
    const std::size_t width = of.shape.stride();
    for (std::size_t i = 0; i < block; i += lanes) store_vector(to + i, v{});
    for (std::size_t unit = 0; unit < of.shape.units; ++unit) {
      const T sum =
          across(of.weights + unit * width, x, width, std::make_index_sequence<block / lanes>()) + of.bias[unit];
      to[unit] = of.positive && sum < 0 ? T(0) : sum;
    }
  }
  template <std::size_t... Place>
  [[gnu::always_inline]] static inline T across(const T* weights, const T* x, std::size_t width,
                                                std::index_sequence<Place...>) noexcept {
    v sum[sizeof...(Place)]{};
    for (std::size_t k = 0; k < width; k += block)
      (add_vector(sum[Place], x + k + Place * lanes, weights + k + Place * lanes), ...);
    if constexpr (sizeof...(Place) == 4) {
      sum[0] = sum[0] + sum[2];
      sum[1] = sum[1] + sum[3];
    }
    if constexpr (sizeof...(Place) >= 2) sum[0] = sum[0] + sum[1];
    return by_halves(sum[0]);
  }
  [[gnu::always_inline]] static inline void add_vector(v& to, const T* x, const T* weights) noexcept {
    v weight;
    v input;
    load_vector(weight, weights);
    load_vector(input, x);
    on::add_product(to, input, weight);
  }
  template <class V>
  [[gnu::always_inline]] static inline T by_halves(const V& sum) noexcept {
    constexpr std::size_t half = sizeof(V) / sizeof(T) / 2;
    if constexpr (half == 8) {
      return by_halves(__builtin_shufflevector(sum, sum, 0, 1, 2, 3, 4, 5, 6, 7) +
                       __builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15));
    } else if constexpr (half == 4) {
      return by_halves(__builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7));
    } else if constexpr (half == 2) {
      return (sum[0] + sum[2]) + (sum[1] + sum[3]);
    } else {
      return sum[0] + sum[1];
    }
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_DENSE_PRODUCTS_HPP
