#ifndef MILLRACE_OBSERVE_DIAGNOSTICS_HPP
#define MILLRACE_OBSERVE_DIAGNOSTICS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/completes.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

// Sinks for what the library's parts, and the program's own, have to say to whoever runs it (core/diagnostic.hpp). None
// is used by default, and none is global: a part is given a sink in its options, as a `diagnostics_ref`.

/// A diagnostic as one line of JSON, without the line's end:
///
///     {"time":"2025-01-21T14:30:22.123456Z","severity":"error","component":"log","message":"the disk refuses",
///      "error":{"code":"no_space","message":"cannot write ..."},"fields":{"path":"audit.jsonl","dropped":3}}
///
/// `error` has the messages of all causes. `error` and `fields` are left out where there are none.
inline std::string to_json(const diagnostic& said, std::uint64_t unix_time) {
  std::string line;
  json_writer json(line);
  char time[iso8601_size];
  write_iso8601(time, unix_time);
  json.begin_object().member("time", std::string_view(time, sizeof time)).member("severity", to_string(said.level));
  json.member("component", said.component).member("message", said.message);
  if (said.why != nullptr)
    json.key("error")
        .begin_object()
        .member("code", to_string(said.why->code()))
        .member("message", said.why->describe())
        .end_object();
  if (!said.fields.empty()) {
    json.key("fields").begin_object();
    for (const diagnostic_field& each : said.fields)
      each.visit([&](const auto& value) { json.member(each.name(), value); });
    json.end_object();
  }
  json.end_object();
  return line;
}

/// Writes lines of JSON to stderr, or to another open descriptor, each by one call of write(2). A line that the
/// descriptor does not take, or that there is no memory for, is dropped and counted.
/// Threads: any number. Fork: parent and child may both write.
class stderr_diagnostics {
 public:
  explicit stderr_diagnostics(severity least = severity::info, int descriptor = 2) noexcept
      : least_(least), descriptor_(descriptor) {}

  void report(const diagnostic& said) noexcept {
    if (said.level < least_) return;
    const bool written = detail::completes([&] {
      const std::string line = to_json(said, unix_nanoseconds()) + '\n';
      std::string_view rest = line;
      while (!rest.empty()) {
        const ssize_t done = ::write(descriptor_, rest.data(), rest.size());
        if (done > 0)
          rest.remove_prefix(static_cast<std::size_t>(done));
        else if (done == 0 || errno != EINTR)
          break;
      }
      if (!rest.empty()) dropped_.add_relaxed(1);
    });
    if (!written) dropped_.add_relaxed(1);
  }
  /// Lines that were not written whole.
  std::uint64_t dropped() const noexcept { return dropped_.load_relaxed(); }

 private:
  severity least_;
  int descriptor_;
  detail::light_atomic<std::uint64_t> dropped_{0};
};

/// What a `diagnostics_file` writes, and when it begins another file.
struct diagnostics_file_options {
  severity least = severity::info;
  std::uint64_t max_bytes = std::uint64_t{16} << 20;  ///< Of one file, if it has more than one line; 0: no bound.
  duration max_age{};                                 ///< Of a file's first line, by the wall clock; 0: no bound.
  unsigned keep = 5;            ///< How many old files stay: `<path>.1`, the newest, to `<path>.5`.
  unsigned permissions = 0640;  ///< Of a new file, less the umask.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// What a `diagnostics_file` did so far.
struct diagnostics_file_statistics {
  std::uint64_t lines = 0;
  std::uint64_t dropped = 0;  // lines that the disk or the memory had no room for
  std::uint64_t rotations = 0;
  std::uint64_t stuck = 0;  // times that an old file could not be moved out of the way, so that it grew on
};

/// Writes lines of JSON to a file, and begins another when it has become too large or too old: the old ones are
/// renamed to `<path>.1`, `<path>.2`, ..., and the oldest is removed.
/// Guarantee: lines are whole: one that the disk takes only in part is cut off again. Nothing throws, blocks for the
/// disk's sync, or ends the program: a line that cannot be written is dropped, counted, and `status` says why. All
/// files together have at most (keep + 1) x max_bytes, longer single lines and stuck files apart.
/// If somebody else renames or deletes the file, lines go on in a new one at the path. Another process that opens the
/// same file is refused.
/// Threads: any number. Fork: the child's copy drops what it is told, and does not keep the file from who opens it when
/// the parent has gone.
template <store::file_system FileSystem = store::posix_file_system>
class basic_diagnostics_file {
 public:
  /// Errors: unavailable: another process writes the file; those of the system.
  static result<basic_diagnostics_file> open(std::string path, diagnostics_file_options options = {},
                                             FileSystem fs = {}) {
    auto made = detail::make_owning<state>(std::move(path), options, std::move(fs));
    if (auto opened = made->open(); !opened) return std::move(opened).error();
    made->remove_surplus();
    return basic_diagnostics_file(std::move(made));
  }

