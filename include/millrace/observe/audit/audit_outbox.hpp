#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_OUTBOX_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_OUTBOX_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// An audit event as it waits in a storage.
struct waiting_audit_field {
  std::string name = {};
  std::string value = {};
  pii_type pii = pii_type::none;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("value", self.value)("pii", self.pii);
  }
};
struct waiting_audit_event {
  static constexpr std::string_view document_kind = "waiting audit event";
  static constexpr unsigned document_format = 1;

  std::string kind = {};
  audit_severity severity = audit_severity::info;
  std::string actor = {};
  pii_type actor_pii = pii_type::none;
  std::string object = {};
  std::string reason = {};
  std::uint64_t at = 0;
  std::vector<waiting_audit_field> fields = {};

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("kind", self.kind)("severity", self.severity)("actor", self.actor)("actor_pii", self.actor_pii);
    members("object", self.object)("reason", self.reason)("at", self.at)("fields", self.fields);
  }
};

}  // namespace detail

/// Keeps audit events in the transaction of what they tell of, and hands them to a trail afterwards: what a program has
/// kept is in its trail, once, and what was undone is not.
///
///     auto outbox = mr::observe::audit_outbox<>::open(*trail, "payments");
///     auto done = storage.transact([&](auto& t) -> mr::result<int> {
///       if (auto kept = t.write("balance", bytes); !kept) return std::move(kept).error();
///       if (auto told = outbox->put(t, {.kind = "acme.paid", .actor = "ada"}); !told) return std::move(told).error();
///       return 0;
///     });
///     auto told = outbox->deliver(storage);      // after each transaction, and after `open`, once
///
/// Each event has two fields more in the trail, `outbox` and `entry`, its number. Layout in the storage:
/// `outbox/<name>/<number>`; what the trail has is removed by the next `put`.
/// Guarantee: an event of a transaction that is kept is in the trail once, also when the process is killed at any
/// moment: `open` reads from the trail which event is the last that it has, and `deliver` returns when the events are
/// durable. One at a time has a name in a storage and a trail. Complexity: `open` reads the trail; `put` an insertion,
/// and a removal for each event that was delivered. Threads: one at a time; where others append to the trail too, it is
/// a `store::shared` one. The trail outlives it. Errors: those of the storage and of the trail; invalid_argument: no
/// event that a trail may hold; corrupt: with the key.
template <class Trail = audit_trail<>>
class audit_outbox {
 public:
  static result<audit_outbox> open(Trail& trail, std::string name) {
    if (auto flushed = trail.flush(); !flushed) return std::move(flushed).error();
    audit_outbox made(trail, std::move(name));
    auto read = read_trail(trail.path(), [&](const audit_entry& entry) {
      const audit_text* const outbox = entry.find("outbox");
      const audit_text* const number = entry.find("entry");
      if (outbox == nullptr || number == nullptr || outbox->text != made.name_) return;
      std::uint64_t value = 0;
      const char* const end = number->text.data() + number->text.size();
      const auto got = std::from_chars(number->text.data(), end, value);
      if (got.ec == std::errc() && got.ptr == end && value > made.sent_) made.sent_ = value;
    });
    if (!read) return std::move(read).error();
    made.delivered_ = made.sent_;
    return made;
  }

