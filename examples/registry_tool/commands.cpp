#include "commands.hpp"

#include <millrace/core/timestamp.hpp>
#include <millrace/registry.hpp>
#include <millrace/registry/observed/audit_folders.hpp>
#include <millrace/registry/observed/audit_sink.hpp>
#include <millrace/registry/search.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/sqlite.hpp>

#include <charconv>
#include <cstdio>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace registry_tool {

namespace ms = mr::store;

namespace {

using storage = ms::sqlite_storage<>;
using registry = mg::model_registry<storage>;
enum class store_file { has_to_exist, may_be_made };

/// Hands the changes that wait in the store to the audit trail.
mr::result<void> hand_over(storage& in, const std::string& folder) {
  auto trail = mr::observe::audit_trail<>::open(folder);
  if (!trail) return std::move(trail).error();
  auto sink = mg::audit_sink<>::open(*trail);
  if (!sink) return std::move(sink).error();
  const auto delivered = mg::open_registry(in, {}, *std::move(sink));
  if (!delivered) return delivered.error();
  return trail->close();
}

/// Whether a registry has said no, and not a disk.
bool is_refusal(mr::errc code) noexcept {
  switch (code) {
    case mr::errc::invalid_argument:
    case mr::errc::out_of_range:
    case mr::errc::not_found:
    case mr::errc::already_exists:
    case mr::errc::unsupported:
    case mr::errc::conflict:
    case mr::errc::permission_denied:
    case mr::errc::timeout:
    case mr::errc::closed:
    case mr::errc::checksum_mismatch: return true;
    default: return false;
  }
}

/// Calls `use(registry)` and says what came of it.
template <class Use>
mr::result<verdict> with_registry(const place& in, store_file file, const Use& use) {
  auto kept = storage::open(in.store, {.must_exist = file == store_file::has_to_exist});
  if (!kept) return std::move(kept).error();
  auto models = mg::open_registry(*kept);
  if (!models) return std::move(models).error();
  const mr::result<void> done = use(*models);
  if (!done && !is_refusal(done.error().code())) return done.error();
  if (!done) std::fprintf(stderr, "registry_tool: %s\n", done.error().describe().c_str());
  if (!in.audit.empty())
    if (auto handed = hand_over(*kept, in.audit); !handed)
      return std::move(handed).error().wrap("the store has what was done; the audit trail \"" + in.audit + '"');
  return done ? verdict::done : verdict::refused;
}
template <class Use>
mr::result<verdict> with_registry(const place& in, const Use& use) {
  return with_registry(in, store_file::has_to_exist, use);
}

std::string number(std::uint64_t value) { return std::to_string(value); }

/// Prints columns with a line of names above them.
void print_table(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = widths[i] < line[i].size() ? line[i].size() : widths[i];
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - line[i].size() + 2, ' ');
    }
    std::printf("%s\n", text.substr(0, text.find_last_not_of(' ') + 1).c_str());
  }
}

/// The version that a text of the command line names.
mr::result<mg::model_version> find(const registry& models, const version_name& which) {
  const std::string_view text = which.version;
  if (text.starts_with('@')) return models.find_alias(which.model, text.substr(1));
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return models.find_version(which.model, value);
  const auto stage = mg::parse_stage(text);
  if (!stage) return models.find_semantic(which.model, text);
  auto there = models.in_stage(which.model, *stage);
  if (!there) return std::move(there).error();
  if (there->size() == 1) return std::move(there->front());
  return mr::error(mr::errc::invalid_argument, number(there->size()) + " versions of the model \"" + which.model +
                                                   "\" are in " + which.version + ": give the number of one");
}

std::string metrics_of(const mg::model_version& of) {
  std::string text;
  for (const mg::metric& each : of.metrics) {
    char value[32];
    std::snprintf(value, sizeof value, "%.6g", each.value);
    (text += text.empty() ? "" : ", ") += each.key + ' ' + value;
  }
  return text;
}

