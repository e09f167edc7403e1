// expect: millrace\[TRAIN-10\]
// expect: calculate_loss<
// expect: training_fields<double>
#include <millrace/chain.hpp>
#include <millrace/train.hpp>

#include <vector>

namespace mr = millrace;

int main() {
  const Eigen::MatrixXd points = Eigen::MatrixXd::Ones(4, 2);
  const std::vector<int> labels{0, 1, 1, 0};
  mr::train::network<double> net(2, {{1}});
#ifdef MILLRACE_MISUSE
  using loss = mr::train::calculate_loss<mr::train::binary_cross_entropy>;
#else
  using loss = mr::train::calculate_loss<mr::train::binary_cross_entropy, mr::train::training_fields<double>>;
#endif
  auto step = mr::chain(mr::train::load_batch(points, labels), mr::train::forward_pass(net), loss{},
                        mr::train::backpropagation(net), mr::train::update_weights(net, mr::train::adam{}));
  using fields = mr::train::training_fields<double>;
  auto ctx = step.context(fields::epoch = 0, fields::batch_idx = 0);
  return step(ctx) ? 0 : 1;
}
