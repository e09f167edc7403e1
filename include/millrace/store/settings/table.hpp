#ifndef MILLRACE_STORE_SETTINGS_TABLE_HPP
#define MILLRACE_STORE_SETTINGS_TABLE_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/settings/byte_size.hpp>
#include <millrace/store/settings/detail/setting_type.hpp>
#include <millrace/store/settings/detail/table_faults.hpp>
#include <millrace/store/settings/row.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace store {

/// A struct that has a table.
template <class T>
concept has_settings = requires { std::span<const setting_row>(T::settings); };

/// What a setting is beside its name: of a section, a list of sections, a boolean or a secret.
template <class Leaf>
struct setting_options {
  /// A variable of the environment of this very name also sets it, such as `KAFKA_BROKERS`; the one of the prefix goes
  /// before.
  std::string_view variable = {};
  bool required = false;  ///< The file, the environment or the code has to say it.
  bool reload = false;    ///< It, and what is in it, may change while the program runs.
};

/// Of a number, a length of time or a size: also of a list of those.
template <class Leaf>
requires detail::ordered_setting<Leaf>
struct setting_options<Leaf> {
  std::optional<Leaf> least = {};
  std::optional<Leaf> most = {};
  /// Of a length of time: what a bare number of the file counts, such as `seconds(1)`; without it, it is an error.
  duration bare_unit = {};
  std::string_view variable = {};
  bool required = false;
  bool reload = false;
};

/// Of a text or an enumeration: what it may be. The choices are an array with static storage.
template <class Leaf>
requires detail::worded_setting<Leaf>
struct setting_options<Leaf> {
  std::span<const setting_choice> choices = {};
  std::string_view variable = {};
  bool required = false;
  bool reload = false;
};

/// One row of a struct's table: the key in the file, the member, and what people should know of it.
///
///     mr::store::setting<&cache_settings::max_size>("max_size", "entries that it holds", {.least = 1})
///
/// Its default is the member's initializer. A name is of lower-case letters, digits and `_`.
template <auto Member>
constexpr setting_row setting(std::string_view name, std::string_view about,
                              const setting_options<detail::setting_leaf<Member>>& options = {}) {
  using leaf = detail::setting_leaf<Member>;
  static_assert(detail::requirement<detail::kind_of<leaf>() != detail::setting_kind::none, leaf>,
                "millrace[SETTINGS-10]: no setting has this type: a bool, an integer, float or double, std::string, an "
                "enumeration, duration, byte_size, secret<std::string>, a struct with a table, or a std::optional, "
                "vector or map of them");
  static_assert(detail::requirement < detail::kind_of<leaf>() != detail::setting_kind::section || has_settings<leaf>,
                leaf >,
                "millrace[SETTINGS-1]: a struct of settings has `static constexpr auto settings = "
                "mr::store::settings_table(...)`");
  setting_row row = detail::bare_row<Member>(name, about);
  row.variable = options.variable;
  row.is_required = options.required;
  row.may_reload = options.reload;
  if constexpr (detail::ordered_setting<leaf>) {
    row.bare_unit = options.bare_unit.nanoseconds;
    if (options.least) row.limits.least(*options.least);
    if (options.most) row.limits.most(*options.most);
  }
  if constexpr (detail::worded_setting<leaf>) row.choices = options.choices;
  return row;
}

/// A key that people may have in their files and that this program does not take: the error says why.
constexpr setting_row refused_setting(std::string_view name, std::string_view why) {
  setting_row row;
  row.name = name;
  row.about = why;
  row.role = setting_row::roles::refused;
  return row;
}

/// A member of type setting_place that is told where the struct stands in the file, for errors of what is made of it.
template <auto Member>
requires std::same_as<detail::setting_member<Member>, setting_place>
constexpr setting_row setting_place_in() {
  setting_row row = detail::bare_row<Member>("", "");
  row.role = setting_row::roles::place;
  return row;
}

/// The table of a struct, which is its member `settings`:
///
///     struct cache_settings {
///       bool enabled = true;
///       std::uint64_t max_size = 1000;
///       mr::duration default_ttl = mr::seconds(300);
///
///       static constexpr auto settings = mr::store::settings_table(
///           mr::store::setting<&cache_settings::enabled>("enabled", "whether there is a cache"),
///           mr::store::setting<&cache_settings::max_size>("max_size", "entries", {.least = 1}),
///           mr::store::setting<&cache_settings::default_ttl>("default_ttl", "how long one is kept",
///                                                            {.bare_unit = mr::seconds(1)}));
///     };
///
/// A member is a bool, a number, `duration`, `byte_size`, a std::string, an enumeration with choices,
/// `secret<std::string>`, a struct with a table, a std::optional or std::vector of one of them, or names with one of
/// them each: a vector of pairs, which keeps their order, or a map.
/// A struct that has to fit together has `void examine(mr::store::settings_faults& faults) const`.
template <class... Rows>
requires(std::same_as<Rows, setting_row> && ...)
constexpr std::array<setting_row, sizeof...(Rows)> settings_table(const Rows&... rows) {
  return {rows...};
}

namespace detail {

/// What is wrong with T's table, as `table_faults` numbers it; and the name of the row at fault.
template <class T>
struct judged_table {
  static constexpr table_fault fault = find_table_fault<T>(T::settings);
  static constexpr std::string_view name = fault.row;
};

/// The rows of a struct, whose table is judged first.
template <class T>
constexpr std::span<const setting_row> rows_of() {
  static_assert(requirement<has_settings<T>, T>,
                "millrace[SETTINGS-1]: a struct of settings has `static constexpr auto settings = "
                "mr::store::settings_table(...)`");
  if constexpr (has_settings<T>) {
    using judged = judged_table<T>;
    constexpr table_faults found = judged::fault.kind;
    using at = spelling_t<judged>;
    static_assert(requirement<found != table_faults::bad_name, at>,
                  "millrace[SETTINGS-2]: the name of a setting begins with a lower-case letter and has lower-case "
                  "letters, digits and _");
    static_assert(requirement<found != table_faults::same_name, at>,
                  "millrace[SETTINGS-3]: two settings of one struct have the same name");
    static_assert(requirement<found != table_faults::same_member, at>,
                  "millrace[SETTINGS-4]: two settings are the same member");
    static_assert(requirement<found != table_faults::other_struct, at>,
                  "millrace[SETTINGS-5]: a setting is a member of another struct than the one whose table it is in");
    static_assert(requirement<found != table_faults::empty_range, at>,
                  "millrace[SETTINGS-6]: no value is both at least `least` and at most `most`");
    static_assert(requirement<found != table_faults::bad_choices, at>,
                  "millrace[SETTINGS-7]: the choices of a setting: an enumeration has some, each once, and they are "
                  "of its own type");
    static_assert(requirement<found != table_faults::no_words, at>,
                  "millrace[SETTINGS-8]: a setting says what it is for: the second argument");
    static_assert(requirement<found != table_faults::same_variable, at>,
                  "millrace[SETTINGS-9]: two settings would be one variable of the environment: rename one of them, or "
                  "what it is in");
  }
  return T::settings;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_TABLE_HPP
