/* For bindings: what a program in C has by sizeof and by name. */
#include "hvuv/binding.h"

size_t hvuv_stream_size(void) {
  return sizeof(hvuv_stream_t);
}

size_t hvuv_connect_size(void) {
  return sizeof(hvuv_connect_t);
}

size_t hvuv_write_size(void) {
  return sizeof(hvuv_write_t);
}

size_t hvuv_shutdown_size(void) {
  return sizeof(hvuv_shutdown_t);
}

void* hvuv_stream_get_data(const hvuv_stream_t* s) {
  return s->data;
}

void hvuv_stream_set_data(hvuv_stream_t* s, void* data) {
  s->data = data;
}

uv_loop_t* hvuv_stream_get_loop(const hvuv_stream_t* s) {
  return s->loop;
}

void* hvuv_connect_get_data(const hvuv_connect_t* req) {
  return req->data;
}

void hvuv_connect_set_data(hvuv_connect_t* req, void* data) {
  req->data = data;
}

void* hvuv_write_get_data(const hvuv_write_t* req) {
  return req->data;
}

void hvuv_write_set_data(hvuv_write_t* req, void* data) {
  req->data = data;
}

void* hvuv_shutdown_get_data(const hvuv_shutdown_t* req) {
  return req->data;
}

void hvuv_shutdown_set_data(hvuv_shutdown_t* req, void* data) {
  req->data = data;
}
