/* SPDX-License-Identifier: MIT */
#include "tests/rig/parts/controller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/clock.h"
#include "tests/rig/parts/hci.h"

#define LINKS 8 /* of one controller: seven of a piconet, and one that is coming */
#define PAGE_TIMEOUT_NS 5120000000 /* 0x2000 slots, the default of Write Page Timeout */
#define DYNAMIC_CHANNEL 0x40       /* first L2CAP channel that is none of the fixed ones */
#define AVDTP_DELAY_REPORT 0x0d    /* AVDTP 1.3, 8.19 */
#define NO_INPUT_NO_OUTPUT 3
#define MITM_PROTECTION 1 /* of the authentication that is wanted */

struct acl_link {
	bool used;
	uint16_t handle;
	struct hci_address peer;
	int air; /* directed, from here to there; -1 until the first packet */
};

struct controller {
	int number, host_fd, device_fd;
	bool has_address, absent, plain;
	struct hci_address address;
	struct acl_link links[LINKS];
	int swallow;         /* command statuses for our own Disconnects */
	int confirmed;       /* … completions for our own yes */
	int delay_tenths_ms; /* -1: reports are left alone */
	int64_t page_ends;   /* of an absent device; 0: none */
	struct hci_address page_target;
	uint8_t stream[2 * HCI_PACKET_BYTES]; /* from btvirt, whose socket knows no packets */
	size_t stream_size;
};

struct controllers {
	struct controllers_config config;
	struct air *air;
	struct controller each[CONTROLLERS_MAX];
	struct { /* of a directed link of the air */
		struct controller *from, *to;
	} ways[AIR_LINKS];
};

/* --- writing ----------------------------------------------------------------------------------- */

static void to_host(const struct controller *controller, const uint8_t *packet, size_t size)
{
	if (controller->host_fd < 0) /* it is pulled out */
		return;
	if (write(controller->host_fd, packet, size) != (ssize_t)size)
		fprintf(stderr, "radio: hci%d takes no packet: %m\n", controller->number);
}

static void to_device(const struct controller *controller, const uint8_t *packet, size_t size)
{
	if (write(controller->device_fd, packet, size) != (ssize_t)size)
		fprintf(stderr, "radio: btvirt takes no command of hci%d: %m\n",
		        controller->number);
}

static void completed_send(const struct controller *controller, uint16_t handle)
{
	uint8_t event[] = {HCI_EVENT, HCI_COMPLETED_PACKETS, 5, 1, 0, 0, 1, 0};
	hci_write16(event + 4, handle);
	to_host(controller, event, sizeof(event));
}

/* --- links ------------------------------------------------------------------------------------- */

static struct controller *find_address(struct controllers *all, const struct hci_address *address)
{
	for (int i = 0; i < all->config.count; i++)
		if (all->each[i].has_address &&
		    !memcmp(&all->each[i].address, address, sizeof(*address)))
			return &all->each[i];
	return NULL;
}

static struct acl_link *link_by_handle(struct controller *controller, uint16_t handle)
{
	for (int i = 0; i < LINKS; i++)
		if (controller->links[i].used && controller->links[i].handle == handle)
			return &controller->links[i];
	return NULL;
}

static struct acl_link *link_to(struct controller *controller, const struct controller *peer)
{
	for (int i = 0; i < LINKS; i++)
		if (controller->links[i].used &&
		    !memcmp(&controller->links[i].peer, &peer->address, sizeof(peer->address)))
			return &controller->links[i];
	return NULL;
}

static void link_add(struct controller *controller, uint16_t handle, const struct hci_address *peer)
{
	for (int i = 0; i < LINKS; i++)
		if (!controller->links[i].used) {
			controller->links[i] = (struct acl_link){true, handle, *peer, -1};
			return;
		}
}

static void link_end(struct controllers *all, struct acl_link *link)
{
	if (!link)
		return;
	if (link->air >= 0)
		air_close(all->air, link->air);
	link->used = false;
}

