#ifndef MILLRACE_CONNECT_REST_OPTIONS_HPP
#define MILLRACE_CONNECT_REST_OPTIONS_HPP

#include <millrace/connect/rest/body.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/store/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// Somebody who may call, and the name that stands for them in audit trails and registries.
struct api_user {
  std::string name;
  store::secret<std::string> token;
};

/// What holds for all routes of an API.
struct api_options {
  /// The title and the version that the description of the API has.
  std::string title = "millrace";
  std::string version = "1";
  /// What clients have to send as `Authorization: Bearer TOKEN`. Nobody: nobody is asked, which is for an API that only
  /// this machine reaches.
  std::vector<api_user> users = {};
  /// The most bytes of a body; a longer one is 413.
  std::size_t max_body = std::size_t{16} << 20;
  json_limits limits = {};
  /// How many requests are handled at a time; what comes then is 429.
  std::size_t max_requests = 256;
  /// How long a client is told to wait after a 429 or a 503.
  std::uint32_t retry_seconds = 1;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_OPTIONS_HPP
