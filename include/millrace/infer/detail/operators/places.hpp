#ifndef MILLRACE_INFER_DETAIL_OPERATORS_PLACES_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_PLACES_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Operators that choose, put and order elements by their places.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// The largest or smallest of each line along an axis, best first; of equal ones the earlier. NaN is larger than any
/// number, as in NumPy's order.
template <class T>
struct better_value {
  const T* line = nullptr;
  std::size_t step = 1;
  bool largest = true;

  bool operator()(std::size_t a, std::size_t b) const noexcept {
    const T x = line[a * step];
    const T y = line[b * step];
    const bool x_nan = x != x;
    const bool y_nan = y != y;
    if (x_nan != y_nan) return x_nan == largest;
    if (x < y || y < x) return largest ? y < x : x < y;
    return a < b;
  }
};
template <class = void>
bool plan_top_k(planner& at) {
  std::int64_t axis = at.whole("axis", -1);
  const shape& from = at.sizes(0);
  if (!settle_axis(axis, from.size())) return at.refuse("its axis is outside of " + text_of(from));
  std::int64_t wanted = at.whole("k", -1);
  if (at.version() >= 10) {
    const auto known = at.known_wholes(1);
    if (!known || known->size() != 1) return at.refuse("its number of elements depends on the input");
    wanted = (*known)[0];
  }
  const around_axis around(from, axis);
  if (wanted < 0 || static_cast<std::size_t>(wanted) > around.size)
    return at.refuse("it wants " + std::to_string(wanted) + " of " + std::to_string(around.size) + " elements");
  shape sizes = from;
  sizes[static_cast<std::size_t>(axis)] = wanted;
  const auto most = static_cast<std::size_t>(wanted);
  const bool largest = at.whole("largest", 1) != 0;
  const element_pointer from_ = at.as_computed(0);
  const element_pointer values = at.out_computed(0, sizes);
  std::int64_t* const places = at.out<std::int64_t>(1, sizes);
  return at.run_numbers(0, [=, order = std::vector<std::size_t>(around.size)]<class T>(T) mutable {
    const T* const x = from_;
    T* const best = values;
    for (std::size_t outer = 0; outer < around.before; ++outer)
      for (std::size_t inner = 0; inner < around.behind; ++inner) {
        const T* const line = x + outer * around.size * around.behind + inner;
        for (std::size_t i = 0; i < around.size; ++i) order[i] = i;
        heap_sort(order.data(), around.size, better_value<T>{line, around.behind, largest});
        for (std::size_t i = 0; i < most; ++i) {
          const std::size_t to = (outer * most + i) * around.behind + inner;
          best[to] = line[order[i] * around.behind];
          places[to] = static_cast<std::int64_t>(order[i]);
        }
      }
  });
}

template <class = void>
bool plan_running_sum(planner& at) {
  const auto given = at.known_wholes(1);
  if (!given || given->size() != 1) return at.refuse("its axis depends on the input");
  std::int64_t axis = (*given)[0];
  if (!settle_axis(axis, at.sizes(0).size())) return at.refuse("its axis is outside of " + text_of(at.sizes(0)));
  const around_axis around(at.sizes(0), axis);
  const bool without = at.whole("exclusive", 0) != 0;
  const bool backwards = at.whole("reverse", 0) != 0;
  const element_pointer from = at.as_computed(0);
  const element_pointer to = at.out_computed(0, at.sizes(0));
  return at.run_numbers(0, [=]<class T>(T) {
    const T* const x = from;
    T* const out = to;
    for (std::size_t line = 0; line < around.before * around.behind; ++line) {
      const std::size_t first = line / around.behind * around.size * around.behind + line % around.behind;
      T total = 0;
      for (std::size_t i = 0; i < around.size; ++i) {
        const std::size_t here = first + (backwards ? around.size - 1 - i : i) * around.behind;
        const T next = add_two()(total, x[here]);
        out[here] = without ? total : next;
        total = next;
      }
    }
  });
}

