#ifndef MILLRACE_CONNECT_REDIS_CLIENT_HPP
#define MILLRACE_CONNECT_REDIS_CLIENT_HPP

#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/commands.hpp>
#include <millrace/connect/redis/connection.hpp>
#include <millrace/connect/redis/detail/node.hpp>
#include <millrace/connect/redis/detail/server_map.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/connect/redis/options.hpp>
#include <millrace/connect/redis/reply.hpp>
#include <millrace/connect/redis/slots.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/retry.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// What a client has done since it was made.
struct client_statistics {
  std::uint64_t exchanges = 0;  // with a server, one for all commands that go there together
  std::uint64_t commands = 0;   // those that were sent, also again
  std::uint64_t redirects = 0;  // MOVED and ASK
  std::uint64_t failures = 0;   // exchanges that failed as a whole
  std::uint64_t retries = 0;
  std::uint64_t nanoseconds = 0;  // that all exchanges took together
};

/// Asks Redis: one server, one with replicas, or a cluster.
///
///     auto where = mr::connect::redis::environment_address();  // REDIS_URL
///     mr::connect::redis::client client({.server = *std::move(where)});
///     auto got = client.call(mr::connect::redis::effect::reads, "GET", "customer:17");
///
/// A client that is made is connected to nobody yet: the first call connects, and each call does so again after the
/// server was gone. Redirects of a cluster are followed, and remembered. What reads goes to a copy if the options name
/// some, and to the one that is written to if the copy fails; a copy may be behind.
/// Guarantee: a command of `effect::once` is never sent again unless the server said that it was not done, or no byte
/// of it was sent; the others are sent again as `client_options::retry` says. Replies are in the order of commands. A
/// failure that the server replies with is a reply, and moves no other.
/// Threads: any number; each uses a connection of its own for the time of an exchange.
/// Errors: of `exchange`: no server was reached (unavailable, timeout, io), the breaker of the only one is open
/// (unavailable), one went with commands of `effect::once` sent (closed: whether they were done is unknown), what came
/// was no reply (invalid_data). Commands that were done before stay done.
class client {
 public:
  explicit client(client_options options) : options_(std::move(options)), servers_(options_), again_(options_.retry) {}
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  const client_options& options() const noexcept { return options_; }

  /// Sends all commands, each server's in one piece, and returns the replies in the order of the commands.
  result<std::vector<reply>> exchange(const commands& batch) {
    std::vector<reply> replies(batch.size());
    std::vector<waiting> left(batch.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i].command = i;
    bool asks_copies = batch.what_they_do() == effect::reads;
    auto done = again_([&]() -> result<void> {
      auto passed = pass(batch, replies, left, asks_copies);
      asks_copies = false;
      return passed;
    });
    if (!done) return std::move(done).error();
    return replies;
  }

  /// Sends one command, whose key is its second word. Errors: those of `exchange`, and what the server replies with.
  template <class... Words>
  result<reply> call(effect what, const Words&... words) {
    commands one(what);
    one.update(words...);
    return only(one);
  }
  /// The reply to the only command of a batch.
  result<reply> only(const commands& one) {
    auto replies = exchange(one);
    if (!replies) return std::move(replies).error();
    if (replies->size() != 1) return error(errc::invalid_argument, "this is not one command");
    if (replies->front().is_failure()) return error_of(replies->front(), one.key_of(0));
    return std::move(replies->front());
  }

  client_statistics statistics() const noexcept {
    return {exchanges_.load_relaxed(), sent_.load_relaxed(),        redirects_.load_relaxed(),
            failures_.load_relaxed(),  again_.statistics().retries, nanoseconds_.load_relaxed()};
  }
  /// The servers that are known by now.
  std::vector<server_state> servers() const {
    std::vector<server_state> made;
    for (const node* const each : servers_.all()) made.push_back(each->state());
    return made;
  }

 private:
  using node = detail::node;
  struct waiting {
    std::size_t command = 0;
    node* to = nullptr;  // null: who has its slot
    bool is_asking = false;
  };

  /// Sends what is left until each command has its reply, or one cannot have it now.
  result<void> pass(const commands& batch, std::vector<reply>& replies, std::vector<waiting>& left, bool asks_copies) {
    for (waiting& each : left) each.to = nullptr;  // a redirect for once is over
    if (options_.layout == layout::cluster && !has_slots_.load_relaxed()) learn_slots();
    for (std::size_t hops = 0; !left.empty(); ++hops) {
      if (hops > options_.max_redirects)
        return error(errc::unavailable, "Redis sends the key " + quoted(batch.key_of(left.front().command)) +
                                            " from node to node without an end");
      for (waiting& each : left)
        if (each.to == nullptr) each.to = servers_.of(slot_of(batch, each.command), asks_copies);
      std::vector<waiting> later;
      result<void> failed;
      while (!left.empty()) {
        std::vector<waiting> group = take_group(left);
        auto done = ask(batch, group, replies, later);
        if (!done && batch.what_they_do() == effect::once && !resilience::is_transient(done.error())) return done;
        if (!done) failed = std::move(done);
      }
      left = std::move(later);
      if (!failed) return failed;
    }
    return {};
  }
  static std::string quoted(std::string_view key) { return millrace::detail::quoted_text(key); }
  static std::uint16_t slot_of(const commands& batch, std::size_t i) noexcept {
    return batch.has_key(i) ? key_slot(batch.key_of(i)) : std::uint16_t{0};
  }

