#ifndef MILLRACE_RESILIENCE_LOCKS_FILE_LOCK_HPP
#define MILLRACE_RESILIENCE_LOCKS_FILE_LOCK_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/resilience/fwd.hpp>
#include <millrace/resilience/locks/lock_owner.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>

#include <fcntl.h>
#include <sys/file.h>
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
namespace resilience {

/// What a file lock records and tells.
struct file_lock_options {
  std::string purpose = {};     ///< What the lock is held for; the file and the errors of others say it.
  unsigned permissions = 0644;  ///< Of a new file, less the umask.
  /// Between two tries of `lock`, which begin a millisecond apart; 0.1 ms at least, so that nobody spins.
  duration longest_pause{50'000'000};
  /// A wait that is longer than this is reported, once, with the owner's name.
  duration report_after{1'000'000'000};
  diagnostics_ref diagnostics = {};
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;  ///< UTC, for the record
};

namespace detail {

/// An open lock file, whose copy in a forked child is closed before fork() returns there: the lock belongs to the open
/// file, so a child that kept it open would go on holding the lock after its parent has died.
struct lock_file {
  lock_file() noexcept : watch(this, [](void* self) noexcept { static_cast<lock_file*>(self)->drop(); }) {}
  ~lock_file() { close(); }

  // Between the system's call and the note of it in `fd` nobody forks, so that no child inherits it unseen.
  int open(const char* path, int flags, unsigned mode) noexcept {
    close();
    const fork_watch::pause no_forks;
    do fd = ::open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
  }
  void close() noexcept {
    const fork_watch::pause no_forks;
    drop();
  }
  void drop() noexcept {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }

  int fd = -1;
  fork_watch watch;
};

}  // namespace detail

/// A file lock that is held, until this object is destroyed or `release` is called.
/// Threads: one at a time. Fork: the child's copy holds nothing; the parent's goes on.
/// Moved from, it holds nothing.
class [[nodiscard]] held_file_lock {
 public:
  held_file_lock(held_file_lock&&) noexcept = default;
  held_file_lock& operator=(held_file_lock&& other) noexcept {
    release();
    file_ = std::move(other.file_);
    path_ = std::move(other.path_);
    shared_ = other.shared_;
    return *this;
  }
  ~held_file_lock() { release(); }

  /// Whether it is held: not after `release` or a move, and not in a forked child.
  explicit operator bool() const noexcept { return file_ && file_->fd >= 0; }
  bool is_shared() const noexcept { return shared_; }
  const std::string& path() const noexcept { return path_; }

  /// Whether the locked file is still the one at the path. If somebody deletes or replaces it, the next one to come
  /// locks another file: ask before what must not be done twice.
  /// Errors: closed: the lock is not held; not_found: the file is gone from its path.
  result<void> confirm() const {
    if (!*this) return error(errc::closed, "the lock \"" + path_ + "\" is not held");
    if (store::posix_file_system().place_of(file_->fd, path_.c_str()) == store::file_place::here) return {};
    return error(errc::not_found, "the lock \"" + path_ + "\" was deleted or replaced while it was held");
  }

  /// Gives the lock back, and takes the owner's name out of the file.
  void release() noexcept {
    if (!*this) return;
    // First the record, as long as nobody else can have written one. That it fails harms nothing: the next owner
    // writes over it.
    if (!shared_) (void)!::ftruncate(file_->fd, 0);
    // Not by closing alone: a child that another thread makes has the open file, too, until it calls exec.
    (void)::flock(file_->fd, LOCK_UN);
    file_->close();
  }

 private:
  template <clock_policy Clock, sleeper_policy Sleeper>
  friend class basic_file_lock;
  held_file_lock(detail::owning_pointer<detail::lock_file> file, std::string path, bool shared) noexcept
      : file_(std::move(file)), path_(std::move(path)), shared_(shared) {}

