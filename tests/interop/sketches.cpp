// The driver of tests/interop/sketches.py: writes images of every sketch, or reads a folder of them and checks the
// answers that their other reader gave. usage: interop_sketches write|read FOLDER
#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/req.hpp>
#include <millrace/aggregate/sketches/tdigest.hpp>
#include <millrace/aggregate/sketches/theta.hpp>
#include <millrace/core/seed.hpp>

#include <support/sketch_images.hpp>
#include <support/sketch_questions.hpp>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace mr = millrace;

namespace {

template <class S>
void write(const std::string& folder, const std::string& name, const S& sketch) {
  const auto bytes = sketch.save();
  std::ofstream file(folder + "/" + name + ".bin", std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

template <class T>
void write_kll(const std::string& folder, const std::string& kind) {
  mr::kll<200, T> merged(1);
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 3, 200, 201, 5000, 300'000, 5'000'000}) {
    mr::kll<200, T> sketch(size);
    mr::random_engine random(size);
    for (std::size_t i = 0; i < size; ++i) sketch.update(static_cast<T>(random.normal()));
    write(folder, kind + "-" + std::to_string(size), sketch);
    merged.merge(sketch);
    write(folder, kind + "-merged_" + std::to_string(size), merged);
    sketch.update(T{1}, mr::weight(1'000'003));
    write(folder, kind + "-weighted_" + std::to_string(size), sketch);
  }
  mr::kll<20, T> coarse(2);
  for (int i = 0; i < 10'000; ++i) coarse.update(static_cast<T>(i));
  write(folder, kind + "-coarse", coarse);
}

template <class T, bool HighRanks>
void write_req(const std::string& folder, const std::string& kind) {
  mr::req<12, T, HighRanks> merged(1);
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 4, 5, 72, 73, 5000, 300'000, 2'000'000}) {
    mr::req<12, T, HighRanks> sketch(size);
    mr::random_engine random(size);
    for (std::size_t i = 0; i < size; ++i) sketch.update(static_cast<T>(random.normal()));
    write(folder, kind + "-" + std::to_string(HighRanks) + "_" + std::to_string(size), sketch);
    (void)merged.merge(sketch);
    write(folder, kind + "-merged_" + std::to_string(HighRanks) + "_" + std::to_string(size), merged);
    sketch.update(T{1}, mr::weight(1'000'003));
    write(folder, kind + "-weighted_" + std::to_string(HighRanks) + "_" + std::to_string(size), sketch);
  }
}

template <unsigned LgK, unsigned Bits>
void write_hll(const std::string& folder) {
  using sketch = mr::hll<LgK, Bits>;
  const std::string name = "hll-" + std::to_string(LgK) + "_" + std::to_string(Bits) + "_";
  sketch all;
  int next = 0;
  for (const int size : {0, 1, 7, 8, 25, 100, 400, 20'000, 1'000'000}) {
    sketch of_text;
    for (int i = 0; i < size; ++i) of_text.update("item " + std::to_string(i));
    write(folder, name + "text_" + std::to_string(size), of_text);
    for (; next < size; ++next) all.update(next);
    write(folder, name + std::to_string(size), all);
    of_text.merge(all);
    write(folder, name + "merged_" + std::to_string(size), of_text);
  }
}

template <class T>
void write_tdigest(const std::string& folder, const std::string& kind) {
  mr::tdigest<100, T> merged;
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 100, 3000, 300'000}) {
    mr::tdigest<100, T> digest;
    mr::random_engine random(size);
    for (std::size_t i = 0; i < size; ++i) digest.update(static_cast<T>(random.normal()));
    write(folder, kind + (size > 1 ? "-buffered_" : "-") + std::to_string(size), digest);
    merged.merge(digest);
    digest.compress();
    write(folder, kind + "-folded_" + std::to_string(size), digest);
    digest.update(T{1}, mr::weight(1'000'003));
    write(folder, kind + "-weighted_" + std::to_string(size), digest);
  }
  merged.compress();
  write(folder, kind + "-merged", merged);
}

void write_theta(const std::string& folder) {
  mr::theta<9> all;
  int next = 0;
  for (const int size : {0, 1, 2, 100, 1000, 100'000}) {
    mr::theta<9> of_text;
    for (int i = 0; i < size; ++i) of_text.update("item " + std::to_string(i / 2));
    write(folder, "theta-text_" + std::to_string(size), of_text);
    for (; next < size; ++next) all.update(next / 4.0);
    write(folder, "theta-" + std::to_string(size), all);
    auto both = all;
    both.merge(of_text);
    write(folder, "theta-either_" + std::to_string(size), both);
    both.subtract(all);
    write(folder, "theta-without_" + std::to_string(size), both);
    both = all;
    both.intersect(of_text);
    write(folder, "theta-both_" + std::to_string(size), both);
  }
}

void write_frequent(const std::string& folder) {
  mr::frequent_items<std::string, 7> all_texts;
  mr::frequent_items<std::int64_t, 7> all_numbers;
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 10, 90, 100, 5000, 300'000}) {
    mr::frequent_items<std::string, 7> texts;
    mr::frequent_items<std::int64_t, 7> numbers;
    mr::random_engine random(size);
    for (std::size_t i = 0; i < size; ++i) {
      const auto item = static_cast<std::int64_t>(random.below(1 + random.below(1 + random.below(9000)))) - 4;
      numbers.update(item);
      texts.update("item" + std::to_string(item), mr::weight(3));
    }
    all_texts.merge(texts);
    all_numbers.merge(numbers);
    write(folder, "frequent_strings-" + std::to_string(size), texts);
    write(folder, "frequent_longs-" + std::to_string(size), numbers);
  }
  write(folder, "frequent_strings-merged", all_texts);
  write(folder, "frequent_longs-merged", all_numbers);
}

template <unsigned Buckets, unsigned Rows>
void write_count_min(const std::string& folder) {
  mr::count_min<Buckets, Rows> all;
  for (const int size : {0, 1, 5000}) {
    mr::count_min<Buckets, Rows> sketch;
    for (int i = 0; i < size; ++i) sketch.update("item" + std::to_string(i % 30), mr::weight(1.25));
    for (int i = 0; i < size; ++i) sketch.update(i);
    (void)all.merge(sketch);
    const std::string name = "count_min-" + std::to_string(Rows) + "_" + std::to_string(Buckets) + "_";
    write(folder, name + std::to_string(size), sketch);
    write(folder, name + "merged_" + std::to_string(size), all);
  }
}

class reader {
 public:
  explicit reader(std::string folder) : folder_(std::move(folder)) {}

  template <class S, class Ask>
  reader& check(const std::string& kind, Ask&& ask) {
    std::size_t asked = 0;
    for (const std::string& sentence : support::check_images<S>(folder_, kind, ask, asked)) {
      std::printf("%s\n", sentence.c_str());
      ++failures_;
    }
    if (asked == 0) {
      std::printf("%s: no questions\n", kind.c_str());
      ++failures_;
    }
    return *this;
  }
  int failures() const { return failures_; }

 private:
  std::string folder_;
  int failures_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string folder = argv[2];
  if (std::strcmp(argv[1], "write") == 0) {
    write_kll<double>(folder, "kll_double");
    write_kll<float>(folder, "kll_float");
    write_req<float, true>(folder, "req_float");
    write_req<float, false>(folder, "req_float");
    write_req<double, true>(folder, "req_double");
    write_req<double, false>(folder, "req_double");
    write_hll<4, 4>(folder);
    write_hll<8, 6>(folder);
    write_hll<10, 4>(folder);
    write_hll<12, 4>(folder);
    write_hll<12, 6>(folder);
    write_hll<12, 8>(folder);
    write_hll<18, 4>(folder);
    write_count_min<1024, 4>(folder);
    write_count_min<37, 7>(folder);
    write_frequent(folder);
    write_theta(folder);
    write_tdigest<double>(folder, "tdigest_double");
    write_tdigest<float>(folder, "tdigest_float");
    return 0;
  }
  reader images(folder);
  images.check<mr::kll<200>>("kll_double", support::ask_kll<mr::kll<200>>);
  images.check<mr::kll<200, float>>("kll_float", support::ask_kll<mr::kll<200, float>>);
  images.check<mr::req<12, float>>("req_float", support::ask_req<mr::req<12, float>>);
  images.check<mr::req<>>("req_double", support::ask_req<mr::req<>>);
  images.check<mr::hll<>>("hll", support::ask_hll<mr::hll<>>);
  images.check<mr::count_min<>>("count_min", support::ask_count_min<mr::count_min<>>);
  using texts = mr::frequent_items<std::string>;
  using numbers = mr::frequent_items<std::int64_t>;
  images.check<texts>("frequent_strings", support::ask_frequent<texts>);
  images.check<numbers>("frequent_longs", support::ask_frequent<numbers>);
  images.check<mr::theta<>>("theta", support::ask_theta<mr::theta<>>);
  images.check<mr::tdigest<100>>("tdigest_double", support::ask_tdigest<mr::tdigest<100>>);
  images.check<mr::tdigest<100, float>>("tdigest_float", support::ask_tdigest<mr::tdigest<100, float>>);
  return images.failures() == 0 ? 0 : 1;
}
