#ifndef MILLRACE_STORE_SETTINGS_DETAIL_SETTING_TYPE_HPP
#define MILLRACE_STORE_SETTINGS_DETAIL_SETTING_TYPE_HPP

#include <millrace/core/duration.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/store/settings/byte_size.hpp>
#include <millrace/store/settings/row.hpp>
#include <millrace/store/settings/settings_node.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

enum class setting_kind : std::uint8_t {
  none,
  flag,
  whole,
  real,
  text,
  choice,
  duration,
  size,
  secret,
  section,
  list,
  names,
  optional,
  place
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_named_pair = false;
template <class T>
inline constexpr bool is_named_pair<std::pair<std::string, T>> = true;

template <class T>
concept character =
    std::same_as<T, char> || std::same_as<T, signed char> || std::same_as<T, unsigned char> ||
    std::same_as<T, wchar_t> || std::same_as<T, char8_t> || std::same_as<T, char16_t> || std::same_as<T, char32_t>;
/// A signed char is std::int8_t, and an unsigned one std::uint8_t: these are numbers.
template <class T>
concept setting_integer = std::integral<T> && !std::same_as<T, bool> &&
                          (!character<T> || std::same_as<T, std::int8_t> || std::same_as<T, std::uint8_t>);
template <class T>
concept setting_list = requires(T& list) {
  typename T::value_type;
  { list.emplace_back() } -> std::same_as<typename T::value_type&>;
  list.clear();
} && !std::same_as<T, std::string>;
template <class T>
concept setting_map = requires(T& map, const std::string& name) {
  typename T::key_type;
  typename T::mapped_type;
  { map[name] } -> std::same_as<typename T::mapped_type&>;
  map.clear();
} && std::same_as<typename T::key_type, std::string>;

template <class T>
constexpr setting_kind kind_of() {
  if constexpr (std::same_as<T, bool>)
    return setting_kind::flag;
  else if constexpr (setting_integer<T>)
    return setting_kind::whole;
  else if constexpr (std::same_as<T, double> || std::same_as<T, float>)
    return setting_kind::real;
  else if constexpr (std::same_as<T, std::string>)
    return setting_kind::text;
  else if constexpr (std::is_enum_v<T>)
    return setting_kind::choice;
  else if constexpr (std::same_as<T, duration>)
    return setting_kind::duration;
  else if constexpr (std::same_as<T, byte_size>)
    return setting_kind::size;
  else if constexpr (std::same_as<T, secret<std::string>>)
    return setting_kind::secret;
  else if constexpr (std::same_as<T, setting_place>)
    return setting_kind::place;
  else if constexpr (is_optional<T>)
    return setting_kind::optional;
  else if constexpr (setting_map<T>)
    return setting_kind::names;
  else if constexpr (setting_list<T>)
    return is_named_pair<typename T::value_type> ? setting_kind::names : setting_kind::list;
  else if constexpr (std::is_class_v<T>)
    return setting_kind::section;
  else
    return setting_kind::none;
}

template <class T>
concept ordered_setting = setting_integer<T> || std::same_as<T, double> || std::same_as<T, float> ||
                          std::same_as<T, duration> || std::same_as<T, byte_size>;
template <class T>
concept worded_setting = std::same_as<T, std::string> || std::is_enum_v<T>;

/// What a member consists of: itself, or what its lists, names and options are of.
template <class T>
struct leaf_of {
  using type = T;
};
template <class T>
requires is_optional<T>
struct leaf_of<T> : leaf_of<typename T::value_type> {};
template <class T>
requires(!is_optional<T> && setting_map<T>)
struct leaf_of<T> : leaf_of<typename T::mapped_type> {};
template <class T>
requires(!is_optional<T> && !setting_map<T> && setting_list<T>)
struct leaf_of<T> : leaf_of<typename T::value_type> {};
template <class T>
struct leaf_of<std::pair<std::string, T>> : leaf_of<T> {};

template <auto Member>
struct member_parts;
template <class T, class M, M T::* Member>
struct member_parts<Member> {
  using owner = T;
  using type = M;
};
template <auto Member>
using setting_member = typename member_parts<Member>::type;
template <auto Member>
using setting_leaf = typename leaf_of<setting_member<Member>>::type;

/// A scalar that was read, or that is to be shown.
struct setting_value {
  bool flag = false;
  whole_number whole = {};
  double real = 0;
  std::string_view text = {};
};

/// Whether a kind has elements. (g++ with a sanitizer does not compare a function with null at compile time.)
constexpr bool holds_elements(setting_kind kind) noexcept {
  return kind == setting_kind::list || kind == setting_kind::names || kind == setting_kind::optional;
}

/// How a type of a member is read and looked at, without its name. What a kind does not need is null.
struct setting_type {
  setting_kind kind = setting_kind::none;
  whole_number least = {};  // that the type holds
  whole_number most = {};
  const void* mark = nullptr;
  const setting_type& (*element)() = nullptr;
  std::span<const setting_row> (*rows)() = nullptr;
  void (*set)(void*, const setting_value&) = nullptr;
  setting_value (*get)(const void*) = nullptr;
  void (*set_secret)(void*, secret<std::string>&&) = nullptr;
  bool (*same_secret)(const void*, const void*) = nullptr;
  void (*reset)(void*) = nullptr;                      // empties a list, names, an option
  void* (*append)(void*, std::string_view) = nullptr;  // makes one more in it
  void (*each)(const void*, void (*)(void*, std::string_view, const void*), void*) = nullptr;
  void (*examine)(const void*, settings_faults&) = nullptr;
  void (*with_fresh)(void (*)(void*, void*), void*) = nullptr;  // calls with an object of defaults
};

template <class T>
constexpr setting_type make_setting_type();
template <class T>
inline constexpr setting_type setting_type_value = make_setting_type<T>();
template <class T>
const constexpr setting_type& setting_type_of() {
  return setting_type_value<T>;
}

template <class T>
constexpr std::span<const setting_row> rows_of();  // store/settings/table.hpp

template <class T>
void set_scalar(void* object, const setting_value& value) {
  T& to = *static_cast<T*>(object);
  constexpr setting_kind kind = kind_of<T>();
  if constexpr (kind == setting_kind::flag)
    to = value.flag;
  else if constexpr (kind == setting_kind::whole)
    to = value.whole.as<T>();
  else if constexpr (kind == setting_kind::real)
    to = static_cast<T>(value.real);
  else if constexpr (kind == setting_kind::text)
    to = value.text;
  else if constexpr (kind == setting_kind::choice)
    to = static_cast<T>(value.whole.as<std::underlying_type_t<T>>());
  else if constexpr (kind == setting_kind::duration)
    to = duration(value.whole.as<std::int64_t>());
  else
    to.bytes = value.whole.magnitude;
}
template <class T>
setting_value get_scalar(const void* object) {
  const T& from = *static_cast<const T*>(object);
  constexpr setting_kind kind = kind_of<T>();
  if constexpr (kind == setting_kind::flag)
    return {.flag = from};
  else if constexpr (kind == setting_kind::whole)
    return {.whole = whole_number::from(from)};
  else if constexpr (kind == setting_kind::real)
    return {.real = static_cast<double>(from)};
  else if constexpr (kind == setting_kind::text)
    return {.text = from};
  else if constexpr (kind == setting_kind::choice)
    return {.whole = whole_number::from(static_cast<std::underlying_type_t<T>>(from))};
  else if constexpr (kind == setting_kind::duration)
    return {.whole = whole_number::from(from.nanoseconds)};
  else
    return {.whole = whole_number::from(from.bytes)};
}

template <class T>
void with_fresh_object(void (*use)(void*, void*), void* context) {
  T fresh{};
  use(context, &fresh);
}

template <class T>
constexpr void describe_container(setting_type& made) {
  made.reset = [](void* object) {
    if constexpr (is_optional<T>)
      static_cast<T*>(object)->reset();
    else
      static_cast<T*>(object)->clear();
  };
  if constexpr (is_optional<T>) {
    made.element = setting_type_of<typename T::value_type>;
    made.append = [](void* object, std::string_view) -> void* { return &static_cast<T*>(object)->emplace(); };
    made.each = [](const void* object, void (*visit)(void*, std::string_view, const void*), void* context) {
      if (const T& option = *static_cast<const T*>(object); option) visit(context, {}, &*option);
    };
  } else if constexpr (setting_map<T>) {
    made.element = setting_type_of<typename T::mapped_type>;
    made.append = [](void* object, std::string_view name) -> void* {
      return &(*static_cast<T*>(object))[std::string(name)];
    };
    made.each = [](const void* object, void (*visit)(void*, std::string_view, const void*), void* context) {
      for (const auto& each : *static_cast<const T*>(object)) visit(context, each.first, &each.second);
    };
  } else if constexpr (is_named_pair<typename T::value_type>) {
    made.element = setting_type_of<typename T::value_type::second_type>;
    made.append = [](void* object, std::string_view name) -> void* {
      auto& added = static_cast<T*>(object)->emplace_back();
      added.first = name;
      return &added.second;
    };
    made.each = [](const void* object, void (*visit)(void*, std::string_view, const void*), void* context) {
      for (const auto& each : *static_cast<const T*>(object)) visit(context, each.first, &each.second);
    };
  } else {
    made.element = setting_type_of<typename T::value_type>;
    made.append = [](void* object, std::string_view) -> void* { return &static_cast<T*>(object)->emplace_back(); };
    made.each = [](const void* object, void (*visit)(void*, std::string_view, const void*), void* context) {
      for (const auto& each : *static_cast<const T*>(object)) visit(context, {}, &each);
    };
  }
}

template <class T>
constexpr setting_type make_setting_type() {
  constexpr setting_kind kind = kind_of<T>();
  setting_type made;
  made.kind = kind;
  made.mark = &type_mark<T>;
  if constexpr (kind == setting_kind::none || kind == setting_kind::place) {
    return made;
  } else {
    made.with_fresh = with_fresh_object<T>;
    if constexpr (kind == setting_kind::whole) {
      made.least = whole_number::from(std::numeric_limits<T>::lowest());
      made.most = whole_number::from((std::numeric_limits<T>::max)());
    }
    if constexpr (kind == setting_kind::section) {
      made.rows = rows_of<T>;
      if constexpr (requires(const T& object, settings_faults& faults) { object.examine(faults); })
        made.examine = [](const void* object, settings_faults& faults) {
          static_cast<const T*>(object)->examine(faults);
        };
    } else if constexpr (kind == setting_kind::secret) {
      made.set_secret = [](void* object, secret<std::string>&& value) { *static_cast<T*>(object) = std::move(value); };
      made.same_secret = [](const void* a, const void* b) {
        return *static_cast<const T*>(a) == *static_cast<const T*>(b);
      };
    } else if constexpr (holds_elements(kind)) {
      describe_container<T>(made);
    } else {
      made.set = set_scalar<T>;
      made.get = get_scalar<T>;
    }
    return made;
  }
}

/// A text for each member. (g++ with a sanitizer compares no addresses at compile time.)
template <auto Member>
constexpr std::string_view member_mark() {
  return __PRETTY_FUNCTION__;
}

template <auto Member>
void* member_at(void* object) {
  using owner = typename member_parts<Member>::owner;
  return &(static_cast<owner*>(object)->*Member);
}

template <auto Member>
constexpr setting_row bare_row(std::string_view name, std::string_view about) {
  setting_row row;
  row.name = name;
  row.about = about;
  row.owner = &type_mark<typename member_parts<Member>::owner>;
  row.mark = member_mark<Member>();
  row.member = member_at<Member>;
  row.type = setting_type_of<setting_member<Member>>;
  return row;
}

/// Calls f(name, item) with each item of a list or names, or the one of an option that has one.
template <class F>
void for_each_item(const setting_type& type, const void* object, F&& f) {
  type.each(
      object,
      [](void* context, std::string_view name, const void* item) {
        (*static_cast<std::remove_reference_t<F>*>(context))(name, item);
      },
      &f);
}

/// A member of an object that is only looked at.
inline const void* member_of(const setting_row& row, const void* object) {
  return row.member(const_cast<void*>(object));
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_DETAIL_SETTING_TYPE_HPP
