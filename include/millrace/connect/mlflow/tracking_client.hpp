#ifndef MILLRACE_CONNECT_MLFLOW_TRACKING_CLIENT_HPP
#define MILLRACE_CONNECT_MLFLOW_TRACKING_CLIENT_HPP

#include <millrace/connect/mlflow/client_options.hpp>
#include <millrace/connect/mlflow/detail/records.hpp>
#include <millrace/connect/mlflow/detail/remote.hpp>
#include <millrace/connect/mlflow/detail/replies.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {

/// The experiments and runs of a server that speaks MLflow's REST API: MLflow's own, `server`, Databricks' workspace.
///
///     auto transport = mr::connect::curl::transport::make("https://tracking.example.org", {.token =
///     std::move(*token)}); mr::connect::mlflow::tracking_client runs(*transport); auto experiment =
///     runs.create_experiment("tuning"); auto run = runs.create_run(experiment->id, {.name = "trial 1", .parameters =
///     {{"lr", "0.1"}}}); runs.log_metric(run->id, "loss", .25, 1); runs.end_run(run->id);
///
/// It has the calls of a `track::tracker` under the same names, and returns its records; what MLflow's API does not say
/// of them is empty: a metric has its last value, not how many there were, nor their figures. A `track::spool` sends to
/// it: it is a `track::run_target`.
/// `Retry`: who makes calls again, a `resilience::retry` or a stack with one. Guarantee: a call is made again only
/// where twice is as good as once: those that read, and those that set something to a value (points, parameters, tags,
/// a status, an artifact). What makes or deletes something is asked once, and an error of the code io or timeout leaves
/// open whether it was done.
/// Allocates: requests and responses. Threads: any number, if the transport and the retry allow it, which outlive it.
/// Errors: those of the transport; those of the server, whose `error_code` they name: not_found, already_exists,
/// invalid_argument, permission_denied, unavailable...; invalid_data: a response that is none of MLflow's.
/// Source: MLflow's REST API, version 2.0.
template <class Transport, class Retry = resilience::retry<>>
class tracking_client {
 public:
  explicit tracking_client(Transport& transport, client_options options = {}, Retry retry = Retry())
      : options_(std::move(options)), server_(transport, options_.root, std::move(retry)) {}
  explicit tracking_client(const Transport&&, client_options = {}, Retry = Retry()) = delete;

  // ---- experiments

  /// `description` becomes a tag, as MLflow has it.
  result<track::experiment> create_experiment(std::string_view name, const track::experiment_options& options = {}) {
    auto id = server_.template send<std::string>(
        "POST", "experiments/create", detail::sending::once,
        [&](json_writer& out) {
          out.member("name", name);
          if (!options.artifact_location.empty()) out.member("artifact_location", options.artifact_location);
          put_tags(out, options.tags, {{track::description_tag, options.description}});
        },
        [](const detail::message& in) -> result<std::string> {
          if (in.spelled("experiment_id").empty()) return detail::message::missing("experiment_id");
          return std::string(in.spelled("experiment_id"));
        });
    if (!id) return std::move(id).error();
    return get_experiment(*id);
  }
  result<track::experiment> get_experiment(std::string_view id) const {
    return server_.template get<track::experiment>("experiments/get", {{"experiment_id", std::string(id)}},
                                                   read_experiment);
  }
  result<track::experiment> find_experiment(std::string_view name) const {
    return server_.template get<track::experiment>("experiments/get-by-name", {{"experiment_name", std::string(name)}},
                                                   read_experiment);
  }
  result<void> rename_experiment(std::string_view id, std::string_view name) {
    return server_.send("POST", "experiments/update", detail::sending::again,
                        [&](json_writer& out) { out.member("experiment_id", id).member("new_name", name); });
  }
  result<void> delete_experiment(std::string_view id) { return experiment_call("experiments/delete", id); }
  result<void> restore_experiment(std::string_view id) { return experiment_call("experiments/restore", id); }
  result<void> set_experiment_tag(std::string_view id, const track::key_value& tag) {
    return server_.send("POST", "experiments/set-experiment-tag", detail::sending::again, [&](json_writer& out) {
      out.member("experiment_id", id).member("key", tag.key).member("value", tag.value);
    });
  }
  /// By the server's grammar.
  result<track::search_page<track::experiment>> search_experiments(const track::search_options& options = {}) const {
    return server_.template send<track::search_page<track::experiment>>(
        "POST", "experiments/search", detail::sending::again,
        [&](json_writer& out) { put_search(out, options, "view_type"); },
        [](const detail::message& in) {
          return detail::read_page<track::search_page<track::experiment>>(in, "experiments", detail::read_experiment);
        });
  }

