#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_PARAMETER_READER_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_PARAMETER_READER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/specification/specification.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// Reads the parameters of a specification. What is wrong first is kept, so that a maker may read all and ask once;
/// what a maker did not ask for is unknown.
/// A template, so that including it does not compile its members.
template <class Specification>
class basic_parameter_reader {
 public:
  explicit basic_parameter_reader(const Specification& from) : from_(from) {}

  const std::string& problem() const noexcept { return problem_; }
  void refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }
  bool has(std::string_view name) { return find(name) != nullptr; }
  /// Whether it is there, as a number.
  bool has_number(std::string_view name) { return has(name) && !find(name)->numbers.empty(); }

  /// A finite number; `usual` if there is none. NaN as `usual`: it is needed.
  double number(std::string_view name, double usual) {
    const auto* const one = find(name);
    if (one == nullptr) {
      if (math::is_nan(usual)) refuse("parameter \"" + std::string(name) + "\" is needed");
      return usual;
    }
    if (one->numbers.size() != 1 || !one->texts.empty() || !math::is_finite(one->numbers[0])) {
      refuse("parameter \"" + std::string(name) + "\" should be a finite number");
      return 0;
    }
    return one->numbers[0];
  }
  /// A whole number between two others; 0 as `usual`: it is needed.
  std::size_t whole(std::string_view name, std::size_t least, std::size_t most, std::size_t usual) {
    const double found = number(name, usual == 0 ? math::nan : static_cast<double>(usual));
    if (found >= static_cast<double>(least) && found <= static_cast<double>(most) && math::floor(found) == found)
      return static_cast<std::size_t>(found);
    refuse("parameter \"" + std::string(name) + "\" is " + number_text(found) + ", it should be a whole number from " +
           std::to_string(least) + " to " + std::to_string(most));
    return least;
  }
  std::string_view text(std::string_view name, std::string_view usual) {
    const auto* const one = find(name);
    if (one == nullptr) return usual;
    if (one->texts.size() == 1 && one->numbers.empty()) return one->texts[0];
    refuse("parameter \"" + std::string(name) + "\" should be a text");
    return usual;
  }
  /// Finite numbers, at least one. Precondition: has(name).
  std::vector<double> numbers(std::string_view name) {
    const auto* const one = find(name);
    bool possible = !one->numbers.empty() && one->texts.empty();
    for (const double x : one->numbers) possible = possible && math::is_finite(x);
    if (!possible) refuse("parameter \"" + std::string(name) + "\" should be finite numbers");
    return possible ? one->numbers : std::vector<double>{0};
  }
  /// Texts, at least one, of which none is empty. Precondition: has(name).
  const std::vector<std::string>& texts(std::string_view name) {
    const auto* const one = find(name);
    bool possible = !one->texts.empty() && one->numbers.empty();
    for (const std::string& text : one->texts) possible = possible && !text.empty();
    if (!possible) refuse("parameter \"" + std::string(name) + "\" should be texts, of which none is empty");
    return one->texts;
  }

  /// Call it when all was read: refuses what was not asked for, and what stands there twice.
  void finish() {
    for (std::size_t i = 0; i < from_.parameters.size(); ++i) {
      const std::string& name = from_.parameters[i].name;
      for (std::size_t j = 0; j < i; ++j)
        if (from_.parameters[j].name == name) refuse("parameter \"" + name + "\" is given twice");
      bool known = false;
      std::string list;
      for (const std::string_view one : asked_) {
        known = known || one == name;
        (list += list.empty() ? "" : ", ") += one;
      }
      if (!known) refuse(from_.type + " has no parameter \"" + name + '"' + (list.empty() ? "" : "; it has " + list));
    }
  }

 private:
  const parameter* find(std::string_view name) {
    bool noted = false;
    for (const std::string_view one : asked_) noted = noted || one == name;
    if (!noted) asked_.push_back(name);
    for (const parameter& one : from_.parameters)
      if (one.name == name) return &one;
    return nullptr;
  }

  const Specification& from_;
  std::vector<std::string_view> asked_;
  std::string problem_;
};
using parameter_reader = basic_parameter_reader<specification>;

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_PARAMETER_READER_HPP
