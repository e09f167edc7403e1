#ifndef MILLRACE_REGISTRY_DETAIL_REQUESTS_HPP
#define MILLRACE_REGISTRY_DETAIL_REQUESTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What ends requests without a reviewer, each function within a transaction.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

inline std::string name_of(const transition_request& request) {
  return "request " + std::to_string(request.number) + " of the model " + quoted_text(request.model);
}
inline std::vector<tag> fields_of(const transition_request& request) {
  return {{"request", std::to_string(request.number)},
          {"to", std::string(to_string(request.to))},
          {"digest", request.digest}};
}

/// Marks a request as expired.
template <class Ledger>
result<void> expire(Ledger& books, const model& of, transition_request& request) {
  request.status = request_status::expired;
  request.closed = books.now();
  if (auto done = books.keep(of, request); !done) return done;
  return books.note("approval_expired", {}, object_of(of.name, request.version), {}, fields_of(request));
}

/// Ends the open requests for a version, since it is deleted and nobody could approve them: who looks at one reads who
/// did that.
template <class Ledger>
result<void> end_requests(Ledger& books, const model& of, std::uint64_t version, std::string_view actor) {
  std::vector<std::uint64_t> open;
  const std::string prefix = books.keys().open_requests() + number_pair(of.id, 0).substr(0, 17);
  auto walked = books.for_each_part(prefix, [&](std::string_view part) -> result<void> {
    std::uint64_t number = 0;
    if (!read_number(part, number))
      return error(errc::corrupt, "a registry's entry names no request: " + quoted_text(part));
    open.push_back(number);
    return {};
  });
  if (!walked) return walked;
  for (const std::uint64_t number : open) {
    auto request = books.find_request(of, number);
    if (!request) return std::move(request).error();
    if (request->version != version) continue;
    if (request->is_overdue(books.now())) {
      if (auto done = expire(books, of, *request); !done) return done;
      continue;
    }
    request->status = request_status::withdrawn;
    request->closed = books.now();
    request->remarks.push_back({std::string(actor), "the version was deleted", books.now()});
    if (auto done = books.keep(of, *request); !done) return done;
    auto noted = books.note("approval_withdrawn", actor, object_of(of.name, version), "the version was deleted",
                            fields_of(*request));
    if (!noted) return noted;
  }
  return {};
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_REQUESTS_HPP
