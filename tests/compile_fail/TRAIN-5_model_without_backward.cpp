// expect: millrace\[TRAIN-5\]
// expect: constant_model
#include <millrace/train/backpropagation.hpp>

namespace mr = millrace;

namespace {

struct constant_model {
  using scalar_type = float;
  struct workspace_type {
    Eigen::Index rows() const { return 0; }
  };
  Eigen::Index inputs() const { return 1; }
  Eigen::Index outputs() const { return 1; }
  mr::train::column_vector<float>& parameters() { return values; }
  void forward(const mr::train::row_major_matrix<float>&, workspace_type&, mr::train::row_major_matrix<float>&) const {}
#ifndef MILLRACE_MISUSE
  void backward(const mr::train::row_major_matrix<float>&, const mr::train::row_major_matrix<float>&,
                const mr::train::row_major_matrix<float>&, workspace_type&, mr::train::column_vector<float>&) const {}
#endif
  mr::train::column_vector<float> values;
};

}  // namespace

int main() {
  constant_model model;
  [[maybe_unused]] mr::train::backpropagation event(model);
}
