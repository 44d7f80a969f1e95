/* The keys that sign callbacks: found in a file, or made at the first start. */
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
#include "base/small_file.h"

enum { MAX_FILE = 4096, MAX_PATH = 4096 };

static const char own_name[] = "callback.secret";

static char *join(const char *folder, const char *name)
{
	struct buf b;

	buf_init(&b, MAX_PATH);
	buf_addf(&b, "%s/%s", folder, name);
	return buf_take(&b, NULL);
}

/* The path of a configured key file as new text, or NULL. */
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

static bool load_file(const char *path, struct signature_keys *ret_keys, char **ret_why)
{
	struct buf text, why;
	unsigned line = 0;
	enum err e;

	buf_init(&text, MAX_FILE);
	const char *fault = small_file_read(path, true, &text, &e);
	bool is_good = fault == NULL && signature_keys_parse(text.len > 0 ? text.data : "",
					    text.len, ret_keys, &line, &fault);
	if (text.data != NULL)
		OPENSSL_cleanse(text.data, text.len);
	buf_done(&text);
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
