#ifndef MILLRACE_INFER_SERVING_BATCHER_HPP
#define MILLRACE_INFER_SERVING_BATCHER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/serving/batcher_options.hpp>
#include <millrace/infer/serving/detail/batcher_arguments.hpp>
#include <millrace/infer/serving/detail/request_queue.hpp>
#include <millrace/infer/serving/detail/run_model.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/model/predictor.hpp>

#include <sched.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {
/// Lets callers on many threads use one model together. A caller who finds it idle runs it at once, on its own thread
/// and in its own memory; callers who come meanwhile become a batch, which one of them runs for all: no request is
/// handed to another thread unless `batching::pooled` asks for that.
///
///     mr::infer::batcher serve{model, mr::infer::max_rows<100>};
///     mr::infer::batcher held{model, mr::infer::max_rows<100>, mr::infer::max_delay<2ms>,
///                             mr::infer::policy<mr::infer::batching::by_deadline>};
///     if (serve(row, out)) use(out);
///
/// The model is a `model::predictor` or a `swappable` one, which the batcher refers to. Further arguments, in any
/// order: options (`batcher_options`, or the constants above), a clock, which is copied, a `serving_monitor`, which is
/// referred to. Guarantee: a model is never given more than `max_rows` rows; a request is never split; one that is
/// refused, late, cancelled or of the wrong shape touches no other; of one priority the oldest goes first; while no
/// thread comes for the batches of a `pooled` one, its callers run them, as `by_deadline`. Complexity: for an idle
/// model two atomic operations more than the model takes; otherwise rows and outputs are copied once under way.
/// Allocates: when it is made. Threads: any number. All calls have returned when it is destroyed.
template <class Model, class Clock = steady_clock, class Monitor = no_monitor>
class batcher {
  static_assert(
      model::predictor<Model>,
      "millrace[INFER-1]: a batcher serves a model::predictor: inputs(), outputs(), and predict for a row and "
      "for a batch, const and noexcept");

 public:
  template <class... Options>
  explicit batcher(const Model& model, Options&&... options)
      : batcher(0, model, detail::settled(options...), options...) {
    static_assert((detail::is_batcher_option<std::remove_cvref_t<Options>> && ...),
                  "millrace[INFER-5]: a batcher takes max_rows<N>, max_delay<D>, concurrency<N>, policy<P>, "
                  "batcher_options, a clock and a serving_monitor, and nothing else");
    static_assert(!(detail::is_unnamed_monitor<Options> || ...),
                  "millrace[INFER-12]: a batcher refers to its monitor, which has to live as long: give it a name");
  }
  template <class... Options>
  explicit batcher(const Model&&, Options&&...) {
    static_assert(detail::never<Options...>,
                  "millrace[INFER-6]: a batcher refers to its model, which has to live as long: give it a name");
  }
  batcher(const batcher&) = delete;
  batcher& operator=(const batcher&) = delete;
  ~batcher() { close(); }

  const Model& model() const noexcept { return *model_; }
  const batcher_options& options() const noexcept { return options_; }
  /// How many requests wait.
  std::size_t waiting() const noexcept { return static_cast<std::size_t>(state_.load_relaxed() >> 32U); }
  /// How many requests ended so; those that ended well are counted by a monitor.
  std::uint64_t count(serving_status ended) const noexcept {
    return counts_[static_cast<std::size_t>(ended) % serving_statuses].load_relaxed();
  }
  std::uint64_t refused() const noexcept { return count(serving_status::refused); }
  /// How long the oldest of them has waited.
  duration queue_delay() noexcept {
    const detail::lock_guard locked(mutex_);
    return duration(queue_.size() == 0 ? std::uint64_t{0} : time_since(queue_.oldest()));
  }

  /// Predicts a row, or rows, and returns when that is over.
  /// Shapes: rows x `inputs()`, and rows x `outputs()` numbers for the outputs.
  served operator()(std::span<const float> row, std::span<double> out, const request_options& with = {}) noexcept {
    return (*this)(model::matrix_view(row.data(), 1, row.size()), out, with);
  }
  served operator()(const model::matrix_view& rows, std::span<double> out, const request_options& with = {}) noexcept {
    if (!fits(rows, out)) [[unlikely]]
      return reject(serving_status::invalid, rows.rows());
    if (enter(direct_limit_, closed_bit | ~low_half)) [[likely]] {
      const served done = run_direct(rows, out);
      leave();
      return done;
    }
    request one(rows, out, with);
    const served begun = add(one, true);
    return begun.status == serving_status::pending ? finish(one) : begun;
  }

