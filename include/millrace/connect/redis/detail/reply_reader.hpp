#ifndef MILLRACE_CONNECT_REDIS_DETAIL_REPLY_READER_HPP
#define MILLRACE_CONNECT_REDIS_DETAIL_REPLY_READER_HPP

#include <millrace/connect/redis/reply.hpp>
#include <millrace/core/result.hpp>

#include <hiredis/read.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {
namespace detail {

/// Makes replies of what hiredis' reader reads, and stops it where one is larger than it may be. hiredis is C: nothing
/// is thrown through it.
class reply_builder {
 public:
  explicit reply_builder(const reply_limits& limits) noexcept : limits_(limits) {
    if (limits_.depth > 7) limits_.depth = 7;
  }

  reply take() noexcept {
    elements_ = 0;
    bytes_ = 0;
    return std::exchange(root_, reply());
  }
  std::size_t bytes() const noexcept { return bytes_; }
  const char* fault() const noexcept { return fault_; }

  // What hiredis calls. The types of sizes differ between its versions.
  static void* make_text(const redisReadTask* task, char* text, std::size_t size) noexcept {
    const reply_kind kind = task->type == REDIS_REPLY_STATUS   ? reply_kind::status
                            : task->type == REDIS_REPLY_ERROR  ? reply_kind::failure
                            : task->type == REDIS_REPLY_STRING ? reply_kind::bytes
                                                               : reply_kind::nil;
    reply_builder& self = of(task);
    if (kind == reply_kind::nil) return self.refuse("has a type of RESP3");
    reply* const made = self.place(task, kind, size);
    if (made == nullptr) return nullptr;
    try {
      made->text.assign(text, size);
    } catch (...) {
      return self.refuse("does not fit into memory");
    }
    return made;
  }
  template <class Size>
  static void* make_array(const redisReadTask* task, Size count) noexcept {
    reply_builder& self = of(task);
    if (task->type != REDIS_REPLY_ARRAY) return self.refuse("has a type of RESP3");
    const auto size = static_cast<std::size_t>(count);
    std::size_t depth = 1;
    for (const redisReadTask* one = task->parent; one != nullptr; one = one->parent) ++depth;
    if (depth > self.limits_.depth) return self.refuse("has arrays that are nested too deep");
    if (size > self.limits_.elements - self.elements_) return self.refuse("has more elements than it may");
    self.elements_ += size;
    reply* const made = self.place(task, reply_kind::array, 0);
    if (made == nullptr) return nullptr;
    try {
      made->elements.resize(size);
    } catch (...) {
      return self.refuse("does not fit into memory");
    }
    return made;
  }
  static void* make_integer(const redisReadTask* task, long long value) noexcept {
    reply* const made = of(task).place(task, reply_kind::integer, 0);
    if (made != nullptr) made->integer = value;
    return made;
  }
  static void* make_nil(const redisReadTask* task) noexcept { return of(task).place(task, reply_kind::nil, 0); }
  template <class... More>
  static void* make_other(const redisReadTask* task, More...) noexcept {
    return of(task).refuse("has a type of RESP3");
  }
  static void free_object(void*) noexcept {}  // all replies are the builder's

 private:
  static reply_builder& of(const redisReadTask* task) noexcept { return *static_cast<reply_builder*>(task->privdata); }

  void* refuse(const char* why) noexcept {
    fault_ = why;
    return nullptr;
  }
  reply* place(const redisReadTask* task, reply_kind kind, std::size_t size) noexcept {
    if (size > limits_.bytes || bytes_ > limits_.bytes - size) {
      refuse("has more bytes than it may");
      return nullptr;
    }
    bytes_ += size;
    reply* made = &root_;
    if (task->parent != nullptr)
      made = &static_cast<reply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
    made->kind = kind;
    return made;
  }

  reply_limits limits_;
  reply root_;
  std::size_t elements_ = 0;
  std::size_t bytes_ = 0;
  const char* fault_ = nullptr;
};

/// The functions, as the version of hiredis at hand asks for them.
template <class Functions>
Functions functions_of_builder() noexcept {
  Functions made{};
  made.createString = &reply_builder::make_text;
  made.createArray = &reply_builder::make_array;
  made.createInteger = &reply_builder::make_integer;
  made.createNil = &reply_builder::make_nil;
  made.freeObject = &reply_builder::free_object;
  if constexpr (requires { made.createDouble; }) made.createDouble = &reply_builder::make_other;
  if constexpr (requires { made.createBool; }) made.createBool = &reply_builder::make_other;
  return made;
}

/// Cuts what a server sends into replies, by hiredis' reader. After an error it reads nothing any more.
/// It is not moved: the reader knows where the builder is.
class reply_reader {
 public:
  explicit reply_reader(const reply_limits& limits)
      : limits_(limits),
        builder_(limits),
        functions_(functions_of_builder<redisReplyObjectFunctions>()),
        reader_(::redisReaderCreateWithFunctions(&functions_)) {
    if (reader_ != nullptr) reader_->privdata = &builder_;
  }
  reply_reader(const reply_reader&) = delete;
  reply_reader& operator=(const reply_reader&) = delete;
  ~reply_reader() {
    if (reader_ != nullptr) ::redisReaderFree(reader_);
  }

  /// Takes the next bytes that came.
  result<void> update(const char* bytes, std::size_t size) {
    if (reader_ == nullptr || ::redisReaderFeed(reader_, bytes, size) != REDIS_OK) return fault();
    return {};
  }
  /// The next reply; false: it has not come whole.
  result<bool> next(reply& out) {
    if (reader_ == nullptr) return fault();
    void* made = nullptr;
    if (::redisReaderGetReply(reader_, &made) != REDIS_OK) return fault();
    if (made == nullptr) {
      if (waiting() > limits_.bytes || builder_.bytes() > limits_.bytes - waiting())
        return error(errc::invalid_data, "a reply has more bytes than it may");
      return false;
    }
    out = builder_.take();
    return true;
  }
  /// How many bytes have come that belong to no reply yet.
  std::size_t waiting() const noexcept { return reader_ == nullptr ? 0 : reader_->len - reader_->pos; }

 private:
  error fault() const {
    if (builder_.fault() != nullptr) return error(errc::invalid_data, std::string("a reply ") + builder_.fault());
    if (reader_ == nullptr || reader_->err == 5) return error(errc::no_space, "a reply does not fit into memory");
    return error(errc::invalid_data, "what came is no reply of Redis");
  }

  reply_limits limits_;
  reply_builder builder_;
  redisReplyObjectFunctions functions_;
  redisReader* reader_;
};

}  // namespace detail
}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_DETAIL_REPLY_READER_HPP
