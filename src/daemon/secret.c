/* Files of keys are read as those of tokens are: regular, small, and not everyone's. */
#include "daemon/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MAX_FILE = 4096, MAX_PATH = 4096 };

static const char own_name[] = "callback.secret";

static char *join(const char *folder, const char *name)
{
	struct buf b;

	buf_init(&b, MAX_PATH);
	buf_addf(&b, "%s/%s", folder, name);
	return buf_take(&b, NULL);
}

/* The path of the file that others gave, as new text; NULL: there is none. */
static char *find_given(const struct conf *conf)
{
	const char *path = conf_text(conf, CONF_callbacks_secret_file),
		   *folder = getenv("CREDENTIALS_DIRECTORY");

	if (*path != '\0')
		return xstrdup(path);
	if (folder == NULL || *folder == '\0')
		return NULL;
	char *credential = join(folder, "asyncprobed.callback");
	if (access(credential, F_OK) == 0)
		return credential;
	free(credential);
	return NULL;
}

/* --- Reading --- */

static const char *read_file(int fd, char ret_text[static MAX_FILE + 1], size_t *ret_len)
{
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if ((st.st_mode & S_IRWXO) != 0)
		return "accessible to others; run chmod o= FILE";
	while (n > 0 && len <= MAX_FILE) {
		n = read(fd, ret_text + len, MAX_FILE + 1 - len);
		if (n < 0)
			return strerror(errno);
		len += (size_t)n;
	}
	*ret_len = len;
	return len > MAX_FILE ? "larger than 4 KiB" : NULL;
}

static bool load_file(const char *path, struct signature_keys *ret_keys, char **ret_why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[MAX_FILE + 1];
	unsigned line = 0;
	size_t len = 0;
	const char *fault = read_file(fd, text, &len);
	bool is_good = fault == NULL && signature_keys_parse(text, len, ret_keys, &line, &fault);
	struct buf why;

	if (fd >= 0)
		close(fd);
	OPENSSL_cleanse(text, sizeof(text));
	if (is_good)
		return true;
	buf_init(&why, 2 * MAX_PATH);
	buf_add_str(&why, path);
	if (line > 0)
		buf_addf(&why, ":%u", line);
	buf_addf(&why, ": %s", fault);
	*ret_why = buf_take(&why, NULL);
	return false;
}

/* --- Making --- */

static bool write_key(int fd)
{
	char text[SIGNATURE_KEY_TEXT_SIZE];

	signature_key_make(text);
	text[SIGNATURE_KEY_TEXT_SIZE - 1] = '\n';
	bool is_good = write(fd, text, sizeof(text)) == (ssize_t)sizeof(text) && fsync(fd) == 0;
	OPENSSL_cleanse(text, sizeof(text));
	return is_good;
}

static bool sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return is_good;
}

/* Make the file of our own, unless another daemon of this folder was faster: whole or not at all,
 * and for us alone. False with errno. */
static bool make_own(const char *folder, const char *path)
{
	AUTO_FREE char *new = join(folder, "callback.secret.XXXXXX");
	int fd = mkostemp(new, O_CLOEXEC); /* mode 0600 */

	if (fd < 0)
		return false;
	bool is_good = write_key(fd) && (link(new, path) == 0 || errno == EEXIST);
	int why = errno;
	close(fd);
	unlink(new);
	is_good = is_good && sync_folder(folder);
	errno = is_good ? errno : why;
	return is_good;
}

static bool load_own(const char *folder, struct signature_keys *ret_keys, char **ret_why)
{
	AUTO_FREE char *path = join(folder, own_name);
	struct buf why;

	if (access(path, F_OK) == 0 || make_own(folder, path))
		return load_file(path, ret_keys, ret_why);
	buf_init(&why, 2 * MAX_PATH);
	buf_addf(&why, "%s: %s", path, strerror(errno));
	*ret_why = buf_take(&why, NULL);
	return false;
}

bool secret_load(
    const struct conf *conf, const char *folder, struct signature_keys *ret_keys, char **ret_why)
{
	AUTO_FREE char *given = find_given(conf);

	return given != NULL ? load_file(given, ret_keys, ret_why)
			     : load_own(folder, ret_keys, ret_why);
}

bool secret_is_given(const struct conf *conf)
{
	AUTO_FREE char *given = find_given(conf);

	return given != NULL;
}

bool secret_check(const struct conf *conf, char **ret_why)
{
	AUTO_FREE char *given = find_given(conf);
	struct signature_keys keys = {.n = 0};
	bool is_good = given == NULL || load_file(given, &keys, ret_why);

	signature_keys_done(&keys);
	return is_good;
}
