#ifndef MILLRACE_INFER_DETAIL_PLANNER_HPP
#define MILLRACE_INFER_DETAIL_PLANNER_HPP

#include <millrace/infer/detail/element_types.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

using model::graph_kind;
using model::graph_node;
using shape = std::vector<std::int64_t>;

/// How many dimensions a value of a run may have.
inline constexpr std::size_t most_dimensions = 16;

inline std::size_t elements(std::span<const std::int64_t> sizes) noexcept {
  std::size_t product = 1;
  for (const std::int64_t each : sizes) product *= static_cast<std::size_t>(each);
  return product;
}
[[gnu::cold]] inline std::string text_of(std::span<const std::int64_t> sizes) {
  std::string text = "[";
  for (std::size_t i = 0; i < sizes.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(sizes[i]);
  return text + ']';
}

/// Memory of a run, which one value after another may use.
struct block {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;
  std::size_t readers = 0;  // that are still to be planned
};

class extensible_kernel;

/// Where elements stand, as a pointer to whichever type it is asked for.
struct element_pointer {
  std::byte* at = nullptr;

  template <class T>
  operator T*() const noexcept {
    return reinterpret_cast<T*>(at);
  }
};

/// A value of a run: its shape, and where its elements stand. Texts are `std::string_view`s.
struct planned_value {
  graph_kind kind = graph_kind::tensor;
  dtype type = dtype::f32;
  shape sizes;
  std::byte* data = nullptr;
  std::size_t block = no_block;
  bool known = false;  // its elements do not depend on the inputs
  extensible_kernel* maker = nullptr;

  static constexpr std::size_t no_block = ~std::size_t{0};
  std::size_t count() const noexcept { return elements(sizes); }
  std::size_t element_size() const noexcept {
    return kind == graph_kind::texts ? sizeof(std::string_view) : tensor::size_of(type);
  }
  bool is(dtype wanted) const noexcept { return kind == graph_kind::tensor && type == wanted; }
};

/// What a node does in a run.
class kernel {
 public:
  virtual ~kernel() = default;
  virtual void run() noexcept = 0;
};
template <class Function>
class kernel_of final : public kernel {
 public:
  explicit kernel_of(Function function) : function_(std::move(function)) {}
  void run() noexcept override { function_(); }

 private:
  Function function_;
};

/// Work on elements of one of several types, with a function for each.
template <class Function>
class typed_kernel final : public kernel {
 public:
  using call = void (*)(Function& function) noexcept;
  template <class T>
  static void call_with(Function& function) noexcept {
    function(T());
  }

  typed_kernel(Function function, call by) : function_(std::move(function)), call_(by) {}
  void run() noexcept override { call_(function_); }

 private:
  Function function_;
  call call_;
};

/// A kernel between what turns its inputs into the type that it computes in, and its outputs into theirs.
class converting_kernel final : public kernel {
 public:
  struct step {
    converter by;
    const std::byte* from;
    std::byte* to;
    std::size_t count;

    void run() const noexcept { by(from, to, count); }
  };
  std::vector<step> before;
  std::vector<step> after;
  std::unique_ptr<kernel> inner;

  void run() noexcept override {
    for (const step& each : before) each.run();
    inner->run();
    for (const step& each : after) each.run();
  }
};

/// A kernel that can do a later node's work on each element that it makes, before it writes it.
class extensible_kernel : public kernel {
 public:
  /// Adds a known row to each row, or one number to all; returns whether it can.
  virtual bool add_row(const planned_value& row) noexcept = 0;
  /// Makes 0 of what is below 0, after all else; returns whether it can.
  virtual bool make_positive() noexcept = 0;
};

/// The memory of a run and its values.
class run_memory {
 public:
  std::vector<planned_value> values;
  std::size_t most = 0;  // bytes

  /// Gives a value memory for its elements, that of one which nobody reads any more if there is one large enough; or,
  /// `alone`, memory that no other value is ever given, since it is not written again in a run.
  void give(planned_value& value, std::size_t readers, bool alone) {
    const std::size_t bytes = (value.count() * value.element_size() + 63) / 64 * 64 + 64;
    std::size_t best = blocks_.size();
    for (std::size_t i = 0; i < blocks_.size() && !alone; ++i)
      if (blocks_[i].readers == 0 && blocks_[i].size >= bytes &&
          (best == blocks_.size() || blocks_[i].size < blocks_[best].size))
        best = i;
    if (best == blocks_.size()) {
      blocks_.push_back({std::make_unique<std::byte[]>(bytes), bytes, 0});
      total_ += bytes;
    }
    value.block = best;
    blocks_[best].readers = alone ? for_ever : readers;
    value.data = blocks_[best].bytes.get();
    value.data += (64 - reinterpret_cast<std::uintptr_t>(value.data) % 64) % 64;
  }
  /// Lets a value stand where another stands.
  void share(planned_value& value, const planned_value& with, std::size_t readers) {
    value.data = with.data;
    value.block = with.block;
    if (value.block != planned_value::no_block && blocks_[value.block].readers < for_ever)
      blocks_[value.block].readers += readers;
  }
  void release(const planned_value& value) noexcept {
    if (value.block == planned_value::no_block) return;
    std::size_t& readers = blocks_[value.block].readers;
    if (readers > 0 && readers < for_ever) --readers;
  }
  std::size_t total() const noexcept { return total_; }

 private:
  static constexpr std::size_t for_ever = ~std::size_t{0} / 2;

  std::vector<block> blocks_;
  std::size_t total_ = 0;
};

/// What an operator is planned with: the node, the shapes that come in and what of them is known; it says the shapes
/// that go out, and what is to be done in a run.
class planner {
 public:
  planner(const graph_node& node, std::int64_t version, run_memory& memory, const std::vector<std::size_t>& readers,
          const void* ready = nullptr)
      : node_(node), version_(version), memory_(memory), readers_(readers), ready_(ready) {}

  const graph_node& node() const noexcept { return node_; }
  std::int64_t version() const noexcept { return version_; }
  /// What the operator's `ready` returned for the node. It lives as long as the engine and its runs.
  template <class State>
  const State& ready() const noexcept {
    return *static_cast<const State*>(ready_);
  }

  std::size_t inputs() const noexcept { return node_.inputs.size(); }
  std::size_t outputs() const noexcept { return node_.outputs.size(); }
  bool has(std::size_t i) const noexcept { return i < inputs() && node_.inputs[i] != graph_node::absent; }
  bool wants(std::size_t i) const noexcept { return i < outputs() && node_.outputs[i] != graph_node::absent; }
  const planned_value& in(std::size_t i) const noexcept { return memory_.values[node_.inputs[i]]; }
  const shape& sizes(std::size_t i) const noexcept { return in(i).sizes; }
  template <class T>
  const T* data(std::size_t i) const noexcept {
    return reinterpret_cast<const T*>(in(i).data);
  }
  /// Whether an input stands in the graph, so that it is the same whatever shapes come in.
  bool is_constant(std::size_t i) const noexcept { return in(i).known && in(i).block == planned_value::no_block; }
  /// Whole numbers that an input holds, if they do not depend on the model's inputs.
  std::optional<std::vector<std::int64_t>> known_wholes(std::size_t i) const {
    if (!has(i) || !in(i).known) return std::nullopt;
    std::vector<std::int64_t> made(in(i).count());
    for (std::size_t k = 0; k < made.size(); ++k) {
      if (in(i).is(dtype::i64))
        made[k] = data<std::int64_t>(i)[k];
      else if (in(i).is(dtype::i32))
        made[k] = data<std::int32_t>(i)[k];
      else
        return std::nullopt;
    }
    return made;
  }

  bool has_attribute(std::string_view name) const noexcept { return node_.find(name) != nullptr; }
  std::int64_t whole(std::string_view name, std::int64_t otherwise) const noexcept {
    const std::int64_t* found = attribute<std::int64_t>(name);
    return found != nullptr ? *found : otherwise;
  }
  float real(std::string_view name, float otherwise) const noexcept {
    const float* found = attribute<float>(name);
    return found != nullptr ? *found : otherwise;
  }
  std::string_view text(std::string_view name, std::string_view otherwise) const noexcept {
    const std::string* found = attribute<std::string>(name);
    return found != nullptr ? std::string_view(*found) : otherwise;
  }
  std::span<const std::int64_t> wholes(std::string_view name) const noexcept { return list<std::int64_t>(name); }
  std::span<const float> reals(std::string_view name) const noexcept { return list<float>(name); }
  std::span<const std::string> texts(std::string_view name) const noexcept { return list<std::string>(name); }
  template <class T>
  const T* attribute(std::string_view name) const noexcept {
    const model::graph_attribute* found = node_.find(name);
    return found != nullptr ? std::get_if<T>(&found->value) : nullptr;
  }

  /// Makes an output, which is written where the pointer leads, also one that nobody wants.
  /// Null if there is no room; `run` then keeps nothing.
  template <class T>
  T* out(std::size_t i, shape sizes) {
    return reinterpret_cast<T*>(out(i, std::is_same_v<T, std::string_view> ? graph_kind::texts : graph_kind::tensor,
                                    dtype_for<T>, std::move(sizes)));
  }
  std::byte* out(std::size_t i, graph_kind kind, dtype type, shape sizes) {
    if (!has_room(sizes)) return nullptr;
    planned_value made{kind, type, std::move(sizes), nullptr, planned_value::no_block, false};
    if (!wants(i)) {
      memory_.give(made, 1, true);
      return made.data;
    }
    memory_.give(made, readers_[node_.outputs[i]], knows_all());
    memory_.values[node_.outputs[i]] = std::move(made);
    return memory_.values[node_.outputs[i]].data;
  }
  /// An input's elements as numbers of a type: where they stand, if they are of it, else in memory which each run fills
  /// before the node's work.
  template <class = void>
  element_pointer as(std::size_t i, dtype type) {
    const planned_value& from = in(i);
    if (from.kind != graph_kind::tensor || from.type == type) return {from.data};
    std::byte* const to = temporary(type, from.count(), from.known);
    const converting_kernel::step made{converter_of(from.type, type), from.data, to, from.count()};
    if (to != nullptr && from.known) made.run();
    if (to != nullptr && !from.known) turns_.before.push_back(made);
    return {to};
  }
  /// The type that an input's numbers are computed in.
  dtype computed(std::size_t i) const noexcept { return computed_type(in(i).type); }
  template <class = void>
  element_pointer as_computed(std::size_t i) {
    return as(i, computed(i));
  }
  /// Makes an output of `type` that the work writes as numbers of type `computed`.
  template <class = void>
  element_pointer out_from(std::size_t i, dtype type, dtype computed, shape sizes) {
    const std::size_t count = elements(sizes);
    std::byte* const to = out(i, graph_kind::tensor, type, std::move(sizes));
    if (to == nullptr || type == computed) return {to};
    std::byte* const from = temporary(computed, count, false);
    turns_.after.push_back({converter_of(computed, type), from, to, count});
    return {from};
  }
  /// The same of input 0's type, which is written as it is computed.
  template <class = void>
  element_pointer out_computed(std::size_t i, shape sizes) {
    return out_from(i, in(0).type, computed(0), std::move(sizes));
  }
  /// Memory for elements while the node works. Later nodes have it, too, unless it is `kept`. Null if there is no room.
  std::byte* temporary(dtype type, std::size_t count, bool kept) {
    planned_value made{graph_kind::tensor, type, {static_cast<std::int64_t>(count)}};
    if (!has_room(made.sizes)) return nullptr;
    memory_.give(made, 1, kept);
    temporaries_.push_back(made);
    return made.data;
  }
  /// Makes an output that does not depend on the inputs' elements: the caller writes it at once.
  template <class T>
  T* fixed(std::size_t i, shape sizes) {
    planned_value made{graph_kind::tensor, dtype_for<T>, std::move(sizes), nullptr, planned_value::no_block, true};
    memory_.give(made, 1, true);
    if (wants(i)) memory_.values[node_.outputs[i]] = made;
    return reinterpret_cast<T*>(made.data);
  }
  /// Makes an output that stands where an input stands, under another shape; nothing is to be done for it in a run.
  bool same(std::size_t i, std::size_t input, shape sizes) {
    if (!has_room(sizes)) return false;
    if (!wants(i)) return true;
    planned_value made = in(input);
    made.sizes = std::move(sizes);
    made.maker = nullptr;
    memory_.share(made, in(input), readers_[node_.outputs[i]]);
    memory_.values[node_.outputs[i]] = std::move(made);
    return true;
  }
  /// Says what is to be done in a run. The function captures what it needs by value, and throws nothing.
  template <class Function>
  bool run(Function function) {
    if (!problem_.empty()) return false;
    kernel_ = std::make_unique<kernel_of<Function>>(std::move(function));
    return true;
  }
  /// The same by a function of elements: it is called with a value of `type`, which must be one of `Types`; else the
  /// input's type is refused.
  template <class... Types, class Function>
  bool run_as(std::size_t input, dtype type, Function function) {
    using made = typed_kernel<Function>;
    typename made::call by = nullptr;
    const bool numbers = in(input).kind == graph_kind::tensor;
    static_cast<void>(((numbers && type == dtype_for<Types> && (by = made::template call_with<Types>, true)) || ...));
    if (by == nullptr) return refuse_type(input);
    if (problem_.empty()) kernel_ = std::make_unique<made>(std::move(function), by);
    return problem_.empty();
  }
  /// In every type that an input's numbers may be computed in.
  template <class Function>
  bool run_numbers(std::size_t input, Function function) {
    return run_as<float, double, std::int64_t, std::uint64_t>(input, computed(input), std::move(function));
  }
  template <class Function>
  bool run_reals(std::size_t input, Function function) {
    return run_as<float, double>(input, computed(input), std::move(function));
  }
  /// The same where only the size of elements matters: it is called with a value of a type of so many bytes.
  template <class Function>
  bool run_sized(std::size_t bytes, Function function) {
    using made = typed_kernel<Function>;
    const typename made::call by = bytes == 16  ? made::template call_with<std::string_view>
                                   : bytes == 8 ? made::template call_with<std::uint64_t>
                                   : bytes == 4 ? made::template call_with<std::uint32_t>
                                   : bytes == 2 ? made::template call_with<std::uint16_t>
                                                : made::template call_with<std::uint8_t>;
    if (problem_.empty()) kernel_ = std::make_unique<made>(std::move(function), by);
    return problem_.empty();
  }
  /// The same by a kernel that makes output 0, which later nodes may extend.
  bool run_extensible(std::unique_ptr<extensible_kernel> made) {
    if (!problem_.empty()) return false;
    if (wants(0) && !knows_all()) memory_.values[node_.outputs[0]].maker = made.get();
    kernel_ = std::move(made);
    return true;
  }
  /// The kernel that makes an input which only this node reads, if it can be extended; else null.
  extensible_kernel* maker(std::size_t i) const noexcept {
    return has(i) && readers_[node_.inputs[i]] == 1 ? in(i).maker : nullptr;
  }
  /// Leaves the node's work to the kernel of an input, which has been extended by it.
  bool extended(std::size_t input) {
    extensible_kernel* const by = in(input).maker;
    if (!same(0, input, sizes(input))) return false;
    if (wants(0)) memory_.values[node_.outputs[0]].maker = by;
    return true;
  }
  /// Memory for the node alone, full of zeros, which keeps what is written to it from run to run. Null if there is no
  /// room; `run` then keeps nothing.
  template <class T>
  T* own(std::size_t size) {
    planned_value made{graph_kind::tensor, dtype_for<T>, {static_cast<std::int64_t>(size)}};
    if (!has_room(made.sizes)) return nullptr;
    memory_.give(made, 1, true);
    return reinterpret_cast<T*>(made.data);
  }
  [[gnu::cold]] bool refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
    return false;
  }
  [[gnu::cold]] bool refuse_type(std::size_t input) {
    const std::string_view name = in(input).kind == graph_kind::texts ? "texts" : to_string(in(input).type);
    return refuse("elements of type " + std::string(name) + " are not computed");
  }
  /// Whether there may be a value of this shape; ask before anything is made for each of its elements.
  bool has_room(const shape& sizes) {
    const auto count = model::element_count(sizes);
    const bool fits = count && *count <= memory_.most / 16 && sizes.size() <= most_dimensions;
    return fits || refuse("a result of shape " + text_of(sizes) + " is too large");
  }
  /// Whether all inputs are known, so that the node needs to run only once.
  bool knows_all() const noexcept {
    for (std::size_t i = 0; i < inputs(); ++i)
      if (has(i) && !in(i).known) return false;
    return true;
  }

  const std::string& problem() const noexcept { return problem_; }
  /// The kernel, with what turns elements around it. The memory that it alone had is free for the nodes behind it.
  std::unique_ptr<kernel> planned() {
    for (const planned_value& each : temporaries_) memory_.release(each);
    if (kernel_ == nullptr || (turns_.before.empty() && turns_.after.empty())) return std::move(kernel_);
    turns_.inner = std::move(kernel_);
    return std::make_unique<converting_kernel>(std::move(turns_));
  }

 private:
  template <class T>
  std::span<const T> list(std::string_view name) const noexcept {
    const auto* found = attribute<std::vector<T>>(name);
    return found != nullptr ? std::span<const T>(*found) : std::span<const T>();
  }

  const graph_node& node_;
  std::int64_t version_;
  run_memory& memory_;
  const std::vector<std::size_t>& readers_;
  const void* ready_;
  std::unique_ptr<kernel> kernel_;
  converting_kernel turns_;
  std::vector<planned_value> temporaries_;
  std::string problem_;
};

/// What an operator makes of a node's attributes once, for all runs.
using ready_state = std::shared_ptr<const void>;

/// An operator that can be planned: from which version of its domain, and up to which, it means what `plan` does.
struct operator_entry {
  std::string_view domain;
  std::string_view name;
  std::int64_t from = 1;
  std::int64_t to = 28;
  std::size_t needs = 1;  // inputs that `plan` need not ask for
  bool (*plan)(planner& at) = nullptr;
  /// Asks the planner for attributes alone, when an engine is made; null where there is nothing to make.
  ready_state (*ready)(planner& at) = nullptr;
};

template <class... Types, class Use>
bool with_type(const planned_value& value, const Use& use) {
  return value.kind == graph_kind::tensor && with_type<Types...>(value.type, use);
}

/// Turns an axis counted from the end into one counted from the start; false if there is none.
inline bool settle_axis(std::int64_t& axis, std::size_t rank) noexcept {
  const auto all = static_cast<std::int64_t>(rank);
  if (axis < 0) axis += all;
  return axis >= 0 && axis < all;
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_PLANNER_HPP
