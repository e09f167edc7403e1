#ifndef MILLRACE_MODEL_FORMATS_LIGHTGBM_HPP
#define MILLRACE_MODEL_FORMATS_LIGHTGBM_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/detail/lightgbm_text.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace model {

/// Reads a model that LightGBM wrote as text (`Booster.save_model`, versions 3 and 4): numbers and categories, every
/// kind of missing value, linear leaves, several classes, random forests. All its trees are used, not those of the best
/// round only.
///
/// Guarantee: rows of floats fall into the leaves that LightGBM finds for them as doubles, on thresholds too.
/// Allocates: the model; in proportion to the bytes.
/// Errors: corrupt and truncated, with the line and the tree; unsupported (a version or an objective, by its name).
template <class = void>
result<boosted_model> read_lightgbm(std::span<const std::byte> bytes) {
  return detail::lightgbm_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).read();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_LIGHTGBM_HPP
