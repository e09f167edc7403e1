#ifndef MILLRACE_MODEL_TREES_LOSSES_HPP
#define MILLRACE_MODEL_TREES_LOSSES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// p = p * by + plus, in two roundings with every compiler's options. `Bytes`: as of rounded_vector, for vectors.
template <std::size_t Bytes, class X, class Plus>
[[gnu::always_inline]] inline void multiply_add(X& p, const X& by, const Plus& plus) noexcept {
  p *= by;
  if constexpr (std::is_floating_point_v<X>)
    rounded(p);
  else
    rounded_vector<Bytes>(p);
  p += plus;
}
/// Makes e^x of x, a float or a vector of floats, to about 1e-7 of itself; x is brought into [-87, 87]. 2^k of the
/// whole part of x / ln 2, and a polynomial of what is left. `Bits`: as many 32-bit integers.
/// Source: the coefficients are those of Cephes, expf.
template <class Bits, std::size_t Bytes = sizeof(Bits), class X>
[[gnu::always_inline]] inline void fast_exp_body(X& x) noexcept {
  const X lowest = X{} - 87.0F;
  const X highest = X{} + 87.0F;
  x = x < lowest ? lowest : x;
  x = x > highest ? highest : x;
  X shifted = x;  // of a whole number, which stands in the lowest bits
  multiply_add<Bytes>(shifted, X{} + 1.44269504F, 0x1.8p23F);
  const X k = shifted - 0x1.8p23F;
  X r = k;
  multiply_add<Bytes>(r, X{} - 0.693359375F, x);
  X low = k;
  multiply_add<Bytes>(low, X{} + 2.12194440e-4F, r);
  r = low;
  X p = X{} + 1.9875691e-4F;
  multiply_add<Bytes>(p, r, 1.3981999e-3F);
  multiply_add<Bytes>(p, r, 8.3334519e-3F);
  multiply_add<Bytes>(p, r, 4.1665796e-2F);
  multiply_add<Bytes>(p, r, 1.6666665e-1F);
  multiply_add<Bytes>(p, r, 0.5F);
  const X square = r * r;
  multiply_add<Bytes>(p, square, r);
  p += 1.0F;
  Bits exponent;
  load_vector(exponent, &shifted);
  Bits bits;
  load_vector(bits, &p);
  bits += exponent << 23;
  load_vector(x, &bits);
}
inline float fast_exp(float x) noexcept {
  fast_exp_body<std::int32_t>(x);
  return x;
}

[[gnu::cold]] inline std::string target_text(float target, std::size_t row) {
  return "targets: row " + std::to_string(row) + " is " + number_text(target);
}
/// Their differences and squares are far from the ends of float and double.
inline constexpr double largest_target = double{1e30F};

inline result<void> finite_target(float target, std::size_t row) {
  if (math::absolute(double{target}) <= largest_target) return {};
  if (math::is_finite(double{target}))
    return error(errc::out_of_range, target_text(target, row) + ", beyond 1e30: scale the targets");
  return error(errc::not_finite, target_text(target, row));
}
/// Of the rows given; 0 where they weigh nothing.
inline double mean_target(std::span<const float> targets, std::span<const std::uint32_t> rows,
                          std::span<const float> weights) noexcept {
  double sum = 0;
  double weight = 0;
  for (const std::uint32_t row : rows) {
    const double w = weights.empty() ? 1 : double{weights[row]};
    double product = w * double{targets[row]};
    rounded(product);
    sum += product;
    weight += w;
  }
  return weight > 0 ? sum / weight : 0;
}
/// Of a share in [0, 1], whose ends are brought inside.
inline double log_odds(double share) noexcept {
  share = math::fmin(math::fmax(share, 1e-12), 1 - 1e-12);
  return math::log(share / (1 - share));
}

}  // namespace detail

