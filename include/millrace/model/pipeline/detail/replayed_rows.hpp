#ifndef MILLRACE_MODEL_PIPELINE_DETAIL_REPLAYED_ROWS_HPP
#define MILLRACE_MODEL_PIPELINE_DETAIL_REPLAYED_ROWS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A few rows of features and what was predicted for them, which are saved with a pipeline and asked again at load.
struct replayed_rows {
  static constexpr std::size_t most = 8;

  std::vector<float> features;
  std::vector<double> predictions;

  /// Rows evenly spaced over those that a model was fitted on. `predict(row, out)` predicts one.
  template <class Predict>
  void take(const matrix_view& rows, std::size_t outputs, const Predict& predict) {
    const std::size_t count = rows.rows() < most ? rows.rows() : most;
    predictions.resize(count * outputs);
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<const float> row = rows.row(i * rows.rows() / count);
      for (const float x : row) features.push_back(x);
      predict(row, std::span(predictions).subspan(i * outputs, outputs));
    }
  }

  // The payload: rows (u64), outputs (u64), features (f32), predictions (f64).
  void save(envelope_writer& to, std::size_t width, std::size_t outputs) const {
    to.u64(features.size() / width);
    to.u64(outputs);
    for (const float x : features) to.u32(std::bit_cast<std::uint32_t>(x));
    for (const double x : predictions) to.f64(x);
  }
  /// Whether there are as many numbers as it says.
  bool load(envelope_reader& from, std::size_t width, std::size_t outputs) {
    const std::size_t count = from.count(4 * width);
    if (count > most || from.u64() != outputs || from.remaining() != count * (4 * width + 8 * outputs)) return false;
    features.resize(count * width);
    predictions.resize(count * outputs);
    for (float& x : features) x = std::bit_cast<float>(from.u32());
    for (double& x : predictions) x = from.f64();
    return true;
  }

  /// Asks again. Another machine may fuse a product and a sum, so numbers may differ by 1e-9 of their size.
  /// Errors: invalid_data, with the row and both numbers.
  template <class Predict>
  result<void> replay(std::size_t width, std::size_t outputs, const Predict& predict) const {
    std::vector<double> now(outputs);
    for (std::size_t i = 0; i * width < features.size(); ++i) {
      predict(std::span(features).subspan(i * width, width), std::span(now));
      for (std::size_t k = 0; k < outputs; ++k) {
        const double then = predictions[i * outputs + k];
        const double size = 1 + math::absolute(then);
        const bool same =
            math::is_nan(then) ? math::is_nan(now[k]) : then == now[k] || math::absolute(now[k] - then) <= 1e-9 * size;
        if (!same)
          return error(errc::invalid_data, "saved pipeline: row " + std::to_string(i) +
                                               " of those saved with it now gives " + number_text(now[k]) +
                                               ", and gave " + number_text(then) + " when it was saved");
      }
    }
    return {};
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DETAIL_REPLAYED_ROWS_HPP
