#ifndef MILLRACE_STORE_PARQUET_DETAIL_THRIFT_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_THRIFT_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/store/parquet/detail/byte_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Thrift's compact protocol, as far as Parquet's footers and page headers need it.
// Source: Apache Thrift, doc/specs/thrift-compact-protocol.md.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

enum class thrift_type : std::uint8_t {
  stop = 0,
  yes = 1,
  no = 2,
  byte = 3,
  i16 = 4,
  i32 = 5,
  i64 = 6,
  real = 7,
  binary = 8,
  list = 9,
  set = 10,
  map = 11,
  structure = 12
};

/// A field of a struct: which, and what follows.
struct thrift_field {
  std::int64_t id = 0;
  thrift_type type = thrift_type::stop;
};

/// Reads structs field by field. What is malformed ends the reading, and `ok` returns false.
/// Allocates: never.
class thrift_reader {
 public:
  explicit thrift_reader(std::span<const std::byte> bytes) noexcept : in_(bytes) {}

  bool ok() const noexcept { return in_.ok(); }
  std::size_t left() const noexcept { return in_.left(); }

  /// Calls field(thrift_field) for each field of a struct; it reads the field's value, or returns false, and it is
  /// skipped.
  template <class Field>
  void structure(Field&& field) {
    if (++depth_ > most_depth) return in_.fail();
    thrift_field now;
    while (next(now))
      if (!field(now)) skip(now.type);
    --depth_;
  }
  /// Calls element(type) for each element of a list; it reads one.
  template <class Element>
  void list(Element&& element) {
    const list_head head = begin_list();
    for (std::uint64_t i = 0; i < head.count && ok(); ++i) element(head.type);
  }
  /// The value of a field of this type, which has to be an integer.
  std::int64_t integer(thrift_type type) noexcept {
    if (type == thrift_type::byte) return static_cast<std::int8_t>(in_.byte());
    if (type == thrift_type::i16 || type == thrift_type::i32 || type == thrift_type::i64) return in_.signed_varint();
    in_.fail();
    return 0;
  }
  bool boolean(thrift_type type) noexcept {
    if (type != thrift_type::yes && type != thrift_type::no) in_.fail();
    return type == thrift_type::yes;
  }
  std::string_view binary(thrift_type type) noexcept {
    if (type != thrift_type::binary) return in_.fail(), std::string_view();
    const auto bytes = in_.bytes(in_.varint());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// Whether the field is of that type; if not, that is an error.
  bool is(thrift_type type, thrift_type wanted) noexcept {
    if (type != wanted) in_.fail();
    return type == wanted;
  }
  void fail() noexcept { in_.fail(); }

 private:
  static constexpr unsigned most_depth = 24;
  struct list_head {
    std::uint64_t count = 0;
    thrift_type type = thrift_type::stop;
  };

  bool next(thrift_field& now) noexcept {
    const unsigned head = in_.byte();
    if (!ok()) return false;
    if ((head & 0xfU) > 12) return in_.fail(), false;
    now.type = static_cast<thrift_type>(head & 0xfU);
    if (now.type == thrift_type::stop) return false;
    now.id = head >> 4 != 0 ? now.id + (head >> 4) : static_cast<std::int16_t>(in_.signed_varint());
    return ok();
  }
  list_head begin_list() noexcept {
    const unsigned head = in_.byte();
    if ((head & 0xfU) > 12) in_.fail();
    list_head made{head >> 4, static_cast<thrift_type>(head & 0xfU)};
    if (made.count == 15) made.count = in_.varint();
    if (made.count > in_.left()) in_.fail();  // an element takes a byte at least
    return made;
  }
  void skip(thrift_type type) noexcept {
    if (++depth_ > most_depth) return in_.fail();
    switch (type) {
      case thrift_type::stop:
      case thrift_type::yes:
      case thrift_type::no: break;
      case thrift_type::byte: in_.byte(); break;
      case thrift_type::i16:
      case thrift_type::i32:
      case thrift_type::i64: in_.varint(); break;
      case thrift_type::real: in_.bytes(8); break;
      case thrift_type::binary: in_.bytes(in_.varint()); break;
      case thrift_type::list:
      case thrift_type::set: list([this](thrift_type one) { skip_element(one); }); break;
      case thrift_type::map: {
        const std::uint64_t count = in_.varint();
        if (count == 0) break;
        const unsigned types = in_.byte();
        if (count > in_.left() || types >> 4 > 12 || (types & 0xfU) > 12) in_.fail();
        for (std::uint64_t i = 0; i < count && ok(); ++i) {
          skip_element(static_cast<thrift_type>(types >> 4));
          skip_element(static_cast<thrift_type>(types & 0xfU));
        }
        break;
      }
      case thrift_type::structure: {
        thrift_field now;
        while (next(now)) skip(now.type);
        break;
      }
    }
    --depth_;
  }
  /// In a list or map a boolean is a byte.
  void skip_element(thrift_type type) noexcept {
    if (type == thrift_type::stop) return in_.fail();
    skip(type == thrift_type::yes || type == thrift_type::no ? thrift_type::byte : type);
  }

  byte_reader in_;
  unsigned depth_ = 0;
};

/// Writes structs field by field, in the order of their numbers.
template <class = void>
class basic_thrift_writer {
 public:
  const flat_vector<std::byte>& written() const noexcept { return out_; }

  void integer(int id, thrift_type type, std::int64_t value) {
    head(id, type);
    varint(zigzag(value));
  }
  void i32(int id, std::int64_t value) { integer(id, thrift_type::i32, value); }
  void i64(int id, std::int64_t value) { integer(id, thrift_type::i64, value); }
  void byte(int id, std::int8_t value) {
    head(id, thrift_type::byte);
    out_.push_back(static_cast<std::byte>(value));
  }
  void boolean(int id, bool value) { head(id, value ? thrift_type::yes : thrift_type::no); }
  void binary(int id, std::string_view value) {
    head(id, thrift_type::binary);
    binary(value);
  }
  /// An element of a list.
  void binary(std::string_view value) {
    varint(value.size());
    out_.append({reinterpret_cast<const std::byte*>(value.data()), value.size()});
  }
  void element(std::int64_t value) { varint(zigzag(value)); }
  void list(int id, thrift_type type, std::size_t count) {
    head(id, thrift_type::list);
    if (count < 15) {
      out_.push_back(static_cast<std::byte>(count << 4 | static_cast<unsigned>(type)));
    } else {
      out_.push_back(static_cast<std::byte>(0xf0U | static_cast<unsigned>(type)));
      varint(count);
    }
  }
  /// A struct in a field: what `inside` writes.
  template <class Inside>
  void structure(int id, Inside&& inside) {
    head(id, thrift_type::structure);
    element(static_cast<Inside&&>(inside));
  }
  /// A struct as an element of a list, or on its own.
  template <class Inside>
  requires requires(Inside& inside) { inside(); }
  void element(Inside&& inside) {
    const int before = last_;
    last_ = 0;
    inside();
    out_.push_back(std::byte{0});
    last_ = before;
  }

 private:
  void head(int id, thrift_type type) {
    out_.push_back(static_cast<std::byte>((id - last_) << 4 | static_cast<int>(type)));  // ids grow by less than 16
    last_ = id;
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::byte>(value | 0x80));
    out_.push_back(static_cast<std::byte>(value));
  }

  flat_vector<std::byte> out_;
  int last_ = 0;
};
using thrift_writer = basic_thrift_writer<>;

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_THRIFT_HPP
