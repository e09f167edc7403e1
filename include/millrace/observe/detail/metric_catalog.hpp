#ifndef MILLRACE_OBSERVE_DETAIL_METRIC_CATALOG_HPP
#define MILLRACE_OBSERVE_DETAIL_METRIC_CATALOG_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/detail/bucket_table.hpp>
#include <millrace/observe/detail/cells.hpp>
#include <millrace/observe/detail/instrument_cells.hpp>
#include <millrace/observe/detail/metric_text.hpp>
#include <millrace/observe/label_set.hpp>
#include <millrace/observe/metrics_snapshot.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a registry knows: families and their series, checked when they are made and never changed
// afterwards, so that snapshots may point at them.
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
  std::unique_ptr<gauge_cell> gauge;  // a gauge's, in place of cells
};

struct catalog_family {
  metric_family info;
  std::unique_ptr<const real_buckets> reals;    // a histogram's
  std::unique_ptr<const whole_buckets> wholes;  // a timer's
  std::vector<std::unique_ptr<catalog_series>> series;
  std::map<std::string, const catalog_series*> by_labels;
};

struct family_request {
  metric_info info;
  metric_type type;
  bool nanoseconds;
  std::vector<double> bounds;
  std::vector<cell_kind> cells;  // of one series
};

class metric_catalog {
 public:
  metric_catalog() noexcept : id_(next_id()) {}
  metric_catalog(const metric_catalog&) = delete;
  metric_catalog& operator=(const metric_catalog&) = delete;

  std::uint64_t id() const noexcept { return id_; }

  /// The series of this name and these labels; made if it is new and nothing speaks against it.
  result<const catalog_series*> find_or_add(const family_request& request, const label_set& labels,
                                            std::size_t most_series) {
    const std::string name(base_name(request));
    const std::lock_guard lock(mutex_);
    const auto known = by_name_.find(name);
    if (known == by_name_.end()) {
      if (auto ok = check_family(name, request); !ok) return std::move(ok).error();
    } else if (auto ok = check_same(*known->second, request); !ok) {
      return std::move(ok).error();
    }
    if (auto ok = labels.validate(request.type == metric_type::histogram ? "le" : ""); !ok)
      return std::move(ok).error().wrap("metric \"" + name + "\"");

    const std::string rendered = label_text(labels);
    if (known != by_name_.end()) {
      catalog_family& family = *known->second;
      if (const auto found = family.by_labels.find(rendered); found != family.by_labels.end()) return found->second;
      if (!same_names(family.series.front()->info.labels, labels))
        return error(errc::already_exists,
                     "metric \"" + name + "\": its series have other label names than {" + rendered + "}");
      if (family.series.size() >= most_series)
        return error(errc::out_of_range, "metric \"" + name + "\": more than " + std::to_string(most_series) +
                                             " series; the next would be {" + rendered + "}");
      return add_series(family, request, labels, rendered);
    }
    if (most_series == 0) return error(errc::out_of_range, "metric \"" + name + "\": more than 0 series");
    return add_series(add_family(name, request), request, labels, rendered);
  }

  struct extent {
    std::size_t series = 0;
    std::size_t buckets = 0;
  };
  /// Calls f(extent, families) while nothing comes.
  template <class F>
  void read(F&& f) const {
    const std::lock_guard lock(mutex_);
    f(extent_, families_);
  }

 private:
  static std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  static constexpr std::size_t most_bounds = 1000;

  static std::string_view base_name(const family_request& request) noexcept {
    constexpr std::string_view total = "_total";
    std::string_view name = request.info.name;
    if (request.type == metric_type::counter && name.ends_with(total)) name.remove_suffix(total.size());
    return name;
  }

  /// Every name that the family's samples have in one format or another.
  static std::vector<std::string> sample_names(const std::string& name, metric_type type) {
    switch (type) {
      case metric_type::counter: return {name, name + "_total", name + "_created"};
      case metric_type::gauge: return {name};
      case metric_type::histogram: return {name, name + "_bucket", name + "_sum", name + "_count", name + "_created"};
    }
    return {};
  }