  /// Says with numbers why a request of this shape would be invalid: what a caller tells its own, where it wants to.
  /// Errors: shape_mismatch.
  template <class = void>
  result<void> check_shape(const model::matrix_view& rows, std::span<const double> out) const {
    const auto refuse = [](std::size_t got, const char* what, std::size_t wanted) {
      return error(errc::shape_mismatch, "the request has " + std::to_string(got) + what + std::to_string(wanted));
    };
    if (rows.columns() != inputs_) return refuse(rows.columns(), " columns, and the model takes ", inputs_);
    if (rows.rows() - 1 >= options_.max_rows)
      return refuse(rows.rows(), " rows, and a batch takes 1 to ", options_.max_rows);
    if (!fits(rows, out)) return refuse(out.size(), " numbers of room for outputs, and needs ", rows.rows() * outputs_);
    return {};
  }

  /// Lets a request wait for a batch. It is pending then, or already over: refused, closed, invalid.
  /// Precondition: the request is not pending.
  served submit(request& one) noexcept {
    if (!fits(one.rows_, one.out_)) {
      one.outcome_ = reject(serving_status::invalid, one.rows_.rows());
      return one.outcome_;
    }
    return add(one, false);
  }
  /// Returns when a request that was submitted is over; the thread runs batches meanwhile where it is its turn.
  served wait(request& one) noexcept {
    if (!one.done()) {
      const detail::lock_guard locked(mutex_);
      one.is_watched_ = true;
    }
    return finish(one);
  }
  /// Withdraws a request. Returns whether it ends, or has ended, as cancelled; it does so at once, unless a model is
  /// just being given its rows.
  bool cancel(request& one) noexcept {
    const detail::lock_guard locked(mutex_);
    if (one.done_.load_acquire()) return one.outcome_.status == serving_status::cancelled;
    if (!abandon(one, serving_status::cancelled)) one.is_unwanted_ = true;
    return true;
  }

  /// Runs the next batch on this thread, for which it waits so long at most. Returns whether it ran one. This is what
  /// the threads of a pool do.
  bool serve_next(duration patience = duration(0)) noexcept;
  /// Says whether threads will come for the batches of a `pooled` batcher, as a `serving_threads` does when it begins
  /// and when it ends. One that calls `serve_next` says so, too.
  void expect_threads(bool will_come) noexcept;

  /// Tells the monitor that a fallback gave the outputs of so many rows.
  void replaced([[maybe_unused]] std::size_t rows) const noexcept {
    if constexpr (is_watched) monitor_->replaced(rows);
  }

  /// Accepts no more requests, and returns when those that were accepted are over.
  void close() noexcept;

 private:
  // The state: below, how many threads run the model and whether the batcher is closed; above, how many requests wait.
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 31U;
  static constexpr std::uint64_t low_half = 0xffff'ffff;
  static constexpr std::uint64_t one_waiting = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t an_hour = 3'600'000'000'000;
  static constexpr std::uint64_t a_moment = 20'000;
  static constexpr bool is_watched = serving_monitor<Monitor>;

  struct idle_thread {
    detail::sleeper place;
    idle_thread* next = nullptr;
    bool leads = false;
  };

  template <class... Options>
  batcher(int, const Model& model, const batcher_options& settled, const Options&... options)
      : model_(&model),
        inputs_(model.inputs()),
        outputs_(model.outputs()),
        options_(settled),
        clock_(detail::pick_policy<Clock>(options...)),
        monitor_(detail::find_option<Monitor>(options...)),
        holds_(settled.policy == batching::by_deadline || settled.policy == batching::pooled),
        direct_limit_(holds_ ? 0 : settled.concurrency),
        batches_(settled.concurrency) {
    for (detail::serving_batch& one : batches_) {
      one.rows.resize(options_.max_rows * inputs_);
      one.out.resize(options_.max_rows * outputs_);
      one.requests.resize(options_.max_rows);
      one.counts.resize(options_.max_rows);
      one.next = free_;
      free_ = &one;
    }
  }

