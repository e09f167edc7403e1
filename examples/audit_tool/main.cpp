// What people do with the folder of an audit trail.
//
// - audit_tool verify FOLDER [--head FILE]... [--key FILE]: is it as it was written, and does it go on from the heads?
// - audit_tool head FOLDER: its tree head, to be kept elsewhere
// - audit_tool query FOLDER [--kind K]... [--actor A]... [--index N]...: records, personal data masked
// - audit_tool export FOLDER --format csv: all of them
// - audit_tool report FOLDER --template soc2 --format html: what happened, for people who have to judge it
// - audit_tool prove FOLDER --index 17 --record FILE: that a record is in it, for somebody who has a head alone
// - audit_tool prove FOLDER --since FILE: that it goes on from an earlier head
// - audit_tool check --proof FILE --head FILE --record FILE: whether such a proof holds
// - audit_tool erase FOLDER --index 17 --field email ... [--sign FILE]: personal data; the trail stays verifiable

#include "commands.hpp"

#include <millrace/feature/tables/dates.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace {

using namespace audit_tool;

/// Reads a moment of an option, such as 2026-11-30 or 2026-11-30T14:30Z.
std::function<void(const std::string&)> moment(std::uint64_t& to) {
  return [&to](const std::string& text) {
    std::int64_t nanoseconds = 0;
    if (!mr::feature::read_time(text, mr::feature::date_order::iso, nanoseconds) || nanoseconds < 0)
      throw CLI::ValidationError("\"" + text + "\" is no moment such as 2026-11-30 or 2026-11-30T14:30Z");
    to = static_cast<std::uint64_t>(nanoseconds);
  };
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Verifies, queries and reports on the folder of an audit trail.", "audit_tool");
  app.footer(
      "Exit codes: 0 done, and the trail is as it was written where that was asked; 1 it is not, or a proof does not "
      "hold; "
      "2 wrong options; 3 a file cannot be read or written.");
  app.require_subcommand(1);
  std::function<mr::result<verdict>()> run;
  std::string folder;
  output to;
  const auto command = [&](const char* name, const char* what) {
    CLI::App* made = app.add_subcommand(name, what);
    made->add_option("folder", folder, "the trail's folder")->required();
    return made;
  };
  const auto formats = [&](CLI::App* of, std::string usual, const std::vector<std::string>& all) {
    to.format = std::move(usual);
    of->add_option("--format", to.format, "of the output")->check(CLI::IsMember(all));
    of->add_option("--output", to.file, "write to this file");
    of->add_flag("--unmasked", to.unmasked, "show personal data");
  };

  std::vector<std::string> heads;
  std::string key;
  CLI::App* verifies =
      command("verify", "is the trail as it was written? names the first bad record, its file and byte");
  verifies->add_option("--head", heads, "a tree head that was kept elsewhere; may be repeated");
  verifies->add_option("--key", key, "the public key (PEM) of the pair that has to have signed all of it");
  verifies->callback([&] { run = [&] { return verify(folder, heads, key); }; });

  command("head", "print the tree head, to be kept where the trail's writer cannot change it")->callback([&] {
    run = [&] { return print_head(folder); };
  });

  mr::observe::audit_query wanted;
  std::string severity = "info";
  CLI::App* queries = command("query", "print the records that match all that is given");
  queries->add_option("--kind", wanted.kinds, "any of these kinds; `acme.` is all that begin so; may be repeated");
  queries->add_option("--index", wanted.indexes, "the record at this place in the trail; may be repeated");
  queries->add_option("--actor", wanted.actors, "any of these actors; may be repeated");
  queries->add_option("--severity", severity, "at least")
      ->check(CLI::IsMember({"info", "warning", "error", "critical"}));
  queries->add_option_function<std::string>("--from", moment(wanted.from), "at this moment or later");
  queries->add_option_function<std::string>("--until", moment(wanted.until), "before this one");
  queries->add_option("--object", wanted.object, "of this object");
  queries->add_option("--under", wanted.object_prefix, "of all objects that begin so");
  queries->add_option("--text", wanted.text, "with this text in the object, the reason or a value");
  queries->add_option("--limit", wanted.limit, "at most so many");
  queries->add_flag("--newest", wanted.newest_first, "the newest first");
  CLI::App* exports = command("export", "print all records");
  for (CLI::App* each : {queries, exports}) formats(each, "jsonl", {"jsonl", "csv", "yaml"});
  const auto ask = [&] {
    const std::map<std::string, mr::observe::audit_severity> severities{
        {"info", mr::observe::audit_severity::info},
        {"warning", mr::observe::audit_severity::warning},
        {"error", mr::observe::audit_severity::error},
        {"critical", mr::observe::audit_severity::critical}};
    run = [&, least = severities.at(severity)] {
      wanted.at_least = least;
      return query(folder, wanted, to);
    };
  };
  queries->callback(ask);
  exports->callback(ask);

  report_request request;
  CLI::App* reports = command("report", "verify the trail and say what happened");
  reports->add_option("--template", request.evidence, "select evidence for")
      ->check(CLI::IsMember({"soc2", "gdpr", "hipaa", "pci"}));
  reports->add_option("--title", request.title, "of the report");
  reports->add_option_function<std::string>("--from", moment(request.from), "at this moment or later");
  reports->add_option_function<std::string>("--until", moment(request.until), "before this one");
  std::string page_format = "json";
  reports->add_option("--format", page_format, "of the report")->check(CLI::IsMember({"json", "yaml", "csv", "html"}));
  reports->add_option("--output", to.file, "write to this file");
  reports->add_flag("--unmasked", to.unmasked, "show personal data");
  reports->callback([&] {
    run = [&] {
      to.format = page_format;
      return report(folder, request, to);
    };
  });

  std::uint64_t index = 0;
  std::string since, proof, record;
  CLI::App* proves = command("prove", "prove to somebody who has a tree head, and not the trail, what is in it");
  CLI::Option* of_record = proves->add_option("--index", index, "that it has this record");
  CLI::Option* of_head = proves->add_option("--since", since, "that it goes on from this earlier tree head");
  of_record->excludes(of_head);
  proves->add_option("--proof", proof, "write the proof to this file");
  proves->add_option("--record", record, "write what the trail commits to of the record to this file")
      ->needs(of_record);
  proves->callback([&] {
    if (of_record->count() + of_head->count() == 0) throw CLI::RequiredError("--index or --since");
    run = [&] { return since.empty() ? prove_record(folder, index, proof, record) : prove_head(folder, since, proof); };
  });

  std::string head;
  CLI::App* checks = app.add_subcommand("check", "check a proof, without the trail");
  checks->add_option("--proof", proof, "the proof's file")->required();
  checks->add_option("--head", head, "the tree head to trust")->required();
  CLI::Option* checked_record =
      checks->add_option("--record", record, "the record's, of a proof that it is in the trail");
  CLI::Option* checked_since =
      checks->add_option("--since", since, "the earlier tree head, of a proof that the trail goes on");
  checked_record->excludes(checked_since);
  checks->callback([&] {
    if (checked_record->count() + checked_since->count() == 0) throw CLI::RequiredError("--record or --since");
    run = [&] { return check(proof, record, since, head); };
  });

  erasure what;
  CLI::App* erases =
      command("erase", "erase personal data of a record; the trail stays verifiable, and says who did it");
  erases->add_option("--index", what.index, "of this record")->required();
  erases->add_option("--field", what.fields, "of this field; may be repeated; without one, the actor");
  erases->add_option("--actor", what.actor, "who erases")->required();
  erases->add_option("--reason", what.reason, "why")->required();
  CLI::Option* signs = erases->add_option(
      "--sign", what.key, "the private key (PEM) that signs the trail, so that it vouches for the erasure too");
  erases->add_option("--passphrase", what.passphrase, "the file with the key's passphrase, if it has one")
      ->needs(signs);
  erases->callback([&] { run = [&] { return erase_values(folder, what); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& why) {
    const std::vector<std::string> unknown =
        app.get_subcommands().empty() ? app.remaining() : std::vector<std::string>();
    const std::string text = unknown.empty() ? why.what() : '"' + unknown.front() + "\" is no command";
    std::fprintf(stderr, "audit_tool: %s (see --help)\n", text.c_str());
    return static_cast<int>(verdict::wrong_options);
  }
  try {
    const auto done = run();
    if (done) return static_cast<int>(*done);
    std::fprintf(stderr, "audit_tool: %s\n", done.error().describe().c_str());
  } catch (const std::exception& why) {
    std::fprintf(stderr, "audit_tool: %s\n", why.what());
  }
  return static_cast<int>(verdict::failed);
}
