#ifndef MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_OUTPUTS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_OUTPUTS_HPP

#include <millrace/core/detail/dense_products.hpp>
#include <millrace/core/detail/fused.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/network/detail/dense_layers.hpp>
#include <millrace/model/network/detail/lane_functions.hpp>

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

/// The values of a layer, for one row and for tiles of rows, in the order of additions of `dense_values`.
template <class Lanes>
struct layer_values {
  /// `to` has room for whole blocks of units.
  [[gnu::always_inline]] static inline void of_row(const dense_layer_place& at, const float* numbers, const float* x,
                                                   float* to) noexcept {
    dense_values<Lanes>::of_row(at.view(numbers), x, to);
    if (at.is_done()) return;
    run_apart<Lanes>(apply_activation{at.function, to, whole_blocks(at.units)});
  }
  /// The same for `rows` rows, a multiple of the tile's, that stand `row` numbers apart.
  [[gnu::always_inline]] static inline void of_rows(const dense_layer_place& at, const float* numbers, const float* x,
                                                    float* to, std::size_t row, std::size_t rows) noexcept {
    dense_values<Lanes>::of_rows(at.view(numbers), x, row, to, row, rows);
    if (at.is_done()) return;
    for (std::size_t r = 0; r < rows; ++r)
      run_apart<Lanes>(apply_activation{at.function, to + r * row, whole_blocks(at.units)});
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