  void report(const diagnostic& said) noexcept { state_->report(said); }

  /// Success, or why the last line was dropped.
  result<void> status() const {
    const detail::lock_guard held(state_->mutex);
    if (state_->why == 0) return {};
    return store::system_error(state_->why, state_->what, state_->path);
  }
  diagnostics_file_statistics statistics() const noexcept {
    return {state_->lines.load_relaxed(), state_->dropped.load_relaxed(), state_->rotations.load_relaxed(),
            state_->stuck.load_relaxed()};
  }
  const std::string& path() const noexcept { return state_->path; }

 private:
  struct state;
  explicit basic_diagnostics_file(detail::owning_pointer<state> owned) noexcept : state_(std::move(owned)) {}

  detail::owning_pointer<state> state_;
};

using diagnostics_file = basic_diagnostics_file<>;

template <store::file_system FileSystem>
struct basic_diagnostics_file<FileSystem>::state {
  state(std::string at, const diagnostics_file_options& wanted, FileSystem by)
      : path(std::move(at)), options(wanted), fs(std::move(by)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    const detail::fork_watch::pause no_forks;
    drop();
  }
  /// Gives the file and its lock up. In a forked child's copy, too: the lock belongs to all copies of the descriptor.
  void drop() noexcept {
    if (fd >= 0) fs.close(std::exchange(fd, -1));
  }

  void report(const diagnostic& said) noexcept {
    if (said.level < options.least) return;
    // A copy in a forked child has a mutex that may stay locked for ever.
    const bool written = ::getpid() == owner && detail::completes([&] {
                           const std::uint64_t now = options.wall_clock();
                           const std::string line = to_json(said, now) + '\n';
                           const detail::lock_guard held(mutex);
                           prepare(line.size(), now);
                           if (append(line)) {
                             lines.add_relaxed(1);
                             why = 0;
                           } else {
                             dropped.add_relaxed(1);
                           }
                         });
    if (!written) dropped.add_relaxed(1);
  }

  result<void> open() {
    const detail::fork_watch::pause no_forks;  // no child inherits a descriptor that `fd` does not know yet
    const int opened = detail::uninterrupted(
        [&] { return fs.open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, options.permissions); });
    if (opened < 0) return store::system_error(errno, "open", path);
    const auto refuse = [&](error is) {
      fs.close(opened);
      return is;
    };
    if (fs.lock(opened) != 0)
      return refuse(errno == EWOULDBLOCK ? error(errc::unavailable, "cannot open \"" + path + "\": it is in use")
                                         : store::system_error(errno, "lock", path));
    const std::int64_t length = fs.regular_size(opened);
    if (length < 0) return refuse(store::system_error(errno, "examine", path));
    drop();
    fd = opened;
    size = static_cast<std::uint64_t>(length);
    grown_to = 0;
    begun = first_time();
    // A crash may have left the beginning of a line.
    char last = '\n';
    torn = size > 0 && fs.read_at(fd, &last, 1, size - 1) == 1 && last != '\n';
    return {};
  }

  /// The time of the file's first line, as it stands there; empty if there is none.
  std::string first_time() {
    constexpr std::string_view before = "{\"time\":\"";
    char text[before.size() + iso8601_size];
    if (fs.read_at(fd, text, sizeof text, 0) != static_cast<std::ptrdiff_t>(sizeof text)) return {};
    const std::string_view read(text, sizeof text);
    return read.starts_with(before) ? std::string(read.substr(before.size())) : std::string();
  }

