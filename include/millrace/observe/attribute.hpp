#ifndef MILLRACE_OBSERVE_ATTRIBUTE_HPP
#define MILLRACE_OBSERVE_ATTRIBUTE_HPP

#include <millrace/observe/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What kind of value an attribute has.
enum class attribute_kind : std::uint8_t { text, whole, real, truth };

/// A name and a value that say something about a span, an event, a link, or about where all of them come from:
/// `{"rows", 32}`, `{"model", "fraud"}`. Which members of the value count, `kind` says.
struct attribute {
  std::string name;
  std::string text;
  std::int64_t whole = 0;
  double real = 0;
  bool truth = false;
  attribute_kind kind = attribute_kind::text;

  attribute() = default;
  attribute(std::string_view key, std::string_view value) : name(key), text(value) {}
  attribute(std::string_view key, const char* value) : attribute(key, std::string_view(value)) {}
  /// A number; whole ones above 2^63 - 1 become that.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  attribute(std::string_view key, Number value) : name(key) {
    if constexpr (std::same_as<Number, bool>) {
      kind = attribute_kind::truth;
      truth = value;
    } else if constexpr (std::is_integral_v<Number>) {
      kind = attribute_kind::whole;
      if constexpr (std::is_unsigned_v<Number> && sizeof(Number) == 8)
        whole = static_cast<std::int64_t>(value >> 63 != 0 ? ~Number{0} >> 1 : value);
      else
        whole = static_cast<std::int64_t>(value);
    } else {
      kind = attribute_kind::real;
      real = static_cast<double>(value);
    }
  }

  friend bool operator==(const attribute&, const attribute&) = default;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_ATTRIBUTE_HPP
