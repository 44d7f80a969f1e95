/* Named lists of words. */
#include "intake/presets.h"

#include <string.h>

/* The keywords of Python 3, in the order of its keyword.kwlist (Python Language Reference,
 * section 2.3.1). */
static const char *const python_keywords[] = {"false", "none", "true", "and", "as", "assert",
    "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield"};

static const struct preset presets[] = {
    {"python-keywords", sizeof(python_keywords) / sizeof(python_keywords[0]), python_keywords},
};

const struct preset *preset_at(size_t i)
{
	return i < sizeof(presets) / sizeof(presets[0]) ? &presets[i] : NULL;
}

const struct preset *preset_find(const char *name)
{
	const struct preset *p;

	for (size_t i = 0; (p = preset_at(i)) != NULL; i++) {
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}
