#ifndef MILLRACE_DETECT_TABLE_DRIFT_HPP
#define MILLRACE_DETECT_TABLE_DRIFT_HPP

#include <millrace/core/result.hpp>
#include <millrace/detect/drift_reference.hpp>
#include <millrace/stats/family.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// What became of one feature.
struct feature_drift {
  std::string feature;
  drift_measures measures;
  /// Of the Kolmogorov-Smirnov test (chi-squared for features of at most 20 distinct values), corrected for all
  /// features.
  double adjusted_p = 1;
  bool drifted = false;
};

/// What became of a table.
struct table_drift_report {
  std::vector<feature_drift> features;
  /// A gauge in [0, 1]: the largest score of a feature.
  double score = 0;
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
///     mr::table_drift<mr::holm> watch;
///     watch.add("amount", mr::drift_reference::of(amounts).value());
///     auto report = watch.compare(windows);          // one value_window a feature, in order
///
/// Guarantee: without drift, the chance of any feature being called drifted is at most alpha (for family-wise
/// corrections), however many there are. Errors: shape_mismatch: another number of windows; invalid_argument: no
/// feature.
template <correction Correction = holm>
class table_drift {
 public:
  /// `least_score`: features that drifted significantly, but less than this, are not called drifted: large windows
  /// make any difference significant.
  explicit table_drift(double alpha = 0.01, double least_score = 0.05) : alpha_(alpha), least_score_(least_score) {}

  void add(std::string feature, drift_reference reference) {
    names_.push_back(std::move(feature));
    references_.push_back(std::move(reference));
  }
  std::size_t size() const noexcept { return names_.size(); }

  result<table_drift_report> compare(std::span<const value_window> windows) const {
    if (windows.size() != names_.size())
      return error(errc::shape_mismatch, "table drift: " + std::to_string(windows.size()) + " windows for " +
                                             std::to_string(names_.size()) + " features");
    if (windows.empty()) return error(errc::invalid_argument, "table drift: no feature was added");
    table_drift_report report;
    std::vector<double> p;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const drift_measures m = references_[i].compare(windows[i]);
      p.push_back(few_values(references_[i].window()) ? m.chi_squared_p : m.ks_p);
      report.features.push_back({names_[i], m, 1, false});
      if (m.score > report.score) report.score = m.score;
    }
    auto adjusted = family_of<Correction>(p);
    if (!adjusted) return std::move(adjusted).error();
    for (std::size_t i = 0; i < p.size(); ++i) {
      feature_drift& f = report.features[i];
      f.adjusted_p = (*adjusted)[i];
      f.drifted = f.adjusted_p <= alpha_ && f.measures.score >= least_score_;
      if (f.drifted) ++report.drifted;
    }
    return report;
  }

 private:
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

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_TABLE_DRIFT_HPP
