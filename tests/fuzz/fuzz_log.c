/* The log: one line whatever is logged, quoted or not, and in JSON form a JSON object. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

enum { MAX_LINE = 1 << 16 };

/* Log to a file instead of stderr, and return the line. */
static char *log_to_text(enum log_format format, const char *quoted, const char *raw)
{
	static int fd = -1, real_stderr;

	if (fd < 0) {
		FILE *f = tmpfile(); /* open as long as the process lives */
		FUZZ_CHECK(f != NULL);
		fd = fileno(f);
		real_stderr = dup(STDERR_FILENO);
		FUZZ_CHECK(real_stderr >= 0);
	}
	FUZZ_CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	log_setup(LOG_LEVEL_INFO, format);
	dup2(fd, STDERR_FILENO);
	log_info("fuzz", "value=%s %s", log_quote(quoted), raw);
	dup2(real_stderr, STDERR_FILENO);
	char *line = xcalloc(1, MAX_LINE);
	FUZZ_CHECK(pread(fd, line, MAX_LINE - 1, 0) > 0);
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xstrndup((const char *)data, size), *none = xstrdup("");

	for (int is_raw = 0; is_raw < 2; is_raw++) {
		const char *quoted = is_raw ? none : text, *raw = is_raw ? text : none;
		AUTO_FREE char *line = log_to_text(LOG_TEXT, quoted, raw);
		FUZZ_CHECK(strcspn(line, "\r\n") == strlen(line) - 1);
		AUTO_FREE char *json = log_to_text(LOG_JSON, quoted, raw);
		FUZZ_CHECK(strcspn(json, "\r\n") == strlen(json) - 1);
		json_auto_t *root = json_loads(json, 0, NULL);
		FUZZ_CHECK(json_is_object(root) && json_object_get(root, "value") != NULL);
	}
	return 0;
}
