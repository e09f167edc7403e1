#ifndef MILLRACE_DELIVER_OUTCOMES_PREDICTION_LOG_HPP
#define MILLRACE_DELIVER_OUTCOMES_PREDICTION_LOG_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/outcomes/detail/kept_lines.hpp>
#include <millrace/deliver/outcomes/detail/segments.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>
#include <millrace/store/line_log.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Where a log ends its files, and what it keeps of them.
struct prediction_log_options {
  /// Of several processes that log into one folder, each has a name of its own.
  std::string writer = "0";
  /// A file as long as this, or an eighth of `max_age` old, is closed, and another begun.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  /// The oldest files of this writer are removed when all of them are longer than this, or were last written to before
  /// `max_age`.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  duration max_age = duration(std::int64_t{90} * 24 * 3600 * 1'000'000'000);
  /// Whether features are kept; without them rows say how good a model is, but train none.
  bool keeps_features = true;
  std::size_t ring_bytes = std::size_t{1} << 20;
  std::uint32_t sync_interval_ms = 100;
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
  diagnostics_ref diagnostics = {};
};

/// What a prediction log did.
struct prediction_log_statistics {
  std::uint64_t appended = 0;
  std::uint64_t dropped = 0;  // for want of room, or while the disk refuses
  std::uint64_t refused = 0;  // no id, or larger than a record may be
  std::uint64_t removed = 0;  // files that were too old or too many
  std::uint64_t written_bytes = 0;
};

namespace detail {

/// A prediction in the ring: this, then the outputs, the features, and the texts one behind the other.
struct prediction_record {
  std::uint64_t time;
  double propensity;
  std::uint64_t unit;
  std::uint32_t step, rollout, id, model, version, outputs, features, arm;
};

struct prediction_lines {
  segment_rotation* rotation = nullptr;

  void line(std::string& out, const std::byte* record, std::size_t) {
    prediction_record head;
    std::memcpy(&head, record, sizeof head);
    const char* outputs = reinterpret_cast<const char*>(record) + sizeof head;
    const char* const features = outputs + 8 * std::size_t{head.outputs};
    const char* texts = features + 4 * std::size_t{head.features};
    const auto text = [&](std::uint32_t size) {
      texts += size;
      return std::string_view(texts - size, size);
    };
    const std::size_t begin = out.size();
    json_writer json(out);
    json.begin_object().member("id", text(head.id)).member("time", head.time);
    json.member("model", text(head.model)).member("version", text(head.version));
    json.member("arm", name(head.arm == 0 ? arm::stable : arm::candidate)).member("propensity", head.propensity);
    if (head.unit != 0) json.member("unit", head.unit);
    if (head.step != 0) json.member("step", head.step);
    if (head.rollout != 0) json.member("rollout", head.rollout);
    json.key("outputs").begin_array();
    numbers<double>(json, outputs, head.outputs);
    json.end_array();
    if (head.features != 0) {
      json.key("features").begin_array();
      numbers<float>(json, features, head.features);
      json.end_array();
    }
    end_line(out, begin);
  }
  void dropped(std::string& out, std::uint64_t count) {
    const std::size_t begin = out.size();
    ((out += dropped_prefix) += std::to_string(count));
    end_line(out, begin);
  }
  void end_group(std::string& out, bool) {
    if (!out.empty()) rotation->group(out.size());
  }
  static bool is_line(std::string_view text) noexcept { return is_sound_line(text); }
  static bool may_begin(std::string_view text) noexcept { return may_be_line(text); }

 private:
  template <class Number>
  static void numbers(json_writer& json, const char* from, std::size_t count) {
    for (; count > 0; --count, from += sizeof(Number)) {
      Number one;
      std::memcpy(&one, from, sizeof one);
      json.value(one);
    }
  }
};

}  // namespace detail

/// Predictions as lines of JSON in files of bounded size and age, to be joined with what came true (`outcome_join`).
///
///     auto log = mr::deliver::prediction_log::open("out/predictions");
///     log->append({.id = payment.id, .model = "fraud", .version = "7", .outputs = scores, .features = row});
///
/// Lines go into `predictions.<writer>.jsonl`, and full files are `predictions.<writer>.00000001.jsonl` and so on. Each
/// line ends with a checksum.
/// Guarantee: who serves never waits for the disk: a prediction that finds no room is dropped and counted, in
/// `statistics` and by a line in the log. A crash of the process loses those of about the last 10 ms, one of the
/// machine those of the last `sync_interval_ms`, and no crash a part of a line; after `flush` nothing is lost. All
/// files of a writer together are at most `max_bytes` long, and a few groups of lines more. Complexity: an append is a
/// copy into a ring. Allocates: when it is opened, and on its own thread; an append never. Threads: append any number;
/// the others as of a `store::line_log`. Errors: of `open`: unavailable: another process logs under this writer's name;
/// corrupt: a file of that name is none of these; those of the system. While the disk refuses, `status` returns why.
/// Fork: the child's copy drops all.
class prediction_log {
  using lines = store::basic_line_log<detail::prediction_lines, store::shared, store::drop_and_count>;

