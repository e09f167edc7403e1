#ifndef MILLRACE_INFER_DETAIL_OPERATORS_WINDOWS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_WINDOWS_HPP

#include <millrace/infer/detail/operators/products.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Operators that move a window over the dimensions behind the first two, which are rows and channels.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// A window: its sizes, how far it moves, how far its elements stand apart, and what is added around its input.
struct window {
  shape sizes;
  shape strides;
  shape dilations;
  shape before;
  shape after;

  std::int64_t reach(std::size_t i) const noexcept { return (sizes[i] - 1) * dilations[i] + 1; }
};

/// What one place of a window does to one row of results: result `to + i` takes input `from + i * step`.
struct window_move {
  std::size_t place = 0;  // in the window
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t count = 0;
};
struct window_moves {
  std::vector<window_move> list;  // place after place
  std::size_t step = 1;
  std::size_t inputs = 0;   // elements of one channel
  std::size_t results = 0;  // the same of the result
  std::size_t places = 0;
};

inline std::span<const std::int64_t> behind_channels(const shape& sizes) { return std::span(sizes).subspan(2); }

template <class = void>
bool read_sizes(planner& at, std::string_view name, std::size_t count, std::int64_t otherwise, shape& to) {
  const auto given = at.wholes(name);
  to.assign(count, otherwise);
  if (given.empty()) return true;
  bool fits = given.size() == count;
  for (std::size_t i = 0; i < count && fits; ++i) {
    to[i] = given[i];
    fits = to[i] >= (otherwise < 0 ? 1 : otherwise) && to[i] < std::int64_t{1} << 31;
  }
  return fits || at.refuse("its " + std::string(name) + " are not " + std::to_string(count) + " sizes");
}

/// Reads what a node says of its window; what it does not say of the window's sizes is left as it is.
template <class = void>
bool read_window(planner& at, std::size_t dimensions, window& made) {
  if (made.sizes.empty() && !read_sizes(at, "kernel_shape", dimensions, -1, made.sizes)) return false;
  shape around;
  if (!read_sizes(at, "strides", dimensions, 1, made.strides) ||
      !read_sizes(at, "dilations", dimensions, 1, made.dilations) || !read_sizes(at, "pads", 2 * dimensions, 0, around))
    return false;
  const auto middle = around.begin() + static_cast<std::ptrdiff_t>(dimensions);
  made.before.assign(around.begin(), middle);
  made.after.assign(middle, around.end());
  for (const std::int64_t size : made.sizes)
    if (size < 1) return at.refuse("its window has no size");
  return true;
}

/// Where a window stops on its way over `from`: how many places along each dimension. Settles `auto_pad`.
/// With `ceil_mode` a last place may begin inside and end outside; ONNX, "MaxPool".
template <class = void>
bool settle_window(planner& at, std::span<const std::int64_t> from, window& moved, shape& stops) {
  const std::string_view rule = at.text("auto_pad", "NOTSET");
  const bool up = at.whole("ceil_mode", 0) != 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t stride = moved.strides[i];
    if (rule == "SAME_UPPER" || rule == "SAME_LOWER") {
      const std::int64_t missing = ((from[i] + stride - 1) / stride - 1) * stride + moved.reach(i) - from[i];
      const std::int64_t total = missing < 0 ? 0 : missing;
      moved.before[i] = rule == "SAME_UPPER" ? total / 2 : total - total / 2;
      moved.after[i] = total - moved.before[i];
    } else if (rule == "VALID") {
      moved.before[i] = moved.after[i] = 0;
    } else if (rule != "NOTSET" && !rule.empty()) {
      return at.refuse("its auto_pad is " + std::string(rule));
    }
    const std::int64_t way = from[i] + moved.before[i] + moved.after[i] - moved.reach(i);
    const std::int64_t taken = up ? way + stride - 1 : way;  // a place that begins inside may be the only one
    if (taken < 0) return at.refuse("its window is larger than " + text_of(from));
    std::int64_t count = taken / stride + 1;
    if (up && (count - 1) * stride >= from[i] + moved.before[i]) --count;
    stops.push_back(count);
  }
  return true;
}

