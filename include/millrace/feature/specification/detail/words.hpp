#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_WORDS_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_WORDS_HPP

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/specification/detail/given_kernels.hpp>
#include <millrace/feature/specification/detail/named_transform.hpp>
#include <millrace/feature/specification/detail/parameter_reader.hpp>
#include <millrace/feature/transforms/buckets.hpp>
#include <millrace/feature/transforms/categories.hpp>
#include <millrace/feature/transforms/missing.hpp>
#include <millrace/feature/transforms/numbers.hpp>
#include <millrace/feature/transforms/scalings.hpp>
#include <millrace/feature/transforms/texts.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// From the word for a transform to its kernel. All are templates, so that including them compiles none of the kernels.

using made_transform = owning_pointer<named_transform>;
template <class Kernel>
made_transform boxed(Kernel kernel, const given_policy& how) {
  return made_transform(new transform_of<Kernel>(std::move(kernel), how));
}

/// Two bounds, by one of two pairs of names.
template <class Reader>
range bounds_of(Reader& from) {
  const bool short_names = from.has("min") || from.has("max");
  const range read{from.number(short_names ? "min" : "low", math::nan),
                   from.number(short_names ? "max" : "high", math::nan)};
  if (read.low > read.high) from.refuse("the lower bound is above the upper one");
  return read;
}

