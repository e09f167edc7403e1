#ifndef MILLRACE_MODEL_CARD_MODEL_CARD_HPP
#define MILLRACE_MODEL_CARD_MODEL_CARD_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/type_name.hpp>
#include <millrace/model/calibration/decision_threshold.hpp>
#include <millrace/model/calibration/reliability.hpp>
#include <millrace/model/card/detail/card_markdown.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/validation/fairness.hpp>
#include <millrace/model/validation/intervals.hpp>
#include <millrace/model/validation/slices.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A figure of a model card. An interval of level 0 is none.
struct card_measure {
  std::string name;
  measured figure;
};
/// A measure by the groups of a column. `names` of the groups 0, 1, ...; a group beyond them is called by its number.
struct card_slices {
  std::string column;
  std::string measure;
  slice_table table;
  std::vector<std::string> names = {};
};
/// Rates by the groups of a column, with names as above.
struct card_fairness {
  std::string column;
  fairness_table table;
  std::vector<std::string> names = {};
};
/// A threshold and why it was chosen.
struct card_threshold {
  std::string purpose;
  decision_threshold at;
};
/// How far probabilities are from what happened: "before calibration", "after".
struct card_calibration {
  std::string name;
  reliability found;
};
/// How many rows there were, and of what: "training", "held out".
struct card_rows {
  std::string name;
  std::uint64_t rows = 0;
};

/// How much a feature matters to the model, as a share of 1.
struct card_importance {
  std::string feature;
  double share = 0;
};

/// A model card: what a model is for, what it was made from, how good it is, for whom, and where it ends. Fill in what
/// is known; `to_markdown` and `to_json` leave out what is empty.
/// Source: Mitchell et al., "Model cards for model reporting", FAT* 2019.
struct model_card {
  std::string name;
  std::string version = {};
  std::string purpose = {};
  /// The kind of model, and of its calibration.
  std::string family = {};
  std::string calibrated_by = {};
  std::vector<card_rows> data = {};
  std::vector<std::string> features = {};
  std::vector<card_importance> importance = {};
  std::vector<card_measure> measures = {};
  std::vector<card_calibration> calibration = {};
  std::vector<card_threshold> thresholds = {};
  std::vector<card_slices> slices = {};
  std::vector<card_fairness> fairness = {};
  /// What the model must not be used for, and what is known to go wrong: whole sentences.
  std::vector<std::string> limits = {};
};

