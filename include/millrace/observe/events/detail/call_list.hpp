#ifndef MILLRACE_OBSERVE_EVENTS_DETAIL_CALL_LIST_HPP
#define MILLRACE_OBSERVE_EVENTS_DETAIL_CALL_LIST_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/observe/metrics/detail/shared_state.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// Functions that are called while others are added and removed: what emitters and hooks are made of.
//
// Who calls pins an array that never changes, by one atomic addition, and leaves it by another; who adds or removes
// publishes a new array. An array is freed by whoever leaves it last.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// How deep calls may nest on one thread, whatever they belong to: a handler that emits what it handles ends here.
inline constexpr unsigned max_call_depth = 16;

/// How many calls this thread is in.
inline unsigned& call_depth() noexcept {
  static thread_local unsigned depth = 0;
  return depth;
}

/// One function of a list, counted by the arrays that have it, by the list, and by its handle. Its counts belong to the
/// list's lock.
struct call_entry {
  std::string name;
  int priority = 0;  // the higher, the earlier
  bool is_once = false;
  light_atomic<bool> is_live{true};
  light_atomic<bool> is_claimed{false};  // of one that is called once: it was
  light_atomic<std::uint64_t> failures{0};
  std::uint32_t arrays = 0;
  std::uint32_t owners = 1;
  void (*destroy)(call_entry*) noexcept = nullptr;

  /// Whether it is to be called now.
  bool claim() noexcept { return is_live.load_acquire() && (!is_once || !is_claimed.exchange_acq_rel(true)); }
};

/// A list without the type of its functions, so that it is compiled once.
class call_list_base : public shared_state {
 public:
  /// Its entries stand behind it in memory, so that a call finds them by one look fewer.
  struct alignas(call_entry*) array {
    light_atomic<std::int64_t> balance{0};  // minus those that left; those that entered are added when it is replaced
    std::size_t place = 0;
    std::size_t size = 0;

    call_entry** begin() noexcept { return reinterpret_cast<call_entry**>(this + 1); }
    call_entry** end() noexcept { return begin() + size; }

    static array* make(std::size_t place, const flat_vector<call_entry*>& entries) {
      void* const memory = ::operator new(sizeof(array) + entries.size() * sizeof(call_entry*));
      auto* const made = ::new (memory) array;
      made->place = place;
      for (call_entry* const each : entries) *(made->begin() + made->size++) = each;
      return made;
    }
    static void destroy(array* unused) noexcept { ::operator delete(unused); }
  };

  /// What was called so far: how often the list was entered, and how many calls that makes.
  struct totals {
    std::uint64_t entered = 0;
    std::uint64_t calls = 0;
  };

  /// Whether any function is there.
  bool has_any() const noexcept { return current_.load_acquire() >> count_bits != 0; }
  std::size_t size() const noexcept {
    const lock_guard locked(mutex_);
    return wanted_.size();
  }
  totals called() const noexcept {
    const lock_guard locked(mutex_);
    totals sum = past_;
    const std::uint64_t now = current_.load_acquire();
    if (const array* const at = places_[now >> count_bits]; at != nullptr) {
      sum.entered += now & count_mask;
      sum.calls += (now & count_mask) * at->size;
    }
    sum.calls -= not_called_.load_relaxed();
    return sum;
  }

  /// Adds an entry, behind those of its priority. The caller has its handle.
  void add(call_entry& entry) {
    flat_vector<array*> unused;
    {
      const lock_guard locked(mutex_);
      std::size_t at = wanted_.size();
      wanted_.push_back(&entry);
      for (; at > 0 && wanted_[at - 1]->priority < entry.priority; --at) wanted_[at] = wanted_[at - 1];
      wanted_[at] = &entry;
      ++entry.owners;
      publish(unused);
    }
    free(unused);
  }

