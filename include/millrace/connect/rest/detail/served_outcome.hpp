#ifndef MILLRACE_CONNECT_REST_DETAIL_SERVED_OUTCOME_HPP
#define MILLRACE_CONNECT_REST_DETAIL_SERVED_OUTCOME_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/store/http.hpp>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// The response to a request that has no outputs: 429 where too many rows wait, else the status of its error.
inline store::http_response not_served(infer::served one) {
  const auto why = infer::to_result(one);
  return problem_response(why.error(), one.status == infer::serving_status::refused ? 429 : 0);
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_SERVED_OUTCOME_HPP
