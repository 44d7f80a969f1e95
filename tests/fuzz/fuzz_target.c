/* Host names: what is accepted keeps the rules, is accepted again unchanged, and so is its Unicode
 * form. */
#include "fuzz.h"

#include <string.h>

#include "base/alloc.h"
#include "model/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[TARGET_MAX + 1], again[TARGET_MAX + 1];
	size_t n = target_normalise((const char *)data, size, name);

	if (n == 0)
		return 0;
	FUZZ_CHECK(n <= TARGET_MAX && strlen(name) == n);
	FUZZ_CHECK(strcspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ\"\\:@ \t\r\n\x7f") == n);
	FUZZ_CHECK(name[0] != '.' && name[n - 1] != '.' && strstr(name, "..") == NULL);
	FUZZ_CHECK(target_normalise(name, n, again) == n && strcmp(name, again) == 0);
	AUTO_FREE char *unicode = target_to_unicode(name);
	if (unicode != NULL) {
		FUZZ_CHECK(target_is_idn(name, n));
		FUZZ_CHECK(target_normalise(unicode, strlen(unicode), again) == n);
		FUZZ_CHECK(strcmp(name, again) == 0);
	}
	return 0;
}