void print_versions(const std::vector<mg::model_version>& versions) {
  std::vector<std::vector<std::string>> lines{
      {"model", "version", "semantic", "stage", "aliases", "created", "metrics"}};
  for (const mg::model_version& each : versions) {
    std::string aliases;
    for (const std::string& alias : each.aliases) (aliases += aliases.empty() ? "" : ", ") += alias;
    lines.push_back({each.model, number(each.version), each.semantic, std::string(to_string(each.stage)), aliases,
                     mr::to_iso8601(each.created), metrics_of(each)});
  }
  print_table(lines);
}

void print_change(const mg::stage_change& made) {
  std::printf("%s %llu: %s -> %s\n", made.model.c_str(), static_cast<unsigned long long>(made.version),
              std::string(to_string(made.from)).c_str(), std::string(to_string(made.to)).c_str());
  for (const std::uint64_t each : made.archived)
    std::printf("%s %llu: archived\n", made.model.c_str(), static_cast<unsigned long long>(each));
}

void print_request(const mg::transition_request& of) {
  std::printf("request %llu of %s: version %llu to %s is %s, with %u of %u approvals\n",
              static_cast<unsigned long long>(of.number), of.model.c_str(), static_cast<unsigned long long>(of.version),
              std::string(to_string(of.to)).c_str(), std::string(to_string(of.status)).c_str(), of.approved_by(),
              of.approvals);
}

/// What kind of file it is, by its name or by what stands before it: `xgboost:model.json`.
mg::artifact_type type_of(std::string& file) {
  using enum mg::artifact_type;
  for (unsigned i = 0; !to_string(static_cast<mg::artifact_type>(i)).empty(); ++i) {
    const auto type = static_cast<mg::artifact_type>(i);
    const std::string before = std::string(to_string(type)) + ':';
    if (!file.starts_with(before)) continue;
    file.erase(0, before.size());
    return type;
  }
  constexpr std::pair<std::string_view, mg::artifact_type> endings[] = {
      {".onnx", onnx}, {".tflite", tflite}, {".safetensors", safetensors}, {".cbm", catboost}, {".txt", text}};
  for (const auto& [ending, type] : endings)
    if (file.ends_with(ending)) return type;
  return other;
}

}  // namespace

mr::result<verdict> list_models(const place& in) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    std::vector<std::vector<std::string>> lines{{"model", "versions", "in production", "updated", "description"}};
    std::vector<mg::model> all;
    auto walked = models.for_each_model([&](mg::model&& each) { all.push_back(std::move(each)); });
    if (!walked) return walked;
    for (const mg::model& each : all) {
      const auto live = models.in_stage(each.name, mg::stage::production);
      if (!live) return live.error();
      std::string numbers;
      for (const auto& version : *live) (numbers += numbers.empty() ? "" : ", ") += number(version.version);
      lines.push_back({each.name, number(each.last_version), numbers, mr::to_iso8601(each.updated), each.description});
    }
    print_table(lines);
    return {};
  });
}

mr::result<verdict> list_versions(const place& in, const std::string& model, const wanted_versions& wanted) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    mg::search_options options{.filter = wanted.filter, .order_by = wanted.order, .max_results = wanted.limit};
    if (!model.empty()) {
      if (const auto there = models.find_model(model); !there) return there.error();
      // By itself first: what an error says of its bytes is true of what the user wrote.
      if (const auto alone = ms::search_filter::make(wanted.filter, mg::searched_versions); !alone)
        return alone.error();
      const std::string name = "name = " + ms::quoted_search_text(model);
      options.filter = wanted.filter.empty() ? name : name + " AND (" + wanted.filter + ')';
    }
    const auto found = mg::search_versions(models, options);
    if (!found) return found.error();
    print_versions(found->items);
    if (!found->next_page_token.empty()) std::printf("there are more: --limit\n");
    return {};
  });
}

