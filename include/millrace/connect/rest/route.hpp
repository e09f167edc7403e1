#ifndef MILLRACE_CONNECT_REST_ROUTE_HPP
#define MILLRACE_CONNECT_REST_ROUTE_HPP

#include <millrace/connect/rest/body.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/problem_details.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// A request as a part of an API gets it: its route found, its body read, its caller known.
struct call {
  const store::http_request& request;
  const std::vector<store::http_parameter>& path;   // what stands for `{name}` in the route's path, decoded
  const std::vector<store::http_parameter>& query;  // decoded
  const body& in;
  std::string_view user;  // who calls; empty where nobody is asked
  std::string_view id;    // the request's, which the response and the audit trail have too

  /// What stands in the path for a name of the route.
  std::string_view in_path(std::string_view name) const noexcept { return value_of(path, name); }
  /// The first value of a parameter; empty if it is not there.
  std::string_view in_query(std::string_view name) const noexcept { return value_of(query, name); }

 private:
  static std::string_view value_of(const std::vector<store::http_parameter>& among, std::string_view name) noexcept {
    for (const store::http_parameter& each : among)
      if (each.key == name) return each.value;
    return {};
  }
};

/// A status that a route responds with besides its own, and those that every route has.
struct refusal {
  std::uint16_t status = 0;
  std::string_view about = {};
  std::string_view type = problem_content_type;
  std::string_view schema = R"({"$ref":"#/components/schemas/problem"})";
};

/// What a route is, for who handles requests and for who reads the description of the API.
struct operation {
  std::string_view id = {};       // a name that no other operation of the API has
  std::string_view summary = {};  // what it does, in a line
  std::string_view tag = {};      // under which it is listed
  std::span<const member> takes = {};
  std::span<const member> query = {};          // parameters, as texts
  std::uint16_t status = 200;                  // where it goes well
  std::string_view returns = {};               // the JSON Schema of the response's body; empty: it has none
  std::string_view type = "application/json";  // of the response; of several, with commas between
  std::span<const refusal> refuses = {};
  bool is_open = false;     // nobody is asked who they are
  bool is_audited = false;  // an audit trail is told of it
};

/// A method and a path of an API, and which member of the part handles it. Parts of a path in braces stand for any
/// text without a slash: `/models/{name}/{version}`.
template <class Part>
struct route {
  std::string_view method;
  std::string_view path;
  result<store::http_response> (Part::*handle)(const call&) const;
  operation about = {};
};

/// A part of an API: it has its table of routes. Its handlers are called by any number of threads at once; an error
/// that they return becomes a problem document with the status of its code.
template <class P>
concept part = requires {
  P::routes[0].method;
  { P::routes[0] } -> std::convertible_to<const route<P>&>;
};

/// A response with a JSON text.
inline store::http_response json_response(std::string json, int status = 200) {
  return {status, {{"Content-Type", "application/json"}}, std::move(json)};
}
/// A response with a problem document. Messages of what is the caller's to mend are told, those of others are not.
/// Source: RFC 9457.
inline store::http_response problem_response(const error& failure, unsigned status = 0) {
  problem_options options;
  options.status = status != 0 ? status : http_status(failure.code());
  const bool is_callers = options.status < 500;
  options.disclose = is_callers ? problem_disclosure::message : problem_disclosure::code;
  return {static_cast<int>(options.status),
          {{"Content-Type", std::string(problem_content_type)}},
          to_json(failure, options)};
}
/// A refusal because there is too much to do at the moment: 429.
inline store::http_response busy_response(std::string why) {
  return problem_response(error(errc::unavailable, std::move(why)), 429);
}

/// What refers to an object asks for this where it is given one that is gone when its line is over.
template <class T>
struct temporary_object {
  static_assert(millrace::detail::requirement<false, T>,
                "millrace[REST-2]: a part of an API refers to what it is given, which has to live as long: make it a "
                "variable");
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_ROUTE_HPP
