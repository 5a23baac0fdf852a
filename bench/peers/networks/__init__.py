# SPDX-License-Identifier: Apache-2.0
"""Whole networks from end to end: what people feel."""

NETWORKS = ("resnet18", "resnet50", "mobilenet_v2", "unet")
BATCHES = (1, 8)
SIZE = 224  # of the images' sides
CONTENDERS = ("faltung", "torch", "torch-channels-last", "torch-compile", "onnxruntime", "openvino")
