#ifndef MILLRACE_STORE_PARQUET_DETAIL_PAGE_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_PAGE_HPP

#include <millrace/store/parquet/detail/footer.hpp>
#include <millrace/store/parquet/detail/thrift.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// What stands before the bytes of a page.
struct page_header {
  enum class kind : std::uint8_t { data = 0, index = 1, dictionary = 2, data_v2 = 3, other = 255 };
  kind type = kind::other;
  std::int64_t uncompressed = -1;
  std::int64_t compressed = -1;
  bool has_checksum = false;
  std::uint32_t checksum = 0;
  std::int64_t values = -1;
  std::int64_t encoding = -1;
  std::int64_t level_encoding = -1;
  // Of version 2.
  std::int64_t missing = -1;
  std::int64_t definition_bytes = 0;
  std::int64_t repetition_bytes = 0;
  bool is_compressed = true;
  /// Whether it has the struct that belongs to its type.
  bool whole = false;
};

/// Reads the header of the page at the front of `bytes`, and says how many bytes it takes.
template <class Header = page_header>
Header read_page_header(std::span<const std::byte> bytes, std::size_t& size) {
  using kind = page_header::kind;
  thrift_reader in(bytes);
  Header made;
  const auto data = [&](thrift_field at) {
    switch (at.id) {
      case 1: made.values = in.integer(at.type); return true;
      case 2: made.encoding = in.integer(at.type); return true;
      case 3:  // of a dictionary: whether it is sorted
        if (made.type == kind::dictionary) return false;
        made.level_encoding = in.integer(at.type);
        return true;
      default: return false;
    }
  };
  const auto data_v2 = [&](thrift_field at) {
    switch (at.id) {
      case 1: made.values = in.integer(at.type); return true;
      case 2: made.missing = in.integer(at.type); return true;
      case 4: made.encoding = in.integer(at.type); return true;
      case 5: made.definition_bytes = in.integer(at.type); return true;
      case 6: made.repetition_bytes = in.integer(at.type); return true;
      case 7: made.is_compressed = in.boolean(at.type); return true;
      default: return false;
    }
  };
  in.structure([&](thrift_field at) {
    switch (at.id) {
      case 1: {
        const std::int64_t type = in.integer(at.type);
        made.type = type >= 0 && type <= 3 ? static_cast<kind>(type) : kind::other;
        return true;
      }
      case 2: made.uncompressed = in.integer(at.type); return true;
      case 3: made.compressed = in.integer(at.type); return true;
      case 4:
        made.has_checksum = true;
        made.checksum = static_cast<std::uint32_t>(in.integer(at.type));
        return true;
      case 5:
      case 7:
        if (at.type != thrift_type::structure) return false;
        made.whole = made.type == (at.id == 5 ? kind::data : kind::dictionary);
        in.structure(data);
        return true;
      case 8:
        if (at.type != thrift_type::structure) return false;
        made.whole = made.type == kind::data_v2;
        in.structure(data_v2);
        return true;
      default: return false;
    }
  });
  size = bytes.size() - in.left();
  if (!in.ok()) made = {};
  return made;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_PAGE_HPP
