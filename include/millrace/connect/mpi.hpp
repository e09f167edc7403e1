#ifndef MILLRACE_CONNECT_MPI_HPP
#define MILLRACE_CONNECT_MPI_HPP

/// connect/mpi: states of many processes merged over an MPI communicator. Component `mpi`; needs an MPI library (Open
/// MPI, MPICH) and its <mpi.h>.
///
/// - `merge_to`: the ranks' states merged at one of them, by a tree
/// - `merge_all`: the same, at all of them
/// - `gather`: the ranks' saved states at one of them, unmerged
///
/// Anything mergeable and saveable goes: an `aggregate`, a sketch, `grouped`, a `batch_summary`, a type of your own.

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/result.hpp>

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mpi {

struct options {
  /// A message has at most so many bytes; larger states go in several, since MPI counts with an int.
  std::size_t piece = std::size_t{1} << 30;
  /// A saved state of more bytes is refused, with an error at every rank.
  std::uint64_t most_bytes = std::uint64_t{1} << 40;
};

namespace detail {

using namespace millrace::detail;  // the primitives of core

using bytes = std::vector<std::byte>;

/// What a rank has to send: a saved state, or why it has none.
struct parcel {
  std::uint32_t failed = 0;  // an error's code, or 0
  bytes content{};           // the saved state, or the error's text
};

inline parcel parcel_of(const error& why) {
  const std::string text = why.describe();
  parcel made{static_cast<std::uint32_t>(why.code()), bytes(text.size())};
  for (std::size_t i = 0; i < text.size(); ++i) made.content[i] = static_cast<std::byte>(text[i]);
  return made;
}
inline error error_of(const parcel& from) {
  std::string text(from.content.size(), '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(from.content[i]);
  return error(static_cast<errc>(from.failed), std::move(text));
}

/// A communicator of our own over the same ranks, so that no message of the caller's is taken for one of ours; its
/// errors are returned, not fatal.
class private_communicator {
 public:
  explicit private_communicator(MPI_Comm over) {
    int started = 0;
    int ended = 0;
    MPI_Initialized(&started);
    MPI_Finalized(&ended);
    if (started == 0 || ended != 0) {
      fault_ = "MPI is not initialized, or finalized already";
      return;
    }
    if (over == MPI_COMM_NULL) {
      fault_ = "the communicator is MPI_COMM_NULL";
      return;
    }
    int between = 0;
    if (MPI_Comm_test_inter(over, &between) == MPI_SUCCESS && between != 0) {
      fault_ = "the communicator is one between two groups";
      return;
    }
    if (!fine(MPI_Comm_dup(over, &own_), "MPI_Comm_dup")) return;
    MPI_Comm_set_errhandler(own_, MPI_ERRORS_RETURN);
    fine(MPI_Comm_rank(own_, &rank_), "MPI_Comm_rank");
    fine(MPI_Comm_size(own_, &size_), "MPI_Comm_size");
  }
  private_communicator(const private_communicator&) = delete;
  private_communicator& operator=(const private_communicator&) = delete;
  ~private_communicator() {
    if (own_ != MPI_COMM_NULL) MPI_Comm_free(&own_);
  }

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  /// Whether no call of MPI has failed so far.
  result<void> finish() const {
    if (!fault_.empty()) return error(errc::io, "mpi: " + fault_);
    return {};
  }

  // A receiver says whether it has room before it is sent any content: one that has none makes nobody wait.

  void send(const parcel& what, int to, std::size_t piece) {
    std::uint64_t head[2] = {what.failed, what.content.size()};
    std::uint64_t room = 0;
    if (!fine(MPI_Send(head, 2, MPI_UINT64_T, to, 0, own_), "MPI_Send")) return;
    if (!fine(MPI_Recv(&room, 1, MPI_UINT64_T, to, 0, own_, MPI_STATUS_IGNORE), "MPI_Recv") || room == 0) return;
    each_piece(what.content.size(), piece, [&](std::size_t at, int count) {
      return fine(MPI_Send(what.content.data() + at, count, MPI_BYTE, to, 0, own_), "MPI_Send");
    });
  }
  parcel receive(int from, std::size_t piece) {
    std::uint64_t head[2] = {0, 0};
    parcel made;
    if (!fine(MPI_Recv(head, 2, MPI_UINT64_T, from, 0, own_, MPI_STATUS_IGNORE), "MPI_Recv")) return made;
    const std::uint64_t room = make_room(made, head) ? 1 : 0;
    if (!fine(MPI_Send(&room, 1, MPI_UINT64_T, from, 0, own_), "MPI_Send")) return made;
    if (room == 0) return no_room(head[1]);
    each_piece(made.content.size(), piece, [&](std::size_t at, int count) {
      return fine(MPI_Recv(made.content.data() + at, count, MPI_BYTE, from, 0, own_, MPI_STATUS_IGNORE), "MPI_Recv");
    });
    return made;
  }
  /// Gives all ranks what `root` has; an error instead if one of them has no room for it.
  void broadcast(parcel& what, int root, std::size_t piece) {
    std::uint64_t head[2] = {what.failed, what.content.size()};
    if (!fine(MPI_Bcast(head, 2, MPI_UINT64_T, root, own_), "MPI_Bcast")) return;
    int room = rank_ == root || make_room(what, head) ? 1 : 0;
    if (!fine(MPI_Allreduce(MPI_IN_PLACE, &room, 1, MPI_INT, MPI_MIN, own_), "MPI_Allreduce")) return;
    if (room == 0) {
      what = no_room(head[1]);
      return;
    }
    each_piece(what.content.size(), piece, [&](std::size_t at, int count) {
      return fine(MPI_Bcast(what.content.data() + at, count, MPI_BYTE, root, own_), "MPI_Bcast");
    });
  }

 private:
  bool fine(int code, const char* call) {
    if (code == MPI_SUCCESS) return true;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    if (fault_.empty()) fault_ = std::string(call) + ": " + std::string(text, static_cast<std::size_t>(length));
    return false;
  }
  static bool make_room(parcel& for_what, const std::uint64_t (&head)[2]) {
    for_what.failed = static_cast<std::uint32_t>(head[0]);
    return guarded([&] { for_what.content.resize(static_cast<std::size_t>(head[1])); }, [] { return std::string(); })
        .has_value();
  }
  parcel no_room(std::uint64_t size) const {
    return parcel_of(error(errc::no_space, "mpi: no memory for " + std::to_string(size) + " bytes"));
  }
  template <class Call>
  static void each_piece(std::size_t size, std::size_t piece, const Call& call) {
    for (std::size_t at = 0; at < size; at += piece)
      if (!call(at, static_cast<int>(size - at < piece ? size - at : piece))) return;
  }

  MPI_Comm own_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  std::string fault_;
};

inline std::string named(int rank) { return "rank " + std::to_string(rank); }

/// A saved state as it is sent, or the error that takes its place.
template <class State>
parcel parcel_of(const result<State>& state, int rank, const options& how) {
  if (!state) return parcel_of(state.error());
  parcel made;
  auto done = guarded([&] { made.content = state->save(); }, [&] { return named(rank) + ": save"; });
  if (!done) return parcel_of(done.error());
  if (made.content.size() > how.most_bytes)
    return parcel_of(error(errc::out_of_range, named(rank) + ": its saved state has " +
                                                   std::to_string(made.content.size()) + " bytes, " +
                                                   std::to_string(how.most_bytes) + " are allowed"));
  return made;
}

/// The state that a parcel holds; what it throws is an error.
template <class State>
result<State> unpacked(const parcel& from, const std::string& whose) {
  if (from.failed != 0) return error_of(from);
  auto made =
      guarded_result<State>([&]() -> result<State> { return State::load(from.content); }, [&] { return "load"; });
  if (!made) return std::move(made).error().wrap(whose);
  return made;
}
/// Merges what came from another rank into a state; from the first error on there is only that.
template <class State>
void take(result<State>& into, const parcel& from, int rank) {
  if (!into) return;
  const result<State> other = unpacked<State>(from, "the state of " + named(rank));
  if (!other) {
    into = other;
    return;
  }
  auto done = guarded([&] { return into->merge(*other); }, [] { return std::string("merge"); });
  if (!done) into = std::move(done).error().wrap("merging the state of " + named(rank));
}

inline result<void> fault_of(const options& how, int root, const private_communicator& ranks) {
  if (how.piece == 0 || how.piece > 0x7fff'ffffU)
    return error(errc::invalid_argument, "mpi: a piece of " + std::to_string(how.piece) + " bytes");
  if (root < 0 || root >= ranks.size())
    return error(errc::invalid_argument,
                 "mpi: there is no rank " + std::to_string(root) + " among " + std::to_string(ranks.size()));
  return {};
}

/// The tree: in round s = 1, 2, 4, ... rank r, a multiple of 2 s, takes in what rank r + s has. So at any time a rank
/// holds the merge of ranks r to r + s - 1, in their order, and rank 0 at the end that of all.
template <class State>
result<State> merged(const result<State>& mine, private_communicator& ranks, const options& how) {
  const int rank = ranks.rank();
  result<State> held = guarded_result<State>([&] { return mine; }, [&] { return named(rank) + ": copy"; });
  if (!mine) held = std::move(held).error().wrap(named(rank));
  for (int step = 1; step < ranks.size(); step *= 2) {
    if (rank / step % 2 == 1) {
      ranks.send(parcel_of(held, rank, how), rank - step, how.piece);
      break;
    }
    if (step < ranks.size() - rank) take(held, ranks.receive(rank + step, how.piece), rank + step);
    if (step > ranks.size() / 2) break;  // doubled it would be no number of a rank
  }
  return held;
}

}  // namespace detail

/// The states of all ranks merged, at rank `root`; nothing at the others. Every rank of the communicator calls it, with
/// the state that it has, or the error for which it has none.
///
///     auto merged = mr::connect::mpi::merge_to(0, my_state, MPI_COMM_WORLD);
///     if (!merged) return std::move(merged).error();      // the same error at every rank
///     if (*merged) std::cout << (*merged)->get<mr::mean>();
///
/// Guarantee: states are merged as ((0 1) (2 3)) ((4 5) ...), always the lower ranks' with that of the ranks behind
/// them: the same number of ranks gives the same bytes in every run, whatever the timing and the root. Where merging is
/// associative to the bit the bytes do not depend on the number of ranks either: counts, extremes, `exact_moments`,
/// buckets of `ddsketch`, `log_histogram` and `binned_histogram`, registers of merged `hll`, a trimmed `theta`,
/// `batch_summary` without frequent values. Elsewhere (`moments`, `sum`, `kll`, `req`, `tdigest`, a full
/// `frequent_items`, the order of groups in `grouped`) it does within the error that the state states.
/// An error of any rank (its own, a state that cannot be loaded or merged, or throws, one that is too large, memory
/// that is short) is returned by all ranks, with the rank in its text; of several one of them, the same at all ranks.
/// No rank waits for one that has failed. Complexity: log2(ranks) rounds; a rank loads and merges as many states.
/// Memory: two states and their bytes. Threads: as MPI was initialized for; one call at a time on a communicator, by
/// all ranks in the same order, with the same root and options. Errors: those above; invalid_argument: no such root, an
/// impossible piece; io: what MPI says, but for errors by which it ends the program or a rank that is gone, about which
/// MPI promises nothing.
template <class State>
requires mergeable<State> && saveable<State>
result<std::optional<State>> merge_to(int root, const result<State>& mine, MPI_Comm over, const options& how = {}) {
  detail::private_communicator ranks(over);
  if (auto done = ranks.finish(); !done) return std::move(done).error();
  if (auto done = detail::fault_of(how, root, ranks); !done) return std::move(done).error();
  result<State> held = detail::merged(mine, ranks, how);
  if (root != 0 && ranks.rank() == 0) ranks.send(detail::parcel_of(held, 0, how), root, how.piece);
  if (root != 0 && ranks.rank() == root)
    held = detail::unpacked<State>(ranks.receive(0, how.piece), "the merged state");
  // Whether it went well, or why not, is known to the root, and then to all.
  detail::parcel verdict;
  if (ranks.rank() == root && !held) verdict = detail::parcel_of(held.error());
  ranks.broadcast(verdict, root, how.piece);
  if (auto done = ranks.finish(); !done) return std::move(done).error();
  if (verdict.failed != 0) return detail::error_of(verdict);
  if (ranks.rank() != root) return std::optional<State>();
  return std::optional<State>(*std::move(held));
}
template <class State>
requires mergeable<State> && saveable<State>
result<std::optional<State>> merge_to(int root, const State& mine, MPI_Comm over, const options& how = {}) {
  return merge_to(root, result<State>(mine), over, how);
}

/// The states of all ranks merged, at every rank. Guarantee and errors: those of `merge_to`; all ranks hold what the
/// same bytes load as.
template <class State>
requires mergeable<State> && saveable<State>
result<State> merge_all(const result<State>& mine, MPI_Comm over, const options& how = {}) {
  detail::private_communicator ranks(over);
  if (auto done = ranks.finish(); !done) return std::move(done).error();
  if (auto done = detail::fault_of(how, 0, ranks); !done) return std::move(done).error();
  const result<State> held = detail::merged(mine, ranks, how);
  detail::parcel whole;
  if (ranks.rank() == 0) whole = detail::parcel_of(held, 0, how);
  ranks.broadcast(whole, 0, how.piece);
  if (auto done = ranks.finish(); !done) return std::move(done).error();
  return detail::unpacked<State>(whole, "the merged state");
}
template <class State>
requires mergeable<State> && saveable<State>
result<State> merge_all(const State& mine, MPI_Comm over, const options& how = {}) {
  return merge_all(result<State>(mine), over, how);
}

/// The saved states of all ranks in their order, at rank `root`; an empty vector at the others. For states that are
/// kept apart, or merged by other means. Errors: those of `merge_to`; the error of a rank is returned by all.
template <class State>
requires saveable<State>
result<std::vector<std::vector<std::byte>>> gather(int root, const result<State>& mine, MPI_Comm over,
                                                   const options& how = {}) {
  detail::private_communicator ranks(over);
  if (auto done = ranks.finish(); !done) return std::move(done).error();
  if (auto done = detail::fault_of(how, root, ranks); !done) return std::move(done).error();
  const detail::parcel own = mine ? detail::parcel_of(mine, ranks.rank(), how)
                                  : detail::parcel_of(error(mine.error()).wrap(detail::named(ranks.rank())));
  std::vector<std::vector<std::byte>> made;
  detail::parcel verdict;
  if (ranks.rank() != root) {
    ranks.send(own, root, how.piece);
  } else {
    for (int rank = 0; rank < ranks.size(); ++rank) {
      detail::parcel one = rank == root ? own : ranks.receive(rank, how.piece);
      if (one.failed != 0 && verdict.failed == 0) verdict = one;
      made.push_back(std::move(one.content));
    }
  }
  ranks.broadcast(verdict, root, how.piece);
  if (auto done = ranks.finish(); !done) return std::move(done).error();
  if (verdict.failed != 0) return detail::error_of(verdict);
  return made;
}
template <class State>
requires saveable<State>
result<std::vector<std::vector<std::byte>>> gather(int root, const State& mine, MPI_Comm over,
                                                   const options& how = {}) {
  return gather(root, result<State>(mine), over, how);
}

}  // namespace mpi
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MPI_HPP
