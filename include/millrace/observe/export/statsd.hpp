#ifndef MILLRACE_OBSERVE_EXPORT_STATSD_HPP
#define MILLRACE_OBSERVE_EXPORT_STATSD_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>
#include <millrace/store/atomic_file.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The format that the server understands. `plain`: StatsD as Etsy defined it, which has no labels, so the labels'
/// values are appended to the name. `dogstatsd`: labels are sent as tags, and histograms have a type of their own.
enum class statsd_dialect : std::uint8_t { plain, dogstatsd };

/// How a `statsd_writer` names metrics and packs lines into datagrams.
struct statsd_options {
  statsd_dialect dialect = statsd_dialect::plain;
  std::string prefix;               // put before every name, such as `shop.`
  std::size_t max_datagram = 1432;  // bytes; what an Ethernet frame of 1500 carries, less the headers
};

/// What one flush did.
struct statsd_report {
  std::size_t datagrams = 0;
  std::size_t lines = 0;
  std::size_t skipped = 0;  // series that were left out: their value is not finite, or their line exceeds a datagram
};

/// Sends to a StatsD server what changed since the last flush.
///
///     mr::observe::statsd_writer statsd;
///     auto server = mr::observe::udp_sender::open("127.0.0.1", 8125);
///     if (server) auto sent = statsd.flush(registry.snapshot(), *server);
///
/// - A counter is sent as the difference since then: `rows.train:64|c`.
/// - A gauge is sent as it is: `loss:0.25|g`.
/// - A histogram's new observations are sent as their mean and a sampling rate of 1 / their number, so that the server
///   counts as many: `event_seconds.forward:7.5|ms|@0.01` for a hundred. A timer's mean is in milliseconds, another
///   histogram's in its own unit (type `|h` for DogStatsD, else `|ms`).
///
/// Counters and histograms without a change send no line. A character that a name or tag cannot hold is sent as `_`. A
/// line is never split between datagrams, and does not depend on the locale.
/// Threads: one at a time.
/// Errors: what `send` returns; then the datagrams before count as sent, and the rest is sent at the next flush.
/// `invalid_argument` for a snapshot of another registry than the first.
/// Source: the statsd project's "Metric Types"; Datadog, "DogStatsD datagram format".
class statsd_writer {
 public:
  explicit statsd_writer(statsd_options options = {}) : options_(std::move(options)) {}

  /// Calls send(datagram), which returns result<void>, for each datagram; a `udp_sender` is such a function.
  template <class Send>
  result<statsd_report> flush(const metrics_snapshot& snapshot, Send&& send) {
    if (registry_id_ != 0 && registry_id_ != snapshot.registry_id)
      return error(errc::invalid_argument, "statsd: the snapshot is of another registry than the one before");
    registry_id_ = snapshot.registry_id;
    statsd_report report;
    std::string datagram;
    std::vector<told> pending;  // what the datagram says
    const auto post = [&]() -> result<void> {
      if (datagram.empty()) return {};
      if (auto sent = send(std::string_view(datagram)); !sent) return sent;
      for (const told& each : pending) told_[each.id] = each;
      ++report.datagrams;
      datagram.clear();
      pending.clear();
      return {};
    };
    std::string lines;
    for (const metric_family_samples& each : snapshot.families())
      for (const metric_sample& sample : each.samples) {
        lines.clear();
        const std::uint32_t id = sample.series->id;
        if (id >= told_.size()) told_.resize(std::size_t{id} + 1);
        const std::size_t count = write(lines, *each.family, sample, told_[id]);
        if (count == 0 || lines.size() > options_.max_datagram) {
          if (count != 0 || unspeakable(*each.family, sample)) ++report.skipped;
          continue;
        }
        if (!datagram.empty() && datagram.size() + 1 + lines.size() > options_.max_datagram)
          if (auto sent = post(); !sent) return std::move(sent).error();
        if (!datagram.empty()) datagram += '\n';
        datagram += lines;
        pending.push_back({id, sample.count, sample.value, sample.nanoseconds});
        report.lines += count;
      }
    if (auto sent = post(); !sent) return std::move(sent).error();
    return report;
  }

  /// Writes the lines of this flush to a file, by `store::write_file`, in place of what the file held.
  result<statsd_report> flush_to_file(const metrics_snapshot& snapshot, const std::string& path) {
    statsd_writer after = *this;
    std::string text;
    auto report = after.flush(snapshot, [&](std::string_view datagram) -> result<void> {
      text.append(datagram) += '\n';
      return {};
    });
    if (!report) return report;
    if (auto written = store::write_file(path, text); !written) return std::move(written).error();
    *this = std::move(after);
    return report;
  }

