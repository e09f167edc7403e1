#ifndef MILLRACE_CONNECT_REST_PARTS_MODEL_STAGES_HPP
#define MILLRACE_CONNECT_REST_PARTS_MODEL_STAGES_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/http.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {
template <class R>
concept keeps_versions =
    requires(R& models, registry::version_draft draft, registry::transition to, registry::request_draft request,
             registry::review_draft review, std::string_view name) {
      { models.register_version(draft) } -> std::same_as<result<registry::model_version>>;
      { models.find_version(name, std::uint64_t{}) } -> std::same_as<result<registry::model_version>>;
      { models.move(to) } -> std::same_as<result<registry::stage_change>>;
      { models.request_transition(request) } -> std::same_as<result<registry::transition_request>>;
      { models.review(review) } -> std::same_as<result<registry::transition_request>>;
    };
}  // namespace detail

/// The part of an API that keeps versions of models in a registry, and moves them through their stages:
///
///     POST /models/register                  {"name": "churn", "version": "1.2.0", "metrics": {"auc": 0.95}, ...}
///     GET  /models/{name}/{version}          by its number, its semantic version, or an alias
///     POST /models/{name}/{version}/promote  {"stage": "staging", "reason": "..."}
///     POST /models/{name}/{version}/approve  {"verdict": "approve", "comment": "..."}
///
/// Where reviewers have to approve a promotion, a request is opened for it, and the status is 202. The actor is the
/// user whose token the request has; `anonymous` where nobody is asked. The registry outlives it.
template <class Registry>
class model_stages {
  static_assert(millrace::detail::requirement<detail::keeps_versions<Registry>, Registry>,
                "millrace[REST-10]: versions of models are kept in a registry, such as registry::model_registry");

 public:
  explicit model_stages(Registry& models) noexcept : models_(&models) {}
  explicit model_stages(Registry&&) { static_cast<void>(sizeof(temporary_object<Registry>)); }