  std::string old_path(unsigned i) const { return path + '.' + std::to_string(i); }

  /// Removes what a larger `keep` left.
  void remove_surplus() noexcept {
    (void)detail::completes([&] {
      for (unsigned i = options.keep + 1; ::unlink(old_path(i).c_str()) == 0; ++i) {
      }
    });
  }

  /// Goes over to a new file if it is time, or if the file is no longer at its path.
  void prepare(std::size_t next, std::uint64_t now) {
    if (fs.place_of(fd, path.c_str()) != store::file_place::here)
      if (auto opened = open(); !opened) return;  // on in the old one, and asks again at the next line
    if (begun.empty()) begun = to_iso8601(now);
    const auto age = static_cast<std::uint64_t>(options.max_age.nanoseconds > 0 ? options.max_age.nanoseconds : 0);
    const bool too_large = options.max_bytes != 0 && size != 0 && size + next > options.max_bytes && size >= grown_to;
    // Texts of this form are in the order of their times.
    const bool too_old = age != 0 && size != 0 && now > age && begun < to_iso8601(now - age) && size >= grown_to;
    if (too_large || too_old) rotate();
  }

  void rotate() {
    if (options.keep == 0) {
      if (fs.truncate(fd, 0) != 0) return stay();
    } else {
      ::unlink(old_path(options.keep).c_str());
      for (unsigned i = options.keep; i-- > 1;) ::rename(old_path(i).c_str(), old_path(i + 1).c_str());
      if (::rename(path.c_str(), old_path(1).c_str()) != 0) return stay();
      if (auto opened = open(); !opened) return;
    }
    size = 0;
    begun.clear();
    rotations.add_relaxed(1);
  }
  /// The file could not be moved: it grows by another `max_bytes` before the next try.
  void stay() noexcept {
    stuck.add_relaxed(1);
    grown_to = size + (options.max_bytes != 0 ? options.max_bytes : std::uint64_t{1} << 20);
  }

  /// Appends a line whole or not at all.
  bool append(std::string_view line) {
    std::string mended;
    if (torn) line = mended = '\n' + std::string(line);  // ends what could not be cut off
    std::size_t done = 0;
    while (done < line.size()) {
      const std::ptrdiff_t now = fs.write(fd, line.data() + done, line.size() - done);
      if (now < 0 && errno == EINTR) continue;
      if (now <= 0) {
        why = now == 0 ? EIO : errno;
        what = "write";
        if (done != 0) torn = fs.truncate(fd, size) != 0;
        return false;
      }
      done += static_cast<std::size_t>(now);
    }
    size += line.size();
    torn = false;
    return true;
  }

  const std::string path;
  const diagnostics_file_options options;
  FileSystem fs;
  const pid_t owner = ::getpid();
  mutable detail::mutex mutex;
  int fd = -1;
  std::uint64_t size = 0;
  std::uint64_t grown_to = 0;  // a stuck file is not moved before it has this size
  std::string begun;           // the time of its first line
  bool torn = false;           // it ends in a part of a line
  int why = 0;                 // errno of the last line that was dropped, 0 after one that was written
  const char* what = "";
  detail::light_atomic<std::uint64_t> lines{0};
  detail::light_atomic<std::uint64_t> dropped{0};
  detail::light_atomic<std::uint64_t> rotations{0};
  detail::light_atomic<std::uint64_t> stuck{0};
  const detail::fork_watch watch{this, [](void* self) noexcept { static_cast<state*>(self)->drop(); }};
};

/// Tells each diagnostic to several sinks, in their order. It refers to them.
template <std::size_t Count>
class diagnostics_fan_out {
 public:
  template <class... Sinks>
  requires(sizeof...(Sinks) == Count)
  explicit diagnostics_fan_out(Sinks&... sinks) noexcept : to_{diagnostics_ref(sinks)...} {}

  void report(const diagnostic& said) noexcept {
    for (const diagnostics_ref& each : to_) each.report(said);
  }

