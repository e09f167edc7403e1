#ifndef MILLRACE_MODEL_LINEAR_DETAIL_FTRL_SCORES_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_FTRL_SCORES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/online_model.hpp>
#include <millrace/model/linear/ftrl_options.hpp>
#include <millrace/model/sparse_view.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A linear score whose coefficients are moved by FTRL-proximal, each at its own rate.
///
/// Of each coefficient are kept the paper's z and the root r of its n, from which the coefficient follows:
///   w = 0 if |z| <= l1, else -(z - sign(z) l1) / ((beta + r) / rate + l2).
/// A gradient g moves them by r' = sqrt(r^2 + g^2) and z' = z + g - (r' - r) / rate * w.
class ftrl_scores {
 public:
  ftrl_scores() = default;
  ftrl_scores(std::size_t inputs, const ftrl_options& with) : with_(with), state_(inputs) {}

  std::size_t inputs() const noexcept { return state_.size(); }
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t skipped() const noexcept { return skipped_; }
  double coefficient(std::size_t i) const noexcept { return weight(state_[i], with_.l1, with_.l2); }
  double intercept() const noexcept { return with_.intercept ? weight(intercept_, 0, 0) : 0; }
  std::size_t nonzero() const noexcept {
    std::size_t found = 0;
    for (const slot& one : state_) found += math::absolute(one.z) > with_.l1 ? 1U : 0U;
    return found;
  }

  /// NaN if an index is not below inputs(); not finite exactly if a feature is not, or for a dense row of too few.
  double score(const sparse_view& row) const noexcept {
    double sum = intercept();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row.index(i) >= state_.size()) [[unlikely]]
        return math::nan;
      add(sum, coefficient(row.index(i)), row.value(i));
    }
    return sum;
  }
  double score(std::span<const float> row) const noexcept {
    if (row.size() < state_.size()) return math::nan;
    double sum = intercept();
    for (std::size_t i = 0; i < state_.size(); ++i)
      if (row[i] != 0) add(sum, coefficient(i), row[i]);
    return sum;
  }
  /// Whether a score is one that a step may start from. What was learnt leads to none that is larger.
  static bool is_usable(double score) noexcept { return math::absolute(score) <= 1e70; }

  /// Moves the coefficients of a row by their gradients: `slope`, the derivative of the loss by the score, times the
  /// feature. Precondition: the row has a score.
  void move(const sparse_view& row, double slope) noexcept {
    for (std::size_t i = 0; i < row.size(); ++i) step(state_[row.index(i)], slope * static_cast<double>(row.value(i)));
    move_intercept(slope);
  }
  void move(std::span<const float> row, double slope) noexcept {
    for (std::size_t i = 0; i < state_.size(); ++i)
      if (row[i] != 0) step(state_[i], slope * static_cast<double>(row[i]));
    move_intercept(slope);
  }
  void skip() noexcept { ++skipped_; }

  static result<void> check_options(const char* model, std::size_t inputs, const ftrl_options& with);

  // The payload: columns (u64), samples (u64), skipped (u64), intercept or not (u8), then f64s: rate, beta, l1, l2, the
  // intercept's z and r. Then u64s whose bits, from the lowest, say of which columns a gradient was seen, and for each
  // such column its z and r (f64). Epochs and seed are of use to `fit` alone.
  void save(envelope_writer& to) const;
  bool load(const char* model, envelope_reader& from);

 private:
  struct slot {
    double z = 0;
    double root = 0;
    bool is_new() const noexcept { return z == 0 && root == 0; }
  };
  static constexpr std::size_t most_inputs = std::size_t{1} << 30;
  static constexpr double most_loaded = 1e150;

  double weight(const slot& of, double l1, double l2) const noexcept {
    if (!(math::absolute(of.z) > l1)) return 0;
    return (math::copysign(l1, of.z) - of.z) / ((with_.beta + of.root) / with_.rate + l2);
  }
  static void add(double& sum, double coefficient, float feature) noexcept {
    double product = coefficient * static_cast<double>(feature);
    rounded(product);
    sum += product;
  }
  void step(slot& of, double gradient) noexcept { step(of, gradient, with_.l1, with_.l2); }
  void step(slot& of, double gradient, double l1, double l2) noexcept {
    double before = of.root * of.root;
    double square = gradient * gradient;
    rounded(before);
    rounded(square);
    const double root = math::sqrt(before + square);
    double back = (root - of.root) / with_.rate * weight(of, l1, l2);
    rounded(back);
    of.z += gradient - back;
    of.root = root;
  }
  void move_intercept(double slope) noexcept {
    if (with_.intercept) step(intercept_, slope, 0, 0);
    ++count_;
  }
  bool load_slot(envelope_reader& from, slot& to, double l1, double l2) const noexcept {
    to.z = from.f64();
    to.root = from.f64();
    return math::absolute(to.z) <= most_loaded && to.root >= 0 && to.root <= most_loaded &&
           math::absolute(weight(to, l1, l2)) <= 1e100;
  }

  ftrl_options with_;
  std::vector<slot> state_;
  slot intercept_;
  std::uint64_t count_ = 0;
  std::uint64_t skipped_ = 0;
};

