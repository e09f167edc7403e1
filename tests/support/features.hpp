#ifndef MILLRACE_TESTS_SUPPORT_FEATURES_HPP
#define MILLRACE_TESTS_SUPPORT_FEATURES_HPP

#include <millrace/feature/features.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

/// What features make of one event.
template <class Set>
std::vector<float> row_of(const Set& features, const typename Set::event_type& event) {
  std::vector<float> row(Set::width, -99);
  (void)features(event, row);
  return row;
}

/// An event of one member, and its transform alone, fitted on some values.
template <class T>
struct one {
  T x{};
};
template <class T, class Transform>
auto alone(Transform transform, const std::vector<T>& fitted_on = {}) {
  auto made = millrace::feature::features<one<T>>(transform);
  std::vector<one<T>> events;
  for (const T& x : fitted_on) events.push_back({x});
  if (!events.empty() && !made.fit(events)) throw std::runtime_error("not fitted");
  return made;
}

/// The first column of what features of `one<T>` make of a value.
template <class Set, class T>
float first_of(const Set& features, const T& x) {
  return row_of(features, {x})[0];
}

inline double reference_number(int i) { return static_cast<double>((i * i * 7919 + i) % 977 - 300) / 8; }
inline std::vector<double> reference_numbers() {
  std::vector<double> made;
  for (int i = 0; i < 500; ++i) made.push_back(reference_number(i));
  return made;
}

inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Whether two rows are the same, NaN in the same places.
inline bool same_rows(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(a[i] == b[i] || (a[i] != a[i] && b[i] != b[i]))) return false;
  return true;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FEATURES_HPP
