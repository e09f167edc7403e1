#ifndef MILLRACE_MODEL_DETAIL_KEPT_EXECUTOR_HPP
#define MILLRACE_MODEL_DETAIL_KEPT_EXECUTOR_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/parallel.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// An executor for a later fit: by reference, if it is a variable; a temporary one is moved here, and lives as long as
/// any copy of this object.
class kept_executor {
 public:
  kept_executor() noexcept = default;
  explicit kept_executor(const executor_reference& on) noexcept : on_(on) {}
  template <executor Executor>
  requires(std::is_lvalue_reference_v<Executor>)
  static kept_executor keep(Executor&& on) {
    return kept_executor(executor_reference(on));
  }
  template <executor Executor>
  requires(!std::is_lvalue_reference_v<Executor>)
  static kept_executor keep(Executor&& on) {
    auto* const made = new holder<Executor>(std::move(on));
    kept_executor kept{executor_reference(made->object)};
    kept.owned_ = made;
    return kept;
  }
  kept_executor(const kept_executor& other) noexcept : on_(other.on_), owned_(other.owned_) {
    if (owned_ != nullptr) owned_->owners.add_relaxed(1);
  }
  kept_executor& operator=(kept_executor other) noexcept {
    std::swap(on_, other.on_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~kept_executor() {
    if (owned_ != nullptr && owned_->owners.subtract_acq_rel(1) == 1) owned_->destroy(owned_);
  }

  const executor_reference& reference() const noexcept { return on_; }

 private:
  struct owned {
    light_atomic<std::size_t> owners{1};
    void (*destroy)(owned* made) = nullptr;
  };
  template <class Executor>
  struct holder : owned {
    explicit holder(Executor&& on) : object(std::move(on)) {
      this->destroy = [](owned* made) { delete static_cast<holder*>(made); };
    }
    Executor object;
  };

  executor_reference on_;
  owned* owned_ = nullptr;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_KEPT_EXECUTOR_HPP
