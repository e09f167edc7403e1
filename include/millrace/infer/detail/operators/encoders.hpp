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

/// Calls `use` with a value of the type that an input's elements are looked up as: texts, whole numbers as int64, real
/// ones as double.
template <class Use>
void with_keys_of(const planned_value& value, const Use& use) {
  if (value.kind == graph_kind::texts)
    use(std::string_view());
  else if (is_floating(value.type))
    use(double());
  else
    use(std::int64_t());
}

/// A column for each category, 1 where the element is it. An element that is none has zeros.
template <class = void>
bool plan_one_hot_encoder(planner& at) {
  const auto texts = at.texts("cats_strings");
  const auto wholes = at.wholes("cats_int64s");
  const std::size_t count = at.in(0).count();
  bool planned = false;
  with_keys_of(at.in(0), [&]<class Key>(Key) {
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
    const Key* const from = at.as(0, dtype_for<Key>);
    float* const to = at.out<float>(0, std::move(sizes));
    planned = at.run([=, keys = sorted_keys<Key>(categories)] {
      for (std::size_t i = 0; i < count * width; ++i) to[i] = 0;
      for (std::size_t i = 0; i < count; ++i) {
        Key key = from[i];
        if constexpr (std::is_same_v<Key, double>) key = std::trunc(key);
        if (const std::size_t place = keys.find(key); place < width) to[i * width + place] = 1;
      }
    });
  });
  return planned;
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
  const std::size_t size = tensor::size_of(from.dtype);
  made.kind = from.kind;
  made.type = from.dtype;
  made.count = from.bytes.size() / size;
  made.elements = from.bytes;
  made.otherwise.resize(size);
  const double missing = is_floating(from.dtype) ? -0.0 : -1;
  converter_of(dtype::f64, from.dtype)(reinterpret_cast<const std::byte*>(&missing), made.otherwise.data(), 1);
  if (other != nullptr && other->kind == graph_kind::tensor && other->dtype == from.dtype &&
      other->bytes.size() >= size)
    std::memcpy(made.otherwise.data(), other->bytes.data(), size);
  return true;
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
template <class Key>
std::vector<Key> read_keys(planner& at) {
  std::vector<Key> made;
  const auto* tensor = at.attribute<model::graph_tensor>("keys_tensor");
  if constexpr (std::is_same_v<Key, std::string_view>) {
    const auto texts = tensor != nullptr ? std::span<const std::string>(tensor->texts) : at.texts("keys_strings");
    made.assign(texts.begin(), texts.end());
  } else {
    const dtype type = at.in(0).type;
    if (tensor != nullptr && tensor->kind == graph_kind::tensor && tensor->dtype == type) {
      made.resize(tensor->bytes.size() / tensor::size_of(type));
      converter_of(type, dtype_for<Key>)(tensor->bytes.data(), reinterpret_cast<std::byte*>(made.data()), made.size());
    }
    if (type == dtype::i64)
      for (const std::int64_t each : at.wholes("keys_int64s")) made.push_back(static_cast<Key>(each));
    if (type == dtype::f32)
      for (const float each : at.reals("keys_floats")) made.push_back(static_cast<Key>(each));
  }
  return made;
}
template <class Key>
bool plan_mapping(planner& at, std::span<const Key> keys, mapped_values values) {
  if (keys.size() != values.count)
    return at.refuse("it has " + std::to_string(keys.size()) + " keys of its input's type, and " +
                     std::to_string(values.count) + " values");
  const Key* const from = at.as(0, dtype_for<Key>);
  std::byte* const out = at.out(0, values.kind, values.type, at.sizes(0));
  return at.run(
      [=, count = at.in(0).count(), values = std::move(values), places = sorted_keys<Key>(keys, at.version() >= 4)] {
        const std::size_t unit = values.otherwise.size();
        for (std::size_t i = 0; i < count; ++i) {
          const std::size_t place = places.find(from[i]);
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
    return plan_mapping<std::string_view>(at, keys, std::move(values));
  }
  if (!at.in(0).is(dtype::i64)) return at.refuse_type(0);
  values.set<std::string_view>(texts, at.text("default_string", unused));
  return plan_mapping<std::int64_t>(at, places, std::move(values));
}
template <class = void>
bool plan_label_encoder(planner& at) {
  if (at.version() < 2) return plan_places_of_texts(at);
  mapped_values values;
  if (!read_values(at, values)) return false;
  bool planned = false;
  with_keys_of(at.in(0),
               [&]<class Key>(Key) { planned = plan_mapping<Key>(at, read_keys<Key>(at), std::move(values)); });
  return planned;
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
    return plan_mapping<std::string_view>(at, keys, std::move(values));
  }
  if (!at.in(0).is(dtype::i64)) return at.refuse_type(0);
  values.set<std::string_view>(texts, at.text("default_string", unused));
  return plan_mapping<std::int64_t>(at, wholes, std::move(values));
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_ENCODERS_HPP
