// What people do with the models of a store, a file such as the lifecycle job's millrace.db:
//
// - registry_tool models | list [MODEL] [--filter F] [--order O]... | show MODEL VERSION
// - registry_tool compare MODEL VERSION VERSION... [--format csv]
// - registry_tool history MODEL [--at 2026-11-30T14:30Z]: which versions were in production then
// - registry_tool register MODEL --file model.onnx --metric auc=0.93
// - registry_tool rule [MODEL] --to production --approvals 2 --reviewer bob ... --gate "auc>=production-0.01"
// - registry_tool request MODEL VERSION --why "better on last month" | requests [MODEL]
// - registry_tool approve MODEL REQUEST | reject MODEL REQUEST | withdraw MODEL REQUEST
// - registry_tool promote MODEL VERSION --to staging | rollback MODEL | alias MODEL VERSION NAME
// - registry_tool export MODEL [VERSION] --layout triton --to FOLDER | import MODEL --from FOLDER
//
// A VERSION is a number, a semantic version, @alias, or the stage in which a version is alone. Who does it is --actor,
// and who else may write the file is up to its permissions: the tool believes what it is told. With --audit FOLDER,
// what was done is in an audit trail too, which audit_tool verifies.

#include "commands.hpp"

#include <millrace/feature/tables/dates.hpp>

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace registry_tool;

/// Reads `key=value`.
std::pair<std::string, std::string> split(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == text.npos || at == 0) throw CLI::ValidationError('"' + text + "\" is no KEY=VALUE");
  return {text.substr(0, at), text.substr(at + 1)};
}
double number_in(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw CLI::ValidationError('"' + text + "\" is no number");
  return value;
}
/// Reads a moment, such as 2026-11-30 or 2026-11-30T14:30Z.
std::uint64_t moment_in(const std::string& text) {
  std::int64_t nanoseconds = 0;
  if (!mr::feature::read_time(text, mr::feature::date_order::iso, nanoseconds) || nanoseconds <= 0)
    throw CLI::ValidationError("\"" + text + "\" is no moment such as 2026-11-30 or 2026-11-30T14:30Z");
  return static_cast<std::uint64_t>(nanoseconds);
}

