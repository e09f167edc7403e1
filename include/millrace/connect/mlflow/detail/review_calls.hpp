#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_REVIEW_CALLS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_REVIEW_CALLS_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/model_names.hpp>
#include <millrace/connect/mlflow/detail/model_records.hpp>
#include <millrace/connect/mlflow/detail/refusal.hpp>
#include <millrace/connect/mlflow/detail/route.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>

#include <charconv>
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
namespace mlflow {
namespace detail {

/// A comment's place as its identifier, `NAME/VERSION/NUMBER`, which no name of a model makes ambiguous.
struct comment_place {
  version_place of;
  std::uint64_t number = 0;

  std::string id() const { return of.model + '/' + std::to_string(of.version) + '/' + std::to_string(number); }
  static result<comment_place> parse(const std::string& id) {
    comment_place made;
    std::string_view rest = id;
    for (std::uint64_t* const each : {&made.number, &made.of.version}) {
      const std::size_t slash = rest.rfind('/');
      const std::string_view digits = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
      const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), *each);
      if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size() || *each == 0)
        return error(errc::not_found, "there is no comment " + quoted_text(id));
      rest = rest.substr(0, slash);
    }
    made.of.model = rest;
    return made;
  }
};

/// The calls that Databricks' workspace registry has besides MLflow's: requests for transitions, and comments. A
/// request is known by its version, its stage and who has asked. Source: Databricks' REST API for its workspace model
/// registry.
template <class Registry>
class review_calls {
 public:
  review_calls(Registry& models, std::string_view who) noexcept : models_(&models), who_(who) {}

  static constexpr refusal refusal_of(errc code) noexcept {
    switch (code) {
      case errc::closed: return {"INVALID_STATE_TRANSITION", 400};  // rejected, withdrawn or expired: it stays so
      case errc::conflict:
        return {"RESOURCE_CONFLICT", 409};  // a gate, or it is approved already
      // Not MLflow's status, 500, at which its clients try again.
      case errc::checksum_mismatch: return {"DATA_LOSS", 409};
      default: return detail::refusal_of(code);
    }
  }

  result<void> create_request(const message& in, json_writer& out) const {
    return with_request(in, [&](const asked& what) -> result<void> {
      registry::request_draft draft;
      draft.model = what.of.model;
      draft.version = what.of.version;
      draft.to = what.to;
      draft.archives_others = false;  // unless who approves it says so
      draft.justification = what.comment;
      draft.actor = who_;
      const auto made = models_->request_transition(std::move(draft));
      if (!made) return made.error();
      out.key("request").begin_object();
      put_request_members(out, *made);
      out.end_object();
      return {};
    });
  }
  /// The requests for a version that are open.
  result<void> list_requests(const message& in, json_writer& out) const {
    const auto at = version_of(in);
    if (!at) return at.error();
    const auto version = models_->find_version(at->model, at->version);
    if (!version) return version.error();
    const auto all = models_->list_requests(at->model);
    if (!all) return all.error();
    out.key("requests").begin_array();
    for (const registry::transition_request& each : *all) {
      if (each.version != at->version || each.status != registry::request_status::open) continue;
      out.begin_object().member("id", id_of(each)).member("activity_type", "REQUESTED_TRANSITION");
      out.member("from_stage", stage_name(version->stage));
      put_request_members(out, each);
      out.end_object();
    }
    out.end_array();
    return {};
  }
  result<void> approve_request(const message& in, json_writer& out) const {
    const auto archives = in.boolean("archive_existing_versions", false);
    if (!archives) return archives.error();
    return with_request(in, [&](const asked& what) -> result<void> {
      registry::review_draft draft = review_of(what, registry::verdict::approve);
      draft.archives_others = *archives;
      return review(what, std::move(draft), "APPROVED_REQUEST", out);
    });
  }
  result<void> reject_request(const message& in, json_writer& out) const {
    return with_request(in, [&](const asked& what) {
      return review(what, review_of(what, registry::verdict::reject), "REJECTED_REQUEST", out);
    });
  }
  /// Takes back the request of who is named as its creator, which they themselves may.
  result<void> delete_request(const message& in, json_writer& out) const {
    return with_request(in, [&](const asked& what) -> result<void> {
      const auto creator = in.required("creator");
      if (!creator) return creator.error();
      const auto found = find(what, [&](const auto& each) { return each.requester == *creator; });
      if (!found) return found.error();
      const auto gone = settled(models_->withdraw(what.of.model, found->number, who_, what.comment), *found);
      if (!gone) return gone.error();
      put_activity(out, what, *gone, "CANCELLED_REQUEST", gone->closed);
      return {};
    });
  }

  result<void> create_comment(const message& in, json_writer& out) const {
    const auto at = version_of(in);
    if (!at) return at.error();
    auto text = in.required("comment");
    if (!text) return std::move(text).error();
    return show(out, *at, models_->write_comment(at->model, at->version, *std::move(text), std::string(who_)));
  }
  result<void> update_comment(const message& in, json_writer& out) const {
    return with_comment(in, [&](const comment_place& at) -> result<void> {
      auto text = in.required("comment");
      if (!text) return std::move(text).error();
      return show(out, at.of,
                  models_->write_comment(at.of.model, at.of.version, *std::move(text), std::string(who_), at.number));
    });
  }
  result<void> delete_comment(const message& in, json_writer&) const {
    return with_comment(in, [&](const comment_place& at) {
      return models_->remove_comment(at.of.model, at.of.version, at.number, who_);
    });
  }