  /// Writes an event into a transaction.
  template <class Transaction>
  result<void> put(Transaction& t, const audit_event& event) {
    if (auto valid = validate(event); !valid) return valid;
    if (event.fields.size() + 2 > max_audit_fields)
      return error(errc::invalid_argument, "an audit event that waits has at most " +
                                               std::to_string(max_audit_fields - 2) + " fields of its own");
    std::uint64_t last = delivered_;
    const auto waiting = t.list(root_, "", 1000);
    if (!waiting) return waiting.error();
    for (const store::storage_entry& each : *waiting) {
      const auto number = number_of(each.key);
      if (!number) return number.error();
      if (*number > last) last = *number;
      if (*number > delivered_) continue;
      if (auto gone = t.remove(each.key); !gone) return gone;
    }
    if (waiting->size() == 1000)
      return error(errc::no_space, "as many audit events wait for the trail \"" + trail_->path() + "\" as may");
    detail::waiting_audit_event kept{std::string(event.kind.view()),
                                     event.severity,
                                     std::string(event.actor),
                                     event.actor_pii,
                                     std::string(event.object),
                                     std::string(event.reason),
                                     event.unix_nanoseconds != 0 ? event.unix_nanoseconds : unix_nanoseconds()};
    for (const audit_field& each : event.fields)
      kept.fields.push_back({std::string(each.name.view()), std::string(each.value), each.pii});
    const std::string text = store::write_document(kept);
    return t.create(root_ + store::number_key_part(last + 1), std::as_bytes(std::span(text.data(), text.size())));
  }

  /// Hands the trail the events that it does not have, in their order, and waits until they are durable.
  template <store::storage Storage>
  result<void> deliver(const Storage& storage) {
    auto walked = store::for_each_object(storage, root_, [&](const store::storage_entry& each) -> result<void> {
      const auto number = number_of(each.key);
      if (!number) return number.error();
      if (*number <= sent_) return {};
      auto kept = store::load_document<detail::waiting_audit_event>(storage, each.key);
      if (!kept) return std::move(kept).error();
      const auto seq = send(*kept, *number);
      if (!seq) return seq.error();
      seq_ = *seq;
      sent_ = *number;
      return {};
    });
    if (!walked) return walked;
    if (seq_ != 0 && seq_ > trail_->durable_seq())
      if (auto durable = trail_->flush(); !durable) return durable;
    delivered_ = sent_;
    return {};
  }

  /// The number of the last event that the trail has.
  std::uint64_t delivered() const noexcept { return delivered_; }

 private:
  audit_outbox(Trail& trail, std::string name)
      : trail_(&trail), name_(std::move(name)), root_("outbox/" + store::text_key_part(name_) + '/') {}

  result<std::uint64_t> number_of(const std::string& key) const {
    auto number = store::read_key_part_number<std::uint64_t>(std::string_view(key).substr(root_.size()));
    if (!number)
      return error(errc::corrupt, "the object " + millrace::detail::quoted_text(key) + " is no waiting audit event");
    return number;
  }
  /// Puts an event into the trail's queue. Returns its position there.
  result<std::uint64_t> send(const detail::waiting_audit_event& kept, std::uint64_t entry) {
    const auto kind = audit_name::make(kept.kind);
    if (!kind) return kind.error();
    const std::string number = std::to_string(entry);
    std::vector<audit_field> fields{{"outbox", name_}, {"entry", number}};
    for (const detail::waiting_audit_field& each : kept.fields) {
      const auto name = audit_name::make(each.name);
      if (!name) return name.error();
      fields.push_back({*name, each.value, each.pii});
    }
    audit_event event{.kind = *kind, .severity = kept.severity, .actor = kept.actor, .actor_pii = kept.actor_pii};
    event.object = kept.object;
    event.reason = kept.reason;
    event.unix_nanoseconds = kept.at;
    event.fields = fields;
    if (auto valid = validate(event); !valid) return std::move(valid).error();
    if (const std::uint64_t seq = trail_->append(event); seq != 0) return seq;
    if (auto well = trail_->status(); !well) return std::move(well).error();
    return error(errc::no_space, "the audit trail \"" + trail_->path() + "\" took no waiting event " + number);
  }

  Trail* trail_;
  std::string name_;
  std::string root_;
  std::uint64_t sent_ = 0;       // the last that the trail was given
  std::uint64_t delivered_ = 0;  // the last that it keeps
  std::uint64_t seq_ = 0;        // the position of `sent_` in the trail's queue; 0: it was there when it was opened
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_OUTBOX_HPP
