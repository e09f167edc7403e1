// expect: millrace\[TRAIN-1\]
// expect: payments
#include <millrace/train/load_batch.hpp>

namespace mr = millrace;

namespace {

struct payments {
  using scalar_type = float;
  std::size_t size() const { return 0; }
#ifndef MILLRACE_MISUSE
  mr::result<void> read(std::span<const std::uint32_t>, mr::train::row_major_matrix<float>&, Eigen::VectorXi&) const {
    return {};
  }
#endif
};

}  // namespace

int main() { return static_cast<int>(mr::train::load_batch(payments{}).batches_per_epoch()); }
