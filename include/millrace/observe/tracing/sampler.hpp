#ifndef MILLRACE_OBSERVE_TRACING_SAMPLER_HPP
#define MILLRACE_OBSERVE_TRACING_SAMPLER_HPP

#include <millrace/observe/trace_id.hpp>
#include <millrace/observe/tracing/span_context.hpp>

#include <concepts>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Says of a trace that begins in this process whether it is recorded: `samples(trace, parent)`, where `parent` is a
/// span of another process, or none.
/// Law: of the same arguments it says the same.
template <class S>
concept trace_sampler = requires(const S& sampler, const trace_id& trace, const span_context& parent) {
  { sampler.samples(trace, parent) } noexcept -> std::same_as<bool>;
};

/// Records every trace.
struct sample_all {
  static constexpr bool samples(const trace_id&, const span_context&) noexcept { return true; }
};
/// Records none; their identifiers are still passed on.
struct sample_none {
  static constexpr bool samples(const trace_id&, const span_context&) noexcept { return false; }
};

/// Records this part of all traces, chosen by the last 7 bytes of a trace's identifier, so that all processes with the
/// same ratio record the same traces, and one with a smaller ratio some of them.
/// Source: OpenTelemetry, "Consistent probability sampling": R >= T, T = (1 - ratio) 2^56.
class sample_ratio {
 public:
  /// A ratio that is not from 0 to 1 is taken as the nearer of the two; NaN as 0.
  constexpr explicit sample_ratio(double ratio) noexcept
      : threshold_(!(ratio > 0) ? range
                   : ratio >= 1 ? 0
                                : range - static_cast<std::uint64_t>(ratio * 0x1p56)) {}
  constexpr bool samples(const trace_id& trace, const span_context&) const noexcept {
    return (trace.low & (range - 1)) >= threshold_;
  }

 private:
  static constexpr std::uint64_t range = std::uint64_t{1} << 56;
  std::uint64_t threshold_;
};

/// Does as the caller in the other process did, and asks `Root` where there is none.
template <trace_sampler Root = sample_all>
class parent_based {
 public:
  constexpr explicit parent_based(Root root = Root()) noexcept : root_(root) {}
  constexpr bool samples(const trace_id& trace, const span_context& parent) const noexcept {
    return parent ? parent.sampled() : root_.samples(trace, parent);
  }

 private:
  Root root_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_SAMPLER_HPP
