#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_FORMAT_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_FORMAT_HPP

#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The bytes of a trail's segment: a header, then frames, then zeros up to where the file was allocated. All numbers are
// little-endian. docs/guide/audit.md describes the format for readers in other languages, tests/oracle reads it.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

static_assert(std::endian::native == std::endian::little, "a trail's numbers are written as the machine has them");

template <class T>
T load_number(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
std::byte* put_number(std::byte* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}
/// Copies `Size` to 2 * `Size` bytes by two moves, which overlap.
template <std::size_t Size>
[[gnu::always_inline]] inline void put_overlapping(std::byte* to, const char* from, std::size_t size) noexcept {
  unsigned char first[Size];
  unsigned char last[Size];
  __builtin_memcpy(first, from, Size);
  __builtin_memcpy(last, from + size - Size, Size);
  __builtin_memcpy(to, first, Size);
  __builtin_memcpy(to + size - Size, last, Size);
}
/// Copies a text, which mostly is short: then by moves of fixed sizes, which take half of the time of a call.
[[gnu::always_inline]] inline std::byte* put_text(std::byte* to, std::string_view text) noexcept {
  const std::size_t size = text.size();
  const char* const from = text.data();
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    put_overlapping<16>(to, from, size);
  } else if (size >= 8) {
    put_overlapping<8>(to, from, size);
  } else if (size >= 4) {
    put_overlapping<4>(to, from, size);
  } else if (size != 0) {
    const auto middle = static_cast<std::byte>(from[size / 2]);
    to[size - 1] = static_cast<std::byte>(from[size - 1]);
    to[size / 2] = middle;
    to[0] = static_cast<std::byte>(from[0]);
  }
  return to + size;
}
inline sha256_digest load_digest(const std::byte* from) noexcept { return load_number<sha256_digest>(from); }
inline std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }
inline std::string_view text_at(const std::byte* at, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(at), size};
}
/// Whether all bytes are 0.
inline bool all_zero(std::span<const std::byte> bytes) noexcept {
  return bytes.empty() ||
         (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// What tells one trail from another: 16 random bytes.
struct trail_id {
  unsigned char bytes[16] = {};
  friend bool operator==(const trail_id&, const trail_id&) noexcept = default;
};

// ---- the header, 4096 bytes:
//    0  "mraudit\n"                     64  u32 peaks of the Merkle tree before the segment
//    8  u32 version, 1                  68  u32 0
//   12  u32 bytes of the header         72  the peaks, 32 bytes each
//   16  the trail's id                  ..  zeros
//   32  u64 index of the first record 4064  SHA-256 of the 4064 bytes before
//   40  u64 days since 1970-01-01
//   48  u64, u64 earliest and latest time of the segment before (if it has no record: 2^64-1, 0)

inline constexpr std::size_t trail_header_bytes = 4096;
inline constexpr std::string_view trail_magic = "mraudit\n";
inline constexpr std::uint64_t nanoseconds_of_day = 86'400'000'000'000;

/// The times of a segment's records.
struct time_bounds {
  std::uint64_t earliest = ~std::uint64_t{0};
  std::uint64_t latest = 0;

  void update(std::uint64_t time) noexcept {
    if (time < earliest) earliest = time;
    if (time > latest) latest = time;
  }
  friend bool operator==(const time_bounds&, const time_bounds&) noexcept = default;
};

struct segment_header {
  trail_id id;
  std::uint64_t day = 0;  // UTC, since 1970-01-01
  time_bounds before;     // of the segment before
  store::merkle_tree tree;

  std::uint64_t first_index() const noexcept { return tree.size(); }
};

inline sha256_digest put_header(std::byte* to, const segment_header& header) noexcept {
  std::memset(to, 0, trail_header_bytes);
  std::byte* at = put_text(to, trail_magic);
  at = put_number(at, std::uint32_t{1});
  at = put_number(at, static_cast<std::uint32_t>(trail_header_bytes));
  at = put_number(at, header.id);
  at = put_number(at, header.first_index());
  at = put_number(at, header.day);
  at = put_number(at, header.before.earliest);
  at = put_number(at, header.before.latest);
  const std::span<const sha256_digest> peaks = header.tree.peaks();
  at = put_number(at, std::uint64_t{peaks.size()});
  for (const sha256_digest& peak : peaks) at = put_number(at, peak);
  const sha256_digest check = sha256_of(std::span(to, trail_header_bytes - 32));
  put_number(to + trail_header_bytes - 32, check);
  return check;
}
/// The digest at the header's end, to which the first commit refers.
inline sha256_digest header_check(std::span<const std::byte> segment) noexcept {
  return load_digest(segment.data() + trail_header_bytes - 32);
}

/// Reads a header. Returns null, or what is wrong with it.
inline const char* read_header(std::span<const std::byte> segment, segment_header& header) noexcept {
  if (segment.size() < trail_header_bytes) return "the header is cut off";
  const std::byte* const at = segment.data();
  if (text_at(at, 8) != trail_magic) return "the file does not begin as a segment of an audit trail";
  if (load_number<std::uint32_t>(at + 8) != 1) return "the header is of another version";
  if (sha256_of(segment.first(trail_header_bytes - 32)) != header_check(segment))
    return "the header is not what its hash says";
  header.id = load_number<trail_id>(at + 16);
  header.day = load_number<std::uint64_t>(at + 40);
  header.before = {load_number<std::uint64_t>(at + 48), load_number<std::uint64_t>(at + 56)};
  const auto first = load_number<std::uint64_t>(at + 32);
  const auto count = load_number<std::uint64_t>(at + 64);
  if (load_number<std::uint32_t>(at + 12) != trail_header_bytes || count > 64 ||
      !all_zero(std::span(at + 72 + 32 * count, at + trail_header_bytes - 32)))
    return "the header's sizes contradict each other";
  sha256_digest peaks[64];
  for (std::size_t i = 0; i < count; ++i) peaks[i] = load_digest(at + 72 + 32 * i);
  auto tree = store::merkle_tree::make(first, std::span(peaks).first(count));
  if (!tree) return "the header's tree has another number of peaks than its size";
  header.tree = *tree;
  return nullptr;
}

// ---- frames: each begins with u32 bytes of the frame, a multiple of 8, and u32 kind

inline constexpr std::uint32_t record_kind = 1;
inline constexpr std::uint32_t commit_kind = 2;
/// No frame is larger: what claims more is damaged.
inline constexpr std::size_t max_frame_bytes = std::size_t{1} << 30;

constexpr std::size_t round_up_8(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }
constexpr std::size_t round_up_16(std::size_t size) noexcept { return (size + 15) & ~std::size_t{15}; }

// ---- a record's frame:
//    0  u32 bytes of the frame     16  the leaf's hash: SHA-256 of the leaf
//    4  u32 kind, 1                48  the leaf
//    8  u32 bytes of the leaf      ..  the openings
//   12  u32 0                      ..  zeros up to a multiple of 8
//
// The leaf, which is what the trail commits to:
//    0  u8 0, RFC 6962's mark of a leaf      8  u64 index
//    1  u8 layout, 1                        16  u64 nanoseconds since 1970-01-01T00:00:00Z
//    2  u8 origin: 0 program, 1 trail       24  u32 bytes of all openings
//    3  u8 severity                         28  u8 size of kind, kind
//    4  u8 number of fields                 ..  u32 size of object, object
//    5  3 bytes 0                           ..  u32 size of reason, reason
//                                           ..  the actor's value
//                                           ..  for each field: u8 size of name, name, value
// A value: u8 type of personal data, u32 size; if the type is 0, that many bytes of text. Else the size is that of the
// value's opening, and the opening's SHA-256 follows, the commitment.
//
// An opening, a multiple of 16 bytes, so that its size says little of what was erased:
//    0  u8 2, so that no opening passes for a leaf or a node      8  16 random bytes
//    1  3 bytes 0                                                24  the text
//    4  u32 size of the text                                     ..  zeros
// Erased, it is all zeros. Its first byte goes first: where that is 0, an erasure was begun, and nothing is read of it.

inline constexpr std::size_t record_prefix = 48;
inline constexpr std::size_t leaf_prefix = 28;
inline constexpr std::size_t opening_prefix = 24;
inline constexpr std::size_t salt_bytes = 16;

constexpr std::size_t opening_bytes(std::size_t text) noexcept { return round_up_16(opening_prefix + text); }

enum class record_origin : std::uint8_t { program = 0, trail = 1 };

/// A value of a record, in the bytes of its frame.
struct value_view {
  std::string_view name;  // empty: the actor's
  std::string_view text;  // empty if it is erased
  std::span<const std::byte> opening;
  const std::byte* commitment;
  pii_type pii;
  bool erased;  // or about to be
  bool gone;    // erased to the last byte
};

/// A record, in the bytes of its frame. Left as it is until `read_record` fills it: most records have few fields.
struct record_view {
  std::uint64_t index;
  std::uint64_t time;
  record_origin origin;
  audit_severity severity;
  std::string_view kind;
  std::string_view object;
  std::string_view reason;
  std::span<const std::byte> leaf;
  const std::byte* leaf_hash;
  std::size_t values;                      // 1 and the number of fields
  value_view value[max_audit_fields + 1];  // the actor's, then the fields'
};

/// Takes the parts of a leaf, which may be damaged: past the end it fails and takes nothing more.
class leaf_reader {
 public:
  explicit leaf_reader(std::span<const std::byte> bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  const std::byte* bytes(std::size_t size) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < size) {
      failed_ = true;
      at_ = end_;
      return nullptr;
    }
    return std::exchange(at_, at_ + size);
  }
  template <class T>
  T number() noexcept {
    const std::byte* const from = bytes(sizeof(T));
    return from == nullptr ? T{} : load_number<T>(from);
  }
  template <class Size>
  std::string_view text() noexcept {
    const std::size_t size = number<Size>();
    const std::byte* const from = bytes(size);
    return from == nullptr ? std::string_view() : text_at(from, size);
  }
  bool finished() const noexcept { return !failed_ && at_ == end_; }
  bool failed() const noexcept { return failed_; }

 private:
  const std::byte* at_;
  const std::byte* end_;
  bool failed_ = false;
};

/// Reads an opening. Returns whether it has the form of one, or of one that is erased or about to be.
inline bool read_opening(std::span<const std::byte> opening, value_view& value) noexcept {
  value.opening = opening;
  value.text = {};
  value.erased = opening[0] == std::byte{0};
  value.gone = value.erased && all_zero(opening);
  if (value.erased) return true;
  const auto size = load_number<std::uint32_t>(opening.data() + 4);
  if (load_number<std::uint32_t>(opening.data()) != 2 || size > opening.size() - opening_prefix ||
      opening_bytes(size) != opening.size())
    return false;
  value.text = text_at(opening.data() + opening_prefix, size);
  return all_zero(opening.subspan(opening_prefix + size));
}

/// Reads a record from its whole frame. Returns null, or what is wrong with its form; hashes are for others to check.
inline const char* read_record(std::span<const std::byte> frame, record_view& record) noexcept {
  if (frame.size() < record_prefix + leaf_prefix) return "the record's frame is too small";
  const std::byte* const at = frame.data();
  const std::size_t leaf_size = load_number<std::uint32_t>(at + 8);
  if (load_number<std::uint32_t>(at + 12) != 0 || leaf_size < leaf_prefix || leaf_size > frame.size() - record_prefix)
    return "the sizes in the record's frame contradict each other";
  record.leaf_hash = at + 16;
  record.leaf = frame.subspan(record_prefix, leaf_size);
  const std::byte* const leaf = record.leaf.data();
  const auto word = load_number<std::uint64_t>(leaf);
  if ((word & 0xffff) != 0x0100 || word >> 40 != 0) return "the record does not begin as one";
  record.origin = static_cast<record_origin>(word >> 16 & 0xff);
  record.severity = static_cast<audit_severity>(word >> 24 & 0xff);
  record.values = 1 + (word >> 32 & 0xff);
  record.index = load_number<std::uint64_t>(leaf + 8);
  record.time = load_number<std::uint64_t>(leaf + 16);
  const std::size_t openings = load_number<std::uint32_t>(leaf + 24);
  if (record.origin > record_origin::trail || to_string(record.severity).empty() ||
      record.values > max_audit_fields + 1)
    return "the record's origin, severity or number of fields is none";
  if (openings > frame.size() - record_prefix - leaf_size ||
      round_up_8(record_prefix + leaf_size + openings) != frame.size() ||
      !all_zero(frame.subspan(record_prefix + leaf_size + openings)))
    return "the sizes of the record and of its frame contradict each other";
  leaf_reader reader(record.leaf.subspan(leaf_prefix));
  record.kind = reader.text<std::uint8_t>();
  record.object = reader.text<std::uint32_t>();
  record.reason = reader.text<std::uint32_t>();
  std::span<const std::byte> rest = frame.subspan(record_prefix + leaf_size, openings);
  for (std::size_t i = 0; i < record.values; ++i) {
    value_view& value = record.value[i];
    value.name = i == 0 ? std::string_view() : reader.text<std::uint8_t>();
    value.pii = static_cast<pii_type>(reader.number<std::uint8_t>());
    if (to_string(value.pii).empty()) return "a value's type of personal data is none";
    if (value.pii == pii_type::none) {
      value.text = reader.text<std::uint32_t>();
      value.erased = value.gone = false;
      value.opening = {};
      continue;
    }
    const std::size_t size = reader.number<std::uint32_t>();
    value.commitment = reader.bytes(32);
    if (reader.failed() || size < opening_prefix || size % 16 != 0 || size > rest.size())
      return "the size of a value contradicts its record's";
    if (!read_opening(rest.first(size), value)) return "a value of personal data does not have its form";
    rest = rest.subspan(size);
  }
  return reader.finished() && rest.empty() ? nullptr : "the record's parts do not add up to its size";
}

// ---- a commit's frame: what the tree was after a group of records
//    0  u32 bytes of the frame           32  the tree's root
//    4  u32 kind, 2                      64  the check of the commit before, in a segment's first the header's
//    8  u64 size of the tree             96  check: SHA-256 of bytes 0 to 95 and of all from 128 on
//   16  u64 size known to be on disk    128  signed tree head, a text (store/transparency)
//   24  u32 marks                        ..  zeros up to a multiple of 8
//   28  u32 bytes of the signed head

inline constexpr std::size_t commit_prefix = 128;

enum commit_marks : std::uint32_t {
  no_mark = 0,
  segment_ends = 1,  // the segment's last frame: another segment follows
  trail_closed = 2,  // the writer ended in order: nothing follows until a trail is opened again
};

struct commit_view {
  store::tree_root root;
  std::uint64_t synced;
  std::uint32_t marks;
  sha256_digest previous;
  sha256_digest check;
  std::string_view signed_head;
};

inline sha256_digest check_of_commit(std::span<const std::byte> frame) noexcept {
  sha256 hash;
  hash.update(frame.first(96));
  hash.update(frame.subspan(commit_prefix));
  return hash.digest();
}

/// Reads a commit from its whole frame. Returns null, or what is wrong with it.
inline const char* read_commit(std::span<const std::byte> frame, commit_view& commit) noexcept {
  if (frame.size() < commit_prefix) return "the commit's frame is too small";
  const std::byte* const at = frame.data();
  commit.check = load_digest(at + 96);
  if (check_of_commit(frame) != commit.check) return "the commit is not what its hash says";
  commit.root.size = load_number<std::uint64_t>(at + 8);
  commit.synced = load_number<std::uint64_t>(at + 16);
  commit.marks = load_number<std::uint32_t>(at + 24);
  const std::size_t text = load_number<std::uint32_t>(at + 28);
  commit.root.hash = load_digest(at + 32);
  commit.previous = load_digest(at + 64);
  if (text > frame.size() - commit_prefix || round_up_8(commit_prefix + text) != frame.size() ||
      !all_zero(frame.subspan(commit_prefix + text)) || commit.synced > commit.root.size || commit.marks > 3)
    return "the commit's sizes contradict each other";
  commit.signed_head = text_at(at + commit_prefix, text);
  return nullptr;
}

/// Appends a commit's frame to a group. Returns its check.
inline sha256_digest append_commit(std::string& group, const commit_view& commit) {
  const std::size_t begin = group.size();
  const std::size_t size = round_up_8(commit_prefix + commit.signed_head.size());
  group.resize(begin + size);
  std::byte* const frame = reinterpret_cast<std::byte*>(group.data()) + begin;
  std::byte* at = put_number(frame, static_cast<std::uint32_t>(size));
  at = put_number(at, commit_kind);
  at = put_number(at, commit.root.size);
  at = put_number(at, commit.synced);
  at = put_number(at, commit.marks);
  at = put_number(at, static_cast<std::uint32_t>(commit.signed_head.size()));
  at = put_number(at, commit.root.hash);
  put_number(at, commit.previous);
  put_text(frame + commit_prefix, commit.signed_head);
  const sha256_digest check = check_of_commit(std::span(frame, size));
  put_number(frame + 96, check);
  return check;
}

/// What stands at a place of a segment.
enum class frame_kind : std::uint8_t {
  record,
  commit,
  nothing,  // zeros, or the file's end
  damaged,  // neither
};
struct frame_at {
  frame_kind kind;
  std::span<const std::byte> bytes;  // the whole frame
};

/// Takes the frame at a place of a segment by what its first bytes claim, within the segment.
inline frame_at find_frame(std::span<const std::byte> segment, std::size_t at) noexcept {
  const std::size_t left = segment.size() - at;
  if (left == 0) return {frame_kind::nothing, {}};
  if (left < 8) return {frame_kind::damaged, {}};
  const std::size_t size = load_number<std::uint32_t>(segment.data() + at);
  const auto kind = load_number<std::uint32_t>(segment.data() + at + 4);
  if (size == 0 && kind == 0) return {frame_kind::nothing, {}};
  if (size % 8 != 0 || size < 8 || size > left || size > max_frame_bytes ||
      (kind != record_kind && kind != commit_kind))
    return {frame_kind::damaged, {}};
  return {kind == record_kind ? frame_kind::record : frame_kind::commit, segment.subspan(at, size)};
}

/// Copies a record into what programs work with.
inline void copy_record(const record_view& record, audit_entry& entry) {
  entry.index = record.index;
  entry.unix_nanoseconds = record.time;
  entry.severity = record.severity;
  entry.kind.assign(record.kind);
  entry.object.assign(record.object);
  entry.reason.assign(record.reason);
  entry.fields.resize(record.values - 1);
  for (std::size_t i = 0; i < record.values; ++i) {
    const value_view& value = record.value[i];
    audit_text& text = i == 0 ? entry.actor : entry.fields[i - 1].value;
    if (i != 0) entry.fields[i - 1].name.assign(value.name);
    text.text.assign(value.text);
    text.pii = value.pii;
    text.erased = value.erased;
  }
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_FORMAT_HPP
