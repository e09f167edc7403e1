#ifndef MILLRACE_MODEL_PIPELINE_RECORDED_PIPELINE_HPP
#define MILLRACE_MODEL_PIPELINE_RECORDED_PIPELINE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/decision.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

namespace detail {

/// The same bits; NaN is one number, whatever bits a processor gives it.
template <class Number>
bool same_bits(Number a, Number b) noexcept {
  return __builtin_memcmp(&a, &b, sizeof a) == 0 || (math::is_nan(a) && math::is_nan(b));
}

}  // namespace detail

/// A pipeline whose decisions are recorded, and can be made again.
///
///     const mm::recorded_pipeline recorded(*fraud, "fraud", 3);          // hashes the model, once
///     mm::decision made = recorded.decide(cells, row, out);              // one row, as it comes
///     made.id = case_number;
///     mm::save_decision(made, bytes);                                    // takes nothing, once bytes is long enough
///     ...
///     auto same = recorded.replay(mm::decision_record::load(bytes)->view());   // in a dispute, years later
///
/// Guarantee: a decision whose `replay` succeeds was made of this model, and its features and outputs are, to the bit,
/// what the model makes of its inputs.
/// Allocates: when it is made, and to replay; `decide` never. Reasons are the pipeline's `explain`, which allocates.
/// Threads: const calls from any number. The pipeline outlives it.
template <class Pipeline>
class recorded_pipeline {
 public:
  explicit recorded_pipeline(const Pipeline& of, std::string name, std::uint64_t version = 0)
      : of_(&of), name_(std::move(name)), version_(version), hash_(content_hash(of)) {}

  const Pipeline& pipeline() const noexcept { return *of_; }
  const sha256_digest& hash() const noexcept { return hash_; }

  /// Writes the features and the outputs of a row of named cells, by a `table_pipeline`, and returns the decision,
  /// which views them. Precondition: row.size() is the pipeline's width, out.size() == outputs().
  decision decide(std::span<const feature::named_cell> cells, std::span<float> row,
                  std::span<double> out) const noexcept {
    return decision_of(cells, row, out, (*of_)(cells, row, out));
  }
  /// The same of an event, by a `pipeline` of typed features. `cells` is what the record shows of the event; it is not
  /// needed to replay it, the event is.
  template <class Event>
  decision decide(const Event& event, std::span<const feature::named_cell> cells, std::span<float> row,
                  std::span<double> out) const noexcept {
    return decision_of(cells, row, out, run(event, row, out));
  }
  /// A decision whose outputs something else made of the same features, such as a `batcher` of the pipeline's model.
  decision decision_of(std::span<const feature::named_cell> cells, std::span<const float> row,
                       std::span<const double> out, feature::refusal refused = {}) const noexcept {
    decision made;
    made.model = name_;
    made.version = version_;
    made.model_hash = hash_;
    made.inputs = cells;
    if (!refused) made.features = row;
    made.outputs = out;
    made.refused = refused;
    return made;
  }

  /// Makes the decision again, of its inputs. Returns nothing if all is the same, to the bit.
  /// Errors: type_mismatch: another model made it, with both hashes; shape_mismatch: another number of features or
  /// outputs; invalid_data: the first difference: the refusal, a feature by its number and name, or an output.
  template <class = void>
  result<void> replay(const decision& made) const {
    return compare(made, [&](std::span<float> row, std::span<double> out) { return (*of_)(made.inputs, row, out); });
  }
  /// The same of a typed event, which the caller has kept or has made of the inputs again.
  template <class Event>
  result<void> replay(const decision& made, const Event& event) const {
    return compare(made, [&](std::span<float> row, std::span<double> out) { return run(event, row, out); });
  }

 private:
  std::size_t width() const noexcept {
    if constexpr (requires { of_->width(); })
      return of_->width();
    else
      return Pipeline::width;
  }
  template <class Event>
  feature::refusal run(const Event& event, std::span<float> row, std::span<double> out) const noexcept {
    if constexpr (Pipeline::refuses) {
      if (const feature::refusal refused = of_->features()(event, row)) {
        for (double& one : out) one = detail::math::nan;
        return refused;
      }
    } else {
      of_->features()(event, row);
    }
    static_cast<void>((*of_)(event, out));
    return {};
  }
  template <class Run>
  result<void> compare(const decision& made, const Run& again) const;

  const Pipeline* of_;
  std::string name_;
  std::uint64_t version_;
  sha256_digest hash_;
};

template <class Pipeline>
template <class Run>
result<void> recorded_pipeline<Pipeline>::compare(const decision& made, const Run& again) const {
  const auto differs = [&](errc code, const std::string& what) { return error(code, "decision: " + what); };
  if (made.model_hash != hash_)
    return differs(errc::type_mismatch, "it was made by a model of SHA-256 " + to_string(made.model_hash) +
                                            ", and this one's is " + to_string(hash_));
  if (made.outputs.size() != of_->outputs() || (!made.refused && made.features.size() != width()))
    return differs(errc::shape_mismatch, "it has " + std::to_string(made.features.size()) + " features and " +
                                             std::to_string(made.outputs.size()) + " outputs, the model " +
                                             std::to_string(width()) + " and " + std::to_string(of_->outputs()));
  std::vector<float> row(width());
  std::vector<double> out(of_->outputs());
  const feature::refusal refused = again(row, out);
  const auto spelled = [](const feature::refusal& one) {
    return one ? "feature \"" + std::string(one.column) + "\" refused it as " + std::string(to_string(one.why))
               : std::string("no feature refused it");
  };
  if (refused.why != made.refused.why || refused.column != made.refused.column)
    return differs(errc::invalid_data, spelled(made.refused) + " then, and " + spelled(refused) + " now");
  const auto changed = [&](const std::string& what, auto then, auto now) {
    return differs(errc::invalid_data,
                   what + " was " + detail::number_text(then) + ", and is " + detail::number_text(now));
  };
  for (std::size_t i = 0; i < made.features.size(); ++i)
    if (!detail::same_bits(made.features[i], row[i]))
      return changed("feature " + std::to_string(i) + " (\"" + of_->features().name(i) + "\")", made.features[i],
                     row[i]);
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!detail::same_bits(made.outputs[i], out[i]))
      return changed("output " + std::to_string(i), made.outputs[i], out[i]);
  return {};
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_RECORDED_PIPELINE_HPP
