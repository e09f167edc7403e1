#ifndef MILLRACE_MODEL_FORMATS_CATBOOST_HPP
#define MILLRACE_MODEL_FORMATS_CATBOOST_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/detail/catboost_file.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace model {

/// Reads a model that CatBoost wrote as JSON (`save_model(path, format="json")`): oblivious trees and others, several
/// classes or targets, and categories where each is asked for by itself (`one_hot_max_size`), whose numbers in rows are
/// those that `boosted_model::category` says. Outputs are what `predict` of CatBoost gives, and of classes their
/// probabilities. Counters, which stand for categories where there are many, are refused: one error lists them.
///
/// Guarantee: rows fall into the leaves that CatBoost finds for them, on borders too, and their scores are summed in
/// its order. A loss that names no loss known here is an error; a file that names none, a sum of models, gives scores.
/// Allocates: the model; in proportion to the bytes.
/// Errors: corrupt, with the path of the value or with tree and node; unsupported (counters, features of texts and
/// embeddings, a loss by its name).
template <class = void>
result<boosted_model> read_catboost(std::span<const std::byte> bytes) {
  return detail::catboost_file({reinterpret_cast<const char*>(bytes.data()), bytes.size()}).read();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_CATBOOST_HPP