/// An element of input 0's type, in memory of the node: 0, or an empty text.
template <class = void>
element_pointer zero_element(planner& at) {
  return {reinterpret_cast<std::byte*>(at.own<std::uint64_t>(2))};
}
/// Where an element beyond the ends of `size` elements is taken from; -1: from nowhere.
inline std::int64_t padded_place(std::int64_t place, std::int64_t size, char mode) noexcept {
  if (place >= 0 && place < size) return place;
  if (size == 0 || mode == 'c') return -1;
  if (mode == 'e') return place < 0 ? 0 : size - 1;
  const auto within = [&](std::int64_t period) { return (place % period + period) % period; };
  if (mode == 'w') return within(size);
  if (size == 1) return 0;
  const std::int64_t there = within(2 * (size - 1));  // to the last and back, neither end twice
  return there < size ? there : 2 * (size - 1) - there;
}
/// How much is added before and after each dimension; negative amounts are cut away.
template <class = void>
bool read_pads(planner& at, shape& before, shape& after) {
  const std::size_t rank = at.sizes(0).size();
  shape pads(at.wholes("pads").begin(), at.wholes("pads").end());
  shape axes;
  if (at.version() >= 11) {
    const auto known = at.known_wholes(1);
    if (!known) return at.refuse("its pads depend on the input");
    pads = *known;
  }
  if (at.version() >= 18 && at.has(3)) {
    const auto known = at.known_wholes(3);
    if (!known) return at.refuse("its axes depend on the input");
    axes = *known;
  } else {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (pads.size() != 2 * axes.size()) return at.refuse("its pads are not two for each dimension");
  before.assign(rank, 0);
  after.assign(rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    constexpr std::int64_t most = std::int64_t{1} << 40;
    if (!settle_axis(axes[i], rank)) return at.refuse("an axis is outside of " + text_of(at.sizes(0)));
    if (pads[i] > most || pads[i] < -most || pads[i + axes.size()] > most || pads[i + axes.size()] < -most)
      return at.refuse("it pads by a huge number");
    before[static_cast<std::size_t>(axes[i])] = pads[i];
    after[static_cast<std::size_t>(axes[i])] = pads[i + axes.size()];
  }
  return true;
}
template <class = void>
bool plan_pad(planner& at) {
  const std::string_view mode = at.text("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    return at.refuse("its mode is " + std::string(mode));
  shape before;
  shape after;
  if (!read_pads(at, before, after)) return false;
  shape sizes = at.sizes(0);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const bool nothing = sizes[i] == 0 && mode != "constant";
    sizes[i] += before[i] + after[i];
    if (sizes[i] < 0 || (nothing && sizes[i] > 0)) return at.refuse("it makes a size of " + std::to_string(sizes[i]));
  }
  if (!at.has_room(sizes)) return false;
  const shape& from = at.sizes(0);
  const auto strides = strides_of(from);
  std::vector<std::size_t> places;
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t source = 0;
    for (std::size_t i = 0; i < where.size() && source != nowhere; ++i) {
      const std::int64_t here = padded_place(static_cast<std::int64_t>(where[i]) - before[i], from[i], mode.front());
      source = here < 0 ? nowhere : source + static_cast<std::size_t>(here) * strides[i];
    }
    places.push_back(source);
  });
  // What is added: an attribute before version 11, an input that may be left out since.
  element_pointer added = zero_element(at);
  if (at.version() < 11 && added.at != nullptr) {
    const float value = at.real("value", 0);
    converter_of(dtype::f32, at.in(0).type)(reinterpret_cast<const std::byte*>(&value), added, 1);
  } else if (at.version() >= 11 && at.has(2)) {
    if (!at.in(2).is(at.in(0).type) || at.in(2).count() != 1)
      return at.refuse("what it adds is not one element of its input's type");
    added.at = at.in(2).data;
  }
  return plan_moves(at, std::move(sizes), std::move(places), added);
}

/// Indices of 32 or 64 bits.
struct index_reader {
  const std::byte* data = nullptr;
  bool wide = true;

  /// An index counted from the end, if it is negative; one outside becomes the nearest one inside.
  std::size_t operator()(std::size_t i, std::size_t size) const noexcept {
    std::int64_t index = 0;
    std::int32_t narrow = 0;
    if (wide)
      std::memcpy(&index, data + 8 * i, 8);
    else
      std::memcpy(&narrow, data + 4 * i, 4);
    if (!wide) index = narrow;
    const auto count = static_cast<std::int64_t>(size);
    if (index < 0) index = index < -count ? 0 : index + count;
    return static_cast<std::size_t>(index < count ? index : count - 1);
  }
};
template <class = void>
bool read_indices(planner& at, std::size_t input, index_reader& made) {
  made = {at.in(input).data, at.in(input).is(dtype::i64)};
  return made.wide || at.in(input).is(dtype::i32) || at.refuse("its indices are no whole numbers");
}
/// Places that indices name: each element, or each line, of them is a place along the first dimensions behind a base.
struct place_reader {
  index_reader index;
  shape sizes;  // of the dimensions that are named
  std::vector<std::size_t> strides;
  std::vector<std::size_t> base;  // empty: 0

