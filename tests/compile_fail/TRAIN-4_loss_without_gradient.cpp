// expect: millrace\[TRAIN-4\]
// expect: absolute_error
#include <millrace/train/calculate_loss.hpp>

namespace mr = millrace;

namespace {

struct absolute_error {
  using matrix = mr::train::row_major_matrix<float>;
  mr::result<double> operator()(const matrix& output, const matrix& targets) const {
    return static_cast<double>((output - targets).cwiseAbs().mean());
  }
#ifndef MILLRACE_MISUSE
  mr::result<double> operator()(const matrix& output, const matrix& targets, matrix& gradient) const {
    gradient = (output - targets).array().sign().matrix() / static_cast<float>(output.size());
    return (*this)(output, targets);
  }
#endif
};

}  // namespace

int main() { [[maybe_unused]] mr::train::calculate_loss event(absolute_error{}); }
