#ifndef MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_OUTPUTS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_OUTPUTS_HPP

#include <millrace/core/detail/fused.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/detail/dense_layers.hpp>
#include <millrace/model/network/detail/lane_functions.hpp>
#include <millrace/model/network/detail/products.hpp>

#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What each input has subtracted, and what the difference is multiplied by, padded with zeros; none if null.
struct input_scale {
  const float* means = nullptr;
  const float* factors = nullptr;
};

/// A row's numbers, scaled, into a buffer. Its padding is set to 0. Pieces of 16, 8, 4, 2 and 1 number are read, so
/// that nothing beyond the row is.
template <class Lanes>
struct row_copy {
  const float* row;
  input_scale scale;
  float* to;

  [[gnu::always_inline]] inline void run(std::size_t inputs) const noexcept {
    std::size_t i = 0;
    for (; i + Lanes::lanes <= inputs; i += Lanes::lanes) piece<Lanes::lanes>(i);
    if (i == inputs) return;
    const std::size_t end = whole_blocks(inputs);
    for (std::size_t pad = i / unit_block * unit_block; pad < end; pad += Lanes::lanes)
      if (pad >= i) store_vector(to + pad, typename Lanes::type{});
    if constexpr (Lanes::lanes > 8)
      if (i + 8 <= inputs) i = piece<8>(i);
    if constexpr (Lanes::lanes > 4)
      if (i + 4 <= inputs) i = piece<4>(i);
    if (i + 2 <= inputs) i = piece<2>(i);
    if (i < inputs) to[i] = scale.means == nullptr ? row[i] : (row[i] - scale.means[i]) * scale.factors[i];
  }
  template <std::size_t Size>
  [[gnu::always_inline]] inline std::size_t piece(std::size_t i) const noexcept {
    using v = vector<float, Size * sizeof(float)>;
    v x;
    load_vector(x, row + i);
    if (scale.means != nullptr) {
      v mean;
      v factor;
      load_vector(mean, scale.means + i);
      load_vector(factor, scale.factors + i);
      x = (x - mean) * factor;
    }
    store_vector(to + i, x);
    return i + Size;
  }
};

/// The values of a layer, for one row and for tiles of rows.
///
/// Guarantee: the order of additions depends on the layer's shape alone. A layer of more than 32 units has two chains
/// of fused products for each unit, of even and odd inputs, as `products` adds them; a layer of fewer has four; one of
/// few units, which has the inputs on lanes, has sixteen, which are added by halves, and then the bias.
template <class Lanes>
struct layer_values {
  using v = typename Lanes::type;
  static constexpr std::size_t lanes = Lanes::lanes;

  /// `to` has room for whole blocks of units.
  [[gnu::always_inline]] static inline void of_row(const dense_layer_place& at, const float* numbers, const float* x,
                                                   float* to) noexcept {
    if (at.is_narrow())
      narrow(at, numbers, x, to);
    else if (at.units > 32)
      all_units<4, 2>(at, numbers, x, to);
    else
      all_units<2, 4>(at, numbers, x, to);
    if (at.function == activation::identity || (at.function == activation::relu && !at.is_narrow())) return;
    run_apart<Lanes>(apply_activation{at.function, to, whole_blocks(at.units)});
  }
  /// The same for `rows` rows, a multiple of the tile's, that stand `row` numbers apart.
  [[gnu::always_inline]] static inline void of_rows(const dense_layer_place& at, const float* numbers, const float* x,
                                                    float* to, std::size_t row, std::size_t rows) noexcept {
    const std::size_t width = at.stride();
    const bool is_relu = at.function == activation::relu && !at.is_narrow();
    const product_view of{x, row, 1, numbers + at.weights, width, at.inputs};
    if (at.is_narrow())
      for (std::size_t r = 0; r < rows; ++r) narrow(at, numbers, x + r * row, to + r * row);
    else if (at.units > 32)
      products<Lanes>::template multiply<2>(of, numbers + at.bias, {to, row, is_relu}, rows, width);
    else
      products<Lanes>::template multiply<4>(of, numbers + at.bias, {to, row, is_relu}, rows, width);
    if (is_relu || at.function == activation::identity) return;
    for (std::size_t r = 0; r < rows; ++r)
      run_apart<Lanes>(apply_activation{at.function, to + r * row, whole_blocks(at.units)});
  }

