#ifndef MILLRACE_INFER_DETAIL_OPERATORS_SHAPES_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_SHAPES_HPP

#include <millrace/infer/detail/planner.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Operators that move, choose and rename elements.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

template <class = void>
bool plan_identity(planner& at) {
  return at.has(0) ? at.same(0, 0, at.sizes(0)) : at.refuse("its input is missing");
}
/// In use, Dropout passes on what it gets; its mask is of ones.
template <class = void>
bool plan_dropout(planner& at) {
  if (!at.has(0)) return at.refuse("its input is missing");
  if (at.has(2) && at.in(2).is(dtype::boolean) && (!at.in(2).known || *at.data<bool>(2)))
    return at.refuse("it is in training");
  if (at.wants(1)) {
    bool* const mask = at.fixed<bool>(1, at.sizes(0));
    std::memset(mask, 1, at.in(0).count());
  }
  return at.same(0, 0, at.sizes(0));
}

/// Takes the memory of a constant, and turns texts into views.
template <class = void>
bool give_tensor(planner& at, const model::graph_tensor& tensor) {
  std::byte* const to = at.out(0, tensor.kind, tensor.dtype, tensor.shape);
  if (tensor.kind == graph_kind::texts) {
    for (std::size_t i = 0; i < tensor.texts.size(); ++i) reinterpret_cast<std::string_view*>(to)[i] = tensor.texts[i];
  } else if (!tensor.bytes.empty()) {
    std::memcpy(to, tensor.bytes.data(), tensor.bytes.size());
  }
  return true;
}
template <class = void>
bool plan_constant(planner& at) {
  if (const auto* tensor = at.attribute<model::graph_tensor>("value")) return give_tensor(at, *tensor);
  const auto list = [&]<class T>(std::span<const T> values, bool scalar) {
    T* const to = at.out<T>(0, scalar ? shape() : shape{static_cast<std::int64_t>(values.size())});
    for (std::size_t i = 0; i < values.size(); ++i) to[i] = values[i];
    return true;
  };
  if (const auto* number = at.attribute<float>("value_float")) return list(std::span(number, 1), true);
  if (const auto* number = at.attribute<std::int64_t>("value_int")) return list(std::span(number, 1), true);
  if (at.has_attribute("value_floats")) return list(at.reals("value_floats"), false);
  if (at.has_attribute("value_ints")) return list(at.wholes("value_ints"), false);
  if (at.has_attribute("value_string") || at.has_attribute("value_strings")) {
    std::vector<std::string_view> texts(at.texts("value_strings").begin(), at.texts("value_strings").end());
    if (at.has_attribute("value_string")) texts.assign(1, at.text("value_string", {}));
    return list(std::span<const std::string_view>(texts), at.has_attribute("value_string"));
  }
  return at.refuse("its value is of a kind that is not read");
}
template <class = void>
bool plan_constant_of_shape(planner& at) {
  const auto sizes = at.known_wholes(0);
  if (!sizes) return at.refuse("its shape depends on the input");
  for (const std::int64_t each : *sizes)
    if (each < 0) return at.refuse("its shape is " + text_of(*sizes));
  if (!at.has_room(*sizes)) return false;
  const auto* value = at.attribute<model::graph_tensor>("value");
  const dtype type = value != nullptr ? value->dtype : dtype::f32;
  const std::size_t size = tensor::size_of(type);
  std::byte* const to = at.out(0, graph_kind::tensor, type, *sizes);
  for (std::size_t i = 0; i < elements(*sizes); ++i) {
    if (value != nullptr && value->bytes.size() == size)
      std::memcpy(to + i * size, value->bytes.data(), size);
    else
      std::memset(to + i * size, 0, size);
  }
  return true;
}

