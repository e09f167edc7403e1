// The C interface: nothing but the border between C and the library. What is found is batch_summary's.
#include "millrace_c.h"

#include "arrow_columns.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/batch.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;

struct millrace_state {
  mf::batch_summary summary;
};

namespace {

// An array of characters, so that an error for want of memory needs none.
thread_local char last_error[1024] = "";

std::int32_t failed(std::int32_t code, std::string_view text) noexcept {
  std::size_t size = text.size() < sizeof last_error ? text.size() : sizeof last_error - 1;
  while (size < text.size() && size != 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;  // UTF-8
  std::memcpy(last_error, text.data(), size);
  last_error[size] = '\0';
  return code;
}
std::int32_t failed(const mr::error& why) { return failed(static_cast<std::int32_t>(why.code()), why.describe()); }
std::int32_t null_pointer(const char* which) {
  return failed(mr::error(mr::errc::invalid_argument, std::string(which) + " is a null pointer"));
}

/// Calls what may fail; no exception leaves.
template <class Call>
std::int32_t guarded(Call&& call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return failed(MILLRACE_NO_MEMORY, "out of memory");
  } catch (const std::exception& thrown) {
    return failed(MILLRACE_UNEXPECTED, thrown.what());
  } catch (...) {
    return failed(MILLRACE_UNEXPECTED, "an unknown exception");
  }
}

/// A copy that `millrace_free` frees, with a zero behind it.
template <class Byte>
std::int32_t hand_over(const void* from, std::size_t bytes, Byte** to, std::size_t* size) {
  auto* const made = static_cast<char*>(std::malloc(bytes + 1));
  if (made == nullptr) throw std::bad_alloc();
  if (bytes != 0) std::memcpy(made, from, bytes);
  made[bytes] = '\0';
  *to = reinterpret_cast<Byte*>(made);
  *size = bytes;
  return MILLRACE_OK;
}

/// Releases what `millrace_update` was given, whatever happens.
struct consumed {
  ArrowSchema* schema;
  ArrowArray* array;

  consumed(ArrowSchema* s, ArrowArray* a) noexcept : schema(s), array(a) {}
  consumed(const consumed&) = delete;
  consumed& operator=(const consumed&) = delete;
  ~consumed() {
    if (array != nullptr && array->release != nullptr) array->release(array);
    if (schema != nullptr && schema->release != nullptr) schema->release(schema);
  }
};

bool is_named(const mf::batch_plan& plan, std::string_view column) {
  if (column == plan.time && !plan.time.empty()) return true;
  for (const mf::batch_value& one : plan.values)
    if (one.column == column) return true;
  for (const std::string& one : plan.by)
    if (one == column) return true;
  return false;
}

std::int32_t update(millrace_state& state, const ArrowSchema& schema, const ArrowArray& array) {
  if (schema.release == nullptr) return failed(mr::error(mr::errc::invalid_data, "Arrow: the schema was released"));
  scale_out::arrow_columns columns;
  const mf::batch_plan& plan = state.summary.plan();
  auto done = columns.read(schema, array, [&](std::string_view name) { return is_named(plan, name); });
  if (done) done = state.summary.update(columns.columns(), columns.rows());
  return done ? std::int32_t{MILLRACE_OK} : failed(done.error());
}

}  // namespace

extern "C" {

std::int32_t millrace_abi_version(void) { return 1; }

const char* millrace_last_error(void) { return last_error; }

std::int32_t millrace_init(const char* plan, std::size_t size, millrace_state** state) {
  return guarded([&] {
    if (state == nullptr) return null_pointer("state");
    *state = nullptr;
    if (plan == nullptr) return null_pointer("plan");
    auto read = mf::batch_plan_of(std::string_view(plan, size));
    if (!read) return failed(read.error());
    auto made = mf::batch_summary::make(*std::move(read));
    if (!made) return failed(made.error());
    *state = new millrace_state{*std::move(made)};
    return std::int32_t{MILLRACE_OK};
  });
}

std::int32_t millrace_update(millrace_state* state, ArrowSchema* schema, ArrowArray* array) {
  const consumed both(schema, array);
  return guarded([&] {
    if (state == nullptr) return null_pointer("state");
    if (schema == nullptr) return null_pointer("schema");
    if (array == nullptr) return null_pointer("array");
    return update(*state, *schema, *array);
  });
}

std::int32_t millrace_serialize(const millrace_state* state, std::uint8_t** bytes, std::size_t* size) {
  return guarded([&] {
    if (bytes == nullptr || size == nullptr) return null_pointer("bytes or size");
    *bytes = nullptr;
    if (state == nullptr) return null_pointer("state");
    const std::vector<std::byte> saved = state->summary.save();
    return hand_over(saved.data(), saved.size(), bytes, size);
  });
}

std::int32_t millrace_load(const std::uint8_t* bytes, std::size_t size, millrace_state** state) {
  return guarded([&] {
    if (state == nullptr) return null_pointer("state");
    *state = nullptr;
    if (bytes == nullptr && size != 0) return null_pointer("bytes");
    auto made = mf::batch_summary::load(std::as_bytes(std::span(bytes, size)));
    if (!made) return failed(made.error());
    *state = new millrace_state{*std::move(made)};
    return std::int32_t{MILLRACE_OK};
  });
}

std::int32_t millrace_merge(millrace_state* into, const millrace_state* other) {
  return guarded([&] {
    if (into == nullptr || other == nullptr) return null_pointer("a state");
    auto done = into->summary.merge(other->summary);
    return done ? std::int32_t{MILLRACE_OK} : failed(done.error());
  });
}

std::int32_t millrace_query(const millrace_state* state, char** json, std::size_t* size) {
  return guarded([&] {
    if (json == nullptr || size == nullptr) return null_pointer("json or size");
    *json = nullptr;
    if (state == nullptr) return null_pointer("state");
    const std::string made = mf::to_json(state->summary.rows());
    return hand_over(made.data(), made.size(), json, size);
  });
}

std::int32_t millrace_run(const char* request, std::size_t size, char** json, std::size_t* json_size) {
  return guarded([&] {
    if (json == nullptr || json_size == nullptr) return null_pointer("json or size");
    *json = nullptr;
    if (request == nullptr) return null_pointer("request");
    auto found = mf::run_batch_request(std::string_view(request, size));
    if (!found) return failed(found.error());
    const std::string made = mf::to_json(*found);
    return hand_over(made.data(), made.size(), json, json_size);
  });
}

void millrace_release(millrace_state* state) { delete state; }
void millrace_free(void* memory) { std::free(memory); }

}  // extern "C"
