/* SPDX-License-Identifier: MIT */
#ifndef A2DP_CODEC_H
#define A2DP_CODEC_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the codec of an endpoint is called, by its number ("Media Codec Type", A2DP assigned numbers), and where
 * that is "vendor" by the number of the maker and his codec, the first six bytes of its capabilities, least
 * first (A2DP 1.3, 4.7.2).  "?" for one that is not known.
 */
const char *codec_name(uint8_t codec, const uint8_t *capabilities, size_t size);

#endif
