#ifndef MILLRACE_CONNECT_DATABRICKS_WAREHOUSE_HPP
#define MILLRACE_CONNECT_DATABRICKS_WAREHOUSE_HPP

#include <millrace/connect/databricks/api_error.hpp>
#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/connect/databricks/sql_rows.hpp>
#include <millrace/connect/databricks/statement.hpp>
#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/http.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// Where a statement is in its life. Numbers and names are Databricks'.
enum class statement_state : std::uint8_t { unknown, pending, running, succeeded, failed, canceled, closed };

constexpr std::string_view to_string(statement_state state) noexcept {
  constexpr std::string_view names[] = {"UNKNOWN", "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED"};
  const auto at = static_cast<std::size_t>(state);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

struct statement_options {
  std::string catalog = {};  // where names without one are looked for; empty: the warehouse's default
  std::string schema = {};
  std::uint64_t row_limit = 0;   // the most rows of the result; 0: all
  std::uint64_t byte_limit = 0;  // the most bytes; 0: what Databricks sends inline, 25 MiB
  /// How long the whole statement may take, its result included; then it is canceled.
  duration timeout = seconds(600);
  /// How long the server holds a request until the statement ends: 5 to 50 seconds, or 0.
  std::uint32_t wait_seconds = 10;
  /// Between two questions how it stands, from the first to the longest.
  duration first_poll = seconds(0.2);
  duration longest_poll = seconds(5);
};

/// A statement as the warehouse has it: what `submit` and `poll` return.
struct statement_status {
  std::string id;
  statement_state state = statement_state::unknown;
  api_error failure;      // of a statement that failed
  std::string sql_state;  // SQLSTATE of it
  std::vector<sql_column> columns;
  sql_rows rows;                 // of the first chunk
  std::int64_t next_chunk = -1;  // the number of the next; -1: that was the last
  bool is_truncated = false;

  bool has_ended() const noexcept { return state > statement_state::running; }
};

namespace detail {

struct sql_failure {
  std::string code;
  std::string message;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("error_code", self.code)("message", self.message);
  }
};
struct sql_chunk {
  std::int64_t index = 0;
  std::int64_t next = -1;
  store::json_text rows = {"[]"};
  store::json_text links;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("chunk_index", self.index)("next_chunk_index", self.next)("data_array", self.rows);
    members("external_links", self.links);
  }
};
struct sql_manifest {
  struct schema {
    std::vector<sql_column> columns;
    template <class Self, class Members>
    static void describe(Self& self, Members& members) {
      members("columns", self.columns);
    }
  };
  schema of;
  bool truncated = false;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("schema", self.of)("truncated", self.truncated);
  }
};
struct sql_response {
  struct status {
    statement_state state = statement_state::unknown;
    sql_failure failure;
    std::string sql_state;
    template <class Self, class Members>
    static void describe(Self& self, Members& members) {
      members("state", self.state)("error", self.failure)("sql_state", self.sql_state);
    }
  };
  std::string id;
  status now;
  sql_manifest manifest;
  sql_chunk first;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("statement_id", self.id)("status", self.now)("manifest", self.manifest)("result", self.first);
  }
};

