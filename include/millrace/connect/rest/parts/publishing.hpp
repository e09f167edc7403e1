#ifndef MILLRACE_CONNECT_REST_PARTS_PUBLISHING_HPP
#define MILLRACE_CONNECT_REST_PARTS_PUBLISHING_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The part of an API that sends events to topics:
///
///     POST /pipeline/publish    {"topic": "events.metrics", "key": "api", "event": {"latency": 150.5}}
///
/// Guarantee: status 200 says that the message has been delivered, and where it is. 429: the producer has no room; 504:
/// it was not delivered in time, and may be yet. The producer, any store::message_producer, outlives it.
template <class Producer>
class publishing {
  static_assert(millrace::detail::requirement<store::message_producer<Producer>, Producer>,
                "millrace[REST-9]: what events are published by is a store::message_producer");

 public:
  /// `topics`: those that may be published to; none: any that the producer takes.
  publishing(Producer& producer, std::vector<std::string> topics,
             millrace::duration wait = millrace::duration(5'000'000'000))
      : producer_(&producer), topics_(std::move(topics)), wait_(wait) {}

 private:
  static constexpr member event_members[] = {{.name = "topic", .least = 1, .most = 249},
                                             {.name = "key", .is_required = false, .most = 1024},
                                             {.name = "event", .kind = value_kind::object}};
  static constexpr refusal refusals[] = {{404, "There is no such topic"}, {504, "It was not delivered in time"}};
  static constexpr std::string_view published =
      R"({"type":"object","required":["status","topic","partition","offset"],"properties":{"status":{"type":"string"},)"
      R"("topic":{"type":"string"},"partition":{"type":"integer"},"offset":{"type":"integer"}}})";

  /// What becomes of a message, for who waits and for the producer, of whom the last one frees it.
  struct delivery {
    millrace::detail::mutex mutex;
    millrace::detail::condition changed;
    bool is_over = false;
    bool is_left = false;
    store::message_position where = {};
    errc why = errc::io;
    bool is_well = false;
  };

  result<store::http_response> publish(const call& asked) const {
    store::message one;
    one.topic = asked.in.text("topic");
    bool is_known = topics_.empty();
    for (const std::string& each : topics_) is_known = is_known || each == one.topic;
    if (!is_known) return error(errc::not_found, "there is no topic " + millrace::detail::quoted_text(one.topic));
    one.key = asked.in.text("key");
    one.value = std::string(asked.in.raw("event"));
    one.headers.push_back({"request_id", std::string(asked.id)});
    auto* const told = new delivery;
    auto sent = producer_->send(std::move(one), [told](const result<store::message_position>& outcome) noexcept {
      told->mutex.lock();
      told->is_well = bool(outcome);
      if (outcome)
        told->where = *outcome;
      else
        told->why = outcome.error().code();
      told->is_over = true;
      told->changed.notify_all();
      const bool is_left = told->is_left;
      told->mutex.unlock();
      if (is_left) delete told;
    });
    if (!sent) {
      delete told;
      if (sent.error().code() == errc::unavailable) return busy_response("the producer has no room at the moment");
      return std::move(sent).error();
    }
    return wait_for(told);
  }
  result<store::http_response> wait_for(delivery* told) const {
    const steady_clock clock;
    const auto now = [&] { return clock.nanoseconds(clock.ticks()); };
    const std::uint64_t until = now() + static_cast<std::uint64_t>(wait_.nanoseconds);
    told->mutex.lock();
    for (std::uint64_t at = now(); !told->is_over && at < until; at = now())
      told->changed.wait_for(told->mutex, until - at);
    if (!told->is_over) {
      told->is_left = true;
      told->mutex.unlock();
      return error(errc::timeout, "the message was not delivered in time");
    }
    told->mutex.unlock();
    const bool is_well = told->is_well;
    const store::message_position where = std::move(told->where);
    const errc why = told->why;
    delete told;
    if (!is_well) return error(why, "the message was not delivered");
    std::string json;
    json_writer(json)
        .begin_object()
        .member("status", "delivered")
        .member("topic", where.topic)
        .member("partition", where.partition)
        .member("offset", where.offset)
        .end_object();
    return json_response(std::move(json));
  }

  Producer* producer_;
  std::vector<std::string> topics_;
  millrace::duration wait_;

 public:
  static constexpr route<publishing> routes[] = {
      {"POST",
       "/pipeline/publish",
       &publishing::publish,
       {.id = "publish",
        .summary = "Send an event to a topic",
        .tag = "events",
        .takes = event_members,
        .returns = published,
        .refuses = refusals}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_PUBLISHING_HPP
