#include <millrace/model/trees/losses.hpp>

#include <support/catch.hpp>

#include <millrace/core/detail/simd.hpp>
#include <millrace/core/seed.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

/// Gradients are the slopes of the loss, and hessians, but where a loss says otherwise, the slopes of gradients.
template <class Loss>
void check_derivatives(const Loss& loss, const std::vector<float>& targets, const std::vector<double>& scores,
                       bool hessians = true) {
  const std::size_t rows = targets.size();
  const std::size_t outputs = loss.outputs();
  std::vector<float> g(rows);
  std::vector<float> h(rows);
  for (std::size_t k = 0; k < outputs; ++k) {
    loss.gradients(targets, scores, k, g, h);
    for (std::size_t i = 0; i < rows; ++i) {
      std::vector<double> at(outputs);
      for (std::size_t c = 0; c < outputs; ++c) at[c] = scores[c * rows + i];
      const auto loss_at = [&](double moved) {
        std::vector<double> there = at;
        there[k] += moved;
        return loss.loss(targets[i], there);
      };
      const double step = 1e-4;
      CHECK(double{g[i]} == Approx((loss_at(step) - loss_at(-step)) / (2 * step)).epsilon(1e-4).margin(2e-6));
      const double bend = (loss_at(step) - 2 * loss_at(0) + loss_at(-step)) / (step * step);
      if (hessians) CHECK(double{h[i]} == Approx(bend).epsilon(1e-3).margin(1e-5));
    }
  }
}

std::vector<std::uint32_t> all(std::size_t rows) {
  std::vector<std::uint32_t> ids(rows);
  for (std::uint32_t i = 0; i < rows; ++i) ids[i] = i;
  return ids;
}

/// What -march=native lets the compiler make of the kernels on a processor that has fused multiply-adds.
#if !defined(__clang__)
[[gnu::optimize("O2")]]  // at -O1 g++ fuses nothing
#endif
MILLRACE_X86_TARGET("avx2,fma") void fused_gradients(const float* targets, const double* scores, std::size_t count,
                                                     float* g, float* h) {
  mr::model::detail::logistic_gradients_body<32>(targets, scores, count, g, h);
}
#if !defined(__clang__)
[[gnu::optimize("O2")]]  // at -O1 g++ fuses nothing
#endif
MILLRACE_X86_TARGET("avx2,fma") void fused_exponentials(const double* scores, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) {
    float x = static_cast<float>(scores[i]);
    mr::model::detail::fast_exp_body<std::int32_t>(x);
    out[i] = x;
  }
}

}  // namespace

TEST_CASE("losses: gradients have the same bits with fused multiply-adds at hand, and in registers of any width") {
  std::vector<float> targets;
  std::vector<double> scores;
  mr::random_engine random(3);
  for (int i = 0; i < 10'003; ++i) {
    targets.push_back(static_cast<float>(random.below(2)));
    scores.push_back(20 * random.normal());
  }
  const std::size_t rows = targets.size();
  std::vector<float> g(rows);
  std::vector<float> h(rows);
  mr::model::logistic_loss::gradients(targets, scores, 0, g, h);
  std::vector<float> other_g(rows);
  std::vector<float> other_h(rows);
  mr::model::detail::logistic_gradients_body<16>(targets.data(), scores.data(), rows, other_g.data(), other_h.data());
  CHECK(other_g == g);
  CHECK(other_h == h);
  if (!mr::detail::cpu_has_avx2_fma()) return;
  fused_gradients(targets.data(), scores.data(), rows, other_g.data(), other_h.data());
  CHECK(other_g == g);
  CHECK(other_h == h);
  std::vector<float> exponentials(rows);
  for (std::size_t i = 0; i < rows; ++i) exponentials[i] = mr::model::detail::fast_exp(static_cast<float>(scores[i]));
  std::vector<float> fused(rows);
  fused_exponentials(scores.data(), rows, fused.data());
  CHECK(fused == exponentials);
}

TEST_CASE("losses: gradients are the slopes of the loss") {
  std::vector<float> targets;
  std::vector<double> scores;
  for (int i = 0; i < 40; ++i) {  // more than a block of sixteen, and a rest
    targets.push_back(static_cast<float>(i % 2));
    scores.push_back((static_cast<double>(i) - 20.5) / 5);  // none is a target
  }
  check_derivatives(mr::model::logistic_loss{}, targets, scores);
  check_derivatives(mr::model::squared_loss{}, targets, scores);
  check_derivatives(mr::model::poisson_loss{}, targets, scores, false);
  check_derivatives(mr::model::quantile_loss{0.3}, targets, scores, false);
  // Three classes, scores class by class. The hessian of one is enlarged by 3 / 2.
  const std::vector<float> classes = {0, 1, 2, 1};
  const std::vector<double> of_classes = {0.5, -1, 2, 0, 1, 0.25, -2, 3, -0.5, 0, 1, 1};
  check_derivatives(mr::model::softmax_loss{3}, classes, of_classes, false);
  std::vector<float> g(4);
  std::vector<float> h(4);
  mr::model::softmax_loss{3}.gradients(classes, of_classes, 0, g, h);
  const double p = double{g[1]};  // class 1, so that g is the probability of 0
  CHECK(double{h[1]} == Approx(1.5 * p * (1 - p)));
}