inline std::string statement_body(const statement& what, const std::string& warehouse, const statement_options& options,
                                  std::uint32_t wait) {
  std::string body;
  json_writer json(body);
  json.begin_object().member("statement", what.text()).member("warehouse_id", warehouse);
  if (!options.catalog.empty()) json.member("catalog", options.catalog);
  if (!options.schema.empty()) json.member("schema", options.schema);
  if (options.row_limit != 0) json.member("row_limit", options.row_limit);
  if (options.byte_limit != 0) json.member("byte_limit", options.byte_limit);
  json.member("disposition", "INLINE").member("format", "JSON_ARRAY");
  json.member("wait_timeout", std::to_string(wait) + 's');
  if (wait != 0) json.member("on_wait_timeout", "CONTINUE");
  if (!what.parameters().empty()) {
    json.key("parameters").begin_array();
    for (const sql_parameter& each : what.parameters()) {
      json.begin_object().member("name", each.name).member("type", each.type);
      if (!each.is_null) json.member("value", each.value);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return body;
}

/// Why a statement has no result, by how it ended.
inline error failed_statement(const statement_status& of) {
  std::string text = "the statement " + of.id;
  if (of.state == statement_state::canceled) return error(errc::cancelled, text + " was canceled");
  if (of.state == statement_state::closed)
    return error(errc::closed, text + " is closed: its result was there for some time, and is no more");
  if (of.state != statement_state::failed)
    return error(errc::corrupt, text + " is in a state of which nothing is known here");
  text += " failed";
  if (!of.failure.code.empty()) text += ": " + of.failure.code;
  if (!of.sql_state.empty()) text += " (SQLSTATE " + of.sql_state + ')';
  if (!of.failure.message.empty()) text += ": " + of.failure.message.substr(0, 1000);
  return error(errc_of(of.failure.code, 400), std::move(text));
}

}  // namespace detail

/// A SQL warehouse of a workspace, by Databricks' statement execution API.
///
///     mr::connect::databricks::warehouse warehouse(workspace, "1234567890abcdef");
///     auto table = warehouse.execute(sql<"SELECT name FROM runs WHERE score >= :least">(bind<"least">(0.9)));
///     if (!table) return std::move(table).error();
///     for (std::size_t i = 0; i < table->rows.size(); ++i) use(table->rows.text(i, 0));
///
/// Results are sent inline, as texts in JSON: up to 25 MiB, which Databricks sets.
/// `Sleeper`, `Clock`: how to wait between two questions, and by what time.
/// Guarantee: a statement is submitted once, unless the workspace turned the request away unread; one that takes longer
/// than its time is canceled before its error is returned.
/// Memory: `execute` holds the whole result, `for_each_chunk` one chunk.
/// Threads: any number. The workspace outlives it.
template <class Workspace, resilience::sleeper_policy Sleeper = resilience::thread_sleeper,
          clock_policy Clock = steady_clock>
class warehouse {
 public:
  warehouse(Workspace& workspace, std::string id, Sleeper sleeper = {}, Clock clock = {})
      : workspace_(&workspace), id_(std::move(id)), sleeper_(std::move(sleeper)), clock_(std::move(clock)) {}

  /// Runs a statement to its end and returns its result. `stop`: who may cancel it meanwhile; null: nobody.
  /// Errors: timeout; cancelled; closed; of a statement that failed, what `errc_of` makes of its code, otherwise
  /// invalid_argument, with SQLSTATE and the message; those of `workspace::perform`.
  result<sql_table> execute(const statement& what, const statement_options& options = {},
                            const resilience::stop_source* stop = nullptr) {
    sql_table made;
    auto done = for_each_chunk(
        what,
        [&](const statement_status& of, const sql_rows& rows) {
          if (made.columns.empty()) {
            made.columns = of.columns;
            made.rows = sql_rows(of.columns.size());
            made.is_truncated = of.is_truncated;
          }
          made.rows.merge(rows);
        },
        options, stop);
    if (!done) return std::move(done).error();
    return made;
  }

  /// Runs a statement and calls `use(status, rows)` with each chunk of its result, one at least. Where `use` returns a
  /// `result<void>`, its error ends the walk and is returned. Errors: as `execute`.
  template <class Use>
  result<void> for_each_chunk(const statement& what, Use&& use, const statement_options& options = {},
                              const resilience::stop_source* stop = nullptr) {
    const std::uint64_t begin = time();
    auto status = post(what, options, wait_of(options));
    if (!status) return std::move(status).error();
    status = ended(*std::move(status), begin, options, stop);
    if (!status) return std::move(status).error();
    if (status->state != statement_state::succeeded) return detail::failed_statement(*status);
    sql_rows rows = std::move(status->rows);
    for (std::int64_t next = status->next_chunk;;) {
      if constexpr (std::same_as<decltype(use(*status, rows)), result<void>>) {
        if (auto done = use(*status, rows); !done) return done;
      } else {
        use(*status, rows);
      }
      if (next < 0) return {};
      if (is_over(begin, options, stop)) return end_early(*status, options, stop);
      rows.reset();
      auto following = read_chunk(*status, next, rows);
      if (!following) return std::move(following).error();
      next = *following;
    }
  }

  /// Submits a statement and does not wait. Errors: those of `workspace::perform`.
  result<statement_status> submit(const statement& what, const statement_options& options = {}) {
    return post(what, options, 0);
  }
  /// How a statement stands, with the first chunk once it has succeeded. Errors: not_found: there is none, or it ended
  /// long ago.
  result<statement_status> poll(std::string_view statement_id) { return status_of({.target = path_of(statement_id)}); }
  /// The rows of a chunk, put into `rows`; returns the number of the next one, or -1. `of`: its statement.
  result<std::int64_t> read_chunk(const statement_status& of, std::int64_t number, sql_rows& rows) {
    auto response = workspace_->perform({.target = path_of(of.id) + "/result/chunks/" + std::to_string(number),
                                         .headers = {{"Accept", "application/json"}}});
    if (!response) return std::move(response).error();
    const auto chunk = store::read_message<detail::sql_chunk>(response->body, "a chunk of a result");
    if (!chunk) return chunk.error();
    if (chunk->index != number || (chunk->next >= 0 && chunk->next <= number))
      return error(errc::corrupt, "chunk " + std::to_string(number) + " of the statement " + of.id +
                                      ": the response is of chunk " + std::to_string(chunk->index) +
                                      ", and the next is " + std::to_string(chunk->next));
    if (rows.columns() != of.columns.size()) rows = sql_rows(of.columns.size());
    if (auto done = rows.update(chunk->rows.text); !done) return std::move(done).error();
    return chunk->next;
  }
  /// Asks that a statement be canceled; `poll` tells whether it was. Errors: those of `workspace::perform`.
  result<void> cancel(std::string_view statement_id) {
    auto done = workspace_->perform({.method = "POST",
                                     .target = path_of(statement_id) + "/cancel",
                                     .headers = {{"Content-Type", "application/json"}},
                                     .body = "{}"},
                                    repeatable::yes);
    return done ? result<void>() : std::move(done).error();
  }

 private:
  static std::string path_of(std::string_view id) { return "/api/2.0/sql/statements/" + store::percent_encoded(id); }
  static std::uint32_t wait_of(const statement_options& options) noexcept {
    const auto least = options.timeout.nanoseconds / 1'000'000'000;
    const std::uint32_t wait = options.wait_seconds > 50 ? 50 : options.wait_seconds;
    return wait < 5 || least < wait ? 0 : wait;
  }
  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  bool is_over(std::uint64_t begin, const statement_options& options,
               const resilience::stop_source* stop) const noexcept {
    return (stop != nullptr && stop->stop_requested()) ||
           time() - begin >= static_cast<std::uint64_t>(options.timeout.nanoseconds);
  }

  result<statement_status> post(const statement& what, const statement_options& options, std::uint32_t wait) {
    return status_of({.method = "POST",
                      .target = "/api/2.0/sql/statements",
                      .headers = {{"Content-Type", "application/json"}},
                      .body = detail::statement_body(what, id_, options, wait)});
  }
  result<statement_status> status_of(store::http_request request) {
    request.headers.push_back({"Accept", "application/json"});
    auto response = workspace_->perform(std::move(request));
    if (!response) return std::move(response).error();
    auto read = store::read_message<detail::sql_response>(response->body, "the status of a statement");
    if (!read) return std::move(read).error();
    if (read->id.empty()) return error(errc::corrupt, "the status of a statement has no statement_id");
    if (read->first.links.text != "null")
      return error(errc::unsupported, "the statement " + read->id + " has its result elsewhere: external_links");
    statement_status made;
    made.id = std::move(read->id);
    made.state = read->now.state;
    made.failure = {workspace_->readable(std::move(read->now.failure.code)),
                    workspace_->readable(std::move(read->now.failure.message))};
    made.sql_state = std::move(read->now.sql_state);
    made.columns = std::move(read->manifest.of.columns);
    made.is_truncated = read->manifest.truncated;
    made.next_chunk = read->first.next;
    if (made.next_chunk >= 0 && made.next_chunk <= read->first.index)
      return error(errc::corrupt, "the first chunk of the statement " + made.id + " comes after the next");
    made.rows = sql_rows(made.columns.size());
    if (auto done = made.rows.update(read->first.rows.text); !done) return std::move(done).error();
    return made;
  }

  /// Asks until the statement has ended.
  result<statement_status> ended(statement_status status, std::uint64_t begin, const statement_options& options,
                                 const resilience::stop_source* stop) {
    duration delay = options.first_poll;
    while (!status.has_ended()) {
      if (status.state == statement_state::unknown) return detail::failed_statement(status);
      if (is_over(begin, options, stop)) return end_early(status, options, stop);
      const auto left = options.timeout.nanoseconds - static_cast<std::int64_t>(time() - begin);
      sleeper_.sleep(delay.nanoseconds < left ? delay : duration(left), stop);
      delay = duration(delay.nanoseconds * 2 < options.longest_poll.nanoseconds ? delay.nanoseconds * 2
                                                                                : options.longest_poll.nanoseconds);
      if (is_over(begin, options, stop)) return end_early(status, options, stop);
      auto next = poll(status.id);
      if (!next) return next;
      status = *std::move(next);
    }
    return status;
  }
  error end_early(const statement_status& status, const statement_options& options,
                  const resilience::stop_source* stop) {
    const bool is_cancelled = stop != nullptr && stop->stop_requested();
    std::string text = "the statement " + status.id;
    text += is_cancelled ? " was cancelled by its caller"
                         : " took longer than " + std::to_string(options.timeout.seconds()) + " s";
    if (const auto done = cancel(status.id); !done) text += "; canceling it failed: " + done.error().describe();
    return error(is_cancelled ? errc::cancelled : errc::timeout, std::move(text));
  }

  Workspace* workspace_;
  std::string id_;
  Sleeper sleeper_;
  Clock clock_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_WAREHOUSE_HPP
