#ifndef MILLRACE_REGISTRY_DETAIL_APPROVALS_HPP
#define MILLRACE_REGISTRY_DETAIL_APPROVALS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/detail/requests.hpp>
#include <millrace/registry/detail/transitions.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests for transitions, and what reviewers say to them, each function within a transaction.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

inline bool is_among(const std::vector<std::string>& names, std::string_view name) noexcept {
  for (const std::string& each : names)
    if (each == name) return true;
  return false;
}

/// What a review came to. A request that has expired is marked so in the transaction, and the reviewer is told behind
/// it.
struct review_outcome {
  transition_request request;
  std::vector<stage_change> moved;  // the transition, if this review brought it about
  bool was_expired = false;
  result<void> stopped = {};  // by a gate: the approval that would have been enough is not counted
};

template <class Edges, class Ledger>
result<transition_request> open_request(Ledger& books, const request_draft& draft) {
  auto of = books.find_model(draft.model);
  if (!of) return std::move(of).error();
  const auto version = books.find_version(*of, draft.version);
  if (!version) return version.error();
  if (auto fine = check_edge<Edges>(version->stage, draft.to); !fine)
    return std::move(fine).error().wrap(name_of(of->name, version->version));
  bool has_rule = false;
  const auto rule = books.rule(of->id, draft.to, &has_rule);
  if (!rule) return rule.error();
  const bool is_ruled = has_rule && rule->approvals != 0;
  transition_request made;
  made.model = of->name;
  made.number = ++of->last_request;
  made.version = draft.version;
  made.to = draft.to;
  made.archives_others = draft.archives_others;
  made.requester = draft.actor;
  made.justification = draft.justification;
  made.digest = version->digest;
  made.approvals = is_ruled ? rule->approvals : draft.approvals;
  made.reviewers = is_ruled ? rule->reviewers : draft.reviewers;
  const std::uint64_t lifetime = is_ruled ? rule->lifetime : draft.lifetime;
  made.created = books.now();
  if (lifetime != 0)
    made.expires = lifetime > ~std::uint64_t{0} - made.created ? ~std::uint64_t{0} : made.created + lifetime;
  if (made.approvals == 0) return error(errc::invalid_argument, "a request needs at least one approval");
  std::size_t others = 0;
  for (const std::string& each : made.reviewers) others += each != made.requester;
  if (!made.reviewers.empty() && others < made.approvals)
    return error(errc::invalid_argument, std::to_string(made.approvals) + " approvals are needed, and " +
                                             std::to_string(others) + " reviewers besides " +
                                             quoted_text(made.requester) + " could give one");
  if (auto done = books.keep(*of, made); !done) return std::move(done).error();
  if (auto done = books.keep(*of); !done) return std::move(done).error();
  auto done = books.note("approval_requested", made.requester, object_of(of->name, made.version), made.justification,
                         fields_of(made));
  if (!done) return std::move(done).error();
  return made;
}

/// Says why nobody can review, comment or withdraw a request any more.
inline error closed_request(const transition_request& request) {
  // What was rejected, withdrawn or is over stays so; what was approved is done.
  const errc code = request.status == request_status::expired    ? errc::timeout
                    : request.status == request_status::approved ? errc::conflict
                                                                 : errc::closed;
  std::string text = name_of(request) + " is ";
  if (request.status == request_status::rejected && !request.reviews.empty())
    text += "rejected, by " + quoted_text(request.reviews.back().reviewer);
  else
    text += to_string(request.status);
  return error(code, text + ", and stays so");
}

inline result<void> may_review(const transition_request& request, const review_draft& draft) {
  if (draft.actor == request.requester)
    return error(errc::permission_denied, quoted_text(draft.actor) + " has asked for " + name_of(request) +
                                              " and cannot review it: nobody approves their own");
  if (!request.reviewers.empty() && !is_among(request.reviewers, draft.actor))
    return error(errc::permission_denied,
                 quoted_text(draft.actor) + " is none of the reviewers of " + name_of(request));
  for (const review& each : request.reviews)
    if (each.reviewer == draft.actor)
      return error(errc::already_exists, quoted_text(draft.actor) + " has reviewed " + name_of(request) + " already");
  return {};
}

/// Whether a version still is what was asked for: `content` is that of its artifacts as they are stored.
inline result<void> check_pinned(const transition_request& request, const model_version& version) {
  if (version.digest == request.digest && digest_of(version.source, version.artifacts) == request.digest) return {};
  return error(errc::checksum_mismatch, name_of(version.model, version.version) + " is not what was asked for by " +
                                            name_of(request) + ": its artifacts or source have changed since");
}