  /// Removes an entry and gives its handle back. It is not called again, and unless this thread is in a call itself, no
  /// call of it runs when this returns.
  void remove(call_entry& entry) noexcept {
    flat_vector<array*> unused;
    bool is_last = false;
    entry.is_live.store_release(false);
    mutex_.lock();
    if (forget(entry)) publish(unused);
    mutex_.unlock();
    free(unused);
    mutex_.lock();
    if (call_depth() == 0)
      while (entry.arrays != 0) changed_.wait_for(mutex_, 1'000'000'000);
    is_last = --entry.owners == 0;
    mutex_.unlock();
    if (is_last) entry.destroy(&entry);
  }

  /// Removes all. Precondition: nobody is in the list, and nobody enters it.
  void close() noexcept {
    flat_vector<array*> unused;
    mutex_.lock();
    while (!wanted_.empty()) forget(*wanted_.back());
    publish(unused);
    mutex_.unlock();
    free(unused);
  }

 protected:
  explicit call_list_base(void (*destroy)(const shared_state*) noexcept) noexcept : shared_state(destroy) {}
  ~call_list_base() { close(); }

  /// An array that stays as long as this object, on whose thread a call runs meanwhile.
  class pinned {
   public:
    explicit pinned(call_list_base& list) noexcept
        : list_(&list), at_(list.places_[list.current_.add_acq_rel(1) >> count_bits]) {
      ++call_depth();
    }
    pinned(const pinned&) = delete;
    pinned& operator=(const pinned&) = delete;
    ~pinned() {
      --call_depth();
      if (at_ != nullptr && at_->balance.subtract_acq_rel(1) == 1) list_->free(at_);
    }
    call_entry* const* begin() const noexcept { return at_ != nullptr ? at_->begin() : nullptr; }
    call_entry* const* end() const noexcept { return at_ != nullptr ? at_->end() : nullptr; }

   private:
    call_list_base* list_;
    array* at_;
  };

  /// Takes an entry that is called once out of the list, after its call.
  void retire(call_entry& entry) noexcept {
    flat_vector<array*> unused;
    entry.is_live.store_release(false);
    mutex_.lock();
    if (forget(entry)) publish(unused);
    mutex_.unlock();
    free(unused);
  }
  void not_called(std::uint64_t count) noexcept { not_called_.add_relaxed(count); }

 private:
  static constexpr std::uint64_t count_bits = 56;
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;
  static constexpr std::size_t places = 256;  // arrays that may be in use at once; 0 is that of no function

  /// Takes an entry out of what is wanted; false if it is not there. The caller has the lock, and frees nothing by it.
  bool forget(call_entry& entry) noexcept {
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (wanted_[i] == &entry) {
        for (; i + 1 < wanted_.size(); ++i) wanted_[i] = wanted_[i + 1];
        wanted_.pop_back();
        --entry.owners;  // not the last: an array or the handle has it
        return true;
      }
    return false;
  }
  /// Replaces the array by one of what is wanted. `unused` gets the old one, if nobody is in it. Where all places are
  /// in use, that is left to whoever frees one. The caller has the lock.
  void publish(flat_vector<array*>& unused) {
    std::size_t place = 0;
    array* made = nullptr;
    if (!wanted_.empty()) {
      for (place = 1; place < places && places_[place] != nullptr;) ++place;
      is_late_ = place == places;
      if (is_late_) return;
      made = array::make(place, wanted_);
      for (call_entry* const each : wanted_) ++each->arrays, ++each->owners;
      places_[place] = made;
    }
    is_late_ = false;
    const std::uint64_t before = current_.exchange_acq_rel(static_cast<std::uint64_t>(place) << count_bits);
    array* const old = places_[before >> count_bits];
    if (old == nullptr) return;
    const std::uint64_t entered = before & count_mask;
    past_.entered += entered;
    past_.calls += entered * old->size;
    const auto left = static_cast<std::int64_t>(entered);
    if (old->balance.add_acq_rel(left) == -left) unused.push_back(old);
  }
  void free(const flat_vector<array*>& unused) noexcept {
    for (array* const each : unused) free(each);
  }
  /// Frees an array that nobody is in and the entries that only it had, and publishes what waited for a place.
  [[gnu::noinline]] void free(array* unused) noexcept {
    flat_vector<array*> next;
    flat_vector<call_entry*> gone;
    mutex_.lock();
    places_[unused->place] = nullptr;
    for (call_entry* const each : *unused) {
      --each->arrays;
      if (--each->owners == 0) gone.push_back(each);
    }
    if (is_late_) publish(next);
    changed_.notify_all();
    mutex_.unlock();
    array::destroy(unused);
    for (call_entry* const each : gone) each->destroy(each);
    free(next);
  }

  light_atomic<std::uint64_t> current_{0};  // the array's place, and how many have entered it
  array* places_[places]{};
  light_atomic<std::uint64_t> not_called_{0};
  mutable mutex mutex_;
  condition changed_;
  flat_vector<call_entry*> wanted_;
  totals past_;
  bool is_late_ = false;
};

template <class... Args>
struct typed_entry : call_entry {
  result<void> (*call)(typed_entry&, Args...) = nullptr;
};

/// Functions of these arguments that return nothing or result<void>. What they throw becomes an error.
template <class... Args>
class call_list : public call_list_base {
 public:
  call_list() noexcept
      : call_list_base([](const shared_state* self) noexcept { delete static_cast<const call_list*>(self); }) {}

  /// An entry that calls `f`; `place` says in errors what it belongs to. Its handle is the caller's.
  template <class F>
  static call_entry* make(std::string name, std::string_view place, F f, int priority, bool is_once) {
    auto* const made = new entry_of<F>(std::move(f), place);
    made->name = std::move(name);
    made->priority = priority;
    made->is_once = is_once;
    return made;
  }

  /// Calls each function in turn and `failed(entry, error)` for each error, until that returns false.
  template <class Failed>
  void operator()(Failed&& failed, Args... args) {
    const pinned all(*this);
    call_entry* const* const end = all.end();
    for (call_entry* const* at = all.begin(); at != end; ++at) {
      auto& entry = static_cast<typed_entry<Args...>&>(**at);
      if (!entry.claim()) {
        not_called(1);
        continue;
      }
      const result<void> done = entry.call(entry, args...);
      if (entry.is_once) retire(entry);
      if (done) [[likely]]
        continue;
      entry.failures.add_relaxed(1);
      if (failed(entry, done.error())) continue;
      not_called(static_cast<std::uint64_t>(end - at - 1));
      return;
    }
  }

 private:
  template <class F>
  struct entry_of : typed_entry<Args...> {
    entry_of(F made, std::string_view whose) : f(std::move(made)), place(whose) {
      this->call = [](typed_entry<Args...>& self, Args... args) -> result<void> {
        auto& own = static_cast<entry_of&>(self);
        if constexpr (noexcept(own.f(args...)) && std::is_void_v<decltype(own.f(args...))>)
          return own.f(args...), result<void>();
        else
          return guarded([&] { return own.f(args...); },
                         [&] { return "\"" + own.name + "\" of " + std::string(own.place); });
      };
      this->destroy = [](call_entry* self) noexcept { delete static_cast<entry_of*>(self); };
    }
    F f;
    std::string_view place;  // a type's name, which stays
  };
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_DETAIL_CALL_LIST_HPP
