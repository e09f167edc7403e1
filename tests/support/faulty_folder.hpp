#ifndef MILLRACE_TESTS_SUPPORT_FAULTY_FOLDER_HPP
#define MILLRACE_TESTS_SUPPORT_FAULTY_FOLDER_HPP

#include <millrace/store/documents/document_folder.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace support {

/// A disk for folders of documents that fails at the nth call of a kind, once or from then on. Syncs go nowhere, so
/// that it is fast.
class faulty_disk {
 public:
  enum class fault : std::uint8_t { create, write, torn_write, full, truncate, rename, remove, sync, sync_all };

  /// Makes the nth call of a kind fail, counted from 1 and from now, and all after it if `goes_on`.
  void arm(fault what, int nth, bool goes_on) noexcept {
    what_ = what;
    left_ = nth;
    goes_on_ = goes_on;
    has_failed_ = false;
  }
  /// Makes all calls of another kind fail as well.
  void also_arm(fault what) noexcept {
    other_ = what;
    other_fails_ = true;
  }
  void disarm() noexcept {
    left_ = 0;
    other_fails_ = false;
  }
  bool has_failed() const noexcept { return has_failed_; }
  bool fails(fault what, int why = EIO) noexcept {
    if (other_fails_ && what == other_) {
      errno = why;
      return true;
    }
    if (what != what_ || left_ == 0) return false;
    if (left_ > 1) {
      --left_;
      return false;
    }
    if (!goes_on_) left_ = 0;
    has_failed_ = true;
    errno = why;
    return true;
  }

 private:
  fault what_ = fault::write;
  fault other_ = fault::write;
  bool other_fails_ = false;
  int left_ = 0;
  bool goes_on_ = false;
  bool has_failed_ = false;
};

/// The calls, on such a disk; null: on one that does not fail.
struct faulty_folder_file_system {
  using fault = faulty_disk::fault;
  faulty_disk* disk = nullptr;
  millrace::store::posix_folder_file_system real = {};

  bool fails(fault what, int why = EIO) noexcept { return disk != nullptr && disk->fails(what, why); }
  int create_at(int folder, const char* name) noexcept {
    return fails(fault::create) ? -1 : real.create_at(folder, name);
  }
  std::ptrdiff_t write_at(int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept {
    if (fails(fault::torn_write)) {
      (void)real.write_at(fd, from, size / 2, offset);
      errno = EIO;
      return -1;
    }
    if (fails(fault::full, ENOSPC) || fails(fault::write)) return -1;
    return real.write_at(fd, from, size, offset);
  }
  int truncate(int fd, std::uint64_t size) noexcept { return fails(fault::truncate) ? -1 : real.truncate(fd, size); }
  int rename_at(int folder, const char* from, const char* to) noexcept {
    return fails(fault::rename) ? -1 : real.rename_at(folder, from, to);
  }
  int remove_at(int folder, const char* name) noexcept {
    return fails(fault::remove) ? -1 : real.remove_at(folder, name);
  }
  int sync_data(int) noexcept { return fails(fault::sync) ? -1 : 0; }
  int sync_folder(int) noexcept { return fails(fault::sync) ? -1 : 0; }
  int sync_all(int) noexcept { return fails(fault::sync_all) ? -1 : 0; }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FAULTY_FOLDER_HPP
