#ifndef MILLRACE_FEATURE_TRANSFORMS_CATEGORIES_HPP
#define MILLRACE_FEATURE_TRANSFORMS_CATEGORIES_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/hash.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {

/// The categories of a `categorical` that is given them, in the order of their codes. Of a text that comes twice the
/// first counts; empty ones are left out.
class categories {
 public:
  /// Of a list of texts, or a container of them.
  template <class Text>
  categories(std::initializer_list<Text> texts) {
    for (const auto& text : texts) insert(texts_, text);
  }
  template <class Texts>
  requires std::is_convertible_v<decltype(*std::declval<const Texts&>().begin()), std::string_view>
  explicit categories(const Texts& texts) {
    for (const auto& text : texts) insert(texts_, text);
  }
  const detail::vocabulary& texts() const noexcept { return texts_; }

 private:
  template <class Vocabulary>
  static void insert(Vocabulary& into, std::string_view text) {
    if (!text.empty()) into.insert(text);
  }
  detail::vocabulary texts_;
};

namespace detail {

/// At most so many categories are numbered: floats count exactly up to it.
inline constexpr std::size_t most_categories = std::size_t{1} << 24;

template <class Vocabulary>
struct categorical_kernel {
  static constexpr std::string_view kind = "categorical";
  using cell = category_cell;
  static constexpr std::size_t width = 1;
  static constexpr trouble_set meets = of_categories | bit_of(trouble::unknown);
  Vocabulary known;

  static void describe(std::string&) noexcept {}
  static void suffix(std::string&, std::size_t) noexcept {}
  static void absent(float* out) noexcept { *out = missing_value; }
  trouble write(const category_cell& x, float* out) const noexcept {
    if (!ready()) return absent(out), trouble::none;
    const std::size_t number = known.find(x.value);
    *out = number == Vocabulary::none ? 0 : static_cast<float>(number + 1);
    return number == Vocabulary::none ? trouble::unknown : trouble::none;
  }
  bool ready() const noexcept { return known.size() != 0; }
  void save(envelope_writer& to) const { known.save(to); }
  bool load(envelope_reader& from) { return known.load(from, most_categories); }
};
template <std::size_t Most, class Vocabulary>
struct fitted_categorical_kernel : categorical_kernel<Vocabulary> {
  struct fitter {
    Vocabulary seen;
    void update(const category_cell& x) {
      if (seen.size() <= Most) seen.insert(x.value);
    }
  };
  const char* fit(const fitter& from) {
    if (from.seen.size() == 0) return "no value";
    if (from.seen.size() > Most) return "more categories than allowed";
    this->known = from.seen;
    this->known.sort();
    return nullptr;
  }
};

template <fixed_string... Labels>
struct one_hot_kernel {
  static_assert(
      sizeof...(Labels) > 0 && ((Labels.view().size() > 0) && ...),
      "millrace[FEATURE-14]: one_hot<\"country\", \"DE\", \"FR\"> needs at least one category, and none is empty");
  static constexpr std::size_t width = sizeof...(Labels);
  static constexpr std::string_view labels[width] = {Labels.view()...};

