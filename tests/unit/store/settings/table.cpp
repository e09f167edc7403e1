#include <millrace/store/settings/table.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("a table knows the name, limits and flags of each member, at compile time") {
  static_assert(ms::has_settings<support::made_cache> && !ms::has_settings<int>);
  constexpr auto rows = ms::detail::rows_of<support::made_cache>();
  static_assert(rows.size() == 3 && rows[1].name == "max_size" && rows[1].may_reload && !rows[0].may_reload);
  static_assert(rows[1].limits.has_least && !rows[1].limits.has_most);
  static_assert(rows[2].bare_unit == 1'000'000'000);
  support::made_cache cache;
  *static_cast<std::uint32_t*>(rows[1].member(&cache)) = 7;
  CHECK(cache.max_size == 7);
  constexpr auto all = ms::detail::rows_of<support::made_service>();
  static_assert(all[0].type().kind == ms::detail::setting_kind::section);
  static_assert(all[2].choices.size() == 2);
  static_assert(all.back().role == ms::setting_row::roles::refused);
}
