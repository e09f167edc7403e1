// expect: millrace\[TRAIN-11\]
// expect: std::vector<int>
#include <millrace/train.hpp>

#include <string>
#include <vector>

namespace mr = millrace;

int main() {
  const Eigen::MatrixXd points = Eigen::MatrixXd::Ones(4, 2);
#ifdef MILLRACE_MISUSE
  const std::vector<std::string> labels{"a", "b", "b", "a"};
#else
  const std::vector<int> labels{0, 1, 1, 0};
#endif
  mr::train::load_batch load(points, labels);
  return load.batches_per_epoch() == 1 ? 0 : 1;
}