  std::size_t operator()(std::size_t line) const noexcept {
    std::size_t place = base.empty() ? 0 : base[line];
    for (std::size_t i = 0; i < sizes.size(); ++i)
      place += index(line * sizes.size() + i, static_cast<std::size_t>(sizes[i])) * strides[i];
    return place;
  }
};
/// Plans copies of `unit` elements from each place.
template <class = void>
bool plan_choice(planner& at, place_reader places, std::size_t unit, shape sizes) {
  const std::size_t count = unit == 0 ? 0 : elements(sizes) / unit;
  const std::size_t size = at.in(0).element_size();
  std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, std::move(sizes));
  return at.run([=, from = at.in(0).data, places = std::move(places)] {
    for (std::size_t i = 0; i < count; ++i) std::memcpy(out + i * unit * size, from + places(i) * size, unit * size);
  });
}

/// Each element of the indices is a place along an axis, in the line where it stands itself.
template <class = void>
bool read_line_places(planner& at, place_reader& made) {
  std::int64_t axis = at.whole("axis", 0);
  const shape& from = at.sizes(0);
  const shape& indices = at.sizes(1);
  if (!settle_axis(axis, from.size()) || indices.size() != from.size())
    return at.refuse("its indices " + text_of(indices) + " or its axis do not fit " + text_of(from));
  for (std::size_t i = 0; i < from.size(); ++i)
    if ((static_cast<std::int64_t>(i) != axis && indices[i] > from[i]) || (from[i] == 0 && indices[i] != 0))
      return at.refuse("its indices " + text_of(indices) + " do not fit " + text_of(from));
  const auto strides = strides_of(from);
  const auto a = static_cast<std::size_t>(axis);
  each_place(indices, [&](const std::vector<std::size_t>& where) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < where.size(); ++i) place += i == a ? 0 : where[i] * strides[i];
    made.base.push_back(place);
  });
  made.sizes = {from[a]};
  made.strides = {strides[a]};
  return read_indices(at, 1, made.index);
}
template <class = void>
bool plan_gather_elements(planner& at) {
  place_reader places;
  return read_line_places(at, places) && plan_choice(at, std::move(places), 1, at.sizes(1));
}

/// What becomes of an element by an update that does not replace it.
template <class T>
T updated(T old, T update, char how) noexcept {
  if (how == 'a') return add_two()(old, update);
  if (how == 'p') return multiply_two()(old, update);
  if (how == 'x') return old < update ? update : old;
  return update < old ? update : old;
}
template <class = void>
bool read_update(planner& at, char& how) {
  const std::string_view name = at.text("reduction", "none");
  how = name == "none"  ? '='
        : name == "add" ? 'a'
        : name == "mul" ? 'p'
        : name == "max" ? 'x'
        : name == "min" ? 'n'
                        : 0;
  if (!at.in(2).is(at.in(0).type)) return at.refuse("its updates are of another type");
  return how != 0 || at.refuse("its reduction is " + std::string(name));
}
/// Plans `out = data`, then an update of `unit` elements for each of `count` places.
template <class = void>
bool plan_updates(planner& at, place_reader places, std::size_t count, std::size_t unit) {
  char how = '=';
  if (!read_update(at, how)) return false;
  const std::size_t all = at.in(0).count();
  if (how == '=') {
    const std::size_t size = at.in(0).element_size();
    std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, at.sizes(0));
    return at.run([=, from = at.in(0).data, updates = at.in(2).data, places = std::move(places)] {
      if (all != 0) std::memcpy(out, from, all * size);
      for (std::size_t i = 0; i < count && unit != 0; ++i)
        std::memcpy(out + places(i) * size, updates + i * unit * size, unit * size);
    });
  }
  const element_pointer from = at.as_computed(0);
  const element_pointer by = at.as_computed(2);
  const element_pointer out = at.out_computed(0, at.sizes(0));
  return at.run_numbers(0, [=, places = std::move(places)]<class T>(T) {
    const T* const updates = by;
    T* const to = out;
    for (std::size_t i = 0; i < all; ++i) to[i] = static_cast<const T*>(from)[i];
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = places(i);
      for (std::size_t k = 0; k < unit; ++k) to[place + k] = updated(to[place + k], updates[i * unit + k], how);
    }
  });
}
template <class = void>
bool plan_scatter_elements(planner& at) {
  place_reader places;
  if (!read_line_places(at, places)) return false;
  if (at.sizes(2) != at.sizes(1)) return at.refuse("its updates are of another shape than its indices");
  return plan_updates(at, std::move(places), at.in(1).count(), 1);
}

