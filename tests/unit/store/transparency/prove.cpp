#include <millrace/store/transparency/prove.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/merkle.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

static_assert(ms::leaf_source<ms::leaf_span>);

TEST_CASE("all proofs of trees of up to 130 leaves are those of an implementation in Python") {
  const auto text = support::golden("store/merkle.txt");
  std::istringstream lines(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
  const auto leaves = support::golden_leaves();
  std::size_t size = 0;
  std::size_t read = 0;
  std::string root;
  std::string inclusion;
  std::string consistency;
  for (; lines >> size >> root >> inclusion >> consistency; ++read) {
    const auto part = std::span(leaves).first(size);
    CHECK(ms::root_of(part).size == size);
    CHECK(to_string(ms::root_of(part).hash) == root);
    CHECK(ms::root_of(ms::leaf_span(leaves), size).value() == ms::root_of(part));
    std::string all;
    for (std::size_t i = 0; i < size; ++i) all += to_text(ms::prove_inclusion(part, i).value());
    CHECK(to_string(mr::sha256_of(support::bytes_of(all))) == inclusion);
    all.clear();
    for (std::size_t from = 0; from <= size; ++from) all += to_text(ms::prove_consistency(part, from).value());
    CHECK(to_string(mr::sha256_of(support::bytes_of(all))) == consistency);
  }
  CHECK(read == leaves.size() + 1);
}

TEST_CASE("proofs are made from any source of leaves, as of any earlier size") {
  const auto leaves = support::golden_leaves(1000);
  std::uint64_t asked = 0;
  const auto source = [&](std::uint64_t first, std::span<mr::sha256_digest> to) {
    asked += to.size();
    return ms::leaf_span(leaves)(first, to);
  };
  const auto root = ms::root_of(source, 777).value();
  CHECK(root == ms::root_of(std::span(leaves).first(777)));
  asked = 0;
  const auto inclusion = ms::prove_inclusion(source, 345, 777).value();
  CHECK(asked == 776);
  CHECK(ms::verify_inclusion(inclusion, leaves[345], root));
  asked = 0;
  const auto consistency = ms::prove_consistency(source, 777, 1000).value();
  CHECK(asked == 1000);
  CHECK(ms::verify_consistency(consistency, root, ms::root_of(leaves)));
}

TEST_CASE("what cannot be proven is an error, and so is a source that cannot be read") {
  const auto leaves = support::golden_leaves(10);
  CHECK(ms::prove_inclusion(leaves, 10).error().code() == mr::errc::out_of_range);
  CHECK(ms::prove_inclusion(std::span(leaves).first(0), 0).error().code() == mr::errc::out_of_range);
  CHECK(ms::prove_consistency(leaves, 11).error().code() == mr::errc::out_of_range);
  CHECK(ms::prove_inclusion(ms::leaf_span(leaves), 3, 11).error().code() == mr::errc::out_of_range);
  CHECK(ms::prove_consistency(ms::leaf_span(leaves), 3, ~std::uint64_t{0}).error().code() == mr::errc::out_of_range);
  const auto broken = [](std::uint64_t, std::span<mr::sha256_digest>) -> mr::result<void> {
    return mr::error(mr::errc::io, "the disk is gone");
  };
  CHECK(ms::root_of(broken, 1).error().code() == mr::errc::io);
  CHECK(ms::prove_inclusion(broken, 0, 2).error().code() == mr::errc::io);
  CHECK(ms::prove_consistency(broken, 1, 2).error().code() == mr::errc::io);
  CHECK(ms::prove_inclusion(broken, 0, 1).value() == ms::inclusion_proof{0, 1, {}});
}
