#include <millrace/store/transparency/proofs.hpp>

#include <millrace/store/transparency/prove.hpp>
#include <support/catch.hpp>
#include <support/merkle.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

std::vector<mr::sha256_digest> digests(std::initializer_list<std::string_view> texts) {
  std::vector<mr::sha256_digest> made;
  for (const std::string_view text : texts) made.push_back(support::digest_of_hex(text));
  return made;
}

constexpr std::string_view leaf_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
constexpr std::string_view leaf_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
constexpr std::string_view leaf_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
constexpr std::string_view node_01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
constexpr std::string_view node_23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
constexpr std::string_view node_45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
constexpr std::string_view node_67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
constexpr std::string_view node_03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
constexpr std::string_view node_47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

// kSHA256Paths, whose leaves count from 1, and kSHA256Proofs of google/certificate-transparency,
// cpp/merkletree/merkle_tree_test.cc.
std::vector<ms::inclusion_proof> reference_paths() {
  return {{0, 1, {}},
          {0, 8, digests({leaf_1, node_23, node_47})},
          {5, 8, digests({leaf_4, node_67, node_03})},
          {2, 3, digests({node_01})},
          {1, 5, digests({leaf_0, node_23, leaf_4})}};
}
std::vector<ms::consistency_proof> reference_proofs() {
  return {{1, 1, {}},
          {1, 8, digests({leaf_1, node_23, node_47})},
          {6, 8, digests({node_45, node_67, node_03})},
          {2, 5, digests({node_23, leaf_4})}};
}

/// Calls `f` with each text that differs from `text` by one bit.
template <class F>
void for_each_flip(const std::string& text, const F& f) {
  for (std::size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      f(other);
    }
}

/// Calls `f` with each path that differs from `path` by one bit, by a hash too few, too many, or twice.
template <class F>
void for_each_other_path(const std::vector<mr::sha256_digest>& path, const F& f) {
  for (std::size_t at = 0; at < path.size(); ++at) {
    for (unsigned bit = 0; bit < 256; ++bit) {
      auto other = path;
      other[at].bytes[bit / 8] = static_cast<unsigned char>(other[at].bytes[bit / 8] ^ 1U << bit % 8);
      f(other);
    }
    auto less = path;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(at));
    f(less);
    auto twice = path;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(at), path[at]);
    f(twice);
    if (at != 0) {
      auto swapped = path;
      std::swap(swapped[at], swapped[at - 1]);
      f(swapped);
    }
  }
  auto more = path;
  more.push_back(mr::sha256_digest());
  f(more);
  more.resize(200);
  f(more);
}

}  // namespace

TEST_CASE("the paths of Certificate Transparency's reference tree are verified, and made") {
  const auto leaves = support::reference_leaves();
  for (const ms::inclusion_proof& proof : reference_paths()) {
    const auto index = static_cast<std::size_t>(proof.index);
    const auto size = static_cast<std::size_t>(proof.size);
    const ms::tree_root root = support::reference_root(size);
    CHECK(ms::verify_inclusion(proof, leaves[index], root));
    CHECK(ms::verify_inclusion(proof, support::from_hex(support::reference_records[index]), root));
    CHECK(ms::prove_inclusion(std::span(leaves).first(size), index).value() == proof);
  }
  for (const ms::consistency_proof& proof : reference_proofs()) {
    const auto to = static_cast<std::size_t>(proof.to);
    const ms::tree_root older = support::reference_root(static_cast<std::size_t>(proof.from));
    CHECK(ms::verify_consistency(proof, older, support::reference_root(to)));
    CHECK(ms::prove_consistency(std::span(leaves).first(to), proof.from).value() == proof);
  }
}

