#ifndef MILLRACE_OBSERVE_EXPORT_PROMETHEUS_PROTOBUF_HPP
#define MILLRACE_OBSERVE_EXPORT_PROMETHEUS_PROTOBUF_HPP

#include <millrace/core/detail/protobuf.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The content type of an HTTP response with such a page.
inline constexpr std::string_view prometheus_protobuf_content_type =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

namespace detail {

/// Writes the messages of io.prometheus.client. A message that stands in another one is written first, because its
/// length comes before it.
// A template, so that it is compiled only where a program writes this format.
template <class = void>
class prometheus_messages {
 public:
  void append(std::string& out, const metric_family_samples& each) {
    const metric_family& family = *each.family;
    family_.clear();
    family_.text(1, family.type == metric_type::counter ? family.name + "_total" : family.name);
    family_.text(2, family.help);
    family_.varint(3, type_number(family.type));
    for (const metric_sample& sample : each.samples) {
      metric_.clear();
      for (const auto& [name, value] : sample.labels()) {
        pair(name, value);
        metric_.bytes(1, pair_.written());
      }
      body_.clear();
      switch (family.type) {
        case metric_type::counter: write_counter(family, sample); break;
        case metric_type::gauge: body_.f64(1, sample.value); break;
        case metric_type::histogram: write_histogram(family, sample);
      }
      metric_.bytes(family.type == metric_type::counter ? 3
                    : family.type == metric_type::gauge ? 2
                                                        : 7,
                    body_.written());
      family_.bytes(4, metric_.written());
    }
    if (!family.unit.empty()) family_.text(5, family.unit);
    metric_.clear();
    metric_.varint(family_.written().size());
    put(out, metric_.written());
    put(out, family_.written());
  }

 private:
  static unsigned type_number(metric_type type) noexcept {
    return type == metric_type::counter ? 0 : type == metric_type::gauge ? 1 : 4;
  }
  static void put(std::string& out, std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  void pair(std::string_view name, std::string_view value) {
    pair_.clear();
    pair_.text(1, name);
    pair_.text(2, value);
  }
  /// Leaves the message in `exemplar_`.
  void write(const exemplar& one) {
    exemplar_.clear();
    one.for_each_label([&](std::string_view name, std::string_view value) {
      pair(name, value);
      exemplar_.bytes(1, pair_.written());
    });
    exemplar_.f64(2, one.value);
    pair_.clear();
    pair_.varint(1, one.unix_nanoseconds / 1'000'000'000);
    pair_.varint(2, one.unix_nanoseconds % 1'000'000'000);
    exemplar_.bytes(3, pair_.written());
  }

  void write_counter(const metric_family& family, const metric_sample& sample) {
    body_.f64(1, family.nanoseconds ? sample.value : static_cast<double>(sample.count));
    if (sample.exemplars.empty()) return;
    write(sample.exemplars.front().exemplar);
    body_.bytes(2, exemplar_.written());
  }

  void write_histogram(const metric_family& family, const metric_sample& sample) {
    body_.varint(1, sample.count);
    body_.f64(2, sample.value);
    if (family.native) {
      body_.sint(5, family.native.schema);
      body_.f64(6, family.native.zero_threshold);
      body_.varint(7, sample.native->zeros);
      write_side(9, family.native, sample.native->negative);
      write_side(12, family.native, sample.native->positive);
      return;
    }
    std::uint64_t cumulated = 0;
    const bucket_exemplar* next = sample.exemplars.data();
    const bucket_exemplar* const end = next + sample.exemplars.size();
    for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
      cumulated += sample.buckets[i];
      bucket_.clear();
      bucket_.varint(1, cumulated);
      bucket_.f64(2, i < family.bounds.size() ? family.bounds[i] : __builtin_inf());
      if (next != end && next->bucket == i) {
        write(next++->exemplar);
        bucket_.bytes(3, exemplar_.written());
      }
      body_.bytes(3, bucket_.written());
    }
  }

  /// Calls f(begin, end) for each run of neighbouring buckets. Up to two empty buckets are cheaper within a run than a
  /// new one.
  template <class F>
  static void for_each_span(std::span<const std::uint64_t> counts, F&& f) {
    constexpr std::size_t most_empty = 2;
    for (std::size_t at = 0; at < counts.size(); ++at) {
      if (counts[at] == 0) continue;
      std::size_t end = at + 1;
      for (std::size_t i = end; i < counts.size() && i - end <= most_empty; ++i)
        if (counts[i] != 0) end = i + 1;
      f(at, end);
      at = end;
    }
  }

  /// Writes the buckets of one sign: their spans as field `field`, and each one's difference to the one before as the
  /// next field.
  void write_side(unsigned field, const native_layout& layout, std::span<const std::uint64_t> counts) {
    std::int64_t last = -layout.first;  // where the span before ended; the first one's gap is its bucket's number
    for_each_span(counts, [&](std::size_t begin, std::size_t end) {
      pair_.clear();
      pair_.sint(1, static_cast<std::int64_t>(begin) - last);
      pair_.varint(2, end - begin);
      body_.bytes(field, pair_.written());
      last = static_cast<std::int64_t>(end);
    });
    std::int64_t before = 0;
    for_each_span(counts, [&](std::size_t begin, std::size_t end) {
      for (; begin < end; ++begin) {
        const auto count = static_cast<std::int64_t>(counts[begin]);
        body_.sint(field + 1, count - before);
        before = count;
      }
    });
  }

  millrace::detail::protobuf_writer family_, metric_, body_, bucket_, exemplar_, pair_;
};

}  // namespace detail

/// Appends a snapshot in Prometheus' binary format: for each family a message `io.prometheus.client.MetricFamily`,
/// with its length in front. It is the one format in which a Prometheus server takes native histograms; exemplars and
/// units are in it, too.
/// Allocates: as the string grows, and some messages' room.
/// Source: prometheus/client_model, metrics.proto; Prometheus documentation, "Exposition formats".
template <class = void>
void append_prometheus_protobuf(std::string& out, const metrics_snapshot& snapshot) {
  detail::prometheus_messages<> messages;
  for (const metric_family_samples& each : snapshot.families()) messages.append(out, each);
}

/// Returns a snapshot as a page of Prometheus' binary format: see `append_prometheus_protobuf`.
template <class = void>
std::string to_prometheus_protobuf(const metrics_snapshot& snapshot) {
  std::string page;
  append_prometheus_protobuf(page, snapshot);
  return page;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EXPORT_PROMETHEUS_PROTOBUF_HPP