 private:
  template <std::size_t Vectors, std::size_t Chains>
  [[gnu::always_inline]] static inline void all_units(const dense_layer_place& at, const float* numbers, const float* x,
                                                      float* to) noexcept {
    std::size_t n = 0;
    for (; n + Vectors * lanes <= at.stride(); n += Vectors * lanes) units<Vectors, Chains>(at, numbers, n, x, to);
    if constexpr (Vectors * lanes > unit_block)
      for (; n < at.stride(); n += unit_block) units<unit_block / lanes, Chains>(at, numbers, n, x, to);
  }
  template <std::size_t Vectors, std::size_t Chains>
  [[gnu::always_inline]] static inline void units(const dense_layer_place& at, const float* numbers, std::size_t n,
                                                  const float* x, float* to) noexcept {
    v sum[Chains][Vectors];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) {
#pragma GCC unroll 4
      for (std::size_t chain = 0; chain < Chains; ++chain) sum[chain][j] = v{};
      load_vector(sum[0][j], numbers + at.bias + n + j * lanes);
    }
    const std::size_t width = at.stride();
    const float* weights = numbers + at.weights + n;
    std::size_t k = 0;
    for (; k + Chains <= at.inputs; k += Chains, weights += Chains * width)
#pragma GCC unroll 4
      for (std::size_t chain = 0; chain < Chains; ++chain) add(sum[chain], x[k + chain], weights + chain * width);
#pragma GCC unroll 4
    for (std::size_t chain = 0; chain + 1 < Chains; ++chain)
      if (k + chain < at.inputs) add(sum[chain], x[k + chain], weights + chain * width);
    const bool is_relu = at.function == activation::relu;
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) {
#pragma GCC unroll 4
      for (std::size_t chain = 1; chain < Chains; ++chain) sum[0][j] = sum[0][j] + sum[chain][j];
      if (is_relu) sum[0][j] = sum[0][j] < 0.0F ? v{} : sum[0][j];
      store_vector(to + n + j * lanes, sum[0][j]);
    }
  }
  template <std::size_t Vectors>
  [[gnu::always_inline]] static inline void add(v (&sum)[Vectors], float x, const float* weights) noexcept {
    const v input = x - v{};
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) {
      v weight;
      load_vector(weight, weights + j * lanes);
      Lanes::add_fused(sum[j], input, weight);
    }
  }

  [[gnu::always_inline]] static inline void narrow(const dense_layer_place& at, const float* numbers, const float* x,
                                                   float* to) noexcept {
    const std::size_t width = at.stride();
    for (std::size_t i = 0; i < unit_block; i += lanes) store_vector(to + i, v{});
    for (std::size_t unit = 0; unit < at.units; ++unit)
      to[unit] = across(numbers + at.weights + unit * width, x, width) + numbers[at.bias + unit];
  }
  [[gnu::always_inline]] static inline float across(const float* weights, const float* x, std::size_t width) noexcept {
    constexpr std::size_t vectors = unit_block / lanes;
    v sum[vectors]{};
    for (std::size_t k = 0; k < width; k += unit_block)
#pragma GCC unroll 4
      for (std::size_t j = 0; j < vectors; ++j) {
        v weight;
        v input;
        load_vector(weight, weights + k + j * lanes);
        load_vector(input, x + k + j * lanes);
        Lanes::add_fused(sum[j], input, weight);
      }
    if constexpr (vectors == 4) {
      sum[0] = sum[0] + sum[2];
      sum[1] = sum[1] + sum[3];
    }
    if constexpr (vectors >= 2) sum[0] = sum[0] + sum[1];
    return by_halves(sum[0]);
  }
  template <class V>
  [[gnu::always_inline]] static inline float by_halves(const V& sum) noexcept {
    if constexpr (sizeof(V) == 64) {
      return by_halves(__builtin_shufflevector(sum, sum, 0, 1, 2, 3, 4, 5, 6, 7) +
                       __builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15));
    } else if constexpr (sizeof(V) == 32) {
      return by_halves(__builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7));
    } else {
      return (sum[0] + sum[2]) + (sum[1] + sum[3]);
    }
  }
};

/// Computes a network's outputs of rows: of tiles of them, and of those that are left one by one.
/// Allocates: never. It takes 33 KiB of the stack.
struct network_outputs {
  const dense_layers& layers;
  input_scale scale;
  const float* rows;
  std::size_t stride;
  std::size_t count;
  double* out;

  static constexpr std::size_t room = 2 * most_units;

  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    alignas(64) float space[room];
    constexpr std::size_t tile = products<Lanes>::tile_rows;
    std::size_t r = 0;
    if (layers.widest() * tile * 2 <= room)
      for (; r + tile <= count; r += tile) tile_of_rows<Lanes>(r, space);
    for (; r < count; ++r) one_row<Lanes>(r, space);
  }

 private:
  template <class Lanes>
  [[gnu::always_inline]] inline void one_row(std::size_t r, float* space) const noexcept {
    float* from = space;
    float* to = space + most_units;
    row_copy<Lanes>{rows + r * stride, scale, from}.run(layers.inputs());
    for (std::size_t k = 0; k < layers.count(); ++k) {
      layer_values<Lanes>::of_row(layers.place(k), layers.numbers(), from, to);
      float* const last = from;
      from = to;
      to = last;
    }
    give(from, r);
  }
  template <class Lanes>
  [[gnu::always_inline]] inline void tile_of_rows(std::size_t r, float* space) const noexcept {
    constexpr std::size_t tile = products<Lanes>::tile_rows;
    const std::size_t width = layers.widest();
    float* from = space;
    float* to = space + tile * width;
    for (std::size_t i = 0; i < tile; ++i)
      row_copy<Lanes>{rows + (r + i) * stride, scale, from + i * width}.run(layers.inputs());
    for (std::size_t k = 0; k < layers.count(); ++k) {
      layer_values<Lanes>::of_rows(layers.place(k), layers.numbers(), from, to, width, tile);
      float* const last = from;
      from = to;
      to = last;
    }
    for (std::size_t i = 0; i < tile; ++i) give(from + i * width, r + i);
  }
  [[gnu::always_inline]] inline void give(const float* from, std::size_t r) const noexcept {
    const std::size_t outputs = layers.outputs();
    for (std::size_t n = 0; n < outputs; ++n) {
      auto x = static_cast<double>(from[n]);
      keep_apart(x);  // or g++ at -O3 makes vectors of a loop that mostly runs once
      out[r * outputs + n] = x;
    }
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_OUTPUTS_HPP
