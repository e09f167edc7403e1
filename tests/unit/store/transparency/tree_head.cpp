#include <millrace/store/transparency/tree_head.hpp>

#include <millrace/store/ed25519.hpp>
#include <support/catch.hpp>
#include <support/merkle.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

/// The key of RFC 8032's TEST 1.
ms::ed25519_private_key reference_key() {
  return ms::ed25519_private_key::make(
             support::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
      .value();
}
ms::tree_head reference_head(std::size_t size = 8) {
  return {"payments-audit", support::reference_root(size), 1737469822123456000};
}

// [evidence]
/// What the owner of a log hands to an auditor: what the log says as a whole, signed, and where a record stands in it.
struct evidence {
  std::string head;
  std::string proof;
};
mr::result<evidence> show(std::span<const mr::sha256_digest> leaves, std::uint64_t index, std::uint64_t time,
                          const ms::ed25519_private_key& key) {
  auto head = ms::sign(ms::tree_head{"payments-audit", ms::root_of(leaves), time}, key);
  if (!head) return std::move(head).error();
  const auto proof = ms::prove_inclusion(leaves, index);
  if (!proof) return proof.error();
  return evidence{*std::move(head), to_text(*proof)};
}

/// The auditor has the record's bytes, the owner's public key, and a head that he was given earlier.
mr::result<void> examine(std::span<const std::byte> record, const evidence& given, const ms::ed25519_public_key& key) {
  const auto head = ms::verify_tree_head(given.head, key);
  if (!head) return head.error();
  const auto proof = ms::inclusion_proof::from_text(given.proof);
  if (!proof) return proof.error();
  return ms::verify_inclusion(*proof, record, head->root);  // hashes the record's bytes itself
}
/// Whether the log has kept to what it said earlier: that needs a consistency proof, and no record.
mr::result<void> compare(const ms::tree_head& earlier, const ms::tree_head& now, std::string_view proof) {
  const auto read = ms::consistency_proof::from_text(proof);
  if (!read) return read.error();
  return ms::verify_extends(earlier, now.root, *read);
}
// [/evidence]

}  // namespace

TEST_CASE("a tree head is the text that its form says") {
  const ms::tree_head head = reference_head();
  const std::string text =
      "millrace tree head 1\n"
      "origin payments-audit\n"
      "size 8\n"
      "root 5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328\n"
      "time 1737469822123456000\n";
  CHECK(to_text(head) == text);
  CHECK(ms::tree_head::from_text(text).value() == head);
  const auto key = reference_key();
  const std::string whole = ms::sign(head, key).value();
  // openssl pkeyutl -sign -rawin -inkey KEY -in FILE, of the first seven lines, by OpenSSL 3.0.
  CHECK(whole == text +
                     "algorithm ed25519\n"
                     "key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n"
                     "signature a11382482e8b85efa2cb0c56b33b879988f7ea881ba6890ae7748da55331091d"
                     "82be5368576f333eabe155bc639ede9e008e37da5fd2bbbbc6479092977f8f02\n");
  CHECK(ms::verify_tree_head(whole, key.public_key()).value() == head);
  CHECK(ms::tree_head::from_text(whole).error().code() == mr::errc::corrupt);
  CHECK(ms::verify_tree_head(text, key.public_key()).error().code() == mr::errc::truncated);
  CHECK(ms::sign(ms::tree_head{"two words", {}, 0}, key).error().code() == mr::errc::invalid_argument);
  CHECK(ms::sign(ms::tree_head{"", {}, 0}, key).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("no byte of a signed tree head can be changed, and no other key vouches for it") {
  const auto key = reference_key();
  const std::string text = ms::sign(reference_head(), key).value();
  const auto other_key = ms::ed25519_private_key::make(std::vector<std::byte>(32)).value();
  CHECK(ms::verify_tree_head(text, other_key.public_key()).error().code() == mr::errc::not_authentic);
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK(ms::verify_tree_head(text.substr(0, size), key.public_key()).error().code() == mr::errc::truncated);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ (1 << i % 8));
    CHECK_FALSE(ms::verify_tree_head(other, key.public_key()));
  }
  // A signature of a file is none of a tree head, whatever the file says.
  const std::string statement = text.substr(0, text.find("signature"));
  const std::string of_file = ms::sign(support::bytes_of(statement), key).value();
  CHECK_FALSE(ms::verify_tree_head(statement + of_file.substr(of_file.rfind("signature ")), key.public_key()));
}

TEST_CASE("a log must begin with what an earlier head of it says") {
  const auto leaves = support::reference_leaves();
  const ms::tree_head head = reference_head(6);
  CHECK(ms::verify_extends(head, leaves));
  CHECK(ms::verify_extends(head, std::span(leaves).first(6)));
  const auto cut = ms::verify_extends(head, std::span(leaves).first(4));
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code() == mr::errc::truncated);
  CHECK(cut.error().message() ==
        "log payments-audit is cut off: it has 4 records, and an earlier head says 6, so 2 are gone");
  for (std::size_t i = 0; i < 6; ++i) {
    auto changed = leaves;
    changed[i].bytes[31] ^= 1;
    CHECK(ms::verify_extends(head, changed).error().code() == mr::errc::checksum_mismatch);
    auto removed = leaves;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(ms::verify_extends(head, removed).error().code() == mr::errc::checksum_mismatch);
    auto swapped = leaves;
    std::swap(swapped[i], swapped[i + 1]);
    CHECK(ms::verify_extends(head, swapped).error().code() == mr::errc::checksum_mismatch);
  }
  auto changed = leaves;
  changed[6].bytes[0] ^= 1;  // which the head does not speak of
  CHECK(ms::verify_extends(head, changed));
  CHECK(ms::verify_extends(ms::tree_head{"new", {}, 0}, std::span(leaves).first(0)));
}

TEST_CASE("a root and a proof show that a log begins with what an earlier head says") {
  const auto leaves = support::reference_leaves();
  const ms::tree_head head = reference_head(6);
  const ms::tree_root now = support::reference_root(8);
  const auto proof = ms::prove_consistency(leaves, 6).value();
  CHECK(ms::verify_extends(head, now, proof));
  CHECK(ms::verify_extends(head, head.root));
  CHECK_FALSE(ms::verify_extends(head, now));  // without the proof
  CHECK(ms::verify_extends(head, support::reference_root(5), proof).error().code() == mr::errc::truncated);
  CHECK_THAT(ms::verify_extends(head, support::reference_root(5), proof).error().message(),
             ContainsSubstring("1 is gone"));
  CHECK(ms::verify_extends(head, {6, now.hash}).error().code() == mr::errc::checksum_mismatch);
  CHECK(ms::verify_extends({"x", {6, now.hash}, 0}, now, proof).error().code() == mr::errc::checksum_mismatch);
}

TEST_CASE("an auditor verifies a record and a log's growth by texts alone") {
  const auto leaves = support::reference_leaves();
  const auto key = reference_key();
  const auto given = show(leaves, 5, 1, key);
  REQUIRE(given);
  CHECK(examine(support::from_hex("40414243"), *given, key.public_key()));
  CHECK(examine(support::from_hex("40414244"), *given, key.public_key()).error().code() == mr::errc::checksum_mismatch);
  const auto now = ms::verify_tree_head(given->head, key.public_key());
  REQUIRE(now);
  const auto proof = to_text(ms::prove_consistency(leaves, 6).value());
  CHECK(compare(reference_head(6), *now, proof));
  CHECK_FALSE(compare(reference_head(5), *now, proof));
  CHECK_FALSE(show(leaves, 8, 1, key));
}
