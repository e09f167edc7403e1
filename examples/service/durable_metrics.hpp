#ifndef MILLRACE_EXAMPLES_SERVICE_DURABLE_METRICS_HPP
#define MILLRACE_EXAMPLES_SERVICE_DURABLE_METRICS_HPP

#include "events.hpp"
#include "tallies.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace service {

/// What `rest::aggregates` updates and asks: an event that comes over HTTP is one of the queue's before the client is
/// told that it was accepted, and statistics are those of the last transaction.
template <class Producer, class Totals>
class durable_metrics {
 public:
  durable_metrics(Producer& producer, Totals totals) : producer_(&producer), totals_(std::move(totals)) {}

  class view {
   public:
    explicit view(durable_metrics& of) : of_(&of) {}

    mr::result<void> update(std::string_view metric, double value) { return update(metric, {}, value); }
    mr::result<void> update(std::string_view metric, std::string_view group, double value) {
      auto made = measurements::make({std::string(metric), std::string(group), value});
      if (!made) return std::move(made).error();
      if (auto sent = of_->producer_->send(*std::move(made)); !sent) return sent;
      return of_->producer_->flush(mr::seconds(5));
    }
    std::uint64_t events() const { return now().events(); }
    mr::metric_stats stats(std::string_view metric) const { return now().metrics.stats(metric); }
    mr::metric_stats stats(std::string_view metric, std::string_view group) const {
      return now().metrics.stats(metric, group);
    }
    std::vector<mr::metric_stats> all_stats() const { return now().metrics.all_stats(); }

   private:
    tallies now() const {
      auto found = of_->totals_();
      return found ? *std::move(found) : tallies();
    }
    durable_metrics* of_;
  };
  template <class Use>
  decltype(auto) with(const Use& use) {
    view all(*this);
    return use(all);
  }

 private:
  Producer* producer_;
  Totals totals_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_DURABLE_METRICS_HPP