/// Lists what each place of a window does, for one channel.
template <class = void>
bool list_moves(planner& at, const window& moved, std::span<const std::int64_t> from, const shape& stops,
                window_moves& made) {
  const std::size_t last = from.size() - 1;
  const shape rows(stops.begin(), stops.end() - 1);
  shape work = moved.sizes;
  work.insert(work.end(), rows.begin(), rows.end());
  if (!at.has_room(work)) return false;
  const auto strides = strides_of(shape(from.begin(), from.end()));
  made.step = static_cast<std::size_t>(moved.strides[last]);
  made.inputs = elements(from);
  made.results = elements(stops);
  made.places = elements(moved.sizes);
  std::size_t place = 0;
  each_place(moved.sizes, [&](const std::vector<std::size_t>& in_window) {
    const auto offset = [&](std::size_t i) {
      return static_cast<std::int64_t>(in_window[i]) * moved.dilations[i] - moved.before[i];
    };
    const std::int64_t stride = moved.strides[last];
    const std::int64_t shift = offset(last);
    const std::int64_t first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const std::int64_t room = from[last] - 1 - shift;
    const std::int64_t end = room < 0 ? 0 : room / stride + 1;
    const std::int64_t count = (end < stops[last] ? end : stops[last]) - first;
    std::size_t to = 0;
    each_place(rows, [&](const std::vector<std::size_t>& row) {
      std::size_t source = 0;
      bool inside = count > 0;
      for (std::size_t i = 0; i < last && inside; ++i) {
        const std::int64_t here = static_cast<std::int64_t>(row[i]) * moved.strides[i] + offset(i);
        inside = here >= 0 && here < from[i];
        if (inside) source += static_cast<std::size_t>(here) * strides[i];
      }
      if (inside)
        made.list.push_back({place, source + static_cast<std::size_t>(first * stride + shift),
                             to + static_cast<std::size_t>(first), static_cast<std::size_t>(count)});
      to += static_cast<std::size_t>(stops[last]);
    });
    ++place;
  });
  return true;
}

template <class = void>
bool has_channels(planner& at) {
  return at.sizes(0).size() >= 3 || at.refuse("its input " + text_of(at.sizes(0)) + " has no rows, channels and sizes");
}

/// The parts of a convolution: groups of channels that see each other.
struct channel_groups {
  std::size_t rows = 0;
  std::size_t groups = 0;
  std::size_t from = 0;  // channels of one group that go in
  std::size_t to = 0;    // channels of one group that come out
};
/// The weights, an input, are of shape (channels out, channels in of a group, window...), or of (channels in, channels
/// out of a group, window...) where a convolution is transposed.
template <class = void>
bool read_groups(planner& at, std::size_t weights, bool transposed, channel_groups& made) {
  const shape& x = at.sizes(0);
  const shape& w = at.sizes(weights);
  const std::int64_t groups = at.whole("group", 1);
  if (w.size() != x.size()) return at.refuse("its weights " + text_of(w) + " are of another rank than " + text_of(x));
  const bool whole = groups > 0 && x[1] % groups == 0 && w[0] % groups == 0;
  if (!whole || (transposed ? w[0] != x[1] : w[1] * groups != x[1]))
    return at.refuse("its weights " + text_of(w) + " do not fit " + text_of(x) + " in " + std::to_string(groups) +
                     " groups");
  made = {static_cast<std::size_t>(x[0]), static_cast<std::size_t>(groups), static_cast<std::size_t>(x[1] / groups),
          static_cast<std::size_t>(transposed ? w[1] : w[0] / groups)};
  return true;
}
template <class = void>
bool suits_channels(planner& at, std::size_t addends, dtype type, const channel_groups& of) {
  const std::size_t all = of.to * of.groups;
  return !at.has(addends) || (at.in(addends).is(type) && at.in(addends).count() == all) ||
         at.refuse("its addends are not one for each of " + std::to_string(all) + " channels");
}
template <class = void>
bool suits_kernel(planner& at, std::size_t weights, const window& moved) {
  const auto given = behind_channels(at.sizes(weights));
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i] != moved.sizes[i]) return at.refuse("its kernel_shape is not that of " + text_of(at.sizes(weights)));
  return true;
}
template <class T>
void begin_channels(T* out, const T* addends, std::size_t rows, std::size_t channels, std::size_t size) noexcept {
  for (std::size_t i = 0; i < rows * channels; ++i)
    for (std::size_t k = 0; k < size; ++k) out[i * size + k] = addends != nullptr ? addends[i % channels] : T(0);
}

