// Any bytes and any double become strict JSON, by nlohmann_json's judgement.
#include <millrace/core/json_writer.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  double number = 0;
  if (size >= sizeof number) std::memcpy(&number, data, sizeof number);
  std::string out;
  millrace::json_writer(out)
      .begin_object()
      .member("text", std::string_view(reinterpret_cast<const char*>(data), size))
      .member("number", number)
      .end_object();
  if (!nlohmann::json::accept(out)) std::abort();
  return 0;
}