/* As one whose supervision time-out is over: btvirt tells both ends. */
static void link_lose(struct controller *controller, const struct acl_link *link)
{
	uint8_t command[] = {HCI_COMMAND, 0, 0, 3, 0, 0, HCI_CONNECTION_TIMEOUT};
	hci_write16(command + 1, HCI_DISCONNECT);
	hci_write16(command + 4, link->handle);
	controller->swallow++;
	to_device(controller, command, sizeof(command));
}

/* The link's way through the air; -1 when the other end does not know of the link yet. */
static int link_way(struct controllers *all, struct controller *controller, struct acl_link *link)
{
	struct controller *peer = find_address(all, &link->peer);
	if (link->air >= 0 || !peer || !link_to(peer, controller))
		return link->air;
	link->air = air_open(all->air, controller->number, peer->number);
	if (link->air >= 0) {
		all->ways[link->air].from = controller;
		all->ways[link->air].to = peer;
	}
	return link->air < 0 ? -1 : link->air;
}

/* --- data -------------------------------------------------------------------------------------- */

static void on_completed(void *user, int way)
{
	struct controllers *all = user;
	struct acl_link *link = link_to(all->ways[way].from, all->ways[way].to);
	if (link)
		completed_send(all->ways[way].from, link->handle);
}

static void on_flushed(void *user, int way)
{
	struct controllers *all = user;
	struct acl_link *link = link_to(all->ways[way].from, all->ways[way].to);
	uint8_t event[] = {HCI_EVENT, HCI_FLUSH_OCCURRED, 2, 0, 0};
	if (!link)
		return;
	hci_write16(event + 3, link->handle);
	to_host(all->ways[way].from, event, sizeof(event));
}

/* The receiving end has a handle of its own; what arrives has no "may be flushed" (5.4.2). */
static void on_arrived(void *user, int way, uint8_t *packet, size_t size)
{
	struct controllers *all = user;
	struct acl_link *link = link_to(all->ways[way].to, all->ways[way].from);
	if (!link)
		return;
	enum air_kind kind = hci_read16(packet + 1) >> 12 & 3;
	uint16_t flags = kind == AIR_CONTINUES ? AIR_CONTINUES : AIR_FLUSHABLE;
	hci_write16(packet + 1, (uint16_t)(link->handle | flags << 12));
	to_host(all->ways[way].to, packet, size);
}

/*
 * A delay report: type, handle(2), size(2); L2CAP size(2) = 5, channel(2); AVDTP label and "single packet,
 * command", DELAY_REPORT, SEID, delay(2) in tenths of a millisecond, high byte first.
 */
static void delay_rewrite(const struct controller *controller, uint8_t *packet, size_t size)
{
	uint8_t *l2cap = packet + 5, *avdtp = packet + 9;
	if (controller->delay_tenths_ms < 0 || size != 14 || hci_read16(l2cap) != 5 ||
	    hci_read16(l2cap + 2) < DYNAMIC_CHANNEL || avdtp[0] & 0x0f ||
	    avdtp[1] != AVDTP_DELAY_REPORT)
		return;
	avdtp[3] = (uint8_t)(controller->delay_tenths_ms >> 8);
	avdtp[4] = (uint8_t)controller->delay_tenths_ms;
}

static void data_from_host(struct controllers *all, struct controller *controller, uint8_t *packet,
                           size_t size)
{
	struct acl_link *link = link_by_handle(controller, hci_read16(packet + 1) & 0xfff);
	int way = link ? link_way(all, controller, link) : -1;
	if (!link)
		return;
	delay_rewrite(controller, packet, size);
	enum air_kind kind = hci_read16(packet + 1) >> 12 & 3; /* air.h counts as HCI does */
	if (way < 0 || air_send(all->air, way, kind, packet, size, clock_now(&clock_monotonic)) < 0)
		completed_send(controller, link->handle);
}

/* --- commands ---------------------------------------------------------------------------------- */

