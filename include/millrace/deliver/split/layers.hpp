#ifndef MILLRACE_DELIVER_SPLIT_LAYERS_HPP
#define MILLRACE_DELIVER_SPLIT_LAYERS_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/layer.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// A text as a type, for messages.
template <fixed_string Text>
struct text_of {
  static constexpr std::string_view name = Text.view();
};

template <class...>
struct slice_list {};
template <class... All>
struct joined_slices {
  using type = slice_list<>;
};
template <class... A>
struct joined_slices<slice_list<A...>> {
  using type = slice_list<A...>;
};
template <class... A, class... B, class... Rest>
struct joined_slices<slice_list<A...>, slice_list<B...>, Rest...> : joined_slices<slice_list<A..., B...>, Rest...> {};

/// What `layers` is made of: a salt, a share that is held out, slices and their places.
template <class Part>
struct layers_part {
  static constexpr bool valid = false;
};
template <fixed_string Salt, unsigned Percent>
struct layers_part<holdout<Salt, Percent>> {
  static constexpr bool valid = true;
  static constexpr bool possible = Percent <= 100;
  static constexpr bool made_of_slices = true;
  static constexpr unsigned traffic = 0;
  using salt_text = text_of<Salt>;
  using slices = slice_list<>;
  template <class Id>
  static constexpr bool holds(const Id& id) noexcept {
    return unit_point(unit_hash(by, id)) < Percent / 100.0;
  }
  static constexpr salt by{Salt.view()};
};
template <fixed_string Salt, class... Slices>
struct layers_part<layer<Salt, Slices...>> {
  static constexpr bool valid = true;
  static constexpr bool possible = true;
  static constexpr bool made_of_slices = sizeof...(Slices) > 0 && (is_slice<Slices> && ...);
  static constexpr unsigned traffic = [] {
    if constexpr (made_of_slices)
      return (0U + ... + slice_parts<Slices>::traffic);
    else
      return 0U;
  }();
  using salt_text = text_of<Salt>;
  template <class Id>
  static constexpr bool holds(const Id&) noexcept {
    return false;
  }

  template <unsigned Start, class... Rest>
  struct places {
    using type = slice_list<>;
  };
  template <unsigned Start, class First, class... Rest>
  struct places<Start, First, Rest...> {
    using type = typename joined_slices<slice_list<placed_slice<Salt, Start, First>>,
                                        typename places<Start + slice_parts<First>::traffic, Rest...>::type>::type;
  };
  using slices = typename places<0, Slices...>::type;
};

/// The place of the first text that also stands before it; how many there are, if none does.
template <class... Texts>
constexpr std::size_t repeated() noexcept {
  const std::array<std::string_view, sizeof...(Texts) + 1> all{Texts::name...};
  for (std::size_t i = 1; i < sizeof...(Texts); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (all[i] == all[j]) return i;
  return sizeof...(Texts);
}
struct nothing_at_fault {
  static constexpr std::string_view name = "";
};
template <std::size_t Index, class... Texts>
struct text_at {
  using type = nothing_at_fault;
};
template <class First, class... Rest>
struct text_at<0, First, Rest...> {
  using type = First;
};
template <std::size_t Index, class First, class... Rest>
requires(Index > 0)
struct text_at<Index, First, Rest...> : text_at<Index - 1, Rest...> {};
template <class... Texts>
using repeated_text = spelling_t<typename text_at<repeated<Texts...>(), Texts...>::type>;

template <class... Parts>
struct salts_of {
  static constexpr bool distinct = repeated<typename layers_part<Parts>::salt_text...>() == sizeof...(Parts);
  using at_fault = repeated_text<typename layers_part<Parts>::salt_text...>;
};

template <class Placed>
struct placed_name {
  static constexpr std::string_view name = Placed::name();
};

template <std::size_t Index, class Placed>
struct placed_at : Placed {};
template <class Indices, class List>
struct placed_all;
template <std::size_t... Index, class... Placed>
struct placed_all<std::index_sequence<Index...>, slice_list<Placed...>> : placed_at<Index, Placed>... {
  static constexpr std::size_t count = sizeof...(Placed);
  static constexpr std::array<std::string_view, count + 1> names{Placed::name()...};
};

template <class List>
struct slices_named;
template <class... Placed>
struct slices_named<slice_list<Placed...>> {
  static constexpr bool distinct = repeated<placed_name<Placed>...>() == sizeof...(Placed);
  using at_fault = repeated_text<placed_name<Placed>...>;
  using all = placed_all<std::index_sequence_for<Placed...>, slice_list<Placed...>>;
};

/// Explains what is wrong with the parts, and is the slices at work if nothing is.
template <class... Parts>
struct checked_layers {
  static constexpr auto chosen() noexcept {
    using none = std::type_identity<placed_all<std::index_sequence<>, slice_list<>>>;
    constexpr bool valid = (layers_part<Parts>::valid && ...);
    static_assert(requirement<valid, Parts...>,
                  "millrace[SPLIT-8]: layers<...> is made of layer<Salt, Slices...> and holdout<Salt, Percent>");
    if constexpr (valid) {
      constexpr bool possible = (layers_part<Parts>::possible && ...);
      static_assert(requirement<possible, Parts...>, "millrace[SPLIT-7]: a holdout has 0 to 100 percent of the units");
      using salts = salts_of<Parts...>;
      static_assert(
          requirement<salts::distinct, typename salts::at_fault>,
          "millrace[SPLIT-9]: two layers or holdouts have one salt, so that they would place units alike; give "
          "each its own");
      constexpr bool fits = ((layers_part<Parts>::made_of_slices && layers_part<Parts>::traffic <= 100) && ...);
      static_assert(
          requirement<fits, Parts...>,
          "millrace[SPLIT-10]: a layer is made of slice<Name, Traffic, Weights>, whose traffic sums to at most "
          "100 percent");
      if constexpr (possible && salts::distinct && fits) {
        using named = slices_named<typename joined_slices<typename layers_part<Parts>::slices...>::type>;
        static_assert(requirement<named::distinct, typename named::at_fault>,
                      "millrace[SPLIT-11]: two slices have one name, although assign<Name> finds them by it");
        return std::type_identity<typename named::all>();
      } else {
        return none();
      }
    } else {
      return none();
    }
  }
  using type = typename decltype(chosen())::type;
};

template <class All>
constexpr std::size_t slice_index(std::string_view name) noexcept {
  std::size_t at = 0;
  while (at < All::count && All::names[at] != name) ++at;
  return at;
}
template <class All, class Name>
struct known_slice {
  static constexpr std::size_t index = slice_index<All>(Name::name);
  static_assert(requirement<(index < All::count), spelling_t<Name>>,
                "millrace[SPLIT-12]: no slice of these layers has this name");
};

}  // namespace detail