mr::result<verdict> show(const place& in, const version_name& which) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    const auto of = find(models, which);
    if (!of) return of.error();
    std::printf("%s", mg::compare(std::span(&*of, 1)).report().c_str());
    if (!of->description.empty()) std::printf("  %s\n", of->description.c_str());
    std::printf("  digest %s\n", of->digest.c_str());
    for (const std::string& alias : of->aliases) std::printf("  alias %s\n", alias.c_str());
    for (const mg::version_reference& each : of->parents)
      std::printf("  made from %s %llu\n", each.model.c_str(), static_cast<unsigned long long>(each.version));
    const auto made = models.children(of->model, of->version);
    if (!made) return made.error();
    for (const mg::model_version& each : *made)
      std::printf("  led to %s %llu\n", each.model.c_str(), static_cast<unsigned long long>(each.version));
    const auto said = models.comments(of->model, of->version);
    if (!said) return said.error();
    for (const mg::comment& each : *said) std::printf("  %s: %s\n", each.author.c_str(), each.text.c_str());
    const auto whole = models.verify_artifacts(*of);
    if (whole) std::printf("  its files are those that were registered\n");
    return whole;
  });
}

mr::result<verdict> compare(const place& in, const std::string& model, const std::vector<std::string>& versions,
                            const std::string& format) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    std::vector<mg::model_version> found;
    for (const std::string& each : versions) {
      auto one = find(models, {model, each});
      if (!one) return std::move(one).error();
      found.push_back(std::move(*one));
    }
    const auto table = mg::compare(found);
    const std::string text = format == "csv"    ? to_csv(table)
                             : format == "html" ? to_html(table)
                             : format == "json" ? to_json(table) + '\n'
                                                : table.report();
    std::printf("%s", text.c_str());
    return {};
  });
}

mr::result<verdict> show_history(const place& in, const std::string& model, std::uint64_t moment) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    if (moment == 0) {
      const auto changes = models.history(model);
      if (!changes) return changes.error();
      std::vector<std::vector<std::string>> lines{{"when", "version", "from", "to", "by", "request", "why"}};
      for (const mg::stage_change& each : *changes)
        lines.push_back({mr::to_iso8601(each.at), number(each.version), std::string(to_string(each.from)),
                         std::string(to_string(each.to)), each.actor, each.request == 0 ? "" : number(each.request),
                         each.reason});
      print_table(lines);
      return {};
    }
    for (const mg::stage stage : {mg::stage::staging, mg::stage::production}) {
      const auto held = models.in_stage_at(model, stage, moment);
      if (!held) return held.error();
      std::printf("%s:", std::string(to_string(stage)).c_str());
      for (const std::uint64_t each : *held) std::printf(" %llu", static_cast<unsigned long long>(each));
      std::printf("\n");
    }
    return {};
  });
}

mr::result<verdict> register_version(const place& in, mg::version_draft draft, const std::vector<std::string>& files) {
  std::vector<std::pair<std::string, mg::artifact_type>> named;
  for (std::string each : files) {
    const mg::artifact_type type = type_of(each);
    named.emplace_back(std::move(each), type);
  }
  return with_registry(in, store_file::may_be_made, [&](registry& models) -> mr::result<void> {
    for (const auto& [path, type] : named) {
      const auto bytes = ms::read_bytes(path);
      if (!bytes) return bytes.error();
      auto kept = models.put_artifact(path.substr(path.rfind('/') + 1), *bytes, type);
      if (!kept) return std::move(kept).error();
      draft.artifacts.push_back(std::move(*kept));
    }
    draft.actor = in.actor;
    const auto made = models.register_version(draft);
    if (!made) return made.error();
    std::printf("%s %llu\n", made->model.c_str(), static_cast<unsigned long long>(made->version));
    return {};
  });
}

mr::result<verdict> set_rule(const place& in, const std::string& model, mg::stage_rule rule,
                             const std::vector<std::string>& gates) {
  return with_registry(in, store_file::may_be_made, [&](registry& models) -> mr::result<void> {
    for (const std::string& each : gates) {
      auto one = mg::parse_gate(each);
      if (!one) return std::move(one).error();
      rule.gates.push_back(std::move(*one));
    }
    return models.set_rule(model, rule, in.actor);
  });
}