TEST_CASE("every proof of every tree of up to 100 leaves is verified, and against no other root") {
  const auto leaves = support::golden_leaves(100);
  std::vector<ms::tree_root> roots;
  for (std::size_t size = 0; size <= leaves.size(); ++size) roots.push_back(ms::root_of(std::span(leaves).first(size)));
  bool all = true;
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto part = std::span(leaves).first(size);
    for (std::size_t i = 0; i < size; ++i) {
      auto inclusion = ms::prove_inclusion(part, i).value();
      all = all && ms::verify_inclusion(inclusion, leaves[i], roots[size]);
      all = all && !ms::verify_inclusion(inclusion, leaves[(i + 1) % leaves.size()], roots[size]);
      auto consistency = ms::prove_consistency(part, i).value();
      all = all && ms::verify_consistency(consistency, roots[i], roots[size]);
      // Said to be about another leaf, or about the tree before or after.
      inclusion.index = (i + 1) % size;
      all = all && (size == 1 || !ms::verify_inclusion(inclusion, leaves[i], roots[size]));
      inclusion.index = i;
      for (const std::size_t other : std::initializer_list<std::size_t>{size - 1, size + 1}) {
        if (other >= roots.size()) continue;
        inclusion.size = size;
        all = all && !ms::verify_inclusion(inclusion, leaves[i], roots[other]);
        inclusion.size = other;
        all = all && !ms::verify_inclusion(inclusion, leaves[i], roots[other]);
        if (i == 0) continue;
        consistency.to = size;
        all = all && !ms::verify_consistency(consistency, roots[i], roots[other]);
        consistency.to = other;
        all = all && (other == i || !ms::verify_consistency(consistency, roots[i], roots[other]));
      }
      if (i == 0) continue;
      consistency.to = size;
      for (const std::size_t other : std::initializer_list<std::size_t>{i - 1, i + 1}) {
        consistency.from = i;
        all = all && !ms::verify_consistency(consistency, roots[other], roots[size]);
        consistency.from = other;
        all = all && !ms::verify_consistency(consistency, roots[other], roots[size]);
      }
    }
    REQUIRE(all);
  }
}

TEST_CASE("a proof with a bit or a hash that is not its own is refused") {
  const auto leaves = support::golden_leaves(21);
  bool any = false;
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 3, 4, 6, 7, 8, 13, 21}) {
    const auto part = std::span(leaves).first(size);
    const ms::tree_root root = ms::root_of(part);
    for (std::size_t i = 0; i < size; ++i) {
      const auto proof = ms::prove_inclusion(part, i).value();
      for_each_other_path(proof.path, [&](const std::vector<mr::sha256_digest>& path) {
        any = any || ms::verify_inclusion({proof.index, proof.size, path}, leaves[i], root);
      });
      const auto older = ms::root_of(part.first(i));
      const auto consistency = ms::prove_consistency(part, i).value();
      for_each_other_path(consistency.path, [&](const std::vector<mr::sha256_digest>& path) {
        any = any || ms::verify_consistency({consistency.from, consistency.to, path}, older, root);
      });
    }
  }
  CHECK_FALSE(any);
}

TEST_CASE("what is wrong with a proof has a name") {
  const auto leaves = support::reference_leaves();
  const auto root = support::reference_root(8);
  const auto older = support::reference_root(6);
  const auto of = [&](const ms::inclusion_proof& proof) {
    const auto done = ms::verify_inclusion(proof, leaves[5], root);
    REQUIRE_FALSE(done);
    return done.error();
  };
  const auto path = reference_paths()[2].path;
  CHECK(of({5, 7, path}).code() == mr::errc::invalid_argument);
  CHECK(of({5, 7, path}).message() == "the proof is about a tree of 7 records, and the root is that of 8");
  CHECK(of({8, 8, path}).code() == mr::errc::out_of_range);
  CHECK(of({~std::uint64_t{0}, 8, path}).code() == mr::errc::out_of_range);
  CHECK(of({5, 8, {}}).code() == mr::errc::corrupt);
  CHECK(of({4, 8, path}).code() == mr::errc::checksum_mismatch);
  CHECK_THAT(of({4, 8, path}).message(), ContainsSubstring("that of the 8 records is 5dc9da79a706"));
  const auto with = [&](const ms::consistency_proof& proof, const ms::tree_root& from) {
    const auto done = ms::verify_consistency(proof, from, root);
    REQUIRE_FALSE(done);
    return done.error().code();
  };
  const auto proof = reference_proofs()[2].path;
  CHECK(with({5, 8, proof}, older) == mr::errc::invalid_argument);
  CHECK(with({6, 9, proof}, older) == mr::errc::invalid_argument);
  CHECK(with({9, 8, proof}, {9, older.hash}) == mr::errc::invalid_argument);
  CHECK(with({6, 8, {}}, older) == mr::errc::corrupt);
  CHECK(with({6, 8, proof}, {6, root.hash}) == mr::errc::checksum_mismatch);
  CHECK(with({8, 8, {}}, {8, older.hash}) == mr::errc::checksum_mismatch);
  CHECK(with({8, 8, proof}, root) == mr::errc::corrupt);
  CHECK(with({0, 8, proof}, ms::tree_root()) == mr::errc::corrupt);
  CHECK(with({0, 8, {}}, {0, older.hash}) == mr::errc::checksum_mismatch);
  CHECK(ms::verify_consistency({0, 8, {}}, ms::tree_root(), root));
  CHECK(ms::verify_consistency({8, 8, {}}, root, root));
  CHECK(ms::verify_consistency({}, ms::tree_root(), ms::tree_root()));
}

