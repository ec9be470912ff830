/* SPDX-License-Identifier: MIT */
#include "relay/compatibility.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "relay/policy.h"

#define POOR_BITPOOL 35 /* of joint stereo: A2DP's "middle quality" row (table 4.7) */

/* --- what is known of a model ---------------------------------------------------------------------- */

#define NO_VOLUME "its own volume does nothing or is forgotten: it is set here"
#define TWO_SIDED "it may call this box as a source: it is connected as a speaker only"

/* By the beginning of its name, and of its address where the name is not enough. */
static const struct quirk {
	const char *name, *address;
	const char *text;
	bool volume_broken;
} quirks[] = {
    /* PipeWire's #3225, #1449, #1562, #1686, #2927, #1592 */
    {"Audio Pro_A26", "7C:96:D2", NO_VOLUME, true},
    {"BAA 100", NULL, NO_VOLUME, true},
    {"D50s", "00:13:EF", NO_VOLUME, true},
    {"SoundCore mini", NULL, NO_VOLUME, true},
    {"Soundcore Motion B", NULL, NO_VOLUME, true},
    {"Tribit MAXSound Plus", NULL, NO_VOLUME, true},
    {"WorkTunes Connect", NULL, NO_VOLUME, true},
    /* both sides of A2DP at once do not work on them: BlueZ's #1898, #1990, trudenboy/sendspin-bt-bridge #166 */
    {"BT20A", NULL, TWO_SIDED, false},
    {"HMDX", NULL, TWO_SIDED, false},
    /* trudenboy/sendspin-bt-bridge #213 */
    {"JBL PartyBox", NULL,
     "known to take the adapter for itself so that others drop: give it one of its own", false},
    /* trudenboy/sendspin-bt-bridge #168 */
    {"Synergy 65", NULL, "known to pair only when it is asked to confirm: try it twice", false},
};

static bool begins(const char *text, const char *with)
{
	return !with || !strncasecmp(text, with, strlen(with));
}

static const struct quirk *quirk_of(const char *name, const char *address)
{
	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		if (begins(name, quirks[i].name) && begins(address, quirks[i].address))
			return &quirks[i];
	return NULL;
}

bool compatibility_volume_broken(const char *name, const char *address)
{
	const struct quirk *quirk = quirk_of(name, address);
	return quirk && quirk->volume_broken;
}

/* --- who made it ----------------------------------------------------------------------------------- */

/* Company identifiers (Bluetooth assigned numbers, 7.1) and USB vendors that loudspeakers have. */
static const char *maker_name(bool usb, unsigned number)
{
	static const struct {
		bool usb;
		unsigned number;
		const char *name;
	} makers[] = {
	    {false, 0x000a, "Qualcomm"}, {false, 0x000d, "Texas Instruments"},
	    {false, 0x000f, "Broadcom"}, {false, 0x001d, "Qualcomm"},
	    {false, 0x0046, "MediaTek"}, {false, 0x004c, "Apple"},
	    {false, 0x0057, "Harman"},   {false, 0x005d, "Realtek"},
	    {false, 0x0075, "Samsung"},  {false, 0x009e, "Bose"},
	    {false, 0x00c4, "LG"},       {false, 0x00cc, "Beats"},
	    {false, 0x00e0, "Google"},   {false, 0x0103, "Bang & Olufsen"},
	    {false, 0x012d, "Sony"},     {false, 0x0171, "Amazon"},
	    {false, 0x05a7, "Sonos"},    {false, 0x05d6, "Jieli"},
	    {true, 0x05ac, "Apple"},     {true, 0x05a7, "Bose"},
	    {true, 0x054c, "Sony"},      {true, 0x0a12, "Qualcomm (CSR)"},
	    {true, 0x1949, "Amazon"},    {true, 0x1d6b, "Linux"},
	};
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (makers[i].usb == usb && makers[i].number == number)
			return makers[i].name;
	return "";
}

