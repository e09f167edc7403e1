#ifndef MILLRACE_REGISTRY_DETAIL_EDITS_HPP
#define MILLRACE_REGISTRY_DETAIL_EDITS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/input_checks.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/rules.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Changes of what may change: descriptions, tags, aliases, comments, rules. Each function is within a transaction.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// Calls `edit(description, tags)` for a model, or for a version of it if `number` is not 0, and keeps the outcome.
template <class Ledger, class Edit>
result<void> edit_texts(Ledger& books, std::string_view name, std::uint64_t number, std::string_view kind,
                        std::string_view actor, std::vector<tag> fields, const Edit& edit) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  if (number == 0) {
    if (result<void> done = edit(of->description, of->tags); !done) return done;
    if (auto done = books.keep(*of); !done) return done;
  } else {
    auto version = books.find_version(*of, number);
    if (!version) return std::move(version).error();
    if (result<void> done = edit(version->description, version->tags); !done) return done;
    if (auto done = books.keep(*of, *version); !done) return done;
  }
  return books.note(kind, actor, object_of(of->name, number), {}, std::move(fields));
}

template <class Ledger>
result<void> set_tag(Ledger& books, std::string_view name, std::uint64_t number, const tag& what,
                     std::string_view actor) {
  return edit_texts(books, name, number, "tag_set", actor, {{"tag", what.key}, {"value", what.value}},
                    [&](std::string&, std::vector<tag>& tags) {
                      for (tag& each : tags)
                        if (each.key == what.key) return each.value = what.value, result<void>();
                      if (tags.size() >= max_entries)
                        return result<void>(error(errc::invalid_argument, "there is no room for another tag"));
                      tags.push_back(what);
                      return result<void>();
                    });
}

template <class Ledger>
result<void> remove_tag(Ledger& books, std::string_view name, std::uint64_t number, std::string_view key,
                        std::string_view actor) {
  return edit_texts(books, name, number, "tag_removed", actor, {{"tag", std::string(key)}},
                    [&](std::string&, std::vector<tag>& tags) -> result<void> {
                      if (std::erase_if(tags, [&](const tag& each) { return each.key == key; }) != 0) return {};
                      return error(errc::not_found, "there is no tag " + quoted_text(key));
                    });
}

template <class Ledger>
result<void> set_alias(Ledger& books, std::string_view name, std::string_view called, std::uint64_t number,
                       std::string_view actor) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  if (auto fine = check_name("an alias", called); !fine) return fine;
  const auto version = books.find_version(*of, number);
  if (!version) return version.error();
  std::uint64_t before = 0;
  for (alias& each : of->aliases)
    if (each.name == called) before = std::exchange(each.version, number);
  if (before == 0 && of->aliases.size() >= max_entries)
    return error(errc::invalid_argument, "there is no room for another alias");
  if (before == 0) of->aliases.push_back({std::string(called), number});
  if (auto done = books.keep(*of); !done) return done;
  std::vector<tag> fields{{"alias", std::string(called)}};
  if (before != 0) fields.push_back({"before", std::to_string(before)});
  return books.note("alias_set", actor, object_of(of->name, number), {}, std::move(fields));
}

template <class Ledger>
result<void> remove_alias(Ledger& books, std::string_view name, std::string_view called, std::string_view actor) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  if (std::erase_if(of->aliases, [&](const alias& each) { return each.name == called; }) == 0)
    return error(errc::not_found, "the model " + quoted_text(name) + " has no alias " + quoted_text(called));
  if (auto done = books.keep(*of); !done) return done;
  return books.note("alias_removed", actor, object_of(of->name), {}, {{"alias", std::string(called)}});
}

/// Keeps a comment under a version: a new one if its number is 0, and else another text of one, by its author.
template <class Ledger>
result<comment> write_comment(Ledger& books, std::string_view name, std::uint64_t number, comment what) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  auto version = books.find_version(*of, number);
  if (!version) return std::move(version).error();
  const std::string prefix = books.keys().comments(of->id, number);
  const bool is_new = what.number == 0;
  what.created = what.updated = books.now();
  if (is_new) {
    what.number = ++version->last_comment;
    if (auto done = books.keep(*of, *version); !done) return std::move(done).error();
  } else {
    const auto before = books.template load<comment>(prefix + store::number_key_part(what.number));
    if (!before) return before.error();
    if (before->author != what.author)
      return error(errc::permission_denied, "the comment is " + quoted_text(before->author) + "'s");
    what.created = before->created;
  }
  if (auto done = books.keep(prefix + store::number_key_part(what.number), what); !done) return std::move(done).error();
  auto noted = books.note(is_new ? "comment_added" : "comment_changed", what.author, object_of(of->name, number),
                          what.text, {{"comment", std::to_string(what.number)}});
  if (!noted) return std::move(noted).error();
  return what;
}

template <class Ledger>
result<void> remove_comment(Ledger& books, std::string_view name, std::uint64_t number, std::uint64_t which,
                            std::string_view actor) {
  auto of = books.find_model(name);
  if (!of) return std::move(of).error();
  const std::string key = books.keys().comments(of->id, number) + store::number_key_part(which);
  const auto before = books.template load<comment>(key);
  if (!before) return before.error();
  if (before->author != actor)
    return error(errc::permission_denied, "the comment is " + quoted_text(before->author) + "'s");
  if (auto done = books.remove(key); !done) return done;
  return books.note("comment_removed", actor, object_of(of->name, number), {}, {{"comment", std::to_string(which)}});
}

/// Sets the rule of a stage for a model, or for all that have none if the name is empty.
template <class Ledger>
result<void> set_rule(Ledger& books, std::string_view name, const stage_rule& rule, std::string_view actor) {
  std::uint64_t id = 0;
  if (!name.empty()) {
    const auto of = books.find_model(name);
    if (!of) return of.error();
    id = of->id;
  }
  if (auto done = books.keep(books.keys().rule(id, rule.to), rule); !done) return done;
  return books.note("configuration_changed", actor, name.empty() ? "registry" : object_of(std::string(name)),
                    "stage rule",
                    {{"to", std::string(to_string(rule.to))},
                     {"gates", std::to_string(rule.gates.size())},
                     {"approvals", std::to_string(rule.approvals)}});
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_EDITS_HPP
