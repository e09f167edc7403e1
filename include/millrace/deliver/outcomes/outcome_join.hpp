#ifndef MILLRACE_DELIVER_OUTCOMES_OUTCOME_JOIN_HPP
#define MILLRACE_DELIVER_OUTCOMES_OUTCOME_JOIN_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/deliver/outcomes/detail/hash_index.hpp>
#include <millrace/deliver/outcomes/detail/kept_lines.hpp>
#include <millrace/deliver/outcomes/detail/segment_reader.hpp>
#include <millrace/deliver/outcomes/detail/segments.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>
#include <millrace/store/line_log.hpp>

#include <sys/stat.h>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// How long a join waits for outcomes, and what it remembers.
struct outcome_join_options {
  /// An outcome that comes later than this after its prediction is counted, and joined to nothing.
  duration max_delay = duration(std::int64_t{90} * 24 * 3600 * 1'000'000'000);
  /// How long outcomes are remembered, to find them again when they come twice, or before their prediction.
  duration max_age = duration(std::int64_t{90} * 24 * 3600 * 1'000'000'000);
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  /// How many predictions and outcomes are known at once: 24 to 48 bytes of memory for a prediction, 36 to 72 for an
  /// outcome. The oldest file of predictions is given up where there are more; an outcome more is refused.
  std::size_t max_predictions = 20'000'000;
  std::size_t max_outcomes = 20'000'000;
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// What became of an outcome.
struct outcome_found {
  enum state : std::uint8_t {
    joined,     // to the predictions of its id; `rows` says how many
    waiting,    // there is no such prediction, or none yet
    duplicate,  // an outcome of this id is known; this one changes nothing
    late,       // it came later than `max_delay` after its predictions
  } what = waiting;
  std::size_t rows = 0;
};

/// What a join has seen, in its files and since.
struct outcome_join_statistics {
  std::uint64_t predictions = 0;            // that are known now
  std::uint64_t outcomes = 0;               // that are known now
  std::uint64_t rows = 0;                   // joined, since it was opened or found then
  std::uint64_t waiting = 0;                // outcomes of now without a prediction
  std::uint64_t duplicate_predictions = 0;  // of one id, model, version and arm
  std::uint64_t duplicate_outcomes = 0;     // of one id, with the same label
  std::uint64_t conflicting_outcomes = 0;   // of one id, with another label: the first one counts
  std::uint64_t late = 0;
  std::uint64_t unlabeled = 0;  // predictions whose file was removed before an outcome came
  std::uint64_t unmatched = 0;  // outcomes that were forgotten before a prediction came
  std::uint64_t dropped = 0;    // predictions that the log says it dropped
  std::uint64_t refused = 0;    // lines that are damaged, or none of these
  std::uint64_t index_bytes = 0;
};

namespace detail {

struct outcome_record {
  double label;
  std::uint64_t time;
};
/// A record is this and then the id.
struct outcome_lines {
  segment_rotation* rotation = nullptr;

  void line(std::string& out, const std::byte* record, std::size_t size) {
    outcome_record head;
    std::memcpy(&head, record, sizeof head);
    const std::string_view id(reinterpret_cast<const char*>(record) + sizeof head, size - sizeof head);
    const std::size_t begin = out.size();
    json_writer(out).begin_object().member("id", id).member("label", head.label).member("time", head.time);
    end_line(out, begin);
  }
  void dropped(std::string&, std::uint64_t) {}  // none is: the log waits for room
  void end_group(std::string& out, bool) {
    if (!out.empty()) rotation->group(out.size());
  }
  static bool is_line(std::string_view text) noexcept { return is_sound_line(text); }
  static bool may_begin(std::string_view text) noexcept { return may_be_line(text); }
};

}  // namespace detail

/// Joins predictions with their outcomes by id, whichever comes first and however much later the other does.
///
///     auto join = mr::deliver::outcome_join::open("out/predictions");
///     join->rows([&](const mr::deliver::joined_row& row) { measures.update(row); });   // all of before
///     join->update({.id = "a17", .label = 1}, use);                                   // calls use(row)
///     join->refresh(use);                 // reads what was predicted since, for outcomes that came before
///     join->flush();                      // now a queue may forget the outcomes that it gave
///
/// Predictions are read from the files of `prediction_log`s in the folder, of this and other processes, while they are
/// written. Outcomes are kept beside them, in `outcomes.0.jsonl`, and full files of it. The rows are a function of
/// both, in whatever order they came: an id's first outcome, joined to its first prediction by each model, version and
/// arm. So after a restart or kill -9 the same rows are there again, and no row is joined twice.
///
/// Guarantee: an outcome that `update` has taken is not lost by a crash of the process once 10 ms have passed, and not
/// by one of the machine after `flush`. A line that is damaged is counted as refused, and no other is lost by it. What
/// does not find its other half is counted: `waiting`, `late`, and, once it is forgotten, `unmatched` and `unlabeled`.
/// Ids of outcomes are told apart by 64 bits of a hash with a random seed: among 10 million two are taken for one with
/// a probability of 3e-6. Those of predictions are compared.
/// Complexity: an update reads a line of a file, where there is a prediction; `open` and `rows` read all files.
/// Allocates: the index, as `max_predictions` says.
/// Threads: one at a time, of one process.
/// Errors: of `open`: unavailable: another process joins in this folder; of `update`: no_space, if the disk or
/// `max_outcomes` is full, and then the outcome was not taken; those of the system. After a failure other than a full
/// disk the join is opened again, and outcomes since the last `flush` are given again.
class outcome_join {
  using lines = store::basic_line_log<detail::outcome_lines>;

 public:
  template <class = void>
  static result<outcome_join> open(const std::string& folder, const outcome_join_options& options = {});

  outcome_join(outcome_join&&) noexcept = default;
  outcome_join& operator=(outcome_join&&) = delete;

  /// Takes an outcome and calls `use(joined_row)` for each prediction of its id.
  template <class Use>
  result<outcome_found> update(const outcome& known, Use&& use);
  /// Reads what was logged since, calls `use(joined_row)` for each prediction whose outcome came before it, and forgets
  /// what is too old. Returns how many predictions were read.
  template <class Use>
  result<std::uint64_t> refresh(Use&& use);
  /// Calls `use(joined_row)` for all rows that were joined so far, in the order of the predictions.
  template <class Use>
  result<void> rows(Use&& use);

  /// Waits until all outcomes taken so far outlive a crash of the machine.
  result<void> flush() { return log_.flush(); }
  outcome_join_statistics statistics() const noexcept {
    outcome_join_statistics made = state_->counts;
    made.predictions = state_->predictions.size();
    made.outcomes = state_->outcomes.size();
    made.index_bytes = state_->predictions.bytes() + state_->outcomes.bytes();
    return made;
  }

 private:
  /// Where a prediction's line is: in the segment of this serial number, from this byte on.
  struct known_prediction {
    std::uint64_t hash = 0;
    std::uint64_t offset : 40 = 0;
    std::uint64_t segment : 23 = 0;
    std::uint64_t is_joined : 1 = 0;
  };
  struct known_outcome {
    std::uint64_t hash = 0;
    double label = 0;
    std::uint64_t time : 63 = 0;
    std::uint64_t is_joined : 1 = 0;
  };
  struct segment {
    std::uint64_t serial = 0;
    std::string name;
    detail::segment_reader reader;
    bool is_here = true;
    bool is_given_up = false;  // there are more predictions than may be known
  };
  struct state {
    std::string folder;
    outcome_join_options options;
    detail::owning_pointer<detail::segment_rotation> rotation;
    std::uint64_t seed = entropy_seed();
    detail::hash_index<known_prediction> predictions;
    detail::hash_index<known_outcome> outcomes;
    std::vector<segment> segments;
    std::uint64_t next_serial = 0;
    std::uint64_t oldest_outcome = ~std::uint64_t{0};
    outcome_join_statistics counts;
    detail::kept_prediction row;
    detail::kept_prediction other;
    std::string spelled;
    std::string block;
    std::string line;

    std::uint64_t hash(std::string_view spelled_id) const noexcept {
      const std::uint64_t made = detail::seeded_hash(spelled_id, seed);
      return made != 0 ? made : 1;
    }
    bool is_late(std::uint64_t predicted, std::uint64_t known) const noexcept {
      return known > predicted && known - predicted > static_cast<std::uint64_t>(options.max_delay.nanoseconds);
    }
    segment* segment_of(std::uint64_t serial) noexcept {
      for (segment& each : segments)
        if (each.serial == serial) return &each;
      return nullptr;
    }
    /// Reads the prediction of an entry into `to`. False: it cannot be read, or has another id.
    template <class = void>
    bool read(const known_prediction& at, std::string_view spelled_id, detail::kept_prediction& to) {
      const segment* const in = segment_of(at.segment);
      if (in == nullptr) return false;
      const auto found = in->reader.line_at(at.offset, line);
      return found && detail::spelled_id(*found) == spelled_id && detail::read_prediction(*found, to);
    }
    template <class Use>
    void read_line(const segment& in, std::uint64_t offset, std::string_view text, Use& use);
    template <class = void>
    result<void> find_segments();
    template <class = void>
    void give_up(segment& which);
    template <class = void>
    void know(std::uint64_t key, double label, std::uint64_t time);
    template <class = void>
    void forget_outcomes();
    template <class = void>
    result<void> read_outcomes();
  };

  error refused() const {
    auto why = log_.status();
    if (!why) return std::move(why).error().wrap("the outcome was not taken");
    return error(errc::unavailable, "the outcome was not taken: \"" + log_.path() + "\" is a forked copy's");
  }
  outcome_join(detail::owning_pointer<state> owned, lines log) noexcept
      : state_(std::move(owned)), log_(std::move(log)) {}

  // In this order: the log's thread uses the rotation.
  detail::owning_pointer<state> state_;
  lines log_;
};

template <class Use>
result<outcome_found> outcome_join::update(const outcome& known, Use&& use) {
  state& in = *state_;
  if (known.id.empty() || known.id.size() + sizeof(detail::outcome_record) > log_.max_record())
    return error(errc::invalid_argument, "an outcome's id has 1 to " + std::to_string(log_.max_record()) +
                                             " bytes, and not " + std::to_string(known.id.size()));
  const std::string_view id = detail::spell_id(known.id, in.spelled);
  const std::uint64_t hash = in.hash(id);
  const known_outcome* before = nullptr;
  in.outcomes.find(hash, [&](const known_outcome& each) { return before = &each, true; });
  if (before != nullptr) {
    const bool same = before->label == known.label || (before->label != before->label && known.label != known.label);
    ++(same ? in.counts.duplicate_outcomes : in.counts.conflicting_outcomes);
    return outcome_found{outcome_found::duplicate, 0};
  }
  if (in.outcomes.size() >= in.options.max_outcomes)
    return error(errc::no_space, std::to_string(in.options.max_outcomes) + " outcomes are known, and no more may be");
  if (!log_.healthy()) return refused();
  if (in.rotation->wants_new()) log_.request_reopen();
  const std::uint64_t time = known.time != 0 ? known.time : in.options.wall_clock();
  const std::uint64_t done = log_.append(sizeof(detail::outcome_record) + known.id.size(), [&](std::byte* to) {
    const detail::outcome_record head{known.label, time};
    std::memcpy(to, &head, sizeof head);
    std::memcpy(to + sizeof head, known.id.data(), known.id.size());
  });
  if (done == 0) return error(errc::no_space, "the outcome was not taken: \"" + log_.path() + "\" has no room");
  in.know(hash, known.label, time);
  outcome_found found;
  bool is_late = false;
  in.predictions.find(hash, [&](known_prediction& each) {
    if (each.is_joined != 0 || !in.read(each, id, in.row)) return false;
    if (in.is_late(in.row.time, time)) {
      is_late = true;
      return false;
    }
    each.is_joined = 1;
    ++found.rows;
    ++in.counts.rows;
    use(joined_row{in.row.view(), known.label, time});
    return false;
  });
  if (found.rows == 0 && !is_late) return found;
  --in.counts.waiting;
  if (found.rows == 0) ++in.counts.late;
  found.what = found.rows != 0 ? outcome_found::joined : outcome_found::late;
  in.outcomes.find(hash, [&](known_outcome& each) { return each.is_joined = 1, true; });
  return found;
}

/// A line of a prediction's file, which was just read.
template <class Use>
void outcome_join::state::read_line(const segment& in, std::uint64_t offset, std::string_view text, Use& use) {
  const std::string_view id = detail::spelled_id(text);
  if (!detail::is_sound_line(text) || (id.empty() && detail::read_dropped(text) == 0)) {
    ++counts.refused;
    return;
  }
  if (id.empty()) {
    counts.dropped += detail::read_dropped(text);
    return;
  }
  const std::uint64_t key = hash(id);
  bool is_twin = false;
  bool is_read = false;
  predictions.find(key, [&](const known_prediction& each) {
    if (!is_read) is_read = detail::read_prediction(text, row);
    is_twin = is_read && read(each, id, other) && other.model == row.model && other.version == row.version &&
              other.arm == row.arm;
    return is_twin;
  });
  if (is_twin) {
    ++counts.duplicate_predictions;
    return;
  }
  known_prediction made;
  made.hash = key;
  made.offset = offset & 0xff'ffff'ffffU;
  made.segment = in.serial & 0x7f'ffffU;
  outcomes.find(key, [&](known_outcome& each) {
    if (!is_read && !(is_read = detail::read_prediction(text, row))) return true;
    if (is_late(row.time, each.time)) {
      if (each.is_joined == 0) {
        ++counts.late;
        --counts.waiting;
      }
    } else {
      made.is_joined = 1;
      ++counts.rows;
      if (each.is_joined == 0) --counts.waiting;
      use(joined_row{row.view(), each.label, each.time});
    }
    each.is_joined = 1;
    return true;
  });
  predictions.insert(made);
}

template <class Use>
result<std::uint64_t> outcome_join::refresh(Use&& use) {
  state& in = *state_;
  if (auto done = in.find_segments(); !done) return std::move(done).error();
  std::uint64_t read = 0;
  for (segment& each : in.segments) {
    if (each.is_given_up) continue;
    auto done = each.reader.read_new(in.block, [&](std::uint64_t offset, std::string_view text) {
      in.read_line(each, offset, text, use);
      ++read;
    });
    if (done) continue;
    if (done.error().code() != errc::corrupt) return std::move(done).error();
    ++in.counts.refused;  // a line without an end: nothing of ours
    in.give_up(each);
  }
  for (std::size_t i = 0; i + 1 < in.segments.size() && in.predictions.size() > in.options.max_predictions; ++i)
    if (!in.segments[i].is_given_up) in.give_up(in.segments[i]);
  in.forget_outcomes();
  return read;
}

template <class Use>
result<void> outcome_join::rows(Use&& use) {
  state& in = *state_;
  for (const segment& each : in.segments) {
    if (each.is_given_up) continue;
    auto done = each.reader.read_again(in.block, [&](std::uint64_t offset, std::string_view text) {
      const std::string_view id = detail::spelled_id(text);
      if (id.empty()) return;
      const std::uint64_t key = in.hash(id);
      bool is_joined = false;
      in.predictions.find(key, [&](const known_prediction& at) {
        if (at.segment != each.serial || at.offset != offset) return false;
        is_joined = at.is_joined != 0;
        return true;
      });
      if (!is_joined || !detail::is_sound_line(text) || !detail::read_prediction(text, in.row)) return;
      in.outcomes.find(key, [&](const known_outcome& known) {
        use(joined_row{in.row.view(), known.label, known.time});
        return true;
      });
    });
    if (!done) return done;
  }
  return {};
}

/// Opens the files that are new, and forgets those that are gone.
template <class>
result<void> outcome_join::state::find_segments() {
  auto listed = detail::list_segments(folder, "predictions");
  if (!listed) return std::move(listed).error();
  for (segment& each : segments) each.is_here = false;
  for (const detail::segment_name& name : *listed) {
    struct stat facts{};
    if (::stat((folder + '/' + name.name).c_str(), &facts) != 0) continue;  // removed meanwhile
    bool is_known = false;
    for (segment& each : segments)
      if (each.reader.is(facts)) is_known = each.is_here = true;
    if (is_known) continue;
    auto opened = detail::segment_reader::open(folder, name);
    if (!opened) {
      if (opened.error().code() == errc::not_found) continue;
      return std::move(opened).error();
    }
    segments.push_back({next_serial++, name.name, *std::move(opened), true, false});
  }
  for (std::size_t i = segments.size(); i > 0; --i) {
    if (segments[i - 1].is_here) continue;
    give_up(segments[i - 1]);
    segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(i - 1));
  }
  return {};
}

template <class>
void outcome_join::state::give_up(segment& which) {
  if (which.is_given_up) return;
  which.is_given_up = true;
  predictions.remove_if([&](const known_prediction& each) {
    if (each.segment != which.serial) return false;
    if (each.is_joined == 0) ++counts.unlabeled;
    return true;
  });
}

/// Notes an outcome, which waits until it is joined.
template <class>
void outcome_join::state::know(std::uint64_t key, double label, std::uint64_t time) {
  known_outcome made;
  made.hash = key;
  made.label = label;
  made.time = time & ~(std::uint64_t{1} << 63);
  outcomes.insert(made);
  ++counts.waiting;
  if (made.time < oldest_outcome) oldest_outcome = made.time;
}

template <class>
void outcome_join::state::forget_outcomes() {
  const std::uint64_t now = options.wall_clock();
  const auto age = static_cast<std::uint64_t>(options.max_age.nanoseconds);
  // Not for every outcome: all of them are looked at.
  if (now <= oldest_outcome || now - oldest_outcome <= age + age / 8) return;
  outcomes.remove_if([&](const known_outcome& each) {
    if (now <= each.time || now - each.time <= age) return false;
    if (each.is_joined == 0) {
      ++counts.unmatched;
      --counts.waiting;
    }
    return true;
  });
  oldest_outcome = now - age;
}

/// Reads the outcomes of all files.
template <class>
result<void> outcome_join::state::read_outcomes() {
  auto listed = detail::list_segments(folder, "outcomes");
  if (!listed) return std::move(listed).error();
  for (const detail::segment_name& name : *listed) {
    auto opened = detail::segment_reader::open(folder, name);
    if (!opened) return std::move(opened).error();
    auto done = opened->read_new(block, [&](std::uint64_t, std::string_view text) {
      const std::string_view id = detail::spelled_id(text);
      detail::kept_outcome known;
      if (id.empty() || !detail::is_sound_line(text) || !detail::read_outcome(text, known)) {
        ++counts.refused;
        return;
      }
      const std::uint64_t key = hash(id);
      bool is_known = false;
      outcomes.find(key, [&](const known_outcome&) { return is_known = true; });
      if (!is_known && outcomes.size() < options.max_outcomes) know(key, known.label, known.time);
    });
    if (!done) return done;
  }
  forget_outcomes();
  return {};
}

template <class>
result<outcome_join> outcome_join::open(const std::string& folder, const outcome_join_options& options) {
  if (auto made = detail::make_folder(folder); !made) return std::move(made).error();
  auto made = detail::make_owning<state>();
  made->folder = store::absolute_path(folder);
  made->options = options;
  made->rotation = detail::make_owning<detail::segment_rotation>(
      made->folder, "outcomes.0",
      detail::segment_limits{options.segment_bytes, options.max_bytes, options.max_age, options.wall_clock});
  store::line_log_options lined;
  // The file is locked first, so that nobody else writes to what is read.
  auto log = lines::open(made->rotation->path(), lined, detail::outcome_lines{made->rotation.get()});
  if (!log) return std::move(log).error();
  if (auto found = made->rotation->open("outcomes"); !found) return std::move(found).error();
  if (auto done = made->read_outcomes(); !done) return std::move(done).error();
  outcome_join opened(std::move(made), *std::move(log));
  auto read = opened.refresh([](const joined_row&) {});
  if (!read) return std::move(read).error();
  return opened;
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_OUTCOME_JOIN_HPP