 private:
  static constexpr member version_members[] = {
      {.name = "name", .least = 1, .most = 256},
      {.name = "version", .is_required = false, .most = 256, .about = "its semantic version"},
      {.name = "description", .is_required = false, .most = 10'000},
      {.name = "framework", .is_required = false, .most = 256},
      {.name = "source", .is_required = false, .most = 2'000, .about = "where its files are"},
      {.name = "run_id", .is_required = false, .most = 256},
      {.name = "metrics", .kind = value_kind::object, .is_required = false, .about = "numbers"},
      {.name = "hyperparameters", .kind = value_kind::object, .is_required = false, .about = "texts and numbers"},
      {.name = "tags", .kind = value_kind::object, .is_required = false, .about = "texts and numbers"}};
  static constexpr member promotion_members[] = {
      {.name = "stage", .choices = "development,staging,production,archived"},
      {.name = "reason", .is_required = false, .most = 10'000}};
  static constexpr member review_members[] = {
      {.name = "verdict", .is_required = false, .about = "approve, if it is left out", .choices = "approve,reject"},
      {.name = "comment", .is_required = false, .most = 10'000}};
  static constexpr std::string_view request_schema =
      R"({"type":"object","required":["name","version","request","status"],"properties":{"name":{"type":"string"},)"
      R"("version":{"type":"integer"},"request":{"type":"integer"},"status":{"type":"string"},)"
      R"("approvals":{"type":"integer"},"approved_by":{"type":"integer"}}})";
  static constexpr refusal taken[] = {
      {403, "A hook refuses it"}, {404, "Something that it names is not there"}, {409, "The version is there already"}};
  static constexpr refusal no_version[] = {{404, "There is no such version"}};
  static constexpr refusal kept[] = {
      {202, "Reviewers are asked, by a request that is opened", "application/json", request_schema},
      {403, "Not allowed"},
      {404, "There is no such version"},
      {409, "The version is there already, or a gate keeps it out"}};
  static constexpr refusal unreviewed[] = {{403, "The user may not review it"},
                                           {404, "There is no such version, or no request is open for it"},
                                           {409, "The request is over, or a gate keeps the version out"},
                                           {504, "The request has expired"}};
  static constexpr std::string_view version_schema =
      R"({"type":"object","required":["name","version","stage","created"],"properties":{"name":{"type":"string"},)"
      R"("version":{"type":"integer"},"semantic_version":{"type":"string"},"stage":{"type":"string"},)"
      R"("metrics":{"type":"object"},"tags":{"type":"object"},"created":{"type":"string"}}})";
  static constexpr std::string_view change_schema =
      R"({"type":"object","required":["name","version"],"properties":{"name":{"type":"string"},)"
      R"("version":{"type":"integer"},"from":{"type":"string"},"to":{"type":"string"}}})";

  static std::string actor(const call& asked) {
    return asked.user.empty() ? std::string("anonymous") : std::string(asked.user);
  }
  /// What the registry refuses as it is asked for is what the body says.
  static result<store::http_response> refused(const error& why) {
    if (why.code() == errc::invalid_argument) return problem_response(why, 422);
    if (why.code() == errc::closed) return problem_response(why, 409);
    return why;
  }

  result<store::http_response> add(const call& asked) const {
    registry::version_draft draft;
    draft.model = asked.in.text("name");
    draft.semantic = asked.in.text("version");
    draft.description = asked.in.text("description");
    draft.framework = asked.in.text("framework");
    draft.source = asked.in.text("source");
    draft.run_id = asked.in.text("run_id");
    draft.actor = actor(asked);
    if (auto read = read_metrics(asked.in.raw("metrics"), draft.metrics); !read) return std::move(read).error();
    for (const auto& [name, into] : {std::pair{"hyperparameters", &draft.hyperparameters}, {"tags", &draft.tags}})
      if (auto read = read_tags(asked.in.raw(name), name, *into); !read) return std::move(read).error();
    const auto made = models_->register_version(std::move(draft));
    return made ? respond(*made, 201) : refused(made.error());
  }
  result<store::http_response> find(const call& asked) const {
    const auto found = find_version(asked);
    return found ? respond(*found, 200) : refused(found.error());
  }
  result<store::http_response> promote(const call& asked) const {
    const auto found = find_version(asked);
    if (!found) return refused(found.error());
    const auto to = registry::parse_stage(asked.in.text("stage"));
    if (!to) return refused(to.error());
    const auto moved = models_->move({.model = found->model,
                                      .version = found->version,
                                      .to = *to,
                                      .actor = actor(asked),
                                      .reason = asked.in.text("reason")});
    if (moved) {
      std::string json;
      json_writer(json)
          .begin_object()
          .member("name", found->model)
          .member("version", moved->version)
          .member("from", to_string(moved->from))
          .member("to", to_string(moved->to))
          .end_object();
      return json_response(std::move(json));
    }
    if (moved.error().code() != errc::permission_denied) return refused(moved.error());
    const auto request = models_->request_transition({.model = found->model,
                                                      .version = found->version,
                                                      .to = *to,
                                                      .justification = asked.in.text("reason"),
                                                      .actor = actor(asked)});
    return request ? respond(*request, 202) : refused(request.error());
  }
  result<store::http_response> review(const call& asked) const {
    const auto found = find_version(asked);
    if (!found) return refused(found.error());
    const auto requests = models_->list_requests(found->model);
    if (!requests) return refused(requests.error());
    for (const registry::transition_request& each : *requests) {
      if (each.version != found->version || each.status != registry::request_status::open) continue;
      const auto done = models_->review(
          {.model = found->model,
           .request = each.number,
           .verdict = asked.in.text("verdict") == "reject" ? registry::verdict::reject : registry::verdict::approve,
           .comment = asked.in.text("comment"),
           .actor = actor(asked)});
      return done ? respond(*done, 200) : refused(done.error());
    }
    return error(errc::not_found, "no request is open for this version");
  }

  result<registry::model_version> find_version(const call& asked) const {
    const std::string_view name = asked.in_path("name"), which = asked.in_path("version");
    std::uint64_t number = 0;
    const auto read = std::from_chars(which.data(), which.data() + which.size(), number);
    const bool is_number = read.ec == std::errc() && read.ptr == which.data() + which.size();
    auto found = is_number                       ? models_->find_version(name, number)
                 : which.find('.') != which.npos ? models_->find_semantic(name, which)
                                                 : models_->find_alias(name, which);
    if (!found && found.error().code() == errc::invalid_argument)  // a name that none can have
      return error(errc::not_found, "there is no version " + millrace::detail::quoted_text(which) + " of " +
                                        millrace::detail::quoted_text(name));
    return found;
  }
  static result<store::http_response> respond(const registry::model_version& one, int status) {
    std::string json;
    json_writer out(json);
    out.begin_object().member("name", one.model).member("version", one.version);
    if (!one.semantic.empty()) out.member("semantic_version", one.semantic);
    out.member("stage", to_string(one.stage)).member("description", one.description);
    out.member("framework", one.framework).member("source", one.source).member("run_id", one.run_id);
    out.key("metrics").begin_object();
    for (const registry::metric& each : one.metrics) out.member(each.key, each.value);
    out.end_object();
    const auto write = [&](std::string_view name, const std::vector<registry::tag>& tags) {
      out.key(name).begin_object();
      for (const registry::tag& each : tags) out.member(each.key, each.value);
      out.end_object();
    };
    write("hyperparameters", one.hyperparameters);
    write("tags", one.tags);
    out.key("aliases").begin_array();
    for (const std::string& each : one.aliases) out.value(each);
    out.end_array().member("created_by", one.created_by).member("created", to_iso8601(one.created));
    out.end_object();
    return json_response(std::move(json), status);
  }
  static result<store::http_response> respond(const registry::transition_request& one, int status) {
    std::string json;
    json_writer(json)
        .begin_object()
        .member("name", one.model)
        .member("version", one.version)
        .member("request", one.number)
        .member("to", to_string(one.to))
        .member("status", to_string(one.status))
        .member("approvals", one.approvals)
        .member("approved_by", one.approved_by())
        .end_object();
    return json_response(std::move(json), status);
  }

  /// Calls `use(name, token, spelled)` for each member of an object.
  template <class Use>
  static result<void> for_each_member(std::string_view json, std::string_view name, const Use& use) {
    using token = millrace::detail::json_token;
    if (json.empty()) return {};
    millrace::detail::json_reader reader(json);
    static_cast<void>(reader.next());
    while (reader.next() == token::key) {
      const std::string key = millrace::detail::json_unescaped(reader.raw());
      const token value = reader.next();
      if (value == token::object || value == token::array || !use(key, value, reader.raw()))
        return error(errc::invalid_data, millrace::detail::quoted_text(name) + ": " +
                                             millrace::detail::quoted_text(key) + " is of a kind that is not taken");
    }
    return {};
  }
  static result<void> read_metrics(std::string_view json, std::vector<registry::metric>& into) {
    return for_each_member(json, "metrics",
                           [&](const std::string& key, millrace::detail::json_token kind, std::string_view text) {
                             double value = 0;
                             if (kind != millrace::detail::json_token::number ||
                                 !millrace::detail::read_real(text, value) || !__builtin_isfinite(value))
                               return false;
                             into.push_back({key, value});
                             return true;
                           });
  }
  static result<void> read_tags(std::string_view json, std::string_view name, std::vector<registry::tag>& into) {
    return for_each_member(json, name,
                           [&](const std::string& key, millrace::detail::json_token kind, std::string_view text) {
                             using token = millrace::detail::json_token;
                             if (kind == token::text)
                               into.push_back({key, millrace::detail::json_unescaped(text)});
                             else if (kind == token::number)
                               into.push_back({key, std::string(text)});
                             else if (kind == token::yes || kind == token::no)
                               into.push_back({key, kind == token::yes ? "true" : "false"});
                             else
                               return false;
                             return true;
                           });
  }

  Registry* models_;

 public:
  static constexpr route<model_stages> routes[] = {
      {"POST",
       "/models/register",
       &model_stages::add,
       {.id = "register_model",
        .summary = "Register a version of a model",
        .tag = "registry",
        .takes = version_members,
        .status = 201,
        .returns = version_schema,
        .refuses = taken,
        .is_audited = true}},
      {"GET",
       "/models/{name}/{version}",
       &model_stages::find,
       {.id = "find_version",
        .summary = "What a version is",
        .tag = "registry",
        .returns = version_schema,
        .refuses = no_version}},
      {"POST",
       "/models/{name}/{version}/promote",
       &model_stages::promote,
       {.id = "promote_version",
        .summary = "Move a version to another stage",
        .tag = "registry",
        .takes = promotion_members,
        .returns = change_schema,
        .refuses = kept,
        .is_audited = true}},
      {"POST",
       "/models/{name}/{version}/approve",
       &model_stages::review,
       {.id = "review_version",
        .summary = "Approve or reject what is asked for a version",
        .tag = "registry",
        .takes = review_members,
        .returns = request_schema,
        .refuses = unreviewed,
        .is_audited = true}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_MODEL_STAGES_HPP
