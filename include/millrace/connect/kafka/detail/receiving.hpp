#ifndef MILLRACE_CONNECT_KAFKA_DETAIL_RECEIVING_HPP
#define MILLRACE_CONNECT_KAFKA_DETAIL_RECEIVING_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/consumer_options.hpp>
#include <millrace/connect/kafka/detail/client.hpp>
#include <millrace/connect/kafka/detail/errors.hpp>
#include <millrace/connect/kafka/detail/partition_list.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/message.hpp>

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {
namespace detail {

/// Hooks of any type, for the time of one call.
struct hooks_ref {
  void* object = nullptr;
  void (*assigned)(void*, std::span<store::message_position>) noexcept = nullptr;
  void (*revoked)(void*, std::span<const store::topic_partition>) noexcept = nullptr;
  void (*abandoned)(void*, std::span<const store::topic_partition>) noexcept = nullptr;

  template <class Hooks>
  static hooks_ref make(Hooks& hooks) noexcept {
    return {
        &hooks,
        [](void* to, std::span<store::message_position> starts) noexcept { static_cast<Hooks*>(to)->assigned(starts); },
        [](void* to, std::span<const store::topic_partition> gone) noexcept { static_cast<Hooks*>(to)->revoked(gone); },
        [](void* to, std::span<const store::topic_partition> gone) noexcept {
          static_cast<Hooks*>(to)->abandoned(gone);
        }};
  }
};

/// Whether a version of librdkafka can close a cooperative consumer at any time.
constexpr bool shares_cooperatively(int version) noexcept { return version >= 0x02030000; }

/// A client that reads as a member of a group.
class receiving_client : public client {
 public:
  receiving_client(connection_options&& connection, const consumer_options& options)
      : client(std::move(connection)), options_(options) {}
  ~receiving_client() { end(); }

  result<void> begin(std::span<const std::string_view> topics);
  result<std::vector<store::message>> poll(std::size_t most, duration wait, const hooks_ref& hooks);
  result<void> commit(std::span<const store::message_position> next);
  result<void> seek(const store::message_position& to);
  result<void> pause(std::span<const store::topic_partition> partitions, bool is_pause);
  std::vector<store::topic_partition> assignment() const {
    std::vector<store::topic_partition> made;
    for (const owned& each : own_) made.push_back(each.at);
    return made;
  }
  std::vector<store::partition_lag> lag() const;
  result<void> close(const hooks_ref& hooks);
  bool is_closed() const noexcept { return handle() == nullptr; }

 private:
  /// A partition of the member's.
  struct owned {
    store::topic_partition at;
    std::int64_t next = store::no_offset;  // behind the last message that a poll has returned
    result<void> fault = {};               // why nothing can be read from it until somebody seeks
    bool is_paused = false;
    bool is_stuck = false;  // its committed offset was not there for librdkafka, which does not ask for it again
  };
  /// What a poll has found so far.
  struct found {
    std::vector<store::message> messages;
    std::size_t last = 0;  // the partition of the last message, among its own
  };

  /// Leaves the group without a word to anybody, if it has not been left.
  void end() noexcept {
    if (handle() == nullptr) return;
    store::ignored_rebalances none;
    const hooks_ref hooks = hooks_ref::make(none);
    (void)close(hooks);
  }
  owned* find(std::string_view topic, std::int32_t partition) noexcept {
    for (owned& each : own_)
      if (each.at.partition == partition && each.at.topic == topic) return &each;
    return nullptr;
  }
  error not_its_own(const store::topic_partition& at, const char* what) const {
    return error(errc::conflict, "the partition " + to_string(at) + " is not this consumer's, so it cannot " + what);
  }
  /// Asking librdkafka would return null once it is closing.
  bool is_cooperative() const noexcept { return options_.sharing == partition_sharing::cooperative; }
  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& list);
  void give(rd_kafka_topic_partition_list_t& list);
  void take_away(const rd_kafka_topic_partition_list_t& list);
  result<void> assign_anew(owned& at, std::int64_t from);
  void forget(const std::vector<store::topic_partition>& gone);
  result<void> use(const rd_kafka_message_t& one, found& so_far);
  static store::message made_message(const rd_kafka_message_t& from, const std::string& topic);

  consumer_options options_;
  std::vector<owned> own_;
  const hooks_ref* hooks_ = nullptr;  // while a call runs
  found* found_ = nullptr;            // while a poll runs
  result<void> pending_;              // an error that came behind messages
};

inline result<void> receiving_client::begin(std::span<const std::string_view> topics) {
  if (options_.group.empty()) return error(errc::invalid_argument, "a consumer of Kafka's names its group");
  if (topics.empty()) return error(errc::invalid_argument, "a consumer reads at least one topic");
  for (const std::string_view each : topics)
    if (auto fine = store::check_topic_name(each); !fine) return fine;
  if (is_cooperative() && !shares_cooperatively(rd_kafka_version()))
    return error(errc::unsupported, std::string("consumers share cooperatively from librdkafka 2.3 on, and this is ") +
                                        rd_kafka_version_str() + ", which may end the process when one is closed");
  configuration to;
  if (auto done = configure(to); !done) return done;
  constexpr const char* begins[] = {"earliest", "latest", "error"};
  const setting own[] = {
      {"group.id", options_.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", begins[static_cast<std::size_t>(options_.begin)]},
      {"partition.assignment.strategy", is_cooperative() ? "cooperative-sticky" : "range,roundrobin"}};
  for (const setting& each : own)
    if (auto done = to.set(each.name, each.value); !done) return done;
  rd_kafka_conf_set_rebalance_cb(
      to.get(), [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list, void* self) {
        static_cast<receiving_client*>(static_cast<client*>(self))->rebalance(what, *list);
      });
  if (auto started = start(to, RD_KAFKA_CONSUMER); !started) return started;
  rd_kafka_poll_set_consumer(handle());
  const partition_list names(topics.size());
  for (const std::string_view each : topics)
    rd_kafka_topic_partition_list_add(names.get(), std::string(each).c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto why = rd_kafka_subscribe(handle(), names.get()); why != RD_KAFKA_RESP_ERR_NO_ERROR)
    return made_error(why, "the topics of the group " + quoted_text(options_.group) + " cannot be read");
  return {};
}

inline void receiving_client::rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& list) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    give(list);
    if (is_cooperative())
      (void)returned_error(rd_kafka_incremental_assign(handle(), &list));
    else
      rd_kafka_assign(handle(), &list);
    return;
  }
  if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) take_away(list);
  if (is_cooperative() && what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
    (void)returned_error(rd_kafka_incremental_unassign(handle(), &list));
  else
    rd_kafka_assign(handle(), nullptr);
}