  // ---- runs

  /// Makes a run, and then logs its parameters: if that fails, the run is there without them.
  result<track::run_info> create_run(std::string_view experiment_id, const track::run_options& options = {}) {
    auto made = server_.template send<track::run_record>(
        "POST", "runs/create", detail::sending::once,
        [&](json_writer& out) {
          out.member("experiment_id", experiment_id);
          out.member("start_time", options.start != 0 ? options.start : now());
          if (!options.name.empty()) out.member("run_name", options.name);
          if (!options.user.empty()) out.member("user_id", options.user);
          put_tags(out, options.tags,
                   {{track::run_name_tag, options.name},
                    {track::parent_run_tag, options.parent},
                    {track::user_tag, options.user},
                    {track::source_name_tag, options.source},
                    {track::description_tag, options.description}});
        },
        read_run);
    if (!made) return std::move(made).error();
    if (!options.parameters.empty())
      if (auto done = log_parameters(made->info.id, options.parameters); !done)
        return std::move(done).error().wrap("the run " + made->info.id + " is made, but has not all its parameters");
    made->info.parameters = options.parameters;
    return std::move(made->info);
  }
  result<track::run_record> get_run(std::string_view id) const {
    return server_.template get<track::run_record>("runs/get", {{"run_id", std::string(id)}}, read_run);
  }
  /// `end`: in milliseconds since 1970; 0: now.
  result<void> end_run(std::string_view id, track::run_status status = track::run_status::finished,
                       std::int64_t end = 0) {
    return update_run(id, [&](json_writer& out) {
      out.member("status", to_string(status)).member("end_time", end != 0 ? end : now());
    });
  }
  result<void> rename_run(std::string_view id, std::string_view name) {
    return update_run(id, [&](json_writer& out) { out.member("run_name", name); });
  }
  result<void> delete_run(std::string_view id) { return run_call("runs/delete", id, detail::sending::once); }
  result<void> restore_run(std::string_view id) { return run_call("runs/restore", id, detail::sending::once); }
  result<void> set_tags(std::string_view id, const std::vector<track::key_value>& tags) {
    return log_batch(id, {.tags = tags});
  }
  result<void> delete_tag(std::string_view id, std::string_view key) {
    return server_.send("POST", "runs/delete-tag", detail::sending::once,
                        [&](json_writer& out) { out.member("run_id", id).member("key", key); });
  }
  result<void> log_parameters(std::string_view id, const std::vector<track::key_value>& parameters) {
    return log_batch(id, {.parameters = parameters});
  }
  /// `time`: in milliseconds since 1970; 0: now. It costs a request: `log_batch` has room for a thousand.
  result<void> log_metric(std::string_view id, std::string_view key, double value, std::int64_t step = 0,
                          std::int64_t time = 0) {
    const track::named_point point{std::string(key), {step, time != 0 ? time : now(), value}};
    return server_.send("POST", "runs/log-metric", detail::sending::again, [&](json_writer& out) {
      out.member("run_id", id);
      put_point(out, point);
    });
  }
  /// As many requests as MLflow's limits of one make necessary, the points before the tags: where it is more than one,
  /// an error leaves what came before it.
  result<void> log_batch(std::string_view id, const track::run_batch& batch) {
    std::span<const track::named_point> metrics(batch.metrics);
    std::span<const track::key_value> parameters(batch.parameters);
    std::span<const track::key_value> tags(batch.tags);
    const auto ask = [&](std::span<const track::named_point> points, std::span<const track::key_value> texts,
                         std::span<const track::key_value> marks) {
      return server_.send("POST", "runs/log-batch", detail::sending::again, [&](json_writer& out) {
        out.member("run_id", id);
        put_list(out, "metrics", points, put_point);
        put_list(out, "params", texts, put_pair);
        put_list(out, "tags", marks, put_pair);
      });
    };
    while (metrics.size() > max_batch - 2 * max_texts)
      if (auto done = ask(take(metrics, max_batch), {}, {}); !done) return done;
    do {
      const auto texts = take(parameters, max_texts);
      const auto marks = take(tags, max_texts);
      if (auto done = ask(take(metrics, max_batch), texts, marks); !done) return done;
    } while (!parameters.empty() || !tags.empty());
    return {};
  }
  /// All points of a metric, in the server's order. A run without that metric has none.
  result<std::vector<track::metric_point>> history(std::string_view id, std::string_view key) const {
    using page = track::search_page<track::metric_point>;
    std::vector<track::metric_point> made;
    for (std::string token;;) {
      std::vector<store::http_parameter> query = {
          {"run_id", std::string(id)}, {"metric_key", std::string(key)}, {"max_results", "25000"}};
      if (!token.empty()) query.push_back({"page_token", token});
      auto read = server_.template get<page>("metrics/get-history", std::move(query), [](const detail::message& in) {
        return detail::read_page<page>(in, "metrics", detail::read_point);
      });
      if (!read) return std::move(read).error();
      made.insert(made.end(), read->items.begin(), read->items.end());
      if (read->next_page_token.empty()) return made;
      if (read->next_page_token == token || read->items.empty())
        return error(errc::invalid_data, "metrics/get-history: the pages do not end");
      token = std::move(read->next_page_token);
    }
  }
  /// By the server's grammar.
  result<track::search_page<track::run_record>> search_runs(std::span<const std::string> experiment_ids,
                                                            const track::search_options& options = {}) const {
    return server_.template send<track::search_page<track::run_record>>(
        "POST", "runs/search", detail::sending::again,
        [&](json_writer& out) {
          out.key("experiment_ids").begin_array();
          for (const std::string& each : experiment_ids) out.value(each);
          out.end_array();
          put_search(out, options, "run_view_type");
        },
        [](const detail::message& in) {
          return detail::read_page<track::search_page<track::run_record>>(in, "runs", detail::read_run);
        });
  }