inline result<void> ftrl_scores::check_options(const char* model, std::size_t inputs, const ftrl_options& with) {
  const auto is_price = [](double x) { return x >= 0 && x <= 1e12; };
  if (inputs == 0 || inputs > most_inputs) return wrong_option(model, "inputs", "1 to 2^30");
  if (!(with.rate >= 1e-12 && with.rate <= 1e6)) return wrong_option(model, "rate", "1e-12 to 1e6");
  if (!(with.beta >= 1e-12 && with.beta <= 1e12)) return wrong_option(model, "beta", "1e-12 to 1e12");
  if (!is_price(with.l1)) return wrong_option(model, "l1", "0 to 1e12");
  if (!is_price(with.l2)) return wrong_option(model, "l2", "0 to 1e12");
  return {};
}

inline void ftrl_scores::save(envelope_writer& to) const {
  to.u64(inputs());
  to.u64(count_);
  to.u64(skipped_);
  to.u8(with_.intercept ? 1 : 0);
  for (const double x : {with_.rate, with_.beta, with_.l1, with_.l2, intercept_.z, intercept_.root}) to.f64(x);
  for (std::size_t i = 0; i < state_.size(); i += 64) {
    std::uint64_t seen = 0;
    for (std::size_t k = i; k < state_.size() && k < i + 64; ++k)
      seen |= static_cast<std::uint64_t>(!state_[k].is_new()) << (k - i);
    to.u64(seen);
  }
  for (const slot& one : state_)
    if (!one.is_new()) {
      to.f64(one.z);
      to.f64(one.root);
    }
}

inline bool ftrl_scores::load(const char* model, envelope_reader& from) {
  const std::uint64_t inputs = from.u64();
  count_ = from.u64();
  skipped_ = from.u64();
  const unsigned intercept = from.u8();
  with_.intercept = intercept == 1;
  with_.rate = from.f64();
  with_.beta = from.f64();
  with_.l1 = from.f64();
  with_.l2 = from.f64();
  if (!from.ok() || intercept > 1 || inputs > most_inputs ||
      !check_options(model, static_cast<std::size_t>(inputs), with_))
    return false;
  bool sound = load_slot(from, intercept_, 0, 0) && (with_.intercept || intercept_.is_new());
  const auto columns = static_cast<std::size_t>(inputs);
  const std::size_t words = (columns + 63) / 64;
  if (words > from.remaining() / 8) return false;  // so that memory is in proportion to the bytes
  std::vector<std::uint64_t> seen(words);
  std::size_t states = 0;
  for (std::uint64_t& word : seen) states += static_cast<std::size_t>(std::popcount(word = from.u64()));
  if (from.remaining() % 16 != 0 || from.remaining() / 16 != states) return false;
  if (columns % 64 != 0 && (seen.back() >> (columns % 64)) != 0) return false;
  state_.resize(columns);
  for (std::size_t i = 0; i < columns; ++i)
    if ((seen[i / 64] >> (i % 64) & 1U) != 0)
      sound = load_slot(from, state_[i], with_.l1, with_.l2) && sound && !state_[i].is_new();
  return sound;
}

/// What models that learn by FTRL-proximal share, besides what all that learn sample by sample do: sparse rows. `Model`
/// has `learn(row, target, weight)`.
template <class Model>
class ftrl_model : public online_model<Model, ftrl_scores, ftrl_options> {
  using shared = online_model<Model, ftrl_scores, ftrl_options>;

 public:
  /// Precondition: i < inputs().
  double coefficient(std::size_t i) const noexcept { return scores_.coefficient(i); }
  /// How many coefficients are not 0. Complexity: O(inputs).
  std::size_t nonzero() const noexcept { return scores_.nonzero(); }

  /// A sparse row's prediction is NaN if an index is beyond the model's columns.
  using shared::operator();
  double operator()(const sparse_view& row) const noexcept { return Model::link(scores_.score(row)); }
  using shared::predict;
  /// Precondition: out.size() == 1, or nothing is written.
  void predict(const sparse_view& row, std::span<double> out) const noexcept {
    if (out.size() == 1) out[0] = (*this)(row);
  }

  /// Learns from one sample, and returns what the prediction was before; NaN if the sample is left out.
  double partial_fit(std::span<const float> row, float target, float weight = 1) noexcept {
    return static_cast<Model*>(this)->learn(row, target, weight);
  }
  double partial_fit(const sparse_view& row, float target, float weight = 1) noexcept {
    return static_cast<Model*>(this)->learn(row, target, weight);
  }

 protected:
  using shared::scores_;

  ftrl_model() = default;

  static bool is_weight(float weight) noexcept { return weight >= 0 && math::is_finite(static_cast<double>(weight)); }
  double skip() noexcept {
    scores_.skip();
    return math::nan;
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_FTRL_SCORES_HPP
