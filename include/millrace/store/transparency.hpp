#ifndef MILLRACE_STORE_TRANSPARENCY_HPP
#define MILLRACE_STORE_TRANSPARENCY_HPP

/// transparency: records of which nobody can change, remove or move one unseen, by the Merkle tree of RFC 6962.
///
/// - `leaf_hash`, `node_hash`, `merkle_tree`, `tree_root`: a tree that grows record by record, and what it commits to
/// - `prove_inclusion`, `prove_consistency`, `root_of`: proofs, made from any `leaf_source`; `subtree_cache`, for who
///   makes many
/// - `inclusion_proof`, `consistency_proof`, `verify_inclusion`, `verify_consistency`: what somebody else verifies, and
///   the texts that carry it
/// - `tree_head`, `sign`, `verify_tree_head`, `verify_extends`: what a log was at one time, signed; and whether the log
///   of today still begins with it

#include <millrace/store/transparency/merkle_tree.hpp>
#include <millrace/store/transparency/proofs.hpp>
#include <millrace/store/transparency/prove.hpp>
#include <millrace/store/transparency/subtree_cache.hpp>
#include <millrace/store/transparency/tree_head.hpp>

#endif  // MILLRACE_STORE_TRANSPARENCY_HPP
