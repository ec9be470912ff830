/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_FRAME_H
#define AUDIO_FRAME_H

/* One instant of stereo sound; full scale is ±1.  In memory an array of these is interleaved PCM. */
struct frame {
	float left;
	float right;
};

#endif