/// Each line of indices names a place by its first dimensions. `batch` dimensions are walked together with the indices.
template <class = void>
bool read_tuples(planner& at, std::size_t batch, place_reader& made, std::size_t& unit) {
  const shape& from = at.sizes(0);
  const shape& indices = at.sizes(1);
  const auto named = static_cast<std::size_t>(indices.empty() ? 0 : indices.back());
  if (indices.empty() || batch >= indices.size() || batch + named > from.size() || !read_indices(at, 1, made.index))
    return at.refuse("its indices " + text_of(indices) + " do not fit " + text_of(from));
  for (std::size_t i = 0; i < batch + named; ++i)
    if (i < batch ? from[i] != indices[i] : from[i] == 0)
      return at.refuse("its indices " + text_of(indices) + " do not fit " + text_of(from));
  const auto strides = strides_of(from);
  for (std::size_t i = 0; i < named; ++i) {
    made.sizes.push_back(from[batch + i]);
    made.strides.push_back(strides[batch + i]);
  }
  unit = elements(std::span(from).subspan(batch + named));
  return true;
}
template <class = void>
bool plan_gather_nd(planner& at) {
  const std::int64_t batch = at.whole("batch_dims", 0);
  place_reader places;
  std::size_t unit = 1;
  if (batch < 0 || !read_tuples(at, static_cast<std::size_t>(batch), places, unit))
    return at.refuse("its batch_dims are negative");
  const shape& from = at.sizes(0);
  const shape& indices = at.sizes(1);
  shape sizes(indices.begin(), indices.end() - 1);
  sizes.insert(sizes.end(), from.begin() + batch + indices.back(), from.end());
  if (!at.has_room(sizes)) return false;
  const std::span<const std::int64_t> lines(indices.data(), indices.size() - 1);
  const std::size_t count = elements(lines);
  const std::size_t batches = elements(lines.first(static_cast<std::size_t>(batch)));
  const std::size_t stride = elements(std::span(from).subspan(static_cast<std::size_t>(batch)));
  for (std::size_t i = 0; i < count; ++i) places.base.push_back(i / (count / batches) * stride);
  return plan_choice(at, std::move(places), unit, std::move(sizes));
}
template <class = void>
bool plan_scatter_nd(planner& at) {
  place_reader places;
  std::size_t unit = 1;
  if (!read_tuples(at, 0, places, unit)) return false;
  const std::size_t count = elements(std::span(at.sizes(1)).first(at.sizes(1).size() - 1));
  if (at.in(2).count() != count * unit) return at.refuse("its updates do not fit its indices");
  return plan_updates(at, std::move(places), count, unit);
}

/// One element on, the others off, along a new axis; an index outside turns none on.
template <class = void>
bool plan_one_hot(planner& at) {
  shape sizes = at.sizes(0);
  std::int64_t axis = at.whole("axis", -1);
  double depth = -1;
  if (at.in(1).known && at.in(1).count() == 1) depth = *static_cast<const double*>(at.as(1, dtype::f64));
  if (!(depth >= 1 && depth < 1e12)) return at.refuse("its depth depends on the input, or is not above 0");
  if (at.in(0).kind != graph_kind::tensor) return at.refuse_type(0);
  if (!settle_axis(axis, sizes.size() + 1)) return at.refuse("its axis is outside of " + text_of(sizes));
  sizes.insert(sizes.begin() + axis, static_cast<std::int64_t>(depth));
  if (at.in(2).count() != 2 || !at.has_room(sizes)) return at.refuse("its values are not two, off and on");
  const around_axis around(sizes, axis);
  const std::size_t size = at.in(2).element_size();
  const std::byte* const values = at.in(2).data;
  std::byte* const out = at.out(0, at.in(2).kind, at.in(2).type, std::move(sizes));
  const double* const indices = at.as(0, dtype::f64);
  return at.run([=] {
    const auto all = static_cast<double>(around.size);
    for (std::size_t i = 0; i < around.before * around.behind; ++i) {
      const double place = indices[i] < 0 ? indices[i] + all : indices[i];
      for (std::size_t k = 0; k < around.size; ++k) {
        const std::size_t to = (i / around.behind * around.size + k) * around.behind + i % around.behind;
        std::memcpy(out + to * size, values + (place == static_cast<double>(k) ? size : 0), size);
      }
    }
  });
}

