#ifndef MILLRACE_STORE_DETAIL_DISK_ROOM_HPP
#define MILLRACE_STORE_DETAIL_DISK_ROOM_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <sys/statvfs.h>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Whether the disk of a path has room for so many bytes beside `keep_free`. It is asked before anything is written, so
/// that a disk does not get full by us; what others do meanwhile, each write has to bear.
/// Errors: no_space, with the key that is to be written.
inline result<void> check_disk_room(const std::string& path, std::uint64_t keep_free, std::uint64_t bytes,
                                    std::string_view key) {
  struct statvfs facts{};
  if (keep_free == 0 || ::statvfs(path.c_str(), &facts) != 0) return {};  // the write will say what is wrong
  const std::uint64_t room = std::uint64_t{facts.f_bavail} * (facts.f_frsize != 0 ? facts.f_frsize : facts.f_bsize);
  if (room >= keep_free && room - keep_free >= bytes) return {};
  return error(errc::no_space, "cannot write " + quoted_text(key) + " in \"" + path + "\": the disk has " +
                                   std::to_string(room) + " bytes left, and " + std::to_string(keep_free) +
                                   " are kept free");
}

/// The same for writes that follow each other, such as those of a transaction: the disk is asked once for each 64 KiB.
class disk_room {
 public:
  result<void> take(const std::string& path, std::uint64_t keep_free, std::uint64_t bytes, std::string_view key) {
    if (bytes > left_) {
      left_ = 0;
      if (!check_disk_room(path, keep_free, bytes + step, key)) return check_disk_room(path, keep_free, bytes, key);
      left_ = bytes + step;
    }
    left_ -= bytes;
    return {};
  }

 private:
  static constexpr std::uint64_t step = 64 << 10;
  std::uint64_t left_ = 0;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_DISK_ROOM_HPP
