#ifndef MILLRACE_REGISTRY_CHANGE_HPP
#define MILLRACE_REGISTRY_CHANGE_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/store/document.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// What was done to a registry: written in the transaction that does it, and handed to a sink afterwards.
struct change {
  static constexpr std::string_view document_kind = "registry change";
  static constexpr unsigned document_format = 1;

  std::uint64_t number = 0;  // 1, 2, 3, ... of this registry
  std::string registry;      // the registry's identifier
  std::string kind;          // model_registered, model_promoted, ...
  std::string actor;
  std::string object;  // model/fraud, model/fraud/3
  std::string reason;
  std::uint64_t at = 0;
  std::vector<tag> fields;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("number", self.number)("registry", self.registry)("kind", self.kind)("actor", self.actor);
    members("object", self.object)("reason", self.reason)("at", self.at)("fields", self.fields);
  }
};

/// Where a registry's changes go, such as an audit trail (`audit_sink`).
///
/// A change comes in the order of the numbers, from one thread at a time, and again after a crash: a sink that has a
/// change of this registry and number already does nothing. Once `append` has returned, the change is durable where it
/// is. On an error it comes again.
template <class S>
concept change_sink = requires(S& sink, const change& what) {
  { sink.append(what) } -> std::same_as<result<void>>;
};

/// No sink: changes wait in the storage for a registry that has one, in this process or another.
struct outbox_only {};

/// Changes are not recorded at all.
struct unrecorded {};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_CHANGE_HPP
