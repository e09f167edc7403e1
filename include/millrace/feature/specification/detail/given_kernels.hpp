#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_GIVEN_KERNELS_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_GIVEN_KERNELS_HPP

#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/transforms/categories.hpp>
#include <millrace/feature/transforms/temporal.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// What kernels need whose columns are known at run time only.

/// Categories that are given at run time, or learnt.
template <class Vocabulary>
struct given_labels : given_width {
  Vocabulary known;

  given_labels() noexcept { this->width = 0; }
  void use(Vocabulary labels) {
    known = std::move(labels);
    this->width = known.size();
  }
  const std::string& label(std::size_t i) const noexcept { return known[i]; }
  std::size_t place(std::string_view text) const noexcept {
    const std::size_t found = known.find(text);
    return found == Vocabulary::none ? known.size() : found;
  }
};
/// One column for each category that `fit` sees, in the order of their bytes.
template <class Vocabulary>
struct fitted_one_hot_kernel : one_hot_kernel<given_labels<Vocabulary>>, given_most {
  using fitter = category_fitter<given_most, Vocabulary>;

  fitter begin() const { return {*this, {}}; }
  const char* fit(const fitter& from) {
    Vocabulary found;
    const char* const wrong = from.give(found);
    if (wrong == nullptr) this->use(std::move(found));
    return wrong;
  }
  bool ready() const noexcept { return this->width != 0; }
  void save(envelope_writer& to) const { this->known.save(to); }
  bool load(envelope_reader& from) {
    Vocabulary found;
    if (!found.load(from, this->most)) return false;
    this->use(std::move(found));
    return true;
  }
};

/// A list of the parts of a moment.
template <class... Parts>
struct part_list {
  /// Calls visit with the type of part i.
  template <class Visit>
  static void visit(std::size_t i, const Visit& visit_part) {
    ((i-- == 0 ? visit_part(std::type_identity<Parts>()) : void()), ...);
  }
  static constexpr std::size_t size = sizeof...(Parts);
};
using all_parts = part_list<hour, weekday, day, month, cyclic<hour>, cyclic<weekday>, cyclic<day>, cyclic<month>>;

/// As temporal_kernel, of parts that are given at run time by their places in `all_parts`.
struct given_temporal_kernel : given_width {
  static constexpr std::string_view kind = "temporal";
  using cell = time_cell;
  static constexpr trouble_set meets = of_numbers;
  std::vector<std::size_t> parts;

  explicit given_temporal_kernel(std::vector<std::size_t> given) : parts(std::move(given)) {
    width = 0;
    for (const std::size_t part : parts)
      all_parts::visit(part, [this]<class P>(std::type_identity<P>) { width += part_of_time<P>::width; });
  }
  static std::string word(std::size_t part) {
    std::string text;
    all_parts::visit(part, [&]<class P>(std::type_identity<P>) { part_of_time<P>::describe(text); });
    return text;
  }
  void describe(std::string& text) const {
    text += '(';
    for (std::size_t i = 0; i < parts.size(); ++i) (text += i == 0 ? "" : ", ") += word(parts[i]);
    text += ')';
  }
  void suffix(std::string& text, std::size_t i) const {
    for (const std::size_t part : parts)
      all_parts::visit(part, [&]<class P>(std::type_identity<P>) {
        if (i < part_of_time<P>::width) part_of_time<P>::append_name(text, i);
        i -= part_of_time<P>::width;  // after the part that was meant, it is beyond all others
      });
  }
  void absent(float* out) const noexcept { fill_columns(out, width, missing_value); }
  trouble write(const time_cell& x, float* out) const noexcept {
    const moment at(x.value);
    for (const std::size_t part : parts)
      all_parts::visit(part, [&]<class P>(std::type_identity<P>) {
        part_of_time<P>::write(at, out);
        out += part_of_time<P>::width;
      });
    return trouble::none;
  }
  template <class Give>
  void parameters(const Give& give) const {
    std::vector<std::string> all;
    for (const std::size_t part : parts) all.push_back(word(part));
    give("parts", std::move(all));
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_GIVEN_KERNELS_HPP
