// The driver of tests/interop/sketches.py: writes images of every sketch, or reads a folder of them and checks the
// answers that their other reader gave. usage: interop_sketches write|read FOLDER
#include <millrace/aggregate/kll.hpp>
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
    return 0;
  }
  reader images(folder);
  images.check<mr::kll<200>>("kll_double", support::ask_kll<mr::kll<200>>);
  images.check<mr::kll<200, float>>("kll_float", support::ask_kll<mr::kll<200, float>>);
  return images.failures() == 0 ? 0 : 1;
}