  detail::owning_pointer<detail::lock_file> file_;
  std::string path_;
  bool shared_;
};

/// A lock between processes, and between the threads of one, that the kernel keeps on a file: exclusive, or shared by
/// readers.
///
///     mr::resilience::file_lock lock("models/.lock", {.purpose = "nightly training"});
///     auto held = lock.lock(mr::seconds(30));
///     if (!held) return std::move(held).error();   // cannot lock "models/.lock" within 30000 ms: pid 4711 on ...
///
/// Guarantee: the kernel frees the lock when its holder ends, however it ends, so a lock is never stale and nobody ever
/// breaks one. The file is never deleted, because a lock on a deleted file locks out nobody who comes later; if
/// somebody else deletes or replaces it, that is seen before a lock is granted (`confirm` asks again later). A lock
/// that is not got is an error that names the owner. Only an empty file, and one that a lock was kept on before, is
/// written to.
/// Order: waiters are served in none; one who shares keeps out who wants it alone for as long as others keep coming.
/// Fork: a child holds nothing of its parent's, also while the parent is about to get the lock. A child made without
/// fork(), such as by posix_spawn() or a bare clone(), shares the lock until it calls exec; `release` frees it all the
/// same.
/// Threads: all members, any number at once; a thread that already holds the lock waits for itself.
/// File systems: it is flock(2). Linux makes byte-range locks of it on NFS, which hold between machines unless it is
/// mounted with `local_lock`; the file must be writable there.
/// Errors: unavailable: `try_lock` found it held; timeout: so did `lock` all the time; invalid_argument: the path is of
/// no regular file, or of one with other content; those of the system, with the path.
template <clock_policy Clock = steady_clock, sleeper_policy Sleeper = thread_sleeper>
class basic_file_lock {
 public:
  /// The file's folder exists when the lock is asked for; the file itself is made then.
  explicit basic_file_lock(std::string path, file_lock_options options = {}, Clock clock = {}, Sleeper waits = {})
      : path_(std::move(path)), options_(std::move(options)), clock_(clock), sleeper_(waits) {}

  const std::string& path() const noexcept { return path_; }

  /// Takes the lock alone, or beside others who share it, if that is possible at once.
  result<held_file_lock> try_lock() const { return acquire(false, nullptr); }
  result<held_file_lock> try_lock_shared() const { return acquire(true, nullptr); }
  /// The same, and waits for it at most so long.
  result<held_file_lock> lock(duration longest) const { return acquire(false, &longest); }
  result<held_file_lock> lock_shared(duration longest) const { return acquire(true, &longest); }

  /// Who is recorded as holding the lock alone: who holds it or, if that process was killed, held it last.
  /// Errors: not_found: nobody; those of `read_lock_owner` and of the system.
  result<lock_owner> owner() const {
    detail::lock_file file;
    if (file.open(path_.c_str(), O_RDONLY, 0) < 0) return store::system_error(errno, "open", path_);
    return owner_in(file);
  }

 private:
  std::uint64_t now() const noexcept { return clock_.nanoseconds(clock_.ticks()); }

  result<held_file_lock> acquire(bool shared, const duration* longest) const;
  result<bool> attempt(detail::lock_file& file, bool shared) const;
  result<void> open(detail::lock_file& file, bool shared) const;
  result<void> note_owner(const detail::lock_file& file, bool shared) const;
  result<std::string> text_in(const detail::lock_file& file) const;
  result<lock_owner> owner_in(const detail::lock_file& file) const {
    auto text = text_in(file);
    if (!text) return std::move(text).error();
    return read_lock_owner(*text);
  }
  std::string holder_in(const detail::lock_file& file) const;

