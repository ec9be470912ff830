/* SPDX-License-Identifier: MIT */
/*
 * Runs a program on a terminal of its own, and tells how it uses it:
 *
 *     pty [OPTION]... PROGRAM [ARGUMENT]...
 *
 *   --size ROWSxCOLUMNS   24x80
 *   --for SECONDS         how long to count, after a second and a half of warming up; 8
 *   --warm SECONDS        … as long; 1.5
 *   --press KEYS          typed at the start
 *   --keys N              then press 2 and 1 in turn, N times, and time each until the gutter is there
 *   --resize ROWSxCOLUMNS change the size, and count what it writes until it is silent for a moment
 *   --leave KEYS          type them at the end, and time until the screen is given back
 *   --escapes N           open the help and press Esc, N times, and time each until it is gone
 *   --signal NUMBER       send it, and say whether the terminal was given back, and how it ended
 *   --hang                close the terminal instead, and say how long the program lived
 *   --keep-hup            … with SIGHUP ignored, as under nohup
 *   --rate BYTES          read no faster than so many a second
 *   --raw FILE            keep what it wrote
 *
 * One line, words of name=value: bytes a second, reads a second, the first paint and picture, CPU of the first
 * thread in percent of a core, resident memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#define WARM_NS 1500000000ll
#define SECOND_NS 1000000000ll
#define GUTTER "\xe2\x96\x8c"
#define MOVES "TSLM" /* end the sequences by which a terminal is asked to move rows */
#define HINT "quit"  /* stands below the main view alone */
#define TAIL 4096
#define PAINT 200
#define PICTURE 1200

struct run {
	int rows, columns, seconds, keys, escapes, warm, signal, rate;
	int resize_rows, resize_columns;
	bool hang, keep_hup;
	const char *press, *leave;
	FILE *raw;
	int master, slave;
	pid_t child;
	struct termios before;
	int64_t started, bytes, reads;
	char tail[TAIL + 1]; /* the last of what it wrote */
	size_t tail_size;
};

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void tail_add(struct run *run, const char *bytes, size_t size)
{
	if (size > TAIL) {
		bytes += size - TAIL;
		size = TAIL;
	}
	if (run->tail_size + size > TAIL) {
		size_t gone = run->tail_size + size - TAIL;
		memmove(run->tail, run->tail + gone, run->tail_size - gone);
		run->tail_size -= gone;
	}
	memcpy(run->tail + run->tail_size, bytes, size);
	run->tail_size += size;
	run->tail[run->tail_size] = 0;
}

/* Reads what comes within `ns`; returns the bytes, −1 at the end. */
static ssize_t read_some(struct run *run, int64_t ns)
{
	struct pollfd terminal = {.fd = run->master, .events = POLLIN};
	char bytes[8192];
	size_t most = sizeof(bytes);
	if (ns <= 0 || poll(&terminal, 1, (int)(ns / 1000000) + 1) <= 0)
		return 0;
	if (run->rate) {
		struct timespec tenth = {.tv_nsec = 100000000};
		most = (size_t)run->rate / 10;
		nanosleep(&tenth, NULL);
	}
	ssize_t count = read(run->master, bytes, most < sizeof(bytes) ? most : sizeof(bytes));
	if (count <= 0)
		return -1;
	run->bytes += count;
	run->reads++;
	tail_add(run, bytes, (size_t)count);
	if (run->raw)
		fwrite(bytes, 1, (size_t)count, run->raw);
	return count;
}

static bool read_for(struct run *run, int64_t ns)
{
	int64_t end = now_ns() + ns, left;
	while ((left = end - now_ns()) > 0)
		if (read_some(run, left) < 0)
			return false;
	return true;
}

static void begin(struct run *run, char *program[])
{
	struct winsize size = {.ws_row = (unsigned short)run->rows,
	                       .ws_col = (unsigned short)run->columns};
	if (openpty(&run->master, &run->slave, NULL, NULL, &size) < 0) {
		perror("pty: openpty");
		exit(1);
	}
	tcgetattr(run->slave, &run->before);
	run->started = now_ns();
	run->child = fork();
	if (run->child == 0) {
		close(run->master);
		if (run->keep_hup)
			signal(SIGHUP, SIG_IGN);
		login_tty(run->slave);
		execvp(program[0], program);
		_exit(127);
	}
	if (run->hang) {
		close(run->slave);
		run->slave = -1;
	}
}

/* --- figures ------------------------------------------------------------------------------------- */

/* ns that the first thread has run: the scheduler's figure. */
static int64_t cpu_of(const struct run *run)
{
	char path[64];
	long long ns = 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)run->child,
	         (int)run->child);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%lld", &ns) != 1)
		ns = 0;
	if (file)
		fclose(file);
	return ns;
}

