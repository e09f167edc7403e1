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
  const bool known =
      with_type<float, double, std::int64_t, std::int32_t, std::uint64_t, std::uint32_t, std::int8_t, std::uint8_t>(
          at.in(0), [&]<class T>(T) {
            const T* const x = at.data<T>(0);
            T* const values = at.out<T>(0, sizes);
            std::int64_t* const places = at.out<std::int64_t>(1, sizes);
            at.run([=, order = std::vector<std::size_t>(around.size)]() mutable {
              for (std::size_t outer = 0; outer < around.before; ++outer)
                for (std::size_t inner = 0; inner < around.behind; ++inner) {
                  const T* const line = x + outer * around.size * around.behind + inner;
                  for (std::size_t i = 0; i < around.size; ++i) order[i] = i;
                  heap_sort(order.data(), around.size, better_value<T>{line, around.behind, largest});
                  for (std::size_t i = 0; i < most; ++i) {
                    const std::size_t to = (outer * most + i) * around.behind + inner;
                    values[to] = line[order[i] * around.behind];
                    places[to] = static_cast<std::int64_t>(order[i]);
                  }
                }
            });
          });
  return known || refuse_type(at, 0);
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
  const bool known = with_type<float, double, std::int64_t, std::int32_t>(at.in(0), [&]<class T>(T) {
    const T* const x = at.data<T>(0);
    T* const out = at.out<T>(0, at.sizes(0));
    at.run([=] {
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
  });
  return known || refuse_type(at, 0);
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
template <class T>
bool plan_padded(planner& at, const shape& sizes, const shape& before, char mode) {
  const shape& from = at.sizes(0);
  const auto strides = strides_of(from);
  constexpr std::size_t nowhere = ~std::size_t{0};
  std::vector<std::size_t> places;
  places.reserve(elements(sizes));
  each_place(sizes, [&](const std::vector<std::size_t>& where) {
    std::size_t source = 0;
    for (std::size_t i = 0; i < where.size() && source != nowhere; ++i) {
      const std::int64_t here = padded_place(static_cast<std::int64_t>(where[i]) - before[i], from[i], mode);
      source = here < 0 ? nowhere : source + static_cast<std::size_t>(here) * strides[i];
    }
    places.push_back(source);
  });
  // What is added: an attribute before version 11, an input that may be left out since.
  T value{};
  if constexpr (std::is_arithmetic_v<T>) value = static_cast<T>(at.version() < 11 ? at.real("value", 0) : 0.0F);
  const bool given = at.version() >= 11 && at.has(2);
  if (given && (!at.in(2).is(at.in(0).type) || at.in(2).count() != 1))
    return at.refuse("what it adds is not one element of its input's type");
  const T* const x = at.data<T>(0);
  const T* const added = given ? at.data<T>(2) : nullptr;
  T* const out = at.out<T>(0, sizes);
  return at.run([=, places = std::move(places)] {
    const T outside = added != nullptr ? *added : value;
    for (std::size_t i = 0; i < places.size(); ++i) out[i] = places[i] == nowhere ? outside : x[places[i]];
  });
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
  bool planned = false;
  const bool known = with_type<float, double, std::int64_t, std::int32_t, std::int8_t, std::uint8_t, bool>(
      at.in(0), [&]<class T>(T) { planned = plan_padded<T>(at, sizes, before, mode.front()); });
  return known ? planned : refuse_type(at, 0);
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
/// Copies elements of any type.
struct mover {
  std::byte* to = nullptr;
  const std::byte* from = nullptr;
  std::size_t bytes = 0;  // of what is moved at once

  void operator()(std::size_t target, std::size_t source) const noexcept {
    if (bytes != 0) std::memcpy(to + target * bytes, from + source * bytes, bytes);
  }
};

/// Each element of the indices chooses one along an axis; where `Put`, it says where an update goes.
template <class = void>
bool fits_indices(planner& at, std::int64_t& axis) {
  const shape& from = at.sizes(0);
  const shape& indices = at.sizes(1);
  if (!settle_axis(axis, from.size()) || indices.size() != from.size())
    return at.refuse("its indices " + text_of(indices) + " or its axis do not fit " + text_of(from));
  for (std::size_t i = 0; i < from.size(); ++i)
    if ((static_cast<std::int64_t>(i) != axis && indices[i] > from[i]) || (from[i] == 0 && indices[i] != 0))
      return at.refuse("its indices " + text_of(indices) + " do not fit " + text_of(from));
  return true;
}
/// The place in the input of each index's line: all dimensions but the axis.
inline std::vector<std::size_t> lines_of(const shape& indices, const shape& from, std::size_t axis) {
  const auto strides = strides_of(from);
  std::vector<std::size_t> made;
  each_place(indices, [&](const std::vector<std::size_t>& where) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < where.size(); ++i) place += i == axis ? 0 : where[i] * strides[i];
    made.push_back(place);
  });
  return made;
}
template <class = void>
bool plan_gather_elements(planner& at) {
  std::int64_t axis = at.whole("axis", 0);
  index_reader index;
  if (!fits_indices(at, axis) || !read_indices(at, 1, index)) return false;
  const auto a = static_cast<std::size_t>(axis);
  const auto size = static_cast<std::size_t>(at.sizes(0)[a]);
  auto lines = lines_of(at.sizes(1), at.sizes(0), a);
  std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, at.sizes(1));
  const mover move{out, at.in(0).data, bytes_of(at.in(0))};
  return at.run([=, step = strides_of(at.sizes(0))[a], lines = std::move(lines)] {
    for (std::size_t i = 0; i < lines.size(); ++i) move(i, lines[i] + index(i, size) * step);
  });
}

