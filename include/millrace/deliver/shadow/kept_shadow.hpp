#ifndef MILLRACE_DELIVER_SHADOW_KEPT_SHADOW_HPP
#define MILLRACE_DELIVER_SHADOW_KEPT_SHADOW_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/deliver/shadow/shadow_state.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Which shadow it is, beside what it has counted.
struct shadow_record {
  std::string id = {};
  std::string name = {};
  /// The models and their versions, as people write them: `fraud 7`.
  std::string stable = {};
  std::string candidate = {};
  bool is_running = true;
  /// Nanoseconds since 1970: when it was first kept, which `keep_shadow` sets where it is 0, and last.
  std::uint64_t began = 0;
  std::uint64_t updated = 0;
};

/// A shadow as a storage has it.
struct kept_shadow {
  shadow_record record;
  shadow_state state;
};

namespace detail {

struct shadow_document {
  static constexpr std::string_view document_kind = "shadow";
  static constexpr unsigned document_format = 1;
  shadow_record of;
  std::string report;  // JSON for people, which nobody reads back
  std::string state;   // the saved state, hexadecimal

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    store::json_text report{self.report};
    members("id", self.of.id)("name", self.of.name)("stable", self.of.stable)("candidate", self.of.candidate)(
        "is_running", self.of.is_running)("began", self.of.began)("updated", self.of.updated)("report", report)(
        "state", self.state);
  }
};

inline std::string hex_of(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte one : bytes)
    for (const unsigned shift : {4U, 0U}) text += "0123456789abcdef"[static_cast<unsigned>(one) >> shift & 15U];
  return text;
}
inline bool bytes_of_hex(std::string_view text, std::vector<std::byte>& to) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    unsigned both = 0;
    for (const char c : {text[i], text[i + 1]}) {
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
      both = both * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    to.push_back(static_cast<std::byte>(both));
  }
  return true;
}
inline std::string shadow_key(std::string_view id) { return "shadows/" + store::text_key_part(id) + ".json"; }

}  // namespace detail

/// Keeps what a shadow has counted as the document `shadows/<id>.json` of a storage: its figures for people, and its
/// state, with which a shadow goes on after a restart (`shadow::merge`). An id's slashes and other characters that no
/// key may hold are written otherwise, as `store::text_key_part` says.
///
///     mr::deliver::keep_shadow(storage, {.id = "fraud-8", .name = "fraud"}, decided.state());
///     if (auto kept = mr::deliver::load_shadow(storage, "fraud-8")) decided.merge(kept->state);
///
/// Errors: invalid_argument: no id; those of the storage.
template <store::writes_objects Storage>
result<void> keep_shadow(Storage& storage, shadow_record record, const shadow_state& state,
                         std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds) {
  if (record.id.empty()) return error(errc::invalid_argument, "a shadow that is kept has an id");
  record.updated = wall_clock();
  if (record.began == 0) record.began = record.updated;
  detail::shadow_document made;
  made.report = to_json(state.report(record.name));
  made.state = detail::hex_of(state.save());
  made.of = std::move(record);
  return store::keep_document(storage, detail::shadow_key(made.of.id), made);
}
/// The same between hooks, such as `shadow_hooks`, of which one may veto it. Errors: also those of the hooks.
template <store::writes_objects Storage, class Hooks>
requires requires(Hooks& hooks, shadow_keeping& asked) { hooks.run(asked, [](const shadow_keeping&) {}); }
result<void> keep_shadow(Storage& storage, shadow_record record, const shadow_state& state, Hooks& hooks) {
  const shadow_counts all = state.report().all;
  shadow_keeping asked{record.id, all.comparisons, all.agreements};
  return hooks.run(asked, [&](const shadow_keeping&) { return keep_shadow(storage, record, state); });
}

/// Errors: not_found; corrupt, unsupported, with the key; those of the storage and of `shadow_state::load`.
template <store::reads_objects Storage>
result<kept_shadow> load_shadow(const Storage& storage, std::string_view id) {
  const std::string key = detail::shadow_key(id);
  auto bytes = storage.read(key);
  if (!bytes) return std::move(bytes).error();
  auto found = store::read_document<detail::shadow_document>(
      std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), key);
  if (!found) return std::move(found).error();
  std::vector<std::byte> saved;
  if (!detail::bytes_of_hex(found->state, saved))
    return error(errc::corrupt, "shadow \"" + key + "\": `state` is not hexadecimal");
  auto state = shadow_state::load(saved);
  if (!state) return std::move(state).error().wrap("shadow \"" + key + '"');
  return kept_shadow{std::move(found->of), *std::move(state)};
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_KEPT_SHADOW_HPP
