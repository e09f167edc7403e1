#ifndef MILLRACE_TESTS_SUPPORT_SHARED_MEMORY_HPP
#define MILLRACE_TESTS_SUPPORT_SHARED_MEMORY_HPP

#include <sys/mman.h>
#include <cstddef>

namespace support {

/// Memory that forked children share with their parent.
template <class T>
class shared_with_children {
 public:
  explicit shared_with_children(std::size_t size) : size_(size) {
    void* const made = ::mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made != MAP_FAILED) values_ = static_cast<T*>(made);
  }
  shared_with_children(const shared_with_children&) = delete;
  shared_with_children& operator=(const shared_with_children&) = delete;
  ~shared_with_children() { ::munmap(values_, size_ * sizeof(T)); }
  T& operator[](std::size_t i) const { return values_[i]; }

 private:
  T* values_ = nullptr;
  std::size_t size_;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SHARED_MEMORY_HPP
