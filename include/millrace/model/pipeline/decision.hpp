#ifndef MILLRACE_MODEL_PIPELINE_DECISION_HPP
#define MILLRACE_MODEL_PIPELINE_DECISION_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/pipeline/explanation.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// What names a saved object whatever its file is called: the SHA-256 of its saved form, as `sha256sum` finds it.
template <class Object>
sha256_digest content_hash(const Object& saved) {
  return sha256_of(saved.save());
}

/// What a decision was made of, from its input to its reasons, as views of the caller's memory. `recorded_pipeline`
/// fills it; `save_decision` makes bytes of it, `to_json` a line, and `decision_record` reads the bytes again.
struct decision {
  /// The caller's name for the case, and when it was decided, in nanoseconds since 1970-01-01T00:00:00Z.
  std::string_view id;
  std::int64_t time = 0;

  /// The model by name, version and content.
  std::string_view model;
  std::uint64_t version = 0;
  sha256_digest model_hash;

  /// The columns of the event, by name.
  std::span<const feature::named_cell> inputs;
  /// What the features made of them; none if a rule refused the event.
  std::span<const float> features;
  /// What was decided by; the first is the score. NaN if a rule refused the event.
  std::span<const double> outputs;
  feature::refusal refused;
  /// Why the score is what it is, or null.
  const explanation* why = nullptr;

  double score() const noexcept { return outputs.empty() ? detail::math::nan : outputs.front(); }
};

// The payload of a saved decision, numbers little-endian, texts with their length (u64) before them: id, time (i64),
// model, version (u64), the hash (32 bytes); the count of inputs (u64), and of each its name, its form (u8: 0 missing,
// 1 number, 2 text, 3 time) and the number (f64), the text or the time (i64); the count of features (u64) and their
// bits (u32 each); the count of outputs and the numbers (f64); the refusal (u8, a `feature::trouble`) and its feature;
// whether there is an explanation (u8), and then its score, base and rest (f64), the count of reasons, and of each the
// feature and the amount (f64).
namespace detail {

inline constexpr const char* decision_type = "decision record";

inline void save_cell(envelope_writer& to, const feature::cell& from) {
  using form = feature::cell::form;
  to.u8(static_cast<std::uint8_t>(from.what()));
  switch (from.what()) {
    case form::number: return to.f64(from.number());
    case form::text: return to.text(from.text());
    case form::time: return to.i64(from.nanoseconds());
    case form::missing: break;
  }
}

}  // namespace detail

/// Writes a decision as one envelope in the place of what `into` holds, whose memory is used again.
/// Allocates: only where `into` has never been that long.
inline void save_decision(const decision& made, std::vector<std::byte>& into) {
  envelope_writer to(detail::decision_type, std::move(into));
  to.text(made.id);
  to.i64(made.time);
  to.text(made.model);
  to.u64(made.version);
  for (const unsigned char one : made.model_hash.bytes) to.u8(one);
  to.u64(made.inputs.size());
  for (const feature::named_cell& one : made.inputs) {
    to.text(one.name);
    detail::save_cell(to, one.value);
  }
  to.u64(made.features.size());
  for (const float one : made.features) to.u32(std::bit_cast<std::uint32_t>(one));
  to.u64(made.outputs.size());
  for (const double one : made.outputs) to.f64(one);
  to.u8(static_cast<std::uint8_t>(made.refused.why));
  to.text(made.refused.column);
  to.u8(made.why != nullptr ? 1 : 0);
  if (made.why != nullptr) {
    for (const double one : {made.why->score, made.why->base, made.why->rest}) to.f64(one);
    to.u64(made.why->reasons.size());
    for (const named_share& one : made.why->reasons) {
      to.text(one.feature);
      to.f64(one.amount);
    }
  }
  into = std::move(to).finish();
}

using millrace::append_json;  // an overload of this namespace hides core's

/// Appends a decision as one object of JSON without line ends, as a log of decisions has it; numbers in the shortest
/// form that reads back to the same bits, NaN and infinities as texts. A cell says what it is: `{"name":"age"}` is
/// missing, others have `number`, `text` or `time` (nanoseconds).
/// Allocates: where `out` grows.
inline void append_json(std::string& out, const decision& made) {
  // Many readers take -0 for a whole number, which has no sign.
  const auto number = [](json_writer& to, auto one) {
    if (one == 0 && __builtin_signbit(one) != 0)
      to.raw("-0.0");
    else
      to.value(one);
  };
  const auto numbers = [&](json_writer& to, std::string_view key, const auto& list) {
    to.key(key).begin_array();
    for (const auto one : list) number(to, one);
    to.end_array();
  };
  json_writer to(out);
  to.begin_object().member("id", made.id).member("time", made.time).member("model", made.model);
  to.member("version", made.version).member("model_sha256", to_string(made.model_hash));
  to.key("inputs").begin_array();
  for (const feature::named_cell& one : made.inputs) {
    using form = feature::cell::form;
    to.begin_object().member("name", one.name);
    if (one.value.what() == form::number) number(to.key("number"), one.value.number());
    if (one.value.what() == form::text) to.member("text", one.value.text());
    if (one.value.what() == form::time) to.member("time", one.value.nanoseconds());
    to.end_object();
  }
  to.end_array();
  numbers(to, "features", made.features);
  numbers(to, "outputs", made.outputs);
  if (made.refused) {
    to.key("refused").begin_object().member("feature", made.refused.column);
    to.member("why", to_string(made.refused.why)).end_object();
  }
  if (made.why != nullptr) {
    number(to.key("why").begin_object().key("score"), made.why->score);
    number(to.key("base"), made.why->base);
    to.key("reasons").begin_array();
    for (const named_share& one : made.why->reasons) {
      number(to.begin_object().member("feature", one.feature).key("amount"), one.amount);
      to.end_object();
    }
    number(to.end_array().key("rest"), made.why->rest);
    to.end_object();
  }
  to.end_object();
}
inline std::string to_json(const decision& made) {
  std::string line;
  append_json(line, made);
  return line;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DECISION_HPP