 private:
  /// A series' values when its last line was sent.
  struct told {
    std::uint32_t id = 0;
    std::uint64_t count = 0;
    double value = 0;
    std::uint64_t nanoseconds = 0;
  };

  /// Whether StatsD cannot express the sample's value.
  static bool unspeakable(const metric_family& family, const metric_sample& sample) noexcept {
    return family.type != metric_type::counter && !__builtin_isfinite(sample.value);
  }

  /// Appends a series' line, or the two of a negative gauge, and returns how many.
  std::size_t write(std::string& out, const metric_family& family, const metric_sample& sample,
                    const told& last) const {
    if (unspeakable(family, sample)) return 0;
    const std::string_view type = family.type == metric_type::counter                               ? "|c"
                                  : family.type == metric_type::gauge                               ? "|g"
                                  : family.nanoseconds || options_.dialect == statsd_dialect::plain ? "|ms"
                                                                                                    : "|h";
    if (family.type == metric_type::gauge) {
      // StatsD reads a signed value as a change, so a negative one is sent as 0 and then as a change from it.
      const bool in_two = __builtin_signbit(sample.value) && options_.dialect == statsd_dialect::plain;
      if (in_two) {
        append_name(out, family, sample);
        out.append("0").append(type).append("\n");
      }
      append_name(out, family, sample);
      append_number(out, sample.value, false);
      out += type;
      append_tags(out, sample);
      return in_two ? 2 : 1;
    }
    const std::uint64_t count = sample.count - last.count;
    if (count == 0) return 0;
    append_name(out, family, sample);
    if (family.type == metric_type::counter) {
      if (family.nanoseconds)
        append_number(out, static_cast<double>(count) / 1e9, true);
      else
        out.append(std::to_string(count));
      out += type;
    } else {
      append_mean(out, family, sample, last, static_cast<double>(count));
      out += type;
      if (count > 1) {
        out += "|@";
        append_number(out, 1.0 / static_cast<double>(count), true);
      }
    }
    append_tags(out, sample);
    return 1;
  }

  /// The mean of the observations since the last time: a timer's in milliseconds, from whole nanoseconds.
  static void append_mean(std::string& out, const metric_family& family, const metric_sample& sample, const told& last,
                          double count) {
    if (family.nanoseconds) {
      append_number(out, static_cast<double>(sample.nanoseconds - last.nanoseconds) / (count * 1e6), true);
      return;
    }
    // Both sums were rounded, each by up to 2^-53 of its size at an addition, so the low digits of their difference are
    // noise. The shortest number within `error` of the mean is sent, where 2^-51 allows for four such roundings.
    const double mean = (sample.value - last.value) / count;
    const double larger = __builtin_fabs(sample.value) > __builtin_fabs(last.value) ? sample.value : last.value;
    const double error = __builtin_fabs(larger) * 0x1p-51 / count;
    for (int precision = 0; precision < 16; ++precision) {
      char digits[32];
      const auto end = std::to_chars(digits, digits + sizeof digits, mean, std::chars_format::scientific, precision);
      double rounded = 0;
      std::from_chars(digits, end.ptr, rounded);
      if (__builtin_fabs(rounded - mean) > error) continue;
      append_number(out, rounded, true);
      return;
    }
    append_number(out, mean, true);
  }

  /// Appends a number; with `fixed` never in exponential form, which servers do not read there.
  static void append_number(std::string& out, double value, bool fixed) {
    char digits[400];
    const auto end = fixed ? std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed)
                           : std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, static_cast<std::size_t>(end.ptr - digits));
  }

  void append_name(std::string& out, const metric_family& family, const metric_sample& sample) const {
    const auto append_word = [&](std::string_view word) {
      for (const char c : word) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        out += kept ? c : '_';
      }
    };
    out += options_.prefix;
    append_word(family.name);
    if (options_.dialect == statsd_dialect::plain)
      for (const auto& label : sample.labels()) {
        out += '.';
        append_word(label.value);
      }
    out += ':';
  }
  void append_tags(std::string& out, const metric_sample& sample) const {
    if (options_.dialect != statsd_dialect::dogstatsd) return;
    std::string_view mark = "|#";
    for (const auto& label : sample.labels()) {
      out += std::exchange(mark, ",");
      out.append(label.name) += ':';
      for (const char c : label.value) {
        const bool ends_a_word = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '|' || c == '#' || c == ',';
        out += ends_a_word ? '_' : c;
      }
    }
  }

  statsd_options options_;
  std::uint64_t registry_id_ = 0;
  std::vector<told> told_;  // by the series' id
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_STATSD_HPP
