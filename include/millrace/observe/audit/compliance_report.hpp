#ifndef MILLRACE_OBSERVE_AUDIT_COMPLIANCE_REPORT_HPP
#define MILLRACE_OBSERVE_AUDIT_COMPLIANCE_REPORT_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/audit_query.hpp>
#include <millrace/observe/audit/detail/page_writers.hpp>
#include <millrace/observe/audit/mask.hpp>
#include <millrace/observe/audit/report_templates.hpp>
#include <millrace/observe/metrics/detail/arena.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Whether the trail behind a report was verified, and what came of it.
struct report_verification {
  bool intact = false;
  std::uint64_t records = 0;
  std::string head = {};     // the tree's root, in hexadecimal
  std::string finding = {};  // what is wrong, and where, if it is not intact
};

/// What a report is about.
struct compliance_options {
  std::string title = "Audit report";
  std::uint64_t from = 0;  // records of this time or later, in nanoseconds since 1970
  std::uint64_t until = ~std::uint64_t{0};
  std::optional<report_template> evidence = {};          // what to select, control by control
  std::optional<report_verification> verification = {};  // none: the report says that nobody verified the trail
  std::uint64_t made_unix_nanoseconds = 0;               // when; 0: the report does not say
  std::size_t max_rows = 1'000;                          // of each list of records; what is left out is counted
};

/// A decision about an approval, with the request that it decides.
struct approval_decision {
  std::uint64_t index = 0;  // of the decision's record
  std::uint64_t unix_nanoseconds = 0;
  std::string object;
  bool granted = false;
  audit_text decided_by;
  std::string reason;
  bool requested = false;  // whether a request for the object came before it
  audit_text requested_by;
  bool by_requester = false;  // the same actor asked and decided
};

/// Records that belong together; `count` is of all, `entries` are the first.
struct report_records {
  std::uint64_t count = 0;
  std::vector<audit_entry> entries;
};

/// What a template's control found.
struct control_evidence {
  report_control control;
  std::uint64_t incomplete = 0;  // records that lack one of the details
  report_records records;
};

/// Records that are missing between two that are there: pruned, or never given to the report.
struct report_gap {
  std::uint64_t first = 0;  // index
  std::uint64_t last = 0;
};

/// What a trail says about a time, for people who have to judge it. `to_json`, `to_yaml`, `to_csv` and `to_html` write
/// it.
struct compliance_report {
  compliance_options options;
  std::uint64_t records = 0;
  std::uint64_t first_index = 0;
  std::uint64_t last_index = 0;
  std::uint64_t first_unix_nanoseconds = 0;
  std::uint64_t last_unix_nanoseconds = 0;
  std::uint64_t erased_values = 0;
  std::uint64_t clock_steps_back = 0;  // records with an earlier time than the one before
  std::uint64_t silent_days = 0;       // without a record, between the first and the last that have one
  std::vector<audit_kind_count> by_kind;
  std::vector<audit_actor_count> by_actor;
  std::vector<std::uint64_t> by_severity;  // in the order of audit_severity
  std::vector<audit_day_count> by_day;
  std::uint64_t decisions = 0;
  std::vector<approval_decision> approvals;
  report_records unapproved;  // promoted or deployed, and never approved before
  report_records denied;      // access_denied, login_failed
  report_records violations;  // security_violation, incident_reported
  std::vector<report_gap> gaps;
  std::uint64_t missing_records = 0;  // in the gaps
  std::vector<control_evidence> controls;
};

/// Makes a compliance report from records that come in their order. Give it also the records before `options.from`: it
/// counts none of them, but knows the approvals that were asked for or given then.
///
///     mr::observe::report_builder builder({.title = "2026, first quarter", .evidence =
///     mr::observe::report_templates::soc2}); for (const auto& entry : entries) builder.update(entry); const
///     std::string page = to_html(std::move(builder).finish());
///
/// Objects are the same if their texts are: an approval of `model/churn/3` is one for that model's deployment.
/// Complexity: O(size of the record) a record.
/// Allocates: for the records that the report shows, and for each object that somebody asked or got an approval for.
class report_builder {
 public:
  explicit report_builder(compliance_options options) {
    made_.options = std::move(options);
    if (!made_.options.evidence) return;
    for (const report_control& control : made_.options.evidence->controls) made_.controls.push_back({control, 0, {}});
  }