  static constexpr route<review_calls> routes[] = {
      {"POST", "transition-requests/create", &review_calls::create_request},
      {"GET", "transition-requests/list", &review_calls::list_requests},
      {"POST", "transition-requests/approve", &review_calls::approve_request},
      {"POST", "transition-requests/reject", &review_calls::reject_request},
      {"DELETE", "transition-requests/delete", &review_calls::delete_request},
      {"POST", "comments/create", &review_calls::create_comment},
      {"PATCH", "comments/update", &review_calls::update_comment},
      {"DELETE", "comments/delete", &review_calls::delete_comment},
  };

 private:
  using transition_request = registry::transition_request;

  struct asked {
    version_place of;
    registry::stage to;
    std::string comment;
  };
  template <class Use>
  static result<void> with_request(const message& in, const Use& use) {
    auto at = version_of(in);
    if (!at) return std::move(at).error();
    const auto to = stage_of(in);
    if (!to) return to.error();
    auto comment = in.text("comment");
    if (!comment) return std::move(comment).error();
    return use(asked{*std::move(at), *to, *std::move(comment)});
  }
  template <class Use>
  static result<void> with_comment(const message& in, const Use& use) {
    const auto id = in.required("id");
    if (!id) return id.error();
    const auto at = comment_place::parse(*id);
    if (!at) return at.error();
    return use(*at);
  }

  registry::review_draft review_of(const asked& what, registry::verdict verdict) const {
    registry::review_draft draft;
    draft.model = what.of.model;
    draft.verdict = verdict;
    draft.comment = what.comment;
    draft.actor = who_;
    return draft;
  }
  result<void> review(const asked& what, registry::review_draft draft, const char* type, json_writer& out) const {
    const auto found = find(what, [&](const auto& each) { return each.requester != who_; });
    if (!found) return found.error();
    draft.request = found->number;
    const auto reviewed = settled(models_->review(std::move(draft)), *found);
    if (!reviewed) return reviewed.error();
    put_activity(out, what, *reviewed, type, reviewed->reviews.back().at);
    return {};
  }
  /// The request that a call means: an open one that `is_meant`, or any open one, or else the last one, so that the
  /// registry says why nothing can be done about it any more.
  template <class IsMeant>
  result<transition_request> find(const asked& what, const IsMeant& is_meant) const {
    auto all = models_->list_requests(what.of.model);
    if (!all) return std::move(all).error();
    transition_request* found = nullptr;
    int rank = -1;
    for (transition_request& each : *all) {
      if (each.version != what.of.version || each.to != what.to) continue;
      const bool is_open = each.status == registry::request_status::open;
      const int own = is_open ? 1 + is_meant(each) : 0;
      if (own < rank || (own == rank && is_open)) continue;  // of those that are open, the first one
      found = &each;
      rank = own;
    }
    if (found == nullptr)
      return error(errc::not_found, "nobody has asked that version " + std::to_string(what.of.version) +
                                        " of the model " + quoted_text(what.of.model) + " enter " +
                                        std::string(stage_name(what.to)));
    return std::move(*found);
  }
  /// To clients, a request whose time is over is closed as any other; a storage that takes too long is not.
  result<transition_request> settled(result<transition_request> made, const transition_request& before) const {
    if (made || made.error().code() != errc::timeout) return made;
    const auto now = models_->find_request(before.model, before.number);
    if (now && now->status == registry::request_status::expired)
      return error(errc::closed, std::string(made.error().message()));
    return made;
  }

  static std::string id_of(const transition_request& of) {
    return of.model + '/' + std::to_string(of.version) + "/requests/" + std::to_string(of.number);
  }
  void put_request_members(json_writer& out, const transition_request& of) const {
    out.member("user_id", of.requester).member("creation_timestamp", in_milliseconds(of.created));
    out.member("to_stage", stage_name(of.to)).member("comment", of.justification);
    out.key("available_actions").begin_array();
    if (of.requester == who_)
      out.value("CANCEL_TRANSITION_REQUEST");
    else
      out.value("APPROVE_TRANSITION_REQUEST").value("REJECT_TRANSITION_REQUEST");
    out.end_array();
  }
  void put_activity(json_writer& out, const asked& what, const transition_request& of, const char* type,
                    std::uint64_t when) const {
    out.key("activity").begin_object();
    out.member("id", id_of(of)).member("activity_type", type).member("user_id", who_);
    out.member("creation_timestamp", in_milliseconds(when)).member("last_updated_timestamp", in_milliseconds(when));
    out.member("to_stage", stage_name(of.to)).member("comment", what.comment);
    out.end_object();
  }
  static result<void> show(json_writer& out, const version_place& at, const result<registry::comment>& made) {
    if (!made) return made.error();
    out.key("comment").begin_object();
    out.member("id", comment_place{at, made->number}.id()).member("user_id", made->author);
    out.member("comment", made->text).member("creation_timestamp", in_milliseconds(made->created));
    out.member("last_updated_timestamp", in_milliseconds(made->updated));
    out.key("available_actions").begin_array().value("EDIT_COMMENT").value("DELETE_COMMENT").end_array();
    out.end_object();
    return {};
  }

  Registry* models_;
  std::string_view who_;
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_REVIEW_CALLS_HPP
