#ifndef MILLRACE_STORE_SETTINGS_CHANGES_HPP
#define MILLRACE_STORE_SETTINGS_CHANGES_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/store/settings/detail/setting_text.hpp>
#include <millrace/store/settings/load.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// A setting that another load has another value of.
struct setting_change {
  std::string key = {};
  std::string before = {};  ///< `(none)` where there was none, `(secret)` where it is one.
  std::string after = {};
  bool may_reload = false;  ///< Whether the program need not be started again for it.

  /// `inference.max_rows: 100 -> 200`
  std::string text() const { return key + ": " + before + " -> " + after; }
};

/// What differs between two loads.
class settings_changes {
 public:
  void add(setting_change one) { all_.push_back(static_cast<setting_change&&>(one)); }
  bool empty() const noexcept { return all_.empty(); }
  const std::vector<setting_change>& all() const noexcept { return all_; }
  /// Whether all of them may change while the program runs.
  bool may_reload() const noexcept {
    for (const setting_change& each : all_)
      if (!each.may_reload) return false;
    return true;
  }
  /// A line for each, with what needs a start marked.
  std::string report() const {
    std::string out;
    for (const setting_change& each : all_) out += each.text() + (each.may_reload ? "\n" : " (needs a start)\n");
    return out;
  }

 private:
  std::vector<setting_change> all_;
};

namespace detail {

struct seen_setting {
  std::string key;
  std::string text;
  const setting_type* type;
  const void* object;
  bool may_reload;
};

/// Whether a setting may be reloaded is said of it, or of a section that it is in.
inline void gather_settings(const setting_row& row, const setting_type& type, const void* object,
                            const std::string& key, bool may_reload, std::vector<seen_setting>& to) {
  if (type.kind == setting_kind::section) {
    for (const setting_row& each : type.rows())
      if (each.role == setting_row::roles::value)
        gather_settings(each, each.type(), member_of(each, object), joined_key(key, each.name),
                        may_reload || each.may_reload, to);
  } else if (type.element != nullptr) {
    std::size_t at = 0;
    for_each_item(type, object, [&](std::string_view name, const void* item) {
      gather_settings(row, type.element(), item,
                      type.kind == setting_kind::optional ? key
                      : type.kind == setting_kind::names  ? joined_key(key, name)
                                                          : item_key(key, at++),
                      may_reload, to);
    });
  } else {
    const bool is_secret = type.kind == setting_kind::secret;
    to.push_back({key, is_secret ? "(secret)" : scalar_text(row, type, type.get(object)), &type, object, may_reload});
  }
}

inline settings_changes compare_settings(const setting_type& type, const void* before, const void* after) {
  std::vector<seen_setting> was;
  std::vector<seen_setting> is;
  gather_settings({}, type, before, "", false, was);
  gather_settings({}, type, after, "", false, is);
  name_index<const seen_setting*> old;
  name_index<const seen_setting*> fresh;
  for (const seen_setting& each : was) old.insert(each.key, &each);
  for (const seen_setting& each : is) fresh.insert(each.key, &each);
  settings_changes made;
  for (const seen_setting& each : was)
    if (fresh.find(each.key) == nullptr) made.add({each.key, each.text, "(none)", each.may_reload});
  for (const seen_setting& each : is) {
    const seen_setting* const* const found = old.find(each.key);
    if (found == nullptr)
      made.add({each.key, "(none)", each.text, each.may_reload});
    else if (each.type->same_secret != nullptr ? !each.type->same_secret((*found)->object, each.object)
                                               : (*found)->text != each.text)
      made.add({each.key, (*found)->text, each.text, each.may_reload});
  }
  return made;
}

}  // namespace detail

/// Compares two loads, as a reload on SIGHUP does: load anew, and if `changes.may_reload()`, put the new ones in force.
/// Secrets are compared and not shown.
template <class T>
settings_changes compare_settings(const T& before, const T& after) {
  return detail::compare_settings(detail::setting_type_of<T>(), &before, &after);
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_CHANGES_HPP
