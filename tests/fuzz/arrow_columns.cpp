// Any batch of Arrow's C data that a producer may hand over, with buffers as long as its types and lengths say and
// anything in them, is summed up or refused: no byte outside the buffers is read, all is released once, and a state
// that refuses is as it was.
#include <examples/scale_out/millrace_c.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// Takes what there is; at the end zeros.
struct source {
  const std::uint8_t* at;
  std::size_t left;

  std::uint8_t byte() noexcept {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
  bool rarely() noexcept { return byte() == 0xa5; }
  std::int64_t any() noexcept {
    std::uint64_t made = 0;
    for (int i = 0; i < 8; ++i) made = made << 8 | byte();
    return static_cast<std::int64_t>(made);
  }
};

int unreleased = 0;

/// An array and its type, each with memory of its own size, so that a byte too far is found.
struct node {
  ArrowSchema schema{};
  ArrowArray array{};
  std::string format, name;
  std::vector<std::unique_ptr<unsigned char[]>> memory;
  std::vector<const void*> buffers;
  std::unique_ptr<node> dictionary;
  std::vector<std::unique_ptr<node>> columns;
  std::vector<ArrowSchema*> schemas;
  std::vector<ArrowArray*> arrays;

  node() = default;
  node(const node&) = delete;
  node& operator=(const node&) = delete;
};
template <class Part>
void release(Part* one) {
  --unreleased;
  one->release = nullptr;
}

const void* filled(node& to, std::size_t size, source& from) {
  to.memory.emplace_back(new unsigned char[size]);
  for (std::size_t i = 0; i < size; ++i) to.memory.back()[i] = from.byte();
  return to.memory.back().get();
}
/// Offsets within a text of 100 bytes: also some that go back, or below zero.
template <class Offset>
const void* offsets(node& to, std::size_t count, source& from) {
  const std::size_t size = count * sizeof(Offset);
  to.memory.emplace_back(new unsigned char[size]);
  for (std::size_t i = 0; i < count; ++i) {
    const auto byte = from.byte();
    const auto value = static_cast<Offset>(byte == 0xff ? -1 : byte % 101);
    std::memcpy(to.memory.back().get() + i * sizeof value, &value, sizeof value);
  }
  return to.memory.back().get();
}

std::size_t width_of(std::string_view format) noexcept {
  if (format == "c" || format == "C") return 1;
  if (format == "s" || format == "S") return 2;
  if (format == "i" || format == "I" || format == "f" || format == "tdD") return 4;
  return 8;
}

void fill(node& to, std::string_view format, std::int64_t rows, source& from) {
  to.format = format;
  to.array.offset = from.byte() % 20;
  to.array.length = rows + from.byte() % 3 - (from.rarely() ? 1 : 0);
  const auto cells = static_cast<std::size_t>(to.array.length < 0 ? 0 : to.array.length + to.array.offset);
  const bool has_validity = from.byte() % 2 == 0;
  to.array.null_count = has_validity ? static_cast<std::int64_t>(from.byte() % 4) - 1 : 0;
  if (format != "n") to.buffers.push_back(has_validity ? filled(to, cells / 8 + 1, from) : nullptr);
  if (format == "u" || format == "U") {
    to.buffers.push_back(format == "u" ? offsets<std::int32_t>(to, cells + 1, from)
                                       : offsets<std::int64_t>(to, cells + 1, from));
    to.buffers.push_back(filled(to, 100, from));
  } else if (format == "b") {
    to.buffers.push_back(filled(to, cells / 8 + 1, from));
  } else if (format != "n") {
    to.buffers.push_back(filled(to, cells * width_of(format), from));
  }
  // What no honest producer hands over.
  if (from.rarely() && !to.buffers.empty()) to.buffers[from.byte() % to.buffers.size()] = nullptr;
  if (from.rarely()) to.array.length = -(from.any() & 0x7fffffff);
  if (from.rarely()) to.array.offset = -(from.any() & 0x7fffffff);
  if (from.rarely()) to.array.null_count = from.any();
  to.array.n_buffers = static_cast<std::int64_t>(to.buffers.size());
  if (from.rarely()) to.array.n_buffers = from.byte() % 2 == 0 ? -1 : to.array.n_buffers - 1;
  to.array.buffers = from.rarely() ? nullptr : to.buffers.data();
  to.schema.format = from.rarely() ? nullptr : to.format.c_str();
  to.schema.flags = ARROW_FLAG_NULLABLE;
  to.schema.release = from.rarely() ? nullptr : [](ArrowSchema*) {};
  to.array.release = from.rarely() ? nullptr : [](ArrowArray*) {};
}

constexpr const char* formats[] = {"c",    "C",    "s",   "S",   "i", "I",  "l",    "L",
                                   "f",    "g",    "b",   "u",   "U", "n",  "tss:", "tsm:UTC",
                                   "tsu:", "tsn:", "tdD", "tdm", "z", "+l", "ts?:", "d:19,10"};
constexpr const char* names[] = {"x", "k", "t", "y", ""};

std::unique_ptr<node> column(std::int64_t rows, source& from) {
  auto made = std::make_unique<node>();
  fill(*made, formats[from.byte() % std::size(formats)], rows, from);
  made->name = names[from.byte() % std::size(names)];
  made->schema.name = from.rarely() ? nullptr : made->name.c_str();
  if (from.byte() % 4 == 0) {
    made->dictionary = std::make_unique<node>();
    fill(*made->dictionary, from.rarely() ? "g" : from.byte() % 2 == 0 ? "u" : "U", from.byte() % 5, from);
    made->schema.dictionary = &made->dictionary->schema;
    if (!from.rarely()) made->array.dictionary = &made->dictionary->array;
  }
  return made;
}

std::unique_ptr<node> batch(source& from) {
  const std::int64_t rows = from.byte() % 20;
  auto made = std::make_unique<node>();
  for (std::size_t i = from.byte() % 5; i > 0; --i) made->columns.push_back(column(rows + 20, from));
  for (const auto& each : made->columns) {
    made->schemas.push_back(from.rarely() ? nullptr : &each->schema);
    made->arrays.push_back(from.rarely() ? nullptr : &each->array);
  }
  made->format = from.rarely() ? "g" : "+s";
  made->schema.format = made->format.c_str();
  made->schema.n_children = static_cast<std::int64_t>(made->columns.size());
  made->schema.children = from.rarely() ? nullptr : made->schemas.data();
  made->array.n_children = from.rarely() ? from.any() : made->schema.n_children;
  made->array.children = from.rarely() ? nullptr : made->arrays.data();
  made->array.length = rows;
  made->array.offset = from.byte() % 20;
  const bool has_validity = from.byte() % 4 == 0;
  made->buffers.push_back(has_validity ? filled(*made, 5, from) : nullptr);
  made->array.null_count = has_validity ? -1 : 0;
  made->array.n_buffers = 1;
  made->array.buffers = made->buffers.data();
  made->schema.release = release<ArrowSchema>;
  made->array.release = release<ArrowArray>;
  unreleased = 2;
  return made;
}

std::string saved(const millrace_state* of) {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (millrace_serialize(of, &bytes, &size) != MILLRACE_OK) std::abort();
  std::string made(reinterpret_cast<const char*>(bytes), size);
  millrace_free(bytes);
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  source from{data, size};
  constexpr std::string_view plans[] = {
      R"({"values":{"x":["statistics","quantiles"],"y":["distinct"]}})",
      R"({"values":{"x":["count"]},"by":["k","y"]})",
      R"({"values":{"x":["distinct","frequent"]},"by":["k"],"time":"t","window_minutes":60,"most_groups":5})",
  };
  const std::string_view plan = plans[from.byte() % std::size(plans)];
  millrace_state* state = nullptr;
  if (millrace_init(plan.data(), plan.size(), &state) != MILLRACE_OK) std::abort();
  for (int i = 0; i < 3; ++i) {
    const std::string before = saved(state);
    const auto one = batch(from);
    const std::int32_t code = millrace_update(state, &one->schema, &one->array);
    if (unreleased != 0 || code == MILLRACE_UNEXPECTED || code == MILLRACE_NO_MEMORY) std::abort();
    if (code != MILLRACE_OK && (saved(state) != before || *millrace_last_error() == '\0')) std::abort();
  }
  char* json = nullptr;
  std::size_t length = 0;
  if (millrace_query(state, &json, &length) != MILLRACE_OK) std::abort();
  millrace_free(json);
  millrace_release(state);
  return 0;
}
