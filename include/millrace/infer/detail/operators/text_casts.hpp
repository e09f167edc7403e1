#ifndef MILLRACE_INFER_DETAIL_OPERATORS_TEXT_CASTS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_TEXT_CASTS_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

// Cast between numbers and texts.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// How a number is written, into 24 characters: real ones with eight digits, as ONNX Runtime writes them.
template <class T>
std::string_view text_of_number(T x, char* to) noexcept {
  char* const end = to + 24;
  if constexpr (std::is_floating_point_v<T>) {
    if (x != x) return "NaN";
    if (x - x != 0) return x > 0 ? "INF" : "-INF";
    return {to, static_cast<std::size_t>(std::to_chars(to, end, x, std::chars_format::general, 8).ptr - to)};
  } else if constexpr (std::is_same_v<T, bool>) {
    return x ? "1" : "0";
  } else {
    return {to, static_cast<std::size_t>(std::to_chars(to, end, x).ptr - to)};
  }
}
/// The number that a text is, without spaces around it; NaN, or 0 of a whole type, if it is none.
template <class T>
T number_of_text(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '+')) text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if constexpr (std::is_integral_v<T>) {
    std::int64_t whole = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return static_cast<T>(whole);
  }
  double real = std::numeric_limits<double>::quiet_NaN();
  if constexpr (std::is_same_v<T, float>) {
    float single = std::numeric_limits<float>::quiet_NaN();
    read_real(text, single);
    return single;
  } else {
    read_real(text, real);
    return nearest<T>(real);
  }
}

template <class = void>
bool plan_any_cast(planner& at) {
  const bool from_texts = at.in(0).kind == graph_kind::texts;
  const bool to_texts = at.whole("to", 0) == 8;
  if (from_texts && to_texts) return at.same(0, 0, at.sizes(0));
  if (!from_texts && !to_texts) return plan_cast(at);
  const std::size_t count = at.in(0).count();
  bool planned = false;
  if (from_texts) {
    dtype type = dtype::f32;
    switch (at.whole("to", 0)) {
      case 1: break;
      case 6: type = dtype::i32; break;
      case 7: type = dtype::i64; break;
      case 9: type = dtype::boolean; break;
      case 11: type = dtype::f64; break;
      default: return at.refuse("it casts texts to type " + std::to_string(at.whole("to", 0)));
    }
    with_type<float, double, std::int64_t, std::int32_t, bool>(type, [&]<class T>(T) {
      const auto* const from = at.data<std::string_view>(0);
      T* const to = at.out<T>(0, at.sizes(0));
      planned = at.run([=] {
        for (std::size_t i = 0; i < count; ++i) to[i] = number_of_text<T>(from[i]);
      });
    });
    return planned;
  }
  // The characters stand in memory that stays, where an output would stand that nobody wants.
  if (!at.has_room({static_cast<std::int64_t>(count), 24})) return false;
  char* const characters =
      reinterpret_cast<char*>(at.out<std::uint8_t>(at.outputs(), {static_cast<std::int64_t>(count), 24}));
  const bool known = with_type<float, double, std::int64_t, std::int32_t, bool>(at.in(0), [&]<class T>(T) {
    const T* const from = at.data<T>(0);
    auto* const to = at.out<std::string_view>(0, at.sizes(0));
    planned = at.run([=] {
      for (std::size_t i = 0; i < count; ++i) to[i] = text_of_number(from[i], characters + i * 24);
    });
  });
  return known ? planned : at.refuse("a cast from " + std::string(to_string(at.in(0).type)) + " to texts is not made");
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_TEXT_CASTS_HPP
