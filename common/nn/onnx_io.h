/* onnx_io.h: converts ONNX's protobuf messages to the graph. Internal to nn. */
#ifndef NN_ONNX_IO_H
#define NN_ONNX_IO_H

#include <onnx.pb-c.h>

#include "nn/graph.h"

enum { NN_MAX_FILE_BYTES = 1 << 30 };

/* Unpacks a model after bounding its nesting and memory. NULL on failure. Free with
 * onnx__model_proto__free_unpacked(proto, NULL). */
Onnx__ModelProto *nn_onnx_unpack(const void *data, size_t size, err *e);

/* Reads the data of tensors in external files, in the folder of `path` or below, into the message.
 * `size` is that of the model's file; the total is at most NN_MAX_FILE_BYTES. The message of a
 * failure names the tensor. */
int nn_onnx_bring_in(Onnx__ModelProto *proto, const char *path, size_t size, err *e);

/* Converts an ONNX data type; float16 and bfloat16 become float. False for unsupported types. */
bool nn_onnx_dtype(int32_t data_type, nn_dtype *out);
const char *nn_onnx_dtype_name(int32_t data_type);

/* Bytes of an element in the file; 0 for an unsupported type. */
size_t nn_onnx_element_bytes(int32_t data_type);

/* Decodes a tensor into the pool, after checking its sizes against its data. The message does not
 * name the tensor. */
nn_tensor *nn_onnx_tensor(const Onnx__TensorProto *proto, nn_pool *pool, err *e);

/* Reads the declaration of a graph's input or output. */
int nn_onnx_port(const Onnx__ValueInfoProto *info, nn_pool *pool, nn_port *port, err *e);

/* Decodes a node's attributes, and checks them against its operator's list. */
int nn_onnx_attrs(const Onnx__NodeProto *proto, nn_pool *pool, nn_node *node, err *e);

/* Builds model->nodes and everything they need from model->proto. */
int nn_graph_build(nn_model *model, err *e);

/* See nn_model_hash. */
uint64_t nn_graph_hash(const nn_model *model, err *e);

#endif
