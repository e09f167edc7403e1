// An exporter of your own is a function of a snapshot of the metrics. This one writes CSV for a spreadsheet.
#include <millrace/observe.hpp>

#include <cstdio>
#include <string>

namespace mr = millrace;

std::string to_csv(const mr::observe::metrics_snapshot& snapshot) {
  std::string out = "name,labels,value\n";
  for (const mr::observe::metric_family_samples& family : snapshot.families())
    for (const mr::observe::metric_sample& sample : family.samples) {
      std::string labels;
      for (const auto& [name, value] : sample.labels()) labels += (labels.empty() ? "" : ";") + name + '=' + value;
      const bool counted = family.family->type != mr::observe::metric_type::gauge;
      out += family.family->name + ",\"" + labels + "\",";
      mr::append_json(out, counted ? static_cast<double>(sample.count) : sample.value);
      out += '\n';
    }
  return out;
}

int main() {
  mr::observe::metrics_registry registry;
  const auto rows = registry.counter({"rows", "Rows read."}, {{"split", "train"}});
  const auto loss = registry.gauge({"loss", "Of the last batch."});
  if (!rows || !loss) return 1;
  rows->add(569);
  loss->set(0.25);
  const std::string csv = to_csv(registry.snapshot());
  std::fputs(csv.c_str(), stdout);
  return csv == "name,labels,value\nrows,\"split=train\",569\nloss,\"\",0.25\n" ? 0 : 1;
}