static void flush_timeout_set(struct controllers *all, struct controller *controller,
                              const uint8_t *command)
{
	uint16_t handle = hci_read16(command + 4), slots = hci_read16(command + 6);
	struct acl_link *link = link_by_handle(controller, handle);
	int way = link ? link_way(all, controller, link) : -1;
	uint8_t unknown_connection = 0x02;
	uint8_t event[] = {
	    HCI_EVENT, HCI_COMMAND_COMPLETE, 6, 1, 0, 0, way < 0 ? unknown_connection : 0, 0, 0};
	if (way >= 0)
		air_set_flush(all->air, way, slots * INT64_C(625000));
	hci_write16(event + 4, HCI_WRITE_FLUSH_TIMEOUT);
	hci_write16(event + 7, handle);
	to_host(controller, event, sizeof(event));
}

static bool page_absent(struct controllers *all, struct controller *controller,
                        const uint8_t *command)
{
	struct hci_address target;
	memcpy(&target, command + 4, sizeof(target));
	const struct controller *peer = find_address(all, &target);
	if (!controller->absent && (!peer || !peer->absent))
		return false;
	uint8_t event[] = {HCI_EVENT, HCI_COMMAND_STATUS, 4, 0, 1, 0, 0};
	hci_write16(event + 5, HCI_CREATE_CONNECTION);
	to_host(controller, event, sizeof(event));
	controller->page_target = target;
	controller->page_ends = clock_now(&clock_monotonic) + PAGE_TIMEOUT_NS;
	return true;
}

static void page_end(struct controller *controller)
{
	uint8_t event[14] = {HCI_EVENT, HCI_CONNECTION_COMPLETE, 11, HCI_PAGE_TIMEOUT};
	memcpy(event + 6, &controller->page_target, sizeof(controller->page_target));
	event[12] = 1; /* ACL */
	to_host(controller, event, sizeof(event));
	controller->page_ends = 0;
}

/* Its host knows of no link any more; btvirt goes on with them, and their other ends would, too. */
static void host_reset(struct controllers *all, struct controller *controller)
{
	for (int i = 0; i < LINKS; i++) {
		if (!controller->links[i].used)
			continue;
		link_lose(controller, &controller->links[i]);
		link_end(all, &controller->links[i]);
	}
	controller->page_ends = 0;
}

/* Type, opcode(2), size, address(6), what it can show and read, OOB, the authentication it wants. */
static void capability_rewrite(const struct controller *controller, uint8_t *packet, size_t size)
{
	if (!controller->plain || size < 13)
		return;
	packet[10] = NO_INPUT_NO_OUTPUT;
	packet[12] &= (uint8_t)~MITM_PROTECTION;
}

static void command_from_host(struct controllers *all, struct controller *controller,
                              uint8_t *packet, size_t size)
{
	uint16_t opcode = hci_read16(packet + 1);
	if (opcode == HCI_RESET)
		host_reset(all, controller);
	if (opcode == HCI_IO_CAPABILITY_REPLY)
		capability_rewrite(controller, packet, size);
	if (opcode == HCI_WRITE_FLUSH_TIMEOUT && size >= 8)
		flush_timeout_set(all, controller, packet);
	else if (opcode != HCI_CREATE_CONNECTION || size < 10 ||
	         !page_absent(all, controller, packet))
		to_device(controller, packet, size);
}

/* --- events ------------------------------------------------------------------------------------ */

/* Number of completed commands, opcode, then what the command returns: status first. */
static void command_completed(struct controllers *all, struct controller *controller,
                              uint8_t *packet, size_t size)
{
	uint16_t opcode = hci_read16(packet + 4);
	if (opcode == HCI_READ_BUFFER_SIZE && size >= 14) {
		hci_write16(packet + 7, all->config.buffer_bytes);
		hci_write16(packet + 10, all->config.buffers);
	} else if (opcode == HCI_READ_ADDRESS && size >= 13) {
		memcpy(&controller->address, packet + 7, sizeof(controller->address));
		controller->has_address = true;
	}
}

static bool is_our_disconnect(struct controller *controller, const uint8_t *packet, size_t size)
{
	if (size < 7 || hci_read16(packet + 5) != HCI_DISCONNECT || !controller->swallow)
		return false;
	controller->swallow--;
	return true;
}

static bool is_our_yes(struct controller *controller, const uint8_t *packet, size_t size)
{
	if (size < 7 || hci_read16(packet + 4) != HCI_USER_CONFIRM_REPLY || !controller->confirmed)
		return false;
	controller->confirmed--;
	return true;
}