  std::string path_;
  file_lock_options options_;
  Clock clock_;
  Sleeper sleeper_;
};

using file_lock = basic_file_lock<>;

template <clock_policy Clock, sleeper_policy Sleeper>
result<held_file_lock> basic_file_lock<Clock, Sleeper>::acquire(bool shared, const duration* longest) const {
  auto file = detail::make_owning<detail::lock_file>();
  const std::uint64_t began = now();
  constexpr duration shortest{100'000};
  const duration most = options_.longest_pause < shortest ? shortest : options_.longest_pause;
  duration pause = most < duration(1'000'000) ? most : duration(1'000'000);
  bool reported = false;
  for (;;) {
    auto got = attempt(*file, shared);
    if (!got) return std::move(got).error();
    if (*got) {
      if (auto noted = note_owner(*file, shared); !noted) return std::move(noted).error();
      return held_file_lock(std::move(file), path_, shared);
    }
    if (longest == nullptr) return error(errc::unavailable, "cannot lock \"" + path_ + "\": " + holder_in(*file));
    const std::uint64_t at = now();
    const auto waited = static_cast<std::int64_t>(at > began ? at - began : 0);  // a clock may go back
    if (waited >= longest->nanoseconds)
      return error(errc::timeout, "cannot lock \"" + path_ + "\" within " +
                                      std::to_string(longest->nanoseconds / 1'000'000) + " ms: " + holder_in(*file));
    if (!reported && options_.diagnostics && waited >= options_.report_after.nanoseconds) {
      reported = true;
      const std::string holder = holder_in(*file);
      const diagnostic_field fields[] = {{"path", path_}, {"holder", holder}, {"waited_ms", waited / 1'000'000}};
      options_.diagnostics.report({severity::warning, "file_lock", "still waits for a lock", nullptr, fields});
    }
    const duration left(longest->nanoseconds - waited);
    sleeper_.sleep(pause < left ? pause : left, nullptr);
    pause = pause.nanoseconds < most.nanoseconds - pause.nanoseconds ? duration(pause.nanoseconds * 2) : most;
  }
}

/// Tries once. Whether the file is still at its path is asked after the kernel's word, so that nobody holds a lock on a
/// file that the next one would not find; then the one that is there is opened.
template <clock_policy Clock, sleeper_policy Sleeper>
result<bool> basic_file_lock<Clock, Sleeper>::attempt(detail::lock_file& file, bool shared) const {
  for (int tries = 0; tries < 100; ++tries) {
    if (file.fd < 0)
      if (auto opened = open(file, shared); !opened) return std::move(opened).error();
    const int refused = ::flock(file.fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 ? errno : 0;
    if (refused != 0 && refused != EWOULDBLOCK && refused != EINTR) return store::system_error(refused, "lock", path_);
    if (refused == EINTR) continue;
    if (store::posix_file_system().place_of(file.fd, path_.c_str()) == store::file_place::here) return refused == 0;
    file.close();
  }
  return error(errc::unavailable, "cannot lock \"" + path_ + "\": it is replaced again and again");
}

template <clock_policy Clock, sleeper_policy Sleeper>
result<void> basic_file_lock<Clock, Sleeper>::open(detail::lock_file& file, bool shared) const {
  // Who shares may lack the right to write.
  if (file.open(path_.c_str(), O_RDWR | O_CREAT, options_.permissions) < 0 &&
      !(shared && (errno == EACCES || errno == EROFS) && file.open(path_.c_str(), O_RDONLY, 0) >= 0))
    return store::system_error(errno, "open", path_);
  struct stat facts{};
  if (::fstat(file.fd, &facts) != 0) return store::system_error(errno, "examine", path_);
  if (!S_ISREG(facts.st_mode))
    return error(errc::invalid_argument, "cannot lock \"" + path_ + "\": it is not a regular file");
  return {};
}

/// Writes who holds the lock or, where it is shared, takes out the name of a holder who was killed.
/// Errors: invalid_argument: the file has content that is not a lock's, and stays as it is. That the record cannot be
/// written is no error, because the lock is held without it: it is reported.
template <clock_policy Clock, sleeper_policy Sleeper>
result<void> basic_file_lock<Clock, Sleeper>::note_owner(const detail::lock_file& file, bool shared) const {
  const auto before = text_in(file);
  if (!before) return before.error();
  const std::string_view kind = detail::lock_kind;
  if (!before->starts_with(kind) && !kind.starts_with(*before))
    return error(errc::invalid_argument,
                 "cannot lock \"" + path_ + "\": it has content that is not a lock's; lock a file of its own");
  if (shared) {
    if (!before->empty()) (void)!::ftruncate(file.fd, 0);
    return {};
  }
  const std::string text = to_text(this_process(options_.purpose, options_.wall_clock()));
  // The new text over the old, and then the end, so that a reader finds one or the other, or a mixture that is no text.
  if (::pwrite(file.fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
      ::ftruncate(file.fd, static_cast<off_t>(text.size())) == 0)
    return {};
  const error why = store::system_error(errno, "write the owner to", path_);
  (void)!::ftruncate(file.fd, 0);
  const diagnostic_field fields[] = {{"path", path_}};
  options_.diagnostics.report({severity::warning, "file_lock", "the owner of a lock is not recorded", &why, fields});
  return {};
}

template <clock_policy Clock, sleeper_policy Sleeper>
result<std::string> basic_file_lock<Clock, Sleeper>::text_in(const detail::lock_file& file) const {
  std::string text(detail::max_lock_text + 1, '\0');
  ssize_t got = 0;
  do got = ::pread(file.fd, text.data(), text.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got < 0) return store::system_error(errno, "read", path_);
  text.resize(static_cast<std::size_t>(got));
  return text;
}

/// Who holds the lock, for a message.
template <clock_policy Clock, sleeper_policy Sleeper>
std::string basic_file_lock<Clock, Sleeper>::holder_in(const detail::lock_file& file) const {
  const auto owner = owner_in(file);
  if (!owner) return "it is held, by who has left no name in it: by those who share it, or by another program";
  return (owner->pid == ::getpid() && owner->host == this_process({}).host ? "this process holds it: "
                                                                           : "it is held by ") +
         describe(*owner);
}

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_LOCKS_FILE_LOCK_HPP
