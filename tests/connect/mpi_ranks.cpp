// Run by mpirun with any number of ranks: mpi_ranks. Each rank checks what it sees; the exit status is that of all.
#include <millrace/aggregate/keyed/grouped.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/exact_moments.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/connect/mpi.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/feature/batch/batch_summary.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mpi = millrace::connect::mpi;

// So much memory at once is to be had.
static std::size_t most_at_once = ~std::size_t{0};
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const made = size <= most_at_once ? std::malloc(size) : nullptr;
  if (made == nullptr) throw std::bad_alloc();
  return made;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

int rank = 0, ranks = 1, failures = 0;

void check_that(bool holds, const std::string& what) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "rank %d of %d: %s\n", rank, ranks, what.c_str());
}
template <class T>
bool says(const mr::result<T>& failed, std::string_view text) {
  if (!failed && failed.error().describe().find(text) != std::string::npos) return true;
  std::fprintf(stderr, "rank %d: %s\n", rank, failed ? "no error" : failed.error().describe().c_str());
  return false;
}

constexpr std::size_t items = 5000;
double item(std::size_t i) {
  std::uint64_t state = i;
  return std::ldexp(static_cast<double>(mr::splitmix64(state) >> 11) - 0x1p52, static_cast<int>(i % 40) - 50);
}
/// The items of one of `of` parts, of unequal sizes; the last may have none.
template <class State>
State part(State state, std::size_t which, std::size_t of) {
  const std::size_t from = items * which * which / (of * of), to = items * (which + 1) * (which + 1) / (of * of);
  for (std::size_t i = from; i < to; ++i) state.update(item(i));
  return state;
}

using exact = mr::aggregate<mr::count, mr::exact_moments, mr::min, mr::max>;
using rounded = mr::aggregate<mr::count, mr::mean, mr::stddev, mr::first, mr::last>;

void any_number_of_ranks_gives_the_same_bytes() {
  const auto whole = part(exact(), 0, 1).save();
  const exact mine = part(exact(), static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks));
  for (int root = 0; root < ranks; ++root) {
    const auto merged = mpi::merge_to(root, mine, MPI_COMM_WORLD);
    check_that(merged.has_value(), "merge_to fails");
    if (!merged) return;
    check_that(merged->has_value() == (rank == root), "the wrong rank has the merged state");
    if (*merged) check_that((*merged)->save() == whole, "merge_to: other bytes than one process");
  }
  const auto everywhere = mpi::merge_all(mine, MPI_COMM_WORLD);
  check_that(everywhere && everywhere->save() == whole, "merge_all: other bytes than one process");
}

void rounded_states_merge_within_their_error_and_in_order() {
  const rounded whole = part(rounded(), 0, 1);
  const rounded mine = part(rounded(), static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks));
  const auto first = mpi::merge_all(mine, MPI_COMM_WORLD), second = mpi::merge_all(mine, MPI_COMM_WORLD);
  check_that(first && second && first->save() == second->save(), "two merges differ");
  if (!first) return;
  check_that(std::abs(first->get<mr::mean>() - whole.get<mr::mean>()) <= 1e-13 * std::abs(whole.get<mr::mean>()),
             "mean");
  check_that(std::abs(first->get<mr::stddev>() / whole.get<mr::stddev>() - 1) < 1e-13, "stddev");
  check_that(first->get<mr::first>() == item(0) && first->get<mr::last>() == item(items - 1), "the order of ranks");
  mr::kll<200> sketch(static_cast<std::uint64_t>(rank) + 1);
  sketch = part(std::move(sketch), static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks));
  const auto quantiles = mpi::merge_all(sketch, MPI_COMM_WORLD);
  check_that(quantiles && quantiles->count() == items, "kll: count");
  if (!quantiles) return;
  std::size_t below = 0;
  const double median = quantiles->median();
  for (std::size_t i = 0; i < items; ++i) below += item(i) <= median ? 1U : 0U;
  check_that(std::abs(static_cast<double>(below) / items - 0.5) < 2 * quantiles->rank_error(), "kll: median");
}

void batch_summaries_merge() {
  mf::batch_plan plan;
  plan.values.push_back({.column = "value", .quantiles = true, .distinct = true});
  plan.by = {"group"};
  const auto of = [&](std::size_t from, std::size_t to) {
    mf::table batch;
    mf::column group{.name = "group", .kind = mf::column_kind::category, .texts = {"a", "b", "c", "d", "e"}},
        value{.name = "value"};
    for (std::size_t i = from; i < to; ++i) {
      group.codes.push_back(static_cast<std::uint32_t>(i * i % 5));
      value.numbers.push_back(item(i));
    }
    auto made = mf::batch_summary::make(plan);
    if (!batch.add(std::move(group)) || !batch.add(std::move(value)) || !made->update(batch)) std::abort();
    return *std::move(made);
  };
  const auto size = static_cast<std::size_t>(ranks), me = static_cast<std::size_t>(rank);
  // Later rows at lower ranks: the order of groups differs, the bytes do not.
  const std::size_t turned = size - 1 - me;
  const auto merged = mpi::merge_all(of(items * turned / size, items * (turned + 1) / size), MPI_COMM_WORLD);
  check_that(merged && merged->save() == of(0, items).save(), "batch_summary: other bytes than one process");
}

