// Any bytes that are an ONNX model of known operators are planned for small inputs and run, or are an error.
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/formats/onnx.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto made = mr::model::read_onnx(std::as_bytes(std::span(data, size)));
  if (!made) return 0;
  const auto engine = mr::infer::graph_engine::make(*std::move(made));
  if (!engine) return 0;
  for (const std::int64_t open : {0, 1, 3}) {
    std::vector<std::vector<std::int64_t>> shapes;
    for (std::size_t i = 0; i < engine->inputs(); ++i) {
      shapes.emplace_back();
      const auto& type = engine->input(i).type;
      if (type && type->shape)
        for (const auto& each : *type->shape) shapes.back().push_back(each.size < 0 ? open : each.size);
    }
    auto run = engine->prepare(shapes, std::size_t{1} << 20);
    if (!run) continue;
    for (std::size_t i = 0; i < run->inputs(); ++i) {
      for (float& each : run->input<float>(i)) each = static_cast<float>(i) - 1.5F;
      for (double& each : run->input<double>(i)) each = 0.5 - static_cast<double>(i);
      for (std::int64_t& each : run->input<std::int64_t>(i)) each = static_cast<std::int64_t>(i) - 1;
      for (std::string_view& each : run->input<std::string_view>(i)) each = "a";
    }
    run->run();
    for (std::size_t i = 0; i < run->inputs(); ++i)
      for (float& each : run->input<float>(i)) each = std::numeric_limits<float>::quiet_NaN();
    run->run();
  }
  return 0;
}
