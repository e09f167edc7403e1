#ifndef MILLRACE_DELIVER_OUTCOMES_LABEL_SCORES_HPP
#define MILLRACE_DELIVER_OUTCOMES_LABEL_SCORES_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A prediction with what a release's ticket says of its request, to be logged: so its label can be told the judge of
/// the release, whenever it comes. If the candidate failed and stable answered in its place, the request stays the
/// candidate's.
///
///     md::rollout_ticket ticket;
///     const double score = release(asked, ticket);
///     log.append(md::placed_by(ticket, {.id = asked.id, .model = "fraud", .outputs = {&score, 1}}));
template <class Ticket>
prediction placed_by(const Ticket& ticket, prediction made) noexcept {
  made.arm = ticket.arm;
  made.unit = ticket.unit;
  made.step = ticket.step;
  made.rollout = ticket.is_evidence ? ticket.rollout : 0;
  return made;
}

/// Tells the judge of a release the scores of predictions whose labels have come: for `update` and `refresh` of an
/// `outcome_join`. Made by `score_labels`.
///
///     auto tell = md::score_labels<loss>(release, [](const md::joined_row& row) { return row.label ... ; });
///     join->update({.id = known.id, .label = known.label}, tell);
///     release.decide();
///
/// Guarantee: a row counts for the arm and the step in which its request was placed, and only if chance has placed it
/// and its rollout is the one that the release is at. Each row that a join yields is counted once; what the join had
/// yielded before a restart is in the evidence that `restore` has read, so after a restart tell it of no `rows()`.
/// Complexity: that of the judge's `update`. Allocates: never.
/// Threads: one at a time, as the join.
template <class Metric, class Release, class Score>
class label_scores {
 public:
  label_scores(Release& release, Score score) : release_(&release), score_(std::move(score)) {}

  void operator()(const joined_row& row) {
    typename Release::ticket_type ticket;
    ticket.arm = row.prediction.arm;
    ticket.unit = row.prediction.unit;
    ticket.step = static_cast<std::uint16_t>(row.prediction.step);
    ticket.rollout = row.prediction.rollout;
    ticket.is_evidence = row.prediction.rollout != 0;
    if (release_->template score<Metric>(ticket, score_(row)))
      ++counted_;
    else
      ++skipped_;
  }

  /// Rows that the judge was told.
  std::uint64_t counted() const noexcept { return counted_; }
  /// Rows that are no evidence, or of another rollout.
  std::uint64_t skipped() const noexcept { return skipped_; }

 private:
  Release* release_;
  Score score_;
  std::uint64_t counted_ = 0;
  std::uint64_t skipped_ = 0;
};

/// For `Metric` of the judge of a release, which outlives it, a function from a row to its score.
template <class Metric, class Release, class Score>
label_scores<Metric, Release, Score> score_labels(Release& release, Score score) {
  return {release, std::move(score)};
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_LABEL_SCORES_HPP