/// Sums of products of a window's weights with what it holds.
struct convolution {
  channel_groups of;
  window_moves moves;

  /// `addends`: null, or one for each channel.
  template <class T>
  void run(const T* x, const T* w, const T* addends, T* out) const noexcept {
    const std::size_t channels = of.groups * of.to;
    begin_channels(out, addends, of.rows, channels, moves.results);
    for (std::size_t i = 0; i < of.rows * channels; ++i) {
      const std::size_t group = i / channels * of.groups + i % channels / of.to;
      for (std::size_t c = 0; c < of.from; ++c) {
        const T* const source = x + (group * of.from + c) * moves.inputs;
        const T* const weights = w + (i % channels * of.from + c) * moves.places;
        for (const window_move& each : moves.list) {
          const T weight = weights[each.place];
          const T* const take = source + each.from;
          T* const to = out + i * moves.results + each.to;
          for (std::size_t k = 0; k < each.count; ++k) to[k] += weight * take[k * moves.step];
        }
      }
    }
  }
};
/// Reads the convolution of input 0 with weights, and the sizes that it makes.
template <class = void>
bool read_convolution(planner& at, std::size_t weights, convolution& made, shape& sizes) {
  if (!has_channels(at) || !read_groups(at, weights, false, made.of)) return false;
  const auto from = behind_channels(at.sizes(0));
  const auto kernel = behind_channels(at.sizes(weights));
  window moved;
  shape stops;
  if (!at.has_attribute("kernel_shape")) moved.sizes.assign(kernel.begin(), kernel.end());
  if (!read_window(at, from.size(), moved) || !suits_kernel(at, weights, moved) ||
      !settle_window(at, from, moved, stops))
    return false;
  sizes = {at.sizes(0)[0], at.sizes(weights)[0]};
  sizes.insert(sizes.end(), stops.begin(), stops.end());
  return at.has_room(sizes) && list_moves(at, moved, from, stops, made.moves);
}
template <class = void>
bool plan_conv(planner& at) {
  convolution made;
  shape sizes;
  if (!has_pair(at) || !read_convolution(at, 1, made, sizes) || !suits_channels(at, 2, at.in(0).type, made.of))
    return false;
  const element_pointer x{at.in(0).data};
  const element_pointer w{at.in(1).data};
  const element_pointer addends{at.has(2) ? at.in(2).data : nullptr};
  const element_pointer out = at.out_computed(0, sizes);
  return at.run_reals(0, [=, made = std::move(made)]<class T>(T) { made.run<T>(x, w, addends, out); });
}