/* The kernel's modalias as BlueZ makes it of the Device ID record (src/shared/util.c, bt_modalias_to_…). */
static void maker_judge(struct model_found *shown, const char *modalias)
{
	unsigned vendor, product, version;
	const char *numbers = strchr(modalias, ':');
	bool usb = begins(modalias, "usb:");
	if (!numbers || sscanf(numbers, ":v%4xp%4xd%4x", &vendor, &product, &version) != 3)
		return;
	snprintf(shown->vendor, sizeof(shown->vendor), "%s:%04x", usb ? "usb" : "bluetooth",
	         vendor);
	snprintf(shown->product, sizeof(shown->product), "%04x", product);
	snprintf(shown->version, sizeof(shown->version), "%04x", version);
	snprintf(shown->maker, sizeof(shown->maker), "%s", maker_name(usb, vendor));
}

/* --- the verdict ----------------------------------------------------------------------------------- */

static void say(struct model_found *shown, int32_t works, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct model_found *shown, int32_t works, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	shown->works = works;
	vsnprintf(shown->verdict, sizeof(shown->verdict), format, arguments);
	va_end(arguments);
}

static void judge_endpoints(struct model_found *shown, const struct compatibility_facts *facts)
{
	uint8_t configuration[SBC_CONFIG_BYTES];
	if (!facts->has_sbc)
		return say(shown, false, "no A2DP: it receives no sound");
	shown->bitpool_min = facts->sbc[2];
	shown->bitpool_max = facts->sbc[3];
	int error = sbc_config_select(configuration, facts->sbc, SBC_CONFIG_BYTES, facts->rate);
	if (error == -ENOTSUP)
		return say(shown, false, "does not work at %.1f kHz", facts->rate / 1000.0);
	if (error)
		return say(shown, false, "does not work: what it says of its SBC makes no sense");
	char poor[32] = "";
	if (facts->sbc[3] < POOR_BITPOOL)
		snprintf(poor, sizeof(poor), ", at bitpool %u at the most", facts->sbc[3]);
	say(shown, true, "works%s%s", poor,
	    facts->delay_reporting == false ? ", delay must be set by ear" : "");
}

/* What is said of one whose endpoints are not known. */
static void judge_services(struct model_found *shown, const struct compatibility_facts *facts)
{
	switch (shown->kind) {
	case KIND_PHONE:
	case KIND_COMPUTER:
	case KIND_OTHER:
		if (!facts->offers_sink)
			return say(shown, false, "no A2DP sink: not a speaker");
		break;
	default:
		break;
	}
	if (facts->offers_sink)
		return say(shown, MODEL_UNKNOWN, "should work; it tells more once it is connected");
	if (facts->paired)
		return say(shown, false, "no A2DP");
	if (facts->class)
		return say(shown, MODEL_UNKNOWN, "may work; it tells more once it is paired");
	say(shown, MODEL_UNKNOWN, "not announced as audio");
}

static bool is_source(const struct compatibility_facts *facts)
{
	const struct policy_device device = {.offers_source = facts->offers_source,
	                                     .offers_sink = facts->offers_sink,
	                                     .class = facts->class,
	                                     .name = facts->name,
	                                     .modalias = facts->modalias};
	return policy_role(&device) == ROLE_SOURCE;
}

void compatibility_judge(struct model_found *shown, const struct compatibility_facts *facts)
{
	const struct quirk *quirk = quirk_of(facts->name, facts->address);
	shown->bitpool_min = shown->bitpool_max = MODEL_UNKNOWN;
	shown->offers_sink = facts->offers_sink;
	shown->offers_source = facts->offers_source;
	shown->delay_reporting = facts->delay_reporting;
	maker_judge(shown, facts->modalias);
	if (quirk)
		snprintf(shown->quirk, sizeof(shown->quirk), "%s", quirk->text);
	if (is_source(facts))
		say(shown, false, "a source, as an Echo is; not a speaker");
	else if (facts->endpoints_known)
		judge_endpoints(shown, facts);
	else
		judge_services(shown, facts);
}
