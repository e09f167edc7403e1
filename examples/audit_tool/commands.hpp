// What the audit tool can do with a trail. Every function prints what it found, or returns why it could not.
#ifndef EXAMPLES_AUDIT_TOOL_COMMANDS_HPP
#define EXAMPLES_AUDIT_TOOL_COMMANDS_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_query.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace audit_tool {

namespace mr = millrace;

/// What a command ends with, as its exit code.
enum class verdict { good = 0, not_as_written = 1, wrong_options = 2, failed = 3 };

struct output {
  std::string format;  // jsonl, json, yaml, csv, html
  std::string file;    // empty: to stdout
  bool unmasked = false;
};

mr::result<verdict> verify(const std::string& folder, const std::vector<std::string>& heads, const std::string& key);
mr::result<verdict> print_head(const std::string& folder);
mr::result<verdict> query(const std::string& folder, mr::observe::audit_query query, const output& to);

struct report_request {
  std::string title = "Audit report";
  std::string evidence;  // soc2, gdpr, hipaa, pci, or nothing
  std::uint64_t from = 0;
  std::uint64_t until = ~std::uint64_t{0};
};
mr::result<verdict> report(const std::string& folder, const report_request& request, const output& to);

/// A proof that the record is in the trail, and what the trail commits to of it beside it.
mr::result<verdict> prove_record(const std::string& folder, std::uint64_t index, const std::string& proof,
                                 const std::string& record);
/// A proof that the trail still begins with what an exported head says.
mr::result<verdict> prove_head(const std::string& folder, const std::string& head, const std::string& proof);
/// Checks either kind of proof, without the trail.
mr::result<verdict> check(const std::string& proof, const std::string& record, const std::string& earlier,
                          const std::string& head);

struct erasure {
  std::uint64_t index = 0;
  std::vector<std::string> fields;  // none: the actor
  std::string actor;
  std::string reason;
  std::string key;         // file of the private key that signs the trail, or empty
  std::string passphrase;  // file of the key's passphrase, or empty
};
mr::result<verdict> erase_values(const std::string& folder, const erasure& what);

}  // namespace audit_tool

#endif
