#ifndef MILLRACE_CONNECT_REDIS_DETAIL_SERVER_MAP_HPP
#define MILLRACE_CONNECT_REDIS_DETAIL_SERVER_MAP_HPP

#include <millrace/connect/redis/detail/node.hpp>
#include <millrace/connect/redis/options.hpp>
#include <millrace/connect/redis/reply.hpp>
#include <millrace/connect/redis/slots.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {
namespace detail {

/// The servers that are known, and which has which slot of a cluster. A server that is known stays so: its node can be
/// pointed to for as long as the map lives.
class server_map {
 public:
  explicit server_map(const client_options& options) : options_(&options) {
    first_ = find(options.server.at, false);
    for (const endpoint& each : options.others) {
      node* const made = find(each, options.layout == redis::layout::single);
      if (options.layout == redis::layout::single && made != nullptr && made != first_) copies_.push_back(made);
    }
    if (options.layout == redis::layout::cluster) slots_.resize(slot_count);
  }

  /// The server of an address; null: there are as many as there may be.
  node* find(const endpoint& at, bool is_replica) {
    const millrace::detail::lock_guard locked(mutex_);
    return find_locked(at, is_replica);
  }
  node* first() const noexcept { return first_; }
  /// Who is asked for a key's slot; `reads`: a copy will do.
  node* of(std::uint16_t slot, bool reads) {
    const millrace::detail::lock_guard locked(mutex_);
    if (slots_.empty()) return reads && !copies_.empty() ? copies_[turn_++ % copies_.size()] : first_;
    const held& at = slots_[slot];
    if (at.primary == nullptr) return first_;
    if (reads && options_->reads_replicas && at.copies < replica_sets_.size() && !replica_sets_[at.copies].empty())
      return replica_sets_[at.copies][turn_++ % replica_sets_[at.copies].size()];
    return at.primary;
  }
  /// The slot is there from now on.
  void moved(std::uint16_t slot, node* to) {
    const millrace::detail::lock_guard locked(mutex_);
    if (slot < slots_.size()) slots_[slot] = {to, none};
  }
  /// The servers that may know where the slots are.
  std::vector<node*> all() const {
    const millrace::detail::lock_guard locked(mutex_);
    std::vector<node*> made;
    for (const auto& each : nodes_) made.push_back(each.get());
    return made;
  }
  /// Takes the reply to `CLUSTER SLOTS` over, as far as it makes sense. Returns whether it names a server.
  bool update(const reply& told, const endpoint& by) {
    const millrace::detail::lock_guard locked(mutex_);
    bool has_any = false;
    std::vector<std::vector<node*>> sets;
    for (const reply& range : told.elements) {
      if (range.elements.size() < 3 || range.elements[0].kind != reply_kind::integer ||
          range.elements[1].kind != reply_kind::integer)
        continue;
      const std::int64_t from = range.elements[0].integer;
      const std::int64_t to = range.elements[1].integer;
      if (from < 0 || to < from || to >= static_cast<std::int64_t>(slots_.size())) continue;
      node* const primary = named(range.elements[2], by, false);
      if (primary == nullptr) continue;
      std::vector<node*> copies;
      for (std::size_t i = 3; i < range.elements.size(); ++i)
        if (node* const one = named(range.elements[i], by, true); one != nullptr) copies.push_back(one);
      sets.push_back(std::move(copies));
      for (std::int64_t slot = from; slot <= to; ++slot)
        slots_[static_cast<std::size_t>(slot)] = {primary, sets.size() - 1};
      has_any = true;
    }
    if (has_any) replica_sets_ = std::move(sets);
    return has_any;
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  struct held {
    node* primary = nullptr;
    std::size_t copies = none;
  };

  node* find_locked(const endpoint& at, bool is_replica) {
    for (const auto& each : nodes_)
      if (each->at() == at && each->is_replica() == is_replica) return each.get();
    if (nodes_.size() >= options_->max_servers) return nullptr;
    nodes_.push_back(millrace::detail::make_owning<node>(at, *options_, is_replica));
    return nodes_.back().get();
  }
  node* named(const reply& told, const endpoint& by, bool is_replica) {
    if (told.elements.size() < 2 || told.elements[1].kind != reply_kind::integer) return nullptr;
    const std::int64_t port = told.elements[1].integer;
    if (port < 1 || port > 65535) return nullptr;
    endpoint at;
    at.host = told.elements[0].text.empty() || told.elements[0].text == "?" ? by.host : told.elements[0].text;
    at.port = static_cast<std::uint16_t>(port);
    return find_locked(at, is_replica);
  }

  const client_options* options_;
  mutable millrace::detail::mutex mutex_;
  std::vector<millrace::detail::owning_pointer<node>> nodes_;
  node* first_ = nullptr;
  std::vector<node*> copies_;  // of a single server
  std::vector<held> slots_;    // of a cluster
  std::vector<std::vector<node*>> replica_sets_;
  std::size_t turn_ = 0;
};

}  // namespace detail
}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_DETAIL_SERVER_MAP_HPP
