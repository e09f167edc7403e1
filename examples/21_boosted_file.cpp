// Scores rows by a model that LightGBM, XGBoost or CatBoost has trained, from its file alone.
#include <millrace/model/formats/boosted_file.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace mr = millrace;

// [boosted_file]
int score_with(const std::string& path) {
  const auto model = mr::model::load_boosted_model(path);
  if (!model) return std::fprintf(stderr, "%s\n", model.error().describe().c_str()), 1;
  std::printf("%zu trees for %s\n", model->trees().trees(), model->objective().c_str());

  const std::vector<float> payments{12, 9, 900, 3};  // rows of its columns, one after the other
  std::vector<double> frauds(2);
  model->predict(mr::model::matrix_view(payments, model->inputs()), frauds);
  std::printf("probabilities of fraud: %.3f %.3f\n", frauds[0], frauds[1]);
  return frauds[0] < frauds[1] ? 0 : 1;
}
// [/boosted_file]

// As Booster.save_model of LightGBM writes it; a file of XGBoost or CatBoost would do as well.
constexpr const char* fraud_model = R"(tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=amount hour

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
threshold=250.5 5.5
decision_type=10 10
left_child=-1 -2
right_child=1 -3
leaf_value=-2.5 3.25 0.5
shrinkage=1

end of trees
)";

int main(int argc, char** argv) {
  if (argc > 1) return score_with(argv[1]);
  if (const auto done = mr::store::write_file("fraud.txt", fraud_model); !done)
    return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  return score_with("fraud.txt");
}
