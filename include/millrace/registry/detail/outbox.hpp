#ifndef MILLRACE_REGISTRY_DETAIL_OUTBOX_HPP
#define MILLRACE_REGISTRY_DETAIL_OUTBOX_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/change.hpp>
#include <millrace/registry/detail/keys.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

/// Hands what waits in a storage to a sink, in order, on one thread at a time.
///
/// A change is removed once the sink has it. Killed in between, the sink gets it again, and knows it by its number.
class outbox {
 public:
  /// Returns when the sink has all that waited when it was called.
  template <class Storage, class Sink>
  result<void> deliver(Storage& storage, const keys& of, Sink& sink) {
    const turn mine(*this);  // no lock is held while the sink works
    for (;;) {
      const auto entries = std::as_const(storage).list(of.outbox(), {}, page);
      if (!entries) return entries.error();
      for (const store::storage_entry& each : *entries) {
        const auto waiting = store::load_document<change>(std::as_const(storage), each.key);
        if (!waiting && waiting.error().code() == errc::not_found) continue;  // another process has handed it over
        if (!waiting) return waiting.error();
        if (result<void> done = sink.append(*waiting); !done) return done;
      }
      if (entries->empty()) return {};
      auto removed = storage.transact([&](auto& transaction) -> result<void> {
        for (const store::storage_entry& each : *entries)
          if (auto done = transaction.remove(each.key); !done) return done;
        return {};
      });
      if (!removed || entries->size() < page) return removed;
    }
  }

 private:
  static constexpr std::size_t page = 100;

  /// One thread's turn.
  class turn {
   public:
    explicit turn(outbox& of) noexcept : of_(&of) {
      const lock_guard locked(of_->mutex_);
      while (of_->is_busy_) of_->free_.wait_for(of_->mutex_, 1'000'000'000U);
      of_->is_busy_ = true;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      const lock_guard locked(of_->mutex_);
      of_->is_busy_ = false;
      of_->free_.notify_all();
    }

   private:
    outbox* of_;
  };

  mutex mutex_;
  condition free_;
  bool is_busy_ = false;
};

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_OUTBOX_HPP
