// A program that merges what its ranks have seen; without mpirun it is one rank.
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/exact_moments.hpp>
#include <millrace/connect/mpi.hpp>

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  millrace::aggregate<millrace::exact_sum> seen;
  seen.update({1.0, 2.0});
  int ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const auto all = millrace::connect::mpi::merge_all(seen, MPI_COMM_WORLD);
  const bool right = all && all->get<millrace::exact_sum>() == 3.0 * ranks;
  MPI_Finalize();
  return right ? 0 : 1;
}
