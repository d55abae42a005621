/* Marks the symbols that a shared library exports. */
#ifndef HVUV_EXPORT_H
#define HVUV_EXPORT_H

#if defined(HVUV_STATIC)
#define HVUV_EXTERN
#elif defined(_WIN32)
#if defined(HVUV_BUILDING)
#define HVUV_EXTERN __declspec(dllexport)
#else
#define HVUV_EXTERN __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define HVUV_EXTERN __attribute__((visibility("default")))
#else
#define HVUV_EXTERN
#endif

#endif /* HVUV_EXPORT_H */
