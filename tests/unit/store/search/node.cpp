#include <millrace/store/search/node.hpp>

#include <millrace/store/search.hpp>
#include <support/catch.hpp>

namespace ms = millrace::store;

TEST_CASE("search: a filter's tree has each node in front of its children") {
  const auto filter = ms::search_filter::make(
      "metrics.a > 1 AND (params.b = 'x' OR NOT tags.c IS NOT NULL) AND metrics.a < 2", ms::run_schema);
  REQUIRE(filter);
  using op = ms::search_operation;
  const auto nodes = filter->nodes();
  REQUIRE(nodes.size() == 7);
  const op operations[] = {op::conjunction, op::greater, op::disjunction, op::equal,
                           op::negation,    op::is_null, op::less};
  const unsigned sizes[] = {7, 1, 4, 1, 2, 1, 1};
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(nodes[i].operation == operations[i]);
    CHECK(nodes[i].size == sizes[i]);
    CHECK(is_condition(nodes[i].operation) == (operations[i] >= op::equal));
  }
  CHECK(nodes[5].negated);
  REQUIRE(filter->fields().size() == 3);
  CHECK(nodes[1].field == nodes[6].field);
  CHECK(filter->fields()[nodes[3].field].key == "b");
  CHECK(filter->value(nodes[3].first).text() == "x");
}