template <class = void>
bool plan_shape(planner& at) {
  if (!at.has(0)) return at.refuse("its input is missing");
  const auto rank = static_cast<std::int64_t>(at.sizes(0).size());
  const auto settled = [&](std::int64_t end) {
    return end < 0 ? (end + rank < 0 ? 0 : end + rank) : end > rank ? rank : end;
  };
  const std::int64_t first = settled(at.whole("start", 0));
  const std::int64_t last = settled(at.whole("end", rank));
  std::int64_t* const to = at.fixed<std::int64_t>(0, {last > first ? last - first : 0});
  for (std::int64_t i = first; i < last; ++i) to[i - first] = at.sizes(0)[static_cast<std::size_t>(i)];
  return true;
}
template <class = void>
bool plan_size(planner& at) {
  if (!at.has(0)) return at.refuse("its input is missing");
  *at.fixed<std::int64_t>(0, {}) = static_cast<std::int64_t>(at.in(0).count());
  return true;
}

template <class = void>
bool plan_reshape(planner& at) {
  shape sizes;
  if (at.version() < 5) {
    sizes.assign(at.wholes("shape").begin(), at.wholes("shape").end());
  } else if (const auto known = at.known_wholes(1)) {
    sizes = *known;
  } else {
    return at.refuse("its shape depends on the input");
  }
  const bool zero_is_zero = at.whole("allowzero", 0) != 0;
  std::size_t open = sizes.size();
  std::size_t rest = 1;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0 && !zero_is_zero && i < at.sizes(0).size()) sizes[i] = at.sizes(0)[i];
    if (sizes[i] == -1 && open != sizes.size()) return at.refuse("two of its sizes are left open");
    if (sizes[i] == -1)
      open = i;
    else if (sizes[i] < 0)
      return at.refuse("its shape is " + text_of(sizes));
  }
  const std::size_t all = at.in(0).count();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto size = static_cast<std::size_t>(sizes[i]);
    if (i != open && size != 0 && rest > all / size && all != 0)
      return at.refuse(text_of(at.sizes(0)) + " does not fit into " + text_of(sizes));
    if (i != open) rest *= size;
  }
  if (open != sizes.size()) sizes[open] = rest == 0 ? 0 : static_cast<std::int64_t>(all / rest);
  if (!at.has_room(sizes)) return false;
  if (elements(sizes) != all) return at.refuse(text_of(at.sizes(0)) + " does not fit into " + text_of(sizes));
  return at.same(0, 0, std::move(sizes));
}
template <class = void>
bool plan_flatten(planner& at) {
  std::int64_t axis = at.whole("axis", 1);
  const auto rank = static_cast<std::int64_t>(at.sizes(0).size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return at.refuse("its axis is outside of " + text_of(at.sizes(0)));
  const std::span<const std::int64_t> all(at.sizes(0));
  const auto first = static_cast<std::int64_t>(elements(all.first(static_cast<std::size_t>(axis))));
  const auto last = static_cast<std::int64_t>(elements(all.subspan(static_cast<std::size_t>(axis))));
  return at.same(0, 0, {first, last});
}

/// Axes as an attribute (before version 13) or an input; null with `problem` if they depend on the input.
template <class = void>
bool axes_of(planner& at, std::size_t input, shape& axes, bool& given) {
  if (at.has(input)) {
    const auto known = at.known_wholes(input);
    if (!known) return at.refuse("its axes depend on the input");
    axes = *known;
    given = true;
  } else {
    axes.assign(at.wholes("axes").begin(), at.wholes("axes").end());
    given = at.has_attribute("axes");
  }
  return true;
}
template <class = void>
bool plan_squeeze(planner& at) {
  shape axes;
  bool given = false;
  if (!axes_of(at, 1, axes, given)) return false;
  std::vector<bool> gone(at.sizes(0).size(), false);
  for (std::int64_t axis : axes) {
    if (!settle_axis(axis, gone.size())) return at.refuse("an axis is outside of " + text_of(at.sizes(0)));
    if (at.sizes(0)[static_cast<std::size_t>(axis)] != 1) return at.refuse("it would drop a size that is not 1");
    gone[static_cast<std::size_t>(axis)] = true;
  }
  shape sizes;
  for (std::size_t i = 0; i < gone.size(); ++i)
    if (given ? !gone[i] : at.sizes(0)[i] != 1) sizes.push_back(at.sizes(0)[i]);
  return at.same(0, 0, std::move(sizes));
}
template <class = void>
bool plan_unsqueeze(planner& at) {
  shape axes;
  bool given = false;
  if (!axes_of(at, 1, axes, given)) return false;
  if (at.sizes(0).size() + axes.size() > most_dimensions) return at.refuse("it makes too many dimensions");
  const std::size_t rank = at.sizes(0).size() + axes.size();
  std::vector<bool> added(rank, false);
  for (std::int64_t axis : axes) {
    if (!settle_axis(axis, rank) || added[static_cast<std::size_t>(axis)])
      return at.refuse("an axis is outside or named twice");
    added[static_cast<std::size_t>(axis)] = true;
  }
  shape sizes;
  for (std::size_t i = 0, from = 0; i < rank; ++i) sizes.push_back(added[i] ? 1 : at.sizes(0)[from++]);
  return at.same(0, 0, std::move(sizes));
}

inline constexpr std::size_t nowhere = ~std::size_t{0};

/// Elements moved one by one: result element i is that at `place[i]` of the input, or, where that is nowhere, the one
/// at `outside`. Bytes alone matter.
template <class = void>
bool plan_moves(planner& at, shape sizes, std::vector<std::size_t> place, element_pointer outside = {}) {
  const element_pointer from{at.in(0).data};
  const element_pointer to{at.out(0, at.in(0).kind, at.in(0).type, std::move(sizes))};
  return at.run_sized(at.in(0).element_size(), [=, place = std::move(place)]<class T>(T) {
    const T* const x = from;
    T* const y = to;
    if (outside.at == nullptr)
      for (std::size_t i = 0; i < place.size(); ++i) y[i] = x[place[i]];
    else
      for (std::size_t i = 0; i < place.size(); ++i)
        y[i] = place[i] == nowhere ? *static_cast<const T*>(outside) : x[place[i]];
  });
}
/// How far each dimension moves in row-major order.
inline std::vector<std::size_t> strides_of(const shape& sizes) {
  std::vector<std::size_t> strides(sizes.size(), 1);
  for (std::size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * static_cast<std::size_t>(sizes[i]);
  return strides;
}
/// Calls `each` with the place along each dimension, for all elements of a shape in row-major order.
template <class Each>
void each_place(const shape& sizes, const Each& each) {
  std::vector<std::size_t> place(sizes.size(), 0);
  for (std::size_t left = elements(sizes); left > 0; --left) {
    each(place);
    for (std::size_t i = sizes.size(); i-- > 0;) {
      if (++place[i] < static_cast<std::size_t>(sizes[i])) break;
      place[i] = 0;
    }
  }
}

template <class = void>
bool plan_transpose(planner& at) {
  const shape& from = at.sizes(0);
  std::vector<std::size_t> order(from.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = order.size() - 1 - i;
  if (at.has_attribute("perm")) {
    if (at.wholes("perm").size() != order.size())
      return at.refuse("its order is of another rank than " + text_of(from));
    std::vector<bool> seen(order.size(), false);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::int64_t axis = at.wholes("perm")[i];
      if (axis < 0 || static_cast<std::size_t>(axis) >= order.size() || seen[static_cast<std::size_t>(axis)])
        return at.refuse("its order is no order");
      seen[static_cast<std::size_t>(axis)] = true;
      order[i] = static_cast<std::size_t>(axis);
    }
  }
  shape sizes;
  for (const std::size_t axis : order) sizes.push_back(from[axis]);
  const auto strides = strides_of(from);
  std::vector<std::size_t> place;
  place.reserve(elements(sizes));
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t source = 0;
    for (std::size_t i = 0; i < where.size(); ++i) source += where[i] * strides[order[i]];
    place.push_back(source);
  });
  return plan_moves(at, std::move(sizes), std::move(place));
}

