#ifndef MILLRACE_REGISTRY_WATCHER_HPP
#define MILLRACE_REGISTRY_WATCHER_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/transition_request.hpp>

#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace registry {

// What a registry tells of, once it is done and in the storage.

/// A version is there.
struct model_registered {
  model_version version;
};
/// A version entered a stage that is not `archived`, also by being rolled back to.
struct model_promoted {
  stage_change change;
};
/// A version entered the stage `archived`.
struct model_archived {
  std::string model;
  std::uint64_t version = 0;
};
/// A file is there for versions to have.
struct artifact_stored {
  artifact stored;
};
/// Somebody asks for a move to another stage.
struct approval_requested {
  transition_request request;
};
/// A request was approved by one reviewer, or got into a final state.
struct approval_changed {
  transition_request request;
};
/// A version, or a model with all of them, is gone.
struct model_deleted {
  removal what;
};

namespace detail {
/// Asked for its type only; it has a body for programs that keep what no one calls.
struct plain_work {
  template <class Operation>
  result<typename Operation::outcome> operator()(const Operation&) const {
    return error(errc::unsupported, "");
  }
};
}  // namespace detail

/// Stands around a registry's operations and sees what they did: `around(operation, work)` returns what
/// `work(operation)` returns, unless it refuses it; `emit(event)` is called once an event's change is in the storage.
/// `watched` is one, with the hooks, events and metrics of `observe`.
template <class W>
concept watcher = requires(W& each, version_draft& draft, detail::plain_work work, const model_registered& event) {
  { each.around(draft, work) } -> std::same_as<result<model_version>>;
  each.emit(event);
};

/// Nobody watches.
struct unwatched {
  template <class Operation, class Work>
  auto around(Operation& operation, const Work& work) const {
    return work(std::as_const(operation));
  }
  template <class Event>
  void emit(const Event&) const noexcept {}
};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_WATCHER_HPP
