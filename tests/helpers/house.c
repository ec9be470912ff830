/* SPDX-License-Identifier: MIT */
#include "tests/helpers/test.h"

#include "tests/helpers/house.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sndfile.h>

void (*house_relay_turn)(bool begins);

static void turn(bool begins)
{
	if (house_relay_turn)
		house_relay_turn(begins);
}

static int64_t house_now(void *user)
{
	return ((struct house *)user)->now;
}

static int64_t house_slept(void *user)
{
	return sim_world(((struct house *)user)->sim)->slept_ns;
}

static struct source *house_microphone(void *user, const char *node)
{
	struct house *house = user;
	(void)node;
	return house->microphone ? house->microphone : sim_microphone(house->sim);
}

struct house *house_new(const char *scenario)
{
	struct house *house = calloc(1, sizeof(*house));
	char text[8192], message[256];
	snprintf(house->folder, sizeof(house->folder), "/tmp/echorelay-house-XXXXXX");
	assert_non_null(mkdtemp(house->folder));
	const char *folder =
	    strstr(scenario, "FOLDER"); /* where the speakers' sound is to be kept */
	snprintf(text, sizeof(text), "%.*s%s%s", folder ? (int)(folder - scenario) : 0, scenario,
	         folder ? house->folder : "", folder ? folder + 6 : scenario);
	house->now = 1000 * HOUSE_SECOND;
	house->clock = (struct clock){house_now, house, house_slept};
	settings_init(&house->settings);
	journal_open(&house->journal, getenv("HOUSE_LOG"));
	if (sim_new_virtual(&house->sim, text, house->now, message, sizeof(message)) < 0)
		fail_msg("%s", message);
	house->bus_fd = sim_bus_fd(house->sim);
	house->flush_fd = sim_flush_fd(house->sim);
	struct relay_config config = {
	    .clock = &house->clock,
	    .settings = &house->settings,
	    .journal = &house->journal,
	    .source = sim_source(house->sim),
	    .bus_fd = house->bus_fd,
	    .flush_fd = house->flush_fd,
	    .open_microphone = house_microphone,
	    .microphone_user = house,
	};
	turn(true);
	int error = relay_new(&house->relay, &config);
	turn(false);
	if (error && house_relay_turn)
		house->relay = NULL;
	else
		assert_int_equal(error, 0);
	return house;
}

void house_close(struct house *house)
{
	relay_free(house->relay);
	sim_free(house->sim);
	house->relay = NULL;
	house->sim = NULL;
}

static void folder_remove(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	char file[512];
	while (folder && (entry = readdir(folder))) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		unlink(file);
	}
	if (folder)
		closedir(folder);
	rmdir(path);
}

void house_free(struct house *house)
{
	house_close(house);
	journal_close(&house->journal);
	folder_remove(house->folder);
	free(house);
}

/* Has one of the two something to say to the other? */
static bool house_talks(const struct house *house)
{
	const struct world *world = sim_world(house->sim);
	struct pollfd fds[] = {
	    {.fd = house->bus_fd, .events = POLLIN},
	    {.fd = sd_bus_get_fd(world->bus), .events = POLLIN},
	    {.fd = house->flush_fd, .events = POLLIN},
	    {.fd = world->flush_fd, .events = POLLIN},
	};
	return poll(fds, 4, 0) > 0;
}

/* Does a packet of the Echo's wait for the engine?  A thread of its own would be woken by it. */
static bool packet_waits(const struct house *house)
{
	const struct world *world = sim_world(house->sim);
	const struct device *last = &world->devices[world->device_count - 1];
	struct pollfd fd = {.fd = last->transport.relay_fd, .events = POLLIN};
	bool direct = world->scenario->echo.direct && last->transport.exists;
	return direct && last->transport.state == TRANSPORT_ACTIVE && poll(&fd, 1, 0) > 0;
}

void house_run(struct house *house, int64_t ns)
{
	int64_t end = house->now + ns, relay = house->now, world = house->now;
	while (house->now < end) {
		bool talks = house_talks(house);
		bool relay_acts = talks || house->now >= relay;
		if (relay_acts) {
			turn(true);
			relay = relay_step(house->relay);
			turn(false);
		}
		if (relay_acts || house->now >= world)
			world = sim_step(house->sim, house->now);
		if (!relay_acts && packet_waits(house))
			relay = house->now;
		int64_t next = world < relay ? world : relay;
		/* what came over the bus is answered within a millisecond */
		if (talks && next > house->now + HOUSE_MS)
			next = house->now + HOUSE_MS;
		house->now = next < end ? next : end;
	}
}

bool house_wait(struct house *house, int64_t ns, bool (*is)(const struct model *))
{
	for (int64_t end = house->now + ns; house->now < end; house_run(house, 20 * HOUSE_MS))
		if (is(relay_model(house->relay)))
			return true;
	return is(relay_model(house->relay));
}

const struct model *house_model(const struct house *house)
{
	return relay_model(house->relay);
}

const struct model_speaker *house_speaker(struct house *house, const char *name)
{
	const struct model *model = relay_model(house->relay);
	for (int i = 0; i < model->speaker_count; i++)
		if (!strcmp(model->speakers[i].name, name))
			return &model->speakers[i];
	fail_msg("no speaker %s in the model", name);
	return NULL;
}

const struct model_found *house_found(const struct house *house, const char *name)
{
	const struct model *model = house_model(house);
	for (int i = 0; i < model->found_count; i++)
		if (!strcmp(model->found[i].name, name))
			return &model->found[i];
	return NULL;
}

struct device *house_device(struct house *house, const char *name)
{
	struct world *world = sim_world(house->sim);
	for (int i = 0; i < world->device_count; i++)
		if (!strcmp(world->devices[i].name, name))
			return &world->devices[i];
	fail_msg("no device %s in the world", name);
	return NULL;
}

void house_command(struct house *house, const char *line)
{
	char reply[256];
	if (relay_command(house->relay, line, reply, sizeof(reply)))
		fail_msg("%s: %s", line, reply);
}

float *house_record(const struct house *house, const char *address, int64_t *count)
{
	SF_INFO info = {0};
	char path[256], dashed[18];
	for (int i = 0; i < 18; i++)
		dashed[i] = address[i] == ':' ? '-' : address[i];
	snprintf(path, sizeof(path), "%s/%s.wav", house->folder, dashed);
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	assert_non_null(file);
	float *samples = calloc((size_t)info.frames * 2, sizeof(*samples));
	*count = sf_readf_float(file, samples, info.frames);
	for (int64_t i = 0; i < *count; i++)
		samples[i] = (samples[2 * i] + samples[2 * i + 1]) / 2;
	sf_close(file);
	return samples;
}

bool all_stream(const struct model *model)
{
	for (int i = 0; i < model->speaker_count; i++)
		if (!model_speaker_plays(&model->speakers[i]))
			return false;
	return model->speaker_count > 0;
}

int events_that_say(const struct journal *journal, const char *text)
{
	int count = 0;
	for (uint64_t i = 1; i <= journal->count; i++)
		count += journal_event(journal, i) && strstr(journal_event(journal, i)->text, text);
	return count;
}
