#ifndef MILLRACE_INFER_DETAIL_OPERATORS_ENCODERS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_ENCODERS_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Operators of `ai.onnx.ml` that look categories up: OneHotEncoder, LabelEncoder, CategoryMapper.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// Keys and their places in the list that they came from; of equal ones, the first.
template <class Key>
class sorted_keys {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  sorted_keys() = default;
  /// `nan_is_a_key`: whether NaN finds NaN.
  explicit sorted_keys(std::span<const Key> keys, bool nan_is_a_key = false) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == keys[i])
        keys_.push_back({keys[i], i});
      else if (nan_is_a_key && nan_ == none)
        nan_ = i;
    }
    sort_by(keys_, [](const entry& a, const entry& b) { return a.key < b.key; });
  }
  std::size_t find(const Key& key) const noexcept {
    if (key != key) return nan_;
    std::size_t first = 0;
    for (std::size_t left = keys_.size(); left > 0;) {
      const std::size_t half = left / 2;
      const bool behind = keys_[first + half].key < key;
      first = behind ? first + half + 1 : first;
      left = behind ? left - half - 1 : half;
    }
    return first < keys_.size() && keys_[first].key == key ? keys_[first].place : none;
  }

 private:
  struct entry {
    Key key{};
    std::size_t place = 0;
  };
  std::vector<entry> keys_;
  std::size_t nan_ = none;
};

/// Calls `use` with the type of keys that an input's elements are looked up as, and their own: texts, whole numbers as
/// int64, real ones as double.
template <class Use>
bool with_keys_of(const planned_value& value, const Use& use) {
  if (value.kind == graph_kind::texts) {
    use(std::string_view(), std::string_view());
    return true;
  }
  return with_type<float, double, std::int64_t, std::int32_t, std::int16_t>(value, [&]<class T>(T x) {
    if constexpr (std::is_integral_v<T>)
      use(std::int64_t(), x);
    else
      use(double(), x);
  });
}

/// A column for each category, 1 where the element is it. An element that is none has zeros.
template <class = void>
bool plan_one_hot_encoder(planner& at) {
  const auto texts = at.texts("cats_strings");
  const auto wholes = at.wholes("cats_int64s");
  const std::size_t count = at.in(0).count();
  bool planned = false;
  const bool known = with_keys_of(at.in(0), [&]<class Key, class T>(Key, T) {
    std::vector<Key> categories;
    if constexpr (std::is_same_v<Key, std::string_view>)
      categories.assign(texts.begin(), texts.end());
    else
      for (const std::int64_t each : wholes) categories.push_back(static_cast<Key>(each));
    if (categories.empty()) {
      at.refuse("it names no categories of its input's type");
      return;
    }
    const std::size_t width = categories.size();
    shape sizes = at.sizes(0);
    sizes.push_back(static_cast<std::int64_t>(width));
    if (!at.has_room(sizes)) return;
    const T* const from = at.data<T>(0);
    float* const to = at.out<float>(0, std::move(sizes));
    planned = at.run([=, keys = sorted_keys<Key>(categories)] {
      for (std::size_t i = 0; i < count * width; ++i) to[i] = 0;
      for (std::size_t i = 0; i < count; ++i) {
        Key key = static_cast<Key>(from[i]);
        if constexpr (std::is_same_v<Key, double>) key = std::trunc(key);
        if (const std::size_t place = keys.find(key); place < width) to[i * width + place] = 1;
      }
    });
  });
  return known ? planned : refuse_type(at, 0);
}

/// What keys stand for: elements of any type, and one for what is no key.
struct mapped_values {
  graph_kind kind = graph_kind::tensor;
  dtype type = dtype::i64;
  std::size_t count = 0;
  std::vector<std::byte> elements;
  std::vector<std::byte> otherwise;

  template <class T>
  void add(std::vector<std::byte>& to, T value) {
    kind = std::is_same_v<T, std::string_view> ? graph_kind::texts : graph_kind::tensor;
    type = dtype_for<T>;
    to.resize(to.size() + sizeof(T));
    std::memcpy(to.data() + to.size() - sizeof(T), &value, sizeof(T));
  }
  template <class T, class From>
  void set(std::span<const From> from, T other) {
    count = from.size();
    for (const From& each : from) add<T>(elements, T(each));
    add<T>(otherwise, other);
  }
};
inline constexpr std::string_view unused = "_Unused";