static int memory_kb(const struct run *run)
{
	char path[64], line[256];
	int kb = 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)run->child);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmRSS:", 6))
			kb = atoi(line + 6);
	if (file)
		fclose(file);
	return kb;
}

static void count(struct run *run)
{
	int64_t cpu = cpu_of(run), began = now_ns();
	run->bytes = run->reads = 0;
	read_for(run, run->seconds * SECOND_NS);
	double passed = (double)(now_ns() - began) / 1e9;
	printf("bytes_per_s=%.0f reads_per_s=%.1f cpu_percent=%.2f rss_kb=%d ",
	       (double)run->bytes / passed, (double)run->reads / passed,
	       (double)(cpu_of(run) - cpu) / 1e7 / passed, memory_kb(run));
}

/* Reads until so many bytes are there; returns when that was, in ms after the start, or -1. */
static double ms_until(struct run *run, int64_t bytes)
{
	int64_t last = 0;
	while (now_ns() - run->started < 30 * SECOND_NS && run->bytes < bytes) {
		ssize_t got = read_some(run, SECOND_NS);
		if (got < 0)
			break;
		if (got > 0)
			last = now_ns();
	}
	return last ? (double)(last - run->started) / 1e6 : -1;
}

/*
 * The first paint is what is more than taking over the terminal; the picture is there when there are as
 * many bytes as no smaller one has.
 */
