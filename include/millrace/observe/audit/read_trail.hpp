#ifndef MILLRACE_OBSERVE_AUDIT_READ_TRAIL_HPP
#define MILLRACE_OBSERVE_AUDIT_READ_TRAIL_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_bytes.hpp>

#include <fcntl.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Which records of a trail to read: those whose time is in [from, to), in nanoseconds since 1970-01-01T00:00:00Z; the
/// largest `to` is no end at all.
struct audit_period {
  std::uint64_t from = 0;
  std::uint64_t to = ~std::uint64_t{0};

  constexpr bool has(std::uint64_t time) const noexcept { return time >= from && !ends_before(time); }
  constexpr bool ends_before(std::uint64_t time) const noexcept { return time >= to && to != ~std::uint64_t{0}; }
};

namespace detail {

/// The end of what a segment has committed, by its sizes and its commits. `damaged` is where it goes on as no segment
/// does, 0 if nowhere.
struct committed_part {
  std::size_t end = trail_header_bytes;
  std::size_t damaged = 0;
  commit_view commit{};  // the last one, if there is any
};
inline committed_part find_committed(std::span<const std::byte> segment) noexcept {
  committed_part found;
  for (std::size_t at = trail_header_bytes;;) {
    const frame_at frame = find_frame(segment, at);
    if (frame.kind == frame_kind::nothing) return found;
    if (frame.kind == frame_kind::commit) {
      commit_view commit;
      if (read_commit(frame.bytes, commit) == nullptr) {
        found.end = at + frame.bytes.size();
        found.commit = commit;
      }
    }
    if (frame.kind == frame_kind::damaged) {
      found.damaged = at;
      return found;
    }
    at += frame.bytes.size();
  }
}

inline error damaged_segment(const std::string& path, std::size_t at, const char* why) {
  return error(errc::corrupt, '"' + path + "\", byte " + std::to_string(at) + ": " + why + "; verify the trail");
}

/// Calls f(record, offset) for each record that the segment has committed, until f returns false. Sets `commit` to the
/// last one, if the segment has any.
/// Returns whether f wants more. Errors: corrupt, with the place; those of f.
template <class F>
result<bool> each_record(std::span<const std::byte> segment, const std::string& path, bool last, F&& f,
                         commit_view* commit = nullptr) {
  if (segment.size() < trail_header_bytes) return damaged_segment(path, 0, "the header is cut off");
  const committed_part part = find_committed(segment);
  if (part.damaged != 0 && !last) return damaged_segment(path, part.damaged, "no frame stands here");
  if (commit != nullptr && part.end != trail_header_bytes) *commit = part.commit;
  record_view record;
  for (std::size_t at = trail_header_bytes; at < part.end;) {
    const frame_at frame = find_frame(segment, at);
    if (frame.kind == frame_kind::record) {
      if (const char* const why = read_record(frame.bytes, record)) return damaged_segment(path, at, why);
      result<bool> more = f(record, at);
      if (!more || !*more) return more;
    }
    at += frame.bytes.size();
  }
  return true;
}

/// The header of a segment. Errors: corrupt; those of files.
inline result<segment_header> header_of(const std::string& path) {
  auto opened = store::file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  std::vector<std::byte> bytes(trail_header_bytes);
  const auto got = opened->read_at(0, reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (!got) return got.error();
  segment_header header;
  if (const char* const why = read_header(std::span(bytes).first(*got), header)) return damaged_segment(path, 0, why);
  return header;
}

/// `read_trail` of those segments for which wants(first, end) holds, the indexes of their records.
template <class Wants, class F>
result<void> read_segments(const std::string& folder, const audit_period& period, const Wants& wants, F&& f) {
  auto files = list_trail(folder);
  if (!files) return std::move(files).error();
  if (files->empty()) return error(errc::not_found, '"' + folder + "\" has no audit trail");
  audit_entry entry;
  const auto show = [&](const record_view& record, std::size_t) -> result<bool> {
    if (!period.has(record.time)) return true;
    copy_record(record, entry);
    if constexpr (std::is_convertible_v<decltype(f(std::as_const(entry))), bool>) {
      return static_cast<bool>(f(std::as_const(entry)));
    } else {
      f(std::as_const(entry));
      return true;
    }
  };
  const bool all = period.from == 0 && period.to == ~std::uint64_t{0};
  for (std::size_t i = 0; i < files->size(); ++i) {
    const trail_file& file = (*files)[i];
    const bool last = i + 1 == files->size();
    if (file.pruned || !wants(file.first_index, last ? ~std::uint64_t{0} : (*files)[i + 1].first_index)) continue;
    if (!all && !last) {
      const auto next = header_of((*files)[i + 1].path);
      if (!next && was_pruned((*files)[i + 1], next.error().code())) continue;
      if (!next) return next.error();
      if (next->before.latest < period.from || period.ends_before(next->before.earliest)) continue;
    }
    auto bytes = open_segment(*files, i);
    if (!bytes && was_pruned(file, bytes.error().code())) continue;
    if (!bytes) return std::move(bytes).error();
    result<bool> more = each_record(bytes->bytes(), file.path, last, show);
    if (!more) return std::move(more).error();
    if (!*more) break;
  }
  return {};
}

}  // namespace detail

/// Calls f(audit_entry const&) for each record of a trail, in its order, or until f returns false, if it returns a
/// truth value:
///
///     auto done = mr::observe::read_trail("audit", [&](const mr::observe::audit_entry& entry) { ... });
///
/// The entry is the same object each time: a caller who keeps one copies it. The trail's own records, such as those of
/// an erasure, are among them. Segments that have no record of the period are not read. What was pruned is left out,
/// also if that was while the trail is read. Guarantee: only what the trail has committed, in whole records. It does
/// not verify: that is `verify_trail`'s. Threads: beside a running writer and other readers. Allocates: the last two
/// segments' bytes, one at a time, and an entry whose strings are used again. Errors: not_found: there is no such
/// trail; corrupt: with the file and the place; those of files.
template <class F>
result<void> read_trail(const std::string& folder, F&& f, const audit_period& period = {}) {
  return detail::read_segments(folder, period, [](std::uint64_t, std::uint64_t) { return true; }, f);
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_READ_TRAIL_HPP