/// Writes down that a gate stopped the approval that would have been enough. The request stays open: another version in
/// production, or another rule, may let it pass.
template <class Ledger>
result<review_outcome> stop_review(Ledger& books, const model& of, transition_request& request,
                                   const review_draft& draft, error why) {
  const std::string text = "approves, but " + why.describe();
  const bool is_said =
      !request.remarks.empty() && request.remarks.back().author == draft.actor && request.remarks.back().text == text;
  if (!is_said) request.remarks.push_back({draft.actor, text, books.now()});
  if (auto done = books.keep(of, request); !done) return std::move(done).error();
  auto noted = books.note("approval_stopped", draft.actor, object_of(of.name, request.version), why.describe(),
                          fields_of(request));
  if (!noted) return std::move(noted).error();
  return review_outcome{std::move(request), {}, false, std::move(why)};
}

template <class Edges, class Ledger>
result<review_outcome> review_request(Ledger& books, const review_draft& draft) {
  auto of = books.find_model(draft.model);
  if (!of) return std::move(of).error();
  auto request = books.find_request(*of, draft.request);
  if (!request) return std::move(request).error();
  if (request->is_overdue(books.now())) {
    if (auto done = expire(books, *of, *request); !done) return std::move(done).error();
    return review_outcome{std::move(*request), {}, true};
  }
  if (request->status != request_status::open) return closed_request(*request);
  if (auto may = may_review(*request, draft); !may) return std::move(may).error();
  auto version = books.find_version(*of, request->version);
  if (!version) return std::move(version).error();
  const bool approves = draft.verdict == verdict::approve;
  if (approves)
    if (auto same = check_pinned(*request, *version); !same) return std::move(same).error();
  const bool is_enough = approves && request->approved_by() + 1 >= request->approvals;
  const auto rule = is_enough ? books.rule(of->id, request->to) : result<stage_rule>(stage_rule());
  if (!rule) return rule.error();
  if (is_enough) {
    auto passes = pass_gates(books, *of, *version, *rule);
    if (!passes && passes.error().code() == errc::conflict)
      return stop_review(books, *of, *request, draft, std::move(passes).error());
    if (!passes) return std::move(passes).error();
  }
  request->reviews.push_back({draft.actor, draft.verdict, draft.comment, books.now()});
  if (!approves || is_enough) {
    request->status = approves ? request_status::approved : request_status::rejected;
    request->closed = books.now();
  }
  if (is_enough) request->archives_others = draft.archives_others.value_or(request->archives_others);
  if (auto done = books.keep(*of, *request); !done) return std::move(done).error();
  auto noted = books.note(approves ? "approval_granted" : "approval_rejected", draft.actor,
                          object_of(of->name, request->version), draft.comment, fields_of(*request));
  if (!noted) return std::move(noted).error();
  review_outcome made{std::move(*request), {}, false};
  if (!is_enough) return made;
  const transition asked{of->name,    made.request.version,      made.request.to, made.request.archives_others,
                         draft.actor, made.request.justification};
  auto moved = enter_stage<Edges>(books, *of, *version, asked, *rule, made.request.number);
  if (!moved) return std::move(moved).error();
  made.moved.push_back(std::move(*moved));
  return made;
}

/// Takes a request back, or says something about it.
template <class Ledger>
result<review_outcome> withdraw_request(Ledger& books, std::string_view name, std::uint64_t number,
                                        std::string_view actor, std::string_view reason) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  auto request = books.find_request(*of, number);
  if (!request) return std::move(request).error();
  if (request->is_overdue(books.now())) {
    if (auto done = expire(books, *of, *request); !done) return std::move(done).error();
    return review_outcome{std::move(*request), {}, true};
  }
  if (request->status != request_status::open) return closed_request(*request);
  if (actor != request->requester)
    return error(errc::permission_denied, quoted_text(actor) + " has not asked for " + name_of(*request) +
                                              "; who has, may withdraw it: " + quoted_text(request->requester));
  request->status = request_status::withdrawn;
  request->closed = books.now();
  if (auto done = books.keep(*of, *request); !done) return std::move(done).error();
  auto noted =
      books.note("approval_withdrawn", actor, object_of(of->name, request->version), reason, fields_of(*request));
  if (!noted) return std::move(noted).error();
  return review_outcome{std::move(*request), {}, false};
}

template <class Ledger>
result<transition_request> remark_on(Ledger& books, std::string_view name, std::uint64_t number, std::string_view actor,
                                     std::string_view text) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  auto request = books.find_request(*of, number);
  if (!request) return request;
  request->remarks.push_back({std::string(actor), std::string(text), books.now()});
  if (auto done = books.keep(*of, *request); !done) return std::move(done).error();
  auto noted =
      books.note("approval_discussed", actor, object_of(of->name, request->version), text, fields_of(*request));
  if (!noted) return std::move(noted).error();
  return request;
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_APPROVALS_HPP