  // ---- artifacts, where the server hands them on

  /// `type`: of the content, such as image/png; a word that is none of those types is not sent.
  /// Errors: also unsupported: the run's artifacts are somewhere else than behind the server.
  result<void> log_artifact(std::string_view id, std::string_view path, std::span<const std::byte> bytes,
                            std::string_view type = {}) {
    const auto target = artifact_target(id, path);
    if (!target) return target.error();
    if (type.find('/') == type.npos) type = "application/octet-stream";
    store::http_request request{"PUT", *target, {{"Content-Type", std::string(type)}}};
    request.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return done(server_.ask("the upload of an artifact", request, detail::sending::again));
  }
  result<std::vector<std::byte>> read_artifact(std::string_view id, std::string_view path) const {
    const auto target = artifact_target(id, path);
    if (!target) return target.error();
    const auto response = server_.ask("the download of an artifact", {"GET", *target}, detail::sending::again);
    if (!response) return response.error();
    const auto bytes = std::as_bytes(std::span(response->body));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
  result<void> delete_artifact(std::string_view id, std::string_view path) {
    const auto target = artifact_target(id, path);
    if (!target) return target.error();
    return done(server_.ask("the deletion of an artifact", {"DELETE", *target}, detail::sending::once));
  }
  /// What is in a folder of a run's artifacts, the empty one being all of it.
  result<std::vector<track::artifact_entry>> list_artifacts(std::string_view id, std::string_view folder = {}) const {
    using page = track::search_page<track::artifact_entry>;
    std::vector<store::http_parameter> query = {{"run_id", std::string(id)}};
    if (!folder.empty()) query.push_back({"path", std::string(folder)});
    auto read = server_.template get<page>("artifacts/list", std::move(query), [](const detail::message& in) {
      return detail::read_page<page>(in, "files", detail::read_entry);
    });
    if (!read) return std::move(read).error();
    return std::move(read->items);
  }

 private:
  // Limits of MLflow's requests.
  static constexpr std::size_t max_batch = 1000;
  static constexpr std::size_t max_texts = 100;

  struct named_text {
    std::string_view key;
    std::string_view value;
  };

  static result<track::experiment> read_experiment(const detail::message& in) {
    const auto found = in.object("experiment");
    if (!found) return found.error();
    return detail::read_experiment(*found);
  }
  static result<track::run_record> read_run(const detail::message& in) {
    const auto found = in.object("run");
    if (!found) return found.error();
    return detail::read_run(*found);
  }

  static void put_pair(json_writer& out, const track::key_value& each) {
    out.member("key", each.key).member("value", each.value);
  }
  static void put_point(json_writer& out, const track::named_point& each) {
    detail::put_point(out, each.key, each.point);
  }
  template <class Item>
  static void put_list(json_writer& out, const char* name, std::span<const Item> items,
                       void (*put)(json_writer&, const Item&)) {
    if (items.empty()) return;
    out.key(name).begin_array();
    for (const Item& each : items) {
      out.begin_object();
      put(out, each);
      out.end_object();
    }
    out.end_array();
  }
  template <class Item>
  static std::span<const Item> take(std::span<const Item>& from, std::size_t most) {
    const auto taken = from.first(from.size() < most ? from.size() : most);
    from = from.subspan(taken.size());
    return taken;
  }
  /// The tags, and the others where these do not say them already and which are not empty.
  static void put_tags(json_writer& out, const std::vector<track::key_value>& tags,
                       std::initializer_list<named_text> others) {
    std::vector<track::key_value> all = tags;
    for (const named_text& each : others) {
      bool is_there = each.value.empty();
      for (const track::key_value& tag : tags) is_there = is_there || tag.key == each.key;
      if (!is_there) all.push_back({std::string(each.key), std::string(each.value)});
    }
    put_list<track::key_value>(out, "tags", all, put_pair);
  }
  static void put_search(json_writer& out, const track::search_options& options, const char* view) {
    if (!options.filter.empty()) out.member("filter", options.filter);
    if (!options.order_by.empty()) {
      out.key("order_by").begin_array();
      for (const std::string& each : options.order_by) out.value(each);
      out.end_array();
    }
    out.member(view, to_string(options.view)).member("max_results", options.max_results);
    if (!options.page_token.empty()) out.member("page_token", options.page_token);
  }

  result<void> experiment_call(std::string_view call, std::string_view id) {
    return server_.send("POST", call, detail::sending::once,
                        [&](json_writer& out) { out.member("experiment_id", id); });
  }
  result<void> run_call(std::string_view call, std::string_view id, detail::sending how) {
    return server_.send("POST", call, how, [&](json_writer& out) { out.member("run_id", id); });
  }
  template <class Write>
  result<void> update_run(std::string_view id, const Write& write) {
    return server_.send("POST", "runs/update", detail::sending::again, [&](json_writer& out) {
      out.member("run_id", id);
      write(out);
    });
  }
  static result<void> done(const result<store::http_response>& response) {
    if (!response) return response.error();
    return {};
  }

  /// Where the server hands on an artifact of a run.
  result<std::string> artifact_target(std::string_view id, std::string_view path) const {
    if (auto fine = store::check_storage_key(path); !fine) return std::move(fine).error();
    const auto root = server_.template get<std::string>("runs/get", {{"run_id", std::string(id)}},
                                                        [](const detail::message& in) -> result<std::string> {
                                                          const auto run = in.object("run");
                                                          if (!run) return run.error();
                                                          const auto info = run->object("info");
                                                          if (!info) return info.error();
                                                          return info->required("artifact_uri");
                                                        });
    if (!root) return root.error();
    constexpr std::string_view scheme = "mlflow-artifacts:/";
    std::string_view place = *root;
    if (!place.starts_with(scheme) || place.substr(scheme.size()).starts_with('/'))
      return error(errc::unsupported, "the artifacts of the run " + millrace::detail::quoted_text(id) + " are at " +
                                          millrace::detail::quoted_text(*root) +
                                          ", which the server does not hand on: it says mlflow-artifacts:/ of those");
    place.remove_prefix(scheme.size());
    return store::percent_encoded(options_.artifacts + std::string(place) + '/' + std::string(path), true);
  }

  std::int64_t now() const noexcept { return static_cast<std::int64_t>(options_.wall_clock() / 1'000'000U); }

  client_options options_;
  detail::remote<Transport, Retry> server_;
};

/// As `track::search_runs` of a tracker.
template <class Transport, class Retry>
result<track::search_page<track::run_record>> search_runs(const tracking_client<Transport, Retry>& of,
                                                          const std::vector<std::string>& experiment_ids,
                                                          const track::search_options& options = {}) {
  return of.search_runs(experiment_ids, options);
}
template <class Transport, class Retry>
result<track::search_page<track::experiment>> search_experiments(const tracking_client<Transport, Retry>& of,
                                                                 const track::search_options& options = {}) {
  return of.search_experiments(options);
}

}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_TRACKING_CLIENT_HPP
