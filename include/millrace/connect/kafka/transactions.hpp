#ifndef MILLRACE_CONNECT_KAFKA_TRANSACTIONS_HPP
#define MILLRACE_CONNECT_KAFKA_TRANSACTIONS_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/consumer.hpp>
#include <millrace/connect/kafka/detail/errors.hpp>
#include <millrace/connect/kafka/detail/partition_list.hpp>
#include <millrace/connect/kafka/detail/sending.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/connect/kafka/producer_options.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>

#include <librdkafka/rdkafka.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

namespace detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

/// What `transact` asks of the code that it calls: it does not compile otherwise, and says why.
template <class Result>
struct checked_transaction {
  static_assert(millrace::detail::requirement<is_result<Result>, Result>,
                "millrace[KAFKA-2]: the code inside a transaction returns a result<T>, so that an error aborts it");
};

}  // namespace detail

/// Sends messages that come to be seen together, and together with the offsets of the messages that they were made of:
///
///     auto made = mr::connect::kafka::transactional_producer::open(connection, "scores-1");
///     auto done = made->transact([&](auto& t) -> mr::result<int> {
///       for (const auto& each : *batch)
///         if (auto sent = t.send(score_of(each)); !sent) return std::move(sent).error();
///       if (auto kept = t.commit_offsets(reader, mr::store::positions_behind(*batch)); !kept) return ...;
///       return 0;
///     });
///
/// `transact` calls `use(transaction&)`, commits if that returns a value, and aborts if it returns an error or throws.
/// Of two producers with one transactional id, the one that was opened first is fenced: its calls are errc::conflict.
/// Consumers see what was committed only (`isolation.level`, `read_committed` by default).
/// What the tests say: the order of the calls, and errors, on librdkafka's own cluster for tests, which hides neither
/// aborted nor open transactions from consumers and keeps none of their offsets. Where each event has to count once,
/// keep state and offset in one transaction of a storage (store::exactly_once), which is tested to the last message.
/// Threads: one at a time. Errors: those of the cluster; conflict: fenced; unavailable and timeout: the transaction was
/// aborted, or will be before the next one begins, and may be tried again.
class transactional_producer {
 public:
  /// What the code inside of `transact` sends with. Models: store::message_producer, but for its flush, which the
  /// commit does.
  class transaction {
   public:
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;

    result<void> send(store::message one, store::delivery_callback told = {}) {
      return producer_->client_->send(one, std::move(told), true);
    }
    /// Where the consumer's group goes on reading, once the transaction is committed. Errors: conflict: the consumer is
    /// not the partitions' owner any more.
    result<void> commit_offsets(consumer& of, std::span<const store::message_position> next) {
      return producer_->send_offsets(of, next);
    }

   private:
    friend transactional_producer;
    explicit transaction(transactional_producer& by) noexcept : producer_(&by) {}
    transactional_producer* producer_;
  };

  /// `limit`: how long each of its calls waits for the cluster. Errors: invalid_argument, with the setting; timeout:
  /// the cluster is away.
  static result<transactional_producer> open(connection_options connection, const std::string& transactional_id,
                                             const producer_options& options = {}, duration limit = seconds(30)) {
    if (transactional_id.empty()) return error(errc::invalid_argument, "a transactional producer names its id");
    transactional_producer made(new detail::sending_client(std::move(connection), options), limit);
    if (auto begun = made.client_->begin(transactional_id); !begun) return std::move(begun).error();
    const detail::returned_error why(
        rd_kafka_init_transactions(made.client_->handle(), detail::milliseconds_of(limit)));
    if (why) return made.failure(why, "cannot begin");
    return made;
  }

  template <class Use>
  auto transact(Use&& use) -> decltype(use(std::declval<transaction&>())) {
    static_cast<void>(sizeof(detail::checked_transaction<decltype(use(std::declval<transaction&>()))>));
    if (auto begun = begin(); !begun) return std::move(begun).error();
    struct aborted {
      transactional_producer* of;
      ~aborted() {
        if (of != nullptr) (void)of->abort();
      }
    } unless_committed{this};
    transaction running(*this);
    auto outcome = use(running);
    if (!outcome) return outcome;
    if (auto kept = commit(); !kept) return std::move(kept).error();
    unless_committed.of = nullptr;
    return outcome;
  }

  std::uint64_t delivered() const noexcept { return client_->delivered(); }
  std::uint64_t failed() const noexcept { return client_->failed(); }
  std::vector<broker_state> brokers() const { return client_->brokers(); }
  result<void> status() const { return client_->status(); }

 private:
  transactional_producer(detail::sending_client* owned, duration limit) noexcept : client_(owned), limit_(limit) {}

  rd_kafka_t* handle() const noexcept { return client_->handle(); }
  error failure(const detail::returned_error& why, const char* what) const {
    return error(detail::kind_of(why.code()),
                 std::string("a transaction of Kafka's ") + what + ": " + client_->scrubbed(why.text()));
  }
  /// Calls `ask()` until it returns no error that it says to try again, or the time is over.
  template <class Ask>
  result<void> insist(Ask&& ask, const char* what) {
    const std::uint64_t begin = steady_clock().ticks();
    for (;;) {
      const detail::returned_error why(ask());
      if (!why) return {};
      if (why.is_retriable() && steady_clock().ticks() - begin < static_cast<std::uint64_t>(limit_.nanoseconds))
        continue;
      return failure(why, what);
    }
  }
  result<void> begin() {
    if (must_abort_)  // the last one, which could not be when it should have been
      if (auto done = abort(); !done) return done;
    return insist([&] { return rd_kafka_begin_transaction(handle()); }, "cannot begin");
  }
  result<void> commit() {
    auto done = insist([&] { return rd_kafka_commit_transaction(handle(), detail::milliseconds_of(limit_)); },
                       "was not committed");
    (void)client_->flush(duration(0));  // what failed was told by the commit
    return done;
  }
  result<void> abort() {
    must_abort_ = true;
    auto done = insist([&] { return rd_kafka_abort_transaction(handle(), detail::milliseconds_of(limit_)); },
                       "was not aborted");
    (void)client_->flush(duration(0));
    if (done) must_abort_ = false;
    return done;
  }
  result<void> send_offsets(consumer& of, std::span<const store::message_position> next) {
    if (next.empty()) return {};
    if (of.client_->is_closed()) return error(errc::closed, "the consumer of Kafka's is closed");
    detail::partition_list list(next.size());
    for (const store::message_position& each : next) list.update(each.topic, each.partition, each.offset);
    rd_kafka_consumer_group_metadata_t* const group = rd_kafka_consumer_group_metadata(of.client_->handle());
    auto done = insist(
        [&] {
          return rd_kafka_send_offsets_to_transaction(handle(), list.get(), group, detail::milliseconds_of(limit_));
        },
        "took no offsets");
    rd_kafka_consumer_group_metadata_destroy(group);
    return done;
  }

  detail::owning_pointer<detail::sending_client> client_;
  duration limit_;
  bool must_abort_ = false;
};

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_TRANSACTIONS_HPP