void large_states_go_in_pieces() {
  const exact mine = part(exact(), static_cast<std::size_t>(rank), static_cast<std::size_t>(ranks));
  const auto whole = part(exact(), 0, 1).save();
  for (const std::size_t piece : {1U, 7U, 64U, 100'000U}) {
    const auto merged = mpi::merge_all(mine, MPI_COMM_WORLD, {.piece = piece});
    check_that(merged && merged->save() == whole, "pieces of " + std::to_string(piece));
  }
  check_that(says(mpi::merge_all(mine, MPI_COMM_WORLD, {.piece = 0}), "a piece of 0 bytes"), "a piece of nothing");
  check_that(says(mpi::merge_all(mine, MPI_COMM_WORLD, {.piece = std::size_t{1} << 31}), "a piece of 2147483648"),
             "2^31");
  if (ranks > 1)
    check_that(says(mpi::merge_to(0, mine, MPI_COMM_WORLD, {.most_bytes = 100}), "bytes, 100 are allowed"),
               "too large");
  check_that(says(mpi::gather(0, mine, MPI_COMM_WORLD, {.most_bytes = 100}), "rank 0: its saved state has"),
             "too large");
  check_that(says(mpi::merge_to(ranks, mine, MPI_COMM_WORLD), "there is no rank"), "an impossible root");
  check_that(says(mpi::merge_to(-1, mine, MPI_COMM_WORLD), "there is no rank"), "an impossible root");
}

/// A state whose save, load and merge fail, throw or grow as told.
struct fragile {
  int fault = 0;
  std::uint64_t seen = 1;
  enum { nothing, throws_in_save, bad_bytes, throws_in_load, throws_in_merge, fails_in_merge, throws_in_copy };

  fragile() = default;
  explicit fragile(int kind) : fault(kind) {}
  fragile(const fragile& other) : fault(other.fault), seen(other.seen) {
    if (fault == throws_in_copy && copying) throw std::bad_alloc();
  }
  fragile& operator=(const fragile&) = default;
  static inline bool copying = false;

  mr::result<void> merge(const fragile& other) {
    if (other.fault == throws_in_merge) throw 5;
    if (other.fault == fails_in_merge) return mr::error(mr::errc::type_mismatch, "they do not go together");
    seen += other.seen;
    return {};
  }
  std::vector<std::byte> save() const {
    if (fault == throws_in_save) throw std::bad_alloc();
    mr::envelope_writer to(fault == bad_bytes ? "stranger" : "fragile");
    to.u32(static_cast<std::uint32_t>(fault));
    to.u64(seen);
    return std::move(to).finish();
  }
  static mr::result<fragile> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "fragile");
    if (!from) return std::move(from).error();
    fragile made(static_cast<int>(from->u32()));
    made.seen = from->u64();
    if (made.fault == throws_in_load) throw std::bad_alloc();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return made;
  }
};

void the_error_of_one_rank_reaches_all() {
  for (int bad = 0; bad < ranks; ++bad) {
    const mr::result<exact> mine =
        rank == bad ? mr::result<exact>(mr::error(mr::errc::io, "no such file")) : mr::result<exact>(exact());
    const std::string who = "rank " + std::to_string(bad) + ": no such file";
    for (int root = 0; root < ranks; ++root) {
      const auto merged = mpi::merge_to(root, mine, MPI_COMM_WORLD);
      check_that(says(merged, who) && merged.error().code() == mr::errc::io,
                 "merge_to, bad rank " + std::to_string(bad));
      check_that(says(mpi::gather(root, mine, MPI_COMM_WORLD), who), "gather, bad rank " + std::to_string(bad));
    }
    check_that(says(mpi::merge_all(mine, MPI_COMM_WORLD), who), "merge_all, bad rank " + std::to_string(bad));
    for (const int kind : {fragile::throws_in_save, fragile::bad_bytes, fragile::throws_in_load,
                           fragile::throws_in_merge, fragile::fails_in_merge, fragile::throws_in_copy}) {
      if (ranks == 1 && kind != fragile::throws_in_save) continue;
      const mr::result<fragile> state{fragile(rank == bad ? kind : fragile::nothing)};
      fragile::copying = true;
      const auto merged = mpi::merge_all(state, MPI_COMM_WORLD);
      fragile::copying = false;
      // Rank 0 merges the others into its own, so nobody loads or merges what it saves but at the very end.
      const bool expected = bad != 0 || kind == fragile::throws_in_save || kind == fragile::throws_in_copy ||
                            kind == fragile::bad_bytes || kind == fragile::throws_in_load;
      check_that(merged.has_value() != expected, "fault " + std::to_string(kind) + " of rank " + std::to_string(bad) +
                                                     ": " +
                                                     (merged ? std::string("no error") : merged.error().describe()));
    }
    const auto after = mpi::merge_all(fragile(), MPI_COMM_WORLD);
    check_that(after && after->seen == static_cast<std::uint64_t>(ranks), "what comes after an error");
  }
}