 private:
  diagnostics_ref to_[Count];
};
template <class... Sinks>
diagnostics_fan_out(Sinks&...) -> diagnostics_fan_out<sizeof...(Sinks)>;

/// Passes a diagnostic on once a window, and then how often it was repeated. What is the same are severity, component,
/// message and the error's code; fields and the error's message may differ.
///
///     mr::observe::diagnostics_file file = ...;
///     mr::observe::repeat_limiter calm(file, mr::seconds(60));     // refers to the file
///
/// The first goes on at once. Those that follow within the window are counted; once it is over, the next call of
/// `report` or `flush` tells the message again with the fields `repeated`, how often it came, and `within_ms`. The
/// destructor flushes.
/// At most 64 different ones are kept apart: for one more, the one whose window began first is told early.
/// Guarantee: no lock is held while the sink runs. Without memory a diagnostic is passed on as if it were the first.
/// Threads: any number.
template <clock_policy Clock = steady_clock>
class repeat_limiter {
 public:
  explicit repeat_limiter(diagnostics_ref to, duration window = seconds(60), Clock clock = {}) noexcept
      : to_(to), window_(window.nanoseconds > 0 ? static_cast<std::uint64_t>(window.nanoseconds) : 0), clock_(clock) {}
  repeat_limiter(const repeat_limiter&) = delete;
  repeat_limiter& operator=(const repeat_limiter&) = delete;
  ~repeat_limiter() { flush(); }

  void report(const diagnostic& said) noexcept {
    const std::uint64_t now = time();
    // Another thread may have begun a window after this one read the clock, and a clock may go back.
    tell_where([&](const place& one) { return (now > one.began ? now - one.began : one.began - now) >= window_; }, now);
    bool passes = true;
    place evicted;
    (void)detail::completes([&] { passes = note(said, now, evicted); });
    if (evicted.repeated != 0) tell(evicted, now);
    if (passes) to_.report(said);
  }
  /// Tells what was counted so far, and begins anew.
  void flush() noexcept {
    tell_where([](const place&) { return true; }, time());
  }

 private:
  static constexpr std::size_t most = 64;

  struct place {
    severity level = severity::info;
    bool has_error = false;
    errc code{};
    std::string component;
    std::string message;
    std::uint64_t began = 0;
    std::uint64_t repeated = 0;
    bool used = false;

    bool is_of(const diagnostic& said) const noexcept {
      return used && level == said.level && has_error == (said.why != nullptr) &&
             (said.why == nullptr || code == said.why->code()) && message == said.message &&
             component == said.component;
    }
  };

  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }

  /// Takes out each place that `is_due`, and tells it without the lock.
  template <class Due>
  void tell_where(const Due& is_due, std::uint64_t now) noexcept {
    for (place& each : places_) {
      place out;
      {
        const detail::lock_guard held(mutex_);
        if (!each.used || !is_due(each)) continue;
        out = std::exchange(each, place());
      }
      if (out.repeated != 0) tell(out, now);
    }
  }
  /// Counts it, and returns whether it is the first of its kind, which then has a place.
  bool note(const diagnostic& said, std::uint64_t now, place& evicted) {
    place fresh{said.level,
                said.why != nullptr,
                said.why != nullptr ? said.why->code() : errc{},
                std::string(said.component),
                std::string(said.message),
                now,
                0,
                true};
    const detail::lock_guard held(mutex_);
    place* into = &places_[0];
    for (place& each : places_) {
      if (each.is_of(said)) {
        ++each.repeated;
        return false;
      }
      if (into->used && (!each.used || each.began < into->began)) into = &each;
    }
    evicted = std::exchange(*into, std::move(fresh));
    return true;
  }
  void tell(const place& one, std::uint64_t now) const noexcept {
    const diagnostic_field fields[] = {{"repeated", one.repeated},
                                       {"within_ms", (now > one.began ? now - one.began : 0) / 1'000'000}};
    to_.report({one.level, one.component, one.message, nullptr, fields});
  }

  diagnostics_ref to_;
  std::uint64_t window_;
  Clock clock_;
  detail::mutex mutex_;
  place places_[most];
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DIAGNOSTICS_HPP
