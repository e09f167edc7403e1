#ifndef MILLRACE_MODEL_TREES_DETAIL_GRADIENT_HISTOGRAM_HPP
#define MILLRACE_MODEL_TREES_DETAIL_GRADIENT_HISTOGRAM_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

// A row's gradient g and hessian h are kept as one integer, g in its upper 32 bits and h, which is not negative, in its
// lower ones, both in units of a power of two. A row is added to a histogram by one addition, sums do not depend on the
// order, so that any number of threads gives the same trees, and a child's histogram is the parent's less its
// sibling's, exactly. The units are as fine as sums over all rows allow: those of |g| stay below 2^30, those of h below
// 2^31.
using gradient_cell = std::int64_t;

constexpr gradient_cell pack(std::int64_t g, std::int64_t h) noexcept {
  return static_cast<gradient_cell>(static_cast<std::uint64_t>(g) << 32) + h;
}
constexpr std::int64_t gradient_of(gradient_cell cell) noexcept { return cell >> 32; }
constexpr std::int64_t hessian_of(gradient_cell cell) noexcept { return cell & 0xffffffff; }

/// Sums of |g| and of h.
struct gradient_sizes {
  double g = 0;
  double h = 0;
};
/// The lanes of a sum are added up in the same order on every machine.
inline gradient_sizes sizes_of(std::span<const float> g, std::span<const float> h) noexcept {
  using numbers = vector<double, 16>;
  using pair = vector<float, 8>;
  numbers g_lanes[4]{};
  numbers h_lanes[4]{};
  std::size_t i = 0;
  for (; i + 8 <= g.size(); i += 8)
    for (std::size_t k = 0; k < 4; ++k) {
      pair two;
      load_vector(two, g.data() + i + 2 * k);
      const numbers x = __builtin_convertvector(two, numbers);
      load_vector(two, h.data() + i + 2 * k);
      g_lanes[k] += x < 0 ? -x : x;
      h_lanes[k] += __builtin_convertvector(two, numbers);
    }
  const numbers g_sum = (g_lanes[0] + g_lanes[1]) + (g_lanes[2] + g_lanes[3]);
  const numbers h_sum = (h_lanes[0] + h_lanes[1]) + (h_lanes[2] + h_lanes[3]);
  gradient_sizes sum{g_sum[0] + g_sum[1], h_sum[0] + h_sum[1]};
  for (; i < g.size(); ++i) {
    sum.g += math::absolute(double{g[i]});
    sum.h += double{h[i]};
  }
  return sum;
}

/// The gradients of a round, packed, and the size of their units.
struct packed_gradients {
  flat_vector<gradient_cell> of_row;
  double unit = 1;          // of g
  double hessian_unit = 1;  // of h
  /// The class of each row, where there are more than two and rows are weights of their class; else empty.
  flat_vector<std::uint16_t> class_of_row;

  /// Sets the units for so many rows. Returns whether their sums are finite.
  bool set_units(const gradient_sizes& sizes, std::size_t rows) {
    if (!math::is_finite(sizes.g) || !math::is_finite(sizes.h)) return false;
    const auto count = static_cast<double>(rows);  // each rounds by half a unit at most
    unit = fine_unit(sizes.g, 0x1p30 - count);
    hessian_unit = fine_unit(sizes.h, 0x1p31 - count);
    of_row.resize(rows);
    return true;
  }
  /// Packs the rows from `begin` on. Precondition: units are set.
  void pack_rows(std::span<const float> g, std::span<const float> h, std::size_t begin) noexcept {
    const double per_g = 1 / unit;
    const double per_h = 1 / hessian_unit;
    const auto fill = cpu_has_avx2() ? pack_avx2 : pack_plain;
    fill(g.data(), h.data(), per_g, per_h, g.size(), of_row.data() + begin);
  }
  /// Returns whether all are finite.
  bool pack_all(std::span<const float> g, std::span<const float> h) {
    if (!set_units(sizes_of(g, h), g.size())) return false;
    pack_rows(g, h, 0);
    return true;
  }

