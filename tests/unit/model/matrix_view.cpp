#include <millrace/model/matrix_view.hpp>

#include <support/catch.hpp>

#include <span>
#include <vector>

// For all sources of this program, behind the C library's headers.
#include <support/allocations.hpp>

namespace mr = millrace;

TEST_CASE("matrix view: rows of a block of numbers, packed and with a stride") {
  const std::vector<float> numbers = {1, 2, 3, 4, 5, 6, 7};
  const mr::model::matrix_view packed(numbers, 3);
  CHECK(packed.rows() == 2);  // the seventh makes no row
  CHECK(packed.columns() == 3);
  CHECK(packed(1, 2) == 6);
  CHECK(packed.row(1).data() == numbers.data() + 3);
  CHECK(packed.row(1).size() == 3);
  const mr::model::matrix_view wide(numbers.data(), 2, 2, 4);
  CHECK(wide(1, 1) == 6);
  CHECK(wide.stride() == 4);
  CHECK(mr::model::matrix_view().rows() == 0);
  CHECK(mr::model::matrix_view(numbers, 0).rows() == 0);
}
