#ifndef MILLRACE_OBSERVE_TRACING_SPAN_CONTEXT_HPP
#define MILLRACE_OBSERVE_TRACING_SPAN_CONTEXT_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/trace_id.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What names a span in other processes: its trace, itself, and whether the trace is recorded.
struct span_context {
  trace_id trace;
  span_id span;
  std::uint8_t flags = 0;

  /// The flags that W3C gives a meaning: whether the caller records the trace, and whether the last 7 bytes of the
  /// trace's identifier are random.
  static constexpr std::uint8_t sampled_flag = 1;
  static constexpr std::uint8_t random_flag = 2;

  constexpr bool sampled() const noexcept { return (flags & sampled_flag) != 0; }
  /// Whether it names a span at all.
  constexpr explicit operator bool() const noexcept { return bool(trace) && bool(span); }
  friend constexpr bool operator==(const span_context&, const span_context&) = default;
};

/// Reads the header `traceparent`: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`.
///
/// A later version than 00 is read as far as version 00 goes; flags without a meaning here are dropped. Spaces and tabs
/// around it are ignored, as around every header's value. Of two `traceparent` headers neither may be used.
/// Allocates: only for an error.
/// Errors: invalid_data, saying what is wrong; the trace then begins anew.
/// Source: W3C Trace Context level 2, "traceparent Header Field Values" and "Versioning of traceparent".
template <class = void>
result<span_context> parse_traceparent(std::string_view header) {
  constexpr std::size_t length = 55;
  const auto refuse = [](const char* why) { return error(errc::invalid_data, std::string("traceparent: ") + why); };
  while (!header.empty() && (header.front() == ' ' || header.front() == '\t')) header.remove_prefix(1);
  while (!header.empty() && (header.back() == ' ' || header.back() == '\t')) header.remove_suffix(1);
  if (header.size() < length) return refuse("it is shorter than 55 characters");
  std::uint64_t version = 0;
  std::uint64_t flags = 0;
  span_context made;
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return refuse("a hyphen is missing");
  if (!detail::read_hex(header.substr(0, 2), version)) return refuse("the version is not two hexadecimal digits");
  if (version == 0xff) return refuse("version ff does not exist");
  if (!detail::read_hex(header.substr(3, 16), made.trace.high) ||
      !detail::read_hex(header.substr(19, 16), made.trace.low))
    return refuse("the trace-id is not 32 lower-case hexadecimal digits");
  if (!detail::read_hex(header.substr(36, 16), made.span.value))
    return refuse("the parent-id is not 16 lower-case hexadecimal digits");
  if (!detail::read_hex(header.substr(53, 2), flags)) return refuse("the flags are not two hexadecimal digits");
  if (!made.trace || !made.span) return refuse("an identifier is all zeros");
  if (header.size() > length && (version == 0 || header[length] != '-'))
    return refuse(version == 0 ? "it is longer than 55 characters" : "no hyphen follows the flags");
  made.flags = static_cast<std::uint8_t>(flags & (span_context::sampled_flag | span_context::random_flag));
  return made;
}

/// Writes the header `traceparent`, in version 00. Precondition: the context names a span.
inline std::string to_traceparent(const span_context& context) {
  std::string header = "00-";
  append_hex(header, context.trace);
  header += '-';
  append_hex(header, context.span);
  char flags[3] = {'-'};
  detail::write_hex(flags + 1, context.flags & (span_context::sampled_flag | span_context::random_flag), 2);
  return header.append(flags, 3);
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_SPAN_CONTEXT_HPP
