#ifndef MILLRACE_DETECT_FEATURES_TABLE_DRIFT_HPP
#define MILLRACE_DETECT_FEATURES_TABLE_DRIFT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/detect/features/drift_reference.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/stats/family.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detect {

/// The drift of one feature of a table.
struct feature_drift {
  std::string feature;
  drift_measures measures;
  /// The p-value corrected for all features: of the Kolmogorov-Smirnov test, or of the chi-squared test for a feature
  /// with at most 20 distinct values in the reference.
  double adjusted_p = 1;
  /// Whether adjusted_p is at most alpha, and the score at least least_score.
  bool drifted = false;
};

/// A window, with the name of its feature.
struct feature_window {
  std::string feature;
  value_window window;
};

/// The drift of all features of a table.
struct table_drift_report {
  /// In the order in which the features were added.
  std::vector<feature_drift> features;
  /// The largest score of a feature, in [0, 1].
  double score = 0;
  /// How many features drifted.
  std::size_t drifted = 0;

  std::string summary() const {
    std::string text = std::to_string(drifted) + " of " + std::to_string(features.size()) + " features drifted";
    const char* before = ": ";
    for (const feature_drift& f : features) {
      if (!f.drifted) continue;
      text += before + f.feature;
      before = ", ";
    }
    return text + ".";
  }
};

/// Drift of a whole table: every feature against its reference, the p-values corrected as one family.
///
///     mr::detect::table_drift<mr::stats::holm> watch;
///     auto reference = mr::detect::drift_reference::make(amounts);
///     if (!reference) return std::move(reference).error();
///     watch.add("amount", *std::move(reference));
///     ...
///     std::vector<mr::detect::feature_window> now;            // in any order: the names tell which is which
///     now.push_back({"amount", *std::move(window)});
///     auto report = watch.compare(now);
///
/// Guarantee: without drift, the probability that any feature is called drifted is at most alpha (for family-wise
/// corrections), however many features there are.
/// Errors: of `compare`, each with the feature's name: shape_mismatch: windows are missing or too many; not_found: a
/// window of a feature that was not added; invalid_argument: two windows of one feature, two features of one name, no
/// feature at all.
/// Moved from, it has no features; alpha and the least score stay.
template <stats::correction Correction = stats::holm>
class table_drift {
 public:
  /// A feature with a score below `least_score` is not called drifted even if its p-value is at most alpha, since large
  /// windows make any difference significant.
  explicit table_drift(double alpha = 0.01, double least_score = 0.05) noexcept
      : alpha_(alpha), least_score_(least_score) {}

