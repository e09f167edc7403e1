#ifndef MILLRACE_TRAIN_DETAIL_PRODUCT_HPP
#define MILLRACE_TRAIN_DETAIL_PRODUCT_HPP

#include <millrace/core/config.hpp>

#include <Eigen/Core>

#include <algorithm>

namespace millrace {
inline namespace v0 {
namespace train {
namespace detail {

/// out += left * right, tile by tile. Eigen copies the panels of a tile into a buffer, on the stack if it has at most
/// 128 KiB and on the heap otherwise; tiles are cut so that theirs (128 x 1 KiB at most) stay on the stack. Layers up
/// to 128 wide are one tile. Allocates: never.
template <class Out, class Left, class Right>
void add_product(Out& out, const Left& left, const Right& right) noexcept {
  constexpr Eigen::Index side = 128;
  constexpr auto depth = static_cast<Eigen::Index>(1024 / sizeof(typename Out::Scalar));
  const Eigen::Index rows = out.rows();
  const Eigen::Index columns = out.cols();
  const Eigen::Index inner = left.cols();
  if (rows <= side && columns <= side && inner <= depth) {
    out.noalias() += left * right;
    return;
  }
  for (Eigen::Index j = 0; j < columns; j += side)
    for (Eigen::Index k = 0; k < inner; k += depth)
      for (Eigen::Index i = 0; i < rows; i += side) {
        const Eigen::Index height = (std::min)(side, rows - i);
        const Eigen::Index width = (std::min)(side, columns - j);
        const Eigen::Index length = (std::min)(depth, inner - k);
        out.block(i, j, height, width).noalias() += left.block(i, k, height, length) * right.block(k, j, length, width);
      }
}

}  // namespace detail
}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_DETAIL_PRODUCT_HPP
