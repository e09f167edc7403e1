#ifndef MILLRACE_STORE_MESSAGES_EXACTLY_ONCE_HPP
#define MILLRACE_STORE_MESSAGES_EXACTLY_ONCE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/dead_letters.hpp>
#include <millrace/store/messages/detail/kept_offset.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// What refers to a consumer asks for this where it is given one that is gone when its line is over: it does not
/// compile, and says why.
template <class Consumer>
struct temporary_consumer {
  static_assert(millrace::detail::requirement<false, Consumer>,
                "millrace[MESSAGES-10]: the consumer of messages is referred to, and outlives what is made around it: "
                "make it a variable");
};

/// State of who has none, and only writes into the transaction.
struct no_state {
  static std::vector<std::byte> save() { return {}; }
  static result<no_state> load(std::span<const std::byte>) { return no_state(); }
};

/// What is made of messages, one of each partition: it begins as `State()`, and is saved and loaded.
template <class S>
concept message_state =
    std::default_initializable<S> && std::movable<S> && requires(const S& state, std::span<const std::byte> bytes) {
      { state.save() } -> std::same_as<std::vector<std::byte>>;
      { S::load(bytes) } -> std::same_as<result<S>>;
    };

/// How messages are used once.
struct exactly_once_options {
  /// Whose state and offsets these are; a name of 1 to 200 bytes. Usually that of the consumer's group.
  std::string group = "default";
  /// How many messages a transaction has at most.
  std::size_t batch = 1000;
  /// How often the consumer is told to commit as well, for who looks at its group's lag, and to free a local queue.
  /// What counts is in the storage.
  duration commit_interval = duration(0);
};

/// What became of messages.
struct consumed_counts {
  std::uint64_t used = 0;        ///< by `apply`
  std::uint64_t duplicates = 0;  ///< had been used before
  std::uint64_t dead = 0;        ///< dead letters
  std::uint64_t not_owned = 0;   ///< of partitions that went to somebody else meanwhile, who is given them again

  std::uint64_t total() const noexcept { return used + duplicates + dead + not_owned; }
};

/// Makes a state of the messages that a consumer reads, each message once, whatever crashes, comes twice or moves to
/// another member: the state and the offset behind it are written in one transaction of a storage, and a message below
/// that offset is not used again.
///
///     auto totals = mr::store::exactly_once<sums, consumer_type, storage_type>::open(consumer, storage,
///     {"dashboard"}); while (!stopped) {
///       const auto done = totals->run([](sums& s, const mr::store::message& m) { return s.update(m); }, wait);
///       if (!done) ...                                         // nothing of that batch is kept; the next run repeats
///       it
///     }
///     auto closed = totals->close();
///
/// `apply(state, message)` or `apply(state, message, transaction)` returns a result<void>; what it writes into the
/// transaction is kept together with the state, or not at all. An error leaves the state what it was. What becomes of a
/// message with an error is `DeadLetters`' (dead_letters.hpp).
/// The storage, and not the broker, knows where the group is: each partition that the consumer is given is read from
/// the kept offset on. Two members that hold one partition for a while, since one of them was away for too long, both
/// write through the storage, one after the other, and each message still counts once. Offsets belong to one topic for
/// good: for a topic that was deleted and made anew, use another group. Let the consumer be told that an offset is out
/// of range, and not begin elsewhere (`auto.offset.reset=error`). Layout:
/// `consumed/<group>/<topic>/<partition>/offset`, and `.../state`. Consumer and storage outlive it. Complexity: a
/// transaction a batch: for each of its partitions an offset and the state, saved. Threads: one at a time. Errors:
/// those of the consumer, of the storage, and of `apply` where they are the world's.
template <class State, message_consumer Consumer, transactional_storage Storage,
          class DeadLetters = stop_at_dead_letters>
class exactly_once {
  static_assert(millrace::detail::requirement<message_state<State>, State>,
                "millrace[MESSAGES-11]: a state of messages has a constructor without arguments, save() and "
                "load(bytes); who has none writes no_state");
  static_assert(
      millrace::detail::requirement<dead_letter_policy<DeadLetters, typename Storage::transaction>, DeadLetters>,
      "millrace[MESSAGES-12]: what becomes of dead letters is stop_at_dead_letters, skip_dead_letters, "
      "keep_dead_letters or send_dead_letters, or a class with their bury and flush");
  using transaction = typename Storage::transaction;