inline void receiving_client::give(rd_kafka_topic_partition_list_t& list) {
  std::vector<store::message_position> starts;
  for (int i = 0; i < list.cnt; ++i) starts.push_back({list.elems[i].topic, list.elems[i].partition, store::no_offset});
  if (hooks_ != nullptr) hooks_->assigned(hooks_->object, starts);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::int64_t from = starts[i].offset;
    if (from >= 0) list.elems[i].offset = from;
    own_.push_back({{starts[i].topic, starts[i].partition}, from});
  }
}

inline void receiving_client::take_away(const rd_kafka_topic_partition_list_t& list) {
  const auto gone = names_of(list);
  if (hooks_ != nullptr) {
    if (rd_kafka_assignment_lost(handle()) != 0)
      hooks_->abandoned(hooks_->object, gone);
    else
      hooks_->revoked(hooks_->object, gone);
  }
  forget(gone);
}

/// What was found of these in the poll that runs was not returned, and is the next owner's.
inline void receiving_client::forget(const std::vector<store::topic_partition>& gone) {
  const auto is_gone = [&](std::string_view topic, std::int32_t partition) {
    for (const store::topic_partition& each : gone)
      if (each.partition == partition && each.topic == topic) return true;
    return false;
  };
  std::size_t kept = 0;
  for (std::size_t i = 0; i < own_.size(); ++i)
    if (!is_gone(own_[i].at.topic, own_[i].at.partition)) {
      if (kept != i) own_[kept] = std::move(own_[i]);
      ++kept;
    }
  own_.erase(own_.begin() + static_cast<std::ptrdiff_t>(kept), own_.end());
  if (found_ == nullptr) return;
  auto& messages = found_->messages;
  kept = 0;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (!is_gone(messages[i].topic, messages[i].partition)) {
      if (kept != i) messages[kept] = std::move(messages[i]);
      ++kept;
    }
  messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(kept), messages.end());
  found_->last = 0;
}

