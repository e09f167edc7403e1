#ifndef MILLRACE_INFER_DETAIL_OPERATORS_COLUMNS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_COLUMNS_HPP

#include <millrace/infer/detail/operators/class_scores.hpp>
#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Operators of `ai.onnx.ml` that prepare columns: Scaler, Normalizer, Imputer, Binarizer, ArrayFeatureExtractor,
// FeatureVectorizer, ZipMap.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// The rows of an input of any type of number that classical models take, as doubles, one row at a time.
class number_rows {
 public:
  template <class = void>
  bool plan(planner& at, std::size_t input = 0) {
    const shape& sizes = at.sizes(input);
    if (sizes.empty() || sizes.size() > 2) return at.refuse("its input is of shape " + text_of(sizes));
    columns_ = static_cast<std::size_t>(sizes.back());
    rows_ = sizes.size() == 2 ? static_cast<std::size_t>(sizes[0]) : 1;
    from_ = at.in(input).data;
    bytes_ = tensor::size_of(at.in(input).type);
    row_.resize(columns_);
    const bool is_number = at.in(input).kind == graph_kind::tensor && size_of(at.in(input).type) > 2;
    read_ = is_number ? conversion_of(at.in(input).type, dtype::f64) : nullptr;
    return read_ != nullptr || at.refuse_type(input);
  }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  /// Valid until the next row is asked for.
  std::span<double> row(std::size_t i) noexcept {
    read_(from_ + i * columns_ * bytes_, reinterpret_cast<std::byte*>(row_.data()), columns_);
    return row_;
  }

 private:
  const std::byte* from_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  conversion read_ = nullptr;
  std::vector<double> row_;
};

/// Whether a list of an attribute has one number for all columns, or one for each.
template <class = void>
bool one_or_each(planner& at, std::string_view name, std::size_t size, std::size_t columns) {
  return size == 1 || size == columns ||
         at.refuse("attribute " + std::string(name) + ": " + std::to_string(size) + " elements for " +
                   std::to_string(columns) + " columns");
}

template <class = void>
bool plan_scaler(planner& at) {
  number_rows rows;
  const auto scale = at.reals("scale");
  const auto offset = at.reals("offset");
  if (!rows.plan(at) || !one_or_each(at, "scale", scale.size(), rows.columns()) ||
      !one_or_each(at, "offset", offset.size(), rows.columns()))
    return false;
  float* const out = at.out<float>(0, at.sizes(0));
  const bool whole = at.in(0).type != dtype::f64;
  return at.run([=]() mutable {
    float* to = out;
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t j = 0; const double x : rows.row(i)) {
        const float from = offset[offset.size() == 1 ? 0 : j];
        const float by = scale[scale.size() == 1 ? 0 : j];
        // Rows of floats are scaled in floats, as ONNX Runtime does: a tree may stand right behind.
        *to++ = whole ? (static_cast<float>(x) - from) * by
                      : static_cast<float>((x - static_cast<double>(from)) * static_cast<double>(by));
        ++j;
      }
  });
}

/// By the largest element, by the sum of sizes, or by the root of the sum of squares. A row whose norm is zero stays.
template <class = void>
bool plan_normalizer(planner& at) {
  const std::string_view norm = at.text("norm", "MAX");
  if (norm != "MAX" && norm != "L1" && norm != "L2") return at.refuse("attribute norm: \"" + std::string(norm) + '"');
  number_rows rows;
  if (!rows.plan(at)) return false;
  float* const out = at.out<float>(0, at.sizes(0));
  const char kind = norm.back();
  return at.run([=]() mutable {
    float* to = out;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const std::span<const double> row = rows.row(i);
      double size = kind == 'X' ? -std::numeric_limits<double>::infinity() : 0;
      for (const double x : row) {
        if (kind == 'X') size = x > size ? x : size;
        if (kind == '1') size += std::fabs(x);
        if (kind == '2') size += x * x;
      }
      if (kind == '2') size = std::sqrt(size);
      for (const double x : row) *to++ = static_cast<float>(size == 0 ? x : x / size);
    }
  });
}

template <class = void>
bool plan_imputer(planner& at) {
  const bool real = is_floating(at.in(0).type);
  const auto wholes = at.wholes("imputed_value_int64s");
  const auto reals = at.reals("imputed_value_floats");
  const std::size_t given = real ? reals.size() : wholes.size();
  if (at.sizes(0).empty()) return at.refuse("its input is a single number");
  const auto columns = static_cast<std::size_t>(at.sizes(0).back());
  if (!one_or_each(at, real ? "imputed_value_floats" : "imputed_value_int64s", given, columns)) return false;
  const float gone_real = at.real("replaced_value_float", 0);
  const std::int64_t gone_whole = at.whole("replaced_value_int64", 0);
  const element_pointer from = at.as_computed(0);
  const element_pointer to = at.out_computed(0, at.sizes(0));
  return at.run_as<float, double, std::int64_t>(0, at.computed(0), [=, count = at.in(0).count()]<class T>(T) {
    const T* const x = from;
    const T gone = real ? static_cast<T>(gone_real) : static_cast<T>(gone_whole);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t column = given == 1 ? 0 : i % columns;
      const bool is_gone = x[i] == gone || (gone != gone && x[i] != x[i]);
      const T with = real ? static_cast<T>(reals[column]) : static_cast<T>(wholes[column]);
      static_cast<T*>(to)[i] = is_gone ? with : x[i];
    }
  });
}

