#include "release.hpp"

#include "../format.hpp"
#include "../stop.hpp"
#include "terminal.hpp"

#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge.hpp>
#include <millrace/deliver/rollout.hpp>
#include <millrace/deliver/shadow.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

namespace {

namespace md = mr::deliver;

constexpr std::uint64_t most_requests = 200'000;
constexpr std::uint64_t requests_a_look = 250;
constexpr std::size_t shadowed_requests = 2'000;
constexpr double requests_a_second = 100;

/// How far off an answer is, from 0 to 1: e / (1 + e) of a squared error e.
struct mistakes {
  static constexpr std::string_view name = "mistakes";
  static constexpr std::string_view effect_name = "ratio of mistakes";
  static constexpr md::tolerance tolerated{1.25, 0.02};
  static double badness(double squared_error) noexcept { return squared_error / (1 + squared_error); }
};

/// One of the rows held out, and how long the service around the model takes for it.
struct request {
  std::size_t row;
  double nanoseconds;
};

using answer = std::vector<double>;

/// The time of the requests, which passes as they say.
struct replayed_time {
  const std::uint64_t* now;
  std::uint64_t ticks() const noexcept { return *now; }
  std::uint64_t nanoseconds(std::uint64_t ticks) const noexcept { return ticks; }
};

/// What stands for a model: its answers for the rows, and the time that they take.
struct replayed_model {
  const release_input* from;
  std::uint64_t* now;
  mr::random_engine* chance;
  md::arm which;

  mr::result<answer> operator()(const request& asked) const {
    const bool is_candidate = which == md::arm::candidate;
    const injected_fault fault = is_candidate ? from->fault : injected_fault::none;
    *now += static_cast<std::uint64_t>(asked.nanoseconds * (fault == injected_fault::latency ? 1.5 : 1));
    if (fault == injected_fault::errors && chance->uniform() < 0.03)
      return mr::error(mr::errc::unavailable, "injected: no answer");
    const std::span<const double> all = is_candidate ? from->candidate_answers : from->stable_answers;
    const std::size_t width = all.size() / from->candidate_errors.size();
    const std::span<const double> own = all.subspan(asked.row * width, width);
    return answer(own.begin(), own.end());
  }
};

/// Requests for rows by chance. Their times are log-normal, 2 ms at the median and 5 ms at the 99th percentile.
class traffic {
 public:
  traffic(std::size_t rows, mr::random_engine& chance) : rows_(rows), chance_(chance) {}
  request next() {
    const double z = std::sqrt(-2 * std::log(1 - chance_.uniform())) * std::cos(6.283185307179586 * chance_.uniform());
    return {chance_.below(rows_), 2e6 * std::exp(0.4 * z)};
  }

 private:
  std::size_t rows_;
  mr::random_engine& chance_;
};

/// Whether two answers come to the same: the class, of two at one half; a number to a tenth of a deviation of theirs.
struct alike {
  bool is_number = false;
  double tenth = 0;

  bool operator()(const answer& a, const answer& b) const {
    if (is_number) return std::fabs(a[0] - b[0]) <= tenth;
    if (a.size() == 1) return (a[0] >= 0.5) == (b[0] >= 0.5);
    return std::max_element(a.begin(), a.end()) - a.begin() == std::max_element(b.begin(), b.end()) - b.begin();
  }
};

alike likeness_of(const release_input& from) {
  double mean = 0;
  double squares = 0;
  const auto rows = static_cast<double>(from.stable_answers.size());
  for (const double one : from.candidate_answers) mean += one / rows;
  for (const double one : from.candidate_answers) squares += (one - mean) * (one - mean) / rows;
  return {from.is_number, 0.1 * std::sqrt(squares)};
}

/// Copies of requests, before the new model has any of its own.
std::string shadow(const release_input& from, replayed_model stable, replayed_model candidate, traffic& requests) {
  md::shadow copied{stable, candidate, likeness_of(from), md::shadow_options{.name = "release", .threads = 0}};
  for (std::size_t i = 0; i < shadowed_requests; ++i) {
    // What stable returned is the caller's, and nobody asks here.
    static_cast<void>(copied(requests.next()));
    copied.compare_waiting();
  }
  const md::shadow_report seen = copied.report();
  std::string text = percent(seen.agreement()) + " of " + grouped(seen.all.comparisons) + " copied requests alike";
  if (seen.all.candidate_failures != 0) text += ", " + grouped(seen.all.candidate_failures) + " failed";
  return text;
}

/// The look's evidence, a metric each, and of all together.
release_look look_of(const md::judgement& now, std::uint64_t requests, double share) {
  constexpr double nats = 2.302585092994046;  // of a power of ten
  release_look made{requests, share, {}};
  for (const md::evidence& one : now.metrics) made.evidence.push_back(one.log_e / nats);
  made.evidence.push_back(now.log_e / nats);
  return made;
}

}  // namespace