inline store::message receiving_client::made_message(const rd_kafka_message_t& from, const std::string& topic) {
  store::message made{.topic = topic};
  made.partition = from.partition;
  made.offset = from.offset;
  made.is_tombstone = from.payload == nullptr;
  if (from.len > 0) made.value.assign(static_cast<const char*>(from.payload), from.len);
  if (from.key_len > 0) made.key.assign(static_cast<const char*>(from.key), from.key_len);
  rd_kafka_timestamp_type_t kind{};
  if (const std::int64_t at = rd_kafka_message_timestamp(&from, &kind); at > 0) made.timestamp = at;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return made;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    made.headers.push_back({name, size == 0 ? std::string() : std::string(static_cast<const char*>(value), size)});
  return made;
}

/// Adds a message to what was found, or says what is wrong.
inline result<void> receiving_client::use(const rd_kafka_message_t& one, found& so_far) {
  if (one.err == RD_KAFKA_RESP_ERR__PARTITION_EOF || one.err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) return {};
  const char* const topic = one.rkt != nullptr ? rd_kafka_topic_name(one.rkt) : "";
  if (one.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (so_far.last >= own_.size() || own_[so_far.last].at.partition != one.partition ||
        own_[so_far.last].at.topic != topic) {
      const owned* const of = find(topic, one.partition);
      if (of == nullptr) return {};  // it is not its own any more
      so_far.last = static_cast<std::size_t>(of - own_.data());
    }
    own_[so_far.last].next = one.offset + 1;
    so_far.messages.push_back(made_message(one, own_[so_far.last].at.topic));
    return {};
  }
  error why = made_error(one.err, *topic == '\0' ? "the group " + quoted_text(options_.group)
                                                 : to_string(store::topic_partition{topic, one.partition}));
  if (const char* const more = rd_kafka_message_errstr(&one); more != nullptr)
    why = error(why.code(), why.message() + ": " + scrubbed(more));
  if (one.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    if (owned* const of = find(topic, one.partition); of != nullptr) {
      of->fault = why;
      return {};  // which the poll looks for
    }
  if (owned* const of = find(topic, one.partition); of != nullptr && of->next < 0) of->is_stuck = true;
  return why;
}

inline result<std::vector<store::message>> receiving_client::poll(std::size_t most, duration wait,
                                                                  const hooks_ref& hooks) {
  struct running {
    receiving_client* of;
    running(receiving_client* client, const hooks_ref& told, found& so_far) noexcept : of(client) {
      of->hooks_ = &told;
      of->found_ = &so_far;
    }
    ~running() {
      of->hooks_ = nullptr;
      of->found_ = nullptr;
    }
  };
  found so_far;
  const running now(this, hooks, so_far);
  for (owned& each : own_)
    if (std::exchange(each.is_stuck, false)) (void)assign_anew(each, store::no_offset);
  result<void> fault = std::exchange(pending_, result<void>());
  const std::uint64_t begin = steady_clock().ticks();
  const auto length = static_cast<std::uint64_t>(wait.nanoseconds > 0 ? wait.nanoseconds : 0);
  while (fault && so_far.messages.size() < most) {
    const std::uint64_t passed = steady_clock().ticks() - begin;
    int milliseconds = 0;
    if (so_far.messages.empty() && passed < length)
      milliseconds = milliseconds_of(duration(static_cast<std::int64_t>(length - passed)));
    rd_kafka_message_t* const one = rd_kafka_consumer_poll(handle(), milliseconds);
    if (one != nullptr) {
      fault = use(*one, so_far);
      rd_kafka_message_destroy(one);
    }
    for (const owned& each : own_)
      if (fault && !each.fault) fault = each.fault;
    if (one == nullptr && milliseconds == 0) break;
  }
  if (!fault && so_far.messages.empty()) return std::move(fault).error();
  pending_ = std::move(fault);
  return std::move(so_far.messages);
}

inline result<void> receiving_client::commit(std::span<const store::message_position> next) {
  if (next.empty()) return {};
  partition_list list(next.size());
  for (const store::message_position& each : next) {
    if (find(each.topic, each.partition) == nullptr) return not_its_own({each.topic, each.partition}, "commit in it");
    list.update(each.topic, each.partition, each.offset);
  }
  const rd_kafka_resp_err_t why = rd_kafka_commit(handle(), list.get(), 0);
  const auto* const fault = list.fault();
  if (why == RD_KAFKA_RESP_ERR_NO_ERROR && fault == nullptr) return {};
  const std::string where = fault != nullptr ? to_string(store::topic_partition{fault->topic, fault->partition})
                                             : "the group " + quoted_text(options_.group);
  return made_error(why != RD_KAFKA_RESP_ERR_NO_ERROR ? why : fault->err, "a commit in " + where);
}

/// Reads from a partition that had no place to read from, in which librdkafka refuses a seek; `no_offset`: from where
/// its group has committed. Where members share eagerly it assigns all partitions of a member's or none, so the others
/// go on where they are.
inline result<void> receiving_client::assign_anew(owned& at, std::int64_t from) {
  const std::int64_t before = std::exchange(at.next, from);
  partition_list list(own_.size());
  partition_list paused(own_.size());
  for (const owned& each : own_) {
    if (is_cooperative() && &each != &at) continue;
    list.update(each.at.topic, each.at.partition, each.next >= 0 ? each.next : RD_KAFKA_OFFSET_INVALID);
    if (each.is_paused) paused.update(each.at.topic, each.at.partition);
  }
  rd_kafka_resp_err_t why = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (is_cooperative()) {
    why = returned_error(rd_kafka_incremental_unassign(handle(), list.get())).code();
    if (why == RD_KAFKA_RESP_ERR_NO_ERROR)
      why = returned_error(rd_kafka_incremental_assign(handle(), list.get())).code();
  } else {
    why = rd_kafka_assign(handle(), list.get());
  }
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) {
    at.next = before;
    return made_error(why, "a seek to " + to_string(store::message_position{at.at.topic, at.at.partition, from}));
  }
  at.fault = {};
  if (paused.get()->cnt > 0) rd_kafka_pause_partitions(handle(), paused.get());
  return {};
}

