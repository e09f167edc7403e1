#ifndef MILLRACE_STORE_MESSAGES_PRODUCER_HPP
#define MILLRACE_STORE_MESSAGES_PRODUCER_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/message.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// A function that is told once what became of a message: where it is, or why it was not delivered. It throws nothing,
/// is short, and calls nothing of its producer but `send`.
/// Allocates: when made of a function, once. Threads: it is called on whatever thread the producer has.
class delivery_callback {
 public:
  delivery_callback() noexcept = default;
  template <class F>
  requires std::is_nothrow_invocable_v<F&, const result<message_position>&>
  delivery_callback(F function)
      : object_(new F(std::move(function))), run_([](void* object, const result<message_position>* outcome) noexcept {
          auto* const held = static_cast<F*>(object);
          if (outcome != nullptr)
            (*held)(*outcome);
          else
            delete held;
        }) {}
  delivery_callback(delivery_callback&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), run_(std::exchange(other.run_, nullptr)) {}
  delivery_callback& operator=(delivery_callback other) noexcept {
    std::swap(object_, other.object_);
    std::swap(run_, other.run_);
    return *this;
  }
  ~delivery_callback() {
    if (run_ != nullptr) run_(object_, nullptr);
  }

  explicit operator bool() const noexcept { return run_ != nullptr; }
  /// Does nothing if it is empty.
  void operator()(const result<message_position>& outcome) const noexcept {
    if (run_ != nullptr) run_(object_, &outcome);
  }

 private:
  void* object_ = nullptr;
  void (*run_)(void*, const result<message_position>*) noexcept = nullptr;
};

/// What sends messages to topics. The laws, which tests/laws/messages.hpp asks for:
///
/// - `send` returns success once the message is the producer's: it is delivered, or the callback says why not. It does
///   not wait for that. After an error the message is nobody's and no callback is called. errc::unavailable: there is
///   no room for it now, which is how a full queue holds its senders back; errc::invalid_argument, unsupported and
///   out_of_range: it never could be sent; errc::closed: the producer is.
/// - A callback is called once, before the `flush` that waits for its message returns success.
/// - Messages of one thread to one partition are in the order in which they were sent.
/// - `flush(limit)` waits until each message that `send` took before has been delivered or has failed. Success: all of
///   them have been delivered; errc::timeout: some have not, which are still tried; otherwise the first error of one
///   that failed since the last flush.
/// - Any number of threads call all of it at once.
template <class P>
concept message_producer = requires(P& producer, message one, delivery_callback told, duration limit) {
  { producer.send(std::move(one)) } -> std::same_as<result<void>>;
  { producer.send(std::move(one), std::move(told)) } -> std::same_as<result<void>>;
  { producer.flush(limit) } -> std::same_as<result<void>>;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_PRODUCER_HPP
