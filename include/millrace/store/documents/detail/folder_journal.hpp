#ifndef MILLRACE_STORE_DOCUMENTS_DETAIL_FOLDER_JOURNAL_HPP
#define MILLRACE_STORE_DOCUMENTS_DETAIL_FOLDER_JOURNAL_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/crc32c.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The journal of a folder with transactions: what was committed since the files were last made durable.
//
//     0   "mlrjrnl\n"     8 bytes
//     8   format          u32
//    12   CRC-32C         u32, of the 24 bytes that follow
//    16   epoch           u64, one more than the journal's before it
//    24   objects         u64, that the files and the entries held when the journal was begun
//    32   names           u64, the sum of the CRC-32C of their keys
//    40   end             u64, of what is committed: others read up to here
//    48   kept            u64, of what is synced
//    56   CRC-32C         u32, of the 16 bytes before
//    60   0               u32
//    64   records         each a transaction
//
// A record: CRC-32C of what follows (u32), how many bytes there are behind this number (u32), and for each change: 1
// for a write or 2 for a removal, with 4 added if the object was there before (u8), the key's length (u16), the key,
// and for a write the version (u64), the size (u32) and the bytes. All numbers are little-endian.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

inline constexpr std::uint32_t folder_journal_format = 1;
inline constexpr std::size_t folder_journal_head = 64;
inline constexpr std::size_t folder_journal_mark = 40;  // where `end` and `kept` are

struct folder_journal_header {
  std::uint64_t epoch = 1;
  std::uint64_t objects = 0;
  std::uint64_t names = 0;
  std::uint64_t end = folder_journal_head;
  std::uint64_t kept = folder_journal_head;
};

template <class T>
void put_little(flat_vector<std::byte>& out, T number) {
  std::byte bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<std::byte>(number >> (8 * i));
  out.append(bytes);
}
template <class T>
T little_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
  T number = 0;
  for (std::size_t i = sizeof(T); i-- > 0;)
    number = static_cast<T>(number << (sizeof(T) > 1 ? 8 : 0) | std::to_integer<T>(bytes[at + i]));
  return number;
}

/// The twenty bytes of `end`, `kept` and their checksum.
inline flat_vector<std::byte> journal_mark(std::uint64_t end, std::uint64_t kept) {
  flat_vector<std::byte> made;
  put_little(made, end);
  put_little(made, kept);
  put_little(made, crc32c(made.data(), made.size()));
  return made;
}
/// False: they were read while they were written, or are damaged.
inline bool read_journal_mark(std::span<const std::byte, 20> bytes, folder_journal_header& to) noexcept {
  if (crc32c(bytes.data(), 16) != little_at<std::uint32_t>(bytes, 16)) return false;
  to.end = little_at<std::uint64_t>(bytes, 0);
  to.kept = little_at<std::uint64_t>(bytes, 8);
  return to.end >= folder_journal_head && to.kept >= folder_journal_head;
}

inline flat_vector<std::byte> journal_head(const folder_journal_header& of) {
  flat_vector<std::byte> rest;
  put_little(rest, of.epoch);
  put_little(rest, of.objects);
  put_little(rest, of.names);
  flat_vector<std::byte> made;
  for (const char c : std::string_view("mlrjrnl\n")) made.push_back(static_cast<std::byte>(c));
  put_little(made, folder_journal_format);
  put_little(made, crc32c(rest.data(), rest.size()));
  made.append({rest.data(), rest.size()});
  const auto mark = journal_mark(of.end, of.kept);
  made.append({mark.data(), mark.size()});
  put_little(made, std::uint32_t{0});
  return made;
}
/// Errors: invalid_data: it is no journal; unsupported: of a newer format; corrupt.
inline result<folder_journal_header> read_journal_head(std::span<const std::byte> bytes, const std::string& path) {
  const auto fault = [&](errc code, const std::string& why) { return error(code, "\"" + path + "\" " + why); };
  if (bytes.size() < folder_journal_head ||
      std::string_view(reinterpret_cast<const char*>(bytes.data()), 8) != "mlrjrnl\n")
    return fault(errc::invalid_data, "is no journal of a folder of documents");
  const auto format = little_at<std::uint32_t>(bytes, 8);
  if (format != folder_journal_format)
    return fault(errc::unsupported, "is of format " + std::to_string(format) +
                                        ", of a newer millrace: this one knows format " +
                                        std::to_string(folder_journal_format));
  folder_journal_header made;
  if (crc32c(bytes.data() + 16, 24) != little_at<std::uint32_t>(bytes, 12))
    return fault(errc::corrupt, "is damaged: its beginning has another checksum");
  made.epoch = little_at<std::uint64_t>(bytes, 16);
  made.objects = little_at<std::uint64_t>(bytes, 24);
  made.names = little_at<std::uint64_t>(bytes, 32);
  if (!read_journal_mark(bytes.subspan<folder_journal_mark, 20>(), made))
    made.end = made.kept = folder_journal_head;  // the machine crashed while it was written
  return made;
}