/// What is done with an update: it replaces, or goes into what stands there.
template <class T>
T updated(T old, T update, char how) noexcept {
  if constexpr (std::is_arithmetic_v<T>) {
    if (how == 'a') return add_two()(old, update);
    if (how == 'p') return multiply_two()(old, update);
    if (how == 'x') return old < update ? update : old;
    if (how == 'n') return update < old ? update : old;
  }
  return update;
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
/// Plans `out = data`, then an update for each place that `place(i)` names, of `unit` elements.
template <class Place>
bool plan_updates(planner& at, std::size_t count, std::size_t unit, const Place& place) {
  char how = '=';
  if (!read_update(at, how)) return false;
  bool planned = false;
  const bool known =
      with_type<float, double, std::int64_t, std::int32_t, std::int8_t, std::uint8_t>(at.in(0), [&]<class T>(T) {
        const T* const x = at.data<T>(0);
        const T* const updates = at.data<T>(2);
        const std::size_t all = at.in(0).count();
        T* const out = at.out<T>(0, at.sizes(0));
        planned = at.run([=] {
          for (std::size_t i = 0; i < all; ++i) out[i] = x[i];
          for (std::size_t i = 0; i < count; ++i) {
            T* const to = out + place(i);
            for (std::size_t k = 0; k < unit; ++k) to[k] = updated(to[k], updates[i * unit + k], how);
          }
        });
      });
  return known ? planned : refuse_type(at, 0);
}
template <class = void>
bool plan_scatter_elements(planner& at) {
  std::int64_t axis = at.whole("axis", 0);
  index_reader index;
  if (!fits_indices(at, axis) || !read_indices(at, 1, index)) return false;
  if (at.sizes(2) != at.sizes(1)) return at.refuse("its updates are of another shape than its indices");
  const auto a = static_cast<std::size_t>(axis);
  const auto size = static_cast<std::size_t>(at.sizes(0)[a]);
  const std::size_t step = strides_of(at.sizes(0))[a];
  auto lines = lines_of(at.sizes(1), at.sizes(0), a);
  const std::size_t count = lines.size();
  return plan_updates(at, count, 1,
                      [=, lines = std::move(lines)](std::size_t i) { return lines[i] + index(i, size) * step; });
}

/// Each line of indices names a place by its first dimensions.
struct tuple_reader {
  index_reader index;
  shape sizes;  // of the dimensions that are named
  std::vector<std::size_t> strides;

  std::size_t operator()(std::size_t line) const noexcept {
    std::size_t place = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      place += index(line * sizes.size() + i, static_cast<std::size_t>(sizes[i])) * strides[i];
    return place;
  }
};
/// `batch` dimensions are walked together with the indices.
template <class = void>
bool read_tuples(planner& at, std::size_t batch, tuple_reader& made, std::size_t& unit) {
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
  tuple_reader tuples;
  std::size_t unit = 1;
  if (batch < 0 || !read_tuples(at, static_cast<std::size_t>(batch), tuples, unit))
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
  std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, std::move(sizes));
  const std::size_t size = bytes_of(at.in(0));
  return at.run([=, data = at.in(0).data, tuples = std::move(tuples)] {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = i / (count / batches) * stride + tuples(i);
      if (unit != 0) std::memcpy(out + i * unit * size, data + place * size, unit * size);
    }
  });
}
template <class = void>
bool plan_scatter_nd(planner& at) {
  tuple_reader tuples;
  std::size_t unit = 1;
  if (!read_tuples(at, 0, tuples, unit)) return false;
  const std::size_t count = elements(std::span(at.sizes(1)).first(at.sizes(1).size() - 1));
  if (at.in(2).count() != count * unit) return at.refuse("its updates do not fit its indices");
  return plan_updates(at, count, unit, [tuples = std::move(tuples)](std::size_t i) { return tuples(i); });
}