namespace detail {

inline std::string group_name(const std::vector<std::string>& names, int group) {
  return group >= 0 && static_cast<std::size_t>(group) < names.size() ? names[static_cast<std::size_t>(group)]
                                                                      : std::to_string(group);
}
constexpr std::string_view said(four_fifths rule) noexcept {
  switch (rule) {
    case four_fifths::kept: return "kept";
    case four_fifths::unsure: return "too few rows to say";
    case four_fifths::broken: return "broken";
  }
  return "unknown";
}

inline void write_figures(card_markdown& to, const model_card& card) {
  if (!card.measures.empty()) {
    to.heading("##", "Measures");
    to.head({"measure", "value (interval)"});
    for (const card_measure& one : card.measures) to.cell(one.name).cell(one.figure).end_row();
  }
  if (!card.calibration.empty()) {
    to.heading("##", "Calibration");
    to.head({"probabilities", "log loss", "Brier score", "expected calibration error"});
    for (const card_calibration& one : card.calibration)
      to.cell(one.name)
          .cell(one.found.log_loss)
          .cell(one.found.brier_score)
          .cell(one.found.expected_calibration_error)
          .end_row();
  }
  if (card.thresholds.empty()) return;
  to.heading("##", "Thresholds");
  to.head({"chosen for", "threshold", "precision", "recall", "false positive rate", "F1"});
  for (const card_threshold& one : card.thresholds)
    to.cell(one.purpose)
        .cell(one.at.value)
        .cell(one.at.precision)
        .cell(one.at.recall)
        .cell(one.at.false_positive_rate)
        .cell(one.at.f1)
        .end_row();
}

inline void write_groups(card_markdown& to, const model_card& card) {
  for (const card_slices& one : card.slices) {
    to.heading("##", "By " + one.column + ": " + one.measure);
    to.paragraph("The intervals of the slices are wide enough to hold all together.");
    to.paragraph("");
    to.head({"slice", "rows", one.measure});
    for (const slice& at : one.table.slices) {
      to.cell(group_name(one.names, at.group)).count(at.rows);
      if (at.measure)
        to.cell(*at.measure);
      else
        to.cell(at.measure.error().describe());
      to.end_row();
    }
    to.cell("all").cell("").cell(one.table.all).end_row();
  }
  for (const card_fairness& one : card.fairness) {
    to.heading("##", "Fairness by " + one.column);
    to.head({"group", "rows", "selected", "true positive rate", "false positive rate", "precision"});
    for (const group_rates& at : one.table.groups)
      to.cell(group_name(one.names, at.group))
          .count(at.rows)
          .cell(at.selection.share)
          .cell(at.true_positive.share)
          .cell(at.false_positive.share)
          .cell(at.precision.share)
          .end_row();
    to.paragraph("");
    to.head({"gap between groups", "value (interval)"});
    to.cell("demographic parity ratio").cell(one.table.demographic_parity.ratio).end_row();
    to.cell("equal opportunity difference").cell(one.table.equal_opportunity.difference).end_row();
    to.cell("false positive rate difference").cell(one.table.false_positive.difference).end_row();
    to.cell("four-fifths rule").cell(said(one.table.selection_rule)).end_row();
  }
}

inline void put(json_writer& to, std::string_view name, const measured& figure) {
  to.key(name).begin_object().member("value", figure.value);
  if (figure.interval.level > 0)
    to.member("lower", figure.interval.lower)
        .member("upper", figure.interval.upper)
        .member("level", figure.interval.level);
  to.end_object();
}
inline void put_slices(json_writer& to, const card_slices& one) {
  to.begin_object().member("column", one.column).member("measure", one.measure).member("level", one.table.level);
  put(to, "all", one.table.all);
  to.key("slices").begin_array();
  for (const slice& at : one.table.slices) {
    to.begin_object().member("slice", group_name(one.names, at.group)).member("rows", at.rows);
    if (at.measure)
      put(to, "measure", *at.measure);
    else
      to.member("error", at.measure.error().describe());
    to.end_object();
  }
  to.end_array().end_object();
}
inline void put_fairness(json_writer& to, const card_fairness& one) {
  to.begin_object().member("column", one.column).key("groups").begin_array();
  for (const group_rates& at : one.table.groups) {
    to.begin_object().member("group", group_name(one.names, at.group)).member("rows", at.rows);
    put(to, "selection_rate", at.selection.share);
    put(to, "true_positive_rate", at.true_positive.share);
    put(to, "false_positive_rate", at.false_positive.share);
    put(to, "precision", at.precision.share);
    to.end_object();
  }
  to.end_array();
  put(to, "demographic_parity_ratio", one.table.demographic_parity.ratio);
  put(to, "demographic_parity_difference", one.table.demographic_parity.difference);
  put(to, "equal_opportunity_difference", one.table.equal_opportunity.difference);
  put(to, "false_positive_rate_difference", one.table.false_positive.difference);
  to.member("four_fifths_rule", said(one.table.selection_rule)).end_object();
}
inline void put_calibration(json_writer& to, const card_calibration& one) {
  to.begin_object().member("name", one.name).member("log_loss", one.found.log_loss);
  to.member("brier_score", one.found.brier_score);
  to.member("expected_calibration_error", one.found.expected_calibration_error).key("bins").begin_array();
  for (const reliability_bin& at : one.found.bins) {
    to.begin_object().member("lower", at.bin.lower).member("upper", at.bin.upper).member("rows", at.bin.rows);
    to.member("mean_probability", at.bin.mean_probability);
    put(to, "positive_share", {at.bin.positive_share, at.interval});
    to.end_object();
  }
  to.end_array().end_object();
}
inline void put_threshold(json_writer& to, const card_threshold& one) {
  to.begin_object().member("purpose", one.purpose).member("threshold", one.at.value);
  put(to, "precision", one.at.precision);
  put(to, "recall", one.at.recall);
  put(to, "false_positive_rate", one.at.false_positive_rate);
  put(to, "accuracy", one.at.accuracy);
  put(to, "f1", one.at.f1);
  to.end_object();
}
template <class T, class Put>
void put_all(json_writer& to, std::string_view name, const std::vector<T>& items, Put one) {
  if (items.empty()) return;
  to.key(name).begin_array();
  for (const T& item : items) one(to, item);
  to.end_array();
}

}  // namespace detail

