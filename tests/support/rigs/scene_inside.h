/*
 * What scene.c and scene_verbs.c share.
 */
#ifndef HVUV_TESTS_SUPPORT_RIGS_SCENE_INSIDE_H
#define HVUV_TESTS_SUPPORT_RIGS_SCENE_INSIDE_H

#include "scene.h"

/* What every callback does, after it has written its word. */
void scene_cue(const char* label, hvuv_stream_t* stream);

/* Around each verb, which must not call back before it returns. */
void scene_enter(void);
void scene_leave(void);

/* Where a stream's requests are counted; NULL for one that is not the scene's.
 */
int* scene_pending_of(const hvuv_stream_t* stream);

/* The stream is not the scene's any more. */
void scene_drop(const hvuv_stream_t* stream);

void scene_verbs_reset(void);

#endif /* HVUV_TESTS_SUPPORT_RIGS_SCENE_INSIDE_H */
