// expect: millrace\[TRAIN-12\]
// expect: std::vector<int>
#include <millrace/train.hpp>

#include <vector>

namespace mr = millrace;

int main() {
  const Eigen::MatrixXd points = Eigen::MatrixXd::Ones(4, 2);
  const std::vector<int> labels{0, 1, 1, 0};
#ifdef MILLRACE_MISUSE
  mr::train::load_batch load(points, std::vector<int>{0, 1, 1, 0});
#else
  mr::train::load_batch load(points.topRows(4), labels);
#endif
  return load.batches_per_epoch() == 1 ? 0 : 1;
}
