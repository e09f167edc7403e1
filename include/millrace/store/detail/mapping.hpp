#ifndef MILLRACE_STORE_DETAIL_MAPPING_HPP
#define MILLRACE_STORE_DETAIL_MAPPING_HPP

#include <millrace/core/config.hpp>

#include <sys/mman.h>
#include <cstddef>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// A file's pages in memory, which are let go at the end.
class mapping {
 public:
  mapping() noexcept = default;
  /// Null is the data where the system refuses; errno says why. Precondition: size > 0.
  mapping(int descriptor, std::size_t size) noexcept : size_(size) {
    int flags = MAP_PRIVATE;
#if defined(__linux__)
    flags |= MAP_POPULATE;  // all pages by one call: each is read anyway, and a fault of its own costs more
#endif
    void* const made = ::mmap(nullptr, size, PROT_READ, flags, descriptor, 0);
    data_ = made == MAP_FAILED ? nullptr : made;
  }
  mapping(mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  mapping& operator=(mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~mapping() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }

  const std::byte* data() const noexcept { return static_cast<const std::byte*>(data_); }
  std::size_t size() const noexcept { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_MAPPING_HPP