  void update(const audit_entry& entry) {
    note_order(entry);
    const bool counts = entry.unix_nanoseconds >= made_.options.from &&
                        (entry.unix_nanoseconds < made_.options.until || made_.options.until == ~std::uint64_t{0});
    note_approvals(entry, counts);
    if (!counts) return;
    if (made_.records++ == 0) {
      made_.first_index = entry.index;
      made_.first_unix_nanoseconds = entry.unix_nanoseconds;
    }
    made_.last_index = entry.index;
    made_.last_unix_nanoseconds = entry.unix_nanoseconds;
    counts_.update(entry);
    made_.erased_values += entry.actor.erased;
    for (const audit_entry_field& field : entry.fields) made_.erased_values += field.value.erased;
    if (is_any(entry, {audit_kinds::access_denied, audit_kinds::login_failed})) keep(made_.denied, entry);
    if (is_any(entry, {audit_kinds::security_violation, audit_kinds::incident_reported})) keep(made_.violations, entry);
    for (control_evidence& each : made_.controls) {
      for (const audit_name kind : each.control.kinds) {
        if (entry.kind != kind.view()) continue;
        each.incomplete += !is_complete(entry, each.control.details);
        keep(each.records, entry);
        break;
      }
    }
  }

  compliance_report finish() && {
    made_.by_kind = counts_.by_kind();
    made_.by_actor = counts_.by_actor();
    for (std::size_t i = 0; i < audit_severities; ++i)
      made_.by_severity.push_back(counts_.count(static_cast<audit_severity>(i)));
    made_.by_day = counts_.by_day();
    if (!made_.by_day.empty()) {
      const std::uint64_t days =
          (made_.by_day.back().unix_nanoseconds - made_.by_day.front().unix_nanoseconds) / 86'400'000'000'000U + 1;
      made_.silent_days = days - made_.by_day.size();
    }
    return std::move(made_);
  }

 private:
  /// What is known about an object's approval.
  struct approval {
    bool requested = false;
    bool granted = false;
    audit_text requested_by = {};
  };
  struct approval_book {
    detail::arena objects;
    detail::name_index<std::size_t> places;
    std::vector<approval> lines;
  };

  static bool is_any(const audit_entry& entry, std::initializer_list<audit_name> kinds) noexcept {
    for (const audit_name kind : kinds)
      if (entry.kind == kind.view()) return true;
    return false;
  }
  static bool is_complete(const audit_entry& entry, std::span<const std::string_view> details) noexcept {
    for (const std::string_view name : details) {
      const audit_text* field = nullptr;
      const bool there = name == "actor"    ? entry.actor.erased || !entry.actor.text.empty()
                         : name == "object" ? !entry.object.empty()
                         : name == "reason"
                             ? !entry.reason.empty()
                             : (field = entry.find(name)) != nullptr && (field->erased || !field->text.empty());
      if (!there) return false;
    }
    return true;
  }
  void keep(report_records& records, const audit_entry& entry) const {
    if (records.count++ < made_.options.max_rows) records.entries.push_back(entry);
  }

  void note_order(const audit_entry& entry) {
    if (any_ && entry.index > next_index_) {
      made_.missing_records += entry.index - next_index_;
      if (made_.gaps.size() < made_.options.max_rows) made_.gaps.push_back({next_index_, entry.index - 1});
    }
    if (any_ && entry.unix_nanoseconds < time_) ++made_.clock_steps_back;
    any_ = true;
    next_index_ = entry.index + 1;
    time_ = entry.unix_nanoseconds;
  }

