#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_REQUEST_RULES_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_REQUEST_RULES_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/rollout/eligibility.hpp>
#include <millrace/deliver/rollout/options.hpp>
#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/layers.hpp>
#include <millrace/deliver/split/routes.hpp>
#include <millrace/deliver/split/split_by.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What the policies of a release say of a request before the split.
enum class standing : std::uint8_t {
  takes_part,     // the split decides
  outside,        // it is stable's
  has_stable,     // its unit was chosen for stable
  has_candidate,  // its unit was chosen for the candidate
};
/// And the hash of its unit, if it takes part and has one.
struct standing_at {
  standing what;
  std::uint64_t unit = 0;
};

template <class... Holdouts>
struct holdout_list {
  template <class Id>
  static constexpr bool holds(const Id& id) noexcept {
    return (layers_part<Holdouts>::holds(id) || ...);
  }
  static constexpr bool possible = (layers_part<Holdouts>::possible && ...);
};
template <class Found, class... Policies>
struct holdouts_among {
  using type = Found;
};
template <class... Found, class First, class... Rest>
struct holdouts_among<holdout_list<Found...>, First, Rest...>
    : holdouts_among<
          std::conditional_t<is_rollout_holdout<First>::value, holdout_list<Found..., First>, holdout_list<Found...>>,
          Rest...> {};

/// Whether a slice is one that a release can have.
template <class Slice>
struct slice_of_release {
  static constexpr bool fits = true;
};
template <fixed_string Name, class Layers>
struct slice_of_release<release_slice<Name, Layers>> {
  using placed = std::remove_cvref_t<decltype(std::declval<const Layers&>().template get<Name>())>;
  static constexpr bool fits = std::is_same_v<typename placed::weights_type, stable_and_candidate>;
};

/// Whether the holdouts of a release have salts of their own, also beside those of the layers of its slice.
template <class Holdouts, class Slice>
struct release_salts;
template <class... Holdouts, class Slice>
struct release_salts<holdout_list<Holdouts...>, Slice> : salts_of<Holdouts...> {};
template <class... Holdouts, fixed_string Name, class... Parts>
struct release_salts<holdout_list<Holdouts...>, release_slice<Name, layers<Parts...>>>
    : salts_of<Holdouts..., Parts...> {};

/// Where the routes lead.
template <class Route>
struct route_target;
template <class Predicate, class To>
struct route_target<route<Predicate, To>> {
  using type = To;
};
template <class To>
struct route_target<otherwise<To>> {
  using type = To;
};
template <class To>
inline constexpr bool is_target =
    std::is_same_v<To, takes_part> || std::is_same_v<To, stays_stable> || is_release_slice<To>::value;
template <class Routes>
struct routes_of_release {
  static constexpr bool valid = true;
  static constexpr bool fits = true;
  static constexpr bool has_slice = false;
  template <class Holdouts>
  static constexpr bool has_salts = true;
};
template <class... Routes>
struct routes_of_release<routes<Routes...>> {
  static constexpr bool valid = (is_target<typename route_target<Routes>::type> && ...);
  static constexpr bool fits = (slice_of_release<typename route_target<Routes>::type>::fits && ...);
  static constexpr bool has_slice = (is_release_slice<typename route_target<Routes>::type>::value || ...);
  template <class Holdouts>
  static constexpr bool has_salts = (release_salts<Holdouts, typename route_target<Routes>::type>::distinct && ...);
};

/// Whether these policies go together: what a release asserts.
template <class Unit, class Routes, class Slice, class Chosen, class Holdouts>
struct rules_of_release {
  static constexpr bool needs_unit = is_release_slice<Slice>::value || routes_of_release<Routes>::has_slice ||
                                     is_chosen_units<Chosen>::value || !std::is_same_v<Holdouts, holdout_list<>>;
  static constexpr bool have_unit = !needs_unit || !std::is_same_v<Unit, by_chance>;
  static constexpr bool have_targets = routes_of_release<Routes>::valid;
  static constexpr bool have_steps = slice_of_release<Slice>::fits && routes_of_release<Routes>::fits;
  using salts = release_salts<Holdouts, Slice>;
  static constexpr bool have_salts = salts::distinct && routes_of_release<Routes>::template has_salts<Holdouts>;
};

