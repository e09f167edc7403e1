// The C interface as a C program sees it, with hand-made Arrow arrays, right ones and wrong ones. Run it under ASan.
#include <examples/scale_out/millrace_c.h>

#include <support/catch.hpp>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

std::atomic<int> unreleased{0};

/// A column with its memory; `release` frees it as a producer would.
struct made_column {
  ArrowSchema schema{};
  ArrowArray array{};
  std::string format, name;
  std::vector<std::vector<unsigned char>> memory;
  std::vector<const void*> pointers;
  std::unique_ptr<made_column> dictionary;
};

void release_schema(ArrowSchema* one) {
  --unreleased;
  one->release = nullptr;
}
void release_array(ArrowArray* one) {
  --unreleased;
  one->release = nullptr;
}

/// A batch whose parts a test may change before it is fed.
struct made_batch {
  std::vector<std::unique_ptr<made_column>> columns;
  std::vector<ArrowSchema*> schemas;
  std::vector<ArrowArray*> arrays;
  ArrowSchema schema{};
  ArrowArray array{};
  const void* no_validity[1] = {nullptr};

  explicit made_batch(std::int64_t rows) {
    array.length = rows;
    array.n_buffers = 1;
    array.buffers = no_validity;
    array.release = release_array;
    schema.format = "+s";
    schema.release = release_schema;
    unreleased += 2;
  }
  made_batch(const made_batch&) = delete;
  made_batch& operator=(const made_batch&) = delete;

  /// `buffers`: behind the validity, which may be empty.
  made_column& add(std::string format, std::string name, std::string validity,
                   std::vector<std::vector<unsigned char>> buffers, std::int64_t length, std::int64_t offset = 0) {
    auto made = std::make_unique<made_column>();
    fill(*made, std::move(format), std::move(name), validity, std::move(buffers), length, offset);
    columns.push_back(std::move(made));
    return *columns.back();
  }
  static void fill(made_column& to, std::string format, std::string name, const std::string& validity,
                   std::vector<std::vector<unsigned char>> buffers, std::int64_t length, std::int64_t offset) {
    to.format = std::move(format);
    to.name = std::move(name);
    to.memory = std::move(buffers);
    to.pointers.push_back(nullptr);
    if (!validity.empty()) {
      std::vector<unsigned char> bits((validity.size() + 7) / 8);
      for (std::size_t i = 0; i < validity.size(); ++i)
        if (validity[i] == '1') bits[i / 8] = static_cast<unsigned char>(bits[i / 8] | 1U << (i % 8));
      to.memory.push_back(bits);
      to.pointers[0] = to.memory.back().data();
    }
    for (std::size_t i = 0; i + (validity.empty() ? 0 : 1) < to.memory.size(); ++i)
      to.pointers.push_back(to.memory[i].data());
    to.schema.format = to.format.c_str();
    to.schema.name = to.name.c_str();
    to.schema.flags = ARROW_FLAG_NULLABLE;
    to.schema.release = release_schema;
    to.array.length = length;
    to.array.offset = offset;
    to.array.null_count = validity.empty() ? 0 : -1;
    to.array.n_buffers = static_cast<std::int64_t>(to.pointers.size());
    to.array.buffers = to.pointers.data();
    to.array.release = release_array;
  }
  int feed(millrace_state* state) {
    for (const auto& one : columns) {
      schemas.push_back(&one->schema);
      arrays.push_back(&one->array);
    }
    if (array.n_children == 0) schema.n_children = array.n_children = static_cast<std::int64_t>(columns.size());
    if (schema.children == nullptr) schema.children = schemas.data();
    if (array.children == nullptr) array.children = arrays.data();
    return millrace_update(state, &schema, &array);
  }
};

template <class T>
std::vector<unsigned char> bytes_of(const std::vector<T>& items) {
  std::vector<unsigned char> made(items.size() * sizeof(T));
  if (!items.empty()) std::memcpy(made.data(), items.data(), made.size());
  return made;
}
std::vector<unsigned char> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

struct releases {
  void operator()(millrace_state* one) const { millrace_release(one); }
};
using state_ptr = std::unique_ptr<millrace_state, releases>;

