#ifndef MILLRACE_CONNECT_KAFKA_DETAIL_BROKER_STATES_HPP
#define MILLRACE_CONNECT_KAFKA_DETAIL_BROKER_STATES_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/detail/json_reader.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {
namespace detail {

/// Reads past the rest of a value whose first token has been read. False: it is no JSON.
inline bool pass_value(json_reader& from, json_token token) {
  for (unsigned depth = 0;;) {
    if (token == json_token::wrong || token == json_token::end) return false;
    if (token == json_token::object || token == json_token::array) ++depth;
    if (token == json_token::close) --depth;
    if (depth == 0) return true;
    token = from.next();
  }
}

/// Calls `member(name)` for each member of an object whose bracket has been read; it reads the member's value, and
/// returns false to end.
template <class Member>
bool for_each_member(json_reader& from, Member&& member) {
  for (;;) {
    const json_token token = from.next();
    if (token == json_token::close) return true;
    if (token != json_token::key || !member(from.raw())) return false;
  }
}

/// The brokers with a number in librdkafka's statistics, whose text this is; of a text that is none, those up to there.
/// Source: librdkafka's STATISTICS.md: an object `brokers`, of each broker `name`, `nodeid` (-1: only an address to
/// begin with) and `state`, `UP` if it can be used.
inline std::vector<broker_state> read_brokers(std::string_view statistics) {
  std::vector<broker_state> made;
  json_reader from(statistics);
  if (from.next() != json_token::object) return made;
  const auto broker = [&](std::string_view) {
    if (from.next() != json_token::object) return false;
    broker_state one;
    bool has_number = false;
    const bool is_whole = for_each_member(from, [&](std::string_view name) {
      const bool is_name = name == "name";
      const bool is_number = name == "nodeid";
      const bool is_state = name == "state";
      const json_token token = from.next();
      if (token == json_token::text && is_name) one.name = json_unescaped(from.raw());
      if (token == json_token::text && is_state) one.is_up = from.raw() == "UP";
      if (token == json_token::number && is_number) has_number = from.raw().front() != '-';
      return pass_value(from, token);
    });
    if (is_whole && has_number) made.push_back(std::move(one));
    return is_whole;
  };
  (void)for_each_member(from, [&](std::string_view name) {
    const bool is_list = name == "brokers";
    const json_token token = from.next();
    if (is_list && token == json_token::object) return for_each_member(from, broker);
    return pass_value(from, token);
  });
  return made;
}

}  // namespace detail
}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_DETAIL_BROKER_STATES_HPP
