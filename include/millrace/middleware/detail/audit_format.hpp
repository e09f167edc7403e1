#ifndef MILLRACE_MIDDLEWARE_DETAIL_AUDIT_FORMAT_HPP
#define MILLRACE_MIDDLEWARE_DETAIL_AUDIT_FORMAT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/middleware/detail/audit_record.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Turns the audit log's records into JSON lines, on the log's thread. `LineTree`: what hashes the lines once they are
/// whole, or an empty type. Models: store::line_format.
template <class LineTree>
class audit_format {
  static constexpr bool hashes = !std::is_empty_v<LineTree>;

 public:
  /// `tree`, which outlives the log's thread, is null where nothing is hashed.
  audit_format(std::string_view session_id, std::uint64_t started, std::uint64_t (*wall_clock)() noexcept,
               LineTree* tree = nullptr)
      : tree_(tree), wall_clock_(wall_clock), last_time_(started) {
    session_ = ",\"session_id\":";
    append_json(session_, session_id);
  }

  /// If it throws, for want of memory, nothing points into what it appended, which the log then cuts off.
  void line(std::string& out, const std::byte* record, std::size_t size) {
    const auto* const schema = take<const audit_schema*>(record);
    untimed start{};
    switch (schema->kind) {
      case audit_kind::text:
        ended_ = text_of(record, size).starts_with(session_end);
        out.append(text_of(record, size));
        out += '\n';
        return;
      case audit_kind::anchor: {
        const auto chain_time = take<std::uint64_t>(record);
        offset_ = take<std::uint64_t>(record) - chain_time;
        return;
      }
      case audit_kind::start: start = start_line(out, schema, record); break;
      case audit_kind::complete:
      case audit_kind::failed: complete_line(out, schema, record); break;
      case audit_kind::rejected: rejected_line(out, schema, record); break;
    }
    if (schema->render_context != nullptr) {
      out += ",\"context\":";
      schema->render_context(record, out);
    }
    out += "}\n";
    if (start.at != 0) untimed_.push_back(start);
  }

  void dropped(std::string& out, std::uint64_t count) {
    out += "{\"type\":\"dropped\"";
    out += session_;
    out += ",\"timestamp\":\"";
    stamp(out, last_time_);
    out += ",\"count\":";
    append_json(out, count);
    out += "}\n";
  }

  /// Ends a group of lines, which is all of `out`: their times are filled in, and they are hashed.
  void end_group(std::string& out, bool caught_up) {
    fill_times(out, caught_up);
    if constexpr (hashes) hash_lines(out);
  }

  static bool is_line(std::string_view text) noexcept { return is_json_object(text); }
  static bool may_begin(std::string_view text) noexcept {
    constexpr std::string_view first = "{\"type\":\"";
    return text.substr(0, first.size()) == first.substr(0, text.size()) ||
           text.find_first_not_of('\0') == std::string_view::npos;
  }

  /// Appends a number of milliseconds with up to six decimals, none of them a trailing zero.
  static void append_milliseconds(std::string& out, std::uint64_t nanoseconds) {
    char digits[32];
    char* at = std::to_chars(digits, digits + 24, nanoseconds / 1'000'000U).ptr;
    unsigned rest = static_cast<unsigned>(nanoseconds % 1'000'000U);
    if (rest != 0) {
      *at++ = '.';
      at = write_digits(at, rest, 6);
      while (at[-1] == '0') --at;
    }
    out.append(digits, static_cast<std::size_t>(at - digits));
  }

  static constexpr std::string_view session_end = "{\"type\":\"session_end\"";

