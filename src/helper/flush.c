/* SPDX-License-Identifier: MIT */
/*
 * echorelay-flush: bounds how long a Bluetooth controller keeps the packets of one link, and tells when
 * it dropped some.  A program of its own, because both need CAP_NET_RAW, and the relay must not have it.
 *
 *     relay ── id, timeout, the stream's L2CAP socket ──► stdin
 *           ◄── set, refused, or later: packets were dropped ──
 *
 * The socket is the proof: only the link that it is connected over can be touched, by one command
 * (Write Automatic Flush Timeout: Core 5.3, Vol 4 Part E, 7.3.30), and anything else is refused.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/hci_lib.h>
#include <bluetooth/l2cap.h>

#include "base/flush_protocol.h"

#define ADAPTERS 16
#define STREAMS 64
#define ANSWER_MS 1000
#define SLOTS_PER_MS 1.6

struct adapter {
	int number; /* of hciN */
	int fd;     /* −1: it is gone */
};

struct stream {
	uint32_t id; /* 0: free */
	int adapter;
	uint16_t handle;
};

static struct adapter adapters[ADAPTERS];
static int adapter_count;
static struct stream streams[STREAMS];
static unsigned stream_next;

static void report(uint32_t id, int result)
{
	struct flush_report message = {id, result};
	send(STDIN_FILENO, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* --- the controller -------------------------------------------------------------------------------- */

static int adapter_open(int number)
{
	struct sockaddr_hci address = {AF_BLUETOOTH, (uint16_t)number, HCI_CHANNEL_RAW};
	struct hci_filter filter;
	int place = 0;
	while (place < adapter_count && adapters[place].fd >= 0 && adapters[place].number != number)
		place++;
	if (place == ADAPTERS)
		return -ENOSPC;
	if (place < adapter_count && adapters[place].fd >= 0)
		return place;
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_HCI);
	if (fd < 0)
		return -errno;
	hci_filter_clear(&filter);
	hci_filter_set_ptype(HCI_EVENT_PKT, &filter);
	hci_filter_set_event(EVT_FLUSH_OCCURRED, &filter);
	hci_filter_set_event(EVT_CMD_COMPLETE, &filter);
	if (setsockopt(fd, SOL_HCI, HCI_FILTER, &filter, sizeof(filter)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	adapters[place] = (struct adapter){number, fd};
	adapter_count = place == adapter_count ? place + 1 : adapter_count;
	return place;
}

static void adapter_gone(int adapter)
{
	close(adapters[adapter].fd);
	adapters[adapter].fd = -1;
	for (int i = 0; i < STREAMS; i++)
		if (streams[i].adapter == adapter)
			streams[i].id = 0;
}

static void flush_occurred(int adapter, uint16_t handle)
{
	for (int i = 0; i < STREAMS; i++)
		if (streams[i].id && streams[i].adapter == adapter && streams[i].handle == handle)
			report(streams[i].id, FLUSH_OCCURRED);
}

/* Reads one event.  Returns 1 and the status if it completes our command; 0; -EAGAIN: none there. */
static int event_take(int adapter, uint8_t *status)
{
	uint8_t bytes[HCI_MAX_EVENT_SIZE];
	ssize_t size = read(adapters[adapter].fd, bytes, sizeof(bytes));
	const uint8_t *parameters = bytes + 1 + HCI_EVENT_HDR_SIZE;
	uint16_t opcode = cmd_opcode_pack(OGF_HOST_CTL, OCF_WRITE_AUTOMATIC_FLUSH_TIMEOUT);
	if (size < 0)
		return -errno;
	if (size >= 5 && bytes[1] == EVT_FLUSH_OCCURRED)
		flush_occurred(adapter, bt_get_le16(parameters) & 0x0fff);
	if (size < 7 || bytes[1] != EVT_CMD_COMPLETE || bt_get_le16(parameters + 1) != opcode)
		return 0;
	*status = parameters[3];
	return 1;
}

static int answer_await(int adapter)
{
	struct pollfd ready = {.fd = adapters[adapter].fd, .events = POLLIN};
	uint8_t status;
	while (poll(&ready, 1, ANSWER_MS) > 0) {
		int taken = event_take(adapter, &status);
		if (taken > 0)
			return status ? -EIO : 0;
		if (taken < 0 && taken != -EAGAIN)
			return taken;
	}
	return -ETIMEDOUT;
}

static int timeout_write(int adapter, uint16_t handle, unsigned ms)
{
	uint8_t type = HCI_COMMAND_PKT;
	uint16_t slots = (uint16_t)(ms * SLOTS_PER_MS);
	uint16_t parameters[] = {htobs(handle), htobs(slots)};
	hci_command_hdr header = {
	    htobs(cmd_opcode_pack(OGF_HOST_CTL, OCF_WRITE_AUTOMATIC_FLUSH_TIMEOUT)),
	    sizeof(parameters)};
	struct iovec parts[] = {
	    {&type, 1}, {&header, HCI_COMMAND_HDR_SIZE}, {parameters, sizeof(parameters)}};
	if (writev(adapters[adapter].fd, parts, 3) < 0)
		return -errno;
	return answer_await(adapter);
}

/* --- the socket ------------------------------------------------------------------------------------ */

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

/* Does that adapter have the link, by the same handle and to the same device? */
static bool adapter_has(int adapter, const bdaddr_t *peer, uint16_t handle)
{
	struct {
		struct hci_conn_info_req request;
		struct hci_conn_info info;
	} ask = {.request = {.bdaddr = *peer, .type = ACL_LINK}};
	return ioctl(adapters[adapter].fd, HCIGETCONNINFO, &ask) == 0 && ask.info.handle == handle;
}

static int adapter_find(const bdaddr_t *local, const bdaddr_t *peer, uint16_t handle)
{
	int result = -ENODEV;
	for (int number = 0; number < HCI_MAX_DEV; number++) {
		int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);
		struct hci_dev_info info = {.dev_id = (uint16_t)number};
		if (fd < 0)
			return -errno;
		bool there = ioctl(fd, HCIGETDEVINFO, &info) == 0 && !bacmp(&info.bdaddr, local);
		close(fd);
		if (!there)
			continue;
		int adapter = adapter_open(number);
		if (adapter >= 0 && adapter_has(adapter, peer, handle))
			return adapter;
		if (adapter < 0)
			result = adapter;
	}
	return result;
}

/* The link of a connected BR/EDR L2CAP socket, and of nothing else. */
static int stream_of(int fd, struct stream *stream)
{
	struct sockaddr_l2 local, peer;
	struct l2cap_conninfo info;
	socklen_t local_size = sizeof(local), peer_size = sizeof(peer), size = sizeof(info);
	if (option_of(fd, SO_DOMAIN) != AF_BLUETOOTH || option_of(fd, SO_PROTOCOL) != BTPROTO_L2CAP)
		return -EPROTOTYPE;
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&local, &local_size) < 0 ||
	    getsockopt(fd, SOL_L2CAP, L2CAP_CONNINFO, &info, &size) < 0)
		return -errno;
	if (peer.l2_bdaddr_type != BDADDR_BREDR)
		return -EPROTOTYPE;
	stream->handle = info.hci_handle;
	stream->adapter = adapter_find(&local.l2_bdaddr, &peer.l2_bdaddr, info.hci_handle);
	return stream->adapter < 0 ? stream->adapter : 0;
}

