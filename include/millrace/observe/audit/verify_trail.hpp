#ifndef MILLRACE_OBSERVE_AUDIT_VERIFY_TRAIL_HPP
#define MILLRACE_OBSERVE_AUDIT_VERIFY_TRAIL_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/detail/trail_check.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/signature.hpp>
#include <millrace/store/transparency/tree_head.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What `verify_trail` found.
struct trail_report {
  bool sound = true;          ///< no fault was found
  trail_fault fault;          ///< the first one, unless it is sound
  bool closed = false;        ///< the writer ended in order; else it still runs, or was killed, or the end was cut off
  std::uint64_t records = 0;  ///< those before the fault, the pruned ones included
  std::uint64_t pruned = 0;   ///< of which only the hashes are left
  std::uint64_t erased = 0;   ///< values of personal data
  /// Values that a record says were erased, and that are still there: the writer was killed in between, and opening the
  /// trail erases them.
  std::uint64_t unfinished_erasures = 0;
  std::uint64_t segments = 0;
  std::uint64_t signed_heads = 0;
  std::uint64_t signed_size = 0;  ///< how many records the last signed head vouches for
  store::tree_head head;          ///< of the last commit before the fault; its time is 0

  explicit operator bool() const noexcept { return sound; }
};

/// The report in a sentence: `1204 records in 3 segments are as they were written`, or what is wrong, and where.
inline std::string summary(const trail_report& report) {
  if (report.sound) {
    std::string text = std::to_string(report.records) + " records in " + std::to_string(report.segments) +
                       (report.segments == 1 ? " segment are" : " segments are") + " as they were written";
    if (report.pruned != 0) text += ", " + std::to_string(report.pruned) + " of them pruned";
    if (report.erased != 0) text += "; " + std::to_string(report.erased) + " values were erased";
    if (!report.closed) text += "; the trail was not closed, so that its end may be missing";
    return text;
  }
  const trail_fault& fault = report.fault;
  std::string text = "record " + std::to_string(fault.index);
  if (fault.count > 1)
    text = "records " + std::to_string(fault.index) + " to " + std::to_string(fault.index + fault.count - 1);
  text += ": " + fault.what + " (\"" + fault.file + "\", byte " + std::to_string(fault.offset) + ")";
  if (fault.torn) text += "; a crash may have left it so";
  return text;
}

namespace detail {

inline std::string origin_of(const trail_id& id) {
  std::string text;
  for (const unsigned char byte : id.bytes)
    for (const unsigned shift : {4U, 0U}) text += "0123456789abcdef"[byte >> shift & 15U];
  return text;
}

/// Whether a file of a segment has no frame. Errors: those of files.
inline result<bool> has_no_frame(const std::string& path) {
  auto opened = store::file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  char first[8] = {};
  const auto got = opened->read_at(trail_header_bytes, first, sizeof first);
  if (!got) return got.error();
  return all_zero(std::as_bytes(std::span(first)));
}

template <class SignedHead>
result<trail_report> verify_listed(const std::string& folder, const std::vector<trail_file>& files,
                                   std::span<const store::tree_head> heads, SignedHead&& signed_head) {
  kept_roots roots;
  for (const store::tree_head& head : heads)
    if (head.root.size != 0) roots.push_back(head.root);
  heap_sort(roots.data(), roots.size(), [](const auto& a, const auto& b) { return a.size < b.size; });
  trail_check check{std::move(roots)};
  trail_report report;
  const auto vouch = [&](const commit_view& commit) {
    result<void> vouched = signed_head(check.id, commit);
    if (vouched) {
      ++report.signed_heads;
      report.signed_size = commit.root.size;
    }
    return vouched;
  };
  for (std::size_t i = 0; report.sound && i < files.size(); ++i) {
    const trail_file& file = files[i];
    auto bytes = open_segment(files, i);
    if (!bytes) return std::move(bytes).error();
    ++report.segments;
    if (file.pruned) {
      report.sound = check.take_hashes(bytes->bytes(), file);
      continue;
    }
    bool next_is_empty = false;
    if (i + 2 == files.size()) {
      const auto empty = has_no_frame(files.back().path);
      if (!empty) return empty.error();
      next_is_empty = *empty;
    }
    report.sound = check.take_segment(bytes->bytes(), file, i, i + 1 == files.size(), next_is_empty, vouch);
    report.closed = (check.marks & trail_closed) != 0 && check.good_end == bytes->bytes().size();
  }
  report.head = {origin_of(check.id), {check.committed, check.tree.root().hash}, 0};
  // Of a trail that begins with damage nobody knows which it is.
  for (const store::tree_head& head : heads)
    if (head.origin != report.head.origin && check.id != trail_id())
      return error(errc::invalid_argument, "the tree head is of the log " + head.origin + ", and \"" + folder +
                                               "\" is the trail " + report.head.origin);
  if (report.sound) report.sound = check.conclude(files);
  if (report.sound) report.unfinished_erasures = check.unfinished_erasures();
  if (!report.sound) report.fault = std::move(check.fault);
  report.closed = report.closed && report.sound;
  report.records = check.tree.size();
  report.pruned = check.pruned;
  report.erased = check.erased_values();
  return report;
}

/// Verifies what is there.
template <class SignedHead>
result<trail_report> verify_files(const std::string& folder, std::span<const store::tree_head> heads,
                                  SignedHead&& signed_head) {
  return look_at_files(
      folder, [&](const std::vector<trail_file>& files) { return verify_listed(folder, files, heads, signed_head); },
      [](const result<trail_report>& report) { return report && *report; });
}

}  // namespace detail

/// Verifies a trail from the bytes in its folder: every record, every value of personal data that was not erased, every
/// commit and every file is hashed again. It needs no key, nor what was erased or pruned.
///
///     auto report = mr::observe::verify_trail("audit");
///     if (!report || !*report) std::cerr << (report ? mr::observe::summary(*report) : report.error().message());
///
/// `heads` are tree heads that were exported earlier and kept elsewhere: without one, or a signature, who can write the
/// files can write them all anew, or cut the end off. Beside a running writer, which may begin, end and prune segments
/// meanwhile, it may find the end torn; verify again. Complexity: linear in the bytes; the last two segments are read,
/// the others are mapped. Allocates: the last two segments' bytes, 24 bytes for each erased value. Errors: not_found:
/// no trail is there; invalid_argument: a head is of another trail; corrupt: two files claim the same place; those of
/// files. What is wrong with the trail is no error, but in the report.
inline result<trail_report> verify_trail(const std::string& folder, std::span<const store::tree_head> heads = {}) {
  const auto believe = [](const detail::trail_id&, const detail::commit_view&) { return result<void>(); };
  auto report = detail::verify_files(folder, heads, believe);
  if (report) report->signed_size = 0;  // nobody looked at the signatures
  return report;
}

/// The same, and that each signed head in the trail was signed by the verifier's pair. `signed_size` says how many
/// records the last one vouches for; whether that is enough is the caller's to say.
template <store::verifier Verifier>
result<trail_report> verify_trail(const std::string& folder, const Verifier& key,
                                  std::span<const store::tree_head> heads = {}) {
  const auto vouch = [&](const detail::trail_id& id, const detail::commit_view& commit) -> result<void> {
    const auto head = store::verify_tree_head(commit.signed_head, key);
    if (!head) return head.error();
    if (head->root != commit.root || head->origin != detail::origin_of(id))
      return error(errc::not_authentic, "the signed tree head is another's");
    return {};
  };
  return detail::verify_files(folder, heads, vouch);
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_VERIFY_TRAIL_HPP
