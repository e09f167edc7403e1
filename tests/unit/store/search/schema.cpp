#include <millrace/store/search/schema.hpp>

#include <millrace/store/search/filter.hpp>
#include <support/catch.hpp>

#include <array>
#include <string>

namespace ms = millrace::store;

namespace {

// [rows]
constexpr auto rooms = static_cast<ms::search_kind>(16);
constexpr ms::searched_key house_keys[] = {{"street"}, {"built", ms::search_type::integer}};
constexpr ms::searched_group house_groups[] = {{ms::search_kind::attribute, {"house"}, house_keys},
                                               {rooms, {"rooms", "room"}, {}, ms::search_type::number}};
constexpr ms::search_schema houses{"houses", house_groups};

/// Has a kitchen and was built in a year.
struct house {
  int built = 0;
  double kitchen = 0;
  ms::search_value find(const ms::search_field& field) const {
    if (field.kind == rooms) return field.key == "kitchen" ? ms::search_value(kitchen) : ms::search_value();
    return field.key == "built" ? ms::search_value(built) : ms::search_value("Elm Street");
  }
};
// [/rows]

}  // namespace

TEST_CASE("search: a schema of one's own says what can be asked") {
  const auto filter = ms::search_filter::make("built < 1950 AND room.kitchen >= 12 AND street LIKE 'Elm%'", houses);
  REQUIRE(filter);
  CHECK(filter->matches(house{1921, 12.5}));
  CHECK_FALSE(filter->matches(house{1951, 12.5}));
  CHECK_FALSE(filter->matches(house{1921, 11}));
  CHECK(ms::search_filter::make("doors = 4", houses).error().message() ==
        "filter of houses, byte 1: there is no key \"doors\" among house, which are street, built");
  CHECK(ms::search_filter::make("built = 1 AND tags.a = 'b'", houses).error().message() ==
        "filter of houses, byte 15: there is no group \"tags\" of keys; the groups are house, rooms");
}

TEST_CASE("search: what may be asked is a set") {
  constexpr auto set = ms::search_asks::equality | ms::search_asks::lists;
  CHECK(includes(set, ms::search_asks::lists));
  CHECK_FALSE(includes(set, ms::search_asks::lists | ms::search_asks::nulls));
  CHECK(includes(set, ms::search_asks::nothing));
}
