#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_ARENA_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_ARENA_HPP

#include <millrace/observe/fwd.hpp>

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// Memory for objects that are all destroyed together, by the arena's destructor, and never move before.
class arena {
 public:
  arena() noexcept = default;
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena() {
    for (; objects_ != nullptr; objects_ = objects_->before) objects_->destroy(objects_->made);
    while (blocks_ != nullptr) ::operator delete(std::exchange(blocks_, blocks_->before), std::align_val_t{alignment});
  }

  /// Makes an object. Allocates, and throws what the constructor throws.
  template <class T, class... Args>
  T& make(Args&&... args) {
    static_assert(alignof(T) <= alignment);
    if constexpr (std::is_trivially_destructible_v<T>) {
      return *::new (room_for(sizeof(T))) T{std::forward<Args>(args)...};
    } else {
      void* const note = room_for(sizeof(object));
      T* const made = ::new (room_for(sizeof(T))) T{std::forward<Args>(args)...};
      objects_ = ::new (note) object{objects_, made, [](void* end) noexcept { static_cast<T*>(end)->~T(); }};
      return *made;
    }
  }
  /// Keeps a copy of a text.
  std::string_view copy(std::string_view text) {
    char* const to = static_cast<char*>(room_for(text.size()));
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

 private:
  static constexpr std::size_t alignment = 64;
  static constexpr std::size_t block_bytes = 16 * 1024;

  struct alignas(alignment) block {
    block* before;
  };
  /// Links the objects with a destructor, the newest first.
  struct object {
    object* before;
    void* made;
    void (*destroy)(void*) noexcept;
  };

  /// Memory for `size` bytes, aligned to 16, or to a cache line of 64 if it is that long.
  void* room_for(std::size_t size) {
    const std::size_t step = size < alignment ? 16 : alignment;
    std::size_t at = (used_ + step - 1) / step * step;
    if (blocks_ == nullptr || at + size > size_) {
      const std::size_t bytes = sizeof(block) + size > block_bytes ? sizeof(block) + size : block_bytes;
      blocks_ = ::new (::operator new(bytes, std::align_val_t{alignment})) block{blocks_};
      size_ = bytes;
      at = sizeof(block);
    }
    used_ = at + size;
    return reinterpret_cast<char*>(blocks_) + at;
  }

  block* blocks_ = nullptr;
  object* objects_ = nullptr;
  std::size_t used_ = 0;  // of the newest block
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_ARENA_HPP