/// The sizes that a transposed convolution makes: those from which the window would stop at the input's.
template <class = void>
bool settle_transposed(planner& at, std::span<const std::int64_t> from, window& moved, shape& sizes) {
  shape more;
  shape wanted;
  if (!read_sizes(at, "output_padding", from.size(), 0, more) ||
      !read_sizes(at, "output_shape", from.size(), 0, wanted))
    return false;
  const std::string_view rule = at.text("auto_pad", "NOTSET");
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t all = moved.strides[i] * (from[i] - 1) + more[i] + moved.reach(i);
    std::int64_t size = all - moved.before[i] - moved.after[i];
    const bool same = rule == "SAME_UPPER" || rule == "SAME_LOWER";
    if (same || at.has_attribute("output_shape")) {
      size = at.has_attribute("output_shape") ? wanted[i] : from[i] * moved.strides[i];
      const std::int64_t total = all > size ? all - size : 0;
      moved.before[i] = rule == "SAME_UPPER" ? total / 2 : total - total / 2;
    }
    if (size < 1) return at.refuse("it makes a size of " + std::to_string(size));
    sizes.push_back(size);
  }
  return true;
}
template <class = void>
bool plan_conv_transpose(planner& at) {
  channel_groups of;
  if (!has_pair(at) || !has_channels(at) || !read_groups(at, 1, true, of) || !suits_channels(at, 2, at.in(0).type, of))
    return false;
  const auto from = behind_channels(at.sizes(0));
  const auto kernel = behind_channels(at.sizes(1));
  window moved;
  if (!at.has_attribute("kernel_shape")) moved.sizes.assign(kernel.begin(), kernel.end());
  shape spread;
  window_moves made;
  if (!read_window(at, from.size(), moved) || !suits_kernel(at, 1, moved) ||
      !settle_transposed(at, from, moved, spread))
    return false;
  shape sizes{at.sizes(0)[0], static_cast<std::int64_t>(of.groups * of.to)};
  sizes.insert(sizes.end(), spread.begin(), spread.end());
  const shape stops(from.begin(), from.end());
  if (!at.has_room(sizes) || !list_moves(at, moved, spread, stops, made)) return false;
  const element_pointer from_{at.in(0).data};
  const element_pointer by{at.in(1).data};
  const element_pointer added{at.has(2) ? at.in(2).data : nullptr};
  const element_pointer to_ = at.out_computed(0, sizes);
  return at.run_reals(0, [=, made = std::move(made)]<class T>(T) {
    const T* const x = from_;
    const T* const w = by;
    T* const out = to_;
    const std::size_t channels = of.groups * of.to;
    begin_channels<T>(out, added, of.rows, channels, made.inputs);
    for (std::size_t i = 0; i < of.rows * channels; ++i) {
      const std::size_t group = i % channels / of.to;
      for (std::size_t c = 0; c < of.from; ++c) {
        const std::size_t channel = group * of.from + c;
        const T* const source = x + (i / channels * of.groups * of.from + channel) * made.results;
        const T* const weights = w + (channel * of.to + i % of.to) * made.places;
        for (const window_move& each : made.list) {
          const T weight = weights[each.place];
          T* const to = out + i * made.inputs + each.from;
          for (std::size_t k = 0; k < each.count; ++k) to[k * made.step] += weight * source[each.to + k];
        }
      }
    }
  });
}

/// How many elements of its input, with what is added around it, a window holds at each place.
inline std::vector<std::size_t> window_counts(const window& moved, std::span<const std::int64_t> from,
                                              const shape& stops) {
  std::vector<std::size_t> counts;
  each_place(stops, [&](const std::vector<std::size_t>& where) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < where.size(); ++i) {
      const std::int64_t room =
          from[i] + moved.before[i] + moved.after[i] - static_cast<std::int64_t>(where[i]) * moved.strides[i];
      const std::int64_t fit = (room - 1) / moved.dilations[i] + 1;
      count *= static_cast<std::size_t>(fit < moved.sizes[i] ? fit : moved.sizes[i]);
    }
    counts.push_back(count);
  });
  return counts;
}

/// Plans a pool: how many channels there are of all rows, and what the window does.
template <class = void>
bool plan_pool(planner& at, window& moved, window_moves& made, shape& sizes, std::size_t& channels) {
  if (!has_channels(at)) return false;
  const auto from = behind_channels(at.sizes(0));
  shape stops;
  if (!read_window(at, from.size(), moved) || !settle_window(at, from, moved, stops)) return false;
  sizes.assign(at.sizes(0).begin(), at.sizes(0).begin() + 2);
  sizes.insert(sizes.end(), stops.begin(), stops.end());
  channels = static_cast<std::size_t>(sizes[0] * sizes[1]);
  return at.has_room(sizes) && list_moves(at, moved, from, stops, made);
}