  void note_approvals(const audit_entry& entry, bool counts) {
    const bool asks = is_any(entry, {audit_kinds::approval_requested});
    const bool grants = is_any(entry, {audit_kinds::approval_granted});
    const bool decides = grants || is_any(entry, {audit_kinds::approval_rejected});
    if (asks || decides) {
      approval& known = approval_of(entry.object);
      if (decides && counts && made_.decisions++ < made_.options.max_rows) {
        const bool same = known.requested && !entry.actor.erased && !known.requested_by.erased &&
                          entry.actor.text == known.requested_by.text;
        made_.approvals.push_back({entry.index, entry.unix_nanoseconds, entry.object, grants, entry.actor, entry.reason,
                                   known.requested, known.requested_by, same});
      }
      known.granted = grants;  // a new request asks anew
      if (asks) {
        known.requested = true;
        known.requested_by = entry.actor;
      }
    } else if (counts && is_any(entry, {audit_kinds::model_promoted, audit_kinds::model_deployed})) {
      const std::size_t* place = book_->places.find(entry.object);
      if (place == nullptr || !book_->lines[*place].granted) keep(made_.unapproved, entry);
    }
  }
  approval& approval_of(std::string_view object) {
    const std::size_t* place = book_->places.find(object);
    if (place != nullptr) return book_->lines[*place];
    book_->places.insert(book_->objects.copy(object), book_->lines.size());
    return book_->lines.emplace_back();
  }

  compliance_report made_;
  audit_counts counts_;
  detail::owning_pointer<approval_book> book_ = detail::make_owning<approval_book>();
  bool any_ = false;
  std::uint64_t next_index_ = 0;
  std::uint64_t time_ = 0;
};

namespace detail {

template <class Page, class Mask>
void write_records(Page& page, const report_records& records, const Mask& mask, std::string_view clause = {}) {
  for (const audit_entry& entry : records.entries) {
    page.begin_row();
    if (!clause.empty()) page.text("control", clause);
    page.number("index", entry.index);
    page.text("time", to_iso8601(entry.unix_nanoseconds));
    page.text("kind", entry.kind);
    page.text("severity", to_string(entry.severity));
    page.text("actor", mask.value(entry.actor));
    page.text("object", entry.object);
    page.text("reason", mask.text(entry.reason));
    std::string fields;
    for (const audit_entry_field& field : entry.fields)
      ((fields += fields.empty() ? "" : "; ") += field.name) += "=" + mask.value(field.value);
    page.text("fields", fields);
    page.end_row();
  }
}

template <class Page, class Mask>
void write_report(Page page, const compliance_report& report, const Mask& mask) {
  const compliance_options& options = report.options;
  page.begin(options.title);

  page.begin_facts("summary");
  if (options.made_unix_nanoseconds != 0) page.text("made", to_iso8601(options.made_unix_nanoseconds));
  if (options.from != 0) page.text("from", to_iso8601(options.from));
  if (options.until != ~std::uint64_t{0}) page.text("until", to_iso8601(options.until));
  page.number("records", report.records);
  if (report.records != 0) {
    page.number("first_index", report.first_index);
    page.number("last_index", report.last_index);
    page.text("first_time", to_iso8601(report.first_unix_nanoseconds));
    page.text("last_time", to_iso8601(report.last_unix_nanoseconds));
  }
  page.number("approval_decisions", report.decisions);
  page.number("changes_without_approval", report.unapproved.count);
  page.number("denied_accesses", report.denied.count);
  page.number("security_violations", report.violations.count);
  page.number("erased_values", report.erased_values);
  page.number("missing_records", report.missing_records);
  page.number("silent_days", report.silent_days);
  page.number("clock_steps_back", report.clock_steps_back);
  page.end_facts();

  page.begin_facts("verification");
  page.truth("verified", options.verification.has_value());
  if (options.verification) {
    page.truth("intact", options.verification->intact);
    page.number("records", options.verification->records);
    page.text("head", options.verification->head);
    if (!options.verification->finding.empty()) page.text("finding", options.verification->finding);
  }
  page.end_facts();

  page.begin_list("by_kind");
  for (const audit_kind_count& each : report.by_kind) {
    page.begin_row();
    page.text("kind", each.kind);
    page.number("count", each.count);
    page.end_row();
  }
  page.end_list();
  page.begin_list("by_actor");
  for (const audit_actor_count& each : report.by_actor) {
    page.begin_row();
    page.text("actor", mask.value(each.actor));
    page.number("count", each.count);
    page.end_row();
  }
  page.end_list();
  page.begin_list("by_severity");
  for (std::size_t i = 0; i < report.by_severity.size(); ++i) {
    page.begin_row();
    page.text("severity", to_string(static_cast<audit_severity>(i)));
    page.number("count", report.by_severity[i]);
    page.end_row();
  }
  page.end_list();
  page.begin_list("by_day");
  for (const audit_day_count& each : report.by_day) {
    page.begin_row();
    page.text("day", std::string_view(to_iso8601(each.unix_nanoseconds)).substr(0, 10));
    page.number("count", each.count);
    page.end_row();
  }
  page.end_list();

  page.begin_list("approvals");
  for (const approval_decision& each : report.approvals) {
    page.begin_row();
    page.number("index", each.index);
    page.text("time", to_iso8601(each.unix_nanoseconds));
    page.text("object", each.object);
    page.text("decision", each.granted ? "granted" : "rejected");
    page.text("decided_by", mask.value(each.decided_by));
    page.text("requested_by", each.requested ? mask.value(each.requested_by) : std::string());
    page.truth("by_requester", each.by_requester);
    page.text("reason", mask.text(each.reason));
    page.end_row();
  }
  page.end_list();
  const auto list = [&](std::string_view name, const report_records& records) {
    page.begin_list(name);
    write_records(page, records, mask);
    page.end_list();
  };
  list("changes_without_approval", report.unapproved);
  list("denied_accesses", report.denied);
  list("security_violations", report.violations);
  page.begin_list("gaps");
  for (const report_gap& each : report.gaps) {
    page.begin_row();
    page.number("first_missing", each.first);
    page.number("last_missing", each.last);
    page.end_row();
  }
  page.end_list();

  if (options.evidence) {
    page.begin_facts("template");
    page.text("name", options.evidence->name);
    page.text("source", options.evidence->source);
    page.text("note",
              "A template selects records as evidence. It is no legal advice, and no proof that a control works.");
    page.end_facts();
    page.begin_list("controls");
    for (const control_evidence& each : report.controls) {
      page.begin_row();
      page.text("control", each.control.clause);
      page.text("asks", each.control.asks);
      page.number("records", each.records.count);
      page.number("shown", each.records.entries.size());
      page.number("incomplete", each.incomplete);
      std::string kinds, details;
      for (const audit_name kind : each.control.kinds) (kinds += kinds.empty() ? "" : ", ") += kind.view();
      for (const std::string_view detail : each.control.details) (details += details.empty() ? "" : ", ") += detail;
      page.text("kinds", kinds);
      page.text("details", details);
      page.end_row();
    }
    page.end_list();
    page.begin_list("evidence");
    for (const control_evidence& each : report.controls) write_records(page, each.records, mask, each.control.clause);
    page.end_list();
  }
  page.end();
}

}  // namespace detail

