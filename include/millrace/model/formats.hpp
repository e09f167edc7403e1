#ifndef MILLRACE_MODEL_FORMATS_HPP
#define MILLRACE_MODEL_FORMATS_HPP

/// formats: models that were made elsewhere, and models of ours for others. model.hpp leaves this room out.
///
/// - `boosted_model`: trees, or a linear model, that another library has trained, with its link
/// - `load_boosted_model`: such a model from a file, whosever it is
/// - `graph`: operators and the values between them: what a file is read into, and what an engine runs
/// - `read_catboost`: models of CatBoost, from JSON
/// - `network_of`: an mlp of the tensors of a safetensors file
/// - `read_lightgbm`: models of LightGBM, from text
/// - `read_onnx`, `load_onnx`, `write_onnx`: graphs as ONNX models
/// - `read_category_words`: the words that stood for categories in a model of LightGBM or XGBoost
/// - `read_safetensors`, `load_safetensors`, `write_safetensors`: tensors by name
/// - `read_tflite`, `load_tflite`: models of TensorFlow Lite, as graphs
/// - `read_xgboost`: models of XGBoost, from JSON and UBJSON

#include <millrace/model/formats/boosted_file.hpp>
#include <millrace/model/formats/boosted_model.hpp>
#include <millrace/model/formats/catboost.hpp>
#include <millrace/model/formats/category_words.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/formats/lightgbm.hpp>
#include <millrace/model/formats/network_tensors.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/formats/safetensors.hpp>
#include <millrace/model/formats/tflite.hpp>
#include <millrace/model/formats/xgboost.hpp>

#endif  // MILLRACE_MODEL_FORMATS_HPP
