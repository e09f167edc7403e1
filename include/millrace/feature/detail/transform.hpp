#ifndef MILLRACE_FEATURE_DETAIL_TRANSFORM_HPP
#define MILLRACE_FEATURE_DETAIL_TRANSFORM_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// A transform is an accessor, which reads a value from an event; a kernel, which makes numbers of it; and a policy. The
// kernel is what the transforms differ in. It has
//   kind             its name in saved bytes
//   cell             what it takes: number_cell, category_cell, ...
//   width            how many columns it writes; a member of the class or of the object
//   meets            the troubles that it can be in, as a set of bits
//   describe(text)   appends the parameters that decide what its columns mean
//   suffix(text, i)  appends what follows the transform's name in the name of column i
//   write(cell, out) writes the columns and returns the trouble it found itself in, having written what `keep` keeps
//   absent(out)      writes the columns of a missing value
//   parameters(give) calls give(name, value) for each parameter of a specification that makes it again, what was fitted
//                    among them; a kernel of no parameters has none
//   save(to), load(from)   its numbers; `load` returns whether they are possible
// and, if it is fitted,
//   fitter           with update(cell) for each value that is neither missing nor infinite, and merge(fitter)
//   begin()          returns a fitter, where it needs to know something of the kernel
//   fit(fitter)      returns null, or what is wrong
//   ready()          whether it was fitted

using trouble_set = unsigned;
constexpr trouble_set bit_of(trouble what) noexcept { return 1U << static_cast<unsigned>(what); }
inline constexpr trouble_set of_numbers = 1U << 1 | 1U << 2 | 1U << 3;
inline constexpr trouble_set of_categories = 1U << 1;

// The width of a kernel's columns, which is in the type, or given at run time.
template <std::size_t Width>
struct fixed_width {
  static constexpr std::size_t width = Width;
};
struct given_width {
  std::size_t width = 1;
};

template <class T>
inline constexpr bool is_rule = false;
template <trouble Trouble, reaction Reaction>
inline constexpr bool is_rule<rule<Trouble, Reaction>> = true;

template <class Kernel>
concept is_fitted = requires { typename Kernel::fitter; };

struct no_fitter {};
template <class Kernel>
struct fitter_type {
  using type = no_fitter;
};
template <is_fitted Kernel>
struct fitter_type<Kernel> {
  using type = typename Kernel::fitter;
};
template <class Kernel>
using fitter_of = typename fitter_type<Kernel>::type;
template <is_fitted Kernel>
typename Kernel::fitter fitter_for(const Kernel& kernel) {
  if constexpr (requires { kernel.begin(); })
    return kernel.begin();
  else
    return typename Kernel::fitter();
}

/// A text from saved bytes as messages show it: without control characters, and not endless.
inline std::string printable(std::string_view text) {
  std::string made(text.substr(0, 4000));
  for (char& c : made)
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  return made;
}

/// Opens the saved bytes of a type whose first field is a schema, and refuses those of another schema than `own`.
/// `what`: what the message says of them, such as "saved features hold".
inline result<envelope_reader> open_schema(std::span<const std::byte> bytes, std::string_view type,
                                           std::string_view what, const std::string& own) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return from;
  const std::string_view found = from->text();
  if (from->ok() && found != own)
    return error(errc::type_mismatch,
                 std::string(what) + " [" + printable(found) + "], expected [" + printable(own) + "]");
  return from;
}

/// The result as a float. One too large for a float becomes the largest float of its sign.
inline trouble write_float(double x, float* out) noexcept {
  constexpr double most = (std::numeric_limits<float>::max)();
  const bool fits = !(math::absolute(x) > most) || math::is_infinite(x);
  *out = static_cast<float>(fits ? x : math::copysign(most, x));
  return fits ? trouble::none : trouble::outside;
}
inline void fill_columns(float* out, std::size_t width, float value) noexcept {
  for (std::size_t i = 0; i < width; ++i) out[i] = value;
}
inline constexpr float missing_value = std::numeric_limits<float>::quiet_NaN();

/// What is done about each trouble: the reactions in the type, the values that they write in the object.
template <reaction Missing, reaction NotFinite, reaction Outside, reaction Unknown>
struct policy {
  static constexpr trouble each[4] = {trouble::missing, trouble::not_finite, trouble::outside, trouble::unknown};
  float values[4]{};