release_record release(const release_input& from) {
  std::uint64_t now = 0;
  mr::random_engine chance(from.seed);
  traffic requests(from.candidate_errors.size(), chance);
  const replayed_model stable{&from, &now, &chance, md::arm::stable};
  const replayed_model candidate{&from, &now, &chance, md::arm::candidate};
  release_record made;
  made.stable = from.stable;
  made.fault = from.fault;
  made.shadow = shadow(from, stable, candidate, requests);

  md::rollout rollout{stable,
                      candidate,
                      md::canary<5, 10, 25, 50, 100>(),
                      md::judge<md::error_rate<>, md::latency<.99>, mistakes, md::alpha<.01>, md::min_requests<1000>>(),
                      md::rollout_options{.name = "lifecycle", .rules = {.min_requests = 1000}, .seed = from.seed},
                      replayed_time{&now}};
  const auto note = [&](const md::rollout_state& state) {
    made.changes.push_back({made.requests, state.share / double{md::whole_share}, std::string(to_string(state.phase)),
                            std::string(to_string(state.cause))});
  };
  md::rollout_state state = or_stop(rollout.start("lifecycle"), exit_code::internal);
  note(state);
  while (is_under_way(state.phase) && made.requests < most_requests) {
    now += static_cast<std::uint64_t>(1e9 / requests_a_second);
    const request next = requests.next();
    md::rollout_ticket ticket;
    // Whichever model answers: what the replay wants to know is what the judge makes of it.
    static_cast<void>(rollout(next, ticket));
    const bool is_candidate = ticket.arm == md::arm::candidate;
    double off = (is_candidate ? from.candidate_errors : from.stable_errors)[next.row];
    if (is_candidate && from.fault == injected_fault::drift) off += static_cast<double>(made.requests) / 1e5;
    rollout.score<mistakes>(ticket, off);  // its label is known at once
    if (++made.requests % requests_a_look != 0) continue;
    detail::stop_if_interrupted("releasing the model");
    const md::judgement seen = rollout.report();
    made.looks.push_back(look_of(seen, made.requests, state.share / double{md::whole_share}));
    if (state.phase == md::rollout_phase::running) made.verdict = seen;
    const std::uint64_t changes = state.changes;
    state = or_stop(rollout.decide(), exit_code::internal);
    if (state.changes != changes) note(state);
  }
  made.phase = std::string(to_string(state.phase));
  return made;
}

std::string in_words(const release_record& of) {
  const std::string verdict = of.verdict.summary();
  const std::size_t begin = verdict.find(": ") + 2;
  return (of.phase == "promoted"      ? "promoted after "
          : of.phase == "rolled_back" ? "taken back after "
                                      : "undecided after ") +
         counted(of.requests, "request") + ": " + verdict.substr(begin, verdict.find('\n') - begin);
}

void print(const release_record& of) {
  detail::heading("release   beside " + of.stable + ": " + of.shadow);
  if (of.fault != injected_fault::none)
    std::printf("          injected: %s\n", std::string(in_words(of.fault)).c_str());
  for (const release_change& one : of.changes)
    std::printf("          request %s: %s, %s of the requests\n", right(grouped(one.requests), 8).c_str(),
                one.phase.c_str(), percent(one.share, 0).c_str());
  std::printf("          %s\n", in_words(of).c_str());
}

}  // namespace lifecycle
