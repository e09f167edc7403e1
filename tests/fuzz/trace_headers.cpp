// Headers of requests: what is read of traceparent and tracestate is written so that it reads back, and every Accept
// header has a format.
#include <millrace/observe/export/negotiate.hpp>
#include <millrace/observe/tracing/span_context.hpp>
#include <millrace/observe/tracing/trace_state.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace mo = millrace::observe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto parent = mo::parse_traceparent(text)) {
    const auto again = mo::parse_traceparent(to_traceparent(*parent));
    if (!again || *again != *parent || !*parent) std::abort();
  }
  if (auto state = mo::trace_state::parse(text)) {
    const auto again = mo::trace_state::parse(state->header());
    if (!again || *again != *state || state->size() > mo::trace_state::most_members) std::abort();
    if (!state->set("fuzz", "x") || state->size() > mo::trace_state::most_members || (*state)["fuzz"] != "x")
      std::abort();
  }
  mo::trace_state fresh;
  const std::size_t half = size / 2;
  if (fresh.set(text.substr(0, half), text.substr(half)) &&
      (fresh[text.substr(0, half)] != text.substr(half) || *mo::trace_state::parse(fresh.header()) != fresh))
    std::abort();
  if (content_type(mo::negotiate(text)).empty()) std::abort();
  return 0;
}
