#include <millrace/infer/onnxruntime.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/infer/bound_graph.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The library itself is asked in tests/interop/onnxruntime.cpp. Here a table of functions like its own stands in: its
// model doubles rows of floats, and adds a text for each.
namespace mr = millrace;

namespace fake {

int live = 0;          // objects that are not let go
int fails_after = -1;  // runs; -1: none fails

struct object {
  object() { ++live; }
  object(const object&) = delete;
  object& operator=(const object&) = delete;
  ~object() { --live; }
};
enum class level { error = 3 };
enum class code { fine, failed, argument };
enum class place { usual };
enum class element { none, floats, texts = 8 };
struct status : object {
  code is{};
  std::string text;
};
struct environment : object {};
struct options : object {};
struct memory : object {};
struct session : object {};
struct info : object {
  element type{};
  std::vector<std::int64_t> sizes;
};
struct type_info : info {};
struct value : object {
  info of;
  float* data = nullptr;
  std::vector<float> own;
};
struct allocator {};

status* failed(code is, const char* text) {
  auto* const made = new status;
  made->is = is;
  made->text = text;
  return made;
}
template <class T>
status* make(T** out) {
  *out = new T;
  return nullptr;
}
template <class T>
void release(T* held) {
  delete held;
}
status* name_of(const char* name, char** out) {
  *out = static_cast<char*>(std::malloc(8));
  std::strncpy(*out, name, 8);
  return nullptr;
}

/// As OrtApi has them, as far as they are asked for.
struct api {
  void (*ReleaseEnv)(environment*) = release<environment>;
  void (*ReleaseSessionOptions)(options*) = release<options>;
  void (*ReleaseSession)(session*) = release<session>;
  void (*ReleaseMemoryInfo)(memory*) = release<memory>;
  void (*ReleaseStatus)(status*) = release<status>;
  void (*ReleaseValue)(value*) = release<value>;
  void (*ReleaseTypeInfo)(type_info*) = release<type_info>;
  void (*ReleaseTensorTypeAndShapeInfo)(info*) = release<info>;
  code (*GetErrorCode)(const status*) noexcept = [](const status* of) noexcept { return of->is; };
  const char* (*GetErrorMessage)(const status*) noexcept = [](const status* of) noexcept { return of->text.c_str(); };
  status* (*CreateEnv)(level, const char*, environment**) noexcept =
      [](level, const char*, environment** out) noexcept { return make(out); };
  status* (*CreateSessionOptions)(options**) noexcept = [](options** out) noexcept { return make(out); };
  status* (*SetIntraOpNumThreads)(options*, int) noexcept = [](options*, int) noexcept -> status* { return nullptr; };
  status* (*CreateSessionFromArray)(const environment*, const void*, std::size_t, const options*, session**) noexcept =
      [](const environment*, const void*, std::size_t size, const options*, session** out) noexcept {
        return size == 5 ? make(out) : failed(code::argument, "no model");
      };
  status* (*CreateCpuMemoryInfo)(place, place, memory**) noexcept = [](place, place, memory** out) noexcept {
    return make(out);
  };
  status* (*SessionGetInputCount)(const session*, std::size_t*) noexcept =
      [](const session*, std::size_t* out) noexcept -> status* { return *out = 1, nullptr; };
  status* (*SessionGetOutputCount)(const session*, std::size_t*) noexcept =
      [](const session*, std::size_t* out) noexcept -> status* { return *out = 2, nullptr; };
  status* (*SessionGetInputName)(const session*, std::size_t, allocator*, char**) noexcept =
      [](const session*, std::size_t, allocator*, char** out) noexcept { return name_of("x", out); };
  status* (*SessionGetOutputName)(const session*, std::size_t, allocator*, char**) noexcept =
      [](const session*, std::size_t i, allocator*, char** out) noexcept {
        return name_of(i == 0 ? "text" : "y", out);
      };
  status* (*SessionGetInputTypeInfo)(const session*, std::size_t, type_info**) noexcept =
      [](const session*, std::size_t, type_info** out) noexcept { return typed(element::floats, out); };
  status* (*SessionGetOutputTypeInfo)(const session*, std::size_t, type_info**) noexcept =
      [](const session*, std::size_t i, type_info** out) noexcept {
        return typed(i == 0 ? element::texts : element::floats, out);
      };
  status* (*GetAllocatorWithDefaultOptions)(allocator**) noexcept = [](allocator**) noexcept -> status* {
    return nullptr;
  };
  status* (*AllocatorFree)(allocator*, void*) noexcept = [](allocator*, void* held) noexcept -> status* {
    return std::free(held), nullptr;
  };
  status* (*CastTypeInfoToTensorInfo)(const type_info*, const info**) noexcept =
      [](const type_info* of, const info** out) noexcept -> status* { return *out = of, nullptr; };
  status* (*GetTensorElementType)(const info*, element*) noexcept =
      [](const info* of, element* out) noexcept -> status* { return *out = of->type, nullptr; };
  status* (*GetDimensionsCount)(const info*, std::size_t*) noexcept =
      [](const info* of, std::size_t* out) noexcept -> status* { return *out = of->sizes.size(), nullptr; };
  status* (*GetDimensions)(const info*, std::int64_t*, std::size_t) noexcept =
      [](const info* of, std::int64_t* out, std::size_t count) noexcept -> status* {
    return std::memcpy(out, of->sizes.data(), count * 8), nullptr;
  };
  status* (*CreateTensorWithDataAsOrtValue)(const memory*, void*, std::size_t, const std::int64_t*, std::size_t,
                                            element, value**) noexcept =
      [](const memory*, void* data, std::size_t, const std::int64_t* sizes, std::size_t rank, element type,
         value** out) noexcept -> status* {
    *out = new value;
    (*out)->data = static_cast<float*>(data);
    (*out)->of.type = type;
    (*out)->of.sizes.assign(sizes, sizes + rank);
    return nullptr;
  };
  status* (*IsTensor)(const value*, int*) noexcept = [](const value*, int* out) noexcept -> status* {
    return *out = 1, nullptr;
  };
  status* (*GetTensorTypeAndShape)(const value*, info**) noexcept = [](const value* of,
                                                                       info** out) noexcept -> status* {
    *out = new info;
    (*out)->type = of->of.type;
    (*out)->sizes = of->of.sizes;
    return nullptr;
  };
  status* (*Run)(session*, const void*, const char* const*, const value* const*, std::size_t, const char* const*,
                 std::size_t, value**) noexcept = run;

