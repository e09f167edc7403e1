#include "commands.hpp"

#include <millrace/observe/audit/audit_export.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/compliance_report.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/report_templates.hpp>
#include <millrace/observe/audit/trail_proofs.hpp>
#include <millrace/observe/audit/trail_queries.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/transparency.hpp>
#ifdef AUDIT_TOOL_HAS_KEYS
#include <millrace/store/ed25519.hpp>
#include <millrace/store/secret_file.hpp>
#endif

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace audit_tool {

namespace mo = mr::observe;
namespace ms = mr::store;

namespace {

mr::result<void> write_to(const std::string& file, const std::string& text) {
  if (!file.empty()) return ms::write_file(file, text);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return mr::error(mr::errc::io, "cannot write to stdout");
  return {};
}

/// A head from its file, with or without a signature.
mr::result<ms::tree_head> read_head(const std::string& file) {
  auto text = ms::read_file(file);
  if (!text) return std::move(text).error();
  // A signature's lines stand behind the head's own.
  if (const std::size_t at = text->find("\nalgorithm "); at != text->npos) text->resize(at + 1);
  auto head = ms::tree_head::from_text(*text);
  if (!head) return std::move(head).error().wrap(file);
  return head;
}

mr::result<mo::trail_report> verify_with(const std::string& folder, const std::vector<ms::tree_head>& heads,
                                         const std::string& key) {
  if (key.empty()) return mo::verify_trail(folder, std::span(heads));
#ifdef AUDIT_TOOL_HAS_KEYS
  auto pem = ms::read_file(key);
  if (!pem) return std::move(pem).error();
  auto read = ms::ed25519_public_key::from_pem(*pem);
  if (!read) return std::move(read).error().wrap(key);
  return mo::verify_trail(folder, *read, std::span(heads));
#else
  return mr::error(mr::errc::unsupported, "--key: this program was built without OpenSSL");
#endif
}

template <class Mask>
std::string exported(const std::vector<mo::audit_entry>& entries, const std::string& format, const Mask& mask) {
  if (format == "csv") return mo::to_csv(entries, mask);
  if (format == "yaml") return mo::to_yaml(entries, mask);
  return mo::to_json_lines(entries, mask);
}

template <class Mask>
std::string page(const mo::compliance_report& report, const std::string& format, const Mask& mask) {
  if (format == "csv") return mo::to_csv(report, mask);
  if (format == "yaml") return mo::to_yaml(report, mask);
  if (format == "html") return mo::to_html(report, mask);
  return mo::to_json(report, mask);
}

template <class Trail>
mr::result<verdict> erase_in(mr::result<Trail> trail, const erasure& what) {
  if (!trail) return std::move(trail).error();
  std::vector<mo::personal_value> values;
  for (const std::string& field : what.fields) values.push_back({what.index, field});
  if (values.empty()) values.push_back({what.index, {}});
  const auto erased = trail->erase(values, what.actor, what.reason);
  if (!erased) return erased.error();
  if (auto closed = trail->close(); !closed) return std::move(closed).error();
  std::printf("%llu values of record %llu were erased\n", static_cast<unsigned long long>(*erased),
              static_cast<unsigned long long>(what.index));
  return verdict::good;
}

#ifdef AUDIT_TOOL_HAS_KEYS
mr::result<ms::ed25519_private_key> read_private_key(const std::string& file, const std::string& passphrase_file) {
  const auto pem = ms::read_secret(file);
  if (!pem) return pem.error();
  ms::secret<std::string> passphrase;
  if (!passphrase_file.empty()) {
    auto read = ms::read_secret(passphrase_file);
    if (!read) return std::move(read).error();
    passphrase = *std::move(read);
  }
  auto key = ms::ed25519_private_key::from_pem(pem->expose(), passphrase.expose());
  if (!key) return std::move(key).error().wrap(file);
  return key;
}
#endif

}  // namespace

mr::result<verdict> verify(const std::string& folder, const std::vector<std::string>& heads, const std::string& key) {
  std::vector<ms::tree_head> known;
  for (const std::string& file : heads) {
    auto head = read_head(file);
    if (!head) return std::move(head).error();
    known.push_back(*std::move(head));
  }
  const auto found = verify_with(folder, known, key);
  if (!found && found.error().code() == mr::errc::invalid_argument) {  // a head is of another trail
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), found.error().describe().c_str());
    return verdict::not_as_written;
  }
  if (!found) return found.error();
  std::printf("%s: %s\n", folder.c_str(), summary(*found).c_str());
  if (found->signed_heads != 0)
    std::printf("%llu signed tree heads%s\n", static_cast<unsigned long long>(found->signed_heads),
                key.empty() ? ", which nobody checked: --key FILE does" : "");
  const bool vouched = key.empty() || found->signed_size >= found->records;
  if (!vouched)
    std::printf("the last signature vouches for the first %llu of %llu records\n",
                static_cast<unsigned long long>(found->signed_size), static_cast<unsigned long long>(found->records));
  return found->sound && vouched ? verdict::good : verdict::not_as_written;
}

mr::result<verdict> print_head(const std::string& folder) {
  const auto found = mo::verify_trail(folder);
  if (!found) return found.error();
  if (!found->sound) {
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), summary(*found).c_str());
    return verdict::not_as_written;
  }
  if (auto done = write_to("", to_text(found->head)); !done) return std::move(done).error();
  return verdict::good;
}