static void stream_keep(struct stream stream)
{
	for (int i = 0; i < STREAMS; i++)
		if (streams[i].adapter == stream.adapter && streams[i].handle == stream.handle)
			streams[i].id = 0;
	streams[stream_next++ % STREAMS] = stream;
}

static int serve(const struct flush_request *request, int fd)
{
	struct stream stream = {.id = request->id};
	if (request->timeout_ms < FLUSH_TIMEOUT_LEAST_MS ||
	    request->timeout_ms > FLUSH_TIMEOUT_MOST_MS)
		return -ERANGE;
	int error = stream_of(fd, &stream);
	if (!error)
		error = timeout_write(stream.adapter, stream.handle, request->timeout_ms);
	if (!error)
		stream_keep(stream);
	return error;
}

/* --- the relay ------------------------------------------------------------------------------------- */

/* Returns 1 when a request was taken, 0 at the end. */
static int request_take(void)
{
	struct flush_request request = {0};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec io = {&request, sizeof(request)};
	struct msghdr header = {
	    .msg_iov = &io,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    /* room for one: with its padding a second one would fit, and stay open */
	    .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t size = recvmsg(STDIN_FILENO, &header, MSG_CMSG_CLOEXEC);
	if (size <= 0)
		return size < 0 && errno == EINTR;
	const struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	int fd = -1;
	if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
	    rights->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	bool whole = size == sizeof(request) && fd >= 0 &&
	             !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	report(request.id, whole ? serve(&request, fd) : -EINVAL);
	if (fd >= 0)
		close(fd);
	return 1;
}

int main(void)
{
	if (option_of(STDIN_FILENO, SO_TYPE) != SOCK_SEQPACKET) {
		static const char words[] = "echorelay-flush: started by echorelay, not by hand\n";
		ssize_t told = write(STDERR_FILENO, words, sizeof(words) - 1);
		return told < 0 ? 71 : 64;
	}
	for (;;) {
		struct pollfd ready[1 + ADAPTERS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
		uint8_t status;
		for (int i = 0; i < adapter_count; i++)
			ready[1 + i] = (struct pollfd){.fd = adapters[i].fd, .events = POLLIN};
		if (poll(ready, 1 + (nfds_t)adapter_count, -1) < 0)
			continue;
		for (int i = adapter_count - 1; i >= 0; i--) {
			int taken = ready[1 + i].revents ? event_take(i, &status) : 0;
			if (taken < 0 && taken != -EAGAIN)
				adapter_gone(i);
		}
		if (ready[0].revents && !request_take())
			return 0;
	}
}
