"""Networks from files of TensorFlow Lite and ONNX."""
