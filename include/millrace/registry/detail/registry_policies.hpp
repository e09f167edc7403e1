#ifndef MILLRACE_REGISTRY_DETAIL_REGISTRY_POLICIES_HPP
#define MILLRACE_REGISTRY_DETAIL_REGISTRY_POLICIES_HPP

#include <millrace/core/detail/policy_or.hpp>
#include <millrace/registry/change.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/watcher.hpp>
#include <millrace/store/storage.hpp>

#include <type_traits>

// What kinds of policies a registry takes, and which of those given is of a kind.
namespace millrace {
inline namespace v0 {
namespace registry {

/// A policy: the artifacts' bytes are in another storage than the documents, such as a folder beside a database. The
/// storage outlives the registry.
template <store::storage Storage>
class artifacts_in {
 public:
  explicit artifacts_in(Storage& storage) noexcept : storage_(&storage) {}
  explicit artifacts_in(Storage&& storage) : storage_(&storage) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
  }
  Storage& storage() const noexcept { return *storage_; }

 private:
  Storage* storage_;
};

namespace detail {

template <class P>
inline constexpr bool is_artifacts_in = false;
template <class S>
inline constexpr bool is_artifacts_in<artifacts_in<S>> = true;

template <class P>
struct is_edges : std::bool_constant<edge_policy<P>> {};
template <class P>
struct is_sink : std::bool_constant<change_sink<P> || std::is_same_v<P, outbox_only> || std::is_same_v<P, unrecorded>> {
};
template <class P>
struct is_watcher : std::bool_constant<registry::watcher<P>> {};
template <class P>
struct is_artifacts : std::bool_constant<is_artifacts_in<P>> {};
template <class P>
inline constexpr bool is_registry_policy =
    is_edges<P>::value || is_sink<P>::value || is_watcher<P>::value || is_artifacts<P>::value;

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_REGISTRY_POLICIES_HPP