/* A device without a display has nobody to ask whether the numbers are the same. */
static void confirm(struct controller *controller, const uint8_t *packet)
{
	uint8_t command[10] = {HCI_COMMAND, 0, 0, sizeof(struct hci_address)};
	hci_write16(command + 1, HCI_USER_CONFIRM_REPLY);
	memcpy(command + 4, packet + 3, sizeof(struct hci_address));
	controller->confirmed++;
	to_device(controller, command, sizeof(command));
}

static void event_from_device(struct controllers *all, struct controller *controller,
                              uint8_t *packet, size_t size)
{
	struct hci_address peer;
	struct acl_link *link;
	switch (packet[1]) {
	case HCI_USER_CONFIRM_REQUEST:
		if (!controller->plain || size < 9)
			break;
		confirm(controller, packet);
		return;
	case HCI_COMMAND_COMPLETE:
		if (is_our_yes(controller, packet, size))
			return;
		command_completed(all, controller, packet, size);
		break;
	case HCI_COMMAND_STATUS:
		if (is_our_disconnect(controller, packet, size))
			return;
		break;
	case HCI_CONNECTION_COMPLETE:
		memcpy(&peer, packet + 6, sizeof(peer));
		if (!packet[3])
			link_add(controller, hci_read16(packet + 4), &peer);
		break;
	case HCI_DISCONNECTION_COMPLETE:
		link = link_by_handle(controller, hci_read16(packet + 4));
		if (!link)
			return; /* its host has been reset */
		if (!packet[3])
			link_end(all, link);
		break;
	}
	to_host(controller, packet, size);
}

/* --- reading ----------------------------------------------------------------------------------- */

static int read_host(struct controllers *all, struct controller *controller)
{
	uint8_t packet[HCI_PACKET_BYTES];
	ssize_t size = read(controller->host_fd, packet, sizeof(packet));
	if (size < 4)
		return size < 0 && errno != EAGAIN ? -errno : 0;
	if (packet[0] == HCI_ACL && size > 5)
		data_from_host(all, controller, packet, (size_t)size);
	else if (packet[0] == HCI_COMMAND)
		command_from_host(all, controller, packet, (size_t)size);
	return 0;
}

static int read_device(struct controllers *all, struct controller *controller)
{
	uint8_t *stream = controller->stream;
	ssize_t size = read(controller->device_fd, stream + controller->stream_size,
	                    sizeof(controller->stream) - controller->stream_size);
	if (size <= 0)
		return size < 0 ? -errno : -EPIPE;
	controller->stream_size += (size_t)size;
	ssize_t length;
	while ((length = hci_packet_bytes(stream, controller->stream_size)) > 0 &&
	       (size_t)length <= controller->stream_size) {
		if (stream[0] == HCI_EVENT)
			event_from_device(all, controller, stream, (size_t)length);
		controller->stream_size -= (size_t)length;
		memmove(stream, stream + length, controller->stream_size);
	}
	return length < 0 ? (int)length : 0;
}

static int64_t pages_step(struct controllers *all, int64_t now)
{
	int64_t next = INT64_MAX;
	for (int i = 0; i < all->config.count; i++) {
		struct controller *controller = &all->each[i];
		if (controller->page_ends && controller->page_ends <= now)
			page_end(controller);
		if (controller->page_ends && controller->page_ends < next)
			next = controller->page_ends;
	}
	return next;
}

static int wait_for(struct pollfd *fds, nfds_t count, int64_t until)
{
	int64_t left = until - clock_now(&clock_monotonic);
	left = left < 0 ? 0 : left;
	struct timespec timeout = {left / 1000000000, left % 1000000000};
	int ready = ppoll(fds, count, until == INT64_MAX ? NULL : &timeout, NULL);
	return ready < 0 && errno != EINTR ? -errno : 0;
}