// What a loss is: how boosted trees are fitted to it. Scores are what the trees add up to, one for each output of the
// model, output by output: that of row i for output k stands at k * rows + i. A loss has
//
// - name: in saved forms;
// - outputs(): how many scores a row has;
// - check_target(target, row): an error for what is no target;
// - start(targets, rows, weights): the scores before the first tree, where `rows` are those that are fitted on, and
//   `weights` may be empty;
// - gradients(targets, scores, k, g, h): the first and second derivative of each row's loss by its score for output k;
// - link(scores): makes a row's outputs of its scores, in place;
// - loss(target, scores): of a row;
// - parameter(), of_parameter(x) and check_parameter(), where it has a parameter: the number that is saved, the loss of
//   that number, and an error for a loss that cannot be;
// - leaf_value(residuals, weights), where derivatives do not lead to it: the best value for a leaf whose rows have
// these
//   targets less scores, which it may change; `weights` is empty, or has one for each.

namespace detail {

/// Of a probability, what the derivative of its score is: p - p^2.
inline float variance_of(float p) noexcept {
  float square = p * p;
  rounded(square);
  return p - square;
}
/// `Bytes`: of a register, 16 or 32. The bits do not depend on it.
template <std::size_t Bytes>
[[gnu::always_inline]] inline void logistic_gradients_body(const float* targets, const double* scores,
                                                           std::size_t count, float* g, float* h) noexcept {
  using four = vector<float, 16>;
  using floats = vector<float, Bytes>;
  using doubles = vector<double, 32>;
  constexpr std::size_t lanes = Bytes / sizeof(float);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    doubles score;
    load_vector(score, scores + i);
    floats odds;
    if constexpr (lanes == 4) {
      odds = -__builtin_convertvector(score, four);
    } else {
      const four low = __builtin_convertvector(score, four);
      load_vector(score, scores + i + 4);
      const four high = __builtin_convertvector(score, four);
      odds = -__builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
    }
    fast_exp_body<vector<std::int32_t, Bytes>>(odds);
    const floats p = 1.0F / (1.0F + odds);
    floats target;
    load_vector(target, targets + i);
    store_vector(g + i, p - target);
    floats square = p * p;
    rounded_vector<Bytes>(square);
    store_vector(h + i, p - square);
  }
  for (; i < count; ++i) {
    const float p = 1 / (1 + fast_exp(-static_cast<float>(scores[i])));
    g[i] = p - targets[i];
    h[i] = variance_of(p);
  }
}
MILLRACE_X86_TARGET("avx2")
inline void logistic_gradients_avx2(const float* targets, const double* scores, std::size_t count, float* g,
                                    float* h) noexcept {
  logistic_gradients_body<32>(targets, scores, count, g, h);
}

}  // namespace detail

/// Targets 0 and 1; scores are log odds, outputs the probability of 1.
struct logistic_loss {
  static constexpr std::string_view name = "logistic";
  static constexpr std::size_t outputs() noexcept { return 1; }

  static result<void> check_target(float target, std::size_t row) {
    if (target == 0 || target == 1) return {};
    return error(errc::out_of_range, detail::target_text(target, row) + ", not 0 or 1");
  }
  static std::vector<double> start(std::span<const float> targets, std::span<const std::uint32_t> rows,
                                   std::span<const float> weights) {
    return {detail::log_odds(detail::mean_target(targets, rows, weights))};
  }
  static void gradients(std::span<const float> targets, std::span<const double> scores, std::size_t, std::span<float> g,
                        std::span<float> h) noexcept {
    const auto fill = detail::cpu_has_avx2() ? detail::logistic_gradients_avx2 : detail::logistic_gradients_body<16>;
    fill(targets.data(), scores.data(), targets.size(), g.data(), h.data());
  }
  static void link(std::span<double> scores) noexcept { scores[0] = detail::probability_of_score(scores[0]); }
  static double loss(float target, std::span<const double> scores) noexcept {
    const double margin = target > 0 ? -scores[0] : scores[0];
    return margin > 0 ? margin + detail::math::log1p(detail::math::exp(-margin))
                      : detail::math::log1p(detail::math::exp(margin));
  }
};

/// Targets 0 to classes - 1; outputs are the classes' probabilities. A round has one tree for each class.
struct softmax_loss {
  static constexpr std::string_view name = "softmax";
  static constexpr std::size_t most_classes = 65'536;
  std::size_t classes = 2;