/// The number of each element of a channel where the first dimension, not the last, goes fastest.
inline std::vector<std::size_t> columns_first_places(std::span<const std::int64_t> sizes) {
  std::vector<std::size_t> made;
  each_place(shape(sizes.begin(), sizes.end()), [&](const std::vector<std::size_t>& where) {
    std::size_t place = 0;
    for (std::size_t i = where.size(); i-- > 0;) place = place * static_cast<std::size_t>(sizes[i]) + where[i];
    made.push_back(place);
  });
  return made;
}
template <class = void>
bool plan_max_pool(planner& at) {
  const bool columns_first = at.whole("storage_order", 0) != 0;
  window moved;
  window_moves made;
  shape sizes;
  std::size_t channels = 0;
  if (!plan_pool(at, moved, made, sizes, channels)) return false;
  std::vector<std::size_t> numbers;
  if (at.wants(1) && columns_first) numbers = columns_first_places(behind_channels(at.sizes(0)));
  const element_pointer from_ = at.as_computed(0);
  const element_pointer to_ = at.out_computed(0, sizes);
  std::int64_t* const places = at.wants(1) ? at.out<std::int64_t>(1, sizes) : nullptr;
  return at.run_as<float, double, std::int64_t>(
      0, at.computed(0), [=, made = std::move(made), numbers = std::move(numbers), type = at.in(0).type]<class T>(T) {
        const T* const x = from_;
        T* const out = to_;
        for (std::size_t i = 0; i < channels * made.results; ++i) out[i] = least_of<T>(type);
        for (std::size_t i = 0; places != nullptr && i < channels * made.results; ++i) places[i] = -1;
        for (std::size_t c = 0; c < channels; ++c)
          for (const window_move& each : made.list)
            for (std::size_t k = 0; k < each.count; ++k) {
              const std::size_t here = each.from + k * made.step;
              const std::size_t from = c * made.inputs + here;
              const std::size_t to = c * made.results + each.to + k;
              const T best = reduce_max::more(out[to], x[from]);
              const bool better = places != nullptr && (places[to] < 0 || (out[to] == out[to] && !(best == out[to])));
              if (better)
                places[to] = static_cast<std::int64_t>(numbers.empty() ? from : c * made.inputs + numbers[here]);
              out[to] = best;
            }
      });
}

/// Plans what a pool makes of the sum at each place, `finish(sum, place)`, where each element adds `take(x)`.
template <class Take, class Finish>
bool plan_sums(planner& at, window_moves made, const shape& sizes, std::size_t channels, Take take, Finish finish) {
  const element_pointer from{at.in(0).data};
  const element_pointer out = at.out_computed(0, sizes);
  return at.run_reals(0, [=, made = std::move(made), finish = std::move(finish)]<class T>(T) {
    const T* const x = from;
    for (std::size_t c = 0; c < channels; ++c) {
      T* const to = static_cast<T*>(out) + c * made.results;
      for (std::size_t i = 0; i < made.results; ++i) to[i] = 0;
      for (const window_move& each : made.list)
        for (std::size_t k = 0; k < each.count; ++k)
          to[each.to + k] += take(x[c * made.inputs + each.from + k * made.step]);
      for (std::size_t i = 0; i < made.results; ++i) to[i] = finish(to[i], i);
    }
  });
}
template <class = void>
bool plan_average_pool(planner& at) {
  window moved;
  window_moves made;
  shape sizes;
  std::size_t channels = 0;
  if (!plan_pool(at, moved, made, sizes, channels)) return false;
  std::vector<std::size_t> counts(made.results, 0);
  if (at.whole("count_include_pad", 0) != 0)
    counts = window_counts(moved, behind_channels(at.sizes(0)), shape(sizes.begin() + 2, sizes.end()));
  else
    for (const window_move& each : made.list)
      for (std::size_t k = 0; k < each.count; ++k) ++counts[each.to + k];
  return plan_sums(
      at, std::move(made), sizes, channels, [](auto x) { return x; },
      [counts = std::move(counts)]<class T>(T sum, std::size_t i) { return sum / static_cast<T>(counts[i]); });
}
/// The root of the sum of powers.
template <class = void>
bool plan_lp_pool(planner& at) {
  window moved;
  window_moves made;
  shape sizes;
  std::size_t channels = 0;
  if (!plan_pool(at, moved, made, sizes, channels)) return false;
  const auto power = static_cast<double>(at.whole("p", 2));
  return plan_sums(
      at, std::move(made), sizes, channels,
      [power]<class T>(T x) { return static_cast<T>(std::pow(std::fabs(x), power)); },
      [power]<class T>(T sum, std::size_t) { return static_cast<T>(std::pow(sum, 1 / power)); });
}

