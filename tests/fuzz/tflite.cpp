// Any bytes are read as a TensorFlow Lite model, whose graph then can be written, or are an error.
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/formats/tflite.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace mr = millrace;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto made = mr::model::read_tflite(std::as_bytes(std::span(data, size)));
  if (made && !mr::model::write_onnx(*made)) std::abort();
  return 0;
}
