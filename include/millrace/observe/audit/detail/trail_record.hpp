#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_RECORD_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_RECORD_HPP

#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/fwd.hpp>

#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// From an event to a record: the caller's thread copies the event into the ring, as it is; the writer's thread gives it
// an index, commits to its personal data, and hashes it.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

// ---- an event in the ring: this, then kind, actor, object, reason, then for each field its sizes and texts

struct queued_event {
  std::uint64_t receipt = 0;  // the ring's position behind the event, if somebody waits for its index
  std::uint64_t time = 0;
  std::uint32_t actor = 0;  // sizes
  std::uint32_t object = 0;
  std::uint32_t reason = 0;
  std::uint8_t kind = 0;
  std::uint8_t fields = 0;  // number
  audit_severity severity = audit_severity::info;
  pii_type actor_pii = pii_type::none;
};
struct queued_field {
  std::uint32_t value = 0;  // sizes
  std::uint8_t name = 0;
  pii_type pii = pii_type::none;
};
static_assert(sizeof(queued_event) == 32, "put_queued writes the members side by side");
inline constexpr std::size_t queued_field_bytes = 6;

/// No event is larger, whatever the ring takes: its frame has a few bytes more for each value, and stays below
/// `max_frame_bytes`.
inline constexpr std::size_t max_event_bytes = max_frame_bytes / 2;

/// How many bytes an event takes in the ring; 0 if it is none that a trail may hold.
inline std::size_t queued_bytes(const audit_event& event) noexcept {
  if (event.kind.view().empty() || event.fields.size() > max_audit_fields) return 0;
  if (static_cast<std::size_t>(event.severity) >= audit_severities) return 0;
  std::size_t size =
      sizeof(queued_event) + event.kind.view().size() + event.actor.size() + event.object.size() + event.reason.size();
  bool known = static_cast<std::size_t>(event.actor_pii) < pii_types;
  for (const audit_field& field : event.fields) {
    known &= static_cast<std::size_t>(field.pii) < pii_types && !field.name.view().empty();
    size += queued_field_bytes + field.name.view().size() + field.value.size();
  }
  return known && size <= max_event_bytes ? size : 0;
}

inline void put_queued(std::byte* to, const audit_event& event, std::uint64_t receipt) noexcept {
  // A `queued_event`, member by member: put together elsewhere and copied in one move, it would wait for those writes.
  to = put_number(to, receipt);
  to = put_number(to, event.unix_nanoseconds);
  to = put_number(to, static_cast<std::uint32_t>(event.actor.size()));
  to = put_number(to, static_cast<std::uint32_t>(event.object.size()));
  to = put_number(to, static_cast<std::uint32_t>(event.reason.size()));
  to = put_number(to, static_cast<std::uint8_t>(event.kind.view().size()));
  to = put_number(to, static_cast<std::uint8_t>(event.fields.size()));
  to = put_number(to, event.severity);
  to = put_number(to, event.actor_pii);
  to = put_text(to, event.kind.view());
  to = put_text(to, event.actor);
  to = put_text(to, event.object);
  to = put_text(to, event.reason);
  for (const audit_field& field : event.fields) {
    to = put_number(to, static_cast<std::uint32_t>(field.value.size()));
    to = put_number(to, static_cast<std::uint8_t>(field.name.view().size()));
    to = put_number(to, field.pii);
    to = put_text(to, field.name.view());
    to = put_text(to, field.value);
  }
}

/// Random bytes of the system, fetched 4 KiB at a time. What was handed out is not kept.
/// Threads: one at a time.
class salt_source {
 public:
  salt_source() noexcept = default;
  salt_source(const salt_source&) = delete;
  salt_source& operator=(const salt_source&) = delete;
  ~salt_source() { wipe(0, sizeof bytes_); }

  /// Writes `size` <= 256 random bytes. Returns false if the system has none.
  bool take(std::byte* to, std::size_t size) noexcept {
    if (size > sizeof bytes_ - used_) {
      for (std::size_t at = 0; at < sizeof bytes_; at += 256)  // getentropy gives no more at a time
        if (::getentropy(bytes_ + at, 256) != 0) return false;
      used_ = 0;
    }
    std::memcpy(to, bytes_ + used_, size);
    wipe(used_, size);
    used_ += size;
    return true;
  }

 private:
  void wipe(std::size_t from, std::size_t size) noexcept {
    std::memset(bytes_ + from, 0, size);
    asm volatile("" : : "r"(bytes_) : "memory");  // so that the compiler does not leave it out
  }

  unsigned char bytes_[4096] = {};
  std::size_t used_ = sizeof bytes_;
};

