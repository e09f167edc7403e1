// A dashboard of a service: what its metrics, its models and a split of its traffic say, and a panel of its own.
#include <millrace/connect/rest.hpp>
#include <millrace/connect/rest/dashboard.hpp>
#include <millrace/connect/rest/parts/watched_requests.hpp>
#include <millrace/deliver/split.hpp>
#include <millrace/model/linear.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace rest = mr::connect::rest;

// [own]
using traffic_split = mr::deliver::split_percentage<"flats-2026", 100>;

struct shares_panel {
  const traffic_split* split;
  std::string_view title() const noexcept { return "Variants"; }
  mr::result<void> show(rest::panel_writer& to) const {
    to.figure("Share of the candidate", 100 * split->share(1), "%");
    to.state("Candidate", split->share(1) > 0 ? "has requests" : "has none");
    to.table("Shares", {"Variant", "Share, %"}).row({"stable", 100 * split->share(0)});
    to.row({"candidate", 100 * split->share(1)});
    return {};
  }
};
// [/own]

mr::result<void> show_flats(const mr::model::linear_regression& prices) {
  traffic_split split;
  if (auto set = split.set_share(1, 0.05); !set) return set;
  // [board]
  mr::observe::metrics_registry metrics;
  rest::served_models models;
  if (auto added = models.add("flats", prices); !added) return added;
  const rest::api open({}, rest::predictions(models), rest::watched_requests(metrics));

  rest::live_board board({.title = "Prices of flats"}, rest::traffic_panel(metrics), rest::models_panel(models),
                         shares_panel{&split});
  const rest::api inner({}, rest::dashboard(board));  // for a server of those who run it
  // [/board]
  const mr::store::handler_transport clients(open);
  const mr::store::handler_transport people(inner);
  const auto predicted = clients.send({.method = "POST",
                                       .target = "/pipeline/ml/predict",
                                       .headers = {{"Content-Type", "application/json"}},
                                       .body = R"({"model_name":"flats","features":[[75,2]]})"});
  board.refresh();
  const auto page = people.send({.target = "/dashboard"});
  const auto state = people.send({.target = "/dashboard/state"});
  if (!predicted || !page || !state) return mr::error(mr::errc::io, "no response");
  std::printf("predict %d, page %d, state %d\n", predicted->status, page->status, state->status);
  for (const char* shown : {"Prices of flats", "/pipeline/ml/predict", "\"flats\"", "Share of the candidate"}) {
    if (state->body.find(shown) == std::string::npos) return mr::error(mr::errc::not_found, shown);
    std::printf("the dashboard shows %s\n", shown);
  }
  return {};
}

int main() {
  const std::vector<float> flats{50, 1, 60, 3, 80, 2, 100, 5, 120, 4};
  const std::vector<float> thousands{151, 183, 242, 305, 364};
  const auto prices = mr::model::linear_regression::fit(mr::model::matrix_view(flats, 2), thousands);
  const auto shown = prices ? show_flats(*prices) : mr::result<void>(prices.error());
  if (!shown) std::fprintf(stderr, "%s\n", shown.error().describe().c_str());
  return shown ? 0 : 1;
}
