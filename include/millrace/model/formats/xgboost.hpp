#ifndef MILLRACE_MODEL_FORMATS_XGBOOST_HPP
#define MILLRACE_MODEL_FORMATS_XGBOOST_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/detail/xgboost_file.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace model {

/// Reads a model that XGBoost wrote as JSON or as UBJSON (`Booster.save_model`, 1.7 to 3.x): gbtree, dart and gblinear,
/// several classes or targets, leaves of several numbers, categories. All its trees are used, not those of the best
/// round only. `multi:softmax` has the classes' probabilities as outputs, as `multi:softprob`.
///
/// Guarantee: rows fall into the leaves that XGBoost finds for them, on thresholds too.
/// Allocates: the model; in proportion to the bytes, but for sets of categories, which take at most 256 MiB.
/// Errors: corrupt, with the path of the value or with tree and node; unsupported (an objective or a booster, by its
/// name).
template <class = void>
result<boosted_model> read_xgboost(std::span<const std::byte> bytes) {
  return detail::xgboost_file({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).read();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_XGBOOST_HPP