/// The numbers from a first to before a last one, step by step; all three must be known.
template <class = void>
bool plan_range(planner& at) {
  if (!at.knows_all()) return at.refuse("its length depends on the input");
  for (std::size_t i = 0; i < 3; ++i)
    if (!at.in(i).is(at.in(0).type) || at.in(i).count() != 1)
      return at.refuse("its ends are not three numbers of one type");
  double ends[3];
  for (std::size_t i = 0; i < 3; ++i) ends[i] = *static_cast<const double*>(at.as(i, dtype::f64));
  const double way = (ends[1] - ends[0]) / ends[2];
  if (!(way < 1e12)) return at.refuse("it never comes to its end");
  const auto whole = way > 0 ? static_cast<std::int64_t>(way) : std::int64_t{0};
  const std::int64_t count = whole + (way > static_cast<double>(whole) ? 1 : 0);
  const element_pointer first = at.as_computed(0);
  const element_pointer step = at.as_computed(2);
  const element_pointer out = at.out_computed(0, {count});
  return at.run_as<float, double, std::int64_t>(0, at.computed(0), [=]<class T>(T) {
    const T from = *static_cast<const T*>(first);
    const T by = *static_cast<const T*>(step);
    for (std::int64_t i = 0; i < count; ++i)
      static_cast<T*>(out)[i] = add_two()(from, multiply_two()(static_cast<T>(i), by));
  });
}

/// One triangle of each matrix; the other becomes 0.
template <class = void>
bool plan_triangle(planner& at) {
  std::int64_t shift = 0;
  if (at.has(1)) {
    const auto known = at.known_wholes(1);
    if (!known || known->size() != 1) return at.refuse("its diagonal depends on the input");
    shift = (*known)[0];
  }
  const shape& sizes = at.sizes(0);
  if (sizes.size() < 2) return at.refuse("its input " + text_of(sizes) + " is no matrix");
  const bool upper = at.whole("upper", 1) != 0;
  const auto rows = sizes[sizes.size() - 2];
  const auto columns = sizes.back();
  constexpr std::int64_t far_away = std::int64_t{1} << 40;
  shift = shift > far_away ? far_away : shift < -far_away ? -far_away : shift;
  if (!at.has_room(sizes)) return false;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < at.in(0).count(); ++i) {
    const auto place = static_cast<std::int64_t>(i);
    const std::int64_t away = place % columns - place / columns % rows - shift;
    places.push_back((upper ? away >= 0 : away <= 0) ? i : nowhere);
  }
  return plan_moves(at, sizes, std::move(places), zero_element(at));
}

/// Blocks of the last two dimensions become channels, or channels become blocks.
template <bool ToDepth>
bool plan_blocks(planner& at) {
  const shape& from = at.sizes(0);
  const std::int64_t b = at.whole("blocksize", 0);
  if (from.size() != 4 || b < 1 || b > 1 << 15)
    return at.refuse("its input is not of four dimensions, or its blocks are of no size");
  const bool fits = ToDepth ? from[2] % b == 0 && from[3] % b == 0 : from[1] % (b * b) == 0;
  if (!fits) return at.refuse("blocks of " + std::to_string(b) + " do not fit " + text_of(from));
  const shape sizes = ToDepth ? shape{from[0], from[1] * b * b, from[2] / b, from[3] / b}
                              : shape{from[0], from[1] / (b * b), from[2] * b, from[3] * b};
  const auto u = static_cast<std::size_t>(b);
  const auto strides = strides_of(from);
  const bool channels_first = at.text("mode", "DCR") == "CRD";
  const auto few = static_cast<std::size_t>(ToDepth ? from[1] : sizes[1]);
  std::vector<std::size_t> places;
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t channel = where[1];
    std::size_t row = where[2];
    std::size_t column = where[3];
    if constexpr (ToDepth) {
      const std::size_t block = channels_first ? channel % (u * u) : channel / few;
      channel = channels_first ? channel / (u * u) : channel % few;
      row = row * u + block / u;
      column = column * u + block % u;
    } else {
      const std::size_t block = row % u * u + column % u;
      channel = channels_first ? channel * u * u + block : block * few + channel;
      row /= u;
      column /= u;
    }
    places.push_back(where[0] * strides[0] + channel * strides[1] + row * strides[2] + column);
  });
  return plan_moves(at, sizes, std::move(places));
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_PLACES_HPP