  static constexpr bool distinct() noexcept {
    for (std::size_t i = 0; i < width; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (labels[i] == labels[j]) return false;
    return true;
  }
  static_assert(distinct(), "millrace[FEATURE-15]: one_hot names a category twice");

  static constexpr std::string_view kind = "one_hot";
  using cell = category_cell;
  static constexpr trouble_set meets = of_categories | bit_of(trouble::unknown);

  static void describe(std::string& text) {
    for (std::size_t i = 0; i < width; ++i) (text += i == 0 ? "(" : ", ") += labels[i];
    text += ')';
  }
  static void suffix(std::string& text, std::size_t i) { (text += '=') += labels[i]; }
  static void absent(float* out) noexcept { fill_columns(out, width, 0); }
  trouble write(const category_cell& x, float* out) const noexcept {
    trouble met = trouble::unknown;
    for (std::size_t i = 0; i < width; ++i) {
      const bool same = x.value == labels[i];
      out[i] = same ? 1.F : 0.F;
      if (same) met = trouble::none;
    }
    return met;
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

/// What hashed and cross have in common: the columns are places of a hash.
template <std::size_t Width>
struct places {
  static_assert(Width >= 1 && Width <= 65'536, "millrace[FEATURE-16]: a hash has 1 to 65,536 columns");
  static constexpr std::size_t width = Width;
  static constexpr trouble_set meets = of_categories;

  static void describe(std::string& text) { ((text += '(') += std::to_string(Width)) += ')'; }
  static void suffix(std::string& text, std::size_t i) { (text += '#') += std::to_string(i); }
  static void absent(float* out) noexcept { fill_columns(out, Width, 0); }
  static void mark(std::uint64_t hash, float* out) noexcept {
    absent(out);
    out[place_of(hash, Width)] = 1;
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

template <std::size_t Width>
struct hashed_kernel : places<Width> {
  static constexpr std::string_view kind = "hashed";
  using cell = category_cell;
  trouble write(const category_cell& x, float* out) const noexcept {
    this->mark(hash_of(x.value), out);
    return trouble::none;
  }
};

/// The hash of several categories of an event, in their order. Missing if one of them is.
struct crossed {
  std::uint64_t hash = 0;
  bool complete = true;
};
template <class... Accessors>
struct cross_of;
template <class Accessor>
struct cross_of<Accessor> {
  Accessor accessor;

  template <class Event>
  requires reads<Event, Accessor>
  crossed operator()(const Event& event) const {
    static_assert(category_cell::accepts<value_read<Event, Accessor>>,
                  "millrace[FEATURE-7]: a transform of categories reads no text, integer, bool or enumerator; put "
                  "fractions into a bucket first");
    return with_cell<category_cell>(event, accessor, [](const category_cell& read, trouble found) {
      return crossed{hash_of(read.value), found == trouble::none};
    });
  }
};
template <class First, class... Rest>
requires(sizeof...(Rest) > 0)
struct cross_of<First, Rest...> {
  cross_of<First> first;
  cross_of<Rest...> rest;

  template <class Event>
  requires(reads<Event, First> && reads<Event, cross_of<Rest...>>)
  crossed operator()(const Event& event) const {
    const crossed a = first(event);
    const crossed b = rest(event);
    return {folded_product(a.hash + 0x9e3779b97f4a7c15U, b.hash ^ 0xe7037ed1a0b428dbU), a.complete && b.complete};
  }
};
struct cross_cell {
  template <class T>
  static constexpr bool accepts = std::is_same_v<T, crossed>;
  std::uint64_t hash = 0;

  trouble read(const crossed& from) noexcept {
    hash = from.hash;
    return from.complete ? trouble::none : trouble::missing;
  }
};
template <std::size_t Width>
struct cross_kernel : places<Width> {
  static constexpr std::string_view kind = "cross";
  using cell = cross_cell;
  trouble write(const cross_cell& x, float* out) const noexcept {
    this->mark(x.hash, out);
    return trouble::none;
  }
};

}  // namespace detail

/// Transform: a category as its code in one column. The categories seen by `fit` have the codes 1, 2, ... in the order
/// of their bytes; a category that was not among them is `unknown` and has the code 0, if that is kept.
/// Errors: of `fit`: more than `Most` categories.
template <fixed_string Name, std::size_t Most = 1'000'000, class Accessor, class... Rules>
constexpr auto categorical(Accessor accessor, Rules... rules) {
  static_assert(
      Most >= 1 && Most < detail::most_categories,
      "millrace[FEATURE-17]: categorical<Name, Most> needs 1 <= Most < 2^24, up to which floats count exactly");
  return detail::make_transform<Name>(std::move(accessor),
                                      detail::fitted_categorical_kernel<Most, detail::vocabulary>(), rules...);
}
/// The same with categories that are given, not fitted. The first has the code 1.
template <fixed_string Name, class Accessor, class... Rules>
auto categorical(Accessor accessor, const categories& given, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor),
                                      detail::categorical_kernel<detail::vocabulary>{given.texts()}, rules...);
}

/// Transform: one column for each of the categories named, 1 in that of the value and 0 in all others. A value that is
/// none of them is `unknown`, and has zeros alone if that is kept.
template <fixed_string Name, fixed_string... Labels, class Accessor, class... Rules>
constexpr auto one_hot(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::one_hot_kernel<Labels...>(), rules...);
}

/// Transform: a category of any number of values as `Width` columns, 1 in the place that its hash gives and 0 in all
/// others. The hash is the same on every machine. Values that share a place are not told apart.
template <fixed_string Name, std::size_t Width, class Accessor, class... Rules>
constexpr auto hashed(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::hashed_kernel<Width>(), rules...);
}

/// Transform: two or three categories together, hashed into `Width` columns. Missing if one of them is.
template <fixed_string Name, std::size_t Width, class First, class Second, class... Rules>
constexpr auto cross(First first, Second second, Rules... rules) {
  return detail::make_transform<Name>(detail::cross_of<First, Second>{{std::move(first)}, {std::move(second)}},
                                      detail::cross_kernel<Width>(), rules...);
}
template <fixed_string Name, std::size_t Width, class First, class Second, class Third, class... Rules>
requires(!detail::is_rule<Third>)
constexpr auto cross(First first, Second second, Third third, Rules... rules) {
  return detail::make_transform<Name>(
      detail::cross_of<First, Second, Third>{{std::move(first)}, {{std::move(second)}, {std::move(third)}}},
      detail::cross_kernel<Width>(), rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_CATEGORIES_HPP
