#ifndef MILLRACE_DELIVER_JUDGE_HPP
#define MILLRACE_DELIVER_JUDGE_HPP

/// deliver's judge: whether a candidate is promoted, taken back, or has to wait, by evidence.
///
/// - `judge`: compares the candidate with the stable model beside it, with one bound on error over a whole rollout
/// - `error_rate`, `latency`, `slower_than`, `bounded_score`, and metrics of your own
/// - `max_ratio`, `max_difference`: what is tolerated
/// - `all_of`, `any_of`: rules over metrics
/// - `alpha`, `beta`, `min_requests`, `per_user`: a judge's policies
/// - `threshold_judge`: the fixed thresholds that release tools have
/// - `judgement`, `evidence`: a verdict with what speaks for it; `release_judge`: what a judge is; `no_judge`
/// - share_bets.hpp: the evidence itself, from counts

#include <millrace/deliver/judge/judge.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/judge/metrics.hpp>
#include <millrace/deliver/judge/policies.hpp>
#include <millrace/deliver/judge/release_judge.hpp>
#include <millrace/deliver/judge/rules.hpp>
#include <millrace/deliver/judge/share_bets.hpp>
#include <millrace/deliver/judge/threshold_judge.hpp>

#endif  // MILLRACE_DELIVER_JUDGE_HPP