  static constexpr reaction to(trouble what) noexcept {
    constexpr reaction all[5] = {reaction::keep, Missing, NotFinite, Outside, Unknown};
    return all[static_cast<unsigned>(what)];
  }
  float value(trouble what) const noexcept { return values[static_cast<unsigned>(what) - 1]; }

  static constexpr reaction usual(trouble what) noexcept {
    return what == trouble::not_finite ? reaction::as_missing : reaction::keep;
  }
  static constexpr bool flags(trouble what) noexcept {
    return to(what) == reaction::flag || to(what) == reaction::fill_and_flag;
  }
  static constexpr bool refuses = Missing == reaction::refuse || NotFinite == reaction::refuse ||
                                  Outside == reaction::refuse || Unknown == reaction::refuse;
  static constexpr std::size_t width = (flags(trouble::missing) ? 1 : 0) + (flags(trouble::not_finite) ? 1 : 0) +
                                       (flags(trouble::outside) ? 1 : 0) + (flags(trouble::unknown) ? 1 : 0);
  /// The place of a trouble's flag among the flags.
  static constexpr std::size_t place(trouble what) noexcept {
    std::size_t before = 0;
    for (const trouble other : each)
      if (other < what && flags(other)) ++before;
    return before;
  }
};

template <trouble Trouble, reaction Default, class... Rules>
struct reaction_to {
  static constexpr reaction value = Default;
};
template <trouble Trouble, reaction Default, trouble Other, reaction Reaction, class... Rules>
struct reaction_to<Trouble, Default, rule<Other, Reaction>, Rules...> {
  static constexpr reaction value = Trouble == Other ? Reaction : reaction_to<Trouble, Default, Rules...>::value;
};
template <class... Rules>
using policy_of = policy<reaction_to<trouble::missing, reaction::keep, Rules...>::value,
                         reaction_to<trouble::not_finite, reaction::as_missing, Rules...>::value,
                         reaction_to<trouble::outside, reaction::keep, Rules...>::value,
                         reaction_to<trouble::unknown, reaction::keep, Rules...>::value>;

constexpr std::string_view name_of(reaction what) noexcept {
  constexpr std::string_view names[] = {"keep", "fill", "flag", "fill and flag", "refuse", "as missing"};
  return names[static_cast<unsigned>(what)];
}

/// Appends what follows a transform's name in the name of column i.
template <class Kernel, class Policy>
void append_suffix(std::string& text, const Kernel& kernel, const Policy& how, std::size_t i) {
  if (i < kernel.width) return kernel.suffix(text, i);
  for (const trouble what : Policy::each)
    if (how.flags(what) && kernel.width + how.place(what) == i) (text += '.') += to_string(what);
}
/// Appends a policy's reactions that are not the usual ones: `, missing flag`.
template <class Policy>
void append_rules(std::string& text, const Policy& how) {
  for (const trouble what : Policy::each)
    if (how.to(what) != Policy::usual(what)) (((text += ", ") += to_string(what)) += ' ') += name_of(how.to(what));
}

/// Does what the policy says about a trouble, after the kernel has written what `keep` keeps.
template <class Kernel, class Policy>
[[gnu::noinline]] void react(const Kernel& kernel, const Policy& how, std::string_view name, trouble met, float* out,
                             trouble_counts* counts, refusal& refused) noexcept {
  if (counts != nullptr) counts->update(met);
  if (how.to(met) == reaction::as_missing) met = trouble::missing;
  const reaction then = how.to(met);
  if (then == reaction::fill || then == reaction::fill_and_flag) fill_columns(out, kernel.width, how.value(met));
  if (how.flags(met)) out[kernel.width + how.place(met)] = 1;
  if (then == reaction::refuse && !refused) refused = {name, met};
}
/// Writes the columns of a value that was read into a cell, or of one that was `found` in trouble.
template <class Kernel, class Policy, class Cell>
void write_columns(const Kernel& kernel, const Policy& how, std::string_view name, const Cell& read, trouble found,
                   float* out, trouble_counts* counts, refusal& refused) noexcept {
  fill_columns(out + kernel.width, how.width, 0);
  if (found == trouble::none) [[likely]]
    found = kernel.write(read, out);
  else if (std::is_same_v<Cell, number_cell> && found == trouble::not_finite && how.to(found) != reaction::as_missing)
    kernel.write(read, out);
  else
    kernel.absent(out);
  if (found != trouble::none) [[unlikely]]
    react(kernel, how, name, found, out, counts, refused);
}

