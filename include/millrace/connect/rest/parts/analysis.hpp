#ifndef MILLRACE_CONNECT_REST_PARTS_ANALYSIS_HPP
#define MILLRACE_CONNECT_REST_PARTS_ANALYSIS_HPP

#include <millrace/connect/rest/detail/json_numbers.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/cluster/k_means.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/isolation_forest.hpp>
#include <millrace/store/http.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// The part of an API that looks at rows as they come, with no model to be kept:
///
///     POST /pipeline/ml/clustering    {"features": [[1, 2], ...], "n_clusters": 3}
///     POST /pipeline/ml/anomalies     {"features": [[1, 2], ...], "contamination": 0.05}
///
/// Clusters are those of k-means; anomalies those of an isolation forest, -1 for one and 1 for any other row, with the
/// score of each. They are computed while the client waits, so rows are few.
class analysis {
  static constexpr std::size_t most_rows = 10'000;
  static constexpr member cluster_members[] = {{.name = "features",
                                                .kind = value_kind::rows,
                                                .least = 1,
                                                .most = most_rows,
                                                .about = "a row each, none missing"},
                                               {.name = "n_clusters",
                                                .kind = value_kind::integer,
                                                .is_required = false,
                                                .least = 1,
                                                .most = 100,
                                                .about = "8, if it is left out"}};
  static constexpr member anomaly_members[] = {
      {.name = "features", .kind = value_kind::rows, .least = 1, .most = most_rows, .about = "a row each"},
      {.name = "contamination",
       .kind = value_kind::number,
       .is_required = false,
       .least = 0,
       .most = 0.5,
       .about = "the share of anomalies; 0, or left out: rows with paths shorter than the average"}};
  static constexpr std::string_view clustered =
      R"({"type":"object","required":["centers","inertia","labels"],"properties":{"centers":{"type":"array"},)"
      R"("inertia":{"type":["number","null"]},"labels":{"type":"array","items":{"type":"integer"}}}})";
  static constexpr std::string_view judged =
      R"({"type":"object","required":["anomalies","scores"],"properties":{"anomalies":{"type":"array",)"
      R"("items":{"enum":[-1,1]}},"scores":{"type":"array"}}})";

  result<store::http_response> cluster(const call& asked) const {
    const model::matrix_view rows = asked.in.rows("features");
    const auto clusters = static_cast<std::size_t>(asked.in.integer("n_clusters", 8));
    const auto fitted = model::k_means::fit(rows, {.clusters = clusters});
    if (!fitted) return told(fitted.error());
    std::vector<std::uint32_t> labels(rows.rows());
    fitted->nearest(rows, labels);
    std::string json;
    json_writer out(json);
    out.begin_object().key("centers").begin_array();
    for (std::size_t k = 0; k < fitted->clusters(); ++k) {
      out.begin_array();
      for (std::size_t i = 0; i < rows.columns(); ++i) detail::write_number(out, fitted->centre(k, i));
      out.end_array();
    }
    detail::write_number(out.end_array().key("inertia"), fitted->inertia());
    out.key("labels").begin_array();
    for (const std::uint32_t each : labels) out.value(each);
    out.end_array().end_object();
    return json_response(std::move(json));
  }
  result<store::http_response> find_anomalies(const call& asked) const {
    const model::matrix_view rows = asked.in.rows("features");
    const auto fitted = model::isolation_forest::fit(rows, {.contamination = asked.in.number("contamination")});
    if (!fitted) return told(fitted.error());
    std::vector<double> scores(rows.rows());
    fitted->predict(rows, scores);
    std::string json;
    json_writer out(json);
    out.begin_object().key("anomalies").begin_array();
    for (std::size_t i = 0; i < rows.rows(); ++i) out.value(fitted->is_outlier(rows.row(i)) ? -1 : 1);
    out.end_array().key("scores");
    detail::write_numbers(out, scores);
    out.end_object();
    return json_response(std::move(json));
  }
  /// What is wrong with rows is wrong with the body.
  static store::http_response told(const error& why) { return problem_response(why, 422); }

 public:
  static constexpr route<analysis> routes[] = {
      {"POST",
       "/pipeline/ml/clustering",
       &analysis::cluster,
       {.id = "cluster",
        .summary = "Part rows into clusters",
        .tag = "models",
        .takes = cluster_members,
        .returns = clustered}},
      {"POST",
       "/pipeline/ml/anomalies",
       &analysis::find_anomalies,
       {.id = "find_anomalies",
        .summary = "Find rows that are unlike the others",
        .tag = "models",
        .takes = anomaly_members,
        .returns = judged}},
  };
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_ANALYSIS_HPP
