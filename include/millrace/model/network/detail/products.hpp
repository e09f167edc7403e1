#ifndef MILLRACE_MODEL_NETWORK_DETAIL_PRODUCTS_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_PRODUCTS_HPP

#include <millrace/core/detail/fused.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Units are counted up to whole vectors of the widest kind, so that no kernel has a tail.
inline constexpr std::size_t unit_block = 16;
constexpr std::size_t whole_blocks(std::size_t units) noexcept {
  return (units + unit_block - 1) / unit_block * unit_block;
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

/// What a product adds up, for row r and column n of its result: the sum over k of left(r, k) * right(k, n), where
/// left(r, k) stands at left[r * left_row + k * left_step], and right(k, n) at right[k * right_step + n].
struct product_view {
  const float* left;
  std::size_t left_row;
  std::size_t left_step;
  const float* right;
  std::size_t right_step;
  std::size_t steps;  // how many k there are
};

/// Where a product's result goes: result[r * row + n]; negative sums become 0 with `positive`.
struct product_result {
  float* to;
  std::size_t row;
  bool positive = false;
};

/// Products of matrices with the columns of the result on lanes.
///
/// Guarantee: however wide the lanes are, a number of the result adds the fused products of every `Chains`-th k to one
/// of so many chains, in the order of k, and then the chains in their order. The first begins at `start`, if there is
/// one, the others at 0.
template <class Lanes>
struct products {
  using v = typename Lanes::type;
  static constexpr std::size_t lanes = Lanes::lanes;
  // With these, sums and what is read fit the registers: 32 of AVX-512, 16 of AVX2.
  static constexpr std::size_t tile_rows = lanes == 16 ? 8 : 4;
  static constexpr std::size_t tile_vectors = Lanes::is_fast ? 2 : 1;

  /// For n up to `columns`, a multiple of 16, and r up to `rows`, a multiple of tile_rows. `start`: null, or a number
  /// for each column.
  template <std::size_t Chains>
  [[gnu::always_inline]] static inline void multiply(const product_view& of, const float* start,
                                                     const product_result& result, std::size_t rows,
                                                     std::size_t columns) noexcept {
    using tile_places = std::make_index_sequence<tile_rows>;
    std::size_t n = 0;
    for (; n + tile_vectors * lanes <= columns; n += tile_vectors * lanes)
      for (std::size_t r = 0; r < rows; r += tile_rows)
        tile<Chains, tile_vectors>(of, start, result, r, n, tile_places());
    if constexpr (tile_vectors * lanes > unit_block)
      for (std::size_t r = 0; n < columns && r < rows; r += tile_rows)
        tile<Chains, 1>(of, start, result, r, n, tile_places());
  }

 private:
  /// What a tile holds of one row: one or two vectors. No index of it or of the tile is a variable, so that compilers
  /// keep all of a tile in registers even where they optimise little.
  template <std::size_t Vectors>
  struct row_of_tile {
    v first;
    v second;

    [[gnu::always_inline]] inline void begin(const float* from) noexcept {
      first = second = v{};
      if (from != nullptr) load(from);
    }
    [[gnu::always_inline]] inline void load(const float* from) noexcept {
      load_vector(first, from);
      if constexpr (Vectors == 2) load_vector(second, from + lanes);
    }
    [[gnu::always_inline]] inline void add_product(float x, const row_of_tile& across) noexcept {
      const v down = x - v{};  // on all lanes: less 0 costs nothing, plus 0 would change -0
      Lanes::add_fused(first, down, across.first);
      if constexpr (Vectors == 2) Lanes::add_fused(second, down, across.second);
    }
    [[gnu::always_inline]] inline void add(const row_of_tile& other) noexcept {
      first += other.first;
      if constexpr (Vectors == 2) second += other.second;
    }
    [[gnu::always_inline]] inline void store(float* to, bool positive) noexcept {
      if (positive) first = first < 0.0F ? v{} : first;
      store_vector(to, first);
      if constexpr (Vectors == 1) return;
      if (positive) second = second < 0.0F ? v{} : second;
      store_vector(to + lanes, second);
    }
  };

  template <std::size_t Chains, std::size_t Vectors, std::size_t... Row>
  [[gnu::always_inline]] static inline void tile(const product_view& of, const float* start,
                                                 const product_result& result, std::size_t r, std::size_t n,
                                                 std::index_sequence<Row...>) noexcept {
    row_of_tile<Vectors> total[tile_rows];
    for (std::size_t chain = 0; chain < Chains; ++chain) {
      row_of_tile<Vectors> sum[tile_rows];
      const float* const from = chain == 0 && start != nullptr ? start + n : nullptr;
      (sum[Row].begin(from), ...);
      const float* left = of.left + r * of.left_row + chain * of.left_step;
      const float* right = of.right + n + chain * of.right_step;
      const std::size_t steps = (of.steps + Chains - 1 - chain) / Chains;
      for (std::size_t k = 0; k < steps; ++k, left += Chains * of.left_step, right += Chains * of.right_step) {
        row_of_tile<Vectors> across;
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

/// A product with one chain for each number, for work that has several.
struct chained_product {
  product_view of;
  const float* start;
  product_result result;
  std::size_t rows;
  std::size_t columns;
  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    products<Lanes>::template multiply<1>(of, start, result, rows, columns);
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_PRODUCTS_HPP
