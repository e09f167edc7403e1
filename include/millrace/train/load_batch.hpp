#ifndef MILLRACE_TRAIN_LOAD_BATCH_HPP
#define MILLRACE_TRAIN_LOAD_BATCH_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/model.hpp>
#include <millrace/train/samples.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace train {

/// How a data set is cut into batches.
struct batch_options {
  std::size_t size = 32;  // rows of a batch
  std::uint64_t seed = 0;
  bool shuffle = true;       // each epoch has an order of its own
  bool keep_partial = true;  // an epoch ends with a smaller batch, if the size does not divide the number of rows
};

/// The event that fills `batch` and `labels` (or `targets`) with batch number `batch_idx` of epoch number `epoch`.
///
/// Models: event.
/// Guarantee: the order of the rows depends on the seed and the epoch's number alone, so any batch of any epoch can be
/// loaded again.
/// Complexity: linear in the batch; at the first batch of an epoch linear in the data set.
/// Allocates: when the batch's shape changes; at the first batch 4 bytes for each row of the data set.
/// Threads: one at a time.
/// Errors: invalid_argument: an empty data set, a batch size of 0; out_of_range: a batch that the epoch does not have;
/// unsupported: more than 2^32 - 1 rows; and those of the source.
template <class Source, class Fields = training_fields<detail::scalar_of_t<Source>>>
class load_batch {
  static_assert(detail::is_source<Source>::value);
  static constexpr bool has_labels = sample_source<Source, Eigen::VectorXi>;
  static_assert(has_labels || sample_source<Source, typename Fields::matrix_type>,
                "millrace[TRAIN-1]: load_batch wants a source with size() and read(rows, batch, labels or targets); "
                "see millrace/train/samples.hpp");

 public:
  using fields_type = Fields;
  using reads = fields<Fields::epoch, Fields::batch_idx>;
  using writes =
      std::conditional_t<has_labels, fields<Fields::batch, Fields::labels>, fields<Fields::batch, Fields::targets>>;
  static constexpr std::string_view name = "load_batch";

  explicit load_batch(Source source, batch_options options = {}) : source_(std::move(source)), options_(options) {}
  /// Loads from matrix_samples(features, reference); both must outlive the event.
  template <class Features, class Reference>
  requires(!std::is_same_v<std::remove_cvref_t<Reference>, batch_options>)
  load_batch(Features&& features, Reference&& reference, batch_options options = {})
      : load_batch(Source(std::forward<Features>(features), std::forward<Reference>(reference)), options) {}

  template <class... Events>
  using beside = detail::in_one_precision<typename Fields::scalar_type, Events...>;

  /// How many batches an epoch has: `batch_idx` must be below this.
  std::size_t batches_per_epoch() const noexcept {
    if (options_.size == 0) return 0;
    const std::size_t whole = source_.size() / options_.size;
    return whole + (options_.keep_partial && source_.size() % options_.size != 0 ? 1 : 0);
  }
  const batch_options& options() const noexcept { return options_; }

  /// Calls use(name, value) with each setting, for those who keep a record of a training.
  template <class Use>
  void for_each_setting(Use&& use) const {
    use("batch_size", options_.size);
    use("batch_seed", options_.seed);
  }

  result<void> operator()(auto& ctx) {
    const std::uint64_t index = ctx[Fields::batch_idx];
    if (index >= batches_per_epoch()) return no_such_batch(index);
    if (auto ready = put_in_order(ctx[Fields::epoch]); !ready) return ready;
    const std::size_t first = static_cast<std::size_t>(index) * options_.size;
    const auto rows =
        std::span<const std::uint32_t>(order_).subspan(first, (std::min)(options_.size, order_.size() - first));
    if constexpr (has_labels)
      return source_.read(rows, ctx[Fields::batch], ctx[Fields::labels]);
    else
      return source_.read(rows, ctx[Fields::batch], ctx[Fields::targets]);
  }

 private:
  error no_such_batch(std::uint64_t index) const {
    if (source_.size() == 0) return error(errc::invalid_argument, "the data set is empty");
    if (options_.size == 0) return error(errc::invalid_argument, "the batch size is 0");
    return error(errc::out_of_range, "batch_idx is " + std::to_string(index) + ", but an epoch of " +
                                         std::to_string(source_.size()) + " rows has " +
                                         std::to_string(batches_per_epoch()) + " batches of " +
                                         std::to_string(options_.size));
  }

  result<void> put_in_order(std::uint64_t epoch) {
    const std::size_t size = source_.size();
    if (order_.size() == size && (!options_.shuffle || epoch == order_epoch_)) return {};
    if (size > ~std::uint32_t{0}) return error(errc::unsupported, "the data set has more than 4294967295 rows");
    order_.resize(size);
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
    if (options_.shuffle) {
      std::uint64_t state = options_.seed;
      state = splitmix64(state) ^ epoch;
      random_engine(splitmix64(state)).shuffle(order_);
    }
    order_epoch_ = epoch;
    return {};
  }

  Source source_;
  batch_options options_;
  std::vector<std::uint32_t> order_;
  std::uint64_t order_epoch_ = 0;
};

template <class Features, class Reference>
requires(detail::eigen_matrix<std::remove_cvref_t<Features>> && detail::eigen_matrix<detail::kept_t<Reference>>)
load_batch(Features&&, Reference&&, batch_options = {})
    -> load_batch<matrix_samples<detail::kept_t<Features>, detail::kept_t<Reference>>,
                  training_fields<typename std::remove_cvref_t<Features>::Scalar>>;
template <class Features, class Reference>
requires(detail::eigen_matrix<std::remove_cvref_t<Features>> && !detail::eigen_matrix<detail::kept_t<Reference>> &&
         !std::is_same_v<std::remove_cvref_t<Reference>, batch_options>)
load_batch(Features&&, Reference&&, batch_options = {})
    -> load_batch<detail::no_samples<std::remove_cvref_t<Features>, detail::kept_t<Reference>>, training_fields<>>;
template <class Source>
explicit load_batch(Source, batch_options = {}) -> load_batch<Source>;

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_LOAD_BATCH_HPP