template <class = void>
bool plan_expand(planner& at) {
  const auto wanted = at.known_wholes(1);
  if (!wanted) return at.refuse("its shape depends on the input");
  const shape& from = at.sizes(0);
  const std::size_t rank = wanted->size() > from.size() ? wanted->size() : from.size();
  shape sizes(rank, 1);
  const auto strides = strides_of(from);
  std::vector<std::size_t> step(rank, 0);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t behind = rank - i;
    const std::int64_t have = behind <= from.size() ? from[from.size() - behind] : 1;
    const std::int64_t want = behind <= wanted->size() ? (*wanted)[wanted->size() - behind] : 1;
    if (have != want && have != 1 && want != 1)
      return at.refuse(text_of(from) + " does not stretch to " + text_of(*wanted));
    sizes[i] = have == 1 ? want : have;
    if (sizes[i] < 0) return at.refuse("its shape is " + text_of(*wanted));
    step[i] = have == 1 ? 0 : strides[from.size() - behind];
  }
  if (!at.has_room(sizes)) return false;
  std::vector<std::size_t> place;
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t source = 0;
    for (std::size_t i = 0; i < rank; ++i) source += where[i] * step[i];
    place.push_back(source);
  });
  return plan_moves(at, std::move(sizes), std::move(place));
}
template <class = void>
bool plan_tile(planner& at) {
  const auto times = at.known_wholes(1);
  const shape& from = at.sizes(0);
  if (!times || times->size() != from.size())
    return at.refuse("its repeats depend on the input, or are not one for each dimension");
  shape sizes;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if ((*times)[i] < 0 || (*times)[i] > std::int64_t{1} << 40)
      return at.refuse("it repeats a negative or huge number of times");
    sizes.push_back(from[i] > std::int64_t{1} << 20 && (*times)[i] > std::int64_t{1} << 20 ? -1
                                                                                           : from[i] * (*times)[i]);
  }
  if (!at.has_room(sizes)) return false;
  const auto strides = strides_of(from);
  std::vector<std::size_t> place;
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t source = 0;
    for (std::size_t i = 0; i < from.size(); ++i) source += where[i] % static_cast<std::size_t>(from[i]) * strides[i];
    place.push_back(source);
  });
  return plan_moves(at, std::move(sizes), std::move(place));
}

