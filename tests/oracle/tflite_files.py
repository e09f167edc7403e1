#!/usr/bin/env python3
"""Models of TensorFlow Lite and what its interpreter says of them, for tests/unit/model/formats and tests/unit/infer.

usage: tflite_files.py FOLDER      (tensorflow 2.21.0)

Each tflite-NAME.tflite has one input and one output of floats. Beside it tflite-NAME.answers: three whole numbers of 32
bits (rows, floats of an input row, floats of an output row), then input after input, then output after output, all
little-endian. The interpreter runs without delegates, one row at a time.
"""
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy
import tensorflow as tf

ROWS = 12
rng = numpy.random.default_rng(11)
tf.random.set_seed(11)


def save(folder, name, converter, shape):
    made = converter.convert()
    rows = rng.normal(0, 1, (ROWS, *shape)).astype(numpy.float32)
    interpreter = tf.lite.Interpreter(
        model_content=made, experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    (given,), (said,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for row in rows:
        interpreter.set_tensor(given["index"], row[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(said["index"]).astype(numpy.float32).reshape(-1))
    answers = numpy.stack(answers)
    (folder / f"tflite-{name}.tflite").write_bytes(made)
    head = numpy.array([ROWS, rows[0].size, answers.shape[1]], numpy.uint32)
    (folder / f"tflite-{name}.answers").write_bytes(head.tobytes() + rows.tobytes() + answers.tobytes())
    scale = said["quantization"][0]
    operators = sorted({each["op_name"] for each in interpreter._get_ops_details()})
    print(f"{name}: {len(made)} bytes, {answers.shape[1]} outputs, output scale {scale}", *operators)


def of_keras(model, quantized=None, shape=None):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantized is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantized == "whole":
        converter.representative_dataset = lambda: ([rng.normal(0, 1, (1, *shape)).astype(numpy.float32)] for _ in range(100))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return converter


def dense():
    layers = tf.keras.layers
    return tf.keras.Sequential([layers.Input((10,)), layers.Dense(16, activation="relu"), layers.Dense(8, activation="tanh"),
                                layers.Dense(3, activation="softmax")])


def wide():
    """Converters leave weights of fewer than 1,024 numbers as they are."""
    layers = tf.keras.layers
    return tf.keras.Sequential([layers.Input((30,)), layers.Dense(40, activation="relu"), layers.Dense(2)])


def image():
    layers = tf.keras.layers
    return tf.keras.Sequential([
        layers.Input((9, 7, 2)), layers.Conv2D(4, 3, strides=2, padding="same", activation="relu6"), layers.DepthwiseConv2D(3, padding="same"),
        layers.LeakyReLU(negative_slope=0.25), layers.MaxPooling2D(2, strides=1), layers.AveragePooling2D(2, padding="same"),
        layers.Conv2D(3, 2, dilation_rate=2, padding="same"), layers.Flatten(), layers.Dense(2, activation="sigmoid")])


class Pieces(tf.Module):
    """One operator after another on rows of 12 numbers; the answers stand one behind the other."""

    @tf.function(input_signature=[tf.TensorSpec((1, 12), tf.float32)])
    def __call__(self, x):
        a, b, c = tf.split(x, 3, axis=1)
        d, e = tf.split(x, [5, 7], axis=1)
        cube = tf.transpose(tf.reshape(x, (1, 2, 3, 2)), (0, 2, 3, 1))
        parts = [
            a + b * c - a / (tf.abs(b) + 1), tf.maximum(a, tf.minimum(b, c)), tf.exp(a), tf.math.log(tf.abs(a) + 0.5), tf.sqrt(tf.abs(b)),
            tf.math.rsqrt(tf.abs(c) + 0.1), tf.square(a), tf.math.squared_difference(a, b), tf.sin(a), tf.floor(a * 3), tf.math.ceil(b * 3),
            tf.round(c * 3), tf.nn.elu(a), tf.nn.leaky_relu(b, 0.1), tf.nn.relu6(c * 5), tf.nn.gelu(a), tf.nn.log_softmax(b), -c,
            d[:, 1:4], e[:, ::-2], x[:, -1:], tf.reshape(cube, (1, 12)), tf.reduce_mean(cube, axis=(1, 2)), tf.reduce_max(x, axis=1, keepdims=True),
            tf.reduce_sum(cube, axis=3)[:, 0], tf.pad(a, [[0, 0], [1, 2]]), tf.pad(b, [[0, 0], [2, 0]], constant_values=7.0),
            tf.gather(x, [3, 0, 3], axis=1), tf.where(a > b, a, c), tf.cast(tf.not_equal(a, b), tf.float32), tf.tile(a, (1, 2)),
            tf.reshape(tf.stack([a, b], axis=2), (1, 8)), tf.unstack(cube, axis=3)[1][:, 0], tf.cast(tf.argmax(x, axis=1, output_type=tf.int32), tf.float32)[:, None],
            tf.math.pow(tf.abs(a), b), tf.reshape(tf.matmul(cube, cube, transpose_b=True), (1, -1)), tf.math.floordiv(a, tf.abs(b) + 0.25),
            tf.squeeze(tf.expand_dims(a, 1), 1)]
        return tf.concat(parts, axis=1)


def main():
    folder = pathlib.Path(sys.argv[1])
    print("tensorflow", tf.__version__)
    net, picture, pieces = dense(), image(), Pieces()
    save(folder, "dense", of_keras(net), (10,))
    save(folder, "dense-weights8", of_keras(wide(), "weights"), (30,))
    save(folder, "dense-int8", of_keras(net, "whole", (10,)), (10,))
    save(folder, "image", of_keras(picture), (9, 7, 2))
    save(folder, "image-int8", of_keras(picture, "whole", (9, 7, 2)), (9, 7, 2))
    save(folder, "pieces", tf.lite.TFLiteConverter.from_concrete_functions([pieces.__call__.get_concrete_function()], pieces), (12,))


if __name__ == "__main__":
    main()
