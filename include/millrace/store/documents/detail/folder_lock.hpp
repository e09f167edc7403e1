#ifndef MILLRACE_STORE_DOCUMENTS_DETAIL_FOLDER_LOCK_HPP
#define MILLRACE_STORE_DOCUMENTS_DETAIL_FOLDER_LOCK_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Lets one process at a time write into a folder: a lock of a file in it that is never removed, so that there are no
/// two of them. The system takes it from whoever is killed.
/// Threads: one at a time.
class folder_lock {
 public:
  result<void> open(const std::string& folder) {
    folder_ = folder;
    auto opened = file::open(folder + "/.millrace-lock", O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!opened) return std::move(opened).error();
    file_ = *std::move(opened);
    return {};
  }
  /// Waits a little, and longer each time, at random, so that many do not wait in step. Errors: timeout.
  result<void> acquire(std::uint64_t patience_ms) {
    const std::uint64_t since = steady_clock().ticks();
    for (unsigned tries = 0; ::flock(file_.descriptor(), LOCK_EX | LOCK_NB) != 0; ++tries) {
      if (errno != EWOULDBLOCK && errno != EINTR) return system_error(errno, "lock", file_.path());
      if (steady_clock().ticks() - since >= patience_ms * std::uint64_t{1'000'000})
        return error(errc::timeout, "cannot write to \"" + folder_ + "\": somebody else has written for " +
                                        std::to_string(patience_ms) + " ms");
      const std::uint64_t most = std::uint64_t{100'000} << (tries < 6 ? tries : 6);
      const timespec pause{0, static_cast<long>(20'000 + random_.below(most))};
      ::nanosleep(&pause, nullptr);
    }
    return {};
  }
  void release() noexcept { ::flock(file_.descriptor(), LOCK_UN); }

 private:
  std::string folder_;
  file file_;
  random_engine random_{entropy_seed()};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_DETAIL_FOLDER_LOCK_HPP
