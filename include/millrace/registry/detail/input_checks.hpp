#ifndef MILLRACE_REGISTRY_DETAIL_INPUT_CHECKS_HPP
#define MILLRACE_REGISTRY_DETAIL_INPUT_CHECKS_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/rules.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/registry/transition_request.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// The most bytes of a name: of a model, an alias, a person, a key of a tag, a run.
inline constexpr std::size_t max_name = 500;
/// The most bytes of a text: of a description, a tag's value, a comment.
inline constexpr std::size_t max_text = 1U << 20;
/// The most tags, metrics, artifacts and such that one object has.
inline constexpr std::size_t max_entries = 10'000;

namespace detail {

inline bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}
inline result<void> check_text(std::string_view what, std::string_view text, std::size_t most = max_text) {
  if (text.size() > most)
    return error(errc::invalid_argument, std::string(what) + " has " + std::to_string(text.size()) +
                                             " bytes; at most " + std::to_string(most) + ": " + quoted_text(text));
  if (is_utf8(text)) return {};
  return error(errc::invalid_argument, std::string(what) + " is not UTF-8: " + quoted_text(text));
}
inline result<void> check_name(std::string_view what, std::string_view text) {
  if (text.empty()) return error(errc::invalid_argument, std::string(what) + " is empty");
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return error(errc::invalid_argument, std::string(what) + " has a control character: " + quoted_text(text));
  return check_text(what, text, max_name);
}
inline result<void> check_actor(std::string_view actor) { return check_text("the actor", actor, max_name); }

/// Each entry by itself, and that no two have one key.
template <class Entry, class Check>
result<void> check_entries(std::string_view what, const std::vector<Entry>& entries, std::string Entry::* key,
                           const Check& check_one) {
  if (entries.size() > max_entries)
    return error(errc::invalid_argument, "there are " + std::to_string(entries.size()) + " of " + std::string(what) +
                                             "; at most " + std::to_string(max_entries));
  std::vector<std::string_view> seen;
  for (const Entry& each : entries) {
    if (auto fine = check_name(what, each.*key); !fine) return fine;
    if (result<void> fine = check_one(each); !fine) return fine;
    seen.push_back(each.*key);
  }
  sort_by(seen, [](std::string_view a, std::string_view b) { return a < b; });
  for (std::size_t i = 1; i < seen.size(); ++i)
    if (seen[i] == seen[i - 1])
      return error(errc::invalid_argument, std::string(what) + " " + quoted_text(seen[i]) + " is given twice");
  return {};
}
inline result<void> check_tags(std::string_view what, const std::vector<tag>& tags) {
  return check_entries(what, tags, &tag::key, [&](const tag& each) { return check_text(what, each.value); });
}
inline result<void> check_artifact(const artifact& each) {
  if (auto fine = store::check_storage_key(each.path); !fine) return fine;
  if (auto id = store::parse_content_id(each.sha256); !id) return std::move(id).error();
  if (to_string(each.type).empty())
    return error(errc::invalid_argument, "the artifact " + quoted_text(each.path) + " has an unknown type");
  return {};
}

inline result<void> check_draft(const model_draft& draft) {
  if (auto fine = check_name("a model's name", draft.name); !fine) return fine;
  if (auto fine = check_text("the description", draft.description); !fine) return fine;
  if (auto fine = check_actor(draft.actor); !fine) return fine;
  return check_tags("the tag", draft.tags);
}
inline result<void> check_draft(const version_draft& draft) {
  if (auto fine = check_name("a model's name", draft.model); !fine) return fine;
  if (auto fine = check_text("the description", draft.description); !fine) return fine;
  for (const std::string* each : {&draft.framework, &draft.run_id})
    if (auto fine = check_text("the framework or run", *each, max_name); !fine) return fine;
  for (const std::string* each : {&draft.run_link, &draft.source})
    if (auto fine = check_text("the source or link of the run", *each); !fine) return fine;
  if (auto fine = check_actor(draft.actor); !fine) return fine;
  if (auto fine = check_tags("the tag", draft.tags); !fine) return fine;
  if (auto fine = check_tags("the hyperparameter", draft.hyperparameters); !fine) return fine;
  if (auto fine =
          check_entries("the metric", draft.metrics, &metric::key, [](const metric&) { return result<void>(); });
      !fine)
    return fine;
  if (auto fine = check_entries("the data set", draft.data_sets, &data_set::name,
                                [](const data_set& each) {
                                  for (const std::string* text : {&each.digest, &each.source, &each.role})
                                    if (auto checked = check_text("the data set", *text); !checked) return checked;
                                  return result<void>();
                                });
      !fine)
    return fine;
  if (draft.parents.size() > max_entries) return error(errc::invalid_argument, "there are too many parents");
  return check_entries("the artifact", draft.artifacts, &artifact::path, check_artifact);
}

/// Who does something, and why or what is said.
inline result<void> check_texts(std::string_view actor, std::string_view text) {
  if (auto fine = check_actor(actor); !fine) return fine;
  return check_text("the reason or comment", text);
}
/// Names of people, each once.
inline result<void> check_people(const std::vector<std::string>& names) {
  if (names.size() > max_entries) return error(errc::invalid_argument, "there are too many reviewers");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto fine = check_name("a reviewer's name", names[i]); !fine) return fine;
    for (std::size_t j = 0; j < i; ++j)
      if (names[j] == names[i])
        return error(errc::invalid_argument, "the reviewer " + quoted_text(names[i]) + " is given twice");
  }
  return {};
}
inline result<void> check_draft(const request_draft& draft) {
  if (auto fine = check_name("the name of who asks", draft.actor); !fine) return fine;
  if (auto fine = check_text("the justification", draft.justification); !fine) return fine;
  return check_people(draft.reviewers);
}
inline result<void> check_draft(const review_draft& draft) {
  if (auto fine = check_name("the reviewer's name", draft.actor); !fine) return fine;
  if (to_string(draft.verdict).empty()) return error(errc::invalid_argument, "a review approves or rejects");
  return check_text("the comment", draft.comment);
}
inline result<void> check_rule(const stage_rule& rule, std::string_view actor) {
  if (to_string(rule.to).empty()) return error(errc::invalid_argument, "a rule is of one of the stages");
  if (auto fine = check_actor(actor); !fine) return fine;
  if (auto fine = check_people(rule.reviewers); !fine) return fine;
  if (!rule.reviewers.empty() && rule.reviewers.size() < rule.approvals)
    return error(errc::invalid_argument, "a rule asks for " + std::to_string(rule.approvals) + " approvals of " +
                                             std::to_string(rule.reviewers.size()) + " reviewers");
  return check_entries("the gate", rule.gates, &gate::name, [](const gate& each) -> result<void> {
    if (auto fine = check_name("a gate's metric", each.metric); !fine) return fine;
    if (!to_string(each.comparison).empty() && !to_string(each.reference).empty() && !__builtin_isnan(each.bound))
      return {};
    return error(errc::invalid_argument, "the gate " + quoted_text(each.name) + " compares with nothing");
  });
}

/// What pins a version's content: SHA-256 of its source and of each artifact's path, type and hash, in their order.
inline std::string digest_of(const std::string& source, const std::vector<artifact>& artifacts) {
  std::string text;
  json_writer json(text);
  json.begin_array().value(source);
  for (const artifact& each : artifacts)
    json.begin_array().value(each.path).value(to_string(each.type)).value(each.sha256).end_array();
  json.end_array();
  return to_string(sha256_of(std::as_bytes(std::span(text.data(), text.size()))));
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_INPUT_CHECKS_HPP
