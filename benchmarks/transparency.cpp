// Records hashed into a Merkle tree, and what proofs cost, beside OpenSSL's SHA-256.
#include <millrace/core/sha256.hpp>
#include <millrace/store/ed25519.hpp>
#include <millrace/store/transparency.hpp>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;
namespace ms = millrace::store;

constexpr std::size_t records = 1024;

/// Records of one size, one behind the other, as in a segment of a log.
struct log {
  explicit log(std::size_t size) : bytes(size * records) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7919 >> 3);
    for (std::size_t i = 0; i < records; ++i) messages.push_back(std::span(bytes).subspan(i * size, size));
  }
  std::vector<std::byte> bytes;
  std::vector<std::span<const std::byte>> messages;
  std::vector<mr::sha256_digest> digests = std::vector<mr::sha256_digest>(records);
};

void finish(benchmark::State& state, const log& from) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(from.bytes.size()));
}

void hash_openssl(benchmark::State& state) {
  log from(static_cast<std::size_t>(state.range(0)));
  EVP_MD_CTX* const work = ::EVP_MD_CTX_new();
  EVP_MD* const kind = ::EVP_MD_fetch(nullptr, "SHA256", nullptr);  // once: looking it up takes longer than the hash
  for (auto _ : state) {
    for (std::size_t i = 0; i < records; ++i) {
      ::EVP_DigestInit_ex2(work, kind, nullptr);
      ::EVP_DigestUpdate(work, from.messages[i].data(), from.messages[i].size());
      ::EVP_DigestFinal_ex(work, from.digests[i].bytes, nullptr);
    }
    benchmark::ClobberMemory();
  }
  ::EVP_MD_free(kind);
  ::EVP_MD_CTX_free(work);
  finish(state, from);
}
void hash_one_by_one(benchmark::State& state) {
  log from(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (std::size_t i = 0; i < records; ++i) from.digests[i] = mr::sha256_of(from.messages[i]);
    benchmark::ClobberMemory();
  }
  finish(state, from);
}
void hash_many(benchmark::State& state) {
  log from(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    mr::sha256_many(from.messages, from.digests);
    benchmark::ClobberMemory();
  }
  finish(state, from);
}

/// Records into leaves and leaves into the tree, as an audit trail's writer or its verifier does.
void append_one_by_one(benchmark::State& state) {
  log from(static_cast<std::size_t>(state.range(0)));
  ms::merkle_tree tree;
  for (auto _ : state)
    for (const auto& record : from.messages) tree.append(ms::leaf_hash(record));
  benchmark::DoNotOptimize(tree.root());
  finish(state, from);
}
void append_many(benchmark::State& state) {
  log from(static_cast<std::size_t>(state.range(0)));
  ms::merkle_tree tree;
  for (auto _ : state) {
    ms::leaf_hashes(from.messages, from.digests);
    tree.append(from.digests);
  }
  benchmark::DoNotOptimize(tree.root());
  finish(state, from);
}

std::vector<mr::sha256_digest> leaves(std::size_t count) {
  std::vector<mr::sha256_digest> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t number[] = {i};
    made[i] = ms::leaf_hash(std::as_bytes(std::span(number)));
  }
  return made;
}

void prove_inclusion(benchmark::State& state) {
  const auto all = leaves(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ms::prove_inclusion(all, all.size() / 3));
  state.SetItemsProcessed(state.iterations());
}
void prove_cached(benchmark::State& state) {
  const auto all = leaves(static_cast<std::size_t>(state.range(0)));
  ms::subtree_cache cache;
  cache.append(all);
  const ms::leaf_span source(all);
  for (auto _ : state)
    benchmark::DoNotOptimize(ms::prove_inclusion(ms::cached_leaves(source, cache), all.size() / 3, all.size()));
  state.SetItemsProcessed(state.iterations());
}
void verify_inclusion(benchmark::State& state) {
  const auto all = leaves(static_cast<std::size_t>(state.range(0)));
  const auto root = ms::root_of(all);
  const auto proof = ms::prove_inclusion(all, all.size() / 3).value();
  for (auto _ : state) benchmark::DoNotOptimize(ms::verify_inclusion(proof, all[all.size() / 3], root));
  state.SetItemsProcessed(state.iterations());
}
void sign_head(benchmark::State& state) {
  const auto key = ms::ed25519_private_key::make(std::vector<std::byte>(32)).value();
  const ms::tree_head head{"audit", ms::root_of(leaves(100)), 1};
  for (auto _ : state) benchmark::DoNotOptimize(ms::sign(head, key));
}

BENCHMARK(hash_openssl)->Arg(64)->Arg(100)->Arg(200)->Arg(300);
BENCHMARK(hash_one_by_one)->Arg(64)->Arg(100)->Arg(200)->Arg(300);
BENCHMARK(hash_many)->Arg(64)->Arg(100)->Arg(200)->Arg(300);
BENCHMARK(append_one_by_one)->Arg(100)->Arg(200)->Arg(300);
BENCHMARK(append_many)->Arg(100)->Arg(200)->Arg(300);
BENCHMARK(prove_inclusion)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK(prove_cached)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK(verify_inclusion)->Arg(1 << 10)->Arg(1 << 20);
BENCHMARK(sign_head);

}  // namespace

BENCHMARK_MAIN();