/// What a release's policies say of a request, before the split.
///
/// In this order: a unit that is chosen has what it is chosen for, by `chosen_units` or by its slice's overrides. A
/// unit that a holdout, the audience, the slice or the route excludes is outside. So is one whose id is missing, since
/// all such would be one unit. Threads: any. Allocates: never.
template <class Unit, class Audience, class Routes, class Slice, class Chosen, class Holdouts>
class request_rules {
 public:
  static constexpr bool has_units = !std::is_same_v<Unit, by_chance>;

  /// A unit's salt is that of the release; where a slice or a holdout has placed units before, it is one that none of
  /// them can have, whatever the release is called.
  request_rules(Unit unit, Audience audience, Routes routes, Slice slice, Chosen chosen, salt by)
      : unit_(std::move(unit)),
        audience_(std::move(audience)),
        routes_(std::move(routes)),
        slice_(std::move(slice)),
        chosen_(std::move(chosen)),
        salt_(is_placed_before ? by.within("release") : by) {}

  template <class Request>
  [[gnu::always_inline]] inline standing_at look(const Request& request) const noexcept {
    if constexpr (!has_units) {
      return {is_of_audience(request) ? of_route(request, nothing()) : standing::outside};
    } else {
      const auto& id = asked(unit_.key, request);
      using named = std::remove_cvref_t<decltype(id)>;
      if constexpr (std::same_as<named, typename unit_named<named>::type>)
        return of_unit(request, id);
      else
        return id ? of_unit(request, *id) : standing_at{standing::outside};
    }
  }

 private:
  static constexpr bool is_placed_before = is_release_slice<Slice>::value || routes_of_release<Routes>::has_slice ||
                                           !std::is_same_v<Holdouts, holdout_list<>>;
  struct nothing {};

  template <class Request, class Id>
  [[gnu::always_inline]] inline standing_at of_unit(const Request& request, const Id& id) const noexcept {
    if (is_missing(id)) return {standing::outside};
    if constexpr (is_chosen_units<Chosen>::value)
      if (const std::uint32_t which = chosen_.find(id); which != assignment::none) return {chosen_for(which)};
    const standing by_slice = of_target(slice_, id);
    if (is_chosen(by_slice)) return {by_slice};
    const standing by_route = of_route(request, id);
    if (is_chosen(by_route)) return {by_route};
    if (by_slice != standing::takes_part || by_route != standing::takes_part || Holdouts::holds(id) ||
        !is_of_audience(request))
      return {standing::outside};
    return {standing::takes_part, unit_hash(salt_, id)};
  }
  template <class Request>
  bool is_of_audience(const Request& request) const noexcept {
    if constexpr (std::is_same_v<Audience, everybody>)
      return true;
    else
      return static_cast<bool>(asked(audience_.choice, request));
  }
  template <class Request, class Id>
  standing of_route(const Request& request, const Id& id) const noexcept {
    if constexpr (std::is_same_v<Routes, no_routes>) {
      return standing::takes_part;
    } else {
      standing found = standing::outside;
      routes_.visit(request, [&](const auto& to) noexcept { found = of_target(to, id); });
      return found;
    }
  }
  template <class To, class Id>
  static standing of_target(const To& to, const Id& id) noexcept {
    if constexpr (is_release_slice<To>::value && !std::is_same_v<Id, nothing>) {  // without a unit it is an error
      const assignment given = to.assign(id);
      if (given.how == placement::by_override) return chosen_for(given.variant);
      return given ? standing::takes_part : standing::outside;
    } else {
      return std::is_same_v<To, stays_stable> ? standing::outside : standing::takes_part;
    }
  }
  static constexpr standing chosen_for(std::uint32_t which) noexcept {
    return which == static_cast<std::uint32_t>(arm::candidate) ? standing::has_candidate : standing::has_stable;
  }
  static constexpr bool is_chosen(standing what) noexcept {
    return what == standing::has_stable || what == standing::has_candidate;
  }

  [[no_unique_address]] Unit unit_;
  [[no_unique_address]] Audience audience_;
  [[no_unique_address]] Routes routes_;
  [[no_unique_address]] Slice slice_;
  [[no_unique_address]] Chosen chosen_;
  salt salt_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_REQUEST_RULES_HPP
