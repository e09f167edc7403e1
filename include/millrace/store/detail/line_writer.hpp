#ifndef MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
#define MILLRACE_STORE_DETAIL_LINE_WRITER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/log_file.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/log_worker.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The state of a line log, on the heap: the thread that turns records into lines, writes them in groups and syncs
/// them, and what the thread shares with the producers. A group is up to 256 KiB of lines, written in one go.
template <class Format, class Producers, class FileSystem>
class line_writer : public log_worker<line_writer<Format, Producers, FileSystem>, Producers> {
  using base = log_worker<line_writer, Producers>;
  friend base;

 public:
  using base::attention, base::durable, base::written, base::ring;

  line_writer(const line_log_options& options, Format lines, log_file<Format, FileSystem> file, tail_repair repaired)
      : base({options.sync, options.sync_interval_ms, options.max_delay_ms, options.ring_bytes, options.diagnostics},
             error(errc::unavailable, "cannot make lines for \"" + file.path() + "\": out of memory")),
        format(std::move(lines)),
        options_(options),
        repaired_(repaired),
        file_(std::move(file)) {
    text_.reserve(2 * group_bytes);
  }

  const std::string& path() const noexcept { return file_.path(); }
  const tail_repair& repaired() const noexcept { return repaired_; }

  /// Asks the thread to look at the path when it next runs. Returns the request's number. One atomic addition.
  std::uint64_t request_reopen() noexcept { return reopen_asked_.add_release(1) + 1; }
  /// Has the thread look at the path now, and returns what came of it.
  result<void> reopen() {
    if (this->forked()) return this->forked_error();
    const lock_guard held(mutex_);
    const std::uint64_t ticket = request_reopen();
    this->wake_held();
    while (reopen_served_ < ticket) {
      if (this->ended_) return error(errc::closed, '"' + path() + "\" is closed");
      progress_.wait_for(mutex_, 100 * millisecond);
    }
    return reopened_ ? this->status_ : reopened_;
  }

  line_log_statistics statistics() const noexcept {
    return {bytes_.load_relaxed(), groups_.load_relaxed(), syncs_.load_relaxed(), dropped_.load_relaxed(),
            reopens_.load_relaxed()};
  }

  Format format;

 private:
  using base::broken_, base::gathered_, base::dropped_, base::syncs_;
  using base::failed, base::millisecond, base::mutex_, base::progress_;
  using base::refuse, base::tell, base::out_of_memory, base::fail, base::recover;

  static constexpr std::size_t group_bytes = std::size_t{1} << 18;
  /// How long lines go on into a renamed file while nothing is at the path, in nanoseconds. After a rename whoever
  /// rotates the log mostly makes a new file; one made here before that would be in the way.
  static constexpr std::uint64_t create_after = 1000 * millisecond;

  // ---- what the log's worker asks for

  void serve() noexcept {
    if (reopen_asked_.load_acquire() != reopen_served_) serve_reopen();
  }
  result<void> close_file() {
    if (const refusal at_close = file_.close()) return system_error(at_close.why, at_close.what, path());
    if (echo_failed_ != 0) return system_error(echo_failed_, "echo what is complete in", path());
    return {};
  }
  /// The lines that the disk refused, and the records that did not become lines.
  std::uint64_t count_unwritten() noexcept {
    std::uint64_t left = 0;
    for (const char c : text_) left += c == '\n' ? 1 : 0;
    return left + this->count_left();
  }

  // ---- records to lines