/// One element on, the others off, along a new axis; an index outside turns none on.
template <class = void>
bool plan_one_hot(planner& at) {
  shape sizes = at.sizes(0);
  std::int64_t axis = at.whole("axis", -1);
  bool known = false;
  double depth = -1;
  if (at.in(1).known && at.in(1).count() == 1)
    known = with_type<float, double, std::int64_t, std::int32_t, std::uint8_t, std::int8_t>(
        at.in(1), [&]<class T>(T) { depth = static_cast<double>(*at.data<T>(1)); });
  if (!known || !(depth >= 1 && depth < 1e12)) return at.refuse("its depth depends on the input, or is not above 0");
  if (!settle_axis(axis, sizes.size() + 1)) return at.refuse("its axis is outside of " + text_of(sizes));
  sizes.insert(sizes.begin() + axis, static_cast<std::int64_t>(depth));
  if (at.in(2).count() != 2 || !at.has_room(sizes)) return at.refuse("its values are not two, off and on");
  const around_axis around(sizes, axis);
  const std::size_t size = bytes_of(at.in(2));
  const std::byte* const values = at.in(2).data;
  std::byte* const out = at.out(0, at.in(2).kind, at.in(2).type, std::move(sizes));
  known = with_type<float, double, std::int64_t, std::int32_t, std::uint8_t, std::int8_t>(at.in(0), [&]<class T>(T) {
    const T* const indices = at.data<T>(0);
    at.run([=] {
      const auto all = static_cast<double>(around.size);
      for (std::size_t i = 0; i < around.before * around.behind; ++i) {
        const auto asked = static_cast<double>(indices[i]);
        const double place = asked < 0 ? asked + all : asked;
        for (std::size_t k = 0; k < around.size; ++k) {
          const std::size_t to = (i / around.behind * around.size + k) * around.behind + i % around.behind;
          std::memcpy(out + to * size, values + (place == static_cast<double>(k) ? size : 0), size);
        }
      }
    });
  });
  return known || refuse_type(at, 0);
}

/// The numbers from a first to before a last one, step by step; all three must be known.
template <class = void>
bool plan_range(planner& at) {
  if (!at.knows_all()) return at.refuse("its length depends on the input");
  for (std::size_t i = 0; i < 3; ++i)
    if (!at.in(i).is(at.in(0).type) || at.in(i).count() != 1)
      return at.refuse("its ends are not three numbers of one type");
  bool planned = false;
  const bool known = with_type<float, double, std::int64_t, std::int32_t>(at.in(0), [&]<class T>(T) {
    const T first = *at.data<T>(0);
    const T step = *at.data<T>(2);
    const double way = (static_cast<double>(*at.data<T>(1)) - static_cast<double>(first)) / static_cast<double>(step);
    if (!(way < 1e12)) return;
    const auto count =
        way > 0 ? static_cast<std::int64_t>(way) + (way > static_cast<double>(static_cast<std::int64_t>(way)))
                : std::int64_t{0};
    if (!at.has_room({count})) return;
    T* const out = at.out<T>(0, {count});
    for (std::int64_t i = 0; i < count; ++i) out[i] = add_two()(first, multiply_two()(static_cast<T>(i), step));
    planned = true;
  });
  return known ? planned || at.refuse("it never comes to its end") : refuse_type(at, 0);
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
  const bool known =
      with_type<float, double, std::int64_t, std::int32_t, std::int8_t, std::uint8_t, bool>(at.in(0), [&]<class T>(T) {
        const T* const x = at.data<T>(0);
        T* const out = at.out<T>(0, sizes);
        at.run([=, count = at.in(0).count()] {
          for (std::size_t i = 0; i < count; ++i) {
            const auto place = static_cast<std::int64_t>(i);
            const std::int64_t away = place % columns - place / columns % rows - shift;
            out[i] = (upper ? away >= 0 : away <= 0) ? x[i] : T(0);
          }
        });
      });
  return known || refuse_type(at, 0);
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
