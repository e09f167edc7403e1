#ifndef MILLRACE_DELIVER_SPLIT_HPP
#define MILLRACE_DELIVER_SPLIT_HPP

/// deliver/split: who is given what. Units are placed by a hash of their id, so that every process places them alike
/// and nothing is kept.
///
/// - `unit_hash`, `unit_point`, `salt`: where a unit falls in [0, 1), documented to the byte
/// - `split_hashed`, `salted_split`: one variant for each unit, for ever, by `weights` in the type or `any_weights`
/// - `split_percentage`: shares that grow and shrink while traffic runs, and move nobody else
/// - `split_random`: a variant drawn for every request
/// - `split_by`: any of these for requests, by their user
/// - `overrides`, `with_overrides`: units that have a variant because somebody asked for it
/// - `layers`: all experiments of a program, in layers of `slice`s that exclude each other, and `holdout`s
/// - `routes`: a split for each segment, chosen by predicates
/// - `bandit`, `shared_bandit`: shares that follow the rewards, by `thompson`, `epsilon_greedy`, `ucb1`
/// - `off_policy_value`: what another policy would have earned, from the log of one that ran
/// - `assignment`, `split_policy`: what a split gives, and what is a split

#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/bandit.hpp>
#include <millrace/deliver/split/bandit_policies.hpp>
#include <millrace/deliver/split/bandit_rewards.hpp>
#include <millrace/deliver/split/layer.hpp>
#include <millrace/deliver/split/layers.hpp>
#include <millrace/deliver/split/off_policy.hpp>
#include <millrace/deliver/split/overrides.hpp>
#include <millrace/deliver/split/routes.hpp>
#include <millrace/deliver/split/shared_bandit.hpp>
#include <millrace/deliver/split/split_by.hpp>
#include <millrace/deliver/split/split_hashed.hpp>
#include <millrace/deliver/split/split_percentage.hpp>
#include <millrace/deliver/split/split_random.hpp>
#include <millrace/deliver/split/unit_hash.hpp>
#include <millrace/deliver/split/weights.hpp>

#endif  // MILLRACE_DELIVER_SPLIT_HPP
