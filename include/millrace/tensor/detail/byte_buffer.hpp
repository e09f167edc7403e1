#ifndef MILLRACE_TENSOR_DETAIL_BYTE_BUFFER_HPP
#define MILLRACE_TENSOR_DETAIL_BYTE_BUFFER_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace tensor {
namespace detail {

/// Bytes on the heap, not initialized, because writing them all first, as std::vector does, takes time. Large buffers
/// grow without copying where realloc can remap pages. Throws std::bad_alloc without memory.
class byte_buffer {
 public:
  byte_buffer() noexcept = default;
  explicit byte_buffer(std::size_t size) { resize(size); }
  byte_buffer(const byte_buffer& other) : byte_buffer(other.size_) {
    if (size_ != 0) __builtin_memcpy(data_, other.data_, size_);
  }
  byte_buffer(byte_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  byte_buffer& operator=(byte_buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~byte_buffer() { std::free(data_); }

  void resize(std::size_t size) {
    if (size > capacity_) reallocate(size);
    size_ = size;
  }
  /// Frees the memory behind size() if that is more than a tenth of all. Less is kept, so that buffers of one use have
  /// like sizes: the C library then gives a freed one out again without asking the system for fresh pages.
  void shrink() {
    if (capacity_ - size_ > capacity_ / 10) reallocate(size_);
  }

  unsigned char* data() noexcept { return data_; }
  const unsigned char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  /// Makes operator new throw std::bad_alloc, because a throw here would not compile with -fno-exceptions.
  [[noreturn, gnu::cold, gnu::noinline]] static void out_of_memory() {
    const volatile std::size_t more_than_any_machine_has = ~std::size_t{0} >> 1;
    ::operator delete(::operator new(more_than_any_machine_has));
    std::abort();
  }

  void reallocate(std::size_t size) {
    void* moved = std::realloc(data_, size == 0 ? 1 : size);
    if (moved == nullptr) out_of_memory();
    data_ = static_cast<unsigned char*>(moved);
    capacity_ = size;
  }

  unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_BYTE_BUFFER_HPP
