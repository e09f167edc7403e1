#ifndef MILLRACE_CONNECT_KAFKA_DETAIL_SENDING_HPP
#define MILLRACE_CONNECT_KAFKA_DETAIL_SENDING_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/detail/client.hpp>
#include <millrace/connect/kafka/detail/errors.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/connect/kafka/producer_options.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {
namespace detail {

/// A client that sends, with the thread on which it is told what became of its messages.
class sending_client : public client {
 public:
  sending_client(connection_options&& connection, const producer_options& options)
      : client(std::move(connection)), options_(options) {}
  ~sending_client() { end(); }

  /// `transactional_id`: empty, if there are no transactions.
  result<void> begin(const std::string& transactional_id) {
    configuration to;
    if (auto done = configure(to); !done) return done;
    result<void> done = to.set("enable.idempotence", options_.is_idempotent ? "true" : "false");
    if (done && !options_.is_idempotent) done = to.set("acks", "all");
    if (done) done = to.set("queue.buffering.max.messages", std::to_string(options_.max_messages));
    if (done) done = to.set("message.timeout.ms", std::to_string(milliseconds_of(options_.delivery_limit)));
    if (done && !transactional_id.empty())
      done = to.set("transaction.timeout.ms", std::to_string(milliseconds_of(options_.delivery_limit)));
    if (done) done = to.set_if("transactional.id", transactional_id);
    if (!done) return done;
    rd_kafka_conf_set_dr_msg_cb(to.get(), [](rd_kafka_t*, const rd_kafka_message_t* of, void* self) {
      static_cast<sending_client*>(static_cast<client*>(self))->tell(*of);
    });
    if (auto started = start(to, RD_KAFKA_PRODUCER); !started) return started;
    if (const int why = thread_.start(*this); why != 0) return store::system_error(why, "start a thread for", "Kafka");
    return {};
  }
  /// The thread's own.
  void run() noexcept {
    runner_ = ::pthread_self();
    is_running_.store_release(1);
    while (is_ending_.load_acquire() == 0) rd_kafka_poll(handle(), 100);
  }
  /// Tells of what was not delivered that it will not be.
  void end() noexcept {
    if (handle() == nullptr) return;
    rd_kafka_purge(handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    is_ending_.store_release(1);
    thread_.join();
    // Some may be with a thread of librdkafka's yet, which gives them back.
    for (int i = 0; i < 1000 && rd_kafka_outq_len(handle()) > 0; ++i) rd_kafka_poll(handle(), 10);
    for (const known_topic& each : topics_) rd_kafka_topic_destroy(each.topic);
    topics_.clear();
    stop();
  }

  bool is_closed() const noexcept { return handle() == nullptr; }
  std::uint64_t delivered() const noexcept { return delivered_.load_relaxed(); }
  std::uint64_t failed() const noexcept { return failed_.load_relaxed(); }
  std::uint64_t dropped() const noexcept { return dropped_.load_relaxed(); }
  std::uint64_t waiting() const noexcept {
    return accepted_.load_relaxed() - delivered_.load_relaxed() - failed_.load_relaxed();
  }

  result<void> send(const store::message& one, store::delivery_callback&& told, bool waits);
  result<void> flush(duration limit) {
    const rd_kafka_resp_err_t why = rd_kafka_flush(handle(), milliseconds_of(limit));
    if (why == RD_KAFKA_RESP_ERR__TIMED_OUT)
      return error(errc::timeout, std::to_string(waiting()) + " messages were not delivered in time");
    if (why != RD_KAFKA_RESP_ERR_NO_ERROR) return made_error(why, "messages could not be waited for");
    const lock_guard held(guard_);
    return std::exchange(first_failure_, result<void>());
  }

 private:
  struct known_topic {
    std::string name;
    rd_kafka_topic_t* topic;
  };

  result<rd_kafka_topic_t*> topic_of(const std::string& name) {
    const lock_guard held(guard_);
    for (const known_topic& each : topics_)
      if (each.name == name) return each.topic;
    rd_kafka_topic_t* const made = rd_kafka_topic_new(handle(), name.c_str(), nullptr);
    if (made == nullptr) return made_error(rd_kafka_last_error(), "the topic " + quoted_text(name));
    topics_.push_back({name, made});
    return made;
  }
  static rd_kafka_headers_t* headers_of(const store::message& one) {
    if (one.headers.empty()) return nullptr;
    rd_kafka_headers_t* const made = rd_kafka_headers_new(one.headers.size());
    for (const store::message_header& each : one.headers)
      rd_kafka_header_add(made, each.name.data(), static_cast<ssize_t>(each.name.size()), each.value.data(),
                          static_cast<ssize_t>(each.value.size()));
    return made;
  }
  static rd_kafka_resp_err_t produce(rd_kafka_t* by, rd_kafka_topic_t* topic, const store::message& one, void* opaque);
  void fail(error why) {
    const lock_guard held(guard_);
    if (first_failure_) first_failure_ = std::move(why);
  }
  void tell(const rd_kafka_message_t& of);

  producer_options options_;
  worker_thread thread_;
  pthread_t runner_{};
  light_atomic<std::uint32_t> is_running_{0};
  light_atomic<std::uint32_t> is_ending_{0};
  light_atomic<std::uint64_t> accepted_{0};
  light_atomic<std::uint64_t> delivered_{0};
  light_atomic<std::uint64_t> failed_{0};
  light_atomic<std::uint64_t> dropped_{0};
  light_atomic<std::uint32_t> in_want_of_room_{0};
  mutex guard_;  // guards what follows
  condition has_room_;
  std::vector<known_topic> topics_;
  result<void> first_failure_;  // since the last flush
};

inline rd_kafka_resp_err_t sending_client::produce(rd_kafka_t* by, rd_kafka_topic_t* topic, const store::message& one,
                                                   void* opaque) {
  rd_kafka_vu_t given[8] = {};
  std::size_t count = 0;
  const auto put = [&](rd_kafka_vtype_t what) -> rd_kafka_vu_t& {
    given[count].vtype = what;
    return given[count++];
  };
  put(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
  put(RD_KAFKA_VTYPE_PARTITION).u.i32 = one.partition == store::any_partition ? RD_KAFKA_PARTITION_UA : one.partition;
  put(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
  // An empty text is a pointer to no byte, and not null, which would be no value at all.
  const auto bytes = [](const std::string& text) { return const_cast<char*>(text.data()); };
  if (!one.is_tombstone) put(RD_KAFKA_VTYPE_VALUE).u.mem = {bytes(one.value), one.value.size()};
  if (!one.key.empty()) put(RD_KAFKA_VTYPE_KEY).u.mem = {bytes(one.key), one.key.size()};
  if (one.timestamp != 0) put(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = one.timestamp;
  if (opaque != nullptr) put(RD_KAFKA_VTYPE_OPAQUE).u.ptr = opaque;
  rd_kafka_headers_t* const headers = headers_of(one);
  if (headers != nullptr) put(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
  const returned_error why(rd_kafka_produceva(by, given, count));
  if (!why) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return why.code();
}

inline result<void> sending_client::send(const store::message& one, store::delivery_callback&& told, bool waits) {
  if (auto fine = store::check_topic_name(one.topic); !fine) return fine;
  const auto topic = topic_of(one.topic);
  if (!topic) return topic.error();
  auto* const opaque = told ? new store::delivery_callback(std::move(told)) : nullptr;
  accepted_.add_relaxed(1);
  const auto refused = [&](rd_kafka_resp_err_t why) {
    accepted_.add_relaxed(~std::uint64_t{0});
    delete opaque;
    if (why == RD_KAFKA_RESP_ERR__QUEUE_FULL)
      return error(errc::unavailable, "the queue of Kafka's producer is full, with " + std::to_string(waiting()) +
                                          " messages that were not delivered yet");
    return made_error(why, "a message for the topic " + quoted_text(one.topic));
  };
  const std::uint64_t begin = steady_clock().ticks();
  for (;;) {
    const rd_kafka_resp_err_t why = produce(handle(), *topic, one, opaque);
    if (why == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    if (why != RD_KAFKA_RESP_ERR__QUEUE_FULL) return refused(why);
    if (!waits) {
      dropped_.add_relaxed(1);
      failed_.add_relaxed(1);
      error full(errc::no_space, "the queue of Kafka's producer was full and a message for the topic " +
                                     quoted_text(one.topic) + " was dropped");
      fail(full);
      if (opaque != nullptr) (*opaque)(result<store::message_position>(std::move(full)));
      delete opaque;
      return {};
    }
    // The thread that makes room waits for none.
    const bool is_own = is_running_.load_acquire() != 0 && ::pthread_equal(runner_, ::pthread_self()) != 0;
    if (is_own || steady_clock().ticks() - begin >= static_cast<std::uint64_t>(options_.send_wait.nanoseconds))
      return refused(why);
    const lock_guard held(guard_);
    in_want_of_room_.store_relaxed(1);
    has_room_.wait_for(guard_, 5'000'000);
  }
}

inline void sending_client::tell(const rd_kafka_message_t& of) {
  const bool is_there = of.err == RD_KAFKA_RESP_ERR_NO_ERROR;
  (is_there ? delivered_ : failed_).add_relaxed(1);
  auto* const told = static_cast<store::delivery_callback*>(of._private);
  if (is_there) {
    if (told != nullptr) (*told)(store::message_position{rd_kafka_topic_name(of.rkt), of.partition, of.offset});
  } else {
    const error why = made_error(of.err, "a message for the topic " + quoted_text(rd_kafka_topic_name(of.rkt)));
    fail(why);
    if (told != nullptr) (*told)(why);
  }
  delete told;
  if (in_want_of_room_.load_relaxed() != 0) {
    const lock_guard held(guard_);
    in_want_of_room_.store_relaxed(0);
    has_room_.notify_all();
  }
}

}  // namespace detail
}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_DETAIL_SENDING_HPP
