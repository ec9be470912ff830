/* SPDX-License-Identifier: MIT */
#include "a2dp/codec.h"

#define VENDOR 0xff

static const struct {
	uint8_t codec;
	uint32_t maker; /* Bluetooth company identifier */
	uint16_t number;
	const char *name;
} codecs[] = {
    {0x00, 0, 0, "SBC"},
    {0x01, 0, 0, "MPEG-1"},
    {0x02, 0, 0, "AAC"},
    {0x04, 0, 0, "ATRAC"},
    {VENDOR, 0x004f, 0x0001, "aptX"},
    {VENDOR, 0x00d7, 0x0024, "aptX-HD"},
    {VENDOR, 0x000a, 0x0001, "FastStream"},
    {VENDOR, 0x000a, 0x0002, "aptX-LL"},
    {VENDOR, 0x00d7, 0x0002, "aptX-LL"},
    {VENDOR, 0x012d, 0x00aa, "LDAC"},
    {VENDOR, 0x0075, 0x0103, "Samsung-HD"},
    {VENDOR, 0x053a, 0x4c35, "LHDC-V5"},
};

static uint32_t little_endian(const uint8_t *bytes, int count)
{
	uint32_t value = 0;
	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}

const char *codec_name(uint8_t codec, const uint8_t *capabilities, size_t size)
{
	uint32_t maker = 0, number = 0;
	if (codec == VENDOR) {
		if (size < 6)
			return "?";
		maker = little_endian(capabilities, 4);
		number = little_endian(capabilities + 4, 2);
	}
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i].codec == codec && codecs[i].maker == maker &&
		    codecs[i].number == number)
			return codecs[i].name;
	return "?";
}