/// 1 above the threshold, else 0, also for NaN.
template <class = void>
bool plan_binarizer(planner& at) {
  if (at.in(0).kind != graph_kind::tensor) return at.refuse_type(0);
  const double* const x = at.as(0, dtype::f64);
  double* const y = at.out_from(0, at.in(0).type, dtype::f64, at.sizes(0));
  return at.run([=, threshold = static_cast<double>(at.real("threshold", 0)), count = at.in(0).count()] {
    for (std::size_t i = 0; i < count; ++i) y[i] = x[i] > threshold ? 1 : 0;
  });
}

/// Chooses columns, of the last dimension. An index outside is refused, or chooses the last one if it comes with a row.
template <class = void>
bool plan_array_feature_extractor(planner& at) {
  const shape& from = at.sizes(0);
  if (from.empty() || from.back() == 0) return at.refuse("it chooses from nothing");
  if (!at.in(1).is(dtype::i64)) return at.refuse_type(1);
  const auto columns = static_cast<std::uint64_t>(from.back());
  if (const auto known = at.known_wholes(1))
    for (const std::int64_t each : *known)
      if (static_cast<std::uint64_t>(each) >= columns)
        return at.refuse("it chooses column " + std::to_string(each) + " of " + std::to_string(columns));
  const std::size_t count = at.in(1).count();
  shape sizes = from;
  sizes.back() = static_cast<std::int64_t>(count);
  if (sizes.size() == 1) sizes.insert(sizes.begin(), 1);
  const std::size_t unit = at.in(0).element_size();
  const std::size_t rows = elements(from) / static_cast<std::size_t>(columns);
  const std::byte* const source = at.in(0).data;
  const auto* const indices = at.data<std::int64_t>(1);
  std::byte* const out = at.out(0, at.in(0).kind, at.in(0).type, std::move(sizes));
  return at.run([=] {
    std::byte* to = out;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t i = 0; i < count; ++i) {
        const auto index = static_cast<std::uint64_t>(indices[i]);
        std::memcpy(to, source + (row * columns + (index < columns ? index : columns - 1)) * unit, unit);
        to += unit;
      }
  });
}

/// Puts columns of all inputs beside each other; each has as many as `inputdimensions` says, with zeros behind.
template <class = void>
bool plan_feature_vectorizer(planner& at) {
  const auto widths = at.wholes("inputdimensions");
  if (widths.size() != at.inputs())
    return at.refuse("attribute inputdimensions: " + std::to_string(widths.size()) + " elements for " +
                     std::to_string(at.inputs()) + " inputs");
  std::vector<number_rows> parts(at.inputs());
  std::size_t width = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!at.has(i)) return at.refuse("an input is missing");
    if (!parts[i].plan(at, i)) return false;
    if (parts[i].rows() != parts[0].rows()) return at.refuse("its inputs are of different numbers of rows");
    if (widths[i] < 0 || widths[i] > std::int64_t{1} << 32)
      return at.refuse("attribute inputdimensions: " + std::to_string(widths[i]));
    width += static_cast<std::size_t>(widths[i]);
  }
  const shape sizes{static_cast<std::int64_t>(parts[0].rows()), static_cast<std::int64_t>(width)};
  float* const out = at.out<float>(0, sizes);
  return at.run([out, widths, parts = std::move(parts)]() mutable {
    float* to = out;
    for (std::size_t row = 0; row < parts[0].rows(); ++row)
      for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::span<const double> from = parts[i].row(row);
        for (std::size_t j = 0; j < static_cast<std::size_t>(widths[i]); ++j)
          *to++ = j < from.size() ? static_cast<float>(from[j]) : 0;
      }
  });
}

/// Passes scores on. The map of each row is the row; `graph_engine::class_names` says what stands in which column.
template <class = void>
bool plan_zip_map(planner& at) {
  const std::size_t texts = at.texts("classlabels_strings").size();
  const std::size_t classes = texts != 0 ? texts : at.wholes("classlabels_int64s").size();
  if (at.sizes(0).empty() || static_cast<std::size_t>(at.sizes(0).back()) != classes)
    return at.refuse("it names " + std::to_string(classes) + " classes for scores of shape " + text_of(at.sizes(0)));
  return at.same(0, 0, at.sizes(0));
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_COLUMNS_HPP