 public:
  /// Errors: invalid_argument: the group's name, or a batch of nothing.
  static result<exactly_once> open(Consumer& consumer, Storage& storage, exactly_once_options options = {},
                                   DeadLetters dead_letters = DeadLetters()) {
    if (options.group.empty() || options.group.size() > 200 || options.batch == 0)
      return error(errc::invalid_argument,
                   "messages are used for a group of a name of 1 to 200 bytes, in batches of at "
                   "least one");
    return exactly_once(consumer, storage, std::move(options), std::move(dead_letters));
  }
  static result<exactly_once> open(Consumer&& consumer, Storage& storage, exactly_once_options options = {},
                                   DeadLetters dead_letters = DeadLetters()) {
    static_cast<void>(sizeof(temporary_consumer<Consumer>));
    return open(consumer, storage, std::move(options), std::move(dead_letters));
  }

  /// Polls once, for at most `wait`, and uses what comes, in one transaction. Returns what became of it once that is
  /// kept. After an error nothing is, and the next run begins where the last kept one has ended.
  /// Where `apply` has a member `finish(transaction)`, it is called behind a batch's last message, to write what is of
  /// the batch as a whole; an error of it undoes the batch.
  template <class Apply>
  result<consumed_counts> run(Apply&& apply, duration wait) {
    static_assert(millrace::detail::requirement<can_apply<Apply>, Apply, State>,
                  "millrace[MESSAGES-13]: what uses messages is called with (state, message) or (state, message, "
                  "transaction) and returns a result<void>");
    if (auto placed = place_parts(); !placed) return std::move(placed).error();
    auto batch = consumer_->poll(options_.batch, wait, *this);
    if (!batch) return std::move(batch).error();
    if (batch->empty()) return consumed_counts();
    consumed_counts counts;
    if (auto done = keep(apply, *batch, counts); !done) return std::move(done).error();
    add(counts);
    if (steady_clock().ticks() - told_at_ >= static_cast<std::uint64_t>(options_.commit_interval.nanoseconds))
      (void)tell_consumer();  // it is told again with the next ones
    return counts;
  }
  /// Uses what is there until a poll finds nothing for `quiet`, then closes. Errors: also timeout: there was still
  /// something after `limit`, and it has not closed.
  template <class Apply>
  result<void> drain(Apply&& apply, duration quiet, duration limit) {
    const std::uint64_t begin = steady_clock().ticks();
    for (;;) {
      const auto done = run(apply, quiet);
      if (!done) return done.error();
      if (done->total() == 0) return close();
      if (steady_clock().ticks() - begin >= static_cast<std::uint64_t>(limit.nanoseconds))
        return error(errc::timeout, "there are still messages for the group " + detail::quoted_text(options_.group));
    }
  }
  /// Leaves the consumer's group. What `run` has returned is kept already.
  result<void> close() {
    auto told = tell_consumer();
    auto closed = consumer_->close(*this);
    parts_.clear();
    if (!closed) return closed;
    return told;
  }

  /// The states of all partitions of the group, by all members, merged: of one moment. Errors: those of the storage and
  /// of `State::load`.
  result<State> merged() const
  requires requires(State& state, const State& other) { state.merge(other); }
  {
    return std::as_const(*storage_).look([&](const auto& now) -> result<State> {
      State all = State();
      auto done = for_each_object(now, "consumed/" + text_key_part(options_.group) + '/',
                                  [&](const storage_entry& each) -> result<void> {
                                    if (!each.key.ends_with("/state")) return {};
                                    const auto one = detail::load_or_new<State>(now, each.key);
                                    if (!one) return one.error();
                                    if constexpr (std::same_as<decltype(all.merge(*one)), result<void>>) {
                                      return all.merge(*one);
                                    } else {
                                      all.merge(*one);
                                      return {};
                                    }
                                  });
      if (!done) return std::move(done).error();
      return all;
    });
  }
  /// Of all runs of this object.
  const consumed_counts& counts() const noexcept { return counts_; }

