#include <millrace/observe/export/prometheus_protobuf.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <string>

namespace mr = millrace;

namespace {

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

}  // namespace

// What whole pages hold is decoded by tests/observe/protobuf_page.py and by a Prometheus server. The bytes below were
// written by Python's google.protobuf 3.21.12 from Debian's client_model 0.3.0, metrics.proto.
TEST_CASE("prometheus_protobuf: the bytes of a counter, a gauge and a histogram") {
  mr::observe::metrics_registry registry;
  mr::observe::exemplar example({0, 10}, {11});
  example.unix_nanoseconds = 1'500'000'001'250'000'000;
  registry.counter({"rows_total", "Rows."}, {{"split", "train"}}).value().add(3, example);
  registry.gauge({"loss", "Loss."}).value().set(-0.5);
  const auto seen = registry.histogram({"size", ""}, {1, 4}).value();
  seen.update(0.5);
  seen.update(3);
  CHECK(hex_of(to_prometheus_protobuf(registry.snapshot())) ==
        "95010a0a726f77735f746f74616c1205526f77732e1800227e0a0e0a0573706c69741205747261696e1a6c0900000000"
        "0000084012610a2c0a0874726163655f6964122030303030303030303030303030303030303030303030303030303030"
        "303030610a1b0a077370616e5f69641210303030303030303030303030303030621100000000000008401a0b0881dea0"
        "cb051080e59a771c0a046c6f737312054c6f73732e1801220b120909000000000000e0bf400a0473697a651200180422"
        "343a320802110000000000000c401a0b080111000000000000f03f1a0b08021100000000000010401a0b080211000000"
        "000000f07f");
}

TEST_CASE("prometheus_protobuf: a native histogram has spans of buckets and their differences") {
  mr::observe::metrics_registry registry;
  const auto seen =
      registry.native_histogram({"size", ""}, {.schema = 1, .least = 0x1p-4, .greatest = 0x1p8, .both_signs = true})
          .value();
  seen.update(0);
  for (int i = 0; i < 3; ++i) seen.update(1);  // bucket 0
  seen.update(2.5);                            // bucket 3, two empty ones between
  seen.update(200);                            // bucket 16, a span of its own
  seen.update(-1);
  CHECK(hex_of(to_prometheus_protobuf(registry.snapshot())) ==
        "440a0473697a651200180422383a360807110000000000906940280231000000000000b03f38014a0408001001500262"
        "040800100462040818100168066805680068026800");
}

TEST_CASE("prometheus_protobuf: a snapshot of nothing is an empty page") {
  CHECK(to_prometheus_protobuf(mr::observe::metrics_registry().snapshot()).empty());
}