  table_drift(const table_drift&) = default;
  table_drift& operator=(const table_drift&) = default;
  table_drift(table_drift&& other) noexcept : table_drift(other.alpha_, other.least_score_) { swap(other); }
  table_drift& operator=(table_drift&& other) noexcept {
    table_drift taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~table_drift() = default;

  /// Adds a feature to watch, with its reference.
  void add(std::string feature, drift_reference reference) {
    names_.push_back(std::move(feature));
    references_.push_back(std::move(reference));
  }
  /// How many features were added.
  std::size_t size() const noexcept { return names_.size(); }

  /// Compares every feature's window with its reference. The windows may be in any order.
  result<table_drift_report> compare(std::span<const feature_window> windows) const {
    std::vector<const value_window*> ordered(names_.size());
    for (std::size_t at = 0; at < windows.size(); ++at) {
      const std::string& name = windows[at].feature;
      const std::size_t i = place_of(name, at);
      if (i == names_.size()) return error(errc::not_found, "table drift: no feature \"" + name + "\" was added");
      if (ordered[i] != nullptr)
        return error(errc::invalid_argument, "table drift: two windows of feature \"" + name + "\"");
      ordered[i] = &windows[at].window;
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (ordered[i] != nullptr) continue;
      if (place_of(names_[i], 0) != i)
        return error(errc::invalid_argument, "table drift: two features are called \"" + names_[i] + "\"");
      return error(errc::shape_mismatch, "table drift: no window of feature \"" + names_[i] + "\"");
    }
    return measured(ordered);
  }
  result<table_drift_report> compare(std::initializer_list<feature_window> windows) const {
    return compare(std::span<const feature_window>(windows.begin(), windows.size()));
  }
  /// The same with windows that have no names, in the order in which the features were added. Two that are swapped are
  /// not noticed.
  result<table_drift_report> compare(std::span<const value_window> windows) const {
    if (windows.size() != names_.size()) {
      std::string text = "table drift: " + std::to_string(windows.size()) + " windows for ";
      text += std::to_string(names_.size()) + " features";
      if (windows.size() < names_.size()) text += ", none of \"" + names_[windows.size()] + '"';
      return error(errc::shape_mismatch, std::move(text));
    }
    std::vector<const value_window*> ordered;
    for (const value_window& one : windows) ordered.push_back(&one);
    return measured(ordered);
  }

  /// Allocates: the bytes, those of the references and a few for each name.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as());
    to.f64(alpha_);
    to.f64(least_score_);
    to.u64(names_.size());
    for (std::size_t i = 0; i < names_.size(); ++i) {
      to.text(names_[i]);
      to.block(references_[i].save());
    }
    return std::move(to).finish();
  }
  /// Guarantee: what is loaded compares as the saved one did.
  /// Errors: those of an envelope, also for another correction; corrupt, with the feature. They do not name the file;
  /// `.wrap(path)` adds it.
  static result<table_drift> load(std::span<const std::byte> bytes) {
    const std::string name = saved_as();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    const double alpha = from->f64();
    const double least_score = from->f64();
    table_drift made(alpha, least_score);
    const std::size_t n = from->count(16);
    for (std::size_t i = 0; i < n && from->ok(); ++i) {
      std::string feature(from->text());
      const std::span<const std::byte> block = from->block();
      if (!from->ok()) break;
      auto reference = drift_reference::load(block);
      if (!reference) return std::move(reference).error().wrap("saved " + name + ": feature \"" + feature + '"');
      made.add(std::move(feature), *std::move(reference));
    }
    if (auto done = from->finish(!detail::math::is_nan(alpha) && !detail::math::is_nan(least_score)); !done)
      return std::move(done).error();
    return made;
  }

 private:
  void swap(table_drift& other) noexcept {
    detail::swap_members(*this, other, &table_drift::alpha_, &table_drift::least_score_, &table_drift::names_,
                         &table_drift::references_);
  }

  static std::string saved_as() { return "table_drift<" + std::string(Correction::name) + '>'; }

  /// The place of the feature with this name; size() if there is none. The place `likely` is looked at first.
  std::size_t place_of(const std::string& name, std::size_t likely) const noexcept {
    if (likely < names_.size() && names_[likely] == name) return likely;
    std::size_t i = 0;
    while (i < names_.size() && names_[i] != name) ++i;
    return i;
  }

  result<table_drift_report> measured(std::span<const value_window* const> windows) const {
    if (windows.empty()) return error(errc::invalid_argument, "table drift: no feature was added");
    table_drift_report report;
    std::vector<double> p;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      auto compared = references_[i].compare(*windows[i]);
      if (!compared) return std::move(compared).error().wrap("feature \"" + names_[i] + '"');
      const drift_measures& m = *compared;
      p.push_back(few_values(references_[i].window()) ? m.chi_squared_p : m.ks_p);
      report.features.push_back({names_[i], m, 1, false});
      if (m.score > report.score) report.score = m.score;
    }
    auto adjusted = stats::family_of<Correction>(p);
    if (!adjusted) return std::move(adjusted).error();
    for (std::size_t i = 0; i < p.size(); ++i) {
      feature_drift& f = report.features[i];
      f.adjusted_p = (*adjusted)[i];
      f.drifted = f.adjusted_p <= alpha_ && f.measures.score >= least_score_;
      if (f.drifted) ++report.drifted;
    }
    return report;
  }

  static bool few_values(const value_window& window) noexcept {
    std::size_t distinct = 1;
    for (std::size_t i = 1; i < window.size() && distinct <= 20; ++i)
      if (window.value(i) != window.value(i - 1)) ++distinct;
    return distinct <= 20;
  }

  double alpha_;
  double least_score_;
  std::vector<std::string> names_;
  std::vector<drift_reference> references_;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_FEATURES_TABLE_DRIFT_HPP
