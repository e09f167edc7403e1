#ifndef MILLRACE_CORE_DIAGNOSTIC_HPP
#define MILLRACE_CORE_DIAGNOSTIC_HPP

#include <millrace/core/error.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {

/// How bad something is, from the least to the most. The names are stable, because logs hold them.
enum class severity : std::uint8_t {
  debug,     // for who looks for a fault
  info,      // as it should be, and worth knowing
  warning,   // it goes on, but somebody should look
  error,     // something failed that was asked for
  critical,  // the program cannot do what it is there for
};

/// The name of a severity, as it stands in texts.
constexpr std::string_view to_string(severity level) noexcept {
  switch (level) {
    case severity::debug: return "debug";
    case severity::info: return "info";
    case severity::warning: return "warning";
    case severity::error: return "error";
    case severity::critical: return "critical";
  }
  return "unknown";
}

/// A named text or number beside a diagnostic's message. It refers to its texts.
class diagnostic_field {
 public:
  enum class kind : std::uint8_t { text, signed_number, unsigned_number, fraction };

  constexpr diagnostic_field(std::string_view name, std::string_view text) noexcept
      : name_(name), text_(text), kind_(kind::text) {}
  template <class T>
  requires(std::integral<T> && !std::same_as<T, bool>)
  constexpr diagnostic_field(std::string_view name, T number) noexcept
      : name_(name),
        bits_(static_cast<std::uint64_t>(number)),
        kind_(std::is_signed_v<T> ? kind::signed_number : kind::unsigned_number) {}
  template <std::floating_point T>
  constexpr diagnostic_field(std::string_view name, T number) noexcept
      : name_(name), fraction_(static_cast<double>(number)), kind_(kind::fraction) {}

  constexpr std::string_view name() const noexcept { return name_; }
  /// Calls `f` with the value: a std::string_view, std::int64_t, std::uint64_t or double.
  template <class F>
  constexpr void visit(F&& f) const {
    switch (kind_) {
      case kind::text: f(text_); break;
      case kind::signed_number: f(static_cast<std::int64_t>(bits_)); break;
      case kind::unsigned_number: f(bits_); break;
      case kind::fraction: f(fraction_); break;
    }
  }

 private:
  std::string_view name_;
  std::string_view text_;
  std::uint64_t bits_ = 0;
  double fraction_ = 0;
  kind kind_;
};

/// What a part of the library, or of the program, has to say to whoever runs it. It refers to everything that it names,
/// and is read before `report` returns. What varies stands in the error and the fields, so that messages can be
/// counted.
struct diagnostic {
  severity level = severity::info;
  std::string_view component = {};  ///< what says it: `line_log`
  std::string_view message = {};    ///< what happened: `the disk refuses`
  const error* why = nullptr;       ///< the error that was met, or null
  std::span<const diagnostic_field> fields = {};
};

/// Where diagnostics go: a file, stderr, the program's own log. observe/diagnostics.hpp has some.
/// Law: `report` may be called from any thread, throws nothing, and does not call back into who reports.
template <class S>
concept diagnostics_sink = requires(S& sink, const diagnostic& said) {
  { sink.report(said) } noexcept;
};

/// Refers to a sink of any type, or to none: what options hold, so that nothing is global and nothing is printed by
/// default.
///
///     mr::observe::stderr_diagnostics to_stderr;
///     mr::store::line_log_options options;
///     options.diagnostics = to_stderr;      // which outlives the log
///
/// Two pointers; copies refer to the same sink. Itself a diagnostics_sink.
class diagnostics_ref {
 public:
  /// None: nothing is reported.
  constexpr diagnostics_ref() noexcept = default;
  template <class Sink>
  requires(diagnostics_sink<std::remove_reference_t<Sink>> && !std::same_as<std::remove_cvref_t<Sink>, diagnostics_ref>)
  constexpr diagnostics_ref(Sink&& sink) noexcept
      : sink_(const_cast<void*>(static_cast<const void*>(__builtin_addressof(sink)))),
        report_([](void* to, const diagnostic& said) noexcept {
          static_cast<std::remove_reference_t<Sink>*>(to)->report(said);
        }) {
    static_assert(std::is_lvalue_reference_v<Sink>,
                  "millrace[DIAGNOSTICS-1]: a sink is referred to, so it needs a name and must outlive who reports");
  }

  /// Whether there is a sink: who has to work for a message asks first.
  constexpr explicit operator bool() const noexcept { return report_ != nullptr; }
  void report(const diagnostic& said) const noexcept {
    if (report_ != nullptr) report_(sink_, said);
  }

 private:
  void* sink_ = nullptr;
  void (*report_)(void*, const diagnostic&) noexcept = nullptr;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DIAGNOSTIC_HPP