/// All experiments of a program: layers that are independent of each other, each with slices that exclude each other,
/// and holdouts.
///
///     using md = mr::deliver;
///     md::layers<md::holdout<"nobody-2026", 5>,
///                md::layer<"checkout-2026", md::slice<"button", 60, md::weights<50, 50>>,
///                                           md::slice<"banner", 40, md::weights<80, 20>>>,
///                md::layer<"ranking-2026", md::slice<"model", 100, md::weights<90, 10>>>> plan;
///     plan.assign<"button">(user)
///
/// An assignment says why a unit takes no part: it is held out, elsewhere in the layer, or not covered. Slices exclude
/// each other for one id: ask all slices of a layer by the same one, such as the user's. The order of
/// the slices in a layer decides their places: add new ones behind. `placed_slice` says to the byte who is placed
/// where. Complexity: up to three hashes, and one for each holdout. Allocates: never. Threads: any; see `placed_slice`
/// for changes.
template <class... Parts>
class layers {
  using all = typename detail::checked_layers<Parts...>::type;

 public:
  template <fixed_string Name>
  constexpr auto& get() noexcept {
    return at<detail::known_slice<all, detail::text_of<Name>>::index>(slices_);
  }
  template <fixed_string Name>
  constexpr const auto& get() const noexcept {
    return at<detail::known_slice<all, detail::text_of<Name>>::index>(slices_);
  }

  /// What the slice of this name gives a unit.
  template <fixed_string Name, unit_id Id>
  assignment assign(const Id& id) const noexcept {
    return get<Name>().assign(id, [](const Id& one) noexcept { return held_out(one); });
  }
  /// Calls `visit(name, assignment)` for each slice, in order.
  template <unit_id Id, class Visit>
  void assign_each(const Id& id, Visit&& visit) const {
    const bool held = held_out(id);
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (visit(all::names[Index], at<Index>(slices_).assign(id, [held](const Id&) noexcept { return held; })), ...);
    }(std::make_index_sequence<all::count>());
  }

  /// Is the unit in a holdout?
  template <unit_id Id>
  static constexpr bool held_out(const Id& id) noexcept {
    return (detail::layers_part<Parts>::holds(id) || ...);
  }

 private:
  template <std::size_t Index, class Placed>
  static constexpr Placed& at(detail::placed_at<Index, Placed>& one) noexcept {
    return one;
  }
  template <std::size_t Index, class Placed>
  static constexpr const Placed& at(const detail::placed_at<Index, Placed>& one) noexcept {
    return one;
  }

  all slices_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_LAYERS_HPP
