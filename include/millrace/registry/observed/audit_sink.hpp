#ifndef MILLRACE_REGISTRY_OBSERVED_AUDIT_SINK_HPP
#define MILLRACE_REGISTRY_OBSERVED_AUDIT_SINK_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_name.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/registry/change.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// How changes of a registry are told to an audit trail.
struct audit_sink_options {
  /// What kind of personal data the names of those who do something are: what has a kind is masked and can be erased.
  observe::pii_type actor = observe::pii_type::none;
};

/// Writes a registry's changes into an audit trail, each as an event of the same kind with the fields `registry` and
/// `change`, its number.
///
///     auto trail = mr::observe::audit_trail<>::open("audit");
///     auto sink = mr::registry::audit_sink<>::open(*trail);
///     auto models = mr::registry::open_registry(storage, {}, *std::move(sink));
///
/// Guarantee: a change is in the trail once, also when the process is killed at any moment: `open` reads from the trail
/// which change of each registry is the last that it has, and `append` returns when it is durable.
/// Complexity: `open` reads the trail. The trail outlives the sink.
/// Threads: one at a time, which a registry sees to; where others append to the trail too, it is a `store::shared` one.
/// Errors: those of the trail.
template <class Trail = observe::audit_trail<>>
class audit_sink {
 public:
  static result<audit_sink> open(Trail& trail, const audit_sink_options& options = {}) {
    if (auto flushed = trail.flush(); !flushed) return std::move(flushed).error();
    audit_sink made(trail, options);
    auto read = observe::read_trail(trail.path(), [&](const observe::audit_entry& entry) {
      const observe::audit_text* const registry = entry.find("registry");
      const observe::audit_text* const number = entry.find("change");
      std::uint64_t value = 0;
      if (registry == nullptr || number == nullptr || !is_number(number->text, value)) return;
      last_change& last = made.last_of(registry->text);
      if (value > last.number) last.number = value;
    });
    if (!read) return std::move(read).error();
    return made;
  }

  result<void> append(const change& what) {
    last_change& last = last_of(what.registry);
    if (what.number > last.number) {
      const auto seq = send(what);
      if (!seq) return seq.error();
      last.number = what.number;
      last.seq = *seq;
    }
    // One that is in the trail's queue already, and was not durable when the last call gave up, is waited for again.
    if (last.seq == 0 || last.seq <= trail_->durable_seq()) return {};
    return trail_->wait_durable(last.seq, hour());
  }

 private:
  struct last_change {
    std::string registry;
    std::uint64_t number = 0;
    std::uint64_t seq = 0;  // its position in the trail's queue; 0: it was there when the trail was opened
  };
  /// Any std::chrono duration is a time to the trail; this one is an hour, without <chrono>.
  struct hour {
    struct period {
      static constexpr long num = 3600, den = 1;
    };
    static constexpr int count() noexcept { return 1; }
  };

  audit_sink(Trail& trail, const audit_sink_options& options) noexcept : trail_(&trail), options_(options) {}

  static bool is_number(std::string_view text, std::uint64_t& value) noexcept {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    return read.ec == std::errc() && read.ptr == end;
  }
  last_change& last_of(std::string_view registry) {
    for (last_change& each : last_)
      if (each.registry == registry) return each;
    last_.push_back({std::string(registry)});
    return last_.back();
  }
  /// Puts a change into the trail's queue. Returns its position there.
  result<std::uint64_t> send(const change& what) {
    const auto kind = observe::audit_name::make(what.kind);
    if (!kind) return kind.error();
    const std::string number = std::to_string(what.number);
    std::vector<observe::audit_field> fields{{"registry", what.registry}, {"change", number}};
    for (const tag& each : what.fields) {
      const auto name = observe::audit_name::make(each.key);
      if (!name) return name.error();
      fields.push_back({*name, each.value});
    }
    const observe::audit_event event{.kind = *kind,
                                     .actor = what.actor,
                                     .actor_pii = options_.actor,
                                     .object = what.object,
                                     .reason = what.reason,
                                     .unix_nanoseconds = what.at,
                                     .fields = fields};
    if (auto valid = observe::validate(event); !valid) return std::move(valid).error();
    if (const std::uint64_t seq = trail_->append(event); seq != 0) return seq;
    if (auto well = trail_->status(); !well) return std::move(well).error();
    return error(errc::no_space, "the audit trail \"" + trail_->path() + "\" took no change " + number);
  }

  Trail* trail_;
  audit_sink_options options_;
  std::vector<last_change> last_;
};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_OBSERVED_AUDIT_SINK_HPP
