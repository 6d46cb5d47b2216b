"""Models as ONNX files, for programs without torch and without this package."""
