#ifndef MILLRACE_INFER_DETAIL_PORTS_HPP
#define MILLRACE_INFER_DETAIL_PORTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/infer/detail/element_types.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// What a run calls an output or input that has no numbers.
template <class Run>
inline constexpr std::string_view not_numbers = "texts";

/// The inputs, or the outputs, of an engine or a run.
template <class Of>
struct input_ports {
  static constexpr std::string_view what = "input";
  Of& of;

  std::size_t size() const noexcept { return of.inputs(); }
  std::string_view name(std::size_t i) const noexcept {
    if constexpr (requires { of.input_name(i); })
      return of.input_name(i);
    else
      return of.input(i).name;
  }
  bool is_text(std::size_t i) const noexcept { return of.input_is_text(i); }
  tensor::dtype type(std::size_t i) const noexcept { return of.input_type(i); }
  template <class T>
  std::span<T> elements(std::size_t i) const noexcept {
    return of.template input<T>(i);
  }
};
template <class Of>
struct output_ports {
  static constexpr std::string_view what = "output";
  Of& of;

  std::size_t size() const noexcept { return of.outputs(); }
  std::string_view name(std::size_t i) const noexcept {
    if constexpr (requires { of.output_name(i); })
      return of.output_name(i);
    else
      return of.output(i).name;
  }
  bool is_text(std::size_t i) const noexcept { return of.output_is_text(i); }
  tensor::dtype type(std::size_t i) const noexcept { return of.output_type(i); }
  template <class T>
  std::span<const T> elements(std::size_t i) const noexcept {
    return of.template output<T>(i);
  }
};
template <class Of>
input_ports(Of&) -> input_ports<Of>;
template <class Of>
output_ports(Of&) -> output_ports<Of>;

/// Which of them has a name. Errors: not_found, with the names of the first ones.
template <class Ports>
result<std::size_t> find_port(const Ports& all, std::string_view name) {
  constexpr std::size_t named = 10;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all.name(i) == name) return i;
  std::string text = "the graph has no " + std::string(Ports::what) + " \"" + std::string(name) + "\", but";
  for (std::size_t i = 0; i < all.size() && i < named; ++i) text += " \"" + std::string(all.name(i)) + '"';
  if (all.size() == 0) text += " none";
  if (all.size() > named) text += " and " + std::to_string(all.size() - named) + " more";
  return error(errc::not_found, std::move(text));
}

/// `output 1 ("scores")`
template <class Ports>
[[gnu::cold]] std::string title_of(const Ports& all, std::size_t i) {
  return std::string(Ports::what) + ' ' + std::to_string(i) + " (\"" + std::string(all.name(i)) + "\")";
}
[[gnu::cold]] inline std::string type_of(bool is_text, tensor::dtype type, std::string_view texts = "texts") {
  return std::string(is_text ? texts : to_string(type));
}

/// The elements of one, if they are of a type. Errors: type_mismatch with both types, out_of_range.
template <class T, class Of, template <class> class Ports>
auto elements_as(const Ports<Of>& all, std::size_t i) -> result<decltype(all.template elements<T>(i))> {
  constexpr bool wants_text = std::is_same_v<T, std::string_view>;
  if (i >= all.size())
    return error(errc::out_of_range, "the graph has " + std::to_string(all.size()) + ' ' + std::string(all.what) +
                                         "s, and none is " + std::to_string(i));
  const bool is_right = wants_text ? all.is_text(i) : !all.is_text(i) && all.type(i) == dtype_for<T>;
  if (is_right) return all.template elements<T>(i);
  return error(errc::type_mismatch, title_of(all, i) + " is of " +
                                        type_of(all.is_text(i), all.type(i), not_numbers<std::remove_const_t<Of>>) +
                                        ", and " + type_of(wants_text, dtype_for<T>) + " is asked for");
}
template <class T, class Of, template <class> class Ports>
auto elements_as(const Ports<Of>& all, std::string_view name) -> result<decltype(all.template elements<T>(0))> {
  const auto found = find_port(all, name);
  if (!found) return found.error();
  return elements_as<T>(all, *found);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_PORTS_HPP
