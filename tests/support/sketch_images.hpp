#ifndef MILLRACE_TESTS_SUPPORT_SKETCH_IMAGES_HPP
#define MILLRACE_TESTS_SUPPORT_SKETCH_IMAGES_HPP

#include <cmath>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

// Images of sketches in a folder, KIND-NAME.bin, with `answers.txt` that says what their writer answers about them;
// tests/oracle/sketches.py makes such folders with Apache DataSketches.
namespace support {

inline std::vector<std::byte> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct image_answer {
  std::string file;
  std::string query;
  std::string argument;
  double answer;
};

/// The questions of a folder to images whose name begins with `kind` and a dash.
inline std::vector<image_answer> image_answers(const std::string& folder, const std::string& kind) {
  std::ifstream file(folder + "/answers.txt");
  if (!file) throw std::runtime_error("cannot read " + folder + "/answers.txt");
  std::vector<image_answer> found;
  for (std::string line; std::getline(file, line);) {
    image_answer next;
    std::string answer;
    std::istringstream(line) >> next.file >> next.query >> next.argument >> answer;
    next.answer = std::stod(answer);
    if (next.file.rfind(kind + "-", 0) == 0) found.push_back(next);
  }
  return found;
}

/// Answers to queries whose name ends in `_near` may differ a little; in `_within`, by the argument's share.
inline bool same_answer(const image_answer& question, double a) {
  const double b = question.answer;
  const double share = question.query.ends_with("_within") ? std::stod(question.argument)
                       : question.query.ends_with("_near") ? 0.005
                                                           : 0.0;
  if (std::fabs(a - b) <= share * std::fmax(1, std::fabs(b))) return true;
  return a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= 1e-9 * std::fmax(std::fabs(a), std::fabs(b));
}

/// Loads each image of a kind as S, and puts the folder's questions to it: `ask(sketch, query, argument)` answers,
/// or nothing where it does not know the query. Answers what went wrong, a sentence each; `asked` counts.
template <class S, class Ask>
std::vector<std::string> check_images(const std::string& folder, const std::string& kind, Ask&& ask,
                                      std::size_t& asked) {
  std::vector<std::string> wrong;
  std::string last;
  std::optional<S> sketch;
  for (const image_answer& question : image_answers(folder, kind)) {
    if (question.file != last) {
      last = question.file;
      auto loaded = S::load(read_bytes(folder + "/" + last));
      if (!loaded) wrong.push_back(last + ": " + loaded.error().describe());
      sketch = loaded ? std::optional<S>(std::move(*loaded)) : std::nullopt;
    }
    if (!sketch) continue;
    ++asked;
    const std::optional<double> answer = ask(*sketch, question.query, question.argument);
    if (!answer || !same_answer(question, *answer))
      wrong.push_back(last + ": " + question.query + "(" + question.argument + ") is " +
                      (answer ? std::to_string(*answer) : "unknown here") + ", not " + std::to_string(question.answer));
  }
  return wrong;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SKETCH_IMAGES_HPP