  double parameter() const noexcept { return static_cast<double>(classes); }
  /// What is no number of classes becomes none, which check_parameter refuses.
  static softmax_loss of_parameter(double classes) noexcept {
    return {classes >= 0 && classes <= double{most_classes} ? static_cast<std::size_t>(classes) : 0};
  }
  result<void> check_parameter() const {
    if (classes >= 2 && classes <= most_classes) return {};
    return error(errc::invalid_argument, "softmax_loss: " + std::to_string(classes) + " classes, outside 2 to 65536");
  }
  std::size_t outputs() const noexcept { return classes; }

  result<void> check_target(float target, std::size_t row) const {
    if (target >= 0 && target < static_cast<float>(classes) && target == static_cast<float>(static_cast<int>(target)))
      return {};
    return error(errc::out_of_range, detail::target_text(target, row) + ", none of the classes 0 to " +
                                         std::to_string(classes - 1) + "; more are fitted with softmax_loss{classes}");
  }
  std::vector<double> start(std::span<const float> targets, std::span<const std::uint32_t> rows,
                            std::span<const float> weights) const {
    std::vector<double> of_class(classes, 0);
    double total = 0;
    for (const std::uint32_t row : rows) {
      const double weight = weights.empty() ? 1 : double{weights[row]};
      of_class[static_cast<std::size_t>(targets[row])] += weight;
      total += weight;
    }
    for (double& share : of_class) share = detail::math::log(detail::math::fmax(share / total, 1e-12));
    return of_class;
  }
  void gradients(std::span<const float> targets, std::span<const double> scores, std::size_t k, std::span<float> g,
                 std::span<float> h) const noexcept {
    const std::size_t rows = targets.size();
    // The scores of a round's classes change together, so the hessian of one alone is too small by this factor.
    // Source: Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001.
    const float factor = static_cast<float>(classes) / static_cast<float>(classes - 1);
    for (std::size_t i = 0; i < rows; ++i) {
      double most = scores[i];
      for (std::size_t c = 1; c < classes; ++c) most = scores[c * rows + i] > most ? scores[c * rows + i] : most;
      float sum = 0;
      for (std::size_t c = 0; c < classes; ++c)
        sum += detail::fast_exp(static_cast<float>(scores[c * rows + i] - most));
      const float p = detail::fast_exp(static_cast<float>(scores[k * rows + i] - most)) / sum;
      g[i] = p - (targets[i] == static_cast<float>(k) ? 1.0F : 0.0F);
      h[i] = factor * detail::variance_of(p);
    }
  }
  void link(std::span<double> scores) const noexcept {
    double most = scores[0];
    for (const double score : scores) most = score > most ? score : most;
    double sum = 0;
    for (double& score : scores) sum += score = detail::math::exp(score - most);
    for (double& score : scores) score /= sum;
  }
  double loss(float target, std::span<const double> scores) const noexcept {
    double most = scores[0];
    for (const double score : scores) most = score > most ? score : most;
    double sum = 0;
    for (const double score : scores) sum += detail::math::exp(score - most);
    return detail::math::log(sum) + most - scores[static_cast<std::size_t>(target)];
  }
};

/// Numbers; half the squared error. Outputs are means.
struct squared_loss {
  static constexpr std::string_view name = "squared";
  static constexpr std::size_t outputs() noexcept { return 1; }

  static result<void> check_target(float target, std::size_t row) { return detail::finite_target(target, row); }
  static std::vector<double> start(std::span<const float> targets, std::span<const std::uint32_t> rows,
                                   std::span<const float> weights) {
    return {detail::mean_target(targets, rows, weights)};
  }
  static void gradients(std::span<const float> targets, std::span<const double> scores, std::size_t, std::span<float> g,
                        std::span<float> h) noexcept {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      g[i] = static_cast<float>(scores[i] - double{targets[i]});
      h[i] = 1;
    }
  }
  static void link(std::span<double>) noexcept {}
  static double loss(float target, std::span<const double> scores) noexcept {
    const double off = scores[0] - double{target};
    return off * off / 2;
  }
};

/// Numbers; outputs are the quantile at `level` of the targets: at 0.5, their median, by the absolute error.
/// Source: Koenker, Bassett, "Regression quantiles", Econometrica 46, 1978.
struct quantile_loss {
  static constexpr std::string_view name = "quantile";
  double level = 0.5;

