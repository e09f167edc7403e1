#ifndef MILLRACE_STORE_SECRET_FILE_HPP
#define MILLRACE_STORE_SECRET_FILE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/shared_value.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/make_room.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/secret.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// How a secret is read from a file, and watched.
struct secret_file_options {
  std::size_t max_bytes = 65'536;  ///< A larger file is refused unread.
  /// One line end, `\n` or `\r\n`, is taken off the end, as `echo` and editors put one there. Other blanks belong to
  /// the secret.
  bool trim_line_end = true;
  duration check_every{1'000'000'000};  ///< How often `secret_file` looks at the file, at most.
  /// Is told, once, that others may read or write the file, and of a change that could not be read.
  diagnostics_ref diagnostics = {};
};

namespace detail {

/// Which file stood at a path, and in which state.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t written_seconds = 0;
  std::int64_t written_nanoseconds = 0;
  std::int64_t changed_seconds = 0;  // also in its times, since anybody may put back when it was written
  std::int64_t changed_nanoseconds = 0;
  unsigned mode = 0;

  static file_identity of(const struct stat& facts) noexcept {
    return {facts.st_dev,          facts.st_ino,         facts.st_size,         facts.st_mtim.tv_sec,
            facts.st_mtim.tv_nsec, facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec, facts.st_mode};
  }
  bool is_same_file(const file_identity& other) const noexcept {
    return device == other.device && inode == other.inode;
  }
  /// Whether at most its name, its rights or its times were changed, as far as they tell.
  bool is_written_as(const file_identity& other) const noexcept {
    return is_same_file(other) && size == other.size && written_seconds == other.written_seconds &&
           written_nanoseconds == other.written_nanoseconds;
  }
  bool operator==(const file_identity&) const noexcept = default;
};

/// Takes one line end off the end.
inline void trim_line_end(std::string& text) noexcept {
  if (!text.ends_with('\n')) return;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

struct secret_reading {
  secret<std::string> value;
  file_identity from;
};

/// Reads a secret, and refuses a file that changes meanwhile.
inline result<secret_reading> read_secret_file(const std::string& path, const secret_file_options& options) {
  const auto refuse = [&](errc code, const char* why) {
    return error(code, "cannot read the secret \"" + path + "\": " + why);
  };
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  auto opened = file::open(path, O_RDONLY | O_NONBLOCK);
  if (!opened) return std::move(opened).error();
  struct stat facts{};
  if (::fstat(opened->descriptor(), &facts) != 0) return system_error(errno, "examine", path);
  if (!S_ISREG(facts.st_mode)) return refuse(errc::invalid_argument, "it is not a regular file");
  if (static_cast<std::uint64_t>(facts.st_size) > options.max_bytes)
    return refuse(errc::invalid_data, "it is larger than a secret may be (max_bytes)");
  const file_identity before = file_identity::of(facts);
  std::string text;
  if (!make_room(text, static_cast<std::size_t>(facts.st_size) + 1))  // one more, to see that it ends
    return too_large("read the secret", path, static_cast<std::uint64_t>(facts.st_size));
  const auto got = opened->read_at(0, text.data(), text.size());
  const bool as_long = got && *got + 1 == text.size();
  text.resize(got ? *got : 0);
  if (options.trim_line_end) trim_line_end(text);
  secret<std::string> value(std::move(text));
  if (!got) return got.error();
  if (::fstat(opened->descriptor(), &facts) != 0) return system_error(errno, "examine", path);
  // Not by all of its identity: a file that was replaced meanwhile has another time of change, and is whole.
  if (!as_long || !file_identity::of(facts).is_written_as(before))
    return refuse(errc::unavailable, "it is being written");
  if (value.expose().empty()) return refuse(errc::invalid_data, "it is empty");
  return secret_reading{std::move(value), before};
}

}  // namespace detail

/// Reads a secret from a file, once.
/// Errors: invalid_data: it is empty, or larger than `max_bytes`; unavailable: it is being written, or memory has no
/// room for it; invalid_argument: no regular file; those of the system. Each names the path, and nothing of the
/// content.
inline result<secret<std::string>> read_secret(const std::string& path, const secret_file_options& options = {}) {
  auto read = detail::read_secret_file(path, options);
  if (!read) return std::move(read).error();
  return std::move(read->value);
}

/// Writes a secret, such as a key that was made just now, to a new file that its owner alone may read. Durable once it
/// returns.
/// Errors: already_exists: something is at the path, and stays as it is; those of the system. Each names the path, and
/// nothing of the content. A crash meanwhile may leave a part of the file.
inline result<void> write_secret(const std::string& path, const secret<std::string>& value) {
  auto made = file::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!made) return std::move(made).error();
  result<void> done = made->write(std::string_view(value.expose()));
  if (done) done = made->sync();
  if (done) done = made->close();
  if (done && posix_file_system().sync_directory_of(path.c_str()) != 0 && errno != EINVAL)
    done = system_error(errno, "sync the folder of", path);
  if (!done) ::unlink(path.c_str());
  return done;
}

