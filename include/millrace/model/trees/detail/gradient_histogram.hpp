#ifndef MILLRACE_MODEL_TREES_DETAIL_GRADIENT_HISTOGRAM_HPP
#define MILLRACE_MODEL_TREES_DETAIL_GRADIENT_HISTOGRAM_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

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

/// The gradients of a round, packed, and the size of their units.
struct packed_gradients {
  std::vector<gradient_cell> of_row;
  double unit = 1;          // of g
  double hessian_unit = 1;  // of h

  /// Returns whether all are finite.
  bool pack_all(std::span<const float> g, std::span<const float> h) {
    double most_g = 0;
    double most_h = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      most_g += math::absolute(double{g[i]});
      most_h += double{h[i]};
    }
    if (!math::is_finite(most_g) || !math::is_finite(most_h)) return false;
    const auto rows = static_cast<double>(g.size());  // each rounds by half a unit at most
    unit = fine_unit(most_g, 0x1p30 - rows);
    hessian_unit = fine_unit(most_h, 0x1p31 - rows);
    const double per_g = 1 / unit;
    const double per_h = 1 / hessian_unit;
    of_row.resize(g.size());
    for (std::size_t i = 0; i < g.size(); ++i)
      of_row[i] = pack(rounded_to_whole(double{g[i]} * per_g), rounded_to_whole(double{h[i]} * per_h));
    return true;
  }

 private:
  /// The power of two u, not below 2^-1000, for which `sum` / u is at most `limit`, within a factor of two.
  static double fine_unit(double sum, double limit) noexcept {
    int exponent = 0;
    math::frexp(sum / limit, &exponent);
    return math::ldexp(1.0, exponent > -1000 ? exponent : -1000);
  }
  static std::int32_t rounded_to_whole(double x) noexcept {
    return static_cast<std::int32_t>(x + (x < 0 ? -0.5 : 0.5));
  }
};

/// A histogram: 256 cells a column, the last of them for missing values, columns in passes of ten.
constexpr std::size_t cells_of_column = 256;
constexpr std::size_t cells_of_pass = binned_rows::pass_columns * cells_of_column;

/// Adds rows to the cells of a pass. `ids` null: the rows are all, in order.
inline void add_pass(const std::uint8_t* codes, const std::uint32_t* ids, const gradient_cell* gradients,
                     std::size_t count, gradient_cell* cells) noexcept {
  constexpr std::size_t width = binned_rows::pass_columns;
  const auto add = [cells](const std::uint8_t* row, gradient_cell gradient) {
#pragma GCC unroll 10
    for (std::size_t k = 0; k < width; ++k) cells[k * cells_of_column + row[k]] += gradient;
  };
  if (ids == nullptr) {
    for (std::size_t i = 0; i < count; ++i) add(codes + i * width, gradients[i]);
    return;
  }
  constexpr std::size_t ahead = 16;
  std::size_t i = 0;
  for (; i + ahead < count; ++i) {
    __builtin_prefetch(codes + std::size_t{ids[i + ahead]} * width);
    add(codes + std::size_t{ids[i]} * width, gradients[i]);
  }
  for (; i < count; ++i) add(codes + std::size_t{ids[i]} * width, gradients[i]);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_GRADIENT_HISTOGRAM_HPP
