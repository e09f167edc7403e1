#ifndef MILLRACE_TESTS_SUPPORT_MERKLE_HPP
#define MILLRACE_TESTS_SUPPORT_MERKLE_HPP

#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>
#include <support/catch.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace support {

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> made(text.size() / 2);
  REQUIRE(millrace::store::detail::read_hex(text, made));
  return made;
}
inline millrace::sha256_digest digest_of_hex(std::string_view text) {
  millrace::sha256_digest made;
  REQUIRE(millrace::store::detail::read_hex(text, std::as_writable_bytes(std::span(made.bytes))));
  return made;
}

/// The records of Certificate Transparency's reference tree, in hexadecimal digits, and its roots from 0 to 8
/// records: kInputs and kSHA256Roots of google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc.
inline constexpr std::string_view reference_records[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
inline constexpr std::string_view reference_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

inline std::vector<millrace::sha256_digest> reference_leaves() {
  std::vector<millrace::sha256_digest> made;
  for (const std::string_view record : reference_records) made.push_back(millrace::store::leaf_hash(from_hex(record)));
  return made;
}
inline millrace::store::tree_root reference_root(std::size_t size) {
  return {size, digest_of_hex(reference_roots[size])};
}

/// The leaves of tests/oracle/merkle.py: record i is i bytes, of which byte j is i * j mod 251.
inline std::vector<millrace::sha256_digest> golden_leaves(std::size_t count = 130) {
  std::vector<millrace::sha256_digest> made;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::byte> record(i);
    for (std::size_t j = 0; j < i; ++j) record[j] = static_cast<std::byte>(i * j % 251);
    made.push_back(millrace::store::leaf_hash(record));
  }
  return made;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_MERKLE_HPP