int controllers_run(struct controllers *all, int fd, int64_t until)
{
	struct pollfd fds[2 * CONTROLLERS_MAX + 1];
	int count = all->config.count;
	int64_t now = clock_now(&clock_monotonic), next = air_step(all->air, now);
	int64_t page = pages_step(all, now);
	next = page < next ? page : next;
	for (int i = 0; i < count; i++) {
		fds[2 * i] = (struct pollfd){.fd = all->each[i].host_fd, .events = POLLIN};
		fds[2 * i + 1] = (struct pollfd){.fd = all->each[i].device_fd, .events = POLLIN};
	}
	fds[2 * count] = (struct pollfd){.fd = fd, .events = POLLIN};
	int error = wait_for(fds, (nfds_t)(2 * count + 1), until < next ? until : next);
	for (int i = 0; i < count && !error; i++) {
		if (fds[2 * i + 1].revents)
			error = read_device(all, &all->each[i]);
		if (!error && fds[2 * i].revents)
			error = read_host(all, &all->each[i]);
	}
	return error ? error : fds[2 * count].revents != 0;
}

/* --- opening ----------------------------------------------------------------------------------- */

/* Asks for a controller of the primary kind; the answer has its number (drivers/bluetooth/hci_vhci.c). */
static int host_open(void)
{
	static const uint8_t request[] = {HCI_VENDOR, 0};
	uint8_t answer[4];
	int fd = open("/dev/vhci", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, request, sizeof(request)) == sizeof(request) &&
	    read(fd, answer, sizeof(answer)) == sizeof(answer))
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static int device_open(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static int controller_open(struct controllers *all, int number)
{
	struct controller *controller = &all->each[number];
	*controller = (struct controller){.number = number, .delay_tenths_ms = -1};
	controller->device_fd = device_open(all->config.socket_path);
	controller->host_fd = controller->device_fd < 0 ? -1 : host_open();
	if (controller->device_fd < 0)
		return controller->device_fd;
	return controller->host_fd < 0 ? controller->host_fd : 0;
}

int controllers_open(struct controllers **ret, const struct controllers_config *config)
{
	struct controllers *all = calloc(1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	struct air_events events = {on_completed, on_flushed, on_arrived, all};
	all->config = *config;
	all->config.count = 0;
	all->air = air_new(&config->air, &events);
	int error = all->air ? 0 : -ENOMEM;
	while (!error && all->config.count < config->count && all->config.count < CONTROLLERS_MAX)
		error = controller_open(all, all->config.count++);
	if (error) {
		controllers_close(all);
		return error;
	}
	*ret = all;
	return 0;
}

void controllers_close(struct controllers *all)
{
	for (int i = 0; i < all->config.count; i++) {
		if (all->each[i].host_fd >= 0)
			close(all->each[i].host_fd);
		if (all->each[i].device_fd >= 0)
			close(all->each[i].device_fd);
	}
	air_free(all->air);
	free(all);
}

/* --- knobs ------------------------------------------------------------------------------------- */

struct air *controllers_air(struct controllers *all)
{
	return all->air;
}

int controllers_find(const struct controllers *all, const char *address)
{
	for (int i = 0; i < all->config.count; i++) {
		char text[18];
		hci_address_print(&all->each[i].address, text);
		if (all->each[i].has_address && !strcasecmp(text, address))
			return i;
	}
	return -ENODEV;
}

void controllers_cut(struct controllers *all, int number)
{
	struct controller *controller = &all->each[number];
	for (int i = 0; i < LINKS; i++)
		if (controller->links[i].used)
			link_lose(controller, &controller->links[i]);
}

void controllers_set_plain(struct controllers *all, int number)
{
	all->each[number].plain = true;
}

void controllers_pull(struct controllers *all, int number)
{
	struct controller *controller = &all->each[number];
	controllers_cut(all, number);
	if (controller->host_fd >= 0)
		close(controller->host_fd);
	controller->host_fd = -1;
}

int controllers_plug(struct controllers *all, int number)
{
	struct controller *controller = &all->each[number];
	int fd = controller->host_fd < 0 ? host_open() : -EBUSY;
	if (fd < 0)
		return fd;
	controller->host_fd = fd;
	return 0;
}

void controllers_set_absent(struct controllers *all, int number, bool absent)
{
	all->each[number].absent = absent;
}

void controllers_set_delay(struct controllers *all, int number, int tenths_ms)
{
	all->each[number].delay_tenths_ms = tenths_ms;
}