template <class = void>
bool plan_slice(planner& at) {
  const shape& from = at.sizes(0);
  shape starts(at.wholes("starts").begin(), at.wholes("starts").end());
  shape ends(at.wholes("ends").begin(), at.wholes("ends").end());
  shape axes(at.wholes("axes").begin(), at.wholes("axes").end());
  shape steps;
  if (at.version() >= 10) {
    const auto first = at.known_wholes(1);
    const auto last = at.known_wholes(2);
    if (!first || !last) return at.refuse("its bounds depend on the input");
    starts = *first;
    ends = *last;
    if (at.has(3)) {
      const auto known = at.known_wholes(3);
      if (!known) return at.refuse("its axes depend on the input");
      axes = *known;
    }
    if (at.has(4)) {
      const auto known = at.known_wholes(4);
      if (!known) return at.refuse("its steps depend on the input");
      steps = *known;
    }
  }
  if (axes.empty())
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return at.refuse("its bounds, axes and steps are not of one length");
  shape sizes = from;
  shape first(from.size(), 0);
  shape step(from.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    std::int64_t axis = axes[i];
    if (!settle_axis(axis, from.size()) || steps[i] == 0) return at.refuse("an axis is outside, or a step is 0");
    const auto a = static_cast<std::size_t>(axis);
    const std::int64_t size = from[a];
    const auto cut = [&](std::int64_t bound, std::int64_t least, std::int64_t most) {
      if (bound < 0) bound = bound < -size ? -1 - size : bound + size;
      return bound < least ? least : bound > most ? most : bound;
    };
    const bool forward = steps[i] > 0;
    first[a] = forward ? cut(starts[i], 0, size) : cut(starts[i], 0, size - 1);
    // Backwards, -1 stands before the first element; an end that was negative and far away is that, too.
    const std::int64_t end = forward ? cut(ends[i], 0, size) : cut(ends[i], -1, size - 1);
    const std::int64_t way = forward ? end - first[a] : first[a] - end;
    const std::int64_t pace = forward ? steps[i] : (steps[i] < -size - 1 ? size + 1 : -steps[i]);
    sizes[a] = way <= 0 ? 0 : (way - 1) / pace + 1;
    step[a] = forward ? (steps[i] > size + 1 ? size + 1 : steps[i]) : -pace;
  }
  const auto strides = strides_of(from);
  std::vector<std::size_t> place;
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t source = 0;
    for (std::size_t i = 0; i < from.size(); ++i)
      source += static_cast<std::size_t>(first[i] + static_cast<std::int64_t>(where[i]) * step[i]) * strides[i];
    place.push_back(source);
  });
  return plan_moves(at, std::move(sizes), std::move(place));
}

