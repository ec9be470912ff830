/* SPDX-License-Identifier: MIT */
/* Stack: what the sound goes through, part by part, with versions and settings. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/view_diag.h"
#include "ui/words.h"

/* The page's lines pass a window: the list's first one is the first that is drawn. */
struct page {
	struct ui *ui;
	int row, rows; /* where it may draw */
	int skip;      /* lines above the window */
	int line;
};

static int row_of(struct page *page)
{
	int line = page->line++ - page->skip;
	return line >= 0 && line < page->rows ? page->row + line : -1;
}

static void heading(struct page *page, const char *title)
{
	int row = row_of(page);
	if (row >= 0)
		frame_rule(page->ui, row, title, "");
}

static void line(struct page *page, enum theme_role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line(struct page *page, enum theme_role role, const char *format, ...)
{
	char text[320];
	va_list arguments;
	int row = row_of(page);
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (row < 0)
		return;
	const struct canvas *canvas = &page->ui->canvas;
	char fit[sizeof(text)];
	words_fit(canvas->set, text, canvas->columns - 2, fit, sizeof(fit));
	draw_text(canvas, row, 1, canvas->columns - 2, role, fit);
}

static bool wide(const struct page *page)
{
	return page->ui->canvas.columns >= 76;
}

static void adapter_wide(const struct ui *ui, int row, const struct model_adapter *adapter,
                         int percent)
{
	int used = draw_format(&ui->canvas, row, 1, ui->canvas.columns - 2,
	                       adapter->powered ? THEME_NORMAL : THEME_WARN,
	                       "%-6s %s  %-16.16s %-4s %d endpoint%s air ", adapter->hci,
	                       adapter->address, adapter->name, adapter->powered ? "up" : "off!",
	                       adapter->endpoints, adapter->endpoints == 1 ? " " : "s");
	draw_bar(&ui->canvas, row, 1 + used, 10, percent, 100);
	draw_format(&ui->canvas, row, 12 + used, 6, THEME_NORMAL, "%d%%%s", percent,
	            *adapter->problem ? "!" : "");
}

static void adapter(struct page *page, const struct model_adapter *adapter)
{
	int percent = (adapter->airtime_permille + 5) / 10;
	if (wide(page)) {
		int row = row_of(page);
		if (row >= 0)
			adapter_wide(page->ui, row, adapter, percent);
	} else {
		line(page, adapter->powered ? THEME_NORMAL : THEME_WARN, "%s %s %s, air %d%%%s",
		     adapter->hci, adapter->address, adapter->powered ? "up" : "off!", percent,
		     *adapter->problem ? "!" : "");
	}
	int first = (int)strcspn(adapter->problem, ";"); /* what is wrong; what helps */
	if (*adapter->problem)
		line(page, THEME_WARN, "  %.*s", first, adapter->problem);
	if (adapter->problem[first])
		line(page, THEME_WARN, "  %s", adapter->problem + first + 2);
}

static void adapters(struct page *page)
{
	const struct model *calm = &page->ui->calm;
	heading(page, "Adapters");
	for (int i = 0; i < calm->adapter_count; i++)
		adapter(page, &calm->adapters[i]);
	if (!calm->adapter_count)
		line(page, THEME_BAD, "none");
}

static void source(struct page *page)
{
	const struct model_source *calm = &page->ui->calm.source;
	char codec[64], latency[16];
	heading(page, "Source");
	line(page, THEME_NORMAL, "%s  %s", words_source_name(calm), calm->address);
	line(page, THEME_NORMAL, "  node    %s", *calm->node ? calm->node : "--");
	line(page, THEME_NORMAL, "  server  %s", *calm->server ? calm->server : "--");
	words_source_codec(calm, codec, sizeof(codec));
	line(page, THEME_NORMAL, "  stream  %s  %d channels  latency %s ms",
	     *codec ? codec : "not known", calm->channels == MODEL_UNKNOWN ? 0 : calm->channels,
	     words_thousandths(calm->latency_us, 1, latency, sizeof(latency)));
}

/* "hci1" of an address; what has no name of its own stays an address. */
static const char *hci_of(const struct model *model, const char *address)
{
	for (int i = 0; i < model->adapter_count; i++)
		if (!strcmp(model->adapters[i].address, address))
			return model->adapters[i].hci;
	return address;
}

static void speaker(struct page *page, int index)
{
	const struct model_speaker *calm = &page->ui->calm.speakers[index];
	char codec[80], latency[16];
	words_codec(calm, wide(page), codec, sizeof(codec));
	line(page, THEME_NORMAL, "%d %s  %s", index + 1, calm->name, calm->address);
	if (*codec)
		line(page, THEME_NORMAL, "  stream  %s  mtu %d  on %s", codec, calm->mtu,
		     hci_of(&page->ui->calm, calm->adapter));
	else
		line(page, THEME_DIM, "  stream  none");
	if (*calm->configuration)
		line(page, THEME_NORMAL, "  config  %s", calm->configuration);
	const char *volume = calm->absolute_volume ? "its own (AVRCP)" : "made here";
	line(page, THEME_NORMAL, "  delay   %s ms, %s%s%s",
	     words_thousandths(calm->speaker.us, 1, latency, sizeof(latency)),
	     model_origin_name(calm->speaker.origin), wide(page) ? "; volume: " : "",
	     wide(page) ? volume : "");
	if (!wide(page))
		line(page, THEME_NORMAL, "  volume  %s", volume);
}

static void process(struct page *page)
{
	const struct model *calm = &page->ui->calm;
	heading(page, "Program");
	line(page, THEME_NORMAL, "echorelay %s  pid %d  CPU %.1f %%  memory %d MB at most",
	     calm->version, calm->pid, calm->cpu_permille / 10.0, calm->memory_kb / 1024);
	line(page, *calm->problem ? THEME_WARN : THEME_NORMAL,
	     "engine  %d wake-ups/s, latest %.1f ms late%s%s", calm->engine_wakes,
	     calm->engine_wake_worst_us / 1e3, *calm->problem ? "; " : "", calm->problem);
}

static void write_all(struct page *page)
{
	int panels = 1 + page->ui->model.speaker_count, one = page->ui->diag.one;
	page->line = 0;
	if (one < 0)
		adapters(page);
	if (one <= 0 || one >= panels)
		source(page);
	if (one != 0)
		heading(page, "Speakers");
	for (int i = 0; i < page->ui->model.speaker_count; i++)
		if (one < 0 || one == i + 1)
			speaker(page, i);
	if (one < 0)
		process(page);
}

void diag_stack(struct ui *ui, int row, int rows)
{
	struct list *list = &ui->lists[VIEW_DIAG];
	struct page page = {.ui = ui, .row = row, .rows = 0};
	write_all(&page); /* how many lines are there? */
	int most = page.line - rows;
	ui->diag.stack_lines = page.line;
	if (list->selected > most)
		list->selected = most;
	if (list->selected < 0)
		list->selected = 0;
	page.rows = rows;
	page.skip = list->selected;
	write_all(&page);
	frame_more(ui, row, rows, list->selected > 0, most > list->selected);
}
