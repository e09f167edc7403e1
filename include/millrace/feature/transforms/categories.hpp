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
#include <vector>

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
  template <class Give>
  void parameters(const Give& give) const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < known.size(); ++i) all.push_back(known[i]);
    give("categories", std::move(all));
  }
  bool ready() const noexcept { return known.size() != 0; }
  void save(envelope_writer& to) const { known.save(to); }
  bool load(envelope_reader& from) { return known.load(from, most_categories); }
};
// At most so many categories are learnt; in the type, or given at run time.
template <std::size_t Most>
struct fixed_most {
  static constexpr std::size_t most = Most;
};
struct given_most {
  std::size_t most = 0;
};
/// The different categories, up to one more than are allowed.
template <class Most, class Vocabulary>
struct category_fitter : Most {
  Vocabulary seen;

  void update(const category_cell& x) { add(x.value); }
  void merge(const category_fitter& other) {
    for (std::size_t i = 0; i < other.seen.size(); ++i) add(other.seen[i]);
  }
  /// Returns null, or what is wrong.
  const char* give(Vocabulary& known) const {
    if (seen.size() == 0) return "no value";
    if (seen.size() > this->most) return "more categories than its `most` allows";
    known = seen;
    known.sort();
    return nullptr;
  }

 private:
  void add(std::string_view text) {
    if (seen.size() <= this->most) seen.insert(text);
  }
};
template <class Most, class Vocabulary>
struct fitted_categorical_kernel : categorical_kernel<Vocabulary>, Most {
  using fitter = category_fitter<Most, Vocabulary>;
  fitter begin() const { return {*this, {}}; }
  const char* fit(const fitter& from) { return from.give(this->known); }
};

/// Categories in the type.
template <fixed_string... Labels>
struct fixed_labels : fixed_width<sizeof...(Labels)> {
  static_assert(
      sizeof...(Labels) > 0 && ((Labels.view().size() > 0) && ...),
      "millrace[FEATURE-14]: one_hot<\"country\", \"DE\", \"FR\"> needs at least one category, and none is empty");
  static constexpr std::size_t width = sizeof...(Labels);
  static constexpr std::string_view labels[width] = {Labels.view()...};
  static constexpr std::string_view label(std::size_t i) noexcept { return labels[i]; }
  static constexpr std::size_t place(std::string_view text) noexcept {
    std::size_t found = width;
    for (std::size_t i = 0; i < width; ++i)
      if (text == labels[i]) found = i;
    return found;
  }

  static constexpr bool distinct() noexcept {
    for (std::size_t i = 0; i < width; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (labels[i] == labels[j]) return false;
    return true;
  }
  static_assert(distinct(), "millrace[FEATURE-15]: one_hot names a category twice");
};
template <class Labels>
struct one_hot_kernel : Labels {
  static constexpr std::string_view kind = "one_hot";
  using cell = category_cell;
  static constexpr trouble_set meets = of_categories | bit_of(trouble::unknown);

  void describe(std::string& text) const {
    text += '(';
    for (std::size_t i = 0; i < this->width; ++i) (text += i == 0 ? "" : ", ") += this->label(i);
    text += ')';
  }
  void suffix(std::string& text, std::size_t i) const { (text += '=') += this->label(i); }
  void absent(float* out) const noexcept { fill_columns(out, this->width, 0); }
  trouble write(const category_cell& x, float* out) const noexcept {
    absent(out);
    const std::size_t found = this->place(x.value);
    if (found == this->width) return trouble::unknown;
    out[found] = 1;
    return trouble::none;
  }
  template <class Give>
  void parameters(const Give& give) const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < this->width; ++i) all.emplace_back(this->label(i));
    give("categories", std::move(all));
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

/// The width of a hash. Its type is deduced, so that the compiler comes by the check where it is asked for.
template <std::size_t Width>
constexpr auto hash_width() {
  static_assert(Width >= 1 && Width <= most_places, "millrace[FEATURE-16]: a hash has 1 to 65,536 columns");
  return fixed_width<Width>();
}

/// What hashed and cross have in common: the columns are places of a hash.
template <class Width>
struct places : Width {
  static constexpr trouble_set meets = of_categories;

  void describe(std::string& text) const { ((text += '(') += std::to_string(this->width)) += ')'; }
  static void suffix(std::string& text, std::size_t i) { (text += '#') += std::to_string(i); }
  void absent(float* out) const noexcept { fill_columns(out, this->width, 0); }
  void mark(std::uint64_t hash, float* out) const noexcept {
    absent(out);
    out[place_of(hash, this->width)] = 1;
  }
  template <class Give>
  void parameters(const Give& give) const {
    give("columns", static_cast<double>(this->width));
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

template <class Width>
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

  static crossed of(const category_cell& read, trouble found) noexcept {
    return {hash_of(read.value), found == trouble::none};
  }
  crossed with(const crossed& b) const noexcept {
    return {folded_product(hash + 0x9e3779b97f4a7c15U, b.hash ^ 0xe7037ed1a0b428dbU), complete && b.complete};
  }
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
    return with_cell<category_cell>(event, accessor, crossed::of);
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
    return first(event).with(rest(event));
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
template <class Width>
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
  return detail::make_transform<Name>(
      std::move(accessor), detail::fitted_categorical_kernel<detail::fixed_most<Most>, detail::vocabulary>(), rules...);
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
  return detail::make_transform<Name>(std::move(accessor), detail::one_hot_kernel<detail::fixed_labels<Labels...>>(),
                                      rules...);
}

/// Transform: a category of any number of values as `Width` columns, 1 in the place that its hash gives and 0 in all
/// others. The hash is the same on every machine. Values that share a place are not told apart.
template <fixed_string Name, std::size_t Width, class Accessor, class... Rules>
constexpr auto hashed(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor),
                                      detail::hashed_kernel<decltype(detail::hash_width<Width>())>(), rules...);
}

/// Transform: two or three categories together, hashed into `Width` columns. Missing if one of them is.
template <fixed_string Name, std::size_t Width, class First, class Second, class... Rules>
constexpr auto cross(First first, Second second, Rules... rules) {
  return detail::make_transform<Name>(detail::cross_of<First, Second>{{std::move(first)}, {std::move(second)}},
                                      detail::cross_kernel<decltype(detail::hash_width<Width>())>(), rules...);
}
template <fixed_string Name, std::size_t Width, class First, class Second, class Third, class... Rules>
requires(!detail::is_rule<Third>)
constexpr auto cross(First first, Second second, Third third, Rules... rules) {
  return detail::make_transform<Name>(
      detail::cross_of<First, Second, Third>{{std::move(first)}, {{std::move(second)}, {std::move(third)}}},
      detail::cross_kernel<decltype(detail::hash_width<Width>())>(), rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_CATEGORIES_HPP