 private:
  static status* typed(element type, type_info** out) {
    *out = new type_info;
    (*out)->type = type;
    (*out)->sizes = {-1, 3};
    return nullptr;
  }
  static status* run(session*, const void*, const char* const*, const value* const* in, std::size_t,
                     const char* const* names, std::size_t count, value** out) noexcept {
    if (in[0]->of.sizes.back() != 3) return failed(code::argument, "wrong columns");
    if (fails_after >= 0 && fails_after-- == 0) return failed(code::failed, "it fails");
    const std::size_t size = static_cast<std::size_t>(in[0]->of.sizes[0]) * 3;
    for (std::size_t i = 0; i < count; ++i) {
      const bool text = std::string_view(names[i]) == "text";
      if (out[i] == nullptr) {
        out[i] = new value;
        out[i]->of.type = text ? element::texts : element::floats;
        out[i]->of.sizes = in[0]->of.sizes;
        out[i]->own.resize(size);
        out[i]->data = out[i]->own.data();
      }
      for (std::size_t k = 0; k < size && !text; ++k) out[i]->data[k] = 2 * in[0]->data[k];
    }
    return nullptr;
  }
};

}  // namespace fake

namespace {

using engine = mr::infer::onnxruntime_engine<fake::api>;
const fake::api table;
constexpr std::string_view model = "model";

}  // namespace

