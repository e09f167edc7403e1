#ifndef MILLRACE_CHAIN_SHARE_HPP
#define MILLRACE_CHAIN_SHARE_HPP

#include <millrace/chain/basic_chain.hpp>
#include <millrace/chain/detail/verdict.hpp>
#include <millrace/core/detail/requirement.hpp>

namespace millrace {
inline namespace v0 {

/// A handle through which several threads may run a chain at once, each with its own context. It keeps a pointer to the
/// chain, which must outlive it. `share` makes one.
template <class Chain>
class shared_chain;

template <class Strictness, class Clock, class... Events, class... Middlewares>
class shared_chain<basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>> {
 public:
  using chain_type = basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>;

  /// Whether every event and middleware says that it is thread-safe; if not, `culprit` is the first that does not.
  using check = detail::unshareable<detail::unborrowed_t<Events>..., detail::unborrowed_t<Middlewares>...>;

  explicit shared_chain(chain_type& shared) noexcept
  requires(check::ok)
      : chain_(&shared) {}

  template <class Context>
  typename chain_type::result_type operator()(Context&& ctx) const {
    return (*chain_)(ctx);
  }

 private:
  chain_type* chain_;
};

/// Returns a handle through which any number of threads may run the chain; every event and middleware must say that it
/// is thread-safe.
template <class Chain>
auto share(Chain& chain) noexcept {
  using flaw = typename shared_chain<Chain>::check;
  static_assert(detail::requirement<flaw::ok, typename flaw::culprit>,
                "millrace[CHAIN-11]: a chain is shared between threads, but a part of it does not say "
                "`static constexpr bool thread_safe = true`");
  if constexpr (flaw::ok) return shared_chain<Chain>(chain);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_SHARE_HPP
