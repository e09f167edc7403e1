// Any bytes load as an online learner that learns on, or are an error.
#include <millrace/detect/change/ddm.hpp>
#include <millrace/infer/online.hpp>
#include <millrace/model/linear.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

namespace mr = millrace;
namespace mi = millrace::infer;

/// A clock that stands, so that the age of a batch is the same whenever it is saved.
struct standing_clock {
  static std::uint64_t ticks() noexcept { return 5; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

template <class Learner>
void use(std::span<const std::byte> bytes) {
  support::ask_loaded<Learner>(bytes, [](Learner& made) {
    const std::vector<float> row(made.model().inputs(), 1.5F);
    for (int i = 0; i < 20; ++i) (void)made.update(row, static_cast<float>(i % 2));
    (void)made.flush();
    (void)made.holdout();
    (void)made.measures().log_loss();
  });
}
void use_all(std::span<const std::byte> bytes) {
  use<mi::online_learner<mr::model::ftrl_logistic, mr::detect::ddm<>, mi::unchanged_weight, standing_clock>>(bytes);
  use<mi::online_learner<mr::model::sgd_linear, mr::detect::adwin<>, mi::unchanged_weight, standing_clock>>(bytes);
  support::ask_loaded<mi::prequential>(bytes, [](mi::prequential& made) { made.update(0.5, 1, 0.25); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_payload_of_each({"online_learner", "prequential"}, data, size, use_all);
  return 0;
}