/// A shape around an axis: how many come before it, how long it is, how many stand behind it.
struct around_axis {
  std::size_t before = 1;
  std::size_t size = 1;
  std::size_t behind = 1;

  around_axis(std::span<const std::int64_t> sizes, std::int64_t axis) noexcept
      : before(elements(sizes.first(static_cast<std::size_t>(axis)))),
        size(static_cast<std::size_t>(sizes[static_cast<std::size_t>(axis)])),
        behind(elements(sizes.subspan(static_cast<std::size_t>(axis) + 1))) {}
};

template <class = void>
bool plan_concat(planner& at) {
  if (!at.has(0)) return at.refuse("its input is missing");
  std::int64_t axis = at.whole("axis", 1);
  shape sizes = at.sizes(0);
  if (!settle_axis(axis, sizes.size())) return at.refuse("its axis is outside of " + text_of(sizes));
  const auto a = static_cast<std::size_t>(axis);
  struct part {
    const std::byte* from;
    std::size_t bytes;  // of one row
  };
  std::vector<part> parts;
  for (std::size_t i = 0; i < at.inputs(); ++i) {
    if (!at.has(i) || at.in(i).kind != at.in(0).kind || at.in(i).type != at.in(0).type ||
        at.sizes(i).size() != sizes.size())
      return at.refuse("its inputs are of different types or ranks");
    for (std::size_t k = 0; k < sizes.size(); ++k)
      if (k != a && at.sizes(i)[k] != sizes[k])
        return at.refuse(text_of(at.sizes(i)) + " does not fit beside " + text_of(sizes));
    if (i > 0) sizes[a] += at.sizes(i)[a];
    const around_axis around(at.sizes(i), axis);
    parts.push_back({at.in(i).data, around.size * around.behind * at.in(i).element_size()});
  }
  const std::size_t rows = around_axis(sizes, axis).before;
  std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, sizes);
  return at.run([parts = std::move(parts), rows, out] {
    std::byte* to = out;
    for (std::size_t row = 0; row < rows; ++row)
      for (const part& each : parts) {
        if (each.bytes != 0) std::memcpy(to, each.from + row * each.bytes, each.bytes);
        to += each.bytes;
      }
  });
}
template <class = void>
bool plan_split(planner& at) {
  std::int64_t axis = at.whole("axis", 0);
  const shape& from = at.sizes(0);
  if (!settle_axis(axis, from.size())) return at.refuse("its axis is outside of " + text_of(from));
  const std::int64_t size = from[static_cast<std::size_t>(axis)];
  shape lengths(at.wholes("split").begin(), at.wholes("split").end());
  if (at.has(1)) {
    const auto known = at.known_wholes(1);
    if (!known) return at.refuse("its lengths depend on the input");
    lengths = *known;
  }
  if (lengths.empty()) {
    const auto parts = static_cast<std::int64_t>(at.outputs());
    const std::int64_t each = parts == 0 ? 0 : (size + parts - 1) / parts;
    for (std::int64_t left = size, i = 0; i < parts; ++i, left -= each)
      lengths.push_back(left < each ? (left < 0 ? 0 : left) : each);
  }
  std::int64_t total = 0;
  for (const std::int64_t each : lengths) total = each < 0 || each > size || total > size ? size + 1 : total + each;
  if (total != size || lengths.size() != at.outputs())
    return at.refuse("its lengths do not add up to " + std::to_string(size));
  const around_axis around(from, axis);
  const std::size_t unit = around.behind * at.in(0).element_size();
  struct part {
    std::byte* to;
    std::size_t bytes;
  };
  std::vector<part> parts;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    shape sizes = from;
    sizes[static_cast<std::size_t>(axis)] = lengths[i];
    parts.push_back(
        {at.out(i, at.in(0).kind, at.in(0).type, std::move(sizes)), static_cast<std::size_t>(lengths[i]) * unit});
  }
  return at.run([parts = std::move(parts), rows = around.before, from = at.in(0).data] {
    const std::byte* next = from;
    for (std::size_t row = 0; row < rows; ++row)
      for (const part& each : parts) {
        if (each.bytes != 0) std::memcpy(each.to + row * each.bytes, next, each.bytes);
        next += each.bytes;
      }
  });
}

