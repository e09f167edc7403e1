#ifndef MILLRACE_CONNECT_KAFKA_DETAIL_PARTITION_LIST_HPP
#define MILLRACE_CONNECT_KAFKA_DETAIL_PARTITION_LIST_HPP

#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/store/messages/message.hpp>

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {
namespace detail {

/// A list of partitions as librdkafka has it.
class partition_list {
 public:
  explicit partition_list(std::size_t size) : list_(rd_kafka_topic_partition_list_new(static_cast<int>(size))) {}
  partition_list(const partition_list&) = delete;
  partition_list& operator=(const partition_list&) = delete;
  ~partition_list() { rd_kafka_topic_partition_list_destroy(list_); }

  void update(const std::string& topic, std::int32_t partition, std::int64_t offset = RD_KAFKA_OFFSET_INVALID) {
    rd_kafka_topic_partition_list_add(list_, topic.c_str(), partition)->offset = offset;
  }
  rd_kafka_topic_partition_list_t* get() const noexcept { return list_; }
  /// The first of them with an error, or null.
  const rd_kafka_topic_partition_t* fault() const noexcept {
    for (int i = 0; i < list_->cnt; ++i)
      if (list_->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return &list_->elems[i];
    return nullptr;
  }

 private:
  rd_kafka_topic_partition_list_t* list_;
};

inline std::vector<store::topic_partition> names_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<store::topic_partition> made;
  for (int i = 0; i < list.cnt; ++i) made.push_back({list.elems[i].topic, list.elems[i].partition});
  return made;
}

}  // namespace detail
}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_DETAIL_PARTITION_LIST_HPP
