#ifndef MILLRACE_EXAMPLES_SERVICE_USE_HPP
#define MILLRACE_EXAMPLES_SERVICE_USE_HPP

#include "models.hpp"
#include "scorer.hpp"
#include "tallies.hpp"

#include <millrace/core/json_writer.hpp>
#include <millrace/observe/audit/audit_outbox.hpp>
#include <millrace/store/key_part.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace service {

using outbox_type = mo::audit_outbox<trail_type>;

/// What is done with each event, in the transaction that also has its offset: the aggregates of its partition, the
/// model that learns, and one record of the batch for the audit trail.
class event_use {
 public:
  using transaction = storage_type::transaction;
  static constexpr std::string_view learner_key = "online/learner";

  event_use(scorer& scored, learner_type& learner, outbox_type& outbox, const live_models& live,
            const std::atomic<double>& alert_above)
      : scored_(&scored), learner_(&learner), outbox_(&outbox), live_(&live), alert_above_(&alert_above) {
    reset();
  }

  mr::result<void> operator()(tallies& state, const ms::message& one, transaction&) {
    auto done = one.topic == payments::name ? use_payment(state, one) : use_measurement(state, one);
    if (!done) {  // a dead letter, unless it is the world's fault, which undoes the batch
      decisions_.begin_array().value("dead").value(ms::to_string(one.position())).end_array();
      ++dead_;
    }
    return done;
  }
  /// Behind the last event of a batch.
  mr::result<void> finish(transaction& t) {
    if (auto kept = t.write(learner_key, learner_->save()); !kept) return kept;
    decisions_.end_array();
    const std::string numbers[] = {std::to_string(used_), std::to_string(dead_), std::to_string(alerts_)};
    const mo::audit_field fields[] = {
        {"decisions", text_}, {"used", numbers[0]}, {"dead", numbers[1]}, {"alerts", numbers[2]}};
    const std::string object = "model/payments/" + std::to_string(live_->champion_number);
    auto told =
        used_ + dead_ == 0
            ? mr::result<void>()
            : outbox_->put(t,
                           {.kind = "service.events_decided", .actor = "service", .object = object, .fields = fields});
    reset();
    return told;
  }
  /// Forgets a batch that was undone.
  void reset() {
    text_.clear();
    decisions_ = mr::json_writer(text_);
    decisions_.begin_array();
    used_ = dead_ = alerts_ = 0;
  }

 private:
  mr::result<void> use_payment(tallies& state, const ms::message& at) {
    const scored_payment& one = scored_->of(at);
    if (!one.event) return one.event.error();
    const payment& what = *one.event;
    const mr::time_point when(at.timestamp * 1'000'000);
    state.metrics.update("amount", what.country, what.amount, when);
    state.metrics.update("score", variants[one.variant], one.score, when);
    if (what.is_labelled()) {
      const double miss = one.score - static_cast<double>(what.label());
      state.metrics.update("squared_error", variants[one.variant], miss * miss, when);
      if (auto learnt = learner_->update(one.row, what.label()); !learnt) return std::move(learnt).error();
      ++state.labelled;
    }
    ++state.payments;
    state.cents += static_cast<std::uint64_t>(what.amount * 100 + 0.5);
    decisions_.begin_array().value(what.id).value(one.score).value(variants[one.variant]).end_array();
    alerts_ += one.score > *alert_above_ ? 1U : 0U;
    ++used_;
    return {};
  }
  mr::result<void> use_measurement(tallies& state, const ms::message& at) {
    const auto one = measurements::read(at);
    if (!one) return one.error();
    if (auto fine = examine(*one); !fine) return fine;
    const mr::time_point when(at.timestamp * 1'000'000);
    if (one->group_by.empty())
      state.metrics.update(one->metric_name, one->value, when);
    else
      state.metrics.update(one->metric_name, one->group_by, one->value, when);
    ++state.measurements;
    decisions_.begin_array().value("measured").value(ms::to_string(at.position())).end_array();
    ++used_;
    return {};
  }

  scorer* scored_;
  learner_type* learner_;
  outbox_type* outbox_;
  const live_models* live_;
  const std::atomic<double>* alert_above_;
  std::string text_;
  mr::json_writer decisions_{text_};
  std::uint64_t used_ = 0;
  std::uint64_t dead_ = 0;
  std::uint64_t alerts_ = 0;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_USE_HPP
