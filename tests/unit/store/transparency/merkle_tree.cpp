#include <millrace/store/transparency/merkle_tree.hpp>

#include <support/allocations.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/merkle.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("a Merkle tree has the roots of Certificate Transparency's reference tree") {
  ms::merkle_tree tree;
  CHECK(tree.root() == ms::tree_root());
  CHECK(tree.root() == support::reference_root(0));
  const auto leaves = support::reference_leaves();
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    tree.append(leaves[i]);
    CHECK(tree.size() == i + 1);
    CHECK(tree.root() == support::reference_root(i + 1));
  }
  // LeafInputs and NodeHashes of transparency-dev/merkle, testonly/constants.go.
  CHECK(to_string(leaves[7]) == "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1");
  CHECK(to_string(ms::node_hash(leaves[6], leaves[7])) ==
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
}

TEST_CASE("a Merkle tree of any size has the root of its definition") {
  const auto text = support::golden("store/merkle.txt");
  std::istringstream lines(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
  const auto leaves = support::golden_leaves();
  ms::merkle_tree tree;
  std::size_t size = 0;
  std::string root;
  for (std::string rest; lines >> size >> root && std::getline(lines, rest);) {
    REQUIRE(tree.size() == size);
    CHECK(to_string(tree.root().hash) == root);
    CHECK(tree.peaks().size() == static_cast<std::size_t>(std::popcount(size)));
    if (size < leaves.size()) tree.append(leaves[size]);
  }
  CHECK(size == leaves.size());
}

TEST_CASE("the leaves of many records are those of each") {
  std::vector<std::vector<std::byte>> kept;
  for (std::size_t i = 0; i < 100; ++i) kept.push_back(std::vector<std::byte>(i * 7, static_cast<std::byte>(i)));
  const std::vector<std::span<const std::byte>> records(kept.begin(), kept.end());
  std::vector<mr::sha256_digest> leaves(records.size());
  ms::leaf_hashes(records, leaves);
  for (std::size_t i = 0; i < records.size(); ++i) CHECK(leaves[i] == ms::leaf_hash(records[i]));
}

TEST_CASE("leaves that come together make the tree of leaves that come one by one") {
  const auto leaves = support::golden_leaves(700);
  for (const std::size_t before : std::initializer_list<std::size_t>{0, 1, 2, 3, 7, 8, 100, 127, 128, 129, 255}) {
    for (const std::size_t count :
         std::initializer_list<std::size_t>{0, 1, 2, 3, 4, 5, 31, 64, 127, 128, 129, 130, 256, 257, 300, 445}) {
      ms::merkle_tree one_by_one;
      ms::merkle_tree together;
      const auto all = std::span(leaves).first(before + count);
      for (const mr::sha256_digest& leaf : all) one_by_one.append(leaf);
      together.append(all.first(before));
      together.append(all.subspan(before));
      CHECK(together.root() == one_by_one.root());
      CHECK(std::equal(together.peaks().begin(), together.peaks().end(), one_by_one.peaks().begin(),
                       one_by_one.peaks().end()));
    }
  }
  CHECK(support::allocations_of([&] {
          ms::merkle_tree tree;
          tree.append(leaves);
          static_cast<void>(tree.root());
        }) == 0);
}

TEST_CASE("a Merkle tree goes on from its size and its peaks") {
  const auto leaves = support::golden_leaves();
  ms::merkle_tree tree;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto again = ms::merkle_tree::make(tree.size(), tree.peaks());
    REQUIRE(again);
    CHECK(again->root() == tree.root());
    tree.append(leaves[i]);
    again->append(leaves[i]);
    CHECK(again->root() == tree.root());
  }
  const auto wrong = ms::merkle_tree::make(5, tree.peaks().first(1));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == mr::errc::invalid_data);
  CHECK(wrong.error().message() == "a Merkle tree of 5 leaves has 2 peaks, and not 1");
  // The largest there is: 64 peaks, and one leaf more is too many.
  const std::vector<mr::sha256_digest> many(64, leaves[0]);
  auto full = ms::merkle_tree::make(~std::uint64_t{0} - 1, std::span(many).first(63));
  REQUIRE(full);
  full->append(leaves[1]);
  CHECK(full->peaks().size() == 64);
  CHECK(full->peaks()[63] == leaves[1]);
}
