#ifndef MILLRACE_CONNECT_REST_WATCHING_HPP
#define MILLRACE_CONNECT_REST_WATCHING_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/store/http.hpp>

#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// A request that an API has handled, as watchers are told of it. The texts are valid during the call.
struct handled_request {
  const store::http_request& request;
  std::string_view path = {};        // as the route has it, with its names; empty: there is no such route
  const operation* about = nullptr;  // of the route, if there is one
  std::string_view user = {};
  std::string_view id = {};
  int status = 0;
  std::uint64_t nanoseconds = 0;  // how long it took
};

/// What is told of every request that an API has handled, by the thread that has handled it: `handled(request)`. Any
/// number of threads call it at once.
template <class W>
concept request_watcher = requires(const W& watcher, const handled_request& told) { watcher.handled(told); };

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_WATCHING_HPP
