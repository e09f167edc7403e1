#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_METRIC_CATALOG_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_METRIC_CATALOG_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/detail/arena.hpp>
#include <millrace/observe/metrics/detail/bucket_table.hpp>
#include <millrace/observe/metrics/detail/cells.hpp>
#include <millrace/observe/metrics/detail/instrument_cells.hpp>
#include <millrace/observe/metrics/detail/metric_text.hpp>
#include <millrace/observe/metrics/detail/native_buckets.hpp>
#include <millrace/observe/metrics/detail/shared_state.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A registry's families and series. They are checked when they are made and never change or move afterwards, so that
// snapshots may point to them.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

struct catalog_family;

struct catalog_series {
  metric_series info;
  const catalog_family* family = nullptr;
  std::uint32_t first_cell = 0;
  std::uint32_t cell_count = 0;
  bool shows_zero = true;
  gauge_cell* gauge = nullptr;  // a gauge's, in place of cells
  catalog_series* next = nullptr;
};

struct catalog_family {
  metric_family info;
  const real_buckets* reals = nullptr;      // a histogram's
  const whole_buckets* wholes = nullptr;    // a timer's
  const native_buckets* natives = nullptr;  // a native histogram's
  std::size_t series_count = 0;
  catalog_series* first = nullptr;
  catalog_series* last = nullptr;
  catalog_family* next = nullptr;
};

/// How many numbers a snapshot has to hold for a series' buckets.
inline std::size_t snapshot_buckets(const metric_family& family) noexcept {
  return family.type == metric_type::histogram ? family.bounds.size() + 1 + family.native.counts() : 0;
}

/// How many series and buckets a snapshot has to hold.
struct catalog_extent {
  std::size_t series = 0;
  std::size_t buckets = 0;
  std::size_t natives = 0;  // native histograms
};

/// What a program asks a registry for.
struct family_request {
  metric_info info;
  metric_type type;
  bool nanoseconds;
  std::vector<double> bounds;
  std::vector<cell_kind> cells;  // of one series
  native_layout native = {};
};

/// Keeps families and series in an arena, linked in the order of creation. An index finds a family by every name that
/// its samples have, and a series by `name{labels`.
// A template, so that its functions are compiled only where a program makes metrics.
template <class = void>
class metric_catalog : public shared_state {
 public:
  metric_catalog() noexcept
      : shared_state([](const shared_state* self) noexcept { delete static_cast<const metric_catalog*>(self); }),
        id_(next_id()) {}

  std::uint64_t id() const noexcept { return id_; }

  /// Returns the series of this name and these labels, and makes it if it is new.
  /// Errors: as `metrics_registry` says.
  result<const catalog_series*> find_or_add(const family_request& request, const label_set& labels,
                                            std::size_t most_series);

  /// Calls f(catalog_extent, the first family) under the lock, so that nothing is added meanwhile.
  template <class F>
  void read(F&& f) const {
    const lock_guard lock(mutex_);
    f(extent_, static_cast<const catalog_family*>(first_));
  }

 private:
  struct named {
    catalog_family* family = nullptr;
    const catalog_series* series = nullptr;  // null if the key is a sample's name
  };

  static std::uint64_t next_id() noexcept {
    static light_atomic<std::uint64_t> last;
    return last.add_relaxed(1) + 1;
  }

  /// The family's name: a counter's without `_total`.
  static std::string_view base_name(const family_request& request) noexcept {
    constexpr std::string_view total = "_total";
    std::string_view name = request.info.name;
    if (request.type == metric_type::counter && name.ends_with(total)) name.remove_suffix(total.size());
    return name;
  }
  /// Calls f(name) for every name that the family's samples have in Prometheus' format or OpenMetrics, until f returns
  /// false.
  template <class F>
  static void for_each_sample_name(const std::string& name, metric_type type, F&& f) {
    if (!f(name)) return;
    if (type == metric_type::histogram)
      for (const char* ending : {"_bucket", "_sum", "_count"})
        if (!f(name + ending)) return;
    if (type == metric_type::counter && !f(name + "_total")) return;
    if (type != metric_type::gauge) (void)f(name + "_created");
  }

  static constexpr std::size_t most_bounds = 1000;