/// Chooses along an axis by indices, which may come with the row. An index outside chooses the nearest one inside.
template <class = void>
bool plan_gather(planner& at) {
  std::int64_t axis = at.whole("axis", 0);
  const shape& from = at.sizes(0);
  if (!settle_axis(axis, from.size())) return at.refuse("its axis is outside of " + text_of(from));
  const around_axis around(from, axis);
  if (around.size == 0 && at.in(1).count() != 0) return at.refuse("it chooses from nothing");
  shape sizes(from.begin(), from.begin() + axis);
  sizes.insert(sizes.end(), at.sizes(1).begin(), at.sizes(1).end());
  sizes.insert(sizes.end(), from.begin() + axis + 1, from.end());
  const std::size_t count = at.in(1).count();
  const std::size_t unit = around.behind * at.in(0).element_size();
  const bool wide = at.in(1).is(dtype::i64);
  if (!wide && !at.in(1).is(dtype::i32)) return at.refuse("its indices are no whole numbers");
  const std::byte* const source = at.in(0).data;
  const std::byte* const indices = at.in(1).data;
  std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, std::move(sizes));
  return at.run([=] {
    std::byte* to = out;
    const auto size = static_cast<std::int64_t>(around.size);
    for (std::size_t row = 0; row < around.before; ++row)
      for (std::size_t i = 0; i < count; ++i) {
        std::int64_t index = wide ? reinterpret_cast<const std::int64_t*>(indices)[i]
                                  : reinterpret_cast<const std::int32_t*>(indices)[i];
        if (index < 0) index += size;
        index = index < 0 ? 0 : index >= size ? size - 1 : index;
        if (unit != 0) std::memcpy(to, source + (row * around.size + static_cast<std::size_t>(index)) * unit, unit);
        to += unit;
      }
  });
}

template <class = void>
bool plan_cast_to(planner& at, dtype type) {
  if (at.in(0).kind != graph_kind::tensor) return at.refuse("texts are not turned into numbers");
  if (at.in(0).type == type) return at.same(0, 0, at.sizes(0));
  const std::byte* const from = at.in(0).data;
  std::byte* const to = at.out(0, graph_kind::tensor, type, at.sizes(0));
  return at.run([=, by = converter_of(at.in(0).type, type), count = at.in(0).count()] { by(from, to, count); });
}

template <class = void>
bool plan_cast(planner& at) {
  const auto code = static_cast<std::uint64_t>(at.whole("to", 0));
  constexpr dtype types[] = {dtype::f32, dtype::f32, dtype::u8,      dtype::i8,  dtype::u16, dtype::i16, dtype::i32,
                             dtype::i64, dtype::f32, dtype::boolean, dtype::f16, dtype::f64, dtype::u32, dtype::u64};
  if (code == 16) return plan_cast_to(at, dtype::bf16);
  if (code == 0 || code == 8 || code >= std::size(types)) return at.refuse("it casts to type " + std::to_string(code));
  return plan_cast_to(at, types[code]);
}
template <class = void>
bool plan_cast_like(planner& at) {
  if (!at.has(1) || at.in(1).kind != graph_kind::tensor) return at.refuse("it casts to no number");
  return plan_cast_to(at, at.in(1).type);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_SHAPES_HPP
