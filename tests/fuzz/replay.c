/* Runs a fuzz target over files, where libFuzzer is absent. */
#include "fuzz.h"

enum { MAX_BYTES = 1 << 20 };

static int replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(MAX_BYTES);

	if (f == NULL || data == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size_t size = fread(data, 1, MAX_BYTES, f);
	fclose(f);
	/* memory of exactly that size, so that a sanitizer sees one byte too far */
	uint8_t *exact = realloc(data, size > 0 ? size : 1);
	int result = LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return result;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) != 0)
			return EXIT_FAILURE;
	}
	printf("%d inputs\n", argc - 1);
	return EXIT_SUCCESS;
}
