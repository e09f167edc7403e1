// Any text is read as a proof or a tree head that writes to the same text, or is an error; and no proof but the right
// one shows that a record is in a tree, or that one tree begins with another.
#include <millrace/store/transparency.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace mr = millrace;
namespace ms = millrace::store;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Whose key is known to everybody, so that a text that reads well gets as far as its signature.
struct open_key {
  static const char* algorithm() { return "none"; }
  static const char* key_id() { return "k"; }
  static mr::result<void> verify_signature(std::span<const std::byte> message, std::span<const std::byte> signature) {
    require(!message.empty() && !signature.empty());
    return {};
  }
};

void read(std::string_view text) {
  if (const auto proof = ms::inclusion_proof::from_text(text)) require(to_text(*proof) == text);
  if (const auto proof = ms::consistency_proof::from_text(text)) require(to_text(*proof) == text);
  if (const auto head = ms::tree_head::from_text(text)) require(to_text(*head) == text);
  if (const auto head = ms::verify_tree_head(text, open_key())) require(text.starts_with(to_text(*head)));
}

/// What a proof is about and its hashes, some of them right, as the input says.
std::vector<mr::sha256_digest> path(std::span<const std::uint8_t> input, const std::vector<mr::sha256_digest>& right) {
  std::vector<mr::sha256_digest> made;
  while (!input.empty() && made.size() < 100) {
    mr::sha256_digest one;
    if (!right.empty()) one = right[input[0] % right.size()];
    if (input[0] >= 0xF0) one.bytes[input.size() % 32] ^= input[0];
    made.push_back(one);
    input = input.subspan(1);
  }
  return made;
}

void prove(std::span<const std::uint8_t> input) {
  static const std::vector<mr::sha256_digest> leaves = [] {
    std::vector<mr::sha256_digest> made;
    for (std::uint8_t i = 0; i < 40; ++i) made.push_back(ms::leaf_hash(std::as_bytes(std::span(&i, 1))));
    return made;
  }();
  if (input.size() < 4) return;
  const std::size_t size = 1 + input[0] % leaves.size();
  const std::size_t index = input[1] % size;
  const auto part = std::span(leaves).first(size);
  const ms::tree_root root = ms::root_of(part);
  const auto inclusion = ms::prove_inclusion(part, index).value();
  const auto consistency = ms::prove_consistency(part, index).value();
  require(ms::verify_inclusion(inclusion, leaves[index], root).has_value());
  require(ms::verify_consistency(consistency, ms::root_of(part.first(index)), root).has_value());
  // With another leaf, or another path, nothing is proven.
  const std::size_t other = input[2] % leaves.size();
  const ms::inclusion_proof given{input[3] % 2 == 0 ? index : input[3] / 2U, size,
                                  path(input.subspan(4), inclusion.path)};
  if (ms::verify_inclusion(given, leaves[other], root))
    require(given.index == other && given == ms::prove_inclusion(part, other).value());
  const ms::consistency_proof grown{index, size, path(input.subspan(4), consistency.path)};
  if (ms::verify_consistency(grown, ms::root_of(part.first(index)), root)) require(grown == consistency);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read(std::string_view(reinterpret_cast<const char*>(data), size));
  prove(std::span(data, size));
  return 0;
}
