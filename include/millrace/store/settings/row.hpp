#ifndef MILLRACE_STORE_SETTINGS_ROW_HPP
#define MILLRACE_STORE_SETTINGS_ROW_HPP

#include <millrace/core/duration.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/settings/byte_size.hpp>
#include <millrace/store/settings/detail/scalar_text.hpp>

#include <concepts>
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

namespace detail {

struct setting_type;
/// One address for each type.
template <class T>
inline constexpr char type_mark = 0;

}  // namespace detail

/// What a setting may be: a text, or an enumerator under its name in files.
///
///     static constexpr mr::store::setting_choice strategies[] = {{"hash", strategy::hash}, {"random",
///     strategy::random}};
struct setting_choice {
  std::string_view name;
  detail::whole_number value = {};
  const void* owner = nullptr;  ///< The enumeration, or null for a text.

  constexpr setting_choice(std::string_view text) noexcept : name(text) {}
  constexpr setting_choice(const char* text) noexcept : name(text) {}
  template <class Enumeration>
  requires std::is_enum_v<Enumeration>
  constexpr setting_choice(std::string_view text, Enumeration enumerator) noexcept
      : name(text),
        value(detail::whole_number::from(static_cast<std::underlying_type_t<Enumeration>>(enumerator))),
        owner(&detail::type_mark<Enumeration>) {}
};

/// The least and the most that a setting may be, both within.
struct setting_limits {
  bool has_least = false;
  bool has_most = false;
  detail::whole_number least_whole = {};
  detail::whole_number most_whole = {};
  double least_real = 0;
  double most_real = 0;

  template <class L>
  constexpr void least(const L& value) noexcept {
    has_least = true;
    set(value, least_whole, least_real);
  }
  template <class L>
  constexpr void most(const L& value) noexcept {
    has_most = true;
    set(value, most_whole, most_real);
  }

 private:
  template <class L>
  static constexpr void set(const L& value, detail::whole_number& whole, double& real) noexcept {
    if constexpr (std::floating_point<L>)
      real = value;
    else if constexpr (std::same_as<L, duration>)
      whole = detail::whole_number::from(value.nanoseconds);
    else if constexpr (std::same_as<L, byte_size>)
      whole = detail::whole_number::from(value.bytes);
    else
      whole = detail::whole_number::from(value);
  }
};

/// A row of a table, made by `setting`, `refused_setting` and `setting_place_in`.
struct setting_row {
  enum class roles : std::uint8_t { value, refused, place };

  std::string_view name = {};
  std::string_view about = {};  ///< What it is for; why it is refused.
  roles role = roles::value;
  bool is_required = false;
  bool may_reload = false;
  std::string_view variable = {};
  std::int64_t bare_unit = 0;  ///< Nanoseconds that a bare number counts; 0: it is an error.
  setting_limits limits = {};
  std::span<const setting_choice> choices = {};
  const void* owner = nullptr;  ///< The struct that has the member.
  std::string_view mark = {};   ///< The member's name as the compiler spells it, for comparisons alone.
  void* (*member)(void* object) = nullptr;
  const detail::setting_type& (*type)() = nullptr;
};

/// Where a struct that examines itself says what is wrong: `faults.add("weight", "the weights sum to 90, not 100")`.
class settings_faults {
 public:
  /// `key` is that of the setting within the struct, or empty: of the struct itself.
  void add(std::string_view key, std::string what) { all_.emplace_back(std::string(key), std::move(what)); }
  const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_ROW_HPP
