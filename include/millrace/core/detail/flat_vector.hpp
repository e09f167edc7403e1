#ifndef MILLRACE_CORE_DETAIL_FLAT_VECTOR_HPP
#define MILLRACE_CORE_DETAIL_FLAT_VECTOR_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstring>
#include <span>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The memory of a flat_vector, whatever it holds: so that this is compiled once.
class flat_memory {
 public:
  flat_memory() noexcept = default;
  flat_memory(const flat_memory& other) {
    const std::size_t bytes = other.bytes();
    if (bytes == 0) return;
    reserve(bytes);
    std::memcpy(begin_, other.begin_, bytes);
    end_ = begin_ + bytes;
  }
  flat_memory(flat_memory&& other) noexcept { swap(other); }
  flat_memory& operator=(flat_memory other) noexcept {
    swap(other);
    return *this;
  }
  ~flat_memory() { ::operator delete(begin_); }

 protected:
  void swap(flat_memory& other) noexcept {
    char* const mine[] = {begin_, end_, limit_};
    begin_ = other.begin_;
    end_ = other.end_;
    limit_ = other.limit_;
    other.begin_ = mine[0];
    other.end_ = mine[1];
    other.limit_ = mine[2];
  }
  std::size_t bytes() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  /// Room for so many bytes in all.
  void reserve(std::size_t wanted) {
    if (wanted > static_cast<std::size_t>(limit_ - begin_)) move_to_room_for(wanted);
  }
  [[gnu::noinline]] void move_to_room_for(std::size_t wanted) {
    const std::size_t room = wanted < 2 * bytes() ? 2 * bytes() : wanted;
    char* const to = static_cast<char*>(::operator new(room));
    const std::size_t kept = bytes();
    if (kept > 0) std::memcpy(to, begin_, kept);
    ::operator delete(begin_);
    begin_ = to;
    end_ = to + kept;
    limit_ = to + room;
  }

  char* begin_ = nullptr;
  char* end_ = nullptr;
  char* limit_ = nullptr;
};

/// What std::vector does, for elements that are copied byte by byte and have nothing to destroy, in a tenth of its
/// functions: it costs the compiler that much less for each type.
template <class T>
class flat_vector : private flat_memory {
  static_assert(__is_trivially_copyable(T) && alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  using value_type = T;

  flat_vector() noexcept = default;
  explicit flat_vector(std::size_t size) { resize(size); }
  flat_vector(std::size_t size, const T& value) { assign(size, value); }

  T* data() noexcept { return reinterpret_cast<T*>(begin_); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(begin_); }
  T* begin() noexcept { return data(); }
  const T* begin() const noexcept { return data(); }
  T* end() noexcept { return reinterpret_cast<T*>(end_); }
  const T* end() const noexcept { return reinterpret_cast<const T*>(end_); }
  std::size_t size() const noexcept { return bytes() / sizeof(T); }
  bool empty() const noexcept { return begin_ == end_; }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  T& back() noexcept { return end()[-1]; }
  const T& back() const noexcept { return end()[-1]; }

  void swap(flat_vector& other) noexcept { flat_memory::swap(other); }
  void clear() noexcept { end_ = begin_; }
  void pop_back() noexcept { end_ -= sizeof(T); }
  void push_back(T value) {
    reserve(bytes() + sizeof(T));
    *end() = value;
    end_ += sizeof(T);
  }
  /// Keeps the first elements. Precondition: size <= this->size().
  void truncate(std::size_t size) noexcept { end_ = begin_ + size * sizeof(T); }
  /// New elements are T().
  void resize(std::size_t size) {
    if (size > this->size()) return fill_up(size, T());
    truncate(size);
  }
  void assign(std::size_t size, T value) {
    clear();
    fill_up(size, value);
  }
  /// Precondition: the elements are not this vector's.
  void append(std::span<const T> from) {
    if (from.empty()) return;
    reserve(bytes() + from.size_bytes());
    std::memcpy(end_, from.data(), from.size_bytes());
    end_ += from.size_bytes();
  }

 private:
  void fill_up(std::size_t size, const T& value) {
    reserve(size * sizeof(T));
    T* const last = data() + size;
    for (T* at = end(); at != last; ++at) *at = value;
    end_ = begin_ + size * sizeof(T);
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_FLAT_VECTOR_HPP
