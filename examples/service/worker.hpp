#ifndef MILLRACE_EXAMPLES_SERVICE_WORKER_HPP
#define MILLRACE_EXAMPLES_SERVICE_WORKER_HPP

#include "log.hpp"
#include "models.hpp"
#include "scorer.hpp"
#include "use.hpp"

#include <millrace/observe/metrics.hpp>
#include <millrace/store/messages/dead_letters.hpp>
#include <millrace/store/messages/exactly_once.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace service {

/// What SIGHUP may change while the worker runs.
struct knobs {
  std::atomic<double> candidate_share;
  std::atomic<double> alert_above;
  std::atomic<std::uint64_t> register_every;

  explicit knobs(const model_settings& from) { set(from); }
  void set(const model_settings& from) {
    candidate_share = from.candidate_share;
    alert_above = from.alert_above;
    register_every = from.register_every;
  }
};

/// Reads events, and uses each once: aggregates, model, outbox of the audit trail and offsets are one transaction of
/// one storage. One thread.
template <class Broker>
class worker {
  using consumer_type = typename Broker::consumer_type;
  using scored_type = scored_consumer<consumer_type>;
  using once_type = ms::exactly_once<tallies, scored_type, storage_type, ms::keep_dead_letters>;

 public:
  static mr::result<std::unique_ptr<worker>> open(Broker& broker, storage_type& storage, trail_type& trail,
                                                  model_shelf& shelf, live_models& live, learner_type learner,
                                                  const knobs& with, const service_settings& settings,
                                                  mo::metrics_registry& metrics) {
    auto consumer = broker.subscribe(settings);
    if (!consumer) return std::move(consumer).error();
    auto outbox = outbox_type::open(trail, "events");
    if (!outbox) return std::move(outbox).error();
    if (auto told = outbox->deliver(storage); !told) return std::move(told).error();  // what a crash left behind
    auto shown = mi::online_metrics<>::make(metrics, model_name, "candidate");
    if (!shown) return std::move(shown).error();
    std::unique_ptr<worker> made(new worker(*std::move(consumer), *std::move(outbox), storage, shelf, live,
                                            std::move(learner), with, *std::move(shown), settings));
    constexpr std::string_view outcomes[] = {"used", "duplicate", "dead"};
    for (std::size_t i = 0; i < 3; ++i) {
      auto counted = metrics.counter({"millrace_service_events", "Events that were read."}, {{"outcome", outcomes[i]}});
      if (!counted) return std::move(counted).error();
      made->counted_[i] = *counted;
    }
    auto lag = metrics.gauge({"millrace_service_lag", "Events that wait."});
    if (!lag) return std::move(lag).error();
    made->lag_ = *lag;
    made->thread_ = std::thread([self = made.get()] { self->run(); });
    return made;
  }
  ~worker() { stop(); }

  /// Uses what is there, at most as long as the settings say, and ends. What is left waits for the next start.
  void stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// What is made of all events so far, of one moment.
  mr::result<tallies> totals() const { return once_.merged(); }
  /// Success, or why events are not used at the moment.
  mr::result<void> status() const {
    const std::lock_guard locked(mutex_);
    if (!error_.empty()) return mr::error(mr::errc::unavailable, error_);
    return {};
  }
  std::uint64_t samples() const { return samples_; }

 private:
  worker(consumer_type consumer, outbox_type outbox, storage_type& storage, model_shelf& shelf, live_models& live,
         learner_type learner, const knobs& with, mi::online_metrics<> shown, const service_settings& settings)
      : settings_(&settings),
        storage_(&storage),
        shelf_(&shelf),
        with_(&with),
        consumer_(std::move(consumer)),
        outbox_(std::move(outbox)),
        learner_(std::move(learner)),
        publisher_(live.candidate),
        shown_(std::move(shown)),
        scorer_(live, with.candidate_share),
        scored_(consumer_, scorer_),
        use_(scorer_, learner_, outbox_, live, with.alert_above),
        once_(*once_type::open(
            scored_, storage,
            {.group = settings.source.group, .batch = settings.source.batch, .commit_interval = mr::seconds(0.2)})),
        registered_(learner_.samples()) {}