TEST_CASE("ONNX Runtime: an engine is asked as ours is, and lets everything go") {
  {
    const auto made = engine::make(table, std::as_bytes(std::span(model)));
    REQUIRE(made);
    CHECK(made->inputs() == 1);
    CHECK(made->outputs() == 2);
    CHECK(made->input(0).name == "x");
    CHECK(made->input(0).type->shape->at(0).size == -1);
    CHECK_FALSE(made->output(0).type);  // texts
    auto run = made->prepare({{2, 3}});
    REQUIRE(run);
    CHECK(run->output_is_text(0));
    CHECK(run->output<float>(0).empty());
    CHECK(run->input<double>(0).empty());
    CHECK(made->find_input("x").value() == 0);
    CHECK(made->find_output("y").value() == 1);
    CHECK(made->find_output("z").error().message() == "the graph has no output \"z\", but \"text\" \"y\"");
    CHECK(run->find_output("y").value() == 1);
    CHECK(run->find_input("y").error().code() == mr::errc::not_found);
    CHECK(run->input_as<float>("x").value().data() == run->input<float>(0).data());
    CHECK(run->output_as<float>(1).value().size() == 6);
    CHECK(run->input_as<double>("x").error().message() == "input 0 (\"x\") is of f32, and f64 is asked for");
    CHECK(run->output_as<float>("text").error().message() ==
          "output 0 (\"text\") is of texts, or no tensor, and f32 is asked for");
    auto moved = *std::move(run);
    for (std::size_t i = 0; i < 6; ++i) moved.input<float>(0)[i] = static_cast<float>(i);
    REQUIRE(moved.run());
    CHECK(moved.output_shape(1)[0] == 2);
    CHECK(moved.output<float>(1)[5] == 10);
    const auto bound = mr::infer::bind<3, 3>(*made, {.output = 1, .threads = 2});
    REQUIRE(bound);
    const std::vector<float> rows{1, 2, 3, 4, 5, 6};
    std::vector<double> out(6);
    bound->predict(mr::model::matrix_view(rows, 3), out);
    CHECK(out == std::vector<double>{2, 4, 6, 8, 10, 12});
    fake::fails_after = 1;
    bound->predict(mr::model::matrix_view(rows, 3), out);
    CHECK(out[2] == 6);
    CHECK(out[3] != out[3]);
    fake::fails_after = -1;
  }
  CHECK(fake::live == 0);
}

TEST_CASE("ONNX Runtime: what the library refuses is an error with its words") {
  {
    const auto bad = engine::make(table, {});
    REQUIRE(!bad);
    CHECK(bad.error().code() == mr::errc::invalid_argument);
    CHECK(bad.error().message() == "ONNX Runtime: the model: no model");
    const auto made = engine::make(table, std::as_bytes(std::span(model)));
    REQUIRE(made);
    const auto narrow = made->prepare({{1, 2}});
    REQUIRE(!narrow);
    CHECK(narrow.error().message() == "ONNX Runtime: a run on zeros: wrong columns");
    CHECK(made->prepare({{1, 3}, {1, 3}}).error().code() == mr::errc::shape_mismatch);
    CHECK(made->prepare({{-1, 3}}).error().code() == mr::errc::shape_mismatch);
    CHECK(mr::infer::bind<3, 1>(*made, {.output = 1}).error().code() == mr::errc::shape_mismatch);
    CHECK(mr::infer::bind<3, 3>(*made).error().message() ==
          "bind: output \"text\" is texts; output 1 (\"y\") has 3: bind_options{.output = 1}");
    const support::temp_dir folder;
    REQUIRE(mr::store::write_file(folder / "m", std::string(model)));
    CHECK(engine::load(table, folder / "m"));
    CHECK(engine::load(table, folder / "m", {}, mr::store::file_access::map));
    CHECK(engine::load(table, folder / "none").error().code() == mr::errc::not_found);
    REQUIRE(mr::store::write_file(folder / "m", std::string("no")));
    CHECK(engine::load(table, folder / "m").error().describe().find(folder / "m") != std::string::npos);
  }
  CHECK(fake::live == 0);
}