  bool fits(const model::matrix_view& rows, std::span<const double> out) const noexcept {
    return rows.columns() == inputs_ && rows.rows() - 1 < options_.max_rows && out.size() >= rows.rows() * outputs_;
  }
  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  /// None, if the clock has gone back since, as one that counts a core's cycles may a little on another core.
  static std::uint64_t between(std::uint64_t then, std::uint64_t now) noexcept { return now > then ? now - then : 0; }
  std::uint64_t time_since(std::uint64_t then) const noexcept { return between(then, time()); }
  bool is_closed() const noexcept { return (state_.load_acquire() & closed_bit) != 0; }
  /// How batches are run now. Where nobody comes for them, a caller would wait for ever. The caller holds the lock.
  batching policy() const noexcept {
    return options_.policy == batching::pooled && !has_threads_ ? batching::by_deadline : options_.policy;
  }
  served reject(serving_status why, std::size_t rows) noexcept {
    counts_[static_cast<std::size_t>(why)].add_relaxed(1);
    if constexpr (is_watched) monitor_->ended(served{why, 0}, rows, std::uint64_t{0});
    return {why, 0};
  }

  /// Begins to run the model if fewer threads than the limit do, and none of these bits of the state is set.
  bool enter(std::uint64_t limit, std::uint64_t unless) noexcept {
    std::uint64_t now = state_.load_relaxed();
    do {
      if ((now & (low_half ^ closed_bit)) >= limit || (now & unless) != 0) return false;
    } while (!state_.replace_acquire(now, now + 1));
    return true;
  }
  void leave() noexcept {
    if (state_.subtract_acq_rel(1) >> 32U == 0) [[likely]]
      return;
    const detail::lock_guard locked(mutex_);
    give_turns();
  }
  served run_direct(const model::matrix_view& rows, std::span<double> out) noexcept {
    if constexpr (is_watched) {
      const std::uint64_t begun = time();
      monitor_->began(rows.rows());
      const served done{serving_status::ok, detail::run_model(*model_, rows, out.first(rows.rows() * outputs_))};
      monitor_->ran(done, rows.rows());
      monitor_->ended(done, rows.rows(), time_since(begun));
      return done;
    } else {
      return {serving_status::ok, detail::run_model(*model_, rows, out.first(rows.rows() * outputs_))};
    }
  }

  served add(request& one, bool is_watched_now) noexcept;
  served finish(request& one) noexcept;
  bool lead_if_due(request& one) noexcept;
  void sleep_for(request& one, detail::sleeper& here) noexcept;
  bool abandon(request& one, serving_status why) noexcept;
  void end(request& one, served outcome, std::uint64_t now) noexcept;
  void give_turns() noexcept;
  void lead(const request* own) noexcept;
  void run_batch(const request* own) noexcept;
  void hold_back() noexcept;
  void fill(detail::serving_batch& batch, std::uint64_t now) noexcept;
  std::uint64_t run(detail::serving_batch& batch, const request* own) noexcept;
  void end_all(detail::serving_batch& batch, std::uint64_t version, bool is_direct) noexcept;

  /// Sleeps until somebody wakes this place, until this moment, or for no reason. The caller holds the lock.
  void sleep(detail::sleeper& place, std::uint64_t until) noexcept {
    if constexpr (waiting_clock<Clock>) {
      mutex_.unlock();
      clock_.wait_until(until);
      mutex_.lock();
    } else {
      const std::uint64_t now = time();
      place.changed.wait_for(mutex_, until > now ? until - now : 0);
    }
  }
  void leave_queue(request& one) noexcept {
    queue_.remove(one);
    state_.subtract_acq_rel(one_waiting);
  }
  /// Tells that so many more rows wait.
  void tell_waiting([[maybe_unused]] std::ptrdiff_t rows) const noexcept {
    if constexpr (is_watched) monitor_->waiting(rows);
  }