template <class Reader>
made_transform plain_of(std::string_view type, const given_policy& how) {
  if (type == "numerical") return boxed(numerical_kernel(), how);
  if (type == "log") return boxed(log_kernel(), how);
  if (type == "log1p") return boxed(log1p_kernel(), how);
  if (type == "missing_flag") return boxed(missing_flag_kernel(), how);
  if (type == "text_length") return boxed(text_length_kernel(), how);
  if (type == "word_count") return boxed(word_count_kernel(), how);
  return {};
}
template <class Reader>
made_transform standardize_of(Reader& from, const given_policy& how) {
  using seen = aggregate<millrace::min, millrace::max, mean, population_stddev>;
  if (!from.has("mean") && !from.has("stddev")) return boxed(fitted_standardize_kernel<seen>(), how);
  const standardize_kernel given{{}, from.number("mean", math::nan), from.number("stddev", math::nan)};
  if (!(given.stddev > 0)) from.refuse("parameter \"stddev\" should be above 0");
  return boxed(given, how);
}
template <class Reader>
made_transform min_max_of(Reader& from, const given_policy& how) {
  if (!from.has("low") && !from.has("high") && !from.has("min") && !from.has("max"))
    return boxed(fitted_min_max_kernel<aggregate<millrace::min, millrace::max>>(), how);
  return boxed(min_max_kernel{{}, bounds_of(from)}, how);
}
template <class Reader>
made_transform bucket_of(Reader& from, const given_policy& how) {
  const bool fixed = from.has("edges");
  if (fixed == from.has("quantiles")) {
    from.refuse(fixed ? "parameters \"edges\" and \"quantiles\" are both given"
                      : "parameter \"edges\" is needed, or "
                        "\"quantiles\"");
    return {};
  }
  if (!fixed) {
    given_edges room{std::vector<double>(from.whole("quantiles", 2, 1000, 0) - 1)};
    return boxed(quantile_bucket_kernel<given_edges, kll<800>>(std::move(room)), how);
  }
  std::vector<double> edge = from.numbers("edges");
  heap_sort(edge.data(), edge.size(), [](double a, double b) { return a < b; });
  return boxed(bucket_kernel<given_edges>{{}, {std::move(edge)}}, how);
}
template <class Reader>
made_transform impute_of(Reader& from, const given_policy& how) {
  if (from.has_number("with")) return boxed(given_impute_kernel{{}, from.number("with", math::nan)}, how);
  const std::string_view with = from.text("with", "mean");
  if (with == "mean") return boxed(impute_kernel<mean>(), how);
  if (with == "median") return boxed(impute_kernel<median>(), how);
  if (with == "min") return boxed(impute_kernel<millrace::min>(), how);
  if (with == "max") return boxed(impute_kernel<millrace::max>(), how);
  from.refuse("parameter \"with\" is \"" + printable(with) + "\", it should be mean, median, min, max or a number");
  return {};
}
/// The categories that are given, in their order. Of one that is given twice the first counts.
template <class Vocabulary, class Reader>
Vocabulary labels_of(Reader& from) {
  Vocabulary made;
  for (const std::string& text : from.texts("categories"))
    if (!text.empty()) made.insert(text);
  if (from.has("most")) from.refuse("parameters \"categories\" and \"most\" are both given");
  return made;
}
template <class Reader>
made_transform one_hot_of(Reader& from, const given_policy& how) {
  if (!from.has("categories")) {
    fitted_one_hot_kernel<vocabulary> made;
    made.most = from.whole("most", 1, most_places, 100);
    return boxed(std::move(made), how);
  }
  one_hot_kernel<given_labels<vocabulary>> made;
  made.use(labels_of<vocabulary>(from));
  return boxed(std::move(made), how);
}
template <class Reader>
made_transform categorical_of(Reader& from, const given_policy& how) {
  if (from.has("categories")) return boxed(categorical_kernel<vocabulary>{labels_of<vocabulary>(from)}, how);
  fitted_categorical_kernel<given_most, vocabulary> made;
  made.most = from.whole("most", 1, most_categories - 1, 1'000'000);
  return boxed(std::move(made), how);
}
template <class Reader>
made_transform temporal_of(Reader& from, const given_policy& how) {
  if (!from.has("parts")) return boxed(given_temporal_kernel({0, 1}), how);
  std::vector<std::size_t> parts;
  for (const std::string& text : from.texts("parts")) {
    std::size_t part = 0;
    while (part < all_parts::size && given_temporal_kernel::word(part) != text) ++part;
    for (const std::size_t other : parts)
      if (other == part) from.refuse("parameter \"parts\" names \"" + printable(text) + "\" twice");
    if (part == all_parts::size)
      from.refuse("parameter \"parts\" has \"" + printable(text) +
                  "\"; known are hour, weekday, day, month, and cyclic before one of them");
    else
      parts.push_back(part);
  }
  return boxed(given_temporal_kernel(std::move(parts)), how);
}
template <class Reader>
made_transform hashed_of(std::string_view type, Reader& from, const given_policy& how) {
  if (type == "ngrams")
    return boxed(ngrams_kernel<given_grams>{{from.whole("length", 1, most_gram_length, 0),
                                             from.whole("columns", 1, most_places, 0)}},
                 how);
  const given_width columns{from.whole("columns", 1, most_places, 0)};
  if (type == "cross") return boxed(cross_kernel<given_width>{{columns}}, how);
  return boxed(hashed_kernel<given_width>{{columns}}, how);
}

/// The types that there are, as errors list them.
inline constexpr std::string_view known_types =
    "numerical, log, log1p, clip, standardize, min_max (normalize), bucket, impute, missing_flag, one_hot (onehot), "
    "categorical, hashed, cross, temporal, text_length, word_count, ngrams, text, aggregation";

/// The transform of a type; null if there is no such type, or the reader found something wrong.
template <class Reader>
made_transform transform_named(std::string_view type, Reader& from, const given_policy& how) {
  if (type == "clip") return boxed(clip_kernel{{}, bounds_of(from)}, how);
  if (type == "standardize") return standardize_of(from, how);
  if (type == "min_max" || type == "normalize") return min_max_of(from, how);
  if (type == "bucket") return bucket_of(from, how);
  if (type == "impute") return impute_of(from, how);
  if (type == "one_hot" || type == "onehot") return one_hot_of(from, how);
  if (type == "categorical") return categorical_of(from, how);
  if (type == "temporal") return temporal_of(from, how);
  if (type == "hashed" || type == "cross" || type == "ngrams") return hashed_of(type, from, how);
  if (made_transform plain = plain_of<Reader>(type, how)) return plain;
  from.refuse("type \"" + printable(type) + "\" is not known; known are " + std::string(known_types));
  return {};
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_WORDS_HPP
