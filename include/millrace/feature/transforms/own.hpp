#ifndef MILLRACE_FEATURE_TRANSFORMS_OWN_HPP
#define MILLRACE_FEATURE_TRANSFORMS_OWN_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

template <class Own>
concept writes_number = requires(const Own& own, double value, std::span<float> out) {
  { own.write(value, out) } noexcept;
};
template <class Own>
concept writes_text = requires(const Own& own, std::string_view value, std::span<float> out) {
  { own.write(value, out) } noexcept;
};
template <class Own>
concept own_transform = (writes_number<Own> || writes_text<Own>) && requires {
  { Own::kind } -> std::convertible_to<std::string_view>;
  { Own::width } -> std::convertible_to<std::size_t>;
  requires(Own::width >= 1);
};
template <class Own>
concept own_learner = requires(Own& own, typename Own::learner& seen) {
  seen.merge(seen);
  { own.fit(seen) } -> std::same_as<const char*>;
  { own.ready() } noexcept -> std::same_as<bool>;
};

/// Somebody else's transform as a kernel.
template <class Own>
struct own_kernel : fixed_width<Own::width> {
  static constexpr std::string_view kind = Own::kind;
  static constexpr bool of_number = writes_number<Own>;
  using cell = std::conditional_t<of_number, number_cell, text_cell>;
  static constexpr trouble_set meets = of_number ? of_numbers : bit_of(trouble::missing) | bit_of(trouble::outside);

  Own own;

  static void describe(std::string& text) { ((text += '(') += std::to_string(Own::width)) += ')'; }
  static void suffix(std::string& text, std::size_t i) {
    if constexpr (requires { Own::suffix(i); })
      (text += '.') += Own::suffix(i);
    else if constexpr (Own::width > 1)
      (text += '#') += std::to_string(i);
  }
  trouble write(const cell& read, float* out) const noexcept {
    const std::span<float> columns(out, Own::width);
    if constexpr (std::is_same_v<decltype(own.write(read.value, columns)), bool>)
      return own.write(read.value, columns) ? trouble::none : trouble::outside;
    else
      return own.write(read.value, columns), trouble::none;
  }
  static void absent(float* out) noexcept { fill_columns(out, Own::width, missing_value); }
  void save(envelope_writer& to) const {
    if constexpr (requires { own.save(to); }) own.save(to);
  }
  bool load(envelope_reader& from) {
    if constexpr (requires { own.load(from); })
      return own.load(from);
    else
      return true;
  }
};

/// The same of one that learns.
template <class Own>
struct own_fitted_kernel : own_kernel<Own> {
  struct fitter {
    typename Own::learner seen;
    void update(const typename own_kernel<Own>::cell& read) { seen.update(read.value); }
    void merge(const fitter& other) { seen.merge(other.seen); }
  };
  const char* fit(const fitter& from) { return this->own.fit(from.seen); }
  bool ready() const noexcept { return this->own.ready(); }
};

}  // namespace detail

/// Transform: one of your own, a class with
///
/// - `kind`, the name that tells it from others in saved bytes, and `width`, how many columns it writes
/// - `write(double, std::span<float>) const noexcept`, or of a std::string_view: it writes the columns, and returns
///   nothing, or false where the value has no result: the value is then `outside`
///
/// and, if it needs them, `static suffix(i)`, what follows the name of column i behind a dot; `save(envelope_writer&)`
/// and `load(envelope_reader&)`, which returns whether the numbers are possible; and to learn from data `learner`, with
/// `update(value)` and `merge(learner)`, `fit(const learner&)`, which returns null or what is wrong, and `ready()`.
///
/// Values that are missing, or infinite unless a rule keeps them, are not given to it: its columns are NaN. A transform
/// whose `write` learns from nothing is ready as it is made.
template <fixed_string Name, class Accessor, class Own, class... Rules>
constexpr auto own(Accessor accessor, Own made, Rules... rules) {
  static_assert(detail::own_transform<Own>,
                "millrace[FEATURE-22]: a transform of one's own has kind, width and a const, noexcept write(double, "
                "std::span<float>), or one of a std::string_view");
  if constexpr (detail::own_learner<Own>)
    return detail::make_transform<Name>(std::move(accessor), detail::own_fitted_kernel<Own>{{{}, std::move(made)}},
                                        rules...);
  else if constexpr (detail::own_transform<Own>)
    return detail::make_transform<Name>(std::move(accessor), detail::own_kernel<Own>{{}, std::move(made)}, rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_OWN_HPP