  const Model* model_;
  std::size_t inputs_;
  std::size_t outputs_;
  batcher_options options_;
  Clock clock_;
  const Monitor* monitor_;
  bool holds_;                  // batches wait for company, and no caller runs the model past them
  std::uint64_t direct_limit_;  // how many callers at a time may run the model without a batch
  alignas(64) detail::light_atomic<std::uint64_t> state_{0};
  alignas(64) detail::mutex mutex_;  // guards what follows, and the requests
  detail::request_queue queue_;
  std::vector<detail::serving_batch> batches_;
  detail::serving_batch* free_ = nullptr;
  idle_thread* idle_ = nullptr;
  detail::sleeper held_;      // where threads wait for their batch to become full
  std::size_t holding_ = 0;   // such threads
  std::size_t turns_ = 0;     // threads that were made to lead, and do not yet
  bool has_threads_ = false;  // threads come for the batches
  detail::run_times times_;
  detail::light_atomic<std::uint64_t> counts_[serving_statuses];
};

template <class Model, class... Options>
batcher(const Model&, Options&&...)
    -> batcher<Model, typename detail::clock_among<std::remove_cvref_t<Options>...>::type,
               typename detail::monitor_among<std::remove_cvref_t<Options>...>::type>;

template <class Model, class Clock, class Monitor>
served batcher<Model, Clock, Monitor>::add(request& one, bool is_watched_now) noexcept {
  const detail::lock_guard locked(mutex_);
  serving_status why = serving_status::pending;
  const std::size_t waiting = queue_.rows(one.level());
  if (is_closed())
    why = serving_status::closed;
  else if (one.options_.timeout.nanoseconds < 0)
    why = serving_status::timeout;
  else if (waiting + one.rows_.rows() > options_.max_waiting)
    why = serving_status::refused;
  one.outcome_ = why == serving_status::pending ? served{why, 0} : reject(why, one.rows_.rows());
  if (why != serving_status::pending) return one.outcome_;
  one.is_watched_ = is_watched_now;
  one.is_unwanted_ = false;
  one.arrived_ = time();
  const auto timeout = static_cast<std::uint64_t>(one.options_.timeout.nanoseconds);
  one.deadline_ = timeout == 0 ? 0 : one.arrived_ + timeout;
  one.batcher_ = this;
  one.leave_ = [](request& left) noexcept {
    auto* const from = static_cast<batcher*>(left.batcher_);
    while (!left.done() && from->cancel(left) && !left.done()) ::sched_yield();
  };
  one.leads_.store_relaxed(false);
  one.done_.store_relaxed(false);
  queue_.add(one);
  state_.add_acq_rel(one_waiting);
  tell_waiting(static_cast<std::ptrdiff_t>(one.rows_.rows()));
  if (holding_ != 0 && (queue_.rows() >= options_.max_rows || one.deadline_ != 0)) held_.changed.notify_all();
  if (idle_ != nullptr) give_turns();
  return one.outcome_;
}

/// Waits for a request's end, and runs batches when it is this thread's turn.
template <class Model, class Clock, class Monitor>
served batcher<Model, Clock, Monitor>::finish(request& one) noexcept {
  detail::sleeper here;
  for (bool has_looked = false; !one.done() || one.leads_.load_acquire(); has_looked = true) {
    if (has_looked)
      for (std::size_t i = 0; i < options_.patience && !one.done() && !one.leads_.load_relaxed(); ++i) ::sched_yield();
    if (one.done() && !one.leads_.load_acquire()) break;
    const detail::lock_guard locked(mutex_);
    if (!lead_if_due(one) && has_looked && !one.done()) sleep_for(one, here);
  }
  return one.outcome_;
}

/// Runs batches if it is the turn of the request's thread. The caller holds the lock.
template <class Model, class Clock, class Monitor>
bool batcher<Model, Clock, Monitor>::lead_if_due(request& one) noexcept {
  if (one.leads_.load_relaxed()) {
    one.leads_.store_relaxed(false);
    --turns_;
  } else {
    const bool may_lead = policy() != batching::pooled || is_closed();
    if (one.done() || !may_lead || queue_.size() == 0 || !enter(options_.concurrency, 0)) return false;
  }
  lead(one.done() ? nullptr : &one);
  return true;
}

/// Sleeps until something happens to the request, which ends if its time is over.
template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::sleep_for(request& one, detail::sleeper& here) noexcept {
  const std::uint64_t now = time();
  std::uint64_t until = one.deadline_ != 0 ? one.deadline_ : now + an_hour;
  if (now >= until) {
    if (abandon(one, serving_status::timeout)) return;
    until = now + a_moment;
  }
  one.sleeper_ = &here;
  sleep(here, until);
  one.sleeper_ = nullptr;
}