/// A state of 2 MB at all ranks but one.
struct heavy {
  std::size_t size = 0;
  void merge(const heavy& other) { size += other.size; }
  std::vector<std::byte> save() const { return std::vector<std::byte>(size); }
  static mr::result<heavy> load(std::span<const std::byte> bytes) { return heavy{bytes.size()}; }
};

void a_rank_without_memory_makes_nobody_wait() {
  if (ranks == 1) return;
  const heavy mine{rank == 0 ? 10U : 2'000'000U};
  most_at_once = rank == 0 ? 1'000'000 : ~std::size_t{0};
  const auto merged = mpi::merge_to(ranks - 1, mine, MPI_COMM_WORLD, {.piece = 1000});
  const auto everywhere = mpi::merge_all(mine, MPI_COMM_WORLD);
  const auto gathered = mpi::gather(0, mine, MPI_COMM_WORLD);
  // Here the receivers of the whole have no memory: all but rank 0.
  most_at_once = rank == 0 ? ~std::size_t{0} : 1'000'000;
  const auto sent = mpi::merge_all(heavy{rank == 0 ? 2'000'000U : 10U}, MPI_COMM_WORLD);
  most_at_once = ~std::size_t{0};
  check_that(says(merged, "no memory for"), "merge_to without memory");
  check_that(says(everywhere, "no memory for"), "merge_all without memory");
  check_that(says(gathered, "no memory for 2000000 bytes"), "gather without memory");
  check_that(says(sent, "no memory for") && sent.error().code() == mr::errc::no_space, "receivers without memory");
  const auto after = mpi::merge_all(heavy{2'000'000}, MPI_COMM_WORLD);
  check_that(after && after->size == 2'000'000U * static_cast<std::size_t>(ranks), "with memory again");
}

void states_are_gathered_in_the_order_of_ranks() {
  mr::aggregate<mr::exact_sum> mine;
  mine.update(rank);
  for (int root = 0; root < ranks; ++root) {
    const auto all = mpi::gather(root, mine, MPI_COMM_WORLD);
    check_that(all.has_value(), "gather fails");
    if (!all) return;
    check_that(all->size() == (rank == root ? static_cast<std::size_t>(ranks) : 0), "how many were gathered");
    for (std::size_t i = 0; i < all->size(); ++i) {
      const auto one = mr::aggregate<mr::exact_sum>::load((*all)[i]);
      check_that(one && one->get<mr::exact_sum>() == static_cast<double>(i), "the order of gathered states");
    }
  }
}

void other_communicators_and_messages_of_the_callers_do_not_mix() {
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half);  // in the reverse order
  int others = 0;
  MPI_Comm_size(half, &others);
  const auto merged = mpi::merge_all(fragile(), half);
  check_that(merged && merged->seen == static_cast<std::uint64_t>(others), "merge over half of the ranks");
  MPI_Comm_free(&half);
  check_that(says(mpi::merge_all(fragile(), MPI_COMM_NULL), "MPI_COMM_NULL"), "no communicator");
  // A message of the caller's with our tag is under way all the while.
  int said = rank, heard = -1;
  MPI_Request sending, hearing;
  MPI_Isend(&said, 1, MPI_INT, (rank + 1) % ranks, 0, MPI_COMM_WORLD, &sending);
  const auto during = mpi::merge_all(fragile(), MPI_COMM_WORLD);
  MPI_Irecv(&heard, 1, MPI_INT, (rank + ranks - 1) % ranks, 0, MPI_COMM_WORLD, &hearing);
  MPI_Wait(&sending, MPI_STATUS_IGNORE);
  MPI_Wait(&hearing, MPI_STATUS_IGNORE);
  check_that(during && during->seen == static_cast<std::uint64_t>(ranks), "merge beside a message of the caller's");
  check_that(heard == (rank + ranks - 1) % ranks, "the caller's message");
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  any_number_of_ranks_gives_the_same_bytes();
  rounded_states_merge_within_their_error_and_in_order();
  batch_summaries_merge();
  large_states_go_in_pieces();
  the_error_of_one_rank_reaches_all();
  a_rank_without_memory_makes_nobody_wait();
  states_are_gathered_in_the_order_of_ranks();
  other_communicators_and_messages_of_the_callers_do_not_mix();
  int all = 0;
  MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  if (rank == 0) std::printf("%d ranks, %d failures\n", ranks, all);
  MPI_Finalize();
  return all == 0 ? 0 : 1;
}
