#ifndef MILLRACE_OBSERVE_METRICS_EXEMPLAR_HPP
#define MILLRACE_OBSERVE_METRICS_EXEMPLAR_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/trace_id.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {
class exemplar_slot;
}

/// What an update was about: the trace and span that it happened in, or a few labels of the caller's. An update that is
/// given one leaves it behind as an example of its bucket, so that a reader of the metric finds a request that was
/// slow.
///
///     timed.update(250ms, mr::observe::exemplar(trace, span));
///
/// One exemplar is kept for each bucket, the last one. A copy takes no memory of its own.
/// Guarantee: the names and values of all labels, `trace_id` and `span_id` among them, are at most 128 bytes together,
/// so they stay within OpenMetrics' limit of 128 characters.
/// Source: OpenMetrics 1.0.0, "Exemplars".
class exemplar {
 public:
  static constexpr std::size_t most_bytes = 128;
  static constexpr std::size_t most_labels = 4;  // besides trace and span

  exemplar() = default;
  explicit exemplar(trace_id trace, span_id span = {}) noexcept : trace_(trace), span_(span) {}
  /// Labels beside those of the trace and the span.
  /// Errors: invalid_argument for a name that collectors would refuse, or that is `trace_id` or `span_id`;
  /// out_of_range for more than `most_labels` labels, or more than `most_bytes` bytes in all.
  template <class = void>
  static result<exemplar> make(trace_id trace, span_id span, const label_set& labels);

  observe::trace_id trace() const noexcept { return trace_; }
  observe::span_id span() const noexcept { return span_; }
  bool empty() const noexcept { return !trace_ && !span_ && size_ == 0; }

  /// Calls f(name, value) for each label: `trace_id` and `span_id` first, if they are there.
  template <class F>
  void for_each_label(F&& f) const {
    char digits[trace_id::digits];
    if (trace_) {
      detail::write_hex(detail::write_hex(digits, trace_.high, 16), trace_.low, 16);
      f(std::string_view("trace_id"), std::string_view(digits, trace_id::digits));
    }
    if (span_) {
      detail::write_hex(digits, span_.value, 16);
      f(std::string_view("span_id"), std::string_view(digits, span_id::digits));
    }
    for_each_own_label(f);
  }
  /// The same without trace and span.
  template <class F>
  void for_each_own_label(F&& f) const {
    for (std::size_t at = 0; at < size_;) {
      const std::size_t name_size = static_cast<unsigned char>(text_[at]);
      const std::size_t value_size = static_cast<unsigned char>(text_[at + 1]);
      const char* const name = text_ + at + 2;
      f(std::string_view(name, name_size), std::string_view(name + name_size, value_size));
      at += 2 + name_size + value_size;
    }
  }

  double value = 0;                    // of the update; set when it is kept
  std::uint64_t unix_nanoseconds = 0;  // when the update was; set when it is kept, if 0

 private:
  friend class detail::exemplar_slot;

  observe::trace_id trace_;
  observe::span_id span_;
  // Each label: the lengths of its name and its value, a byte each, and then the two.
  std::uint32_t size_ = 0;
  char text_[most_bytes + 2 * most_labels] = {};
};

template <class>
result<exemplar> exemplar::make(observe::trace_id trace, observe::span_id span, const label_set& labels) {
  if (auto ok = labels.validate(); !ok) return std::move(ok).error().wrap("exemplar");
  if (labels.size() > most_labels)
    return error(errc::out_of_range, "exemplar: " + std::to_string(labels.size()) + " labels; " +
                                         std::to_string(most_labels) + " at most beside trace and span");
  exemplar made(trace, span);
  std::size_t bytes = (trace ? std::string_view("trace_id").size() + trace_id::digits : 0) +
                      (span ? std::string_view("span_id").size() + span_id::digits : 0);
  for (const auto& [name, text] : labels) {
    if (name == "trace_id" || name == "span_id")
      return error(errc::invalid_argument, "exemplar: the label \"" + name + "\" is that of the trace or the span");
    bytes += name.size() + text.size();
    if (bytes > most_bytes)
      return error(errc::out_of_range, "exemplar: the labels are longer than " + std::to_string(most_bytes) +
                                           " bytes; \"" + name + "\" is the first that is too much");
    char* const to = made.text_ + made.size_;
    to[0] = static_cast<char>(name.size());
    to[1] = static_cast<char>(text.size());
    if (!name.empty()) std::memcpy(to + 2, name.data(), name.size());
    if (!text.empty()) std::memcpy(to + 2 + name.size(), text.data(), text.size());
    made.size_ += static_cast<std::uint32_t>(2 + name.size() + text.size());
  }
  return made;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_EXEMPLAR_HPP
