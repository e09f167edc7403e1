// Any text is read as a signature whose statement is the beginning of the text, or is an error; it never passes for
// bytes that were not signed.
#include <millrace/store/signature.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace mr = millrace;
namespace ms = millrace::store;

/// Accepts one signature alone, that of one statement.
struct one_statement {
  std::string statement;
  static const char* algorithm() { return "none"; }
  static const char* key_id() { return "k"; }
  static mr::result<std::vector<std::byte>> sign(std::span<const std::byte>) { return std::vector<std::byte>(2); }
  mr::result<void> verify_signature(std::span<const std::byte> message, std::span<const std::byte> signature) const {
    const std::string_view text(reinterpret_cast<const char*>(message.data()), message.size());
    if (text == statement && signature.size() == 2) return {};
    return mr::error(mr::errc::not_authentic, "another statement");
  }
};

void use(const std::string& text, const std::string& right, const one_statement& key) {
  static const std::string model = "a model";
  if (const auto read = ms::detail::signature_text::read(text);
      read && (!text.starts_with(read->statement) || read->statement.empty()))
    std::abort();
  // All but the digits of the signature is right.
  if (ms::verify_signature(std::as_bytes(std::span(model)), text, key) &&
      text.substr(0, key.statement.size()) != right.substr(0, key.statement.size()))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string model = "a model";
  static const std::string right = ms::sign(std::as_bytes(std::span(model)), one_statement()).value();
  static const one_statement key{right.substr(0, right.rfind("signature "))};
  use(std::string(reinterpret_cast<const char*>(data), size), right, key);
  // A right one, with some bytes put in the place of others.
  std::string other = right;
  if (size > 0) other.replace(data[0] % other.size(), size / 2, reinterpret_cast<const char*>(data + 1), size - 1);
  use(other, right, key);
  return 0;
}
