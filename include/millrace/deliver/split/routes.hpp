#ifndef MILLRACE_DELIVER_SPLIT_ROUTES_HPP
#define MILLRACE_DELIVER_SPLIT_ROUTES_HPP

#include <millrace/deliver/split/assignment.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Requests for which `matches` is true, and the split that takes them.
template <class Predicate, class Split>
struct route {
  constexpr route(Predicate predicate, Split by) : matches(std::move(predicate)), split(std::move(by)) {}
  template <class Request>
  constexpr bool takes(const Request& request) const noexcept {
    return matches(request);
  }
  [[no_unique_address]] Predicate matches;
  Split split;
};

/// All other requests. It is the last of its routes.
template <class Split>
struct otherwise {
  constexpr explicit otherwise(Split by) : split(std::move(by)) {}
  template <class Request>
  static constexpr bool takes(const Request&) noexcept {
    return true;
  }
  Split split;
};

/// An assignment, and which route made it, from 0; without a route it has the placement `no_route`.
struct routed : assignment {
  std::uint32_t route = none;
};

namespace detail {

template <class R>
inline constexpr bool is_otherwise = false;
template <class Split>
inline constexpr bool is_otherwise<otherwise<Split>> = true;

template <class R>
inline constexpr bool is_route = is_otherwise<R>;
template <class Predicate, class Split>
inline constexpr bool is_route<route<Predicate, Split>> = true;

/// Is there an `otherwise` before the last?
template <class... Routes>
constexpr bool ends_early() noexcept {
  std::size_t at = 0;
  std::size_t first = sizeof...(Routes);
  (..., (first = is_otherwise<Routes> && first == sizeof...(Routes) ? at : first, ++at));
  return first + 1 < sizeof...(Routes);
}

template <class... Routes>
struct route_list {
  constexpr std::size_t variants() const noexcept { return 0; }
  template <class Self, class Request>
  static constexpr routed assign(Self&, const Request&, std::uint32_t) noexcept {
    return {{assignment::none, placement::no_route, 0}};
  }
  template <class Request, class Use>
  static constexpr bool visit(const Request&, const Use&) noexcept {
    return false;
  }
};
template <class First, class... Rest>
struct route_list<First, Rest...> {
  First first;
  [[no_unique_address]] route_list<Rest...> rest;

  constexpr explicit route_list(First one, Rest... others) : first(std::move(one)), rest(std::move(others)...) {}
  constexpr std::size_t variants() const noexcept {
    const std::size_t others = rest.variants();
    return first.split.variants() > others ? first.split.variants() : others;
  }
  template <class Self, class Request>
  static constexpr routed assign(Self& self, const Request& request, std::uint32_t at) noexcept {
    if (self.first.takes(request)) return {self.first.split.assign(request), at};
    return route_list<Rest...>::assign(self.rest, request, at + 1);
  }
  template <class Request, class Use>
  constexpr bool visit(const Request& request, const Use& use) const noexcept {
    if (!first.takes(request)) return rest.visit(request, use);
    use(first.split);
    return true;
  }
};

}  // namespace detail

/// Sends each request to the split of the first route that takes it, so that a segment or a region has models and
/// shares of its own:
///
///     mr::deliver::routes by_region{
///         mr::deliver::route{[](const request& r) { return r.region == "eu"; }, mr::deliver::split_by(&request::user,
///         eu)}, mr::deliver::otherwise{mr::deliver::split_by(&request::user, all)}};
///     by_region.assign(request).variant
///
/// What a variant of a route is, the route decides: compare variants of one route with each other only.
/// Models: split_policy of what all its predicates and splits take.
/// Precondition: predicates throw nothing.
/// Complexity: the predicates up to the first that is true, and its split. Allocates: never.
/// Threads: as the splits.
template <class... Routes>
class routes {
  static_assert(sizeof...(Routes) > 0 && (detail::is_route<Routes> && ...),
                "millrace[SPLIT-5]: routes are made of route{predicate, split}, and otherwise{split} as the last");
  static_assert(!detail::ends_early<Routes...>(),
                "millrace[SPLIT-6]: otherwise{split} takes every request, so it must be the last of the routes");

 public:
  constexpr explicit routes(Routes... all) : all_(std::move(all)...) {}

  /// The most that a route has.
  constexpr std::size_t variants() const noexcept { return all_.variants(); }

  template <class Request>
  constexpr routed assign(const Request& request) const noexcept {
    return list::assign(all_, request, 0);
  }
  template <class Request>
  constexpr routed assign(const Request& request) noexcept {
    return list::assign(all_, request, 0);
  }
  /// Calls `use(split)` of the first route that takes the request. Returns whether one does.
  /// Precondition: `use` throws nothing.
  template <class Request, class Use>
  constexpr bool visit(const Request& request, const Use& use) const noexcept {
    return all_.visit(request, use);
  }

 private:
  using list = detail::route_list<Routes...>;
  list all_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_ROUTES_HPP
