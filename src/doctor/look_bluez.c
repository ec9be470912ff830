/* SPDX-License-Identifier: MIT */
/* What BlueZ has, as busctl tells it: ObjectManager's a{oa{sa{sv}}}, in busctl's JSON. */
#include "doctor/findings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"

#define UUID_SOURCE "0000110a-"
#define UUID_SINK "0000110b-"

/* A property's value: {"Powered":{"type":"b","data":true}} */
static const json_t *value_of(const json_t *interface, const char *name)
{
	return json_object_get(json_object_get(interface, name), "data");
}

static const char *text_of(const json_t *interface, const char *name)
{
	const char *text = json_string_value(value_of(interface, name));
	return text ? text : "";
}

static bool has_uuid(const json_t *interface, const char *beginning)
{
	const json_t *list = value_of(interface, "UUIDs");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *uuid = json_string_value(json_array_get(list, i));
		if (uuid && !strncmp(uuid, beginning, strlen(beginning)))
			return true;
	}
	return false;
}

static struct found_adapter *adapter_named(struct findings *findings, const char *hci)
{
	for (int i = 0; i < findings->adapter_count; i++)
		if (!strcmp(findings->adapters[i].hci, hci))
			return &findings->adapters[i];
	if (findings->adapter_count == FOUND_ADAPTERS)
		return NULL;
	struct found_adapter *adapter = &findings->adapters[findings->adapter_count++];
	snprintf(adapter->hci, sizeof(adapter->hci), "%.15s", hci);
	return adapter;
}

static const char *hci_of(const char *path)
{
	static const char before[] = "/org/bluez/";
	return strncmp(path, before, strlen(before)) ? NULL : path + strlen(before);
}

static void take_adapter(struct findings *findings, const char *path, const json_t *interface)
{
	const char *hci = hci_of(path);
	struct found_adapter *adapter = hci ? adapter_named(findings, hci) : NULL;
	if (!adapter)
		return;
	text_clean(adapter->address, sizeof(adapter->address), text_of(interface, "Address"));
	adapter->powered = json_is_true(value_of(interface, "Powered"));
	adapter->discoverable = json_is_true(value_of(interface, "Discoverable"));
	adapter->class = (uint32_t)json_integer_value(value_of(interface, "Class"));
	adapter->has_sink = has_uuid(interface, UUID_SINK);
	adapter->has_source = has_uuid(interface, UUID_SOURCE);
}

static int adapter_index(const struct findings *findings, const char *path)
{
	const char *hci = hci_of(path);
	for (int i = 0; hci && i < findings->adapter_count; i++)
		if (!strcmp(findings->adapters[i].hci, hci))
			return i;
	return -1;
}

static void take_device(struct findings *findings, const json_t *interface)
{
	if (findings->device_count == FOUND_DEVICES || !json_is_true(value_of(interface, "Paired")))
		return;
	struct found_device *device = &findings->devices[findings->device_count++];
	text_clean(device->address, sizeof(device->address), text_of(interface, "Address"));
	text_clean(device->name, sizeof(device->name), text_of(interface, "Alias"));
	device->adapter = adapter_index(findings, text_of(interface, "Adapter"));
	device->paired = true;
	device->trusted = json_is_true(value_of(interface, "Trusted"));
	device->is_sink = has_uuid(interface, UUID_SINK);
	device->is_source = has_uuid(interface, UUID_SOURCE);
}

static void take_objects(struct findings *findings, json_t *answer)
{
	json_t *objects = json_array_get(json_object_get(answer, "data"), 0), *interfaces;
	const char *path;
	json_object_foreach(objects, path, interfaces)
	{
		const json_t *adapter = json_object_get(interfaces, "org.bluez.Adapter1");
		if (adapter)
			take_adapter(findings, path, adapter);
	}
	json_object_foreach(objects, path, interfaces)
	{
		const json_t *device = json_object_get(interfaces, "org.bluez.Device1");
		if (device)
			take_device(findings, device);
	}
}

int look_objects(const struct box *box, json_t **ret_answer, char **ret_text)
{
	static const char *const ask[] = {"busctl",
	                                  "--system",
	                                  "--json=short",
	                                  "call",
	                                  "org.bluez",
	                                  "/",
	                                  "org.freedesktop.DBus.ObjectManager",
	                                  "GetManagedObjects",
	                                  NULL};
	int error = box_run(box, ask, ret_text);
	*ret_answer = !error ? json_loads(*ret_text, 0, NULL) : NULL;
	return error;
}

void look_bluez(struct findings *findings, const struct box *box)
{
	char *text;
	json_t *answer;
	int error = look_objects(box, &answer, &text);
	if (answer) {
		findings->bus = SIGHT_YES;
		findings->bluez_there = SIGHT_YES;
		take_objects(findings, answer);
	} else if (error == -EIO && text && strstr(text, "connect")) {
		findings->bus = SIGHT_NO;
	} else if (error == -EIO) {
		findings->bus = SIGHT_YES;
		findings->bluez_there = SIGHT_NO;
	}
	json_decref(answer);
	free(text);
}
