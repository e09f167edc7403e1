#ifndef MILLRACE_TESTS_SUPPORT_STORED_TEXT_HPP
#define MILLRACE_TESTS_SUPPORT_STORED_TEXT_HPP

#include <millrace/store/memory_storage.hpp>
#include <millrace/store/storage.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// All objects of a storage as text, one a line: its key, a tab, and its bytes, as they are where they are JSON or
/// plain text, else `x` and their digits.
template <class Storage>
std::string text_of_objects(const Storage& storage) {
  std::string all;
  const auto walked = millrace::store::for_each_object(
      storage, "", [&](const millrace::store::storage_entry& each) -> millrace::result<void> {
        const auto bytes = storage.read(each.key);
        if (!bytes) return bytes.error();
        const bool json = !bytes->empty() && bytes->front() == std::byte{'{'};
        bool plain = bytes->empty() || bytes->front() != std::byte{'x'};
        for (const std::byte byte : *bytes) plain = plain && byte >= std::byte{' '} && (json || byte < std::byte{0x7f});
        (all += each.key) += '\t';
        if (!plain) all += 'x';
        for (const std::byte byte : *bytes) {
          const auto number = std::to_integer<unsigned>(byte);
          if (plain)
            all += static_cast<char>(number);
          else
            (all += "0123456789abcdef"[number >> 4U]) += "0123456789abcdef"[number & 15U];
        }
        all += '\n';
        return {};
      });
  REQUIRE(walked);
  return all;
}

/// Writes such objects into a storage.
template <class Storage>
void write_objects(Storage& storage, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    const std::size_t tab = line.find('\t');
    REQUIRE(tab != line.npos);
    const std::string_view value = line.substr(tab + 1);
    std::vector<std::byte> bytes;
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    if (value.starts_with('x'))
      for (std::size_t i = 1; i + 1 < value.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(digit(value[i]) << 4U | digit(value[i + 1])));
    else
      for (const char c : value) bytes.push_back(static_cast<std::byte>(c));
    REQUIRE(storage.write(line.substr(0, tab), bytes));
  }
}

/// tests/golden/<name> as text.
inline std::string golden_text(const std::string& name) {
  const std::vector<std::byte> bytes = golden(name);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_STORED_TEXT_HPP