  /// Checks a new family: its name, its unit, that no other family's samples have the same names, its bounds.
  result<void> check_family(const std::string& name, const family_request& request) const {
    const auto refuse = [&](errc code, const std::string& why) {
      return error(code, "metric \"" + valid_utf8(request.info.name) + "\": " + why);
    };
    if (!is_name(name, true))
      return refuse(errc::invalid_argument, "a name is letters, digits, '_' and ':', with no digit first");
    const std::string unit(request.info.unit);
    if (!unit.empty() && (!is_name(unit, false) || !name.ends_with("_" + unit)))
      return refuse(errc::invalid_argument, "the name does not end in its unit, \"_" + valid_utf8(unit) + "\"");
    const catalog_family* other = nullptr;
    for_each_sample_name(name, request.type, [&](const std::string& sample) {
      if (const named* const taken = index_.find(sample)) other = taken->family;
      return other == nullptr;
    });
    if (other != nullptr)
      return refuse(errc::already_exists, "its samples would be taken for those of the " +
                                              std::string(to_string(other->info.type)) + " \"" + other->info.name +
                                              "\"");
    return request.type == metric_type::histogram && !request.native ? check_bounds(request) : result<void>{};
  }
  static result<void> check_bounds(const family_request& request) {
    const auto refuse = [&](errc code, const std::string& why) {
      return error(code, "metric \"" + valid_utf8(request.info.name) + "\": " + why);
    };
    if (request.bounds.empty() || request.bounds.size() > most_bounds)
      return refuse(errc::invalid_argument, "a histogram has between 1 and " + std::to_string(most_bounds) + " bounds");
    for (std::size_t i = 0; i < request.bounds.size(); ++i) {
      const double bound = request.bounds[i];
      if (!__builtin_isfinite(bound))
        return refuse(errc::invalid_argument, "bounds are finite; the last bucket, +Inf, is always there");
      if (request.nanoseconds && !(bound * 1e9 >= 0.999999 && bound * 1e9 <= 0x1p53))
        return refuse(errc::invalid_argument, "a timer's bounds lie between a nanosecond and 104 days");
      if (i > 0 && !(request.nanoseconds ? to_nanoseconds(request.bounds[i - 1]) < to_nanoseconds(bound)
                                         : request.bounds[i - 1] < bound))
        return refuse(errc::invalid_argument, "bounds ascend, and " + bound_text(bound) + " does not");
    }
    return {};
  }

  /// Checks that a request for a family that exists agrees with it.
  static result<void> check_same(const catalog_family& family, const family_request& request) {
    const auto refuse = [&](const std::string& why) {
      return error(errc::already_exists, "metric \"" + family.info.name + "\": there already, " + why);
    };
    if (family.info.type != request.type || family.info.nanoseconds != request.nanoseconds)
      return refuse("as a " + std::string(!family.info.nanoseconds                   ? to_string(family.info.type)
                                          : family.info.type == metric_type::counter ? "counter of time"
                                                                                     : "timer"));
    if (family.info.help != valid_utf8(request.info.help)) return refuse("with the help \"" + family.info.help + "\"");
    if (family.info.unit != request.info.unit) return refuse("with the unit \"" + family.info.unit + "\"");
    if (family.info.bounds != request.bounds) return refuse("with other bounds");
    if (family.info.native != request.native) return refuse("with other native buckets");
    return {};
  }

  static bool same_names(const label_set& a, const label_set& b) noexcept {
    if (a.size() != b.size()) return false;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
      if (x->name != y->name) return false;
    return true;
  }

