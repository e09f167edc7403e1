#include <millrace/connect/kafka/consumer.hpp>

#include <millrace/connect/kafka/producer.hpp>

#include <laws/messages.hpp>
#include <support/catch.hpp>
#include <support/mock_kafka.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;

namespace {

static_assert(ms::message_consumer<mk::consumer>);
static_assert(ms::knows_lag<mk::consumer>);

/// Members of groups, of which those that are known to be needed are opened before, so that they wait for their
/// partitions at one time.
class members {
 public:
  members(const support::mock_kafka& kafka, mk::partition_sharing sharing) : kafka_(&kafka), sharing_(sharing) {}
  void prepare(const std::string& group, const std::string& topic) {
    ready_.emplace(group + '/' + topic, *open(group, topic));
  }
  mr::result<mk::consumer> subscribe(const std::string& group, const std::string& topic) {
    const auto found = ready_.find(group + '/' + topic);
    if (found == ready_.end()) return open(group, topic);
    auto made = std::move(found->second);
    ready_.erase(found);
    return made;
  }

 private:
  mr::result<mk::consumer> open(const std::string& group, const std::string& topic) const {
    return mk::consumer::open(kafka_->reading(), {.group = group, .sharing = sharing_}, topic);
  }

  const support::mock_kafka* kafka_;
  mk::partition_sharing sharing_;
  std::map<std::string, mk::consumer> ready_;
};

}  // namespace

TEST_CASE("kafka keeps the laws of messages", "[kafka]") {
  const support::mock_kafka kafka;
  for (const char* topic : {"carried", "empty", "shared", "told", "threads"}) kafka.make_topic(topic, 4);
  auto producer = mk::producer::open(kafka.connection());
  REQUIRE(producer);
  members all(kafka, mk::partition_sharing::eager);
  all.prepare("first", "carried");
  all.prepare("empty", "empty");
  all.prepare("shared", "shared");
  all.prepare("told", "told");
  all.prepare("threads", "threads");
  const auto subscribe = [&](const std::string& group, const std::string& topic) {
    return all.subscribe(group, topic);
  };
  laws::refuses_bad_messages(*producer);
  laws::takes_many_threads(*producer, subscribe, "threads");
  laws::carries_what_is_empty(*producer, subscribe, "empty");
  laws::begins_where_it_is_told(*producer, subscribe, "told");
  laws::shares_partitions(*producer, subscribe, "shared", 4);
  laws::carries_messages(*producer, subscribe, "carried", 4, 4, false);
}
