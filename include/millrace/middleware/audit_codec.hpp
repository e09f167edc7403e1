#ifndef MILLRACE_MIDDLEWARE_AUDIT_CODEC_HPP
#define MILLRACE_MIDDLEWARE_AUDIT_CODEC_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/type_name.hpp>
#include <millrace/tensor/summary.hpp>
#include <millrace/tensor/traits.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace millrace {
inline namespace v0 {

/// How much of a value goes into an audit record. Where something is cut, the record says how much there was. Keys of a
/// map that have one length and differ behind the cut alone come out alike: the object then has that member twice.
struct audit_limits {
  std::uint32_t text_bytes = 1024;            ///< of each string
  std::uint32_t entries = 64;                 ///< of each map or list
  std::size_t summary_bytes = 64 * 1024;      ///< tensors up to this size are summarized: min, max, mean
  std::uint32_t summary_interval_us = 1'000;  ///< microseconds between two runs that summarize tensors; 0: all runs do
  std::size_t record_bytes = 16 * 1024;       ///< of each record; a field that no longer fits is left out
};

/// How a value goes into an audit record as bytes, and from there into JSON. Specialize it for a type of your own:
///
///     template <>
///     struct mr::audit_codec<money> {
///       static constexpr std::size_t fixed_size = 8;                   // only if all values take as many bytes
///       static std::size_t size(const money&, const audit_limits&);    // the bytes this value takes
///       static std::byte* write(std::byte*, const money&, const audit_limits&);         // the event's thread
///       static const std::byte* render(const std::byte*, std::string& json);            // the log's thread
///     };
///
/// `write` writes exactly `size` bytes and returns their end; `render` reads them back and appends
/// one JSON value. Both are on the path of every event: they must not throw, and `size` and `write`
/// should not allocate.
///
/// This header has codecs for numbers, enums, strings, optional, variant, maps from strings, lists, tensors (dtype,
/// shape, summary), compressed or not, and bundles of tensors. Of any other type a record holds only the type's name,
/// at no cost.
template <class T>
struct audit_codec {
  static constexpr bool name_only = true;
  static constexpr std::size_t fixed_size = 0;
  static std::size_t size(const T&, const audit_limits&) noexcept { return 0; }
  static std::byte* write(std::byte* at, const T&, const audit_limits&) noexcept { return at; }
  static const std::byte* render(const std::byte* at, std::string& json) {
    json += "{\"type\":";
    append_json(json, type_name<T>);
    json += '}';
    return at;
  }
};

namespace detail {

template <class T>
std::byte* put(std::byte* at, const T& value) noexcept {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
template <class T>
T take(const std::byte*& at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

template <class T>
concept audit_number = std::is_arithmetic_v<T> || std::same_as<T, tensor::float16> || std::same_as<T, tensor::bfloat16>;
template <class T>
concept audit_text = std::convertible_to<const T&, std::string_view>;
template <class T>
concept audit_fixed = requires { audit_codec<T>::fixed_size; };

/// A map from texts, such as std::map, std::unordered_map or std::multimap.
template <class T>
concept audit_map = requires(const T& map) {
  typename T::mapped_type;
  requires audit_text<typename T::key_type>;
  { map.size() } -> std::convertible_to<std::size_t>;
  { map.begin()->second } -> std::convertible_to<const typename T::mapped_type&>;
  map.end();
};

/// Whether a map may hold a key more than once, as std::multimap does: it inserts always, and so returns a mere
/// iterator.
template <class T>
inline constexpr bool repeats_keys = requires(T& map, const typename T::value_type& entry) {
  { map.insert(entry) } -> std::same_as<typename T::iterator>;
};

template <class T>
concept audit_tensor = !audit_number<T> && !audit_text<T> && tensor::tensor_like<T>;

/// mr::tensor::compressible, which holds a tensor or its compressed form. The concept asks for its members, so that
/// this header need not include it.
template <class T>
concept audit_compressible = requires(const T& value) {
  requires tensor::tensor_like<std::remove_cvref_t<decltype(*value.plain())>>;
  value.compressed()->shape().rank();
  { value.compressed()->dtype() } -> std::same_as<tensor::dtype>;
  { value.compressed()->compressed_bytes() } -> std::convertible_to<std::size_t>;
};

template <class T>
concept audit_bundle = tensor::tensor_bundle<T> && !tensor::tensor_like<T> && !audit_compressible<T>;

/// A type with a codec of its own, which the general template is not.
template <class T>
concept audit_known = !requires { audit_codec<T>::name_only; };

/// A range of items with a codec that can be walked through more than once.
template <class T>
concept audit_list =
    !audit_text<T> && !tensor::tensor_like<T> && !tensor::tensor_bundle<T> && !audit_map<T> && requires(const T& list) {
      { list.size() } -> std::convertible_to<std::size_t>;
      requires std::forward_iterator<decltype(list.begin())>;
      list.end();
      requires !std::same_as<std::remove_cvref_t<decltype(*list.begin())>, T>;
      requires audit_known<std::remove_cvref_t<decltype(*list.begin())>>;
    };

/// Appends the JSON string "... 5 more" for `more` = 5 and `unit` = " more".
inline void append_more(std::string& out, std::size_t more, const char* unit) {
  out += "\"... ";
  append_json(out, more);
  out += unit;
  out += '"';
}

/// Renders a list's record: how many items the list has (u64), how many of them follow (u64), and those.
inline const std::byte* render_list(const std::byte* at, std::string& json,
                                    const std::byte* (*render_item)(const std::byte*, std::string&)) {
  const auto whole = take<std::uint64_t>(at);
  const auto kept = take<std::uint64_t>(at);
  json += '[';
  for (std::uint64_t i = 0; i < kept; ++i) {
    if (i != 0) json += ',';
    at = render_item(at, json);
  }
  if (kept != whole) {
    if (kept != 0) json += ',';
    append_more(json, whole - kept, " more");
  }
  json += ']';
  return at;
}

/// Renders a map's key by its codec `render_text`. JSON takes only strings there, so whatever else the codec renders,
/// such as `null`, becomes a string.
inline const std::byte* render_key(const std::byte* at, std::string& json,
                                   const std::byte* (*render_text)(const std::byte*, std::string&)) {
  const std::size_t begin = json.size();
  at = render_text(at, json);
  if (json.size() == begin || json[begin] != '"') {
    const std::string rendered = json.substr(begin);
    json.resize(begin);
    append_json(json, std::string_view(rendered));
  }
  return at;
}

/// The size of the longest beginning of `text` of at most `most` bytes that cuts no UTF-8 sequence in two. A text that
/// is not UTF-8 there is cut at `most`.
inline std::size_t cut_text(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text.size();
  std::size_t end = most;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80; ++i) --end;
  return (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80 ? most : end;
}

}  // namespace detail

template <detail::audit_number T>
struct audit_codec<T> {
  static constexpr std::size_t fixed_size = sizeof(T);
  static constexpr std::size_t size(const T&, const audit_limits&) noexcept { return sizeof(T); }
  static std::byte* write(std::byte* at, const T& value, const audit_limits&) noexcept {
    return detail::put(at, value);
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    const T value = detail::take<T>(at);
    if constexpr (std::same_as<T, bool> || std::floating_point<T>)
      append_json(json, value);
    else if constexpr (!std::is_arithmetic_v<T>)
      append_json(json, static_cast<float>(value));
    else if constexpr (std::is_signed_v<T>)
      append_json(json, static_cast<std::int64_t>(value));
    else
      append_json(json, static_cast<std::uint64_t>(value));
    return at;
  }
};

/// An enumerator is rendered as to_string(e) if that exists and is not a null pointer, else as its number.
template <class T>
requires std::is_enum_v<T>
struct audit_codec<T> {
  static constexpr std::size_t fixed_size = sizeof(T);
  static constexpr std::size_t size(const T&, const audit_limits&) noexcept { return sizeof(T); }
  static std::byte* write(std::byte* at, const T& value, const audit_limits&) noexcept {
    return detail::put(at, value);
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    const T value = detail::take<T>(at);
    if constexpr (requires {
                    { to_string(value) } -> std::convertible_to<std::string_view>;
                  }) {
      const auto& name = to_string(value);
      if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(name)>>) {
        if (name == nullptr) {
          render_number(value, json);
          return at;
        }
      }
      append_json(json, std::string_view(name));
    } else {
      render_number(value, json);
    }
    return at;
  }

 private:
  static void render_number(T value, std::string& json) {
    const auto number = static_cast<std::underlying_type_t<T>>(value);
    audit_codec<std::underlying_type_t<T>>::render(reinterpret_cast<const std::byte*>(&number), json);
  }
};

template <detail::audit_text T>
struct audit_codec<T> {
  static std::size_t size(const T& value, const audit_limits& limits) noexcept {
    return 16 + detail::cut_text(view(value), limits.text_bytes);
  }
  static std::byte* write(std::byte* at, const T& value, const audit_limits& limits) noexcept {
    const std::string_view text = view(value);
    const std::size_t kept = detail::cut_text(text, limits.text_bytes);
    at = detail::put(at, is_null(value) ? null : std::uint64_t{text.size()});
    at = detail::put(at, std::uint64_t{kept});
    if (kept != 0) std::memcpy(at, text.data(), kept);
    return at + kept;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    const auto whole = detail::take<std::uint64_t>(at);
    const auto kept = detail::take<std::uint64_t>(at);
    if (whole == null) {
      append_json(json, nullptr);
      return at;
    }
    append_json(json, std::string_view(reinterpret_cast<const char*>(at), kept));
    if (kept != whole) {
      json.pop_back();
      json += "... (";
      append_json(json, whole);
      json += " bytes)\"";
    }
    return at + kept;
  }

 private:
  static constexpr std::uint64_t null = ~std::uint64_t{0};
  static bool is_null(const T& value) noexcept {
    if constexpr (std::is_pointer_v<T>) return value == nullptr;
    return false;
  }
  static std::string_view view(const T& value) noexcept {
    if (is_null(value)) return {};
    return value;
  }
};

template <class T>
struct audit_codec<std::optional<T>> {
  static std::size_t size(const std::optional<T>& value, const audit_limits& limits) noexcept {
    return 1 + (value ? audit_codec<T>::size(*value, limits) : 0);
  }
  static std::byte* write(std::byte* at, const std::optional<T>& value, const audit_limits& limits) noexcept {
    at = detail::put(at, value.has_value());
    return value ? audit_codec<T>::write(at, *value, limits) : at;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    if (detail::take<bool>(at)) return audit_codec<T>::render(at, json);
    append_json(json, nullptr);
    return at;
  }
};

template <>
struct audit_codec<std::monostate> {
  static constexpr std::size_t fixed_size = 0;
  static std::size_t size(std::monostate, const audit_limits&) noexcept { return 0; }
  static std::byte* write(std::byte* at, std::monostate, const audit_limits&) noexcept { return at; }
  static const std::byte* render(const std::byte* at, std::string& json) {
    append_json(json, nullptr);
    return at;
  }
};

template <class... Ts>
struct audit_codec<std::variant<Ts...>> {
  using variant = std::variant<Ts...>;
  static std::size_t size(const variant& value, const audit_limits& limits) noexcept {
    std::size_t bytes = 1;
    with(value, [&]<class T>(const T& held) { bytes += audit_codec<T>::size(held, limits); });
    return bytes;
  }
  static std::byte* write(std::byte* at, const variant& value, const audit_limits& limits) noexcept {
    at = detail::put(at, static_cast<unsigned char>(value.index()));
    with(value, [&]<class T>(const T& held) { at = audit_codec<T>::write(at, held, limits); });
    return at;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    const auto index = detail::take<unsigned char>(at);
    std::size_t i = 0;
    if (!((i++ == index ? (at = audit_codec<Ts>::render(at, json), true) : false) || ...)) append_json(json, nullptr);
    return at;
  }

 private:
  static_assert(sizeof...(Ts) < 255);
  /// std::visit that does nothing for a variant which is valueless after an exception.
  template <class F>
  static void with(const variant& value, F&& f) noexcept {
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (void)((value.index() == Index ? (f(*std::get_if<Index>(&value)), true) : false) || ...);
    }(std::index_sequence_for<Ts...>{});
  }
};

/// A map is rendered as an object; one that may hold a key more than once as a list of objects of one member each.
template <detail::audit_map T>
struct audit_codec<T> {
  using key_codec = audit_codec<typename T::key_type>;
  using value_codec = audit_codec<typename T::mapped_type>;

  static std::size_t size(const T& map, const audit_limits& limits) noexcept {
    std::size_t bytes = 16;
    std::size_t left = limits.entries;
    for (const auto& [key, value] : map) {
      if (left-- == 0) break;
      bytes += key_codec::size(key, limits) + value_codec::size(value, limits);
    }
    return bytes;
  }
  static std::byte* write(std::byte* at, const T& map, const audit_limits& limits) noexcept {
    std::uint64_t left = limits.entries;
    at = detail::put(at, std::uint64_t{map.size()});
    at = detail::put(at, std::uint64_t{map.size() < left ? map.size() : left});
    for (const auto& [key, value] : map) {
      if (left-- == 0) break;
      at = value_codec::write(key_codec::write(at, key, limits), value, limits);
    }
    return at;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    const auto whole = detail::take<std::uint64_t>(at);
    const auto kept = detail::take<std::uint64_t>(at);
    json += detail::repeats_keys<T> ? '[' : '{';
    for (std::uint64_t i = 0; i < kept; ++i) {
      if (i != 0) json += ',';
      if constexpr (detail::repeats_keys<T>) json += '{';
      at = detail::render_key(at, json, key_codec::render);
      json += ':';
      at = value_codec::render(at, json);
      if constexpr (detail::repeats_keys<T>) json += '}';
    }
    if (kept != whole) {
      if (kept != 0) json += ',';
      if constexpr (!detail::repeats_keys<T>) json += "\"...\":";
      detail::append_more(json, whole - kept, " more");
    }
    json += detail::repeats_keys<T> ? ']' : '}';
    return at;
  }
};

template <detail::audit_list T>
struct audit_codec<T> {
  using item_codec = audit_codec<std::remove_cvref_t<decltype(*std::declval<const T&>().begin())>>;

  static std::size_t size(const T& list, const audit_limits& limits) noexcept {
    std::size_t bytes = 16;
    std::size_t left = limits.entries;
    for (auto at = list.begin(); at != list.end() && left != 0; ++at, --left) bytes += item_codec::size(*at, limits);
    return bytes;
  }
  static std::byte* write(std::byte* to, const T& list, const audit_limits& limits) noexcept {
    std::uint64_t left = limits.entries;
    to = detail::put(to, std::uint64_t{list.size()});
    to = detail::put(to, std::uint64_t{list.size() < left ? list.size() : left});
    for (auto at = list.begin(); at != list.end() && left != 0; ++at, --left) to = item_codec::write(to, *at, limits);
    return to;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    return detail::render_list(at, json, item_codec::render);
  }
};

namespace detail {

// A tensor's record: dtype, rank, form (1 byte each); the extents (u64 each); and, by the form, nothing (0), a summary
// of 32 bytes (1), or the compressed size (2, u64). Most records have no summary, so the code up to the extents is
// inlined: the compiler then reads the shape and does not build the rest of the view.
[[gnu::always_inline]] inline bool is_summarized(const tensor::tensor_view& view, const audit_limits& limits) noexcept {
  return view.size_bytes() <= limits.summary_bytes;
}
[[gnu::always_inline]] inline std::size_t tensor_record_size(const tensor::tensor_view& view,
                                                             const audit_limits& limits) noexcept {
  return 3 + 8 * view.rank() + (is_summarized(view, limits) ? 32 : 0);
}
[[gnu::always_inline]] inline std::byte* write_tensor_shape(std::byte* at, const tensor::tensor_view& view,
                                                            bool summarized) noexcept {
  at = put(at, static_cast<unsigned char>(view.dtype()));
  at = put(at, static_cast<unsigned char>(view.rank()));
  at = put(at, summarized);
  for (const std::size_t extent : view.shape()) at = put(at, std::uint64_t{extent});
  return at;
}
inline std::byte* write_tensor_summary(std::byte* at, const tensor::tensor_view& view) noexcept {
  const tensor::tensor_summary summary = summarize(view);
  at = put(at, summary.low);
  at = put(at, summary.high);
  at = put(at, summary.mean);
  return put(at, std::uint64_t{summary.nan_count + summary.infinity_count});
}
inline std::byte* write_tensor_record(std::byte* at, const tensor::tensor_view& view,
                                      const audit_limits& limits) noexcept {
  const bool summarized = is_summarized(view, limits);
  at = write_tensor_shape(at, view, summarized);
  return summarized ? write_tensor_summary(at, view) : at;
}
/// write_tensor_record for a tensor whose view the compiler can leave unbuilt unless a summary is due.
template <class T>
[[gnu::noinline]] std::byte* write_summary_of(std::byte* at, const T& value) noexcept {
  return write_tensor_summary(at, tensor::view_of(value));
}
template <class T>
[[gnu::always_inline]] inline std::byte* write_record_of(std::byte* at, const T& value,
                                                         const audit_limits& limits) noexcept {
  const tensor::tensor_view view = tensor::view_of(value);
  const bool summarized = is_summarized(view, limits);
  at = write_tensor_shape(at, view, summarized);
  return summarized ? write_summary_of(at, value) : at;
}
/// The form of a record of a compressed tensor.
inline constexpr unsigned char tensor_is_compressed = 2;

inline const std::byte* render_tensor_record(const std::byte* at, std::string& json) {
  json += "{\"dtype\":";
  append_json(json, to_string(static_cast<tensor::dtype>(take<unsigned char>(at))));
  const auto rank = take<unsigned char>(at);
  const auto form = take<unsigned char>(at);
  json += ",\"shape\":[";
  bool empty = false;
  for (unsigned axis = 0; axis < rank; ++axis) {
    if (axis != 0) json += ',';
    const auto extent = take<std::uint64_t>(at);
    empty = empty || extent == 0;
    append_json(json, extent);
  }
  json += ']';
  if (form == tensor_is_compressed) {
    json += ",\"compressed_bytes\":";
    append_json(json, take<std::uint64_t>(at));
  } else if (form != 0) {
    const auto low = take<double>(at);
    const auto high = take<double>(at);
    const auto mean = take<double>(at);
    const auto non_finite = take<std::uint64_t>(at);
    if (!empty) {
      json += ",\"min\":";
      append_json(json, low);
      json += ",\"max\":";
      append_json(json, high);
      json += ",\"mean\":";
      append_json(json, mean);
    }
    json += ",\"non_finite\":";
    append_json(json, non_finite);
  }
  json += '}';
  return at;
}

}  // namespace detail

template <detail::audit_tensor T>
struct audit_codec<T> {
  static std::size_t size(const T& value, const audit_limits& limits) noexcept {
    return detail::tensor_record_size(tensor::view_of(value), limits);
  }
  static std::byte* write(std::byte* at, const T& value, const audit_limits& limits) noexcept {
    return detail::write_record_of(at, value, limits);
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    return detail::render_tensor_record(at, json);
  }
};

template <detail::audit_compressible T>
struct audit_codec<T> {
  static std::size_t size(const T& value, const audit_limits& limits) noexcept {
    if (value.plain() != nullptr) return detail::tensor_record_size(tensor::view_of(*value.plain()), limits);
    return 3 + 8 * value.compressed()->shape().rank() + 8;
  }
  static std::byte* write(std::byte* at, const T& value, const audit_limits& limits) noexcept {
    if (value.plain() != nullptr) return detail::write_tensor_record(at, tensor::view_of(*value.plain()), limits);
    const auto& tensor = *value.compressed();
    at = detail::put(at, static_cast<unsigned char>(tensor.dtype()));
    at = detail::put(at, static_cast<unsigned char>(tensor.shape().rank()));
    at = detail::put(at, detail::tensor_is_compressed);
    for (const std::size_t extent : tensor.shape()) at = detail::put(at, std::uint64_t{extent});
    return detail::put(at, std::uint64_t{tensor.compressed_bytes()});
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    return detail::render_tensor_record(at, json);
  }
};

template <detail::audit_bundle T>
struct audit_codec<T> {
  static std::size_t size(const T& value, const audit_limits& limits) noexcept {
    std::size_t bytes = 16;
    std::size_t left = limits.entries;
    tensor::for_each_tensor(value, [&](const tensor::tensor_view& view) {
      if (left == 0) return;
      --left;
      bytes += detail::tensor_record_size(view, limits);
    });
    return bytes;
  }
  static std::byte* write(std::byte* at, const T& value, const audit_limits& limits) noexcept {
    std::byte* const counts = at;
    at += 16;
    std::uint64_t whole = 0;
    tensor::for_each_tensor(value, [&](const tensor::tensor_view& view) {
      if (whole++ < limits.entries) at = detail::write_tensor_record(at, view, limits);
    });
    detail::put(detail::put(counts, whole), whole < limits.entries ? whole : std::uint64_t{limits.entries});
    return at;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    return detail::render_list(at, json, detail::render_tensor_record);
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_AUDIT_CODEC_HPP