/// Ends a request before its time. Returns false if a batch is just being given its rows.
template <class Model, class Clock, class Monitor>
bool batcher<Model, Clock, Monitor>::abandon(request& one, serving_status why) noexcept {
  if (one.place_ == nullptr) {
    leave_queue(one);
    tell_waiting(-static_cast<std::ptrdiff_t>(one.rows_.rows()));
  } else if (one.is_copied_->load_acquire()) {
    *one.place_ = nullptr;
  } else {
    return false;
  }
  end(one, {why, 0}, time());
  return true;
}

template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::end(request& one, served outcome, std::uint64_t now) noexcept {
  if (outcome.status != serving_status::ok) counts_[static_cast<std::size_t>(outcome.status)].add_relaxed(1);
  if constexpr (is_watched) monitor_->ended(outcome, one.rows_.rows(), between(one.arrived_, now));
  one.outcome_ = outcome;
  one.place_ = nullptr;
  detail::sleeper* const sleeping = one.sleeper_;
  one.done_.store_release(true);  // its caller may be gone from here on, unless it sleeps, for which it needs the lock
  if (sleeping != nullptr) sleeping->changed.notify_all();
}

/// Makes as many threads lead as there are batches to run and threads to run them. The caller holds the lock.
template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::give_turns() noexcept {
  while (turns_ * options_.max_rows < queue_.rows()) {
    request* next = nullptr;
    if (idle_ == nullptr) {
      if (policy() == batching::pooled && !is_closed()) return;
      next = queue_.find([](const request& one) { return one.is_watched_ && !one.leads_.load_relaxed(); });
      if (next == nullptr) return;
    }
    if (!enter(options_.concurrency, 0)) return;
    ++turns_;
    if (next == nullptr) {
      idle_->leads = true;
      idle_->place.changed.notify_all();
      idle_ = idle_->next;
    } else {
      next->leads_.store_release(true);
      if (next->sleeper_ != nullptr) next->sleeper_->changed.notify_all();
    }
  }
}

/// Runs batches until the thread's own request is in one, or one batch, and then lets another thread lead. The caller
/// holds the lock, and has entered.
template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::lead(const request* own) noexcept {
  do run_batch(own);
  while (own != nullptr && !own->done() && own->place_ == nullptr && queue_.size() != 0);
  state_.subtract_acq_rel(1);
  give_turns();
}

template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::run_batch(const request* own) noexcept {
  if (holds_) hold_back();
  detail::serving_batch& batch = *free_;
  free_ = batch.next;
  batch.size = batch.row_count = 0;
  batch.is_copied.store_relaxed(false);
  const std::uint64_t begun = time();
  fill(batch, begun);
  if (batch.size != 0) {
    const bool is_direct = batch.size == 1 && batch.requests[0] == own;
    mutex_.unlock();
    const std::uint64_t version = run(batch, own);
    mutex_.lock();
    if (policy() == batching::by_deadline) times_.update(batch.row_count, time_since(begun));
    end_all(batch, version, is_direct);
  }
  batch.next = free_;
  free_ = &batch;
}

/// Waits until the next batch is full, or until it has waited long enough.
template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::hold_back() noexcept {
  ++holding_;
  while (!is_closed() && queue_.size() != 0 && queue_.rows() < options_.max_rows) {
    std::uint64_t until = queue_.oldest() + static_cast<std::uint64_t>(options_.max_delay.nanoseconds);
    if (policy() == batching::by_deadline) {
      const std::uint64_t first = queue_.first_deadline();
      const std::uint64_t needed = times_.get(queue_.rows());
      const std::uint64_t last_moment = first > needed ? first - needed : 0;
      until = last_moment < until ? last_moment : until;
    }
    if (time() >= until) break;
    sleep(held_, until);
  }
  --holding_;
}

