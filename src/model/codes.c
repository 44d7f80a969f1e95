/* Sets of country codes. */
#include "model/codes.h"

#include <string.h>

struct preset {
	const char *name, *codes; /* codes one after the other, without anything between */
};

static const struct preset presets[] = {
    {"pop20", "CNINUSIDBRPKNGBDRUJPMXPHVNETEGDEIRTRCDFR"},
    {"all", "ADAEAFAGALAMAOARATAUAZBABBBDBEBFBGBHBIBJBNBOBRBSBTBWBYBZCACDCFCGCHCICLCMCNCOCRCUCVCYCZ"
	    "DEDJDKDMDZECEEEGERESETFIFJFMFRGAGBGDGEGHGMGNGQGRGTGWGYHNHRHTHUIDIEILINIQIRISITJMJOJPKE"
	    "KGKHKIKMKNKPKRKWKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMGMHMKMLMMMNMRMTMUMVMWMXMYMZNANENGNINL"
	    "NONPNRNZOMPAPEPGPHPKPLPTPWPYQARORSRURWSASBSCSDSESGSISKSLSMSNSOSRSSSTSVSYSZTDTGTHTJTLTM"
	    "TNTOTRTTTVTWTZUAUGUSUYUZVAVCVEVNVUWSYEZAZMZW"},
    {"every", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, /* one letter is 26 codes */
};

static int letter(char c)
{
	c = (char)(c & ~0x20);
	return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

static void add_one(struct codes *codes, int first, int second)
{
	int place = first * 26 + second;

	codes->bits[place / 64] |= (uint64_t)1 << (place % 64);
}

bool codes_add(struct codes *codes, const char *text, size_t len)
{
	int first = len == 1 || len == 2 ? letter(text[0]) : -1;
	int second = len == 2 ? letter(text[1]) : 0;

	if (first < 0 || second < 0)
		return false;
	if (len == 2)
		add_one(codes, first, second);
	for (int i = 0; len == 1 && i < 26; i++)
		add_one(codes, first, i);
	return true;
}

bool codes_add_preset(struct codes *codes, const char *name)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcmp(presets[i].name, name) != 0)
			continue;
		size_t step = strcmp(name, "every") == 0 ? 1 : 2;
		for (const char *s = presets[i].codes; *s != '\0'; s += step)
			(void)codes_add(codes, s, step);
		return true;
	}
	return false;
}

size_t codes_count(const struct codes *codes)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(codes->bits) / sizeof(codes->bits[0]); i++)
		n += (size_t)__builtin_popcountll(codes->bits[i]);
	return n;
}

bool codes_next(const struct codes *codes, unsigned *place, char ret_code[static CODE_SIZE])
{
	for (; *place < CODES_ALL; (*place)++) {
		if ((codes->bits[*place / 64] >> (*place % 64) & 1) == 0)
			continue;
		ret_code[0] = (char)('A' + *place / 26);
		ret_code[1] = (char)('A' + *place % 26);
		ret_code[2] = '\0';
		(*place)++;
		return true;
	}
	return false;
}
