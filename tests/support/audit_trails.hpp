#ifndef MILLRACE_TESTS_SUPPORT_AUDIT_TRAILS_HPP
#define MILLRACE_TESTS_SUPPORT_AUDIT_TRAILS_HPP

#include <support/catch.hpp>

#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/store/file.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// A day of tests: 2026-11-30T12:00:00Z, until a test moves it.
inline std::uint64_t& audit_now() {
  static std::uint64_t now = 1'796'040'000'000'000'000;
  return now;
}
inline std::uint64_t audit_clock() noexcept { return audit_now(); }
inline constexpr std::uint64_t one_day = 86'400'000'000'000;

inline millrace::observe::audit_trail_options small_trail() {
  millrace::observe::audit_trail_options options;
  options.max_delay_ms = 1;
  options.ring_bytes = 1 << 16;
  options.segment_bytes = 1 << 16;
  options.allocate_bytes = 1 << 13;
  options.wall_clock = audit_clock;
  return options;
}

/// The i-th of the events that tests write: of different sizes, every third one with personal data.
template <class Append>
void with_event(std::uint64_t i, Append&& append) {
  namespace mo = millrace::observe;
  const std::string object = "model/churn/" + std::to_string(i);
  const std::string reason(static_cast<std::size_t>(i % 23), 'r');
  const std::string email = "canary" + std::to_string(i) + "@example.org";
  mo::audit_field fields[] = {{"version", object}, {"email", email, mo::pii_type::email}, {"note", ""}};
  mo::audit_event event{mo::audit_kinds::model_deployed, static_cast<mo::audit_severity>(i % 4)};
  event.actor = i % 5 == 0 ? "" : "alice";
  event.actor_pii = i % 6 == 0 ? mo::pii_type::person_name : mo::pii_type::none;
  event.object = object;
  event.reason = reason;
  event.unix_nanoseconds = 1'000'000'000 * (i + 1);
  event.fields = std::span(fields).first(static_cast<std::size_t>(i % 3 == 0 ? 2 : i % 3 == 1 ? 0 : 3));
  append(event);
}
/// Whether an entry is that event.
inline bool is_event(const millrace::observe::audit_entry& entry, std::uint64_t i) {
  bool same = false;
  with_event(i, [&](const millrace::observe::audit_event& event) {
    same = entry.kind == event.kind.view() && entry.severity == event.severity && entry.actor.text == event.actor &&
           entry.actor.pii == event.actor_pii && entry.object == event.object && entry.reason == event.reason &&
           entry.unix_nanoseconds == event.unix_nanoseconds && entry.fields.size() == event.fields.size();
    for (std::size_t f = 0; same && f < event.fields.size(); ++f)
      same = entry.fields[f].name == event.fields[f].name.view() &&
             entry.fields[f].value.text == event.fields[f].value && entry.fields[f].value.pii == event.fields[f].pii;
  });
  return same;
}

/// Appends events `from` to `to`, a commit after every `group`.
template <class Trail>
void write_events(Trail& trail, std::uint64_t from, std::uint64_t to, std::uint64_t group = 40) {
  for (std::uint64_t i = from; i < to; ++i) {
    with_event(i, [&](const millrace::observe::audit_event& event) { REQUIRE(trail.append(event) != 0); });
    if ((i + 1 - from) % group == 0) REQUIRE(trail.flush());
  }
  REQUIRE(trail.flush());
}

inline std::vector<millrace::observe::audit_entry> entries_of(const std::string& folder,
                                                              const millrace::observe::audit_period& period = {}) {
  std::vector<millrace::observe::audit_entry> entries;
  const auto keep = [&](const millrace::observe::audit_entry& entry) { entries.push_back(entry); };
  const auto read = millrace::observe::read_trail(folder, keep, period);
  INFO((read ? std::string() : read.error().message()));
  REQUIRE(read);
  return entries;
}

/// The files of a trail by name, the lock apart.
using trail_files = std::map<std::string, std::string>;
inline trail_files files_of(const std::string& folder) {
  trail_files files;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    if (each.path().filename() != "audit.lock")
      files[each.path().filename().string()] = millrace::store::read_file(each.path().string()).value();
  return files;
}
/// Makes the folder have these files.
inline void put_files(const std::string& folder, const trail_files& files) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  for (const auto& [name, bytes] : files) REQUIRE(std::ofstream(folder + "/" + name, std::ios::binary) << bytes);
}
inline bool any_has(const trail_files& files, const std::string& text) {
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& each) { return each.second.find(text) != std::string::npos; });
}

/// Where a frame is: in the bytes of a segment.
struct frame_place {
  std::size_t at = 0;
  std::size_t size = 0;
  bool record = false;
};
inline std::vector<frame_place> frames_of(const std::string& segment) {
  std::vector<frame_place> frames;
  const auto word = [&](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, segment.data() + at, 4);
    return value;
  };
  for (std::size_t at = 4096; at + 8 <= segment.size() && word(at) != 0; at += word(at))
    frames.push_back({at, word(at), word(at + 4) == 1});
  return frames;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_AUDIT_TRAILS_HPP
