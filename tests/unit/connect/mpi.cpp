#include <millrace/connect/mpi.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/exact_moments.hpp>

#include <string>

namespace mr = millrace;
namespace mpi = millrace::connect::mpi;

// What several ranks do is in tests/connect/mpi_ranks.cpp; here MPI is not even initialized, as in a program that was
// linked with it and started without.
TEST_CASE("without MPI_Init a merge is an error") {
  mr::aggregate<mr::exact_sum> seen;
  seen.update(1.0);
  const auto to = mpi::merge_to(0, seen, MPI_COMM_WORLD);
  REQUIRE_FALSE(to);
  CHECK(to.error().describe() == "mpi: MPI is not initialized, or finalized already");
  CHECK_FALSE(mpi::merge_all(seen, MPI_COMM_WORLD));
  CHECK_FALSE(mpi::gather(0, seen, MPI_COMM_WORLD));
}

TEST_CASE("parcels carry errors as they are") {
  const mr::error why(mr::errc::no_space, "disk full");
  const mr::error back = mpi::detail::error_of(mpi::detail::parcel_of(why));
  CHECK(back.code() == mr::errc::no_space);
  CHECK(back.describe() == "disk full");
  const mr::result<mr::aggregate<mr::exact_sum>> good{mr::aggregate<mr::exact_sum>()};
  const auto large = mpi::detail::parcel_of(good, 3, {.most_bytes = 10});
  CHECK(static_cast<mr::errc>(large.failed) == mr::errc::out_of_range);
  CHECK(mpi::detail::error_of(large).describe().find("rank 3: its saved state has ") == 0);
  CHECK(mpi::detail::parcel_of(good, 3, {}).failed == 0);
}
