#ifndef MILLRACE_MODEL_PIPELINE_DECISION_RECORD_HPP
#define MILLRACE_MODEL_PIPELINE_DECISION_RECORD_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/decision.hpp>
#include <millrace/model/pipeline/explanation.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A decision that was saved, with the memory that it views.
///
///     auto kept = mm::decision_record::load(bytes);            // which save_decision wrote
///     const mm::decision made = kept->view();
///     auto same = recorded.replay(made);                       // by a recorded_pipeline of the model's file
///
/// Allocates: a copy of the bytes, and the numbers. Threads: const calls from any number. Moved from, it may only be
/// assigned to or destroyed; views of it stay those of the new object.
class decision_record {
 public:
  decision_record(decision_record&&) noexcept = default;
  decision_record& operator=(decision_record&&) noexcept = default;

  /// Errors: those of an envelope; corrupt: forms or troubles that there are none of.
  template <class = void>
  static result<decision_record> load(std::span<const std::byte> bytes);
  /// The bytes that it was loaded from.
  const std::vector<std::byte>& save() const noexcept { return bytes_; }

  /// What was decided, as a view of this object.
  decision view() const noexcept {
    decision made = made_;
    made.inputs = inputs_;
    made.features = features_;
    made.outputs = outputs_;
    if (has_why_) made.why = &why_;
    return made;
  }

 private:
  decision_record() = default;
  bool read(envelope_reader& from);
  static bool read_cell(envelope_reader& from, feature::cell& to) noexcept;

  std::vector<std::byte> bytes_;
  std::vector<feature::named_cell> inputs_;
  std::vector<float> features_;
  std::vector<double> outputs_;
  explanation why_;
  bool has_why_ = false;
  decision made_;  // whose texts stand in bytes_
};

inline bool decision_record::read_cell(envelope_reader& from, feature::cell& to) noexcept {
  using form = feature::cell::form;
  switch (static_cast<form>(from.u8())) {
    case form::missing: to = {}; return true;
    case form::number: to = from.f64(); return to.what() == form::number;  // NaN is missing, and was saved as such
    case form::text: to = from.text(); return true;
    case form::time: to = feature::cell::at_nanoseconds(from.i64()); return true;
  }
  return false;
}

inline bool decision_record::read(envelope_reader& from) {
  bool valid = true;
  made_.id = from.text();
  made_.time = from.i64();
  made_.model = from.text();
  made_.version = from.u64();
  for (unsigned char& one : made_.model_hash.bytes) one = from.u8();
  inputs_.resize(from.count(9));
  for (feature::named_cell& one : inputs_) {
    one.name = from.text();
    valid = read_cell(from, one.value) && valid;
  }
  features_.resize(from.count(4));
  for (float& one : features_) one = std::bit_cast<float>(from.u32());
  outputs_.resize(from.count(8));
  for (double& one : outputs_) one = from.f64();
  const std::uint8_t why = from.u8();
  made_.refused.why = static_cast<feature::trouble>(why);
  made_.refused.column = from.text();
  valid = valid && why <= static_cast<std::uint8_t>(feature::trouble::mistyped);
  const std::uint8_t has_why = from.u8();
  has_why_ = has_why == 1;
  if (has_why_) {
    for (double* one : {&why_.score, &why_.base, &why_.rest}) *one = from.f64();
    why_.reasons.resize(from.count(16));
    for (named_share& one : why_.reasons) {
      one.feature = from.text();
      one.amount = from.f64();
    }
    why_.refused = made_.refused;
  }
  return valid && has_why <= 1;
}

template <class>
result<decision_record> decision_record::load(std::span<const std::byte> bytes) {
  decision_record made;
  made.bytes_.assign(bytes.begin(), bytes.end());
  auto from = envelope_reader::open(made.bytes_, detail::decision_type);
  if (!from) return std::move(from).error();
  const bool valid = made.read(*from);
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return made;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DECISION_RECORD_HPP
