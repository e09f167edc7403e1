#ifndef MILLRACE_FEATURE_SPECIFICATION_SPECIFICATIONS_OF_HPP
#define MILLRACE_FEATURE_SPECIFICATION_SPECIFICATIONS_OF_HPP

#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/features.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/detail/named_transform.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// The kind of a column that holds what a cell takes of such values.
template <class Cell, class Value>
constexpr column_kind column_kind_for() noexcept {
  if (std::is_same_v<Cell, number_cell>) return column_kind::number;
  if (std::is_same_v<Cell, text_cell>) return column_kind::text;
  if (std::is_same_v<Cell, time_cell>) return column_kind::time;
  if (!std::is_same_v<Cell, presence_cell>) return column_kind::category;
  return time_like<Value>                            ? column_kind::time
         : text_like<Value> || std::is_enum_v<Value> ? column_kind::category
                                                     : column_kind::number;
}

}  // namespace detail

/// The transforms of a type in words, with all that was fitted as parameters. An accessor has no name that could be
/// asked for, so each reads a column that is called as it is; the two or three of a `cross` are left out. A transform
/// of your own has its `kind` as type, and no parameters. Precondition: of.fitted(). Allocates: the list.
template <class Event, class... Transforms>
std::vector<specification> specifications_of(const feature_set<Event, Transforms...>& of) {
  std::vector<specification> made;
  of.for_each_transform([&]<class Transform>(const Transform& transform) {
    specification one{.name = std::string(Transform::name), .type = std::string(Transform::kernel_type::kind)};
    detail::tell_parameters(transform.kernel(), one.parameters);
    const auto& how = transform.policy();
    for (const trouble what : how.each)
      if (how.to(what) != how.usual(what)) one.rules.push_back({what, how.to(what), how.value(what)});
    made.push_back(std::move(one));
  });
  return made;
}

/// The columns that `specifications_of` such features reads.
template <class Event, class... Transforms>
std::vector<declared_column> columns_of(const feature_set<Event, Transforms...>&) {
  return {{std::string(Transforms::name),
           detail::column_kind_for<typename Transforms::cell,
                                   detail::value_read<Event, typename Transforms::accessor_type>>()}...};
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_SPECIFICATIONS_OF_HPP
