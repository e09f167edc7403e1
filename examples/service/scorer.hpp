#ifndef MILLRACE_EXAMPLES_SERVICE_SCORER_HPP
#define MILLRACE_EXAMPLES_SERVICE_SCORER_HPP

#include "events.hpp"
#include "models.hpp"

#include <millrace/deliver/split.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/store/messages/consumer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace service {

/// A payment as it is decided.
struct scored_payment {
  const ms::message* place;
  mr::result<payment> event;
  std::array<float, feature_count> row = {};
  std::uint32_t variant = 0;
  double score = 0;
};

/// Extracts features, gives each user a variant and has each variant score its rows of a batch in one call.
class scorer {
 public:
  explicit scorer(const live_models& live, const std::atomic<double>& candidate_share)
      : live_(&live), share_(&candidate_share) {}

  void prepare(std::span<const ms::message> batch) {
    scored_.clear();
    next_ = 0;
    const double share = *share_;
    const mr::deliver::salted_split<> split("payments", *mr::deliver::any_weights::make({1 - share, share}));
    std::vector<float> rows[2];
    std::vector<std::size_t> places[2];
    for (const ms::message& each : batch) {
      if (each.topic != payments::name) continue;
      scored_payment one{&each, payments::read(each)};
      if (one.event)
        if (auto fine = examine(*one.event); !fine) one.event = std::move(fine).error();
      if (one.event) {
        static_cast<void>(features_(*one.event, one.row));
        const auto got = split.assign(one.event->user);
        one.variant = got ? got.variant : 0;
        rows[one.variant].insert(rows[one.variant].end(), one.row.begin(), one.row.end());
        places[one.variant].push_back(scored_.size());
      }
      scored_.push_back(std::move(one));
    }
    for (std::size_t variant = 0; variant < 2; ++variant) {
      std::vector<double> out(places[variant].size());
      if (out.empty()) continue;
      live_->of(variant).predict(mr::model::matrix_view(rows[variant], feature_count), out);
      for (std::size_t i = 0; i < out.size(); ++i) scored_[places[variant][i]].score = out[i];
    }
  }
  /// That of a message of the batch; they are asked for in its order.
  const scored_payment& of(const ms::message& one) {
    while (!(scored_[next_].place->offset == one.offset && scored_[next_].place->partition == one.partition)) ++next_;
    return scored_[next_];
  }

 private:
  const live_models* live_;
  const std::atomic<double>* share_;
  feature_type features_ = payment_features();
  std::vector<scored_payment> scored_;
  std::size_t next_ = 0;
};

/// A consumer that shows each batch to a scorer before it is used: outside of the transaction, which others wait for.
template <ms::message_consumer Consumer>
class scored_consumer {
 public:
  scored_consumer(Consumer& under, scorer& with) : under_(&under), scorer_(&with) {}

  mr::result<std::vector<ms::message>> poll(std::size_t most, mr::duration wait) {
    ms::ignored_rebalances none;
    return poll(most, wait, none);
  }
  template <ms::rebalance_hooks Hooks>
  mr::result<std::vector<ms::message>> poll(std::size_t most, mr::duration wait, Hooks& hooks) {
    auto batch = under_->poll(most, wait, hooks);
    if (batch) scorer_->prepare(*batch);
    return batch;
  }
  mr::result<void> commit(std::span<const ms::message_position> next) { return under_->commit(next); }
  mr::result<void> seek(const ms::message_position& next) { return under_->seek(next); }
  std::vector<ms::topic_partition> assignment() const { return under_->assignment(); }
  template <ms::rebalance_hooks Hooks>
  mr::result<void> close(Hooks& hooks) {
    return under_->close(hooks);
  }

 private:
  Consumer* under_;
  scorer* scorer_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_SCORER_HPP
