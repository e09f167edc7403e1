#ifndef MILLRACE_CONNECT_REST_DASHBOARD_DASHBOARD_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_DASHBOARD_HPP

#include <millrace/connect/rest/dashboard/live_board.hpp>
#include <millrace/connect/rest/detail/dashboard_page.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The part of an API that shows a board to people:
///
///     GET /dashboard           a page, which needs nothing from elsewhere
///     GET /dashboard/events    each snapshot, as server-sent events
///     GET /dashboard/state     the last snapshot, as JSON
///
/// Nobody is asked for a token for the page, which has no data; it asks for one itself where the other two want it, and
/// keeps it until it is closed. Status 503 where as many listen as may: the page then asks for single snapshots.
/// Streams end with the server, or with the board, which outlives the part.
template <class Board>
class dashboard {
 public:
  explicit dashboard(Board& board)
      : board_(&board), page_(detail::dashboard_page()), policy_(detail::dashboard_policy()) {}
  explicit dashboard(Board&&) { static_cast<void>(sizeof(temporary_object<Board>)); }

 private:
  static constexpr refusal too_many[] = {{503, "As many listen as may, or the board is closed"}};
  static constexpr std::string_view snapshot =
      R"({"type":"object","required":["id","title","time","interval","panels"],"properties":{"id":{"type":"integer"},)"
      R"("title":{"type":"string"},"time":{"type":"string"},"interval":{"type":"number"},)"
      R"("panels":{"type":"array","items":{"type":"object","required":["title","figures","states","tables"]}}}})";

  result<store::http_response> page(const call&) const {
    return store::http_response{200,
                                {{"Content-Type", "text/html; charset=utf-8"},
                                 {"Content-Security-Policy", policy_},
                                 {"X-Content-Type-Options", "nosniff"},
                                 {"Referrer-Policy", "no-referrer"},
                                 {"Cache-Control", "no-cache"}},
                                page_};
  }
  result<store::http_response> state(const call&) const {
    auto made = json_response(board_->snapshot());
    made.headers.push_back({"Cache-Control", "no-store"});
    return made;
  }
  result<store::http_response> events(const call& asked) const {
    auto made = board_->listen(asked.request);
    if (made.status == 200) return made;
    auto refused = problem_response(error(errc::unavailable, "as many listen as may"), 503);
    refused.headers.push_back({"Retry-After", "5"});
    return refused;
  }

  Board* board_;
  std::string page_;
  std::string policy_;

 public:
  static constexpr route<dashboard> routes[] = {
      {"GET",
       "/dashboard",
       &dashboard::page,
       {.id = "dashboard",
        .summary = "A page that shows the board",
        .tag = "dashboard",
        .returns = R"({"type":"string"})",
        .type = "text/html",
        .is_open = true}},
      {"GET",
       "/dashboard/events",
       &dashboard::events,
       {.id = "dashboard_events",
        .summary = "Each snapshot of the board, as server-sent events",
        .tag = "dashboard",
        .returns = R"({"type":"string"})",
        .type = "text/event-stream",
        .refuses = too_many}},
      {"GET",
       "/dashboard/state",
       &dashboard::state,
       {.id = "dashboard_state", .summary = "The last snapshot of the board", .tag = "dashboard", .returns = snapshot}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_DASHBOARD_HPP
