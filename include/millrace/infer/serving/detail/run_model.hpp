#ifndef MILLRACE_INFER_SERVING_DETAIL_RUN_MODEL_HPP
#define MILLRACE_INFER_SERVING_DETAIL_RUN_MODEL_HPP

#include <millrace/infer/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// A model of which a version can be held while it is used: `swappable`.
template <class Model>
inline constexpr bool is_versioned = requires(const Model& model) { model.pin().version(); };

/// Runs a model, and returns the version that it was.
template <class Model>
std::uint64_t run_model(const Model& model, const model::matrix_view& rows, std::span<double> out) noexcept {
  if constexpr (is_versioned<Model>) {
    const auto pinned = model.pin();
    run_model(*pinned, rows, out);
    return pinned.version();
  } else {
    if (rows.rows() == 1)
      model.predict(rows.row(0), out);
    else
      model.predict(rows, out);
    return 0;
  }
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_DETAIL_RUN_MODEL_HPP
