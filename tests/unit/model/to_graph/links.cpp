#include <millrace/model/to_graph/links.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>

namespace mm = millrace::model;

namespace {

/// Scores that are the columns.
template <class Loss>
struct scores_of {
  Loss loss;
  std::size_t inputs() const { return loss.outputs(); }
  std::size_t outputs() const { return loss.outputs(); }
};
template <class Loss>
mm::graph_builder::value add_outputs(mm::graph_builder& to, const scores_of<Loss>& model,
                                     mm::graph_builder::value rows) {
  return add_link(to, model.loss, to.real(rows));
}

template <class Loss>
void links_the_same(const Loss& loss) {
  const std::vector<float> rows = support::odd_rows(
      {0.5F, -1, 3, 2,  -30, 8,  0,  1, -7, 5, 3,  1,  0.1F, 0.2F, 0.3F, 4,   20, -20, 60, -60, 9, 1, 2,
       3,    5,  8, 13, 21,  34, 55, 1, 4,  9, 16, 25, -36,  -49,  -64,  -81, 2,  4,   6,  7,   8, 9},
      false);
  support::says_the_same(scores_of<Loss>{loss}, rows, [&](const mm::matrix_view& table, std::span<double> out) {
    const std::size_t width = loss.outputs();
    for (std::size_t i = 0; i < table.rows(); ++i) {
      for (std::size_t k = 0; k < width; ++k) out[i * width + k] = table(i, k);
      loss.link(out.subspan(i * width, width));
    }
  });
}

}  // namespace

TEST_CASE("what losses make of scores is the same as a graph") {
  links_the_same(mm::logistic_loss());
  links_the_same(mm::softmax_loss{3});
  links_the_same(mm::squared_loss());
  links_the_same(mm::quantile_loss{0.9});
  links_the_same(mm::poisson_loss());
}