TEST_CASE("losses: an exponential good to 1e-7, also at its ends") {
  for (float x = -87; x <= 87; x += 0.0173F)
    CHECK(double{mr::model::detail::fast_exp(x)} == Approx(std::exp(double{x})).epsilon(2e-7));
  CHECK(std::isfinite(mr::model::detail::fast_exp(1e30F)));
  CHECK(mr::model::detail::fast_exp(-std::numeric_limits<float>::infinity()) < 1e-37F);
  CHECK(mr::model::detail::fast_exp(0) == 1);
}

TEST_CASE("losses: the start is the best constant, by weight") {
  const std::vector<float> targets = {0, 1, 1, 1};
  const auto ids = all(4);
  CHECK(mr::model::logistic_loss::start(targets, ids, {})[0] == Approx(std::log(3.0)));
  const std::vector<float> weights = {3, 1, 1, 1};
  CHECK(mr::model::logistic_loss::start(targets, ids, weights)[0] == Approx(0.0).margin(1e-12));
  CHECK(mr::model::squared_loss::start(targets, ids, {})[0] == 0.75);
  CHECK(mr::model::poisson_loss::start(targets, ids, {})[0] == Approx(std::log(0.75)));
  CHECK(mr::model::quantile_loss{0.5}.start(std::vector<float>{5, 1, 9}, all(3), {})[0] == 5);
  const auto shares = mr::model::softmax_loss{3}.start(targets, ids, {});
  CHECK(shares[1] == Approx(std::log(0.75)));
  CHECK(std::isfinite(shares[2]));  // a class that does not occur
}

TEST_CASE("losses: what is no target is refused with its row") {
  CHECK(mr::model::logistic_loss::check_target(0.5F, 7).error().message() == "targets: row 7 is 0.5, not 0 or 1");
  CHECK(mr::model::logistic_loss::check_target(1e-45F, 7).error().message() == "targets: row 7 is 1e-45, not 0 or 1");
  CHECK_FALSE(mr::model::softmax_loss{3}.check_target(3, 0).has_value());
  CHECK_FALSE(mr::model::softmax_loss{3}.check_target(1.5F, 0).has_value());
  CHECK_FALSE(mr::model::softmax_loss{3}.check_target(std::nanf(""), 0).has_value());
  CHECK(mr::model::softmax_loss{3}.check_target(2, 0).has_value());
  CHECK_FALSE(mr::model::squared_loss::check_target(std::numeric_limits<float>::infinity(), 0).has_value());
  CHECK(mr::model::squared_loss::check_target(-2e30F, 0).error().code() == mr::errc::out_of_range);
  CHECK_FALSE(mr::model::poisson_loss::check_target(-1, 0).has_value());
  CHECK_FALSE(mr::model::poisson_loss::check_target(std::nanf(""), 0).has_value());
}

TEST_CASE("losses: a parameter out of range is an error, and the one that is saved makes the same loss") {
  for (const double level : {0.0, 1.0, 2.0, -1.0, std::nan("")})
    CHECK(mr::model::quantile_loss{level}.check_parameter().error().code() == mr::errc::invalid_argument);
  CHECK(mr::model::quantile_loss{0.9}.check_parameter().has_value());
  for (const std::size_t classes : {0U, 1U, 65'537U})
    CHECK(mr::model::softmax_loss{classes}.check_parameter().error().code() == mr::errc::invalid_argument);
  CHECK(mr::model::softmax_loss::of_parameter(mr::model::softmax_loss{7}.parameter()).classes == 7);
  CHECK_FALSE(mr::model::softmax_loss::of_parameter(std::nan("")).check_parameter().has_value());
  CHECK_FALSE(mr::model::softmax_loss::of_parameter(1e300).check_parameter().has_value());
}

TEST_CASE("losses: quantiles by weight are those of rows that stand there as often") {
  mr::random_engine random(6);
  for (const double level : {0.1, 0.5, 0.75}) {
    std::vector<double> values;
    std::vector<double> weights;
    std::vector<double> repeated;
    for (int i = 0; i < 50; ++i) {
      values.push_back(random.uniform());
      weights.push_back(static_cast<double>(random.below(4)));
      for (double k = 0; k < weights.back(); ++k) repeated.push_back(values.back());
    }
    const mr::model::quantile_loss loss{level};
    const double by_weight = loss.leaf_value(values, weights);
    CHECK(by_weight == loss.leaf_value(repeated, {}));
  }
}

TEST_CASE("losses: links make outputs of scores") {
  std::vector<double> one = {0};
  mr::model::logistic_loss::link(one);
  CHECK(one[0] == 0.5);
  mr::model::poisson_loss::link(one);
  CHECK(one[0] == Approx(std::exp(0.5)));
  std::vector<double> three = {1000, 1000, -1000};
  mr::model::softmax_loss{3}.link(three);
  CHECK(three[0] == 0.5);
  CHECK(three[2] == 0);
}