/// The report as one object of JSON. The same report gives the same bytes. Personal data is masked unless the policy
/// says otherwise: `to_json(report, mr::observe::unmasked())`.
template <mask_policy Mask = masked>
std::string to_json(const compliance_report& report, const Mask& mask = {}) {
  std::string out;
  detail::write_report(detail::json_page(out), report, mask);
  return out += '\n';
}
/// The report as YAML 1.2, which readers of 1.1 take too: every text is quoted.
template <mask_policy Mask = masked>
std::string to_yaml(const compliance_report& report, const Mask& mask = {}) {
  std::string out;
  detail::write_report(detail::yaml_page(out), report, mask);
  return out;
}
/// The report as one table of CSV (RFC 4180): section, row (0 where a section has one alone), name, value. A text that
/// a spreadsheet could take for a formula has an apostrophe in front, and so has one that begins with an apostrophe.
template <mask_policy Mask = masked>
std::string to_csv(const compliance_report& report, const Mask& mask = {}) {
  std::string out;
  detail::write_report(detail::csv_page(out), report, mask);
  return out;
}
/// The report as a page of HTML that needs nothing else and runs nothing.
template <mask_policy Mask = masked>
std::string to_html(const compliance_report& report, const Mask& mask = {}) {
  std::string out;
  detail::write_report(detail::html_page(out), report, mask);
  return out;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_COMPLIANCE_REPORT_HPP