  result<void> check_family(const std::string& name, const family_request& request) const {
    const auto refuse = [&](errc code, const std::string& why) {
      return error(code, "metric \"" + valid_utf8(request.info.name) + "\": " + why);
    };
    if (!is_name(name, true))
      return refuse(errc::invalid_argument, "a name is letters, digits, '_' and ':', with no digit first");
    const std::string unit(request.info.unit);
    if (!unit.empty() && (!is_name(unit, false) || !name.ends_with("_" + unit)))
      return refuse(errc::invalid_argument, "the name does not end in its unit, \"_" + valid_utf8(unit) + "\"");
    for (const std::string& sample : sample_names(name, request.type))
      if (const auto taken = taken_.find(sample); taken != taken_.end())
        return refuse(errc::already_exists, "its samples would be taken for those of the " +
                                                std::string(to_string(taken->second->info.type)) + " \"" +
                                                taken->second->info.name + "\"");
    if (request.type != metric_type::histogram) return {};

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

  static result<void> check_same(const catalog_family& family, const family_request& request) {
    const auto refuse = [&](const std::string& why) {
      return error(errc::already_exists, "metric \"" + family.info.name + "\": there already, " + why);
    };
    if (family.info.type != request.type || family.info.nanoseconds != request.nanoseconds)
      return refuse("as a " + std::string(family.info.nanoseconds ? "timer" : to_string(family.info.type)));
    if (family.info.help != valid_utf8(request.info.help)) return refuse("with the help \"" + family.info.help + "\"");
    if (family.info.unit != request.info.unit) return refuse("with the unit \"" + family.info.unit + "\"");
    if (family.info.bounds != request.bounds) return refuse("with other bounds");
    return {};
  }

  static bool same_names(const label_set& a, const label_set& b) noexcept {
    if (a.size() != b.size()) return false;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
      if (x->name != y->name) return false;
    return true;
  }

  /// Whole nanoseconds; a bound such as 1e-7 is not quite 100 of them in binary and is meant to be.
  static std::uint64_t to_nanoseconds(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1e9 + 1e-3);
  }

  catalog_family& add_family(const std::string& name, const family_request& request) {
    auto made = std::make_unique<catalog_family>();
    made->info = {name,
                  valid_utf8(request.info.help),
                  std::string(request.info.unit),
                  request.type,
                  request.nanoseconds,
                  request.bounds,
                  {}};
    if (request.type == metric_type::histogram) {
      for (const double bound : request.bounds) made->info.bound_text.push_back(bound_text(bound) + "\"} ");
      made->info.bound_text.emplace_back("+Inf\"} ");
      if (request.nanoseconds) {
        std::vector<std::uint64_t> whole;
        for (const double bound : request.bounds) whole.push_back(to_nanoseconds(bound));
        made->wholes = std::make_unique<const whole_buckets>(whole);
      } else {
        made->reals = std::make_unique<const real_buckets>(request.bounds);
      }
    }
    catalog_family& family = *made;
    families_.push_back(std::move(made));
    by_name_.emplace(name, &family);
    for (std::string& sample : sample_names(name, request.type)) taken_.emplace(std::move(sample), &family);
    return family;
  }

  const catalog_series* add_series(catalog_family& family, const family_request& request, const label_set& labels,
                                   const std::string& rendered) {
    auto made = std::make_unique<catalog_series>();
    made->family = &family;
    made->info.labels = labels;
    made->info.id = static_cast<std::uint32_t>(extent_.series);
    const std::string braced = rendered.empty() ? " " : "{" + rendered + "} ";
    const std::string& name = family.info.name;
    switch (family.info.type) {
      case metric_type::counter: made->info.text = name + "_total" + braced; break;
      case metric_type::gauge: made->info.text = name + braced; break;
      case metric_type::histogram:
        made->info.text = name + "_bucket{" + rendered + (rendered.empty() ? "le=\"" : ",le=\"");
        made->info.sum_text = name + "_sum" + braced;
        made->info.count_text = name + "_count" + braced;
        extent_.buckets += family.info.bounds.size() + 1;
    }
    if (family.info.type == metric_type::gauge) {
      made->gauge = std::make_unique<gauge_cell>();
    } else {
      made->cell_count = static_cast<std::uint32_t>(request.cells.size());
      made->first_cell = cell_store::instance().allocate(request.cells);
    }
    const catalog_series* series = made.get();
    family.series.push_back(std::move(made));
    family.by_labels.emplace(rendered, series);
    ++extent_.series;
    return series;
  }

  mutable std::mutex mutex_;
  std::uint64_t id_;
  std::vector<std::unique_ptr<catalog_family>> families_;
  std::map<std::string, catalog_family*, std::less<>> by_name_;
  std::map<std::string, const catalog_family*, std::less<>> taken_;  // by the names of samples
  extent extent_;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_METRIC_CATALOG_HPP