static void first_picture(struct run *run)
{
	double paint = ms_until(run, PAINT), picture = ms_until(run, PICTURE);
	printf("first_ms=%.0f picture_ms=%.0f picture_bytes=%lld ", paint,
	       picture < 0 ? paint : picture, (long long)run->bytes);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/* Where many rows have changed at once ncurses lets the terminal move them, and the gutter with them. */
static bool rows_moved(const char *bytes)
{
	while ((bytes = strstr(bytes, "\033["))) {
		bytes += 2;
		bytes += strspn(bytes, "0123456789");
		if (*bytes && strchr(MOVES, *bytes))
			return true;
	}
	return false;
}

/* Until `mark` is there, five seconds at the most. */
static double time_key(struct run *run, const char *key, const char *mark)
{
	run->tail_size = 0;
	*run->tail = 0;
	int64_t sent = now_ns();
	if (write(run->master, key, strlen(key)) != (ssize_t)strlen(key))
		return -1;
	bool gutter = !strcmp(mark, GUTTER);
	while (now_ns() - sent < 5 * SECOND_NS && !strstr(run->tail, mark) &&
	       !(gutter && rows_moved(run->tail)))
		if (read_some(run, 10000000) < 0)
			break;
	return (double)(now_ns() - sent) / 1e6;
}

static void times_print(const char *name, double *times, int count)
{
	qsort(times, (size_t)count, sizeof(*times), compare);
	printf("%s_p50_ms=%.2f %s_p95_ms=%.2f %s_worst_ms=%.2f ", name, times[count / 2], name,
	       times[count * 95 / 100], name, times[count - 1]);
}

static void time_keys(struct run *run)
{
	double *times = calloc((size_t)run->keys, sizeof(*times));
	for (int i = 0; i < run->keys; i++) {
		times[i] = time_key(run, i % 2 ? "1" : "2", GUTTER);
		read_for(run, 37000000 + i % 7 * 5000000);
	}
	times_print("key", times, run->keys);
	free(times);
}

static void time_escapes(struct run *run)
{
	double *times = calloc((size_t)run->escapes, sizeof(*times));
	for (int i = 0; i < run->escapes; i++) {
		if (write(run->master, "?", 1) != 1)
			break;
		read_for(run, 130000000 + i % 7 * 5000000);
		times[i] = time_key(run, "\033", HINT);
	}
	times_print("esc", times, run->escapes);
	free(times);
}

/* A whole picture, as it comes before numbers and meters change: until 20 ms without a byte. */
static void time_resize(struct run *run)
{
	struct winsize size = {.ws_row = (unsigned short)run->resize_rows,
	                       .ws_col = (unsigned short)run->resize_columns};
	int64_t began = now_ns(), last = began;
	run->bytes = 0;
	ioctl(run->master, TIOCSWINSZ, &size);
	while (now_ns() - last < 20000000 || (!run->bytes && now_ns() - began < SECOND_NS))
		if (read_some(run, 5000000) > 0)
			last = now_ns();
	printf("resize_bytes=%lld resize_ms=%.1f ", (long long)run->bytes,
	       (double)(last - began) / 1e6);
}

/* --- ends ---------------------------------------------------------------------------------------- */

static int wait_for_end(struct run *run, int64_t ns, int *status)
{
	int64_t end = now_ns() + ns;
	while (now_ns() < end) {
		pid_t ended = waitpid(run->child, status, WNOHANG);
		if (ended == run->child)
			return 0;
		if (run->master >= 0)
			read_for(run, 5000000);
		else
			usleep(5000);
	}
	kill(run->child, SIGKILL);
	waitpid(run->child, status, 0);
	return -1;
}

static void end_by_signal(struct run *run)
{
	struct termios after;
	int status = 0;
	kill(run->child, run->signal);
	int late = wait_for_end(run, 10 * SECOND_NS, &status);
	read_for(run, 50000000);
	tcgetattr(run->slave, &after);
	bool modes = after.c_lflag == run->before.c_lflag && after.c_iflag == run->before.c_iflag &&
	             after.c_oflag == run->before.c_oflag;
	printf("ended=%s signal=%d code=%d modes=%s screen=%s cursor=%s ", late ? "late" : "yes",
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	       WIFEXITED(status) ? WEXITSTATUS(status) : -1, modes ? "back" : "lost",
	       strstr(run->tail, "\033[?1049l") ? "back" : "lost",
	       strstr(run->tail, "\033[?25h") || strstr(run->tail, "\033[?12l") ? "back" : "lost");
}

static void end_by_hanging_up(struct run *run)
{
	int status = 0;
	int64_t closed = now_ns();
	close(run->master);
	run->master = -1;
	int late = wait_for_end(run, 5 * SECOND_NS, &status);
	printf("ended=%s after_ms=%.0f ", late ? "late" : "yes", (double)(now_ns() - closed) / 1e6);
}

/* --- options ------------------------------------------------------------------------------------- */

static int wrong(const char *option)
{
	fprintf(stderr, "pty: %s?\n", option);
	return 64;
}

static bool option_take(struct run *run, const char *option, const char *value)
{
	if (!strcmp(option, "--size"))
		return sscanf(value, "%dx%d", &run->rows, &run->columns) == 2;
	if (!strcmp(option, "--for"))
		run->seconds = atoi(value);
	else if (!strcmp(option, "--press"))
		run->press = value;
	else if (!strcmp(option, "--keys"))
		run->keys = atoi(value);
	else if (!strcmp(option, "--resize"))
		return sscanf(value, "%dx%d", &run->resize_rows, &run->resize_columns) == 2;
	else if (!strcmp(option, "--leave"))
		run->leave = value;
	else if (!strcmp(option, "--warm"))
		run->warm = atoi(value);
	else if (!strcmp(option, "--escapes"))
		run->escapes = atoi(value);
	else if (!strcmp(option, "--signal"))
		run->signal = atoi(value);
	else if (!strcmp(option, "--raw"))
		run->raw = fopen(value, "w");
	else if (!strcmp(option, "--rate"))
		run->rate = atoi(value);
	else
		return false;
	return true;
}

int main(int argc, char *argv[])
{
	struct run run = {.rows = 24, .columns = 80, .seconds = 8};
	int i = 1;
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--hang"))
			run.hang = true;
		else if (!strcmp(argv[i], "--keep-hup"))
			run.keep_hup = true;
		else if (i + 1 >= argc || !option_take(&run, argv[i], argv[i + 1]))
			return wrong(argv[i]);
		else
			i++;
	}
	if (i >= argc)
		return wrong("PROGRAM");
	signal(SIGPIPE, SIG_IGN);
	begin(&run, argv + i);
	first_picture(&run);
	read_for(&run, run.warm                 ? run.warm * SECOND_NS
	               : run.signal || run.hang ? WARM_NS / 5
	                                        : WARM_NS);
	if (run.press && write(run.master, run.press, strlen(run.press)) < 0)
		return wrong("--press");
	if (run.press)
		read_for(&run, WARM_NS);
	if (!run.signal && !run.hang)
		count(&run);
	if (run.keys)
		time_keys(&run);
	if (run.escapes)
		time_escapes(&run);
	if (run.resize_rows)
		time_resize(&run);
	if (run.leave)
		printf("restored_ms=%.0f ", time_key(&run, run.leave, "\033[?1049l"));
	if (run.hang)
		end_by_hanging_up(&run);
	else if (run.signal)
		end_by_signal(&run);
	else
		kill(run.child, SIGTERM);
	int status;
	if (!run.signal && !run.hang)
		wait_for_end(&run, 5 * SECOND_NS, &status);
	printf("\n");
	if (run.raw)
		fclose(run.raw);
	return 0;
}
