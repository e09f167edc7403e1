#ifndef MILLRACE_CORE_TYPE_NAME_HPP
#define MILLRACE_CORE_TYPE_NAME_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <string_view>

namespace millrace {
inline namespace v0 {

namespace detail {

template <class T>
constexpr std::string_view pretty_function() noexcept {
  return __PRETTY_FUNCTION__;
}

/// How many characters the compiler prints before and after the type's name, measured on `double`, whose name has 6.
inline constexpr std::string_view probe = pretty_function<double>();
inline constexpr std::size_t probe_prefix = probe.find("double");
inline constexpr std::size_t probe_suffix = probe.size() - probe_prefix - 6;

/// `a::b<c::d>::e<f>` -> `e`: the last component, without its own template arguments.
constexpr std::string_view unqualified(std::string_view name) noexcept {
  std::size_t depth = 0;
  std::size_t begin = 0;
  std::size_t end = name.size();
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '<' || c == '(' || c == '{') {
      // g++ writes `{anonymous}::x` and clang `(anonymous namespace)::x`; those are qualifiers, not arguments.
      if (c == '<' && depth == 0) end = i;
      ++depth;
    } else if (c == '>' || c == ')' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == ':' && depth == 0 && i + 1 < name.size() && name[i + 1] == ':') {
      begin = i + 2;
      end = name.size();
      ++i;
    }
  }
  return name.substr(begin, end - begin);
}

}  // namespace detail

/// The type's name as the compiler spells it, qualified. For messages; not stable across compilers.
template <class T>
inline constexpr std::string_view full_type_name = detail::pretty_function<T>().substr(
    detail::probe_prefix, detail::pretty_function<T>().size() - detail::probe_prefix - detail::probe_suffix);

/// The type's own name without namespaces and template arguments: `forward_pass` for
/// `millrace::v0::forward_pass<net>`. The same on g++ and clang, so it can stand in logs and metrics.
template <class T>
inline constexpr std::string_view type_name = detail::unqualified(full_type_name<T>);

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_TYPE_NAME_HPP