mr::result<verdict> set_alias(const place& in, const version_name& which, const std::string& alias) {
  return with_registry(in, [&](registry& models) -> mr::result<void> {
    const auto of = find(models, which);
    if (!of) return of.error();
    return models.set_alias(of->model, alias, of->version, in.actor);
  });
}

mr::result<verdict> list_requests(const place& in, const std::string& model) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    const auto all = model.empty() ? models.open_requests() : models.list_requests(model);
    if (!all) return all.error();
    for (const mg::transition_request& each : *all) {
      print_request(each);
      std::printf("  asked for by %s%s%s\n", each.requester.c_str(), each.justification.empty() ? "" : ": ",
                  each.justification.c_str());
      for (const mg::review& said : each.reviews)
        std::printf("  %s: %s%s%s\n", said.reviewer.c_str(), std::string(to_string(said.verdict)).c_str(),
                    said.comment.empty() ? "" : ", ", said.comment.c_str());
      for (const mg::remark& said : each.remarks) std::printf("  %s: %s\n", said.author.c_str(), said.text.c_str());
    }
    return {};
  });
}

mr::result<verdict> request(const place& in, const version_name& which, mg::request_draft draft) {
  return with_registry(in, [&](registry& models) -> mr::result<void> {
    const auto of = find(models, which);
    if (!of) return of.error();
    draft.model = of->model;
    draft.version = of->version;
    draft.actor = in.actor;
    const auto made = models.request_transition(draft);
    if (!made) return made.error();
    print_request(*made);
    return {};
  });
}

mr::result<verdict> review(const place& in, mg::review_draft draft) {
  return with_registry(in, [&](registry& models) -> mr::result<void> {
    draft.actor = in.actor;
    const auto said = models.review(draft);
    if (!said) return said.error();
    print_request(*said);
    return {};
  });
}

mr::result<verdict> withdraw(const place& in, const std::string& model, std::uint64_t number,
                             const std::string& reason) {
  return with_registry(in, [&](registry& models) -> mr::result<void> {
    const auto done = models.withdraw(model, number, in.actor, reason);
    if (!done) return done.error();
    print_request(*done);
    return {};
  });
}

mr::result<verdict> promote(const place& in, const version_name& which, mg::transition what) {
  return with_registry(in, [&](registry& models) -> mr::result<void> {
    const auto of = find(models, which);
    if (!of) return of.error();
    what.model = of->model;
    what.version = of->version;
    what.actor = in.actor;
    const auto moved = models.move(what);
    if (!moved) return moved.error();
    print_change(*moved);
    return {};
  });
}

mr::result<verdict> roll_back(const place& in, const std::string& model, const std::string& reason) {
  return with_registry(in, [&](registry& models) -> mr::result<void> {
    auto made = models.roll_back(model, in.actor, reason);
    if (!made) return std::move(made).error();
    print_change(*made);
    return {};
  });
}

mr::result<verdict> export_to(const place& in, const version_name& which, const std::string& layout,
                              const std::string& folder) {
  return with_registry(in, [&](const registry& models) -> mr::result<void> {
    auto target = ms::folder_storage::open(folder);
    if (!target) return std::move(target).error();
    if (layout == "folders") {
      auto done = mg::export_registry_folders(models, which.model, *target);
      if (!done || in.audit.empty()) return done;
      auto written = mg::export_audit_folders(in.audit, *target);
      return written ? mr::result<void>() : std::move(written).error();
    }
    const auto of = find(models, which);
    if (!of) return of.error();
    return layout == "triton" ? mg::export_triton_model(models, *of, *target)
                              : mg::export_mlflow_model(models, *of, *target);
  });
}

mr::result<verdict> import_from(const place& in, const std::string& model, const std::string& folder) {
  return with_registry(in, store_file::may_be_made, [&](registry& models) -> mr::result<void> {
    const auto source = ms::folder_storage::open(folder, {.must_exist = true});
    if (!source) return source.error();
    const auto made = mg::import_registry_folders(models, model, *source, in.actor);
    if (!made) return made.error();
    std::printf("%zu versions of %s\n", *made, model.c_str());
    return {};
  });
}

}  // namespace registry_tool
