#ifndef MILLRACE_TESTS_SUPPORT_FAULTY_VFS_HPP
#define MILLRACE_TESTS_SUPPORT_FAULTY_VFS_HPP

#include <sqlite3.h>
#include <cstdint>
#include <string>

namespace support {

/// A disk for SQLite that fails at the nth call that changes it, once or from then on, or has no more room. Syncs go
/// nowhere, so that it is fast.
class faulty_vfs {
 public:
  enum class fault : std::uint8_t { write, torn_write, sync, truncate, remove, full };

  explicit faulty_vfs(std::string name) : name_(std::move(name)), real_(::sqlite3_vfs_find(nullptr)), vfs_(*real_) {
    vfs_.pNext = nullptr;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(file)) + real_->szOsFile;
    vfs_.xOpen = [](sqlite3_vfs* v, const char* path, sqlite3_file* made, int flags, int* out) {
      faulty_vfs& self = *static_cast<faulty_vfs*>(v->pAppData);
      file& one = *reinterpret_cast<file*>(made);
      one.base.pMethods = nullptr;
      one.self = &self;
      const int code = self.real_->xOpen(self.real_, path, real_of(made), flags, out);
      if (code == SQLITE_OK) one.base.pMethods = &self.methods_;
      return code;
    };
    vfs_.xDelete = [](sqlite3_vfs* v, const char* path, int syncs) {
      faulty_vfs& self = *static_cast<faulty_vfs*>(v->pAppData);
      if (self.fails(fault::remove)) return SQLITE_IOERR_DELETE;
      return self.real_->xDelete(self.real_, path, syncs);
    };
    methods_.iVersion = 2;
    methods_.xClose = [](sqlite3_file* f) { return real_of(f)->pMethods->xClose(real_of(f)); };
    methods_.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
      return real_of(f)->pMethods->xRead(real_of(f), to, size, at);
    };
    methods_.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
      faulty_vfs& self = *reinterpret_cast<file*>(f)->self;
      if (self.fails(fault::full)) return SQLITE_FULL;
      if (self.fails(fault::torn_write)) {
        (void)real_of(f)->pMethods->xWrite(real_of(f), from, size / 2, at);
        return SQLITE_IOERR_WRITE;
      }
      if (self.fails(fault::write)) return SQLITE_IOERR_WRITE;
      return real_of(f)->pMethods->xWrite(real_of(f), from, size, at);
    };
    methods_.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      if (reinterpret_cast<file*>(f)->self->fails(fault::truncate)) return SQLITE_IOERR_TRUNCATE;
      return real_of(f)->pMethods->xTruncate(real_of(f), size);
    };
    methods_.xSync = [](sqlite3_file* f, int) {
      return reinterpret_cast<file*>(f)->self->fails(fault::sync) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    };
    methods_.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return real_of(f)->pMethods->xFileSize(real_of(f), size);
    };
    methods_.xLock = [](sqlite3_file* f, int level) { return real_of(f)->pMethods->xLock(real_of(f), level); };
    methods_.xUnlock = [](sqlite3_file* f, int level) { return real_of(f)->pMethods->xUnlock(real_of(f), level); };
    methods_.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
    };
    methods_.xFileControl = [](sqlite3_file* f, int what, void* with) {
      return real_of(f)->pMethods->xFileControl(real_of(f), what, with);
    };
    methods_.xSectorSize = [](sqlite3_file* f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); };
    methods_.xDeviceCharacteristics = [](sqlite3_file* f) {
      return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
    };
    methods_.xShmMap = [](sqlite3_file* f, int page, int size, int extends, void volatile** out) {
      return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extends, out);
    };
    methods_.xShmLock = [](sqlite3_file* f, int offset, int count, int flags) {
      return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
    };
    methods_.xShmBarrier = [](sqlite3_file* f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); };
    methods_.xShmUnmap = [](sqlite3_file* f, int deletes) {
      return real_of(f)->pMethods->xShmUnmap(real_of(f), deletes);
    };
    ::sqlite3_vfs_register(&vfs_, 0);
  }
  faulty_vfs(const faulty_vfs&) = delete;
  faulty_vfs& operator=(const faulty_vfs&) = delete;
  ~faulty_vfs() { ::sqlite3_vfs_unregister(&vfs_); }

  const std::string& name() const noexcept { return name_; }
  /// Makes the nth call of a kind fail, counted from 1 and from now, and all after it if `goes_on`.
  void arm(fault what, int nth, bool goes_on) noexcept {
    what_ = what;
    left_ = nth;
    goes_on_ = goes_on;
    has_failed_ = false;
  }
  void disarm() noexcept { left_ = 0; }
  bool has_failed() const noexcept { return has_failed_; }

 private:
  struct file {
    sqlite3_file base;
    faulty_vfs* self;
  };
  static sqlite3_file* real_of(sqlite3_file* f) noexcept {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(f) + sizeof(file));
  }
  bool fails(fault what) noexcept {
    if (what != what_ || left_ == 0) return false;
    if (left_ > 1) {
      --left_;
      return false;
    }
    if (!goes_on_) left_ = 0;
    has_failed_ = true;
    return true;
  }

  std::string name_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  sqlite3_io_methods methods_{};
  fault what_ = fault::write;
  int left_ = 0;
  bool goes_on_ = false;
  bool has_failed_ = false;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FAULTY_VFS_HPP