  /// Those that go where the first goes.
  static std::vector<waiting> take_group(std::vector<waiting>& left) {
    std::vector<waiting> group;
    std::size_t kept = 0;
    const waiting first = left.front();
    for (const waiting& each : left) {
      if (each.to == first.to && each.is_asking == first.is_asking)
        group.push_back(each);
      else
        left[kept++] = each;
    }
    left.resize(kept);
    return group;
  }

  /// Exchanges a group with its server. Those that have no reply yet are added to `later`.
  result<void> ask(const commands& batch, const std::vector<waiting>& group, std::vector<reply>& replies,
                   std::vector<waiting>& later) {
    node& to = *group.front().to;
    std::size_t received = 0;
    bool may_have_sent = false;
    std::vector<std::size_t> refused;
    const steady_clock clock;
    const std::uint64_t begun = clock.nanoseconds(clock.ticks());
    auto done = to.breaker()([&]() -> result<void> {
      auto held = to.take();
      if (!held) return std::move(held).error();
      auto exchanged = send(**held, batch, group, replies, received, refused);
      may_have_sent = (*held)->has_sent();
      if (exchanged && refused.empty()) to.put_back(std::move(*held));
      return exchanged;
    });
    exchanges_.add_relaxed(1);
    nanoseconds_.add_relaxed(clock.nanoseconds(clock.ticks()) - begun);
    sent_.add_relaxed(group.size());
    result<void> passing;
    for (const std::size_t place : refused) redirected(batch, group[place], replies, later, to, passing);
    if (done) return passing;
    failures_.add_relaxed(1);
    for (std::size_t i = received; i < group.size(); ++i) later.push_back({group[i].command, nullptr, false});
    if (options_.layout == layout::cluster) has_slots_.store_relaxed(false);
    if (batch.what_they_do() == effect::once && may_have_sent)
      return error(errc::closed,
                   "whether Redis did what was asked of the key " + quoted(batch.key_of(group[received].command)) +
                       " is unknown",
                   std::move(done).error());
    return done;
  }

  /// The exchange itself, with a connection at hand.
  result<void> send(connection& held, const commands& batch, const std::vector<waiting>& group,
                    std::vector<reply>& replies, std::size_t& received, std::vector<std::size_t>& refused) {
    const bool is_asking = group.front().is_asking;
    bool is_answer_to_asking = is_asking;
    const auto use = [&](reply&& one) {
      if (is_asking && std::exchange(is_answer_to_asking, !is_answer_to_asking)) return;
      if (one.is_failure() && detail::is_passing(one.text)) refused.push_back(received);
      replies[group[received++].command] = std::move(one);
    };
    if (!is_asking && group.size() == batch.size()) return held.exchange(batch.bytes(), group.size(), use);
    std::string bytes;
    for (const waiting& each : group) {
      if (is_asking) bytes += "*1\r\n$6\r\nASKING\r\n";
      bytes += batch.bytes_of(each.command);
    }
    return held.exchange(bytes, is_asking ? 2 * group.size() : group.size(), use);
  }

  /// A command that a server has not done: where to it goes now, or why nowhere at the moment.
  void redirected(const commands& batch, const waiting& one, const std::vector<reply>& replies,
                  std::vector<waiting>& later, const node& by, result<void>& passing) {
    const reply& told = replies[one.command];
    waiting next{one.command, nullptr, false};
    if (auto found = options_.layout == layout::cluster ? parse_redirect(told.text) : std::nullopt; found) {
      redirects_.add_relaxed(1);
      if (found->to.host.empty()) found->to.host = by.at().host;
      next.to = servers_.find(found->to, false);
      if (next.to != nullptr) {
        next.is_asking = !found->is_for_good;
        if (found->is_for_good) {
          servers_.moved(found->slot, next.to);
          has_slots_.store_relaxed(false);  // others have moved too: the next call asks for all
        }
        later.push_back(next);
        return;
      }
    }
    later.push_back(next);
    passing = error(errc::unavailable, "Redis at " + to_string(by.at()) + ", asked of the key " +
                                           quoted(batch.key_of(one.command)) + ": " + quoted(told.text));
  }

  /// Asks a server where the slots are; whoever knows. Without it redirects say so one by one.
  void learn_slots() {
    commands ask(effect::reads);
    ask.update_keyed(2, "CLUSTER", "SLOTS");
    for (node* const each : servers_.all()) {
      if (each->is_replica()) continue;
      bool has_learnt = false;
      (void)each->breaker()([&]() -> result<void> {
        auto held = each->take();
        if (!held) return std::move(held).error();
        auto done =
            (*held)->exchange(ask.bytes(), 1, [&](reply&& told) { has_learnt = servers_.update(told, each->at()); });
        if (done) each->put_back(std::move(*held));
        return done;
      });
      if (!has_learnt) continue;
      has_slots_.store_relaxed(true);
      return;
    }
  }

  client_options options_;
  detail::server_map servers_;
  resilience::retry<resilience::retry_options> again_;
  millrace::detail::light_atomic<bool> has_slots_{false};
  millrace::detail::light_atomic<std::uint64_t> exchanges_{0};
  millrace::detail::light_atomic<std::uint64_t> sent_{0};
  millrace::detail::light_atomic<std::uint64_t> redirects_{0};
  millrace::detail::light_atomic<std::uint64_t> failures_{0};
  millrace::detail::light_atomic<std::uint64_t> nanoseconds_{0};
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_CLIENT_HPP
