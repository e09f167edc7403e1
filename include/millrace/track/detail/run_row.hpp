#ifndef MILLRACE_TRACK_DETAIL_RUN_ROW_HPP
#define MILLRACE_TRACK_DETAIL_RUN_ROW_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/search.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/layout.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// The figures of a metric that a search may ask for besides the last value, by the number of their search_kind less
/// `first_figure`. The first two have an index.
inline constexpr std::string_view figure_names[] = {"min", "max", "mean", "p50", "p90", "p99", "count"};
inline constexpr unsigned first_figure = 16;

inline store::search_value figure_of(const metric_summary& metric, store::search_kind kind) noexcept {
  switch (static_cast<unsigned>(kind)) {
    case first_figure: return metric.min;
    case first_figure + 1: return metric.max;
    case first_figure + 2: return metric.mean;
    case first_figure + 3: return metric.p50;
    case first_figure + 4: return metric.p90;
    case first_figure + 5: return metric.p99;
    case first_figure + 6: return metric.count;
    default: return metric.last.value;
  }
}
/// Whether a kind is a figure of a metric, and what its index is called; empty: there is none.
constexpr bool is_figure(store::search_kind kind) noexcept {
  return kind == store::search_kind::metric || static_cast<unsigned>(kind) >= first_figure;
}
constexpr std::string_view index_of_figure(store::search_kind kind) noexcept {
  if (kind == store::search_kind::metric) return "last";
  const unsigned figure = static_cast<unsigned>(kind) - first_figure;
  return figure < 2 ? figure_names[figure] : std::string_view();
}

/// One metric of the document that `metric_summaries` is written as, without reading the others. Each begins with its
/// key, which is a name and so is spelled as it is; and the one brace in it is that of `last`. Absent: it has none, or
/// the document is of another format, which `other_format` says.
inline result<bool> find_summary(std::string_view text, std::string_view key, metric_summary& found,
                                 bool& other_format) {
  other_format = !text.starts_with(R"({"format":1,)");
  if (other_format) return false;
  std::string begin = R"({"key":)";
  append_json(begin, key);
  begin += ',';
  const std::size_t at = text.find(begin);
  if (at == text.npos) return false;
  const std::size_t inner = text.find('}', at);
  const std::size_t end = inner == text.npos ? inner : text.find('}', inner + 1);
  if (end == text.npos) return error(errc::corrupt, "the summary of metric " + quoted_text(key) + " ends too early");
  store::document_reader members(text.substr(at, end + 1 - at), 1);
  metric_summary::describe(found, members);
  if (std::string fault = std::move(members).finish(); !fault.empty())
    return error(errc::corrupt, "the summary of metric " + quoted_text(key) + ": " + fault);
  return true;
}

/// A run that is searched: what is asked of it is read when it is asked first.
template <class Objects>
class run_row {
 public:
  /// `place`: START/RUN, as most indexes have it at their end, so that its start need not be read; or RUN.
  run_row(const Objects& objects, const layout& keys, const experiment& of, lifecycle stage, std::string_view place)
      : objects_(&objects), keys_(&keys), of_(&of), stage_(stage), id_(last_part(place)) {
    if (place.size() == id_.size()) return;
    const auto start = read_from_last(place.substr(0, place.size() - id_.size() - 1));
    has_start_ = start.has_value();
    if (has_start_)
      start_ = *start;
    else
      note(start.error());
  }

  const std::string& id() const noexcept { return id_; }
  const experiment& of() const noexcept { return *of_; }
  /// What could not be read, when it was asked for.
  const result<void>& status() const noexcept { return status_; }
  std::int64_t start() const { return has_start_ ? start_ : info().start; }
  const run_info& info() const {
    if (has_info_) return info_;
    has_info_ = true;
    auto read = load_run(*objects_, *keys_, of_->id, id_);
    if (read)
      info_ = std::move(*read);
    else
      note(std::move(read).error());
    return info_;
  }

  store::search_value find(const store::search_field& field) const {
    if (is_figure(field.kind)) {
      const metric_summary* const metric = metric_of(field.key);
      return metric == nullptr ? store::search_value() : figure_of(*metric, field.kind);
    }
    if (field.kind == store::search_kind::param) return text_of(info().parameters, field.key);
    if (field.kind == store::search_kind::tag) return text_of(info().tags, field.key);
    if (field.kind != store::search_kind::attribute) return {};
    if (field.key == "run_id") return id_;
    if (field.key == "experiment_id") return of_->id;
    if (field.key == "lifecycle_stage") return to_string(stage_);
    if (field.key == "run_name") return info().name;
    if (field.key == "user_id") return info().user;
    if (field.key == "status") return to_string(info().status);
    if (field.key == "start_time") return start();
    if (field.key == "end_time") return info().end == 0 ? store::search_value() : store::search_value(info().end);
    if (field.key == "artifact_uri") {
      if (uri_.empty()) uri_ = of_->artifact_location + '/' + id_ + "/artifacts";
      return uri_;
    }
    return {};
  }

 private:
  static store::search_value text_of(const std::vector<key_value>& all, std::string_view key) noexcept {
    const std::string* const found = value_of(all, key);
    return found == nullptr ? store::search_value() : store::search_value(*found);
  }
  void note(error why) const {
    if (status_) status_ = std::move(why);
  }
  const metric_summary* metric_of(const std::string& key) const {
    for (const metric_summary& each : known_)
      if (each.key == key) return each.count == 0 ? nullptr : &each;
    if (!has_text_) {
      has_text_ = true;
      auto bytes = objects_->read(keys_->summary(id_));
      if (bytes)
        text_.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      else if (bytes.error().code() != errc::not_found)
        note(std::move(bytes).error());
    }
    metric_summary found;
    bool other_format = false;
    if (!text_.empty()) {
      const auto has = find_summary(text_, key, found, other_format);
      if (!has) note(has.error());
      if (other_format) {
        auto all = store::read_document<metric_summaries>(text_, keys_->summary(id_));
        if (!all) note(std::move(all).error());
      }
      if (!has || !*has) found = {};
    }
    found.key = key;
    known_.reserve(16);
    known_.push_back(std::move(found));
    return known_.back().count == 0 ? nullptr : &known_.back();
  }

  const Objects* objects_;
  const layout* keys_;
  const experiment* of_;
  lifecycle stage_;
  std::string id_;
  bool has_start_ = false;
  std::int64_t start_ = 0;
  mutable result<void> status_;
  mutable run_info info_;
  mutable bool has_info_ = false;
  mutable std::string uri_;
  mutable std::string text_;  // of the summaries' document
  mutable bool has_text_ = false;
  mutable std::vector<metric_summary> known_;  // those that were asked for; of count 0, if there is none
};

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_RUN_ROW_HPP