mr::result<verdict> query(const std::string& folder, mo::audit_query query, const output& to) {
  const auto entries = mo::query_trail(folder, std::move(query));
  if (!entries && entries.error().code() == mr::errc::invalid_argument) {  // nothing can be what is asked for
    std::fprintf(stderr, "audit_tool: %s\n", entries.error().describe().c_str());
    return verdict::wrong_options;
  }
  if (!entries) return entries.error();
  const std::string text =
      to.unmasked ? exported(*entries, to.format, mo::unmasked()) : exported(*entries, to.format, mo::masked());
  if (auto done = write_to(to.file, text); !done) return std::move(done).error();
  return verdict::good;
}

mr::result<verdict> report(const std::string& folder, const report_request& request, const output& to) {
  mo::compliance_options options;
  options.title = request.title;
  options.from = request.from;
  options.until = request.until;
  options.made_unix_nanoseconds = mr::unix_nanoseconds();
  if (request.evidence == "soc2") options.evidence = mo::report_templates::soc2;
  if (request.evidence == "gdpr") options.evidence = mo::report_templates::gdpr;
  if (request.evidence == "hipaa") options.evidence = mo::report_templates::hipaa;
  if (request.evidence == "pci") options.evidence = mo::report_templates::pci_dss;
  const auto made = mo::report_trail(folder, std::move(options));
  if (!made) return made.error();
  const std::string text = to.unmasked ? page(*made, to.format, mo::unmasked()) : page(*made, to.format, mo::masked());
  if (auto done = write_to(to.file, text); !done) return std::move(done).error();
  if (made->options.verification->intact) return verdict::good;
  std::fprintf(stderr, "%s: %s\n", folder.c_str(), made->options.verification->finding.c_str());
  return verdict::not_as_written;
}

mr::result<verdict> prove_record(const std::string& folder, std::uint64_t index, const std::string& proof,
                                 const std::string& record) {
  const auto made = mo::prove_record(folder, index);
  if (!made) return made.error();
  if (auto holds = verify_record(*made); !holds) {
    std::fprintf(stderr, "%s: record %llu is not as it was written\n", folder.c_str(),
                 static_cast<unsigned long long>(index));
    return verdict::not_as_written;
  }
  if (!record.empty())
    if (auto done = ms::write_file(record, made->record); !done) return std::move(done).error();
  if (auto done = write_to(proof, to_text(made->proof)); !done) return std::move(done).error();
  return verdict::good;
}

mr::result<verdict> prove_head(const std::string& folder, const std::string& head, const std::string& proof) {
  const auto earlier = read_head(head);
  if (!earlier) return earlier.error();
  const auto now = mo::read_leaves(folder);
  if (!now) return now.error();
  const std::span<const mr::sha256_digest> leaves(now->leaves);
  auto still = earlier->origin == now->head.origin
                   ? ms::verify_extends(*earlier, leaves)
                   : mr::error(mr::errc::invalid_argument, "the tree head is of the log " + earlier->origin);
  if (!still) {
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), still.error().describe().c_str());
    return verdict::not_as_written;
  }
  const auto made = ms::prove_consistency(leaves, earlier->root.size);
  if (!made) return made.error();
  if (auto done = write_to(proof, to_text(*made)); !done) return std::move(done).error();
  return verdict::good;
}

mr::result<verdict> check(const std::string& proof, const std::string& record, const std::string& earlier,
                          const std::string& head) {
  const auto now = read_head(head);
  if (!now) return now.error();
  const auto text = ms::read_file(proof);
  if (!text) return text.error();
  mr::result<void> holds;
  if (!record.empty()) {
    const auto bytes = ms::read_bytes(record);
    if (!bytes) return bytes.error();
    auto read = ms::inclusion_proof::from_text(*text);
    if (!read) return std::move(read).error().wrap(proof);
    holds = ms::verify_inclusion(*read, std::span<const std::byte>(*bytes), now->root);
    if (holds) std::printf("the record is number %llu of the trail\n", static_cast<unsigned long long>(read->index));
  } else {
    const auto before = read_head(earlier);
    if (!before) return before.error();
    auto read = ms::consistency_proof::from_text(*text);
    if (!read) return std::move(read).error().wrap(proof);
    holds = ms::verify_extends(*before, now->root, *read);
    if (holds)
      std::printf("the trail still begins with its first %llu records\n", static_cast<unsigned long long>(read->from));
  }
  if (holds) return verdict::good;
  std::fprintf(stderr, "%s: %s\n", proof.c_str(), holds.error().describe().c_str());
  return verdict::not_as_written;
}

mr::result<verdict> erase_values(const std::string& folder, const erasure& what) {
  if (auto there = mo::read_trail(folder, [](const mo::audit_entry&) { return false; }); !there)
    return std::move(there).error();  // opening would begin a new trail
  if (what.key.empty()) return erase_in(mo::audit_trail<>::open(folder), what);
#ifdef AUDIT_TOOL_HAS_KEYS
  auto key = read_private_key(what.key, what.passphrase);
  if (!key) return std::move(key).error();
  // Heads of two keys could be verified with neither of them.
  const auto found = mo::verify_trail(folder, key->public_key());
  if (!found) return found.error();
  if (!found->sound) {
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), summary(*found).c_str());
    return verdict::not_as_written;
  }
  return erase_in(mo::audit_trail<ms::ed25519_private_key>::open(folder, {}, *std::move(key)), what);
#else
  return mr::error(mr::errc::unsupported, "--sign: this program was built without OpenSSL");
#endif
}

}  // namespace audit_tool
