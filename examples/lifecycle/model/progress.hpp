#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_PROGRESS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_PROGRESS_HPP

#include "../format.hpp"

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/train/fields.hpp>

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace lifecycle {

namespace mr = millrace;

/// A middleware that shows how far training is: a bar that redraws itself on a terminal, a line an epoch elsewhere,
/// nothing where there is no file to write to.
/// It looks at the step's fields when the chain's last event is done, and needs nothing else of the loop.
class progress {
 public:
  static constexpr std::string_view name = "progress";

  progress(std::FILE* out, std::size_t epochs, std::size_t batches_per_epoch, std::size_t rows_per_epoch)
      : out_(out),
        terminal_(out != nullptr && ::isatty(::fileno(out)) == 1),
        epochs_(epochs),
        batches_(batches_per_epoch),
        rows_(rows_per_epoch),
        start_(clock_.ticks()) {}

  template <class Event, class Context>
  void after(const Event&, Context& ctx, const mr::result<void>& outcome) {
    if constexpr (Event::index + 1 == Event::count) {
      if (!outcome) return;
      const double loss = ctx[mr::train::training::loss];
      // The mean over about the last fifty batches.
      loss_ = steps_ == 0 ? loss : loss_ + (loss - loss_) * (std::max)(0.02, 1.0 / static_cast<double>(steps_ + 1));
      ++steps_;
      epoch_ = ctx[mr::train::training::epoch];
      if (!terminal_) return;
      const std::uint64_t now = clock_.ticks();
      if (now - drawn_ < 80'000'000) return;
      drawn_ = now;
      draw(now);
    }
  }

  /// At the end of an epoch: `remark` joins the line that stays.
  void epoch_done(std::string_view remark) {
    if (out_ == nullptr) return;
    const std::uint64_t now = clock_.ticks();
    if (terminal_) std::fputs("\r\x1b[K", out_);
    std::fprintf(out_, "  epoch %3llu/%zu  loss %s  %s  %s\n", static_cast<unsigned long long>(epoch_ + 1), epochs_,
                 fixed(loss_, 4).c_str(), std::string(remark).c_str(), pace(now).c_str());
    std::fflush(out_);
  }
  /// Removes the bar.
  void close() {
    if (out_ == nullptr) return;
    if (terminal_) std::fputs("\r\x1b[K", out_);
    std::fflush(out_);
  }

  std::size_t epochs() const noexcept { return epochs_; }

 private:
  double elapsed(std::uint64_t now) const { return (std::max)(1.0, static_cast<double>(now - start_)); }
  double rows_per_second(std::uint64_t now) const {
    return static_cast<double>(steps_) / static_cast<double>(batches_) * static_cast<double>(rows_) / elapsed(now) *
           1e9;
  }
  /// Until the last epoch, which an early stop may spare.
  double remaining(std::uint64_t now) const {
    const auto all = static_cast<double>(epochs_ * batches_);
    const auto done = static_cast<double>(steps_);
    return elapsed(now) * (all - done) / (std::max)(done, 1.0);
  }

  std::string pace(std::uint64_t now) const {
    const double left = remaining(now) / 1e9;
    return right(grouped(static_cast<std::uint64_t>(rows_per_second(now))), 9) + " rows/s  ETA " +
           (left < 100 ? fixed(left, 1) + " s" : duration(left * 1e9));
  }

  void draw(std::uint64_t now) const {
    const std::string before = "  epoch " + right(std::to_string(epoch_ + 1), 3) + "/" + std::to_string(epochs_) + "  ";
    const std::string after = "  loss " + fixed(loss_, 4) + "  " + pace(now);
    const std::size_t taken = columns_of(before) + columns_of(after) + 1;
    const std::size_t room = terminal_width() > taken + 8 ? (std::min)(terminal_width() - taken, std::size_t{40}) : 0;
    const std::size_t filled = room * steps_ / (epochs_ * batches_);
    std::string bar;
    for (std::size_t i = 0; i < room; ++i) bar += i < filled ? "━" : i == filled ? "╸" : "─";
    std::fprintf(out_, "\r\x1b[K%s\x1b[36m%s\x1b[0m%s", before.c_str(), bar.c_str(), after.c_str());
    std::fflush(out_);
  }
  std::size_t terminal_width() const {
    struct ::winsize size{};
    return ::ioctl(::fileno(out_), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }

  std::FILE* out_;
  bool terminal_;
  std::size_t epochs_;
  std::size_t batches_;
  std::size_t rows_;
  mr::steady_clock clock_;
  std::uint64_t start_;
  std::uint64_t drawn_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t epoch_ = 0;
  double loss_ = 0;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_PROGRESS_HPP