TEST_CASE("a tree of two to the power of 63 leaves and more has proofs, too") {
  // All leaves of the tree are one hash, so that a node of a level is the same everywhere.
  std::vector<mr::sha256_digest> level(64);
  level[0] = ms::leaf_hash({});
  for (std::size_t i = 1; i < 64; ++i) level[i] = ms::node_hash(level[i - 1], level[i - 1]);
  const auto tree = ms::merkle_tree::make(std::uint64_t{1} << 63, std::span(level).last(1)).value();
  ms::inclusion_proof proof{12345, tree.size(), {level.begin(), level.end() - 1}};
  CHECK(ms::verify_inclusion(proof, level[0], tree.root()));
  proof.path.push_back(level[0]);
  CHECK_FALSE(ms::verify_inclusion(proof, level[0], tree.root()));
  auto grown = tree;
  grown.append(level[0]);
  CHECK(ms::verify_consistency({tree.size(), grown.size(), {level[0]}}, tree.root(), grown.root()));
  CHECK(ms::verify_inclusion({tree.size(), grown.size(), {tree.root().hash}}, level[0], grown.root()));
}

TEST_CASE("a proof is the text that its form says") {
  const ms::inclusion_proof inclusion = reference_paths()[4];
  const std::string text =
      "millrace inclusion proof 1\nindex 1\nsize 5\n"
      "hash 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d\n"
      "hash 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e\n"
      "hash bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b\n";
  CHECK(to_text(inclusion) == text);
  CHECK(ms::inclusion_proof::from_text(text).value() == inclusion);
  const ms::consistency_proof consistency = reference_proofs()[3];
  CHECK(to_text(consistency) ==
        "millrace consistency proof 1\nfrom 2\nto 5\n"
        "hash 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e\n"
        "hash bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b\n");
  CHECK(ms::consistency_proof::from_text(to_text(consistency)).value() == consistency);
  CHECK(to_text(ms::inclusion_proof{0, 1, {}}) == "millrace inclusion proof 1\nindex 0\nsize 1\n");
  CHECK(ms::inclusion_proof::from_text("millrace inclusion proof 1\nindex 0\nsize 1\n").value() ==
        ms::inclusion_proof{0, 1, {}});
}

TEST_CASE("a text that is no proof is refused, and a changed one is no proof of the same") {
  const auto leaves = support::reference_leaves();
  const std::string text = to_text(reference_paths()[4]);
  const auto code = [](std::string_view given) {
    const auto read = ms::inclusion_proof::from_text(given);
    REQUIRE_FALSE(read);
    return read.error().code();
  };
  CHECK(code("") == mr::errc::truncated);
  CHECK(code("millrace inclusion") == mr::errc::truncated);
  CHECK(code("millrace inclusion proof 2\n") == mr::errc::unsupported);
  CHECK(code("millrace consistency proof 1\nfrom 2\nto 5\n") == mr::errc::corrupt);
  CHECK(code(text + "x") == mr::errc::truncated);
  CHECK(code(text + "x\n") == mr::errc::corrupt);
  CHECK(code("millrace inclusion proof 1\nindex 01\nsize 5\n") == mr::errc::corrupt);
  CHECK(code("millrace inclusion proof 1\nindex 1\nsize 99999999999999999999\n") == mr::errc::corrupt);
  CHECK(code("millrace inclusion proof 1\nindex 1\nsize 5\r\n") == mr::errc::corrupt);
  CHECK(ms::inclusion_proof::from_text("millrace inclusion proof 1\nindex 1\nsize 5\nhash 6E\n").error().message() ==
        "line 4 of the inclusion proof is not of its form");
  // No more hashes than a proof can have are read.
  std::string endless = "millrace inclusion proof 1\nindex 1\nsize 5\n";
  for (int i = 0; i < 100; ++i) endless += text.substr(text.size() - 70);
  CHECK(code(endless) == mr::errc::corrupt);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto read = ms::inclusion_proof::from_text(std::string_view(text).substr(0, size));
    CHECK_FALSE((read && ms::verify_inclusion(*read, leaves[1], support::reference_root(5))));
  }
  for_each_flip(text, [&](const std::string& other) {
    const auto read = ms::inclusion_proof::from_text(other);
    CHECK_FALSE((read && ms::verify_inclusion(*read, leaves[1], support::reference_root(5))));
  });
  for_each_flip(to_text(reference_proofs()[3]), [&](const std::string& other) {
    const auto read = ms::consistency_proof::from_text(other);
    CHECK_FALSE((read && ms::verify_consistency(*read, support::reference_root(2), support::reference_root(5))));
  });
}