  /// Seconds in whole nanoseconds. 3e-8 s, for example, times 1e9 is a little below 30 in binary; the 1e-3 added makes
  /// it 30.
  static std::uint64_t to_nanoseconds(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1e9 + 1e-3);
  }

  catalog_family& make_family(const std::string& name, const family_request& request) {
    catalog_family& made = arena_.make<catalog_family>();
    made.info.name = name;
    made.info.help = valid_utf8(request.info.help);
    made.info.unit = request.info.unit;
    made.info.type = request.type;
    made.info.nanoseconds = request.nanoseconds;
    made.info.bounds = request.bounds;
    made.info.native = request.native;
    if (request.type != metric_type::histogram) return made;
    for (const double bound : request.bounds) made.info.bound_text.push_back(bound_text(bound) + "\"} ");
    made.info.bound_text.emplace_back("+Inf\"} ");
    if (request.native) {
      made.natives = &arena_.make<native_buckets>(request.native);
    } else if (request.nanoseconds) {
      std::vector<std::uint64_t> whole;
      for (const double bound : request.bounds) whole.push_back(to_nanoseconds(bound));
      made.wholes = &arena_.make<whole_buckets>(whole);
    } else {
      made.reals = &arena_.make<real_buckets>(request.bounds);
    }
    return made;
  }

  catalog_series& make_series(const catalog_family& family, const label_set& labels, const std::string& rendered) {
    catalog_series& made = arena_.make<catalog_series>();
    made.family = &family;
    made.info.labels = labels;
    made.info.id = static_cast<std::uint32_t>(extent_.series);
    const std::string braced = rendered.empty() ? " " : "{" + rendered + "} ";
    const std::string& name = family.info.name;
    switch (family.info.type) {
      case metric_type::counter: made.info.text = name + "_total" + braced; break;
      case metric_type::gauge:
        made.info.text = name + braced;
        made.gauge = &arena_.make<gauge_cell>();
        break;
      case metric_type::histogram:
        made.info.text = name + "_bucket{" + rendered + (rendered.empty() ? "le=\"" : ",le=\"");
        made.info.sum_text = name + "_sum" + braced;
        made.info.count_text = name + "_count" + braced;
    }
    return made;
  }

  /// Makes a series, and its family if that is null.
  const catalog_series& add_series(catalog_family* family, const std::string& name, const family_request& request,
                                   const label_set& labels, const std::string& rendered);

  /// Adds a series to its family and to the index. Nothing here can fail: the index has room for it.
  void link(catalog_family& family, catalog_series& series, std::string_view key) noexcept {
    (family.first == nullptr ? family.first : family.last->next) = &series;
    family.last = &series;
    ++family.series_count;
    index_.insert(key, {&family, &series});
    ++extent_.series;
    extent_.buckets += snapshot_buckets(family.info);
    if (family.info.native) ++extent_.natives;
  }
  /// The index's key of a series. No name holds a brace, so this is never the name of a sample.
  static std::string series_key(const std::string& name, const std::string& rendered) { return name + '{' + rendered; }

  mutable mutex mutex_;
  std::uint64_t id_;
  arena arena_;
  name_index<named> index_;
  catalog_family* first_ = nullptr;
  catalog_family* last_ = nullptr;
  catalog_extent extent_;
};

template <class Unused>
result<const catalog_series*> metric_catalog<Unused>::find_or_add(const family_request& request,
                                                                  const label_set& labels, std::size_t most_series) {
  const std::string name(base_name(request));
  const lock_guard lock(mutex_);
  const named* const known = index_.find(name);
  catalog_family* const family =
      known != nullptr && known->series == nullptr && known->family->info.name == name ? known->family : nullptr;
  if (result<void> ok = family == nullptr ? check_family(name, request) : check_same(*family, request); !ok)
    return std::move(ok).error();
  if (result<void> ok = labels.validate(request.type == metric_type::histogram ? "le" : ""); !ok)
    return std::move(ok).error().wrap("metric \"" + name + "\"");

  const std::string rendered = label_text(labels);
  if (const named* const found = index_.find(series_key(name, rendered))) return found->series;
  if (family != nullptr && !same_names(family->first->info.labels, labels))
    return error(errc::already_exists,
                 "metric \"" + name + "\": its series have other label names than {" + rendered + "}");
  if ((family == nullptr ? 0 : family->series_count) >= most_series)
    return error(errc::out_of_range, "metric \"" + name + "\": more than " + std::to_string(most_series) +
                                         " series; the next would be {" + rendered + "}");
  return &add_series(family, name, request, labels, rendered);
}

/// All that can fail comes before the first link, so that a series and its names are there as a whole or not at all.
template <class Unused>
const catalog_series& metric_catalog<Unused>::add_series(catalog_family* family, const std::string& name,
                                                         const family_request& request, const label_set& labels,
                                                         const std::string& rendered) {
  const bool fresh = family == nullptr;
  if (fresh) family = &make_family(name, request);
  catalog_series& series = make_series(*family, labels, rendered);
  series.shows_zero = request.info.shows_zero || request.type == metric_type::gauge;
  const std::string_view key = arena_.copy(series_key(name, rendered));
  constexpr std::size_t most_names = 6;
  std::string_view names[most_names];
  std::size_t count = 0;
  if (fresh)
    for_each_sample_name(name, request.type, [&](const std::string& sample) {
      names[count++] = arena_.copy(sample);
      return true;
    });
  index_.reserve(count + 1);
  if (!request.cells.empty()) {
    series.first_cell = cell_store::instance().allocate(request.cells);
    series.cell_count = static_cast<std::uint32_t>(request.cells.size());
  }
  for (std::size_t i = 0; i < count; ++i) index_.insert(names[i], {family, nullptr});
  if (fresh) {
    (first_ == nullptr ? first_ : last_->next) = family;
    last_ = family;
  }
  link(*family, series, key);
  return series;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_METRIC_CATALOG_HPP
