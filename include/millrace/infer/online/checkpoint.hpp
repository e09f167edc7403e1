#ifndef MILLRACE_INFER_ONLINE_CHECKPOINT_HPP
#define MILLRACE_INFER_ONLINE_CHECKPOINT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace infer {

/// When a learner is written to a file: whichever comes first. Without either, only `write` does.
struct checkpoint_options {
  /// After so many updates; 0: never by their number.
  std::uint64_t every = 0;
  /// So long after the last checkpoint, or after the start; 0: never by time.
  duration interval{};
};

/// Writes a learner to a file now and then, from which `resume` makes it again.
///
///     mr::infer::checkpoint kept("clicks.state", {.every = 1000});
///     ...
///     learner.update(row, label);
///     kept.update(learner);  // writes if it is time
///
/// Guarantee: whenever the process or the machine stops, the file holds the last whole checkpoint.
/// Complexity: update O(1) where it is not time; else the learner's state is saved and synced to the disk.
/// Threads: the learner's own.
template <clock_policy Clock = steady_clock>
class checkpoint {
 public:
  explicit checkpoint(std::string path, checkpoint_options with = {}, Clock clock = {})
      : path_(std::move(path)), with_(with), clock_(std::move(clock)), last_(now()) {}

  const std::string& path() const noexcept { return path_; }
  /// Checkpoints written, and how long the last one took.
  std::uint64_t count() const noexcept { return count_; }
  duration last_duration() const noexcept { return took_; }

  /// Writes the learner if it is time, and returns whether it did.
  /// Errors: those of `write`.
  template <class Learner>
  result<bool> update(const Learner& learner) {
    const bool by_number = with_.every != 0 && learner.updates() - updates_ >= with_.every;
    const bool by_time =
        with_.interval.nanoseconds > 0 && now() - last_ >= static_cast<std::uint64_t>(with_.interval.nanoseconds);
    if (!by_number && !by_time) return false;
    if (auto done = write(learner); !done) return std::move(done).error();
    return true;
  }
  /// Writes it now. After an error the file is as it was, and the next `update` tries again.
  /// Errors: those of `store::write_file`, with the path.
  template <class Learner>
  result<void> write(const Learner& learner) {
    const std::uint64_t begun = now();
    if (auto done = store::write_file(path_, learner.save()); !done) return done;
    last_ = now();
    took_ = duration(static_cast<std::int64_t>(last_ - begun));
    updates_ = learner.updates();
    ++count_;
    return {};
  }

 private:
  std::uint64_t now() const noexcept { return clock_.nanoseconds(clock_.ticks()); }

  std::string path_;
  checkpoint_options with_;
  Clock clock_;
  std::uint64_t last_;
  std::uint64_t updates_ = 0;
  std::uint64_t count_ = 0;
  duration took_{};
};

/// Makes a learner from the file of a checkpoint: `resume<learner>("clicks.state")`. Further arguments go to
/// `Learner::load`. It goes on as if it had never stopped, to the bit, if the stream goes on behind its `samples()`.
/// Errors: not_found: there is no checkpoint yet, and a learner begins; others of `store::read_bytes` and those of
/// `Learner::load`: there is one, and who begins anew loses it. The message names the path.
template <class Learner, class... Arguments>
result<Learner> resume(const std::string& path, Arguments... arguments) {
  auto bytes = store::read_bytes(path);
  if (!bytes) return std::move(bytes).error();
  auto made = Learner::load(*bytes, std::move(arguments)...);
  if (!made) return std::move(made).error().wrap("cannot resume from \"" + path + '"');
  return made;
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_CHECKPOINT_HPP