/// A change of an object, as a record has it.
struct journal_change {
  std::string_view key;
  bool is_write = false;
  bool was_there = false;
  std::uint64_t version = 0;
  std::span<const std::byte> bytes = {};
};

/// Makes a record, change by change.
class journal_record {
 public:
  journal_record() { bytes_.resize(8); }

  void put(const journal_change& one) {
    bytes_.push_back(static_cast<std::byte>((one.is_write ? 1 : 2) + (one.was_there ? 4 : 0)));
    put_little(bytes_, static_cast<std::uint16_t>(one.key.size()));
    bytes_.append(std::as_bytes(std::span(one.key)));
    if (!one.is_write) return;
    put_little(bytes_, one.version);
    put_little(bytes_, static_cast<std::uint32_t>(one.bytes.size()));
    bytes_.append(one.bytes);
  }
  bool empty() const noexcept { return bytes_.size() == 8; }
  /// Precondition: it has less than 4 GiB.
  std::span<const std::byte> finish() noexcept {
    write_at(4, static_cast<std::uint32_t>(bytes_.size() - 8));
    write_at(0, crc32c(bytes_.data() + 4, bytes_.size() - 4));
    return {bytes_.data(), bytes_.size()};
  }

 private:
  void write_at(std::size_t at, std::uint32_t number) noexcept {
    for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = static_cast<std::byte>(number >> (8 * i));
  }

  flat_vector<std::byte> bytes_;
};

/// Calls `use(change)` for all changes of the record that `bytes` begins with, and returns how many bytes it has; 0 if
/// there is no whole one, and then calls nothing.
template <class Use>
std::size_t read_journal_record(std::span<const std::byte> bytes, const Use& use) {
  if (bytes.size() < 8) return 0;
  const auto size = std::size_t{little_at<std::uint32_t>(bytes, 4)};
  if (size > bytes.size() - 8) return 0;
  if (crc32c(bytes.data() + 4, size + 4) != little_at<std::uint32_t>(bytes, 0)) return 0;
  // Whoever wrote the checksum wrote the rest; that it is well-formed is asked first all the same.
  const auto each = [&](const auto& found) {
    for (std::size_t at = 8; at < size + 8;) {
      const auto has = [&](std::size_t more) { return more <= size + 8 - at; };
      if (!has(3)) return false;
      const auto kind = little_at<std::uint8_t>(bytes, at);
      const std::size_t length = little_at<std::uint16_t>(bytes, at + 1);
      journal_change one;
      one.is_write = (kind & 3U) == 1;
      one.was_there = (kind & 4U) != 0;
      at += 3;
      if (!has(length) || ((kind & 3U) != 1 && (kind & 3U) != 2) || kind > 6) return false;
      one.key = {reinterpret_cast<const char*>(bytes.data()) + at, length};
      at += length;
      if (one.is_write) {
        if (!has(12)) return false;
        one.version = little_at<std::uint64_t>(bytes, at);
        const std::size_t count = little_at<std::uint32_t>(bytes, at + 8);
        at += 12;
        if (!has(count)) return false;
        one.bytes = bytes.subspan(at, count);
        at += count;
      }
      if (!check_storage_key(one.key)) return false;
      found(one);
    }
    return true;
  };
  if (!each([](const journal_change&) {})) return 0;
  each(use);
  return size + 8;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_DETAIL_FOLDER_JOURNAL_HPP