state_ptr state_of(std::string_view plan) {
  millrace_state* made = nullptr;
  if (millrace_init(plan.data(), plan.size(), &made) != MILLRACE_OK) FAIL(millrace_last_error());
  return state_ptr(made);
}
std::string query(const millrace_state* state) {
  char* json = nullptr;
  std::size_t size = 0;
  REQUIRE(millrace_query(state, &json, &size) == MILLRACE_OK);
  std::string made(json);
  CHECK(made.size() == size);
  millrace_free(json);
  return made;
}
std::string saved(const millrace_state* state) {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  REQUIRE(millrace_serialize(state, &bytes, &size) == MILLRACE_OK);
  std::string made(reinterpret_cast<const char*>(bytes), size);
  millrace_free(bytes);
  return made;
}
/// What is said about a batch that is refused; the state must be as it was, and all must be released.
std::string refusal(made_batch& batch, std::string_view plan = R"({"values": {"x": "statistics"}})") {
  const state_ptr state = state_of(plan);
  const std::string before = saved(state.get());
  const int code = batch.feed(state.get());
  CHECK(code >= 100);
  CHECK(saved(state.get()) == before);
  CHECK(batch.array.release == nullptr);
  return millrace_last_error();
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("C interface: a batch of doubles") {
  CHECK(millrace_abi_version() == 1);
  const state_ptr state = state_of(R"({"values": {"x": "statistics"}})");
  made_batch batch(3);
  batch.add("g", "x", "", {bytes_of<double>({1, 2, 4.5})}, 3);
  REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
  CHECK(batch.array.release == nullptr);
  CHECK(batch.schema.release == nullptr);
  CHECK(query(state.get()) == R"([{"column":"x","count":3,"missing":0,"sum":7.5,"mean":2.5,"variance":3.25,)"
                              R"("stddev":1.8027756377319946,"min":1,"max":4.5}])");
}

TEST_CASE("C interface: every type of numbers, with nulls and offsets, says the same") {
  const auto of = [](const char* format, std::vector<unsigned char> values, std::size_t at) {
    const state_ptr state = state_of(R"({"values": {"x": "statistics"}})");
    made_batch batch(3);
    // Rows at, at + 1 and at + 2 of the column, of which the middle one is null.
    std::string validity(at + 4, '1');
    validity[at + 1] = '0';
    batch.add(format, "x", validity, {std::move(values)}, 3, static_cast<std::int64_t>(at));
    REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
    return query(state.get());
  };
  const std::string wanted = of("g", bytes_of<double>({5, 99, 7}), 0);
  CHECK(wanted.find(R"("count":2,"missing":1,"sum":12,)") != std::string::npos);
  CHECK(of("f", bytes_of<float>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("c", bytes_of<std::int8_t>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("C", bytes_of<std::uint8_t>({0, 0, 5, 99, 7}), 2) == wanted);
  CHECK(of("s", bytes_of<std::int16_t>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("S", bytes_of<std::uint16_t>({5, 99, 7}), 0) == wanted);
  CHECK(of("i", bytes_of<std::int32_t>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("I", bytes_of<std::uint32_t>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("l", bytes_of<std::int64_t>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("L", bytes_of<std::uint64_t>({0, 5, 99, 7}), 1) == wanted);
  CHECK(of("L", bytes_of<std::uint64_t>({0, 99, 1ULL << 63}), 0).find("\"max\":9223372036854775808") !=
        std::string::npos);
  CHECK(of("c", bytes_of<std::int8_t>({-5, 99, -7}), 0).find("\"sum\":-12") != std::string::npos);
  CHECK(of("b", {0b1001}, 0).find(R"("count":2,"missing":1,"sum":1,)") != std::string::npos);
  CHECK(of("g", bytes_of<double>({not_a_number, 1, 3}), 0).find(R"("count":1,"missing":2,"sum":3,)") !=
        std::string::npos);
}

TEST_CASE("C interface: a double column that is not aligned, and a batch with an offset of its own") {
  const state_ptr state = state_of(R"({"values": {"x": "statistics"}})");
  std::vector<unsigned char> shifted(1);
  for (const unsigned char one : bytes_of<double>({9, 1, 2, 3})) shifted.push_back(one);
  made_batch batch(2);
  made_column& x = batch.add("g", "x", "", {shifted}, 3, 1);
  x.pointers[1] = x.memory[0].data() + 1;
  batch.array.offset = 1;  // rows 1 and 2 of the column, which begins at 1 itself
  REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
  CHECK(query(state.get()).find(R"("count":2,"missing":0,"sum":5,)") != std::string::npos);
}

TEST_CASE("C interface: texts, dictionaries and times") {
  const char* plan =
      R"({"values": {"who": ["distinct", "frequent"]}, "by": ["where"], "time": "at", "window_minutes": 1})";
  const std::int64_t minute = 60;
  std::string wanted;
  for (const bool large : {false, true})
    for (const std::string unit : {"tss:", "tsm:UTC", "tsu:", "tsn:Europe/Berlin", "tdm"}) {
      const state_ptr state = state_of(plan);
      made_batch batch(4);
      const auto offsets = large ? bytes_of<std::int64_t>({0, 1, 1, 3, 4}) : bytes_of<std::int32_t>({0, 1, 1, 3, 4});
      batch.add(large ? "U" : "u", "who", "1011", {offsets, bytes_of("abca")}, 4);
      made_column& where = batch.add("c", "where", "1111", {bytes_of<std::int8_t>({1, 0, 1, 2})}, 4);
      where.dictionary = std::make_unique<made_column>();
      made_batch::fill(
          *where.dictionary, large ? "U" : "u", "", "110",
          {large ? bytes_of<std::int64_t>({0, 2, 4, 4}) : bytes_of<std::int32_t>({0, 2, 4, 4}), bytes_of("euus")}, 3,
          0);
      where.schema.dictionary = &where.dictionary->schema;
      where.array.dictionary = &where.dictionary->array;
      const std::int64_t scale = unit == "tss:"                       ? 1
                                 : unit == "tsm:UTC" || unit == "tdm" ? 1000
                                 : unit == "tsu:"                     ? 1'000'000
                                                                      : 1'000'000'000;
      batch.add(unit, "at", "", {bytes_of<std::int64_t>({5 * scale, minute * scale, -5 * scale, 5 * scale})}, 4);
      REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
      const std::string found = query(state.get());
      if (wanted.empty()) wanted = found;
      CHECK(found == wanted);
    }
  CHECK(wanted.find(R"([{"window_begin":"1969-12-31T23:59:00.000000Z","window_end":"1970-01-01T00:00:00.000000Z",)"
                    R"("group":{"where":"us"},"column":"who","count":1,"missing":0,"distinct":1,"distinct_error":0,)"
                    R"("frequent":[{"value":"bc","lower":1,"upper":1}]})") == 0);
  CHECK(wanted.find(R"("group":{"where":null},"column":"who","count":1)") != std::string::npos);
  CHECK(wanted.find(R"("group":{"where":"eu"},"column":"who","count":0,"missing":1)") != std::string::npos);
  // Days; and seconds beyond the range of nanoseconds, which are no time.
  const state_ptr state = state_of(R"({"values": {"x": "count"}, "time": "at", "window_minutes": 1440})");
  made_batch batch(2);
  batch.add("n", "x", "", {}, 2).array.n_buffers = 0;
  batch.add("tdD", "at", "", {bytes_of<std::int32_t>({1, INT32_MAX})}, 2);
  REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
  CHECK(query(state.get()).find(R"([{"window_begin":"1970-01-02T00:00:00.000000Z",)") == 0);
}

TEST_CASE("C interface: empty batches, and columns that nobody asked for") {
  const state_ptr state = state_of(R"({"values": {"x": ["statistics", "distinct"], "t": "frequent"}})");
  made_batch batch(0);
  made_column& x = batch.add("g", "x", "", {{}}, 0);
  x.pointers[1] = nullptr;  // which the interface allows
  made_column& t = batch.add("u", "t", "", {{}, {}}, 0);
  t.pointers[1] = t.pointers[2] = nullptr;
  made_column& other = batch.add("+l", "list", "", {}, 0);
  other.array.release = nullptr;  // released or not: not looked at
  REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
  CHECK(query(state.get()) == "[]");
}

TEST_CASE("C interface: states travel as bytes and merge") {
  const char* plan = R"({"values": {"x": ["statistics", "quantiles", "distinct"]}, "by": ["k"]})";
  const auto part = [&](std::vector<double> items, std::vector<std::int32_t> offsets, std::string_view texts) {
    state_ptr state = state_of(plan);
    const auto rows = static_cast<std::int64_t>(items.size());
    made_batch batch(rows);
    batch.add("g", "x", "", {bytes_of(items)}, rows);
    batch.add("u", "k", "", {bytes_of(offsets), bytes_of(texts)}, rows);
    REQUIRE(batch.feed(state.get()) == MILLRACE_OK);
    return state;
  };
  const state_ptr all = part({0.1, 0.2, 1e9, -3}, {0, 1, 2, 3, 4}, "abab");
  const state_ptr one = part({1e9, 0.1}, {0, 1, 2}, "aa"), two = part({-3, 0.2}, {0, 1, 2}, "bb");
  const std::string bytes = saved(one.get());
  millrace_state* loaded = nullptr;
  REQUIRE(millrace_load(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &loaded) == MILLRACE_OK);
  const state_ptr other(loaded);
  REQUIRE(millrace_merge(two.get(), other.get()) == MILLRACE_OK);
  CHECK(saved(two.get()) == saved(all.get()));
  CHECK(query(two.get()) == query(all.get()));
  REQUIRE(millrace_merge(two.get(), two.get()) == MILLRACE_OK);
  const state_ptr another = state_of(R"({"values": {"y": "count"}})");
  CHECK(millrace_merge(two.get(), another.get()) == 203);
  CHECK(std::string(millrace_last_error()) == "batch summary: the two follow different plans");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(millrace_load(cut.data(), cut.size(), &loaded) >= 200);
    CHECK(loaded == nullptr);
  }
}

TEST_CASE("C interface: wrong schemas and arrays are refused and released") {
  const int before = unreleased;
  const auto wrong = [](auto&& change) {
    made_batch batch(2);
    batch.add("g", "x", "", {bytes_of<double>({1, 2})}, 2);
    change(batch);
    return refusal(batch);
  };
  using b = made_batch&;
  CHECK(wrong([](b o) { o.schema.format = "g"; }) == "Arrow: a batch is a struct array (\"+s\"), not \"g\"");
  CHECK(wrong([](b o) { o.schema.format = nullptr; }) ==
        "Arrow: a batch is a struct array (\"+s\"), not one without a format");
  CHECK(wrong([](b o) { o.array.length = -1; }) == "Arrow: the batch: its length or offset is below zero");
  CHECK(wrong([](b o) { o.array.offset = -1; }) == "Arrow: the batch: its length or offset is below zero");
  CHECK(wrong([](b o) { o.array.length = INT64_MAX; }).find("are more than 2147483647 rows") != std::string::npos);
  CHECK(wrong([](b o) { o.array.offset = INT64_MAX; }).find("are more than 2147483647 rows") != std::string::npos);
  CHECK(wrong([](b o) { o.array.length = 3; }) == "Arrow: column \"x\": it has 2 rows, the batch 3");
  CHECK(wrong([](b o) { o.array.offset = 1; }) == "Arrow: column \"x\": it has 2 rows, the batch 3");
  CHECK(wrong([](b o) { o.array.n_children = 2; }).find("the array 2") != std::string::npos);
  CHECK(wrong([](b o) { o.array.n_children = o.schema.n_children = -1; }).find("-1 columns") != std::string::npos);
  CHECK(wrong([](b o) { o.array.n_buffers = -1; }) == "Arrow: the batch: it has no buffers");
  CHECK(wrong([](b o) { o.array.null_count = 3; }) == "Arrow: the batch: its number of nulls is impossible");
  CHECK(wrong([](b o) { o.columns[0]->schema.name = "y"; }) == "the batch has no column \"x\"");
  CHECK(wrong([](b o) { o.columns[0]->schema.name = nullptr; }) == "the batch has no column \"x\"");
  CHECK(wrong([](b o) {
          o.columns[0]->schema.format = "e";
        }).find("Arrow: column \"x\": type \"e\" is none of those that are read") == 0);
  CHECK(wrong([](b o) { o.columns[0]->schema.format = nullptr; }) == "Arrow: column \"x\": its type is a null pointer");
  CHECK(wrong([](b o) { o.columns[0]->schema.format = "u"; }) == "Arrow: column \"x\": it has 2 buffers, its type 3");
  CHECK(wrong([](b o) { o.columns[0]->schema.format = "tsx:"; }) == "Arrow: column \"x\": \"tsx:\" is no timestamp");
  CHECK(wrong([](b o) {
          o.columns[0]->schema.format = "tss:";
          o.columns[0]->memory[0].assign(16, 0);
        }) == "row 0, column \"x\": a time is no number");
  CHECK(wrong([](b o) { o.columns[0]->array.release = nullptr; }) == "Arrow: column \"x\": it was released");
  CHECK(wrong([](b o) { o.columns[0]->schema.release = nullptr; }) == "Arrow: column \"x\": its schema was released");
  CHECK(wrong([](b o) { o.columns[0]->array.length = -2; }) ==
        "Arrow: column \"x\": its length or offset is below zero");
  CHECK(wrong([](b o) { o.columns[0]->array.null_count = 1; }) ==
        "Arrow: column \"x\": it has nulls, and does not say where");
  CHECK(wrong([](b o) { o.columns[0]->pointers[1] = nullptr; }) ==
        "Arrow: column \"x\": its values are a null pointer");
  CHECK(wrong([](b o) { o.columns[0]->array.buffers = nullptr; }) == "Arrow: column \"x\": it has no buffers");
  CHECK(wrong([](b o) { o.add("g", "x", "", {bytes_of<double>({1, 2})}, 2); }) ==
        "Arrow: two columns are called \"x\"");
  CHECK(wrong([](b o) {
          static ArrowArray* none[1] = {nullptr};
          o.array.children = none;
        }) == "Arrow: column 0 is a null pointer");
  const unsigned char second_is_null[1] = {0b01};
  const void* validity[1] = {second_is_null};
  CHECK(wrong([&](b o) {
          o.array.buffers = validity;
          o.array.null_count = 1;
        }) == "Arrow: row 1 is null as a whole");
  CHECK(unreleased == before);
}

TEST_CASE("C interface: wrong texts and dictionaries are refused") {
  const char* plan = R"({"values": {"t": "frequent"}})";
  const auto texts = [&](std::vector<std::int32_t> offsets) {
    made_batch batch(2);
    batch.add("u", "t", "", {bytes_of(offsets), bytes_of("abc")}, 2);
    return refusal(batch, plan);
  };
  CHECK(texts({0, 2, 1}) == "Arrow: column \"t\": row 1: its offsets go back");
  CHECK(texts({-1, 2, 3}) == "Arrow: column \"t\": row 0: its offsets go back");
  const auto words = [&](auto&& change) {
    made_batch batch(2);
    made_column& t = batch.add("i", "t", "", {bytes_of<std::int32_t>({0, 1})}, 2);
    t.dictionary = std::make_unique<made_column>();
    made_batch::fill(*t.dictionary, "u", "", "", {bytes_of<std::int32_t>({0, 1, 2}), bytes_of("ab")}, 2, 0);
    t.schema.dictionary = &t.dictionary->schema;
    t.array.dictionary = &t.dictionary->array;
    change(t);
    return refusal(batch, plan);
  };
  using c = made_column&;
  CHECK(words([](c t) {
          t.memory[0] = bytes_of<std::int32_t>({0, 2});
          t.pointers[1] = t.memory[0].data();
        }) == "Arrow: column \"t\": row 1: index 2 into a dictionary of 2");
  CHECK(words([](c t) {
          t.memory[0] = bytes_of<std::int32_t>({-1, 0});
          t.pointers[1] = t.memory[0].data();
        }) == "Arrow: column \"t\": row 0: index -1 into a dictionary of 2");
  CHECK(words([](c t) { t.array.dictionary = nullptr; }) == "Arrow: column \"t\": its dictionary is a null pointer");
  CHECK(words([](c t) { t.dictionary->schema.format = "g"; }) ==
        "Arrow: column \"t\": its dictionary is of type \"g\", not of texts");
  CHECK(words([](c t) { t.dictionary->array.release = nullptr; }) ==
        "Arrow: column \"t\": its dictionary: it was released");
  CHECK(words([](c t) { t.dictionary->array.length = INT64_MIN; }) ==
        "Arrow: column \"t\": its dictionary: its length or offset is below zero");
  CHECK(words([](c t) { t.schema.format = "g"; }) ==
        "Arrow: column \"t\": the indices into its dictionary are of type \"g\", not integers");
}

TEST_CASE("C interface: null pointers, released structures and wrong plans") {
  millrace_state* state = nullptr;
  CHECK(millrace_init(nullptr, 0, &state) == 100);
  CHECK(std::string(millrace_last_error()) == "plan is a null pointer");
  CHECK(millrace_init("{", 1, &state) == 200);
  CHECK(state == nullptr);
  CHECK(millrace_init("{}", 2, nullptr) == 100);
  CHECK(millrace_update(nullptr, nullptr, nullptr) == 100);
  const state_ptr good = state_of(R"({"values": {"x": "count"}})");
  CHECK(millrace_update(good.get(), nullptr, nullptr) == 100);
  CHECK(std::string(millrace_last_error()) == "schema is a null pointer");
  ArrowSchema schema{};
  ArrowArray array{};
  CHECK(millrace_update(good.get(), &schema, &array) == 200);
  CHECK(std::string(millrace_last_error()) == "Arrow: the schema was released");
  schema.format = "+s";
  schema.release = [](ArrowSchema* one) { one->release = nullptr; };
  CHECK(millrace_update(good.get(), &schema, &array) == 200);
  CHECK(std::string(millrace_last_error()) == "Arrow: the batch: it was released");
  CHECK(schema.release == nullptr);
  std::size_t size = 0;
  CHECK(millrace_serialize(good.get(), nullptr, &size) == 100);
  CHECK(millrace_query(good.get(), nullptr, &size) == 100);
  char* json = nullptr;
  CHECK(millrace_query(nullptr, &json, &size) == 100);
  CHECK(millrace_merge(good.get(), nullptr) == 100);
  CHECK(millrace_load(nullptr, 3, &state) == 100);
  CHECK(millrace_load(nullptr, 0, &state) == 205);
  CHECK(millrace_run(nullptr, 0, &json, &size) == 100);
  millrace_release(nullptr);
  millrace_free(nullptr);
}

TEST_CASE("C interface: an operation in this process") {
  const std::string request =
      R"({"operation": "detect_anomalies", "threshold_std": 1, "events": [{"value": 1}, {"value": 1}, {"value": 4}]})";
  char* json = nullptr;
  std::size_t size = 0;
  REQUIRE(millrace_run(request.data(), request.size(), &json, &size) == MILLRACE_OK);
  CHECK(std::string(json).find(R"("rows":[{"row":2,"value":4,)") != std::string::npos);
  millrace_free(json);
  CHECK(millrace_run("[]", 2, &json, &size) == 200);
}

TEST_CASE("C interface: the text of an error is the thread's, and is cut at a character") {
  millrace_state* state = nullptr;
  CHECK(millrace_init("{", 1, &state) == 200);
  const std::string mine = millrace_last_error();
  int code = 0;
  std::string text;
  std::thread other([&] {
    millrace_state* none = nullptr;
    std::string plan = R"({"values": {"x": "count"}, ")";
    for (int i = 0; i < 800; ++i) plan += "\xc3\xa4";
    plan += R"(": 1})";
    code = millrace_init(plan.data(), plan.size(), &none);
    text = millrace_last_error();
  });
  other.join();
  CHECK(code == 200);
  CHECK(text.size() < 1024);
  CHECK(text.find('\xc3') != text.npos);
  CHECK(millrace_last_error() == mine);
}

TEST_CASE("C interface: two threads with a state each") {
  std::vector<std::thread> threads;
  std::vector<std::string> found(2);
  for (std::size_t t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      const char* plan = R"({"values": {"x": ["statistics", "distinct"]}})";
      millrace_state* state = nullptr;
      if (millrace_init(plan, std::strlen(plan), &state) != MILLRACE_OK) return;
      const state_ptr mine(state);
      for (int i = 0; i < 50; ++i) {
        made_batch batch(2);
        batch.add("g", "x", "", {bytes_of<double>({i + 0.5, -2.0 * i})}, 2);
        if (batch.feed(state) != MILLRACE_OK) return;
      }
      char* json = nullptr;
      std::size_t size = 0;
      if (millrace_query(state, &json, &size) != MILLRACE_OK) return;
      found[t] = json;
      millrace_free(json);
    });
  for (std::thread& one : threads) one.join();
  CHECK_FALSE(found[0].empty());
  CHECK(found[0] == found[1]);
}
