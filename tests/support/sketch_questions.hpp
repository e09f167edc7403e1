#ifndef MILLRACE_TESTS_SUPPORT_SKETCH_QUESTIONS_HPP
#define MILLRACE_TESTS_SUPPORT_SKETCH_QUESTIONS_HPP

#include <optional>
#include <string>

// What tests/oracle/sketches.py asks of each kind of sketch, put to ours.
namespace support {

template <class S>
std::optional<double> ask_quantiles(const S& sketch, const std::string& query, const std::string& argument) {
  using value = typename S::value_type;
  if (query == "count") return static_cast<double>(sketch.count());
  if (query == "smallest") return sketch.min();
  if (query == "largest") return sketch.max();
  if (query == "quantile") return sketch.quantile(std::stod(argument));
  if (query == "rank" || query == "rank_near") return sketch.rank(static_cast<value>(std::stod(argument)));
  return std::nullopt;
}

template <class S>
std::optional<double> ask_kll(const S& sketch, const std::string& query, const std::string& argument) {
  if (query == "k") return sketch.k();
  if (query == "retained") return static_cast<double>(sketch.retained());
  if (query == "rank_error") return sketch.rank_error();
  if (query == "pmf_error") return sketch.pmf_error();
  return ask_quantiles(sketch, query, argument);
}

template <class S>
std::optional<double> ask_tdigest(const S& sketch, const std::string& query, const std::string& argument) {
  if (query == "k") return sketch.k();
  return ask_quantiles(sketch, query, argument);
}

template <class S>
std::optional<double> ask_hll(const S& sketch, const std::string& query, const std::string&) {
  if (query == "lg_k") return sketch.lg_k();
  if (query == "estimate" || query == "estimate_within") return sketch.estimate();
  return std::nullopt;
}

template <class S>
std::optional<double> ask_theta(const S& sketch, const std::string& query, const std::string&) {
  if (query == "retained") return static_cast<double>(sketch.retained());
  if (query == "fraction") return sketch.fraction();
  if (query == "estimate") return sketch.estimate();
  return std::nullopt;
}

template <class S>
std::optional<double> ask_frequent(const S& sketch, const std::string& query, const std::string& argument) {
  if (query == "total") return static_cast<double>(sketch.total());
  if (query == "retained") return static_cast<double>(sketch.retained());
  if constexpr (requires { sketch.lower(argument); }) {
    if (query == "lower") return static_cast<double>(sketch.lower(argument));
    if (query == "upper") return static_cast<double>(sketch.upper(argument));
  } else {
    if (query == "lower") return static_cast<double>(sketch.lower(std::stoll(argument)));
    if (query == "upper") return static_cast<double>(sketch.upper(std::stoll(argument)));
  }
  return std::nullopt;
}

template <class S>
std::optional<double> ask_count_min(const S& sketch, const std::string& query, const std::string& argument) {
  if (query == "total") return sketch.total();
  if (query == "buckets") return static_cast<double>(sketch.buckets());
  if (query == "rows") return static_cast<double>(sketch.rows());
  if (query == "estimate_number") return sketch.estimate(std::stoll(argument));
  if (query == "estimate_text") return sketch.estimate(argument);
  return std::nullopt;
}

template <class S>
std::optional<double> ask_req(const S& sketch, const std::string& query, const std::string& argument) {
  if (query == "k") return sketch.k();
  if (query == "retained") return static_cast<double>(sketch.retained());
  if (query == "high_ranks") return sketch.high_ranks() ? 1.0 : 0.0;
  return ask_quantiles(sketch, query, argument);
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SKETCH_QUESTIONS_HPP