  // The hooks, which its consumer calls.
  void assigned(std::span<message_position> starts) noexcept {
    for (message_position& each : starts) {
      part& made = parts_.emplace_back();
      made.at = {each.topic, each.partition};
      const auto kept = read_offset(*storage_, made);
      made.is_placed = kept.has_value();
      if (kept && kept->next != no_offset) each.offset = kept->next;
    }
  }
  void revoked(std::span<const topic_partition> gone) noexcept {
    for (const topic_partition& each : gone) {
      if (part* const found = find(each.topic, each.partition); found != nullptr)
        parts_.erase(parts_.begin() + (found - parts_.data()));
      for (std::size_t i = untold_.size(); i > 0; --i)
        if (untold_[i - 1].partition == each.partition && untold_[i - 1].topic == each.topic)
          untold_.erase(untold_.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
  }
  void abandoned(std::span<const topic_partition> gone) noexcept { revoked(gone); }

 private:
  struct part {
    topic_partition at;
    bool is_placed = false;    // the consumer reads it from where the storage says
    bool is_in_batch = false;  // the transaction that runs has compared `kept` with the storage
    bool is_changed = false;
    // Where to begin again if what was read is not kept, while the storage knows no offset.
    std::int64_t first_read = no_offset;
    detail::kept_offset kept;  // that `state` belongs to
    State state = State();
  };

  template <class Apply>
  static constexpr bool with_transaction =
      std::is_invocable_r_v<result<void>, Apply&, State&, const message&, transaction&>;
  template <class Apply>
  static constexpr bool can_apply =
      with_transaction<Apply> || std::is_invocable_r_v<result<void>, Apply&, State&, const message&>;

  exactly_once(Consumer& consumer, Storage& storage, exactly_once_options&& options, DeadLetters&& dead_letters)
      : consumer_(&consumer),
        storage_(&storage),
        options_(std::move(options)),
        dead_letters_(std::move(dead_letters)) {}

  part* find(std::string_view topic, std::int32_t partition) noexcept {
    for (part& each : parts_)
      if (each.at.partition == partition && each.at.topic == topic) return &each;
    return nullptr;
  }
  std::string key(const part& of, const char* what) const {
    return detail::consumed_key(options_.group, of.at.topic, of.at.partition, what);
  }
  template <class View>
  result<detail::kept_offset> read_offset(const View& view, const part& of) const {
    return detail::load_or_new<detail::kept_offset>(view, key(of, "offset"));
  }
  void add(const consumed_counts& more) noexcept {
    counts_.used += more.used;
    counts_.duplicates += more.duplicates;
    counts_.dead += more.dead;
    counts_.not_owned += more.not_owned;
  }

  /// Has the consumer read on where the storage says, after what was read was not kept.
  result<void> place_parts() {
    for (part& each : parts_) {
      if (each.is_placed) continue;
      const auto kept = read_offset(std::as_const(*storage_), each);
      if (!kept) return kept.error();
      const std::int64_t from = kept->next != no_offset ? kept->next : each.first_read;
      if (from != no_offset) {
        auto sought = consumer_->seek({each.at.topic, each.at.partition, from});
        // A partition that is somebody else's by now, of which the next poll tells: its messages are passed over.
        if (!sought && sought.error().code() == errc::conflict) continue;
        if (!sought) return sought;
      }
      each.is_placed = true;
    }
    return {};
  }
  template <class Apply>
  result<void> keep(Apply& apply, const std::vector<message>& batch, consumed_counts& counts);
  template <class Apply>
  result<void> use(Apply& apply, transaction& t, part& of, const message& one, consumed_counts& counts);
  result<void> write_parts(transaction& t);
  result<void> begin(transaction& t, part& of) const;
  void tell_later(const part& of);
  result<void> tell_consumer();

  Consumer* consumer_;
  Storage* storage_;
  exactly_once_options options_;
  DeadLetters dead_letters_;
  std::vector<part> parts_;
  consumed_counts counts_;
  std::vector<message_position> untold_;  // what the consumer was not told to commit yet
  std::uint64_t told_at_ = steady_clock().ticks();
};

/// Brings a part to what the storage has, where that is not what is here: it is new, was undone, or another member has
/// written it.
template <class State, message_consumer Consumer, transactional_storage Storage, class DeadLetters>
result<void> exactly_once<State, Consumer, Storage, DeadLetters>::begin(transaction& t, part& of) const {
  const auto kept = read_offset(t, of);
  if (!kept) return kept.error();
  if (kept->transactions != of.kept.transactions || of.kept.transactions == 0) {
    auto state = detail::load_or_new<State>(t, key(of, "state"));
    if (!state) return std::move(state).error();
    of.state = *std::move(state);
    of.kept = *kept;
  }
  of.is_in_batch = true;
  return {};
}

template <class State, message_consumer Consumer, transactional_storage Storage, class DeadLetters>
template <class Apply>
result<void> exactly_once<State, Consumer, Storage, DeadLetters>::use(Apply& apply, transaction& t, part& of,
                                                                      const message& one, consumed_counts& counts) {
  if (!of.is_in_batch)
    if (auto begun = begin(t, of); !begun) return begun;
  if (one.offset < of.kept.next) {
    ++counts.duplicates;
    return {};
  }
  result<void> used = [&]() -> result<void> {
    if constexpr (with_transaction<Apply>)
      return apply(of.state, one, t);
    else
      return apply(of.state, one);
  }();
  if (!used) {
    if (!is_dead_letter(used.error().code())) return used;
    if (auto buried = dead_letters_.bury(t, options_.group, one, used.error()); !buried) return buried;
    ++counts.dead;
  } else {
    ++counts.used;
  }
  of.kept.next = one.offset + 1;
  of.is_changed = true;
  return {};
}

template <class State, message_consumer Consumer, transactional_storage Storage, class DeadLetters>
result<void> exactly_once<State, Consumer, Storage, DeadLetters>::write_parts(transaction& t) {
  for (part& each : parts_) {
    if (!each.is_changed) continue;
    ++each.kept.transactions;
    if (auto done = t.write(key(each, "offset"), each.kept.save()); !done) return done;
    if constexpr (!std::same_as<State, no_state>)
      if (auto done = t.write(key(each, "state"), each.state.save()); !done) return done;
  }
  return {};
}

template <class State, message_consumer Consumer, transactional_storage Storage, class DeadLetters>
template <class Apply>
result<void> exactly_once<State, Consumer, Storage, DeadLetters>::keep(Apply& apply, const std::vector<message>& batch,
                                                                       consumed_counts& counts) {
  for (part& each : parts_) {
    each.is_in_batch = each.is_changed = false;
    if (each.is_placed) each.first_read = no_offset;
  }
  for (const message& one : batch)
    if (part* const of = find(one.topic, one.partition); of != nullptr && of->first_read == no_offset)
      of->first_read = one.offset;
  // Whatever ends the transaction without its being kept, an exception of `apply` among it: what is here is not what is
  // in the storage any more, and the consumer is beyond it.
  struct undone {
    std::vector<part>* parts;
    ~undone() {
      if (parts == nullptr) return;
      for (part& each : *parts)
        if (each.first_read != no_offset) {
          each.is_placed = false;
          each.kept = {};
        }
    }
  } unless_kept{&parts_};
  auto done = storage_->transact([&](transaction& t) -> result<int> {
    part* of = nullptr;
    for (const message& one : batch) {
      if (of == nullptr || of->at.partition != one.partition || of->at.topic != one.topic)
        of = find(one.topic, one.partition);
      if (of == nullptr || !of->is_placed) {
        ++counts.not_owned;
        continue;
      }
      if (auto used = use(apply, t, *of, one, counts); !used) return std::move(used).error();
    }
    if constexpr (requires { apply.finish(t); })
      if (auto finished = apply.finish(t); !finished) return std::move(finished).error();
    if (auto sent = dead_letters_.flush(); !sent) return std::move(sent).error();
    if (auto written = write_parts(t); !written) return std::move(written).error();
    return 0;
  });
  if (!done) return std::move(done).error();
  unless_kept.parts = nullptr;
  for (const part& each : parts_)
    if (each.is_in_batch) tell_later(each);
  return {};
}

template <class State, message_consumer Consumer, transactional_storage Storage, class DeadLetters>
void exactly_once<State, Consumer, Storage, DeadLetters>::tell_later(const part& of) {
  for (message_position& each : untold_)
    if (each.partition == of.at.partition && each.topic == of.at.topic) {
      each.offset = of.kept.next;
      return;
    }
  untold_.push_back({of.at.topic, of.at.partition, of.kept.next});
}

template <class State, message_consumer Consumer, transactional_storage Storage, class DeadLetters>
result<void> exactly_once<State, Consumer, Storage, DeadLetters>::tell_consumer() {
  told_at_ = steady_clock().ticks();
  if (untold_.empty()) return {};
  auto told = consumer_->commit(untold_);
  if (told || told.error().code() == errc::conflict) untold_.clear();
  return told;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_EXACTLY_ONCE_HPP
