#ifndef MILLRACE_OBSERVE_METRICS_LABEL_SET_HPP
#define MILLRACE_OBSERVE_METRICS_LABEL_SET_HPP

#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// Whether a name is letters, digits, `_` and, with `colons`, `:`, and does not begin with a digit.
constexpr bool is_name(std::string_view name, bool colons) noexcept {
  const auto letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  if (name.empty() || !letter(name.front())) return false;
  for (const char c : name)
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  return true;
}

}  // namespace detail

/// The labels of one series, in the order of their names: `{{"event", "forward"}, {"split", "train"}}`.
///
/// Values may be any bytes. A byte that is not UTF-8 is kept as `\xHH`, because the systems that collect metrics refuse
/// a whole page for one such byte. Where a value holds such four characters itself, its backslash becomes `\x5c`. Names
/// are checked when a metric is made.
class label_set {
 public:
  struct label {
    std::string name;
    std::string value;
    friend bool operator==(const label&, const label&) = default;
  };

  label_set() = default;
  label_set(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
    for (const auto& [name, value] : labels) add(name, value);
  }

  /// Adds a label at its place in the order of names; a second one of the same name fails in `validate`.
  label_set& add(std::string_view name, std::string_view value) {
    auto place = labels_.end();
    while (place != labels_.begin() && name < (place - 1)->name) --place;
    labels_.insert(place, label{std::string(name), detail::valid_utf8(value)});
    return *this;
  }

  auto begin() const noexcept { return labels_.begin(); }
  auto end() const noexcept { return labels_.end(); }
  std::size_t size() const noexcept { return labels_.size(); }
  bool empty() const noexcept { return labels_.empty(); }

  /// The value of the label of this name; empty if there is none: to collectors an empty label is no label.
  std::string_view operator[](std::string_view name) const noexcept {
    for (const label& l : labels_)
      if (l.name == name) return l.value;
    return {};
  }

  friend bool operator==(const label_set&, const label_set&) = default;

  /// Checks that collectors accept the names: letters, digits and `_`, no digit first, no `__` in front, none twice,
  /// and none equal to `reserved`.
  /// Errors: invalid_argument.
  result<void> validate(std::string_view reserved = {}) const {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const std::string& name = labels_[i].name;
      if (!detail::is_name(name, false) || name.starts_with("__"))
        return error(errc::invalid_argument, "label \"" + detail::valid_utf8(name) +
                                                 "\": a name is letters, digits and '_', no digit first and no \"__\"");
      if (name == reserved) return error(errc::invalid_argument, "label \"" + name + "\" is the histogram's own");
      if (i > 0 && labels_[i - 1].name == name)
        return error(errc::invalid_argument, "label \"" + name + "\" is given twice");
    }
    return {};
  }

 private:
  std::vector<label> labels_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_LABEL_SET_HPP