 private:
  static std::string_view text_of(const std::byte* record, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(record), size - sizeof(const audit_schema*)};
  }

  /// Fills in the times of those `event_start` lines that have none and whose events have not ended in this group: now,
  /// or, if more records wait, they keep the time of the line before them.
  void fill_times(std::string& out, bool caught_up) {
    if (untimed_.empty()) return;
    if (caught_up) {
      const std::uint64_t now = wall_clock_();
      for (const untimed& start : untimed_) write_iso8601(out.data() + start.at, now);
    }
    untimed_.clear();
  }

  /// Hashes a group's lines, and adds a line that says what all lines before it hash to: behind the session's end, and
  /// else once a second. Without memory for that line the lines are hashed all the same.
  void hash_lines(std::string& out) {
    constexpr std::size_t most = 400;  // bytes of such a line, without the session's id
    const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
    const bool due = ended_ || now - head_at_ >= 1'000'000'000U;
    tree_->append_lines(out);
    if (!due) return;
    const std::size_t begin = out.size();
    out.reserve(begin + most + session_.size());
    head_at_ = now;
    const auto root = tree_->make_head(last_time_);
    LineTree::append_head(out, session_, root);
    out += '\n';
    tree_->append_lines(std::string_view(out).substr(begin));
  }

  /// An `event_start` line whose time is not known yet.
  struct untimed {
    std::uint64_t id;
    std::size_t at;  // where its timestamp begins in the group's text; 0 if the time is known
  };

  // Each of these writes a line up to its context and leaves `record` where the context begins.
  untimed start_line(std::string& out, const audit_schema* schema, const std::byte*& record) {
    const auto id = take<std::uint64_t>(record);
    const auto time = take<std::uint64_t>(record);
    begin(out, "event_start", schema, id);
    const untimed start{id, time == no_time ? out.size() : 0};
    stamp(out, time == no_time ? last_time_ : time + offset_);
    return start;
  }
  void complete_line(std::string& out, const audit_schema* schema, const std::byte*& record) {
    const auto id = take<std::uint64_t>(record);
    const auto start = take<std::uint64_t>(record);
    const auto end = take<std::uint64_t>(record);
    settle(out, id, start + offset_);
    begin(out, "event_complete", schema, id);
    stamp(out, end + offset_);
    out += ",\"duration_ms\":";
    append_milliseconds(out, end > start ? end - start : 0);  // clocks have gone back
    if (schema->kind == audit_kind::complete) {
      out += ",\"success\":true";
    } else {
      out += ",\"success\":false,\"error\":";
      record = render_error(record, out);
    }
  }
  void rejected_line(std::string& out, const audit_schema* schema, const std::byte*& record) {
    const auto id = take<std::uint64_t>(record);
    const auto time = take<std::uint64_t>(record);
    begin(out, "event_rejected", schema, id);
    stamp(out, time + offset_);
    out += ",\"error\":";
    record = render_error(record, out);
  }

  void begin(std::string& out, std::string_view type, const audit_schema* schema, std::uint64_t id) {
    out += "{\"type\":\"";
    out += type;
    out += '"';
    out += session_;
    out += ",\"event_id\":";
    append_json(out, id);
    out += ",\"event_name\":";
    append_json(out, schema->event);
    out += ",\"timestamp\":\"";
  }

  void stamp(std::string& out, std::uint64_t time) {
    last_time_ = time;
    char text[iso8601_size + 1];
    write_time(text, time);
    text[iso8601_size] = '"';
    out.append(text, sizeof text);
  }
  /// As write_iso8601, but computes the calendar only when the second changes.
  void write_time(char* text, std::uint64_t time) {
    const std::uint64_t second = time / 1'000'000'000U;
    if (second != cached_second_) {
      write_iso8601(cached_, time);
      cached_second_ = second;
    }
    std::memcpy(text, cached_, iso8601_size);
    write_digits(text + 20, static_cast<unsigned>(time % 1'000'000'000U) / 1'000U, 6);
  }

  /// Fills in the time of event `id`'s start line, if that is in this group without one: the event has ended, and its
  /// span says when it began.
  void settle(std::string& out, std::uint64_t id, std::uint64_t time) {
    for (std::size_t i = untimed_.size(); i-- > 0;) {
      if (untimed_[i].id != id) continue;
      write_time(out.data() + untimed_[i].at, time);
      untimed_[i] = untimed_.back();
      untimed_.pop_back();
      return;
    }
  }

  std::string session_;
  LineTree* tree_;
  bool ended_ = false;
  std::uint64_t head_at_ = read_clock(CLOCK_MONOTONIC);  // when the last tree head was made
  std::uint64_t (*wall_clock_)() noexcept;
  std::uint64_t offset_ = 0;     // UTC minus the chain's clock
  std::uint64_t last_time_ = 0;  // UTC of the last line
  std::vector<untimed> untimed_;
  std::uint64_t cached_second_ = ~std::uint64_t{0};
  char cached_[iso8601_size] = {};
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_DETAIL_AUDIT_FORMAT_HPP