/// What a `secret_file` did so far.
struct secret_file_statistics {
  std::uint64_t checks = 0;    // looks at the file
  std::uint64_t changes = 0;   // values read after the first
  std::uint64_t failures = 0;  // looks that found no file, or one that could not be read
};

/// A secret in a file that is replaced while the program runs, as Kubernetes mounts it (a link to a folder `..data`,
/// which is a link that is replaced) or an agent writes it.
///
///     auto token = mr::store::secret_file::open("/run/secrets/token");
///     if (!token) return std::move(token).error();
///     authorize(token->get()->expose());                   // the value as it is now
///
/// Guarantee: `get` always has a value. Once a file was read, whatever happens to it leaves the last good value in
/// force: it vanishes, is empty, too large, or not to be read; `status` then says why, and it is counted and reported.
/// A file that was replaced, which is another file at the path, is read at the next look. One that is written in place
/// is read when two looks one after the other have found it the same, so that half of it is not taken for the secret.
/// Where memory runs out in a look, `get` and `refresh` throw std::bad_alloc, the last value stays, and the next look
/// reads the file.
/// Complexity: `get` is a reading of the clock and a copy of a pointer; once an interval, one thread also examines the
/// path, a system call, and reads what has changed.
/// Threads: any number; what `get` returned stays whole while another thread reads the next value.
/// Fork: parent and child each go on by themselves, if no other thread was in a call when it forked.
template <clock_policy Clock = steady_clock>
class basic_secret_file {
 public:
  /// The value at one moment, kept as long as this object.
  class value {
   public:
    const secret<std::string>& operator*() const noexcept { return *at_; }
    const secret<std::string>* operator->() const noexcept { return &*at_; }

   private:
    friend class basic_secret_file;
    explicit value(detail::shared_value<secret<std::string>> at) noexcept : at_(std::move(at)) {}
    detail::shared_value<secret<std::string>> at_;
  };

  /// Errors: those of `read_secret`.
  static result<basic_secret_file> open(std::string path, secret_file_options options = {}, Clock clock = {}) {
    auto first = detail::read_secret_file(path, options);
    if (!first) return std::move(first).error();
    return basic_secret_file(detail::make_owning<state>(std::move(path), options, clock, *std::move(first)));
  }

  /// The value now. Looks at the file before, if the interval is over and no other thread does.
  value get() const {
    state_->check_if_due();
    return value(state_->now.get());
  }
  /// Looks at the file now and reads it if it has changed in any way, and returns what `status` does then: for who
  /// knows that it is whole.
  result<void> refresh() const {
    state_->refresh();
    return status();
  }
  /// Success, or why the last look found nothing to read: the value is older than it should be.
  result<void> status() const {
    const detail::lock_guard held(state_->mutex);
    return state_->failed;
  }
  secret_file_statistics statistics() const noexcept {
    return {state_->checks.load_relaxed(), state_->changes.load_relaxed(), state_->failures.load_relaxed()};
  }
  const std::string& path() const noexcept { return state_->path; }