/// A card with what a fitted pipeline, or a table_pipeline, knows of itself: how many events it was fitted to, its
/// features, the kinds of its model and calibration, and how much each feature matters where the model says so. The
/// rest is for you to fill in. Allocates: the card.
template <class Pipeline>
model_card card_of(const Pipeline& fitted, std::string name)
requires requires {
  typename Pipeline::model_type;
  typename Pipeline::calibration_type;
  fitted.trained_on();
  fitted.features().names();
}
{
  model_card card{.name = std::move(name)};
  card.family = type_name<typename Pipeline::model_type>;
  if constexpr (Pipeline::is_calibrated) card.calibrated_by = type_name<typename Pipeline::calibration_type>;
  card.data.push_back({"training", fitted.trained_on()});
  card.features = fitted.features().names();
  if constexpr (weighs_columns<typename Pipeline::model_type>)
    for (const auto& one : fitted.importance()) card.importance.push_back({one.feature, one.amount});
  return card;
}

/// The card for people, as Markdown with a table for each part. Numbers have four digits.
/// Allocates: the text.
inline std::string to_markdown(const model_card& card) {
  std::string text;
  detail::card_markdown to(text);
  to.heading("#", card.version.empty() ? card.name : card.name + ' ' + card.version);
  if (!card.purpose.empty()) to.paragraph(card.purpose);
  if (!card.family.empty()) {
    if (!card.purpose.empty()) to.paragraph("");
    to.paragraph(card.calibrated_by.empty() ? "Model: " + card.family
                                            : "Model: " + card.family + ", calibrated by " + card.calibrated_by);
  }
  if (!card.data.empty()) {
    to.heading("##", "Data");
    to.head({"rows of", "rows"});
    for (const card_rows& one : card.data) to.cell(one.name).count(one.rows).end_row();
  }
  if (!card.features.empty()) {
    to.heading("##", "Features");
    for (const std::string& feature : card.features) to.item(feature);
  }
  if (!card.importance.empty()) {
    to.heading("##", "Importance");
    to.head({"feature", "share"});
    for (const card_importance& one : card.importance) to.cell(one.feature).cell(one.share).end_row();
  }
  detail::write_figures(to, card);
  detail::write_groups(to, card);
  if (!card.limits.empty()) {
    to.heading("##", "Limits");
    for (const std::string& limit : card.limits) to.item(limit);
  }
  return text;
}

/// The card for programs: one JSON object, in full precision. Infinities and NaN are texts.
/// Allocates: the text.
inline std::string to_json(const model_card& card) {
  std::string text;
  json_writer to(text);
  const auto as_text = [](json_writer& out, const std::string& one) { out.value(one); };
  to.begin_object().member("name", card.name);
  if (!card.version.empty()) to.member("version", card.version);
  if (!card.purpose.empty()) to.member("purpose", card.purpose);
  if (!card.family.empty()) to.member("family", card.family);
  if (!card.calibrated_by.empty()) to.member("calibrated_by", card.calibrated_by);
  detail::put_all(to, "data", card.data, [](json_writer& out, const card_rows& one) {
    out.begin_object().member("name", one.name).member("rows", one.rows).end_object();
  });
  detail::put_all(to, "features", card.features, as_text);
  detail::put_all(to, "importance", card.importance, [](json_writer& out, const card_importance& one) {
    out.begin_object().member("feature", one.feature).member("share", one.share).end_object();
  });
  detail::put_all(to, "measures", card.measures, [](json_writer& out, const card_measure& one) {
    out.begin_object().member("name", one.name);
    detail::put(out, "figure", one.figure);
    out.end_object();
  });
  detail::put_all(to, "calibration", card.calibration, detail::put_calibration);
  detail::put_all(to, "thresholds", card.thresholds, detail::put_threshold);
  detail::put_all(to, "slices", card.slices, detail::put_slices);
  detail::put_all(to, "fairness", card.fairness, detail::put_fairness);
  detail::put_all(to, "limits", card.limits, as_text);
  to.end_object();
  return text;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CARD_MODEL_CARD_HPP