  /// Turns records into lines, writes and syncs what is due. Returns whether it wrote anything.
  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    if (adrift_ && !settle()) return false;
    const bool retry = !text_.empty();
    if (!retry) gather();
    this->tell_room();
    const bool moved = !text_.empty();
    if ((moved && !write_group()) || broken_) return false;
    written.store_release(gathered_);
    const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
    const bool syncs = this->sync_due(stopping, now, synced_at);
    if (!moved && (syncs || stopping) && options_.when_moved == moved_policy::refuse) look();
    if (adrift_ && !settle()) return false;
    if (syncs) {
      synced_at = now;
      if (!sync_file()) return false;
    }
    return moved;
  }

  /// Turns waiting records into lines, up to a group of them. gathered_ is then the position behind the last such
  /// record. One for whose lines there is no memory is dropped, which the text says if there is room for that.
  void gather() noexcept {
    bool in_memory = true;
    const auto make_lines = [&](auto&& make) noexcept {
      const std::size_t whole = text_.size();
      try {
        make();
        return true;
      } catch (...) {
        text_.resize(whole);
        return in_memory = false;
      }
    };
    const std::uint64_t reached =
        ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t dropped) noexcept {
          const bool made = make_lines([&] {
            if (dropped != 0) format.dropped(text_, dropped);
            format.line(text_, data, size);
          });
          // A record that became no line has left the ring: it is dropped, too.
          const std::uint64_t missing = std::uint64_t{dropped} + (made ? 0 : 1);
          if (missing != 0) dropped_.add_relaxed(missing);
          if (!made) make_lines([&] { format.dropped(text_, missing); });
          return made && text_.size() < group_bytes;
        });
    if (text_.empty()) {
      if (const std::uint32_t dropped = ring.take_dropped(); dropped != 0) {
        dropped_.add_relaxed(dropped);
        make_lines([&] { format.dropped(text_, dropped); });
      }
    }
    if constexpr (requires { format.end_group(text_, true); })
      if (!text_.empty()) make_lines([&] { format.end_group(text_, reached == ring.head()); });
    if (!in_memory) out_of_memory();    // whoever hears of it then finds the record counted
    if (!broken_) gathered_ = reached;  // else a record is missing, and `written` and `durable` stay before it
    if (text_.empty()) return;
    if (options_.echo != nullptr && echo_failed_ == 0) {
      if (std::fwrite(text_.data(), 1, text_.size(), options_.echo) != text_.size() || std::fflush(options_.echo) != 0)
        echo_failed_ = errno;
    }
  }

  // ---- lines to the disk

  /// Writes the group; after a refusal it keeps the lines that are not whole in the file for the next try. It checks
  /// where the file is before it forgets the lines, so that those written to a deleted file go into the next one.
  bool write_group() noexcept {
    for (;;) {
      const auto [bytes, no] = file_.append(text_);
      if (look() == file_place::deleted) {
        if (!settle()) return false;
        continue;
      }
      bytes_.add_relaxed(bytes);
      text_.erase(0, bytes);
      if (no) return refuse(no);
      groups_.add_relaxed(1);
      if (!broken_) recover();
      return true;
    }
  }

  bool sync_file() noexcept {
    if (const refusal no = file_.sync()) {
      // The kernel may have dropped what it could not write: a later success would prove nothing.
      broken_ = true;
      return refuse(no);
    }
    this->note_synced();
    return true;
  }

  // ---- where the file is

  /// Checks whether the file is still at its path, unless the policy is `keep`.
  file_place look() noexcept {
    const file_place place = options_.when_moved == moved_policy::keep ? file_place::here : file_.place();
    adrift_ = place != file_place::here;
    return place;
  }

  /// Does what the policy says about a file that is not at its path. Returns whether lines can be written.
  bool settle() noexcept {
    const file_place place = look();
    if (!adrift_) {
      renamed_at_ = 0;
      if (text_.empty()) recover();
      return true;
    }
    if (options_.when_moved == moved_policy::refuse) return tell([&] { return this->moved_error(path(), place); });
    if (place == file_place::renamed) {
      const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
      if (renamed_at_ == 0) renamed_at_ = now;
      if (now - renamed_at_ < create_after) return true;
    }
    crossing over = go_over(place);
    if (!over.refused) fail(std::move(over.refused).error());
    return over.done;
  }

  /// Whether the log changed to another file and, if it did not and the status does not say why yet, the error.
  struct crossing {
    bool done = false;
    result<void> refused;
  };
  /// Continues in the file that is at the path now, after it has synced what was written to the one before, if that was
  /// not deleted.
  crossing go_over(file_place place) noexcept {
    try {
      const bool unsynced = durable.load_relaxed() != written.load_relaxed();
      if (place != file_place::deleted && unsynced && !sync_file()) return {};
      if (result<tail_repair> opened = file_.open(); !opened) return {false, std::move(opened).error()};
    } catch (...) {
      out_of_memory();
      return {};
    }
    adrift_ = false;
    renamed_at_ = 0;
    reopens_.add_relaxed(1);
    recover();
    return {true, {}};
  }

  /// Does what `reopen` and `request_reopen` asked for.
  void serve_reopen() noexcept {
    const std::uint64_t asked = reopen_asked_.load_acquire();
    crossing over;
    if (!broken_)
      if (const file_place place = file_.place(); place != file_place::here) over = go_over(place);
    const lock_guard held(mutex_);
    reopened_ = std::move(over.refused);
    reopen_served_ = asked;
    progress_.notify_all();
  }

  // What waiting threads use, too.
  light_atomic<std::uint64_t> reopen_asked_{0};  // requests to open the file anew
  std::uint64_t reopen_served_ = 0;              // how many of those requests the thread has served
  result<void> reopened_;                        // the result of the last
  const line_log_options options_;
  const tail_repair repaired_;

  // What only the thread uses, the counters apart.
  log_file<Format, FileSystem> file_;
  std::string text_;              // lines not yet in the file
  bool adrift_ = false;           // the file is not at its path
  std::uint64_t renamed_at_ = 0;  // since when it is renamed and nothing is at its path
  int echo_failed_ = 0;
  light_atomic<std::uint64_t> bytes_{0};
  light_atomic<std::uint64_t> groups_{0};
  light_atomic<std::uint64_t> reopens_{0};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