 private:
  struct state {
    state(std::string at, const secret_file_options& wanted, const Clock& by, detail::secret_reading first)
        : path(std::move(at)),
          options(wanted),
          clock(by),
          now(detail::shared_value<secret<std::string>>::make(std::move(first.value))),
          known(first.from),
          seen(first.from) {
      next_check.store_relaxed(time() + interval());
      if ((first.from.mode & (S_IROTH | S_IWGRP | S_IWOTH)) == 0) return;
      const diagnostic_field fields[] = {{"path", path}};
      options.diagnostics.report(
          {severity::warning, "secret_file", "others may read or write a secret", nullptr, fields});
    }

    std::uint64_t time() const noexcept { return clock.nanoseconds(clock.ticks()); }
    std::uint64_t interval() const noexcept {
      return options.check_every.nanoseconds > 0 ? static_cast<std::uint64_t>(options.check_every.nanoseconds) : 0;
    }
    void check_if_due() {
      std::uint64_t due = next_check.load_relaxed();
      const std::uint64_t at = time();
      if (at < due || !next_check.replace_relaxed(due, at + interval()) || !reading.try_lock()) return;
      look_and_unlock(false);
    }
    void refresh() {
      reading.lock();
      look_and_unlock(true);
    }
    void look_and_unlock(bool at_once);
    result<void> look(bool at_once, bool& changed);

    const std::string path;
    const secret_file_options options;
    const Clock clock;
    detail::light_atomic<std::uint64_t> next_check{0};
    detail::light_atomic<std::uint64_t> checks{0};
    detail::light_atomic<std::uint64_t> changes{0};
    detail::light_atomic<std::uint64_t> failures{0};
    detail::replaceable_value<secret<std::string>> now;
    detail::mutex reading;        // of who looks
    detail::file_identity known;  // of which the value was read
    detail::file_identity seen;   // at the last look
    mutable detail::mutex mutex;
    result<void> failed;
  };

  explicit basic_secret_file(detail::owning_pointer<state> owned) noexcept : state_(std::move(owned)) {}

  detail::owning_pointer<state> state_;
};

using secret_file = basic_secret_file<>;

/// Looks at the file, notes what came of it, and reports it once the locks are given back.
template <clock_policy Clock>
void basic_secret_file<Clock>::state::look_and_unlock(bool at_once) {
  bool changed = false;
  bool news = false;
  result<void> outcome;
  {
    const struct turn {  // given back, whatever is thrown
      detail::mutex& of;
      ~turn() { of.unlock(); }
    } mine{reading};
    checks.add_relaxed(1);
    outcome = look(at_once, changed);
    result<void> kept = outcome;
    const detail::lock_guard held(mutex);
    news = failed.has_value() != outcome.has_value();
    failed = std::move(kept);
  }
  if (changed) changes.add_relaxed(1);
  if (!outcome) failures.add_relaxed(1);
  if (!options.diagnostics || !(news || changed)) return;
  const diagnostic_field fields[] = {{"path", path}};
  if (!outcome)
    options.diagnostics.report({severity::error, "secret_file", "a secret cannot be read again, its last value stays",
                                &outcome.error(), fields});
  else
    options.diagnostics.report({severity::info, "secret_file",
                                changed ? "a secret has a new value" : "a secret can be read again", nullptr, fields});
}

template <clock_policy Clock>
result<void> basic_secret_file<Clock>::state::look(bool at_once, bool& changed) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return system_error(errno, "read the secret", path);
  const auto found = detail::file_identity::of(facts);
  const bool settled = at_once || !found.is_same_file(known) || found.is_written_as(known) || found == seen;
  seen = found;
  if (found == known) return {};
  if (!settled) {
    const detail::lock_guard held(mutex);
    return failed;
  }
  auto read = detail::read_secret_file(path, options);
  if (!read) return std::move(read).error();
  const bool is_other = read->value != *now.get();
  now.replace(detail::shared_value<secret<std::string>>::make(std::move(read->value)));
  known = seen = read->from;  // only now: what was not kept for want of memory is read again
  changed = is_other;
  return {};
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SECRET_FILE_HPP
