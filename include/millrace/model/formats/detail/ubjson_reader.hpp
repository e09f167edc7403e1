#ifndef MILLRACE_MODEL_FORMATS_DETAIL_UBJSON_READER_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_UBJSON_READER_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/model/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Reads Universal Binary JSON as json_reader reads text, at most 64 levels deep. A length is never more than the bytes
/// that are left; numbers of high precision, and lists of values that take no bytes, are refused.
/// Source: the specification of UBJSON, draft 12.
class ubjson_reader {
 public:
  explicit ubjson_reader(std::string_view bytes) noexcept : bytes_(bytes) {}

  json_token next() noexcept {
    if (failed_) return json_token::wrong;
    if (depth_ == 0) {
      if (began_) return at_ == bytes_.size() ? json_token::end : wrong();
      began_ = true;
      return value(marker());
    }
    level& in = levels_[depth_ - 1];
    if (in.key_came) {
      in.key_came = false;
      return value(in.type != 0 ? in.type : marker());
    }
    if (in.counted) {
      if (in.left == 0) return close();
      --in.left;
    } else if (peek() == (in.object ? '}' : ']')) {
      ++at_;
      return close();
    }
    if (!in.object) return value(in.type != 0 ? in.type : marker());
    if (!text()) return wrong();
    in.key_came = true;
    return json_token::key;
  }

  /// The last key or text.
  std::string_view raw() const noexcept { return raw_; }
  /// The last number: `whole`, if it `is_whole`, else `real`.
  bool is_whole() const noexcept { return is_whole_; }
  std::int64_t whole() const noexcept { return whole_; }
  double real() const noexcept { return real_; }
  std::size_t at() const noexcept { return at_; }

 private:
  static constexpr unsigned max_depth = 64;
  struct level {
    bool object = false;
    bool key_came = false;
    bool counted = false;
    char type = 0;  // of all values, or 0
    std::uint64_t left = 0;
  };

  json_token wrong() noexcept {
    failed_ = true;
    return json_token::wrong;
  }
  json_token close() noexcept {
    --depth_;
    return json_token::close;
  }
  /// 0 at the end.
  char peek() noexcept {
    while (at_ < bytes_.size() && bytes_[at_] == 'N') ++at_;  // no operation
    return at_ < bytes_.size() ? bytes_[at_] : '\0';
  }
  char marker() noexcept {
    const char found = peek();
    if (at_ < bytes_.size()) ++at_;
    return found;
  }
  static unsigned size_of(char type) noexcept {
    return type == 'i' || type == 'U' || type == 'C' ? 1 : type == 'I' ? 2 : type == 'l' || type == 'd' ? 4 : 8;
  }
  /// A big-endian number.
  bool bits(unsigned size, std::uint64_t& made) noexcept {
    if (bytes_.size() - at_ < size) return false;
    made = 0;
    for (unsigned i = 0; i < size; ++i) made = made << 8 | static_cast<unsigned char>(bytes_[at_++]);
    return true;
  }
  bool whole(char type) noexcept {
    std::uint64_t made = 0;
    const unsigned size = size_of(type);
    if (!bits(size, made)) return false;
    const unsigned rest = 64 - 8 * size;
    whole_ = type == 'U' ? static_cast<std::int64_t>(made) : static_cast<std::int64_t>(made << rest) >> rest;
    return true;
  }
  static bool is_whole_type(char type) noexcept {
    return type == 'i' || type == 'U' || type == 'I' || type == 'l' || type == 'L';
  }
  bool length(std::uint64_t& made) noexcept {
    const char type = marker();
    if (!is_whole_type(type) || !whole(type) || whole_ < 0) return false;
    made = static_cast<std::uint64_t>(whole_);
    return made <= bytes_.size() - at_;
  }
  bool text() noexcept {
    std::uint64_t size = 0;
    if (!length(size)) return false;
    raw_ = bytes_.substr(at_, size);
    at_ += size;
    return true;
  }

  json_token value(char type) noexcept {
    std::uint64_t made = 0;
    switch (type) {
      case 'Z': return json_token::null;
      case 'T': return json_token::yes;
      case 'F': return json_token::no;
      case 'i':
      case 'U':
      case 'I':
      case 'l':
      case 'L': is_whole_ = true; return whole(type) ? json_token::number : wrong();
      case 'd':
      case 'D':
        is_whole_ = false;
        if (!bits(size_of(type), made)) return wrong();
        real_ =
            type == 'd' ? double{std::bit_cast<float>(static_cast<std::uint32_t>(made))} : std::bit_cast<double>(made);
        return json_token::number;
      case 'C':
        if (!bits(1, made)) return wrong();
        raw_ = bytes_.substr(at_ - 1, 1);
        return json_token::text;
      case 'S': return text() ? json_token::text : wrong();
      case '{':
      case '[': return begin(type == '{');
      default: return wrong();
    }
  }

  json_token begin(bool object) noexcept {
    if (depth_ == max_depth) return wrong();
    level made{.object = object};
    if (peek() == '$') {
      ++at_;
      made.type = marker();
      if (!is_whole_type(made.type) && made.type != 'd' && made.type != 'D' && made.type != 'C' && made.type != 'S')
        return wrong();
      if (peek() != '#') return wrong();
    }
    if (peek() == '#') {
      ++at_;
      made.counted = true;
      if (!length(made.left)) return wrong();
    }
    levels_[depth_++] = made;
    return object ? json_token::object : json_token::array;
  }

  std::string_view bytes_;
  std::string_view raw_;
  std::size_t at_ = 0;
  std::int64_t whole_ = 0;
  double real_ = 0;
  bool is_whole_ = false;
  bool began_ = false;
  bool failed_ = false;
  unsigned depth_ = 0;
  level levels_[max_depth];
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_UBJSON_READER_HPP