  double parameter() const noexcept { return level; }
  static quantile_loss of_parameter(double level) noexcept { return {level}; }
  result<void> check_parameter() const {
    if (level > 0 && level < 1) return {};
    return error(errc::invalid_argument,
                 "quantile_loss: level " + detail::number_text(level) + " is not between 0 and 1");
  }
  static constexpr std::size_t outputs() noexcept { return 1; }

  static result<void> check_target(float target, std::size_t row) { return detail::finite_target(target, row); }
  std::vector<double> start(std::span<const float> targets, std::span<const std::uint32_t> rows,
                            std::span<const float> weights) const {
    std::vector<double> of_rows;
    std::vector<double> weight;
    for (const std::uint32_t row : rows) {
      of_rows.push_back(double{targets[row]});
      if (!weights.empty()) weight.push_back(double{weights[row]});
    }
    return {leaf_value(of_rows, weight)};
  }
  void gradients(std::span<const float> targets, std::span<const double> scores, std::size_t, std::span<float> g,
                 std::span<float> h) const noexcept {
    const auto below = static_cast<float>(1 - level);
    const auto above = static_cast<float>(-level);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      g[i] = scores[i] > double{targets[i]} ? below : scores[i] < double{targets[i]} ? above : 0;
      h[i] = 1;
    }
  }
  static void link(std::span<double>) noexcept {}
  double loss(float target, std::span<const double> scores) const noexcept {
    const double off = double{target} - scores[0];
    return off > 0 ? level * off : (level - 1) * off;
  }
  /// The smallest residual that those up to it, by weight, are the share `level` of all.
  double leaf_value(std::vector<double>& residuals, std::span<const double> weights) const {
    if (residuals.empty()) return 0;
    if (weights.empty()) {
      detail::sort_doubles(residuals);
      const auto place = static_cast<std::size_t>(detail::math::ceil(level * static_cast<double>(residuals.size())));
      return residuals[place > 0 ? place - 1 : 0];
    }
    struct weighed {
      double value = 0;
      double weight = 0;
    };
    std::vector<weighed> sorted(residuals.size());
    double left = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      sorted[i] = {residuals[i], weights[i]};
      double product = level * weights[i];
      detail::rounded(product);
      left += product;
    }
    detail::sort_by(sorted, [](const weighed& a, const weighed& b) { return a.value < b.value; });
    double last = 0;
    for (const weighed& one : sorted) {
      if (one.weight == 0) continue;
      last = one.value;
      if ((left -= one.weight) <= 0) break;
    }
    return last;
  }
};

/// Counts, or amounts that are not negative; scores are logarithms, outputs means.
struct poisson_loss {
  static constexpr std::string_view name = "poisson";
  static constexpr std::size_t outputs() noexcept { return 1; }

  static result<void> check_target(float target, std::size_t row) {
    if (target < 0) return error(errc::out_of_range, detail::target_text(target, row) + ", below 0");
    return detail::finite_target(target, row);
  }
  static std::vector<double> start(std::span<const float> targets, std::span<const std::uint32_t> rows,
                                   std::span<const float> weights) {
    return {detail::math::log(detail::math::fmax(detail::mean_target(targets, rows, weights), 1e-12))};
  }
  static void gradients(std::span<const float> targets, std::span<const double> scores, std::size_t, std::span<float> g,
                        std::span<float> h) noexcept {
    // The hessian is taken where the score is higher by 0.7, so that a step in the score stays near 0.7, as LightGBM
    // and XGBoost do: e^0.7 = 2.0137527.
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const float mean = detail::fast_exp(static_cast<float>(scores[i]));
      g[i] = mean - targets[i];
      h[i] = mean * 2.0137527F;
    }
  }
  static void link(std::span<double> scores) noexcept { scores[0] = detail::math::exp(scores[0]); }
  static double loss(float target, std::span<const double> scores) noexcept {
    double product = double{target} * scores[0];
    detail::rounded(product);
    return detail::math::exp(scores[0]) - product;
  }
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_LOSSES_HPP