template <class = void>
bool read_value_tensor(planner& at, const model::graph_tensor& from, mapped_values& made) {
  const auto* other = at.attribute<model::graph_tensor>("default_tensor");
  if (from.kind == graph_kind::texts) {
    const bool given = other != nullptr && other->kind == graph_kind::texts && !other->texts.empty();
    made.set<std::string_view>(std::span<const std::string>(from.texts),
                               given ? std::string_view(other->texts[0]) : unused);
    return true;
  }
  const bool known = with_type<float, double, std::int64_t, std::int32_t, std::int16_t>(from.dtype, [&]<class T>(T) {
    std::vector<T> values(from.bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), from.bytes.data(), values.size() * sizeof(T));
    T missing = std::is_integral_v<T> ? static_cast<T>(-1) : static_cast<T>(-0.0);
    if (other != nullptr && other->kind == graph_kind::tensor && other->dtype == from.dtype &&
        other->bytes.size() >= sizeof(T))
      std::memcpy(&missing, other->bytes.data(), sizeof(T));
    made.set<T>(std::span<const T>(values), missing);
  });
  return known || at.refuse("attribute values_tensor: of " + std::string(to_string(from.dtype)));
}
template <class = void>
bool read_values(planner& at, mapped_values& made) {
  if (at.has_attribute("values_strings"))
    made.set<std::string_view>(at.texts("values_strings"), at.text("default_string", unused));
  else if (at.has_attribute("values_int64s"))
    made.set<std::int64_t>(at.wholes("values_int64s"), at.whole("default_int64", -1));
  else if (at.has_attribute("values_floats"))
    made.set<float>(at.reals("values_floats"), at.real("default_float", -0.0F));
  else if (const auto* tensor = at.attribute<model::graph_tensor>("values_tensor"))
    return read_value_tensor(at, *tensor, made);
  else
    return at.refuse("it has no values");
  return true;
}
/// Keys of the input's type, from an attribute of lists or `keys_tensor`.
template <class Key, class T>
std::vector<Key> read_keys(planner& at) {
  std::vector<Key> made;
  const auto* tensor = at.attribute<model::graph_tensor>("keys_tensor");
  if constexpr (std::is_same_v<Key, std::string_view>) {
    const auto texts = tensor != nullptr ? std::span<const std::string>(tensor->texts) : at.texts("keys_strings");
    made.assign(texts.begin(), texts.end());
  } else {
    if (tensor != nullptr && tensor->kind == graph_kind::tensor && tensor->dtype == dtype_for<T>)
      for (std::size_t i = 0; i < tensor->bytes.size() / sizeof(T); ++i) {
        T x;
        std::memcpy(&x, tensor->bytes.data() + i * sizeof(T), sizeof(T));
        made.push_back(static_cast<Key>(x));
      }
    if constexpr (std::is_same_v<T, std::int64_t>)
      made.insert(made.end(), at.wholes("keys_int64s").begin(), at.wholes("keys_int64s").end());
    if constexpr (std::is_same_v<T, float>)
      for (const float each : at.reals("keys_floats")) made.push_back(static_cast<Key>(each));
  }
  return made;
}
template <class Key, class T>
bool plan_mapping(planner& at, std::span<const Key> keys, mapped_values values) {
  if (keys.size() != values.count)
    return at.refuse("it has " + std::to_string(keys.size()) + " keys of its input's type, and " +
                     std::to_string(values.count) + " values");
  const T* const from = at.data<T>(0);
  std::byte* const out = at.out(0, values.kind, values.type, at.sizes(0));
  return at.run(
      [=, count = at.in(0).count(), values = std::move(values), places = sorted_keys<Key>(keys, at.version() >= 4)] {
        const std::size_t unit = values.otherwise.size();
        for (std::size_t i = 0; i < count; ++i) {
          const std::size_t place = places.find(static_cast<Key>(from[i]));
          const bool found = place < values.count;
          std::memcpy(out + i * unit, found ? values.elements.data() + place * unit : values.otherwise.data(), unit);
        }
      });
}

/// In version 1, texts become their places in a list, or places texts.
template <class = void>
bool plan_places_of_texts(planner& at) {
  const auto texts = at.texts("classes_strings");
  std::vector<std::int64_t> places;
  for (std::size_t i = 0; i < texts.size(); ++i) places.push_back(static_cast<std::int64_t>(i));
  mapped_values values;
  if (at.in(0).kind == graph_kind::texts) {
    const std::vector<std::string_view> keys(texts.begin(), texts.end());
    values.set<std::int64_t>(std::span<const std::int64_t>(places), at.whole("default_int64", -1));
    return plan_mapping<std::string_view, std::string_view>(at, keys, std::move(values));
  }
  if (!at.in(0).is(dtype::i64)) return refuse_type(at, 0);
  values.set<std::string_view>(texts, at.text("default_string", unused));
  return plan_mapping<std::int64_t, std::int64_t>(at, places, std::move(values));
}
template <class = void>
bool plan_label_encoder(planner& at) {
  if (at.version() < 2) return plan_places_of_texts(at);
  mapped_values values;
  if (!read_values(at, values)) return false;
  bool planned = false;
  const bool known = with_keys_of(at.in(0), [&]<class Key, class T>(Key, T) {
    planned = plan_mapping<Key, T>(at, read_keys<Key, T>(at), std::move(values));
  });
  return known ? planned : refuse_type(at, 0);
}
/// Texts become whole numbers, or whole numbers texts.
template <class = void>
bool plan_category_mapper(planner& at) {
  const auto texts = at.texts("cats_strings");
  const auto wholes = at.wholes("cats_int64s");
  mapped_values values;
  if (at.in(0).kind == graph_kind::texts) {
    const std::vector<std::string_view> keys(texts.begin(), texts.end());
    values.set<std::int64_t>(wholes, at.whole("default_int64", -1));
    return plan_mapping<std::string_view, std::string_view>(at, keys, std::move(values));
  }
  if (!at.in(0).is(dtype::i64)) return refuse_type(at, 0);
  values.set<std::string_view>(texts, at.text("default_string", unused));
  return plan_mapping<std::int64_t, std::int64_t>(at, wholes, std::move(values));
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_ENCODERS_HPP