/// Puts records into the bytes of a group, without their hashes; then hashes all of them at once.
class record_writer {
 public:
  /// Appends the frame of a queued event. Returns false if the system has no random bytes for its personal data.
  bool append(std::string& group, std::uint64_t index, std::uint64_t time, record_origin origin,
              const std::byte* queued) {
    const auto head = load_number<queued_event>(queued);
    const std::byte* const texts = queued + sizeof head;
    const auto [leaf_size, openings] = sizes(head, texts);
    const std::size_t size = round_up_8(record_prefix + leaf_size + openings);
    const std::size_t begin = group.size();
    group.resize(begin + size);
    std::byte* const frame = reinterpret_cast<std::byte*>(group.data()) + begin;
    put_number(frame, static_cast<std::uint32_t>(size));
    put_number(frame + 4, record_kind);
    put_number(frame + 8, static_cast<std::uint32_t>(leaf_size));
    std::byte* const leaf = frame + record_prefix;
    put_number(leaf, std::uint64_t{0x0100} | std::uint64_t{static_cast<std::uint8_t>(origin)} << 16 |
                         std::uint64_t{static_cast<std::uint8_t>(head.severity)} << 24 |
                         std::uint64_t{head.fields} << 32);
    put_number(leaf + 8, index);
    put_number(leaf + 16, head.time != 0 ? head.time : time);
    put_number(leaf + 24, static_cast<std::uint32_t>(openings));
    std::byte* at = put_number(leaf + leaf_prefix, head.kind);
    at = put_text(at, text_at(texts, head.kind));
    const std::byte* from = texts + head.kind;
    const std::string_view actor = text_at(from, head.actor);
    from += head.actor;
    for (const std::uint32_t each : {head.object, head.reason}) {
      at = put_number(at, each);
      at = put_text(at, text_at(from, each));
      from += each;
    }
    group_ = &group;
    opening_ = leaf + leaf_size;
    leaves_.push_back({static_cast<std::size_t>(leaf - bytes()), leaf_size, begin + 16});
    at = put_value(at, head.actor_pii, actor);
    for (unsigned i = 0; i < head.fields; ++i) {
      const queued_field field = take_field(from);
      at = put_number(at, field.name);
      at = put_text(at, text_at(from, field.name));
      at = put_value(at, field.pii, text_at(from + field.name, field.value));
      from += field.name + field.value;
    }
    return !std::exchange(no_entropy_, false);
  }

  /// Hashes what was appended to the group, personal data first, and returns the leaves.
  std::span<const sha256_digest> hash(std::string& group) {
    group_ = &group;
    hash_all(openings_);
    hash_all(leaves_);
    openings_.clear();
    leaves_.clear();
    return digests_;
  }
  /// Forgets what was appended since the group had this size and so many records.
  void forget_from(std::size_t size) noexcept {
    while (!leaves_.empty() && leaves_.back().from >= size) leaves_.pop_back();
    while (!openings_.empty() && openings_.back().from >= size) openings_.pop_back();
  }

 private:
  struct job {  // offsets in the group
    std::size_t from;
    std::size_t size;
    std::size_t to;  // where the hash goes
  };

  std::byte* bytes() const noexcept { return reinterpret_cast<std::byte*>(group_->data()); }
  void hash_all(const std::vector<job>& jobs) {
    messages_.clear();
    for (const job& each : jobs) messages_.emplace_back(bytes() + each.from, each.size);
    digests_.resize(jobs.size());
    sha256_many(messages_, digests_);
    for (std::size_t i = 0; i < jobs.size(); ++i) put_number(bytes() + jobs[i].to, digests_[i]);
  }
  static queued_field take_field(const std::byte*& from) noexcept {
    const queued_field field{load_number<std::uint32_t>(from), load_number<std::uint8_t>(from + 4),
                             load_number<pii_type>(from + 5)};
    from += queued_field_bytes;
    return field;
  }

  /// The bytes of the leaf and of all openings.
  static std::pair<std::size_t, std::size_t> sizes(const queued_event& head, const std::byte* texts) noexcept {
    std::size_t leaf = leaf_prefix + 1 + head.kind + 8 + head.object + head.reason + 5;
    std::size_t openings = 0;
    const auto add = [&](pii_type pii, std::size_t text) {
      leaf += pii == pii_type::none ? text : 32;
      openings += pii == pii_type::none ? 0 : opening_bytes(text);
    };
    add(head.actor_pii, head.actor);
    const std::byte* from = texts + head.kind + head.actor + head.object + head.reason;
    for (unsigned i = 0; i < head.fields; ++i) {
      const queued_field field = take_field(from);
      leaf += 6 + std::size_t{field.name};
      add(field.pii, field.value);
      from += field.name + field.value;
    }
    return {leaf, openings};
  }
  /// Puts a value, and its opening behind the leaf.
  std::byte* put_value(std::byte* at, pii_type pii, std::string_view text) {
    at = put_number(at, pii);
    if (pii == pii_type::none) {
      at = put_number(at, static_cast<std::uint32_t>(text.size()));
      return put_text(at, text);
    }
    const std::size_t size = opening_bytes(text.size());
    at = put_number(at, static_cast<std::uint32_t>(size));
    put_number(opening_, std::uint32_t{2});
    put_number(opening_ + 4, static_cast<std::uint32_t>(text.size()));
    if (!salts_.take(opening_ + 8, salt_bytes)) no_entropy_ = true;
    put_text(opening_ + opening_prefix, text);
    openings_.push_back({static_cast<std::size_t>(opening_ - bytes()), size, static_cast<std::size_t>(at - bytes())});
    opening_ += size;
    return at + 32;
  }

  std::string* group_ = nullptr;
  std::byte* opening_ = nullptr;
  bool no_entropy_ = false;
  std::vector<job> openings_;
  std::vector<job> leaves_;
  std::vector<std::span<const std::byte>> messages_;
  std::vector<sha256_digest> digests_;
  salt_source salts_;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_RECORD_HPP
