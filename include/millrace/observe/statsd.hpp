#ifndef MILLRACE_OBSERVE_STATSD_HPP
#define MILLRACE_OBSERVE_STATSD_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/metrics_snapshot.hpp>
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

/// What the server understands. `plain`: StatsD as Etsy had it, which has no labels, so that their values follow the
/// name. `dogstatsd`: labels are tags, and histograms have a type of their own.
enum class statsd_dialect : std::uint8_t { plain, dogstatsd };

/// How a `statsd_writer` names and packs what it tells.
struct statsd_options {
  statsd_dialect dialect = statsd_dialect::plain;
  std::string prefix;               // before every name, as `shop.`
  std::size_t max_datagram = 1432;  // what passes an Ethernet whole
};

/// What one flush did.
struct statsd_report {
  std::size_t datagrams = 0;
  std::size_t lines = 0;
  std::size_t skipped = 0;  // series that no line can say: not finite, or longer than a datagram
};

/// Tells a StatsD server what changed since the last time.
///
///     mr::observe::statsd_writer statsd;
///     auto server = mr::observe::udp_sender::open("127.0.0.1", 8125);
///     if (server) auto sent = statsd.flush(registry.snapshot(), *server);
///
/// Counters as the difference, `rows.train:64|c`; gauges as they are, `loss:0.25|g`; a histogram's
/// new observations as their mean and sampling rate, `event_seconds.forward:7.5|ms|@0.01` for a
/// hundred: a timer's in milliseconds, others' in their own unit (`|h` to DogStatsD, `|ms` else).
/// What did not change sends no line, except gauges. A character that a name or tag cannot hold is
/// told as `_`. Lines stay whole; the same in every locale.
///
/// Errors: what `send` returns; what was sent before it counts as told and the rest is told next
/// time. `invalid_argument` for a snapshot of another registry than the first.
/// Threads: one at a time.
/// Source: the statsd project's "Metric Types"; Datadog, "DogStatsD datagram format".
class statsd_writer {
 public:
  explicit statsd_writer(statsd_options options = {}) : options_(std::move(options)) {}

  /// `send(datagram) -> result<void>` gets each datagram, as `udp_sender` does.
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

  /// The same into a file that holds this flush's lines alone, written as a whole.
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
  /// What a series' last line was based on.
  struct told {
    std::uint32_t id = 0;
    std::uint64_t count = 0;
    double value = 0;
    std::uint64_t nanoseconds = 0;
  };

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
      // To StatsD a sign means "change by", so a negative value is reached from zero.
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
      out.append(std::to_string(count)).append(type);
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
    // Both sums are rounded, so their difference has digits that nobody observed: the shortest number that it can stand
    // for is told.
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

  /// In plain decimals where servers read nothing else.
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

#endif  // MILLRACE_OBSERVE_STATSD_HPP