/// Who runs this: of cron and of containers the environment says nothing, but the system does.
std::string user_name() {
  if (const char* const name = std::getenv("USER"); name != nullptr && *name != '\0') return name;
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Lists, compares, registers, approves, promotes and exports the models of a store.", "registry_tool");
  app.footer(
      "Exit codes: 0 done; 1 the registry refuses it, and says why; 2 wrong options; 3 a file cannot be read or "
      "written.");
  app.require_subcommand(1);
  place in{"millrace.db", "", user_name()};
  app.add_option("--store", in.store, "the SQLite file with the models")->capture_default_str();
  app.add_option("--actor", in.actor, "who does it; the user, if nobody is named");
  app.add_option("--audit", in.audit, "hand the changes over to the audit trail in this folder");

  std::function<mr::result<verdict>()> run;
  version_name which;
  const auto command = [&](const char* name, const char* what, bool has_model = true) {
    CLI::App* made = app.add_subcommand(name, what);
    made->fallthrough();
    if (has_model) made->add_option("model", which.model, "the model's name")->required();
    return made;
  };
  const auto of_version = [&](CLI::App* of) {
    of->add_option("version", which.version, "a number, a semantic version, @alias, or a stage")->required();
    return of;
  };
  std::string to = "production";
  const auto to_stage = [&](CLI::App* of) {
    of->add_option("--to", to, "the stage")
        ->check(CLI::IsMember({"development", "staging", "production", "archived"}))
        ->capture_default_str();
    return of;
  };
  const auto does = [&](CLI::App* of, std::function<mr::result<verdict>()> what) {
    of->callback([&run, what = std::move(what)] { run = what; });
  };

  does(command("models", "all models", false), [&] { return list_models(in); });

  wanted_versions wanted;
  CLI::App* lists = command("list", "versions of a model, or of all", false);
  lists->add_option("model", which.model, "the model's name");
  lists->add_option("--filter", wanted.filter, "such as \"metrics.auc > 0.9 AND stage = 'staging'\"");
  lists->add_option("--order", wanted.order, "such as \"metrics.auc DESC\"; may be repeated");
  lists->add_option("--limit", wanted.limit, "at most so many")->capture_default_str();
  does(lists, [&] { return list_versions(in, which.model, wanted); });

  does(of_version(command("show", "all that is known of a version, and whether its files are whole")),
       [&] { return show(in, which); });

  std::vector<std::string> versions;
  std::string format = "text";
  CLI::App* compares = command("compare", "versions side by side");
  compares->add_option("versions", versions, "of the model")->required();
  compares->add_option("--format", format, "of the table")->check(CLI::IsMember({"text", "csv", "html", "json"}));
  does(compares, [&] { return compare(in, which.model, versions, format); });

  std::string moment;
  CLI::App* tells = command("history", "which version went where, when, by whom");
  tells->add_option("--at", moment, "what was in staging and production at this moment");
  does(tells, [&] { return show_history(in, which.model, moment.empty() ? 0 : moment_in(moment)); });

  mg::version_draft draft;
  std::vector<std::string> files, metrics, parameters, tags, sets;
  CLI::App* registers = command("register", "a new version; its number is printed");
  registers->add_option("--file", files, "of the version, as PATH or TYPE:PATH; may be repeated");
  registers->add_option("--metric", metrics, "KEY=NUMBER; may be repeated");
  registers->add_option("--parameter", parameters, "KEY=VALUE; may be repeated");
  registers->add_option("--tag", tags, "KEY=VALUE; may be repeated");
  registers->add_option("--data-set", sets, "that it was trained with; may be repeated");
  registers->add_option("--semantic", draft.semantic, "its semantic version");
  registers->add_option("--framework", draft.framework, "that made it");
  registers->add_option("--run", draft.run_id, "that made it");
  registers->add_option("--description", draft.description, "in words");
  does(registers, [&] {
    draft.model = which.model;
    for (const std::string& each : metrics) draft.metrics.push_back({split(each).first, number_in(split(each).second)});
    for (const std::string& each : parameters) draft.hyperparameters.push_back({split(each).first, split(each).second});
    for (const std::string& each : tags) draft.tags.push_back({split(each).first, split(each).second});
    for (const std::string& each : sets) draft.data_sets.push_back({.name = each, .role = "training"});
    return register_version(in, draft, files);
  });

  mg::stage_rule rule;
  std::vector<std::string> gates;
  double hours = 0;
  CLI::App* rules = to_stage(command("rule", "what a version needs to enter a stage", false));
  rules->add_option("model", which.model, "the model's name; without it, of all that have no rule of their own");
  rules->add_option("--approvals", rule.approvals, "how many reviewers have to approve");
  rules->add_option("--reviewer", rule.reviewers, "who may review; may be repeated");
  rules->add_option("--hours", hours, "how long a request stays open")->check(CLI::Range(0.0, 1e6));
  rules->add_option("--gate", gates, "such as auc>=0.9 or auc>=production-0.01; may be repeated");
  does(rules, [&] {
    rule.to = *mg::parse_stage(to);
    rule.lifetime = static_cast<std::uint64_t>(hours * 3600e9);
    return set_rule(in, which.model, rule, gates);
  });

  mg::request_draft asked;
  bool keeps_others = false;
  CLI::App* requests = to_stage(of_version(command("request", "ask that a version be moved to a stage")));
  requests->add_option("--why", asked.justification, "for the reviewers");
  requests->add_option("--reviewer", asked.reviewers, "where there is no rule: who may review; may be repeated");
  requests->add_option("--approvals", asked.approvals, "where there is no rule: how many have to approve");
  does(requests, [&] {
    asked.to = *mg::parse_stage(to);
    asked.archives_others = !keeps_others;
    return request(in, which, asked);
  });
  CLI::App* open = command("requests", "those of a model, or the open ones of all", false);
  open->add_option("model", which.model, "the model's name");
  does(open, [&] { return list_requests(in, which.model); });

  std::uint64_t at = 0;
  std::string comment;
  const auto of_request = [&](CLI::App* of) {
    of->add_option("request", at, "its number")->required();
    of->add_option("--comment", comment, "why");
    return of;
  };
  const auto say = [&](mg::verdict what) { return review(in, {which.model, at, what, comment}); };
  does(of_request(command("approve", "a request; the last approval that it needs moves the version")),
       [&] { return say(mg::verdict::approve); });
  does(of_request(command("reject", "a request, for good")), [&] { return say(mg::verdict::reject); });
  does(of_request(command("withdraw", "a request of one's own")),
       [&] { return withdraw(in, which.model, at, comment); });

  CLI::App* promotes = to_stage(of_version(command("promote", "move a version to a stage")));
  CLI::App* backs = command("rollback", "bring the version back that was in production before");
  for (CLI::App* each : {promotes, backs}) each->add_option("--why", comment, "for the history");
  for (CLI::App* each : {promotes, requests})
    each->add_flag("--keep-others", keeps_others, "do not archive what is in that stage");
  mg::transition move;
  does(promotes, [&] {
    move.to = *mg::parse_stage(to);
    move.archives_others = !keeps_others;
    move.reason = comment;
    return promote(in, which, move);
  });
  does(backs, [&] { return roll_back(in, which.model, comment); });

  std::string name;
  CLI::App* aliases = of_version(command("alias", "let a name stand for a version"));
  aliases->add_option("name", name, "such as champion")->required();
  does(aliases, [&] { return set_alias(in, which, name); });

  std::string layout = "mlflow", folder;
  CLI::App* exports = command("export", "write a version for others");
  exports->add_option("version", which.version, "a number, a semantic version, @alias, or a stage");
  exports->add_option("--layout", layout, "an MLflow model, a Triton repository, or folders with all versions")
      ->check(CLI::IsMember({"mlflow", "triton", "folders"}))
      ->capture_default_str();
  exports->add_option("--to", folder, "this folder")->required();
  does(exports, [&]() -> mr::result<verdict> {
    if (layout != "folders" && which.version.empty()) throw CLI::RequiredError("version");
    return export_to(in, which, layout, folder);
  });
  CLI::App* imports = command("import", "register the versions of a model that an export of the layout folders wrote");
  imports->add_option("--from", folder, "this folder")->required();
  does(imports, [&] { return import_from(in, which.model, folder); });

  try {
    app.parse(argc, argv);
    const auto done = run();
    if (done) return static_cast<int>(*done);
    std::fprintf(stderr, "registry_tool: %s\n", done.error().describe().c_str());
  } catch (const CLI::Success& wanted_help) {
    return app.exit(wanted_help);
  } catch (const CLI::ParseError& why) {
    const std::vector<std::string> unknown =
        app.get_subcommands().empty() ? app.remaining() : std::vector<std::string>();
    const std::string text = unknown.empty() ? why.what() : '"' + unknown.front() + "\" is no command";
    std::fprintf(stderr, "registry_tool: %s (see --help)\n", text.c_str());
    return static_cast<int>(verdict::wrong_options);
  } catch (const std::exception& why) {
    std::fprintf(stderr, "registry_tool: %s\n", why.what());
  }
  return static_cast<int>(verdict::failed);
}