  void run() {
    while (!stops_) {
      const auto done = once_.run(use_, mr::seconds(0.1));
      after(done);
      if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    const auto drained = [&]() -> mr::result<void> {
      if constexpr (Broker::ends) return once_.drain(use_, mr::duration(0), settings_->drain_limit);
      return once_.close();
    }();
    if (!drained)
      say("not all events that wait are used, they are when it starts again: " + drained.error().describe());
    if (auto told = outbox_.deliver(*storage_); !told) say(told.error().describe());
    if (learner_.samples() != registered_) register_model();
  }
  /// Behind a transaction: the trail is told, readers see the model, and what is worth it is registered.
  void after(const mr::result<ms::consumed_counts>& done) {
    auto well = done ? mr::result<void>() : mr::result<void>(done.error());
    if (!done) {
      well = restore();
      if (well) well = done.error();
    } else if (done->total() != 0) {
      const std::uint64_t by[] = {done->used, done->duplicates, done->dead};
      for (std::size_t i = 0; i < 3; ++i) counted_[i].add(by[i]);
      well = outbox_.deliver(*storage_);
      if (auto published = publisher_.update(learner_); !published) well = std::move(published).error();
      shown_.update(learner_);
      samples_ = learner_.samples();
      if (const std::uint64_t every = with_->register_every; every != 0 && samples_ - registered_ >= every)
        register_model();
    }
    if constexpr (ms::knows_lag<consumer_type>) {
      std::int64_t waiting = 0;
      for (const ms::partition_lag& each : consumer_.lag()) waiting += each.messages;
      lag_.set(static_cast<double>(waiting));
    }
    const std::lock_guard locked(mutex_);
    const std::string now = well ? std::string() : well.error().describe();
    if (now != error_) say(now.empty() ? "events are used again" : "events are not used: " + now);
    error_ = now;
  }
  /// What was undone in the storage is undone here.
  mr::result<void> restore() {
    use_.reset();
    auto kept = load_learner(*storage_, *shelf_, *settings_);
    if (!kept) return std::move(kept).error();
    learner_ = *std::move(kept);
    return {};
  }
  void register_model() {
    const auto number = shelf_->keep(learner_.model(), learner_.samples(), learner_.measures().faded_loss());
    if (!number) return say("the model is not registered: " + number.error().describe());
    registered_ = learner_.samples();
    say("registered version " + std::to_string(*number) + " of " + model_name);
  }

 public:
  /// The model that learns, as the last transaction has it.
  static mr::result<learner_type> load_learner(const storage_type& storage, const model_shelf& shelf,
                                               const service_settings& with) {
    const auto kept = storage.read(event_use::learner_key);
    if (kept) return learner_type::load(*kept);
    if (kept.error().code() != mr::errc::not_found) return kept.error();
    auto model = shelf.fresh();
    if (!model) return std::move(model).error();
    return learner_type::make(*std::move(model), {.batch = with.model.mini_batch});
  }

 private:
  const service_settings* settings_;
  storage_type* storage_;
  model_shelf* shelf_;
  const knobs* with_;
  consumer_type consumer_;
  outbox_type outbox_;
  learner_type learner_;
  mi::publisher<model_type> publisher_;
  mi::online_metrics<> shown_;
  scorer scorer_;
  scored_type scored_;
  event_use use_;
  once_type once_;
  std::uint64_t registered_;  // samples of the model that was registered last
  mo::counter counted_[3];
  mo::gauge lag_;
  std::atomic<std::uint64_t> samples_ = 0;
  std::atomic<bool> stops_ = false;
  mutable std::mutex mutex_;
  std::string error_;
  std::thread thread_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_WORKER_HPP