template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::fill(detail::serving_batch& batch, std::uint64_t now) noexcept {
  const batching how = policy();
  std::uint64_t first_deadline = ~std::uint64_t{0};
  const auto accept = [&](const request& one) {
    if (batch.size == 0) {
      first_deadline = one.deadline_ != 0 ? one.deadline_ : first_deadline;
      return true;
    }
    if (how != batching::by_deadline) return how != batching::alone;
    const std::uint64_t first = one.deadline_ != 0 && one.deadline_ < first_deadline ? one.deadline_ : first_deadline;
    if (now + times_.get(batch.row_count + one.rows_.rows()) > first) return false;
    first_deadline = first;
    return true;
  };
  const auto drop = [&](request& one) {
    if (one.deadline_ == 0 || now <= one.deadline_) return false;
    return abandon(one, serving_status::timeout);
  };
  queue_.fill(batch, options_.max_rows, accept, drop);
  state_.subtract_acq_rel(one_waiting * batch.size);
  tell_waiting(-static_cast<std::ptrdiff_t>(batch.row_count));
}

/// Runs the model without the lock, and returns its version.
template <class Model, class Clock, class Monitor>
std::uint64_t batcher<Model, Clock, Monitor>::run(detail::serving_batch& batch, const request* own) noexcept {
  if constexpr (is_watched) monitor_->began(batch.row_count);
  std::uint64_t version = 0;
  if (batch.size == 1 && batch.requests[0] == own) {
    version = detail::run_model(*model_, own->rows_, own->out_.first(batch.row_count * outputs_));
  } else {
    float* to = batch.rows.data();
    for (std::size_t i = 0; i < batch.size; ++i) {
      const model::matrix_view& rows = batch.requests[i]->rows_;
      for (std::size_t r = 0; r < rows.rows(); ++r, to += inputs_)
        __builtin_memcpy(to, rows.row(r).data(), inputs_ * sizeof(float));
    }
    batch.is_copied.store_release(true);
    const model::matrix_view rows(batch.rows.data(), batch.row_count, inputs_);
    version = detail::run_model(*model_, rows, std::span(batch.out).first(batch.row_count * outputs_));
  }
  if constexpr (is_watched) monitor_->ran(served{serving_status::ok, version}, batch.row_count);
  return version;
}

template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::end_all(detail::serving_batch& batch, std::uint64_t version,
                                             bool is_direct) noexcept {
  const std::uint64_t now = is_watched ? time() : 0;
  const double* from = batch.out.data();
  for (std::size_t i = 0; i < batch.size; ++i) {
    const std::size_t numbers = batch.counts[i] * outputs_;
    if (request* const one = batch.requests[i]; one != nullptr) {
      if (!is_direct && !one->is_unwanted_) __builtin_memcpy(one->out_.data(), from, numbers * sizeof(double));
      const serving_status status = one->is_unwanted_ ? serving_status::cancelled : serving_status::ok;
      end(*one, {status, status == serving_status::ok ? version : 0}, now);
    }
    from += numbers;
  }
}

template <class Model, class Clock, class Monitor>
bool batcher<Model, Clock, Monitor>::serve_next(duration patience) noexcept {
  const detail::lock_guard locked(mutex_);
  has_threads_ = true;
  if (queue_.size() != 0 && enter(options_.concurrency, 0)) {
    lead(nullptr);
    return true;
  }
  if (patience.nanoseconds <= 0) return false;
  const std::uint64_t until = time() + static_cast<std::uint64_t>(patience.nanoseconds);
  idle_thread self;
  self.next = idle_;
  idle_ = &self;
  while (!self.leads && time() < until) sleep(self.place, until);
  if (self.leads) {
    --turns_;
    lead(nullptr);
    return true;
  }
  idle_thread** at = &idle_;
  while (*at != &self) at = &(*at)->next;
  *at = self.next;
  return false;
}

template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::expect_threads(bool will_come) noexcept {
  const detail::lock_guard locked(mutex_);
  has_threads_ = will_come;
  give_turns();
}

template <class Model, class Clock, class Monitor>
void batcher<Model, Clock, Monitor>::close() noexcept {
  const detail::lock_guard locked(mutex_);
  state_.set_bits_release(closed_bit);
  held_.changed.notify_all();
  give_turns();
  while (queue_.size() != 0 || (state_.load_acquire() & (low_half ^ closed_bit)) != 0) {
    if (queue_.size() != 0 && enter(options_.concurrency, 0)) {
      lead(nullptr);
      continue;
    }
    mutex_.unlock();
    ::sched_yield();
    mutex_.lock();
  }
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_BATCHER_HPP