 private:
  /// The power of two u, not below 2^-1000, for which `sum` / u is at most `limit`, within a factor of two.
  static double fine_unit(double sum, double limit) noexcept {
    int exponent = 0;
    math::frexp(sum / limit, &exponent);
    return math::ldexp(1.0, exponent > -1000 ? exponent : -1000);
  }
  [[gnu::always_inline]] static void pack_body(const float* g, const float* h, double per_g, double per_h,
                                               std::size_t count, gradient_cell* to) noexcept {
    using numbers = vector<double, 32>;
    using four = vector<float, 16>;
    using whole = vector<std::int32_t, 16>;
    using cells = vector<gradient_cell, 32>;
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      four narrow;
      load_vector(narrow, g + i);
      numbers x = __builtin_convertvector(narrow, numbers) * per_g;
      x += x < 0 ? numbers{} - 0.5 : numbers{} + 0.5;
      load_vector(narrow, h + i);
      const numbers y = __builtin_convertvector(narrow, numbers) * per_h + 0.5;
      const cells upper = __builtin_convertvector(__builtin_convertvector(x, whole), cells);
      const cells lower = __builtin_convertvector(__builtin_convertvector(y, whole), cells);
      store_vector(to + i, (upper << 32) + lower);
    }
    for (; i < count; ++i) {
      const double x = double{g[i]} * per_g;
      to[i] = pack(static_cast<std::int32_t>(x + (x < 0 ? -0.5 : 0.5)),
                   static_cast<std::int32_t>(double{h[i]} * per_h + 0.5));
    }
  }
  static void pack_plain(const float* g, const float* h, double per_g, double per_h, std::size_t count,
                         gradient_cell* to) noexcept {
    pack_body(g, h, per_g, per_h, count, to);
  }
  MILLRACE_X86_TARGET("avx2")
  static void pack_avx2(const float* g, const float* h, double per_g, double per_h, std::size_t count,
                        gradient_cell* to) noexcept {
    pack_body(g, h, per_g, per_h, count, to);
  }
};

/// A histogram: 256 cells a column, the last of them for missing values, columns in passes of ten.
constexpr std::size_t cells_of_column = 256;
constexpr std::size_t cells_of_pass = binned_rows::pass_columns * cells_of_column;

/// Adds rows to the cells of `Columns` columns of a pass, whose codes and cells are given from the first of them on.
/// `ids` null: the rows are all, in order. `ById`: gradients are those of all rows, and not in the order of `ids`.
template <std::size_t Columns, bool ById>
void add_columns(const std::uint8_t* codes, const std::uint32_t* ids, const gradient_cell* gradients, std::size_t count,
                 gradient_cell* cells) noexcept {
  constexpr std::size_t width = binned_rows::pass_columns;
  const auto add = [cells](const std::uint8_t* row, gradient_cell gradient) {
#pragma GCC unroll 10
    for (std::size_t k = 0; k < Columns; ++k) cells[k * cells_of_column + row[k]] += gradient;
  };
  if (ids == nullptr) {
    for (std::size_t i = 0; i < count; ++i) add(codes + i * width, gradients[i]);
    return;
  }
  constexpr std::size_t ahead = 16;
  const auto add_row = [&](std::size_t i) { add(codes + std::size_t{ids[i]} * width, gradients[ById ? ids[i] : i]); };
  std::size_t i = 0;
  for (; i + ahead < count; ++i) {
    __builtin_prefetch(codes + std::size_t{ids[i + ahead]} * width);
    if constexpr (ById) __builtin_prefetch(gradients + ids[i + ahead]);
    add_row(i);
  }
  for (; i < count; ++i) add_row(i);
}

/// The same of rows of several classes, with a histogram for each, `stride` cells apart. `classes`: of each row, in the
/// order of `ids`.
template <std::size_t Columns>
void add_columns_by_class(const std::uint8_t* codes, const std::uint32_t* ids, const gradient_cell* gradients,
                          const std::uint16_t* classes, std::size_t count, gradient_cell* cells,
                          std::size_t stride) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const row = codes + (ids != nullptr ? std::size_t{ids[i]} : i) * binned_rows::pass_columns;
    gradient_cell* const own = cells + classes[i] * stride;
    const gradient_cell gradient = gradients[i];
#pragma GCC unroll 10
    for (std::size_t k = 0; k < Columns; ++k) own[k * cells_of_column + row[k]] += gradient;
  }
}

/// from -= what. `count` is a multiple of 8.
inline void subtract_cells(gradient_cell* from, const gradient_cell* what, std::size_t count) noexcept {
  using v = vector<gradient_cell, 16>;
  for (std::size_t i = 0; i < count; i += 8)
    for (std::size_t k = 0; k < 8; k += 2) {
      v a;
      v b;
      load_vector(a, from + i + k);
      load_vector(b, what + i + k);
      a -= b;
      store_vector(from + i + k, a);
    }
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_GRADIENT_HISTOGRAM_HPP
