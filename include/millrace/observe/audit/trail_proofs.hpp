#ifndef MILLRACE_OBSERVE_AUDIT_TRAIL_PROOFS_HPP
#define MILLRACE_OBSERVE_AUDIT_TRAIL_PROOFS_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>
#include <millrace/store/transparency/prove.hpp>
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

/// The leaves of a trail's tree, those of pruned records included, from which proofs are made:
///
///     auto leaves = mr::observe::read_leaves("audit");
///     auto proof = mr::store::prove_consistency(leaves->leaves, earlier.root.size);
struct trail_leaves {
  store::tree_head head;  ///< of the last commit; its time is 0
  std::vector<sha256_digest> leaves;
};

namespace detail {

/// The leaves of a trail that has these files.
inline result<trail_leaves> leaves_of(std::vector<trail_file>& files) {
  trail_leaves made;
  commit_view commit{};
  for (std::size_t i = 0; i < files.size(); ++i) {
    trail_file& file = files[i];
    if (file.first_index != made.leaves.size())
      return damaged_segment(file.path, 0, "the records before it are missing");
    auto bytes = open_segment(files, i);
    if (!bytes && !file.pruned && was_pruned(file, bytes.error().code())) {
      file.path += pruned_suffix;
      file.pruned = true;
      bytes = open_segment(files, i);
    }
    if (!bytes) return std::move(bytes).error();
    if (file.pruned) {
      pruned_segment segment;
      if (const char* const why = read_hashes(bytes->bytes(), segment)) return damaged_segment(file.path, 0, why);
      for (std::size_t k = 0; k < segment.size(); ++k) made.leaves.push_back(segment.leaf(k));
      continue;
    }
    segment_header header;
    if (const char* const why = read_header(bytes->bytes(), header)) return damaged_segment(file.path, 0, why);
    made.head.origin = origin_of(header.id);
    commit.root = header.tree.root();
    const auto keep = [&](const record_view& record, std::size_t) -> result<bool> {
      made.leaves.push_back(load_digest(record.leaf_hash));
      return true;
    };
    const bool last = i + 1 == files.size();
    result<bool> read = each_record(bytes->bytes(), file.path, last, keep, &commit);
    if (!read) return std::move(read).error();
  }
  if (store::root_of(made.leaves) != commit.root)
    return damaged_segment(files.back().path, 0, "the hashes do not lead to the root of the last commit");
  made.head.root = commit.root;
  return made;
}

}  // namespace detail

/// Reads the leaves' hashes that stand beside a trail's records.
/// Guarantee: they lead to the root of the trail's last commit. Whether the records are theirs, `verify_trail` says.
/// Complexity: linear in the bytes. Allocates: 32 bytes a record. Threads: beside a running writer.
/// Errors: not_found: there is no such trail; corrupt, with the file; those of files.
inline result<trail_leaves> read_leaves(const std::string& folder) {
  return detail::look_at_files(
      folder, [](std::vector<detail::trail_file>& files) { return detail::leaves_of(files); },
      [](const result<trail_leaves>& made) { return made.has_value(); });
}

/// One record of a trail, and the proof that it is in it, for somebody who has neither the trail nor other records.
struct record_proof {
  /// What the trail commits to, without the mark in front: the record in the form of docs/guide/audit.md. Values of
  /// personal data are in it as hashes alone.
  std::string record;
  store::inclusion_proof proof;
  store::tree_head head;
};

/// Returns nothing if the record leads to the root of the proof's head. Whose the head is, the caller has to know: it
/// was kept, or signed. Errors: those of `store::verify_inclusion`.
inline result<void> verify_record(const record_proof& proof) {
  return store::verify_inclusion(proof.proof, std::as_bytes(std::span(proof.record)), proof.head.root);
}

/// Proves that a record is in a trail as the trail is now.
/// Complexity: reads the trail. Allocates: 32 bytes for each of its records.
/// Errors: out_of_range: there is no such record; not_found: it was pruned; those of `read_leaves`.
inline result<record_proof> prove_record(const std::string& folder, std::uint64_t index) {
  auto leaves = read_leaves(folder);
  if (!leaves) return std::move(leaves).error();
  record_proof made;
  made.head = leaves->head;
  auto proof = store::prove_inclusion(leaves->leaves, index);
  if (!proof) return std::move(proof).error();
  made.proof = *std::move(proof);
  auto files = detail::list_trail(folder);
  if (!files) return std::move(files).error();
  bool found = false;
  for (std::size_t i = 0; i < files->size() && !found; ++i) {
    const bool last = i + 1 == files->size();
    if ((*files)[i].pruned || (!last && (*files)[i + 1].first_index <= index)) continue;
    auto bytes = detail::open_segment(*files, i);
    if (!bytes && detail::was_pruned((*files)[i], bytes.error().code())) break;
    if (!bytes) return std::move(bytes).error();
    const auto look = [&](const detail::record_view& record, std::size_t) -> result<bool> {
      found = record.index == index;
      if (found) made.record.assign(detail::text_at(record.leaf.data() + 1, record.leaf.size() - 1));
      return !found;
    };
    result<bool> read = detail::each_record(bytes->bytes(), (*files)[i].path, last, look);
    if (!read) return std::move(read).error();
    if (!found) break;
  }
  if (!found) return error(errc::not_found, "record " + std::to_string(index) + " was pruned: only its hash is left");
  return made;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_TRAIL_PROOFS_HPP