 public:
  /// The most bytes of a prediction, and at most a quarter of the ring: 8 an output, 4 a feature, and the texts.
  static constexpr std::size_t max_bytes = std::size_t{1} << 20;

  template <class = void>
  static result<prediction_log> open(const std::string& folder, const prediction_log_options& options = {});

  prediction_log(prediction_log&&) noexcept = default;
  prediction_log& operator=(prediction_log&& other) noexcept {
    log_ = std::move(other.log_);  // first: its thread uses the rotation
    state_ = std::move(other.state_);
    return *this;
  }
  ~prediction_log() = default;

  /// Logs a prediction. False: it was dropped or refused.
  template <class = void>
  bool append(const prediction& made) noexcept {
    const std::size_t features = state_->keeps_features ? made.features.size() : 0;
    const std::size_t size = sizeof(detail::prediction_record) + 8 * made.outputs.size() + 4 * features +
                             made.id.size() + made.model.size() + made.version.size();
    if (made.id.empty() || size > max_bytes || size > log_.max_record()) [[unlikely]] {
      state_->refused.add_relaxed(1);
      return false;
    }
    if (!log_.healthy()) [[unlikely]] {
      state_->dropped.add_relaxed(1);
      return false;
    }
    if (state_->rotation.wants_new()) [[unlikely]]
      log_.request_reopen();
    const std::uint64_t done = log_.append(size, [&](std::byte* to) {
      const auto length = [](const auto& of) { return static_cast<std::uint32_t>(of.size()); };
      const detail::prediction_record head{made.time != 0 ? made.time : state_->wall_clock(),
                                           made.propensity,
                                           made.unit,
                                           made.step,
                                           made.rollout,
                                           length(made.id),
                                           length(made.model),
                                           length(made.version),
                                           length(made.outputs),
                                           static_cast<std::uint32_t>(features),
                                           made.arm == arm::candidate ? 1U : 0U};
      const auto put = [&to](const void* from, std::size_t bytes) {
        if (bytes != 0) std::memcpy(to, from, bytes);
        to += bytes;
      };
      put(&head, sizeof head);
      put(made.outputs.data(), made.outputs.size_bytes());
      put(made.features.data(), 4 * features);
      for (const std::string_view text : {made.id, made.model, made.version}) put(text.data(), text.size());
    });
    if (done == 0) return false;
    state_->appended.add_relaxed(1);
    return true;
  }

  /// Waits until all predictions appended so far outlive a crash. Errors: those of `status`.
  result<void> flush() { return log_.flush(); }
  /// Writes and syncs the rest, and closes the file. Precondition: no append runs.
  result<void> close() { return log_.close(); }
  /// Success, or the error with which the disk refuses.
  result<void> status() const { return log_.status(); }
  prediction_log_statistics statistics() const noexcept {
    const auto of = log_.statistics();
    return {state_->appended.load_relaxed(), of.dropped + state_->dropped.load_relaxed(),
            state_->refused.load_relaxed(), state_->rotation.removed(), of.written_bytes};
  }

 private:
  struct state {
    state(std::string folder, std::string stem, const prediction_log_options& options)
        : rotation(std::move(folder), std::move(stem),
                   {options.segment_bytes, options.max_bytes, options.max_age, options.wall_clock}),
          keeps_features(options.keeps_features),
          wall_clock(options.wall_clock) {}
    detail::segment_rotation rotation;
    bool keeps_features;
    std::uint64_t (*wall_clock)() noexcept;
    detail::light_atomic<std::uint64_t> appended{0};
    detail::light_atomic<std::uint64_t> refused{0};
    detail::light_atomic<std::uint64_t> dropped{0};
  };

  prediction_log(detail::owning_pointer<state> owned, lines log) noexcept
      : state_(std::move(owned)), log_(std::move(log)) {}

  // In this order: the log's thread uses the state.
  detail::owning_pointer<state> state_;
  lines log_;
};

template <class>
result<prediction_log> prediction_log::open(const std::string& folder, const prediction_log_options& options) {
  const auto stem = detail::log_stem("predictions", options.writer);
  if (!stem) return stem.error();
  if (options.segment_bytes == 0 || options.max_bytes < 2 * options.segment_bytes)
    return error(errc::invalid_argument, "a prediction log keeps two files at least: max_bytes " +
                                             std::to_string(options.max_bytes) + ", segment_bytes " +
                                             std::to_string(options.segment_bytes));
  if (auto made = detail::make_folder(folder); !made) return std::move(made).error();
  auto made = detail::make_owning<state>(store::absolute_path(folder), *stem, options);
  if (auto found = made->rotation.open("predictions"); !found) return std::move(found).error();
  store::line_log_options lined;
  lined.sync_interval_ms = options.sync_interval_ms;
  lined.ring_bytes = options.ring_bytes;
  lined.diagnostics = options.diagnostics;
  auto log = lines::open(made->rotation.path(), lined, detail::prediction_lines{&made->rotation});
  if (!log) return std::move(log).error();
  return prediction_log(std::move(made), *std::move(log));
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_PREDICTION_LOG_HPP