/// One number for each channel.
template <class = void>
bool plan_global_pool_of(planner& at, bool largest) {
  if (at.sizes(0).size() < 2) return at.refuse("its input " + text_of(at.sizes(0)) + " has no channels");
  shape sizes(at.sizes(0).size(), 1);
  sizes[0] = at.sizes(0)[0];
  sizes[1] = at.sizes(0)[1];
  const std::size_t channels = elements(sizes);
  const std::size_t size = elements(behind_channels(at.sizes(0)));
  const element_pointer from{at.in(0).data};
  const element_pointer out = at.out_computed(0, sizes);
  return at.run_reals(0, [=, type = at.in(0).type]<class T>(T) {
    for (std::size_t c = 0; c < channels; ++c) {
      const T* const x = static_cast<const T*>(from) + c * size;
      T total = largest ? least_of<T>(type) : T(0);
      for (std::size_t i = 0; i < size; ++i) total = largest ? reduce_max::more(total, x[i]) : total + x[i];
      static_cast<T*>(out)[c] = largest ? total : total / static_cast<T>(size);
    }
  });
}
template <bool Largest>
bool plan_global_pool(planner& at) {
  return plan_global_pool_of(at, Largest);
}

/// Each channel of each row, or each group of them, minus its mean and over its deviation, times a scale, plus a shift.
template <class = void>
bool plan_channel_norm_of(planner& at, bool grouped) {
  const shape& sizes = at.sizes(0);
  if (sizes.size() < 2) return at.refuse("its input " + text_of(sizes) + " has no channels");
  const auto channels = static_cast<std::size_t>(sizes[1]);
  const std::size_t size = elements(behind_channels(sizes));
  const auto groups = static_cast<std::size_t>(grouped ? at.whole("num_groups", 0) : sizes[1]);
  if (groups == 0 || channels % groups != 0) return at.refuse("its channels are not of whole groups");
  const std::size_t scales = grouped && at.version() < 21 ? groups : channels;
  for (std::size_t i = 1; i < 3; ++i)
    if (!at.in(i).is(at.in(0).type) || at.in(i).count() != scales)
      return at.refuse("its scale and shift are not one for each channel");
  const float epsilon = at.real("epsilon", 1e-5F);
  const element_pointer x{at.in(0).data};
  const element_pointer scale_{at.in(1).data};
  const element_pointer shift_{at.in(2).data};
  const element_pointer out = at.out_computed(0, sizes);
  return at.run_reals(0, [=, rows = static_cast<std::size_t>(sizes[0])]<class T>(T) {
    const T* const scale = scale_;
    const T* const shift = shift_;
    const std::size_t width = channels / groups * size;
    for (std::size_t i = 0; i < rows * groups; ++i) {
      const T* const from = static_cast<const T*>(x) + i * width;
      T* const to = static_cast<T*>(out) + i * width;
      double total = 0;
      double squares = 0;
      for (std::size_t k = 0; k < width; ++k) total += static_cast<double>(from[k]);
      const double mean = total / static_cast<double>(width);
      for (std::size_t k = 0; k < width; ++k) {
        const double away = static_cast<double>(from[k]) - mean;
        squares += away * away;
      }
      const double inverse = 1 / std::sqrt(squares / static_cast<double>(width) + static_cast<double>(epsilon));
      for (std::size_t k = 0; k < width; ++k) {
        const std::size_t c = scales == channels ? i % groups * (channels / groups) + k / size : i % groups;
        to[k] = static_cast<T>((static_cast<double>(from[k]) - mean) * inverse) * scale[c] + shift[c];
      }
    }
  });
}
template <bool Grouped>
bool plan_channel_norm(planner& at) {
  return plan_channel_norm_of(at, Grouped);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_WINDOWS_HPP
