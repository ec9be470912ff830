/* SPDX-License-Identifier: MIT */
#ifndef A2DP_AIRTIME_H
#define A2DP_AIRTIME_H

#include <stddef.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"

/*
 * What a stream costs of an adapter's air.  Bluetooth's air is cut into 1600 slots a second; an ACL
 * packet takes 1, 3 or 5 of them and one more for the answer (Core 5.3, Vol 2 Part B, 6.5.4):
 *
 *                     1 slot   3 slots   5 slots        payload, bytes
 *   2 Mbit/s (2-DH)       54       367       679
 *   3 Mbit/s (3-DH)       83       552      1021
 *
 * No host can see which of the two a link uses.  A media MTU of 1005 and more is the mark of a
 * speaker that was built for the faster one; everything here goes by that and is an assumption.
 * Retransmissions come on top.  Pure: any thread may call anything here.
 */

/*
 * The largest media packet, in bytes (RTP header and all), that is worth sending over a channel of
 * `mtu`: what one baseband packet of 5 slots holds.  A longer one would cost a second packet.
 */
size_t airtime_packet_bytes(size_t mtu);

/* How many SBC frames of a bitpool such a packet holds, 1 to RTP_FRAMES_MAX. */
size_t airtime_packet_frames(const struct sbc_config *config, size_t mtu, unsigned bitpool);

/* How much sound a full packet holds at the largest bitpool, ns. */
int64_t airtime_packet_ns(const struct sbc_config *config, size_t mtu);

/* Slots that one media packet of `bytes` takes on a channel of `mtu`, the answers included. */
unsigned airtime_packet_slots(size_t mtu, size_t bytes);

/* Percent of an adapter's air that packets of `bytes` take when one is sent every `interval_ns`. */
double airtime_percent(size_t mtu, size_t bytes, int64_t interval_ns);

/* The same of a whole stream: packets as full as they can be, at a bitpool. */
double airtime_stream_percent(const struct sbc_config *config, size_t mtu, unsigned bitpool);

/* The same of one with packets of so many SBC frames. */
double airtime_short_percent(const struct sbc_config *config, size_t mtu, unsigned bitpool,
                             unsigned frames);

/*
 * And of one that comes in, an Echo's: it must be polled for each packet, two slots more.  Nobody says in
 * which packets it sends; an MTU of 672 takes them for 2-DH5, the dearer.
 */
double airtime_inbound_percent(const struct sbc_config *config, size_t mtu);

/*
 * What an adapter carries well, percent.  The rest is for inquiry and page scans, for AVRCP, for Wi-Fi on
 * the same band, and for packets that do not come evenly.  Of what is sent, one in ten is sent again:
 * AIRTIME_SENDS times is each packet on the air, in the middle.
 */
#define AIRTIME_CARRIES 80
#define AIRTIME_SENDS (1 / 0.9)

/*
 * What it holds were every packet to arrive, percent.  Above that packets wait for good behind those that waited
 * before: at 99.8 % on the rig one that came last stayed 21 ms behind.
 */
#define AIRTIME_HOLDS 92

#endif