inline result<void> receiving_client::seek(const store::message_position& to) {
  owned* const of = find(to.topic, to.partition);
  if (of == nullptr) return not_its_own({to.topic, to.partition}, "seek in it");
  if (!of->fault) return assign_anew(*of, to.offset);
  partition_list list(1);
  list.update(to.topic, to.partition, to.offset);
  const returned_error why(rd_kafka_seek_partitions(handle(), list.get(), milliseconds_of(options_.request_limit)));
  if (why) return made_error(why.code(), "a seek to " + to_string(to));
  if (const auto* const fault = list.fault(); fault != nullptr)
    return made_error(fault->err, "a seek to " + to_string(to));
  of->next = to.offset;
  return {};
}

inline result<void> receiving_client::pause(std::span<const store::topic_partition> partitions, bool is_pause) {
  partition_list list(partitions.size());
  for (const store::topic_partition& each : partitions) {
    if (find(each.topic, each.partition) == nullptr) return not_its_own(each, is_pause ? "pause it" : "resume it");
    list.update(each.topic, each.partition);
  }
  const rd_kafka_resp_err_t why =
      is_pause ? rd_kafka_pause_partitions(handle(), list.get()) : rd_kafka_resume_partitions(handle(), list.get());
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) return made_error(why, is_pause ? "a pause" : "an end of a pause");
  if (const auto* const fault = list.fault(); fault != nullptr)
    return made_error(fault->err, to_string(store::topic_partition{fault->topic, fault->partition}));
  for (const store::topic_partition& each : partitions) find(each.topic, each.partition)->is_paused = is_pause;
  return {};
}

inline std::vector<store::partition_lag> receiving_client::lag() const {
  std::vector<store::partition_lag> made;
  for (const owned& each : own_) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (each.next < 0 || rd_kafka_get_watermark_offsets(handle(), each.at.topic.c_str(), each.at.partition, &low,
                                                        &high) != RD_KAFKA_RESP_ERR_NO_ERROR)
      continue;
    if (high >= 0) made.push_back({each.at, high > each.next ? high - each.next : 0});
  }
  return made;
}

inline result<void> receiving_client::close(const hooks_ref& hooks) {
  hooks_ = &hooks;
  const rd_kafka_resp_err_t why = rd_kafka_consumer_close(handle());
  hooks_ = nullptr;
  own_.clear();
  stop();
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) return made_error(why, "the group " + quoted_text(options_.group));
  return {};
}

}  // namespace detail
}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_DETAIL_RECEIVING_HPP
