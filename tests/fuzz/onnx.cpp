// Any bytes are read as an ONNX model, which then is written and read the same, or are an error.
#include <millrace/model/formats/onnx.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace mr = millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto made = mr::model::read_onnx(std::as_bytes(std::span(data, size)));
  if (!made) return 0;
  const auto written = mr::model::write_onnx(*made);
  if (!written) return 0;
  const auto again = mr::model::read_onnx(*written);
  if (!again) std::abort();
  const auto twice = mr::model::write_onnx(*again);
  if (!twice || *twice != *written) std::abort();
  return 0;
}
