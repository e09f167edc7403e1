#ifndef MILLRACE_STORE_MESSAGES_ROUTER_HPP
#define MILLRACE_STORE_MESSAGES_ROUTER_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/producer.hpp>
#include <millrace/store/messages/topic.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// What refers to a producer asks for this where it is given one that is gone when its line is over: it does not
/// compile, and says why.
template <class Producer>
struct temporary_producer {
  static_assert(millrace::detail::requirement<false, Producer>,
                "millrace[MESSAGES-7]: the producer of messages is referred to, and outlives what is made around it: "
                "make it a variable");
};

/// Sends events to the topics of their types, which are found at compile time:
///
///     mr::store::router<producer_type, analytics, devices, errors> events(producer);
///     auto sent = events.send(reading{"door", 21.5});   // to each topic whose events are readings
///
/// Complexity: the codec's, and `Producer::send`. The producer outlives it. Threads: as the producer. Errors: those of
/// the codec and of the producer; of several topics those before the one at fault have the event.
template <message_producer Producer, class... Topics>
class router {
  using all = topics<Topics...>;

 public:
  explicit router(Producer& producer) noexcept : producer_(&producer) { static_cast<void>(sizeof(all)); }
  explicit router(Producer&& producer) noexcept : producer_(&producer) {
    static_cast<void>(sizeof(temporary_producer<Producer>));
  }

  template <class T>
  result<void> send(const T& event) {
    static_assert(millrace::detail::requirement<all::template carry<T>, T, Topics...>,
                  "millrace[MESSAGES-8]: no topic of this router carries events of this type");
    result<void> done;
    (void)((!std::same_as<T, typename Topics::event_type> || (done = send_as<Topics>(event, {})).has_value()) && ...);
    return done;
  }
  /// To one topic, with a callback.
  template <class Topic>
  result<void> send_to(const typename Topic::event_type& event, delivery_callback told = {}) {
    static_assert(millrace::detail::requirement<(std::same_as<Topic, Topics> || ...), Topic, Topics...>,
                  "millrace[MESSAGES-9]: this is not one of the router's topics");
    return send_as<Topic>(event, std::move(told));
  }
  result<void> flush(duration limit) { return producer_->flush(limit); }

 private:
  template <class Topic, class T>
  result<void> send_as([[maybe_unused]] const T& event, [[maybe_unused]] delivery_callback told) {
    if constexpr (std::same_as<T, typename Topic::event_type>) {
      auto made = Topic::make(event);
      if (!made) return std::move(made).error();
      return producer_->send(*std::move(made), std::move(told));
    } else {
      return {};
    }
  }

  Producer* producer_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_ROUTER_HPP
