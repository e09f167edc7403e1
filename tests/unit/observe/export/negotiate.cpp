#include <millrace/observe/export/negotiate.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
using mr::observe::negotiate;
using mr::observe::page_format;

TEST_CASE("negotiate: what Prometheus servers ask for") {
  // Prometheus 2.42 with native histograms, and without; Prometheus 3.
  CHECK(negotiate("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                  "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
                  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == page_format::protobuf);
  CHECK(negotiate("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == page_format::openmetrics);
  CHECK(negotiate("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                  "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;"
                  "q=0.3,text/plain;version=0.0.4;q=0.2,/;q=0.1") == page_format::openmetrics);
}

TEST_CASE("negotiate: the weight decides, and then the order") {
  CHECK(negotiate("text/plain;q=0.9, application/openmetrics-text;q=0.8") == page_format::prometheus);
  CHECK(negotiate("text/plain;q=0.8, application/openmetrics-text;q=0.801") == page_format::openmetrics);
  CHECK(negotiate("text/plain, application/openmetrics-text") == page_format::prometheus);
  CHECK(negotiate("application/openmetrics-text, text/plain") == page_format::openmetrics);
  CHECK(negotiate("Application/OpenMetrics-Text ; Version = \"1.0.0\" ; Q=1") == page_format::openmetrics);
  CHECK(negotiate("application/openmetrics-text;q=0, */*") == page_format::prometheus);
  CHECK(negotiate("application/vnd.google.protobuf;proto=\"a,b;c\";encoding=delimited,"
                  "application/openmetrics-text;q=0.1") == page_format::openmetrics);
}

TEST_CASE("negotiate: whoever asks for something else, or for nothing, gets Prometheus' text") {
  for (const char* accept : {"", "*/*", "text/html", ",,,;;;===", "application/vnd.google.protobuf",
                             "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
                             "application/openmetrics-text;version=2.0.0", "application/openmetrics-text;q=nonsense",
                             "application/openmetrics-text;q=1.5", "application/openmetrics-text;q=-1",
                             "application/openmetrics-text;q=", "\"application/openmetrics-text",
                             "application/openmetrics-text;q=\"", "application/openmetrics-textx", "\\"})
    CHECK(negotiate(accept) == page_format::prometheus);
}

TEST_CASE("negotiate: hostile headers end") {
  std::string header = "application/openmetrics-text;version=1.0.0,application/vnd.google.protobuf;q=0.5";
  for (std::size_t size = 0; size <= header.size(); ++size) (void)negotiate(std::string_view(header).substr(0, size));
  for (std::size_t at = 0; at < header.size(); ++at)
    for (const char c : {'"', '\\', ',', ';', '=', '\0', '\xff'}) {
      std::string damaged = header;
      damaged[at] = c;
      (void)negotiate(damaged);
    }
  CHECK(negotiate(std::string(100'000, ',')) == page_format::prometheus);
  CHECK(negotiate(std::string(100'000, '"')) == page_format::prometheus);
}

TEST_CASE("negotiate: a response to a scrape") {
  mr::observe::metrics_registry registry;
  const std::string accept = "application/openmetrics-text;version=1.0.0";
  std::string body;
  // [page]
  const auto format = mr::observe::negotiate(accept);  // the header `Accept` of the request
  const std::string_view type = content_type(format);  // the header `Content-Type` of the response
  append_page(body, registry.snapshot(), format);
  // [/page]
  CHECK(type == mr::observe::openmetrics_content_type);
  CHECK(body == "# EOF\n");
}

TEST_CASE("negotiate: a page is written in the format that was chosen") {
  mr::observe::metrics_registry registry;
  registry.counter({"rows_total", "Rows."}).value().add(3);
  const auto snapshot = registry.snapshot();
  std::string page;
  append_page(page, snapshot, page_format::prometheus);
  CHECK(page == to_prometheus(snapshot));
  page.clear();
  append_page(page, snapshot, page_format::openmetrics);
  CHECK(page == to_openmetrics(snapshot));
  page.clear();
  append_page(page, snapshot, page_format::protobuf);
  CHECK(page == to_prometheus_protobuf(snapshot));
  CHECK(content_type(page_format::prometheus) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(content_type(page_format::openmetrics) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(content_type(page_format::protobuf) ==
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
}
