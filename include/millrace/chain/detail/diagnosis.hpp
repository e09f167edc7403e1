#ifndef MILLRACE_CHAIN_DETAIL_DIAGNOSIS_HPP
#define MILLRACE_CHAIN_DETAIL_DIAGNOSIS_HPP

#include <millrace/chain/detail/verdict.hpp>
#include <millrace/chain/event.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/core/detail/field_list.hpp>
#include <millrace/core/detail/requirement.hpp>

#include <tuple>

namespace millrace {
inline namespace v0 {
namespace detail {

template <class Clock, class... Events>
using first_stage_t = stage<std::tuple_element_t<0, std::tuple<Events...>>, 0, Clock, Events...>;

/// Whether a chain of these events and middlewares can run on a Context; if not, a static_assert says why. A check runs
/// only if those before it held, so that the first error is the cause and not a consequence. The return type is `auto`,
/// so that g++ too instantiates the body, and with it the assertions, at the place of the call.
template <class Context, class Clock, class... Events, class... Middlewares>
constexpr auto can_run(part_list<Events...>, part_list<Middlewares...>) noexcept {
  using names =
      typename namesakes<merge_fields_t<typename Context::provided, reads_of<Events>..., writes_of<Events>...>>::type;
  static_assert(requirement<names::ok, typename names::culprit, typename names::other>,
                "millrace[CHAIN-13]: two fields of one name hold different types; declare the field once and use "
                "that object everywhere, or name them differently");
  using flow = typename data_flow<typename Context::provided, Events...>::type;
  static_assert(!names::ok || requirement<flow::ok, typename flow::culprit, spelling_t<typename flow::other>>,
                "millrace[CHAIN-3]: the event reads a field that neither the context's start values nor an earlier "
                "event provides; give it to context(), or put the event that writes it first");
  if constexpr (names::ok && flow::ok) {
    using slots = missing_slot<Context, Events...>;
    static_assert(requirement<slots::ok, typename slots::culprit, spelling_t<typename slots::other>>,
                  "millrace[CHAIN-6]: the context has no slot for a field that the event writes; make the context "
                  "with chain.context(...)");
    using lacking = lacking_field<Context, Middlewares...>;
    static_assert(
        !slots::ok || requirement<lacking::ok, typename lacking::culprit, spelling_t<typename lacking::other>>,
        "millrace[CHAIN-12]: the middleware names a field that this chain does not have: no event reads or "
        "writes it, and the context is not given it");
    if constexpr (slots::ok && lacking::ok) {
      using signature = uncallable<Context, Events...>;
      static_assert(requirement<signature::ok, typename signature::culprit>,
                    "millrace[CHAIN-2]: the event cannot be called as event(ctx), or returns something else than "
                    "void or mr::result<void>; write: mr::result<void> operator()(auto& ctx)");
      if constexpr (signature::ok) {
        using hooks = malformed<first_stage_t<Clock, Events...>, Context, Middlewares...>;
        static_assert(requirement<hooks::ok, typename hooks::culprit>,
                      "millrace[CHAIN-7]: the middleware has a member named before, after, around or rejected that "
                      "cannot be called as that hook; see millrace/chain/middleware.hpp for their parameters");
        using idle = hookless<first_stage_t<Clock, Events...>, Context, Middlewares...>;
        static_assert(!hooks::ok || requirement<idle::ok, typename idle::culprit>,
                      "millrace[CHAIN-1]: the middleware has none of before, after, around and rejected; an event "
                      "stands in chain(...)");
        return hooks::ok && idle::ok;
      }
    }
  }
  return false;
}

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_DETAIL_DIAGNOSIS_HPP