template <fixed_string Name, class Kernel, class Accessor, class Policy>
class transform {
 public:
  static constexpr std::string_view name = Name.view();
  using kernel_type = Kernel;
  using cell = typename Kernel::cell;
  using accessor_type = Accessor;
  static constexpr std::size_t width = Kernel::width + Policy::width;
  static constexpr bool refuses = Policy::refuses;

  constexpr transform(Accessor accessor, Kernel kernel, Policy policy)
      : accessor_(std::move(accessor)), kernel_(std::move(kernel)), policy_(policy) {}

  /// Appends the name of column i.
  static void append_name(std::string& text, std::size_t i) { append_suffix(text += name, Kernel(), Policy(), i); }
  /// Appends what decides the meaning of the columns: `amount_z: standardize, missing flag`.
  static void describe(std::string& text) {
    ((text += name) += ": ") += Kernel::kind;
    Kernel().describe(text);
    append_rules(text, Policy());
  }

  template <class Event>
  void write(const Event& event, float* out, trouble_counts* counts, refusal& refused) const noexcept {
    with_cell<cell>(event, accessor_, [&](const cell& read, trouble found) {
      write_columns(kernel_, policy_, name, read, found, out, counts, refused);
    });
  }

  template <class Event, class Fitter>
  void learn(const Event& event, Fitter& fitter) const {
    if constexpr (!std::is_same_v<Fitter, no_fitter>)
      with_cell<cell>(event, accessor_, [&](const cell& read, trouble found) {
        if (found == trouble::none) fitter.update(read);
      });
  }
  const Policy& policy() const noexcept { return policy_; }
  const Kernel& kernel() const noexcept { return kernel_; }
  Kernel& kernel() noexcept { return kernel_; }

  void save(envelope_writer& to) const {
    for (const float value : policy_.values) to.u32(std::bit_cast<std::uint32_t>(value));
    kernel_.save(to);
  }
  bool load(envelope_reader& from) {
    for (float& value : policy_.values) value = std::bit_cast<float>(from.u32());
    return kernel_.load(from);
  }

 private:
  [[no_unique_address]] Accessor accessor_;
  [[no_unique_address]] Kernel kernel_;
  Policy policy_;
};

template <class T>
inline constexpr bool is_transform = false;
template <fixed_string Name, class Kernel, class Accessor, class Policy>
inline constexpr bool is_transform<transform<Name, Kernel, Accessor, Policy>> = true;

/// How many of the rules are about a trouble.
template <trouble Trouble, class... Rules>
inline constexpr int rules_about = 0;
template <trouble Trouble, trouble Other, reaction Reaction, class... Rules>
inline constexpr int rules_about<Trouble, rule<Other, Reaction>, Rules...> =
    (Trouble == Other ? 1 : 0) + rules_about<Trouble, Rules...>;

template <trouble_set Meets, class Rule>
inline constexpr bool can_meet = false;
template <trouble_set Meets, trouble Trouble, reaction Reaction>
inline constexpr bool can_meet<Meets, rule<Trouble, Reaction>> = (Meets & bit_of(Trouble)) != 0;

template <fixed_string Name, class Kernel, class Accessor, class... Rules>
constexpr auto make_transform(Accessor accessor, Kernel kernel, Rules... rules) {
  static_assert((is_rule<Rules> && ...),
                "millrace[FEATURE-9]: the last arguments of a transform say what to do about troubles, as in "
                "missing(flag(0)), not_finite(refuse), outside(keep), unknown(refuse)");
  if constexpr ((is_rule<Rules> && ...)) {
    static_assert((can_meet<Kernel::meets, Rules> && ...),
                  "millrace[FEATURE-10]: a transform of this kind never meets the trouble that a rule is about: only "
                  "categories are unknown, only numbers and times not_finite or outside");
    static_assert(rules_about<trouble::missing, Rules...> <= 1 && rules_about<trouble::not_finite, Rules...> <= 1 &&
                      rules_about<trouble::outside, Rules...> <= 1 && rules_about<trouble::unknown, Rules...> <= 1,
                  "millrace[FEATURE-11]: two rules of a transform are about the same trouble");
    using policy_type = policy_of<Rules...>;
    policy_type made;
    const auto place = [&]<trouble Trouble, reaction Reaction>(rule<Trouble, Reaction> one) {
      made.values[static_cast<unsigned>(Trouble) - 1] = one.value;
    };
    (place(rules), ...);
    return transform<Name, Kernel, Accessor, policy_type>(std::move(accessor), std::move(kernel), made);
  }
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_TRANSFORM_HPP
