#ifndef MILLRACE_MODEL_DETAIL_GRAM_SUM_HPP
#define MILLRACE_MODEL_DETAIL_GRAM_SUM_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The sums of products of all pairs of columns, over rows that come one after the other. Rows are gathered into a
/// block; its products are summed four columns by eight, with the sums in registers.
///
/// Guarantee: the same rows give the same bits with every instruction set.
class gram_sum {
 public:
  explicit gram_sum(std::size_t columns)
      : columns_(columns),
        width_((columns + lanes - 1) / lanes * lanes),
        block_(width_ * block_rows),
        sums_(width_ * width_) {}

  /// Where the next row's numbers are to be written: as many as there are columns.
  double* next_row() noexcept {
    if (filled_ == block_rows) flush();
    return block_.data() + filled_++ * width_;
  }

  /// The symmetric matrix of the sums, columns x columns. Ends the sum.
  std::vector<double> finish() {
    flush();
    std::vector<double> made(columns_ * columns_);
    for (std::size_t i = 0; i < columns_; ++i)
      for (std::size_t j = 0; j <= i; ++j) made[i * columns_ + j] = made[j * columns_ + i] = sums_[i * width_ + j];
    return made;
  }

 private:
  static constexpr std::size_t lanes = 8;
  static constexpr std::size_t tile = 4;
  static constexpr std::size_t block_rows = 64;
  using lane_vector = vector<double, 64>;

  void flush() noexcept {
    if (cpu_has_avx512())
      add_block_512();
    else if (cpu_has_avx2())
      add_block_256();
    else
      add_block();
    filled_ = 0;
  }
  MILLRACE_X86_TARGET("avx512f") void add_block_512() noexcept { add_block(); }
  MILLRACE_X86_TARGET("avx2") void add_block_256() noexcept { add_block(); }

  /// Adds the block's products to the sums on and below the diagonal.
  [[gnu::always_inline]] inline void add_block() noexcept {
    for (std::size_t i = 0; i < width_; i += tile)
      for (std::size_t j = 0; j < i + tile; j += lanes) add_tile(i, j);
  }
  [[gnu::always_inline]] inline void add_tile(std::size_t i, std::size_t j) noexcept {
    lane_vector sum[tile];
    for (std::size_t k = 0; k < tile; ++k) load_vector(sum[k], sums_.data() + (i + k) * width_ + j);
    const double* row = block_.data();
    for (std::size_t r = 0; r < filled_; ++r, row += width_) {
      lane_vector right;
      load_vector(right, row + j);
      for (std::size_t k = 0; k < tile; ++k) {
        lane_vector product = right * row[i + k];
        rounded(product);
        sum[k] += product;
      }
    }
    for (std::size_t k = 0; k < tile; ++k) store_vector(sums_.data() + (i + k) * width_ + j, sum[k]);
  }

  std::size_t columns_;
  std::size_t width_;  // columns, rounded up to whole vectors; the additional ones hold zeros
  std::size_t filled_ = 0;
  std::vector<double> block_;
  std::vector<double> sums_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_GRAM_SUM_HPP
